"""The files of ways: every meaning's patterns are read, and a slip in one of them is an error, not a silence."""

import re
from pathlib import Path

import pytest

from flows.assistant.hear import ways as reading
from flows.assistant.hear.tried import Table, Ways
from flows.assistant.hear.utterance import plain
from flows.assistant.hear.ways import CHAT, WAYS
from flows.assistant.meaning import Meaning
from tests.evals.hearing import sentences


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


def test_trying_only_what_may_match_finds_what_trying_everything_finds() -> None:
    table = Table([rule.says for rule in WAYS])
    whole = [re.compile(rule.says.pattern) for rule in WAYS]
    texts = {plain(text) for one in sentences()[::4] for text in one.lead}
    matched = 0
    for said in texts:
        may = table.numbers(said)
        for number, rule in enumerate(WAYS):
            by_letters, plainly = rule.says.search(said, may.get(number, ())), whole[number].search(said)
            assert (by_letters and by_letters.span()) == (plainly and plainly.span()), (rule.meaning, said)
            matched += plainly is not None
    assert matched > len(texts) / 2


@pytest.mark.parametrize(
    ("pattern", "said", "found"),
    [
        (r"\bquero (?:sim|muito)\b|^quero$", "eu quero muito isso", "quero muito"),
        (r"conta|a conta", "essa a conta", "a conta"),
        (r"\b[ao] (?:meu|minha)?$", "eu e a ", "a "),
        (r"[|)]x|(?:nao|nem) mando", "nem mando", "nem mando"),
        (r"mand\w+ nada", "mande tudo", None),
    ],
)
def test_a_pattern_is_cut_at_its_outermost_bars_and_tried_by_its_letters(
    pattern: str, said: str, found: str | None
) -> None:
    ways = Ways(pattern)
    match = ways.search(said, Table([ways]).numbers(said).get(0, ()))
    assert (match[0] if match else None) == found
