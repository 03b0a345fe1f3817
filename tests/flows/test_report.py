"""The daily report: which day, which rows, and on the real Prefect server the artifact that it leaves."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime

import pytest
from PIL import Image

from flows.adapters.store.totals import Dashboard, Day, Funnel, Report
from flows.errors import Fix
from flows.report import main
from flows.shown.cards import cards, png, sheet
from flows.shown.figures import figure_rows, summary_of_day
from flows.shown.formats import day_of

DAY = date(2026, 11, 21)
BUSY = Report(
    funnel=Funnel(
        arrived=40,
        forms=30,
        template_delivered=28,
        answered=20,
        place=16,
        bill=10,
        qualified=8,
        handed_over=6,
        silent=9,
        opted_out=1,
    ),
    turns=120,
    answer_p50=1.84,
    answer_p95=12.5,
    reminders=9,
    reminders_returned=3,
    failures={"131047": 1, "131026": 2},
    billable={"marketing": 28, "service": 1050},
    model_turns=70,
    fallbacks={"slow": 2, "new_reason": 1},
    tokens_in=1_234_567,
    tokens_out=8_900,
)


def value(report: Report, what: str) -> str:
    (found,) = [row["Valor"] for row in figure_rows(report) if row["Indicador"].startswith(what)]
    return found


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("chegaram", "40"),
        ("pelo formulário (% dos que chegaram)", "30 (75%)"),
        ("enviaram a conta (% dos que disseram onde moram)", "10 (62%)"),
        ("passados a uma pessoa (% dos que responderam)", "6 (30%)"),
        ("turnos da assistente", "120"),
        ("metade das respostas", "1,8 s"),
        ("95% das respostas", "12,5 s"),
        ("leads que voltaram em até um dia", "3"),
        ("código 131026: não entregue", "2"),
        ("código 131047: fora da janela", "1"),
        ("mensagens cobradas: serviço", "1.050"),
        ("as regras valeram no lugar: demorou demais", "2"),
        ("as regras valeram no lugar: new_reason", "1"),
        ("tokens de entrada", "1.234.567"),
    ],
)
def test_each_figure_has_its_row_in_words(what: str, expected: str) -> None:
    assert value(BUSY, what) == expected


def test_a_day_without_anything_is_a_table_too() -> None:
    empty = Report(funnel=Funnel())
    assert value(empty, "chegaram") == "0"
    assert value(empty, "metade das respostas") == "–"
    assert value(empty, "nenhuma mensagem falhou") == "0"
    assert value(empty, "nenhuma mensagem cobrada") == "0"
    assert "falharam" not in summary_of_day(DAY, empty)


def test_the_summary_says_what_went_wrong() -> None:
    said = summary_of_day(DAY, BUSY)
    assert "**21/11/2026**" in said
    assert "**3 mensagens falharam**" in said
    assert "Em 3 turnos as regras" in said


def test_a_day_is_sao_paulos_from_midnight_to_midnight() -> None:
    assert day_of(DAY) == (datetime(2026, 11, 21, 3, tzinfo=UTC), datetime(2026, 11, 22, 3, tzinfo=UTC))


def test_a_store_that_is_away_is_said_at_once_at_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    assert main(["--day", "2026-11-21"]) == 4
    assert "cannot be reached" in capsys.readouterr().err


def pictured(title: str) -> Image.Image:
    given = cards(Dashboard(), Funnel(arrived=3), [Day(day=DAY, wishes=2, wishes_told=1, wishes_open=4)])
    return Image.open(io.BytesIO(png(sheet(title, given)))).convert("L")


def test_the_pictures_are_one_png_whose_letters_show_accents_too() -> None:
    """A letter without a glyph would be drawn as nothing, or alike."""
    head = [pictured(title).crop((0, 0, 300, 50)).tobytes() for title in ("", "acao", "ação", "àçãõ")]
    assert len(set(head)) == 4
    whole = pictured("Serena")
    assert whole.width > 1200 and whole.height > 800 and whole.getextrema()[0] < 60


def test_the_pictures_say_who_was_told_of_plans() -> None:
    (notices,) = [
        card
        for card in cards(Dashboard(), Funnel(), [Day(day=DAY, wishes=5, wishes_told=2, wishes_shown=1, wishes_open=4)])
        if card.title.startswith("Avisos")
    ]
    assert notices.said == "No período pediram 5 e souberam 3; 4 à espera no fim."
    assert notices.rows == [["21/11", "5", "2", "1"]]


def test_without_the_packages_a_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(Fix, match=r"pip install 'serena-qualifier\[png\]'"):
        png("<svg/>")


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30"])
def test_a_wrong_day_is_refused_at_the_command(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["--day", day])
    assert refused.value.code == 2
    assert "--day" in capsys.readouterr().err
