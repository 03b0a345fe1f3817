"""The files of ways: every meaning's patterns are read, and a slip in one of them is an error, not a silence."""

from pathlib import Path

import pytest

from flows.assistant.hear import ways as reading
from flows.assistant.hear.ways import CHAT, WAYS
from flows.assistant.meaning import Meaning


def test_every_rule_has_ways_and_names_no_class_that_is_not_defined() -> None:
    assert len(WAYS) > 50
    for rule in WAYS:
        assert rule.says.pattern and not reading._USED.search(rule.says.pattern), rule.meaning
        assert rule.unless is None or rule.unless.pattern


def test_small_talk_is_one_rule_and_the_last() -> None:
    assert [rule for rule in WAYS if rule.meaning is Meaning.CHAT] == [CHAT] == [WAYS[-1]]


@pytest.mark.parametrize(
    ("text", "error"),
    [("[stop: loudly]\npare\n", ValueError), ("[shout]\npare\n", KeyError), ("[stop]\n<nobody>\n", KeyError)],
)
def test_an_option_a_meaning_or_a_class_that_there_is_not_is_an_error(
    tmp_path: Path, text: str, error: type[Exception]
) -> None:
    folder = tmp_path / "ways"
    folder.mkdir()
    (folder / "some.txt").write_text(text, "utf-8")
    with pytest.raises(error):
        reading.ways("some", tmp_path)


def test_an_indented_line_goes_on_with_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "ways").mkdir()
    (tmp_path / "ways" / "some.txt").write_text(
        "<who> = (?:ana\n    |bia)\n\n# why\n[stop: asked, strictly]\n^<who>\n    $|^pare$\nunless\n^bia$\n", "utf-8"
    )
    [rule] = reading.ways("some", tmp_path)
    assert (rule.says.pattern, rule.asked, rule.deniable) == ("^(?:ana|bia)$|^pare$", True, "strictly")
    assert rule.unless is not None and rule.unless.pattern == "^bia$"
