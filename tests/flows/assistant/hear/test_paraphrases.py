"""Each meaning in the many ways people have for it: nearly all are read, and none is taken for what cannot be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.assistant.hear import read
from flows.assistant.meaning import Item, Meaning, Question
from tests.evals.hearing import NEVER, Sentence, messages, scene

M = Meaning
_SETTINGS = {
    Question.BILL_OK: "bill_read",
    Question.BILL_WRONG: "bill_read",
    Question.HOLDER: "bill_read",
    Question.PLAN: "three_plans",
    Question.CONFIRM_PLAN: "three_plans",
    Question.NOTICE: "not_served",
}


def _told() -> Iterator[tuple[str, Question | None, str]]:
    """Yield what is meant, the question that waits, and the words."""
    meaning, where = "", ""
    lines = Path(__file__).with_name("paraphrases.txt").read_text("utf-8").splitlines()
    for number, line in enumerate(line for line in lines if not line.startswith("#")):
        if line.startswith("["):
            meaning, where = line.strip("[]").split()
            continue
        asked = None if where == "closed" or (where == "any" and number % 2) else "bill" if where == "any" else where
        yield meaning, Question(asked) if asked else None, line


def _heard(asked: Question | None, text: str, *, closed: bool = False) -> list[Item]:
    setting = _SETTINGS.get(asked, "closed" if closed else "default") if asked else "closed" if closed else "default"
    one = Sentence("", asked, (text,), (), (), setting)
    return [item for item in read(messages(one), scene(one)).items if item.certain]


@pytest.fixture(scope="module")
def heard() -> list[tuple[str, str, set[Meaning]]]:
    return [
        (meaning, text, {item.meaning for item in _heard(asked, text, closed=meaning == M.RECAP)})
        for meaning, asked, text in _told()
    ]


def test_nearly_every_way_of_saying_a_thing_is_read(heard: list[tuple[str, str, set[Meaning]]]) -> None:
    wanted = [(meaning, text, found) for meaning, text, found in heard if meaning not in ("none", "chat")]
    # What answers says the same as what it answers with.
    same = {M.BILL_RIGHT: M.YES, M.BILL_WRONG: M.NO, M.NOTICE: M.YES, M.YES: M.NOTICE, M.HOLDER_REFUSES: M.NO}
    missed = [(m, text) for m, text, found in wanted if not found & {Meaning(m), same.get(Meaning(m), Meaning(m))}]
    assert len(wanted) > 900 and len(missed) <= 0.05 * len(wanted), missed


def test_no_way_of_saying_one_thing_is_taken_for_what_cannot_be_taken_back(
    heard: list[tuple[str, str, set[Meaning]]],
) -> None:
    # "Exclui meu contato da lista" may be both.
    ends = {"stop", "erase", "decline", "cancel", "choice"}
    wrong = [(meaning, text, found & NEVER) for meaning, text, found in heard if meaning not in ends and found & NEVER]
    assert wrong == []
