"""What operators read of the assistant's codes: every code has its words, and no words are left of a code that is gone."""

from __future__ import annotations

from enum import StrEnum
from typing import get_args

import pytest

from flows.assistant.decide.acts import Code
from flows.assistant.meaning import Field, Meaning, Owner, Question
from flows.assistant.mind import Reason
from flows.assistant.state import Area
from flows.domain import Handoff, Outcome, Stage
from flows.shown import formats, words


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (words.MEANINGS, Meaning),
        (words.QUESTIONS, Question),
        (words.AREAS, Area),
        (words.OWNERS, Owner),
        (words.FIELDS, Field),
        (words.FALLBACKS, Reason),
        (words.STAGES, Stage),
        (words.OUTCOMES, Outcome),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_every_code_has_words_and_no_words_are_left_over(table: dict[str, str], codes: type[StrEnum]) -> None:
    # the day's limit of spend is no fault of a model's
    assert set(table) == {code.value for code in codes} | ({"spend_limit"} if codes is Reason else set())
    assert all(table.values())


def test_every_reason_of_a_hand_over_has_words() -> None:
    assert set(words.REASONS) == set(get_args(Handoff.model_fields["reason"].annotation))


@pytest.mark.parametrize("agrees", ["yes", "no", "unsure", "not_asked", "deceased"])
def test_no_code_of_a_summary_is_shown_as_it_is(agrees: str) -> None:
    [(label, said)] = words.summary_lines({"bill": {"holder_agrees": agrees}})
    assert (label, said) == ("Conta · Titular concorda", said) and said != agrees


def test_every_section_of_acts_has_words() -> None:
    assert set(words.ACTS) == {code.value.partition(".")[0] for code in Code}


def test_a_municipality_is_named_by_its_code() -> None:
    assert (formats.municipality(2609600), formats.municipality(1)) == ("Olinda/PE", None)
