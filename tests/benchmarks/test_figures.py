"""What the benchmark says of its figures is what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.benchmarks import picture
from tests.benchmarks.figures import Table, once, spread


def _table(capsys: pytest.CaptureFixture[str]) -> Table:
    table = Table()
    # three rounds, the second of them on a machine that was busy
    chats = [[0.010, 0.012, 0.030], [0.5, 0.6, 0.7], [0.011, 0.013, 0.040]]
    table.add(*spread("chat", chats, p50=0.015, p95=0.02, beside={"other": [[0.026] * 3] * 3}))
    table.add(once("turns", [30.0, 50.0, 20.0], "/s", 40, beside={"other": [60.0, 15.0, 10.0]}, more_is_better=True))
    capsys.readouterr()
    return table


def test_a_figure_is_the_median_of_the_rounds(capsys: pytest.CaptureFixture[str]) -> None:
    p50, p95, rate = _table(capsys).figures
    assert (p50.value, p95.value, rate.value) == (0.013, 0.040, 30.0)
    assert (p50.kept, p95.kept, rate.kept) == (True, False, False)
    assert (p50.ratio("other"), rate.ratio("other")) == (2.0, 2.0), "above 1 is better, whichever way it is counted"


def test_what_is_missed_is_said_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert _table(capsys).verdict() == "1 of 3 budgets kept; MISSED: chat, p95 0.04 s (≤ 0.02 s); turns 30 /s (≥ 40 /s)"


def test_json_and_picture_hold_all_that_was_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = _table(capsys)
    table.write(tmp_path / "figures.json", {"rounds": 3, "stolen": 0.01})
    written = json.loads((tmp_path / "figures.json").read_text())
    assert (written["rounds"], written["stolen"]) == (3, 0.01)
    assert [figure["kept"] for figure in written["figures"]] == [True, False, False]
    assert written["figures"][0]["samples"]["ours"] == [0.010, 0.012, 0.030, 0.5, 0.6, 0.7, 0.011, 0.013, 0.040]
    picture.draw(table.figures, tmp_path / "figures.png")
    with Image.open(tmp_path / "figures.png") as image:
        assert len(image.getcolors(1000) or ()) > 3, "the dots and the line of the promise are on it"
