"""What operators read of the assistant's codes: every code has its words, and no words are left of a code that is gone."""

from __future__ import annotations

from enum import StrEnum

import pytest

from flows.assistant.decide.acts import Code
from flows.assistant.meaning import Field, Meaning, Owner, Question
from flows.assistant.state import Area, Ended
from flows.shown import words as meanings


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (meanings.MEANINGS, Meaning), (meanings.QUESTIONS, Question), (meanings.ENDED, Ended), (meanings.AREAS, Area),
        (meanings.OWNERS, Owner), (meanings.FIELDS, Field),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)  # fmt: skip
def test_every_code_has_words_and_no_words_are_left_over(table: dict[str, str], codes: type[StrEnum]) -> None:
    assert set(table) == {code.value for code in codes}
    assert all(table.values())


def test_every_section_of_acts_has_words() -> None:
    assert set(meanings.ACTS) == {code.value.partition(".")[0] for code in Code}


def test_a_municipality_is_named_by_its_code() -> None:
    assert (meanings.municipality(2609600), meanings.municipality(1)) == ("Olinda/PE", None)
