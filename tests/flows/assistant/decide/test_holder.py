"""Somebody else's name on the bill: asked about once, never rejected, and never asked of the dead."""

from __future__ import annotations

import pytest

from flows.assistant.decide import Code
from flows.assistant.meaning import Meaning, Question
from flows.assistant.state import Step
from flows.domain import Qualification
from tests.flows.assistant.decide.talk import (
    MISMATCH,
    asking,
    awaiting_bill,
    choosing_plan,
    read_back,
    said,
)

M = Meaning


@pytest.mark.parametrize(
    ("answer", "noted", "code"),
    [
        (said(M.YES, about=Question.HOLDER), "yes", Code.HOLDER_AGREES),
        (said(M.NO, about=Question.HOLDER), "no", Code.HOLDER_UNSURE),
        (said(M.HOLDER_AGREES), "yes", Code.HOLDER_AGREES),
        (said(M.HOLDER_REFUSES), "no", Code.HOLDER_UNSURE),
        (said(M.YES), "yes", Code.HOLDER_AGREES),
        (said(M.NO), "no", Code.HOLDER_UNSURE),
        (said(M.UNSURE), "unsure", Code.HOLDER_UNSURE),
        (said(M.LATER), "unsure", Code.HOLDER_UNSURE),
        (said(M.HOLDER_ABSENT), "unsure", Code.HOLDER_UNSURE),
        (said(M.HOLDER_ME), "yes", Code.HOLDER_AGREES),
    ],
)
def test_another_holder_is_asked_about_and_never_rejected(answer: M, noted: str, code: Code) -> None:
    talk = read_back(**MISMATCH).means(M.YES)
    assert talk.asks is Question.HOLDER and talk.choices == ["holder:yes", "holder:no"]
    talk.means(answer)
    assert code in talk.codes and talk.asks is Question.PLAN and talk.qualification is Qualification.NEEDS_REVIEW
    talk.means(choosing_plan(556))
    summary = talk.handoffs[-1].summary["bill"]
    assert (summary["holder"], summary["holder_agrees"]) == ("mismatch", noted)


def test_what_is_said_of_the_holder_before_it_is_asked_is_not_asked_again() -> None:
    talk = read_back(**MISMATCH).means(M.HOLDER_AGREES)
    assert talk.asks is Question.BILL_OK and talk.bill.holder_agrees == "yes"
    assert talk.means(M.YES).asks is Question.PLAN


def test_a_yes_to_the_reading_with_a_word_on_the_holder_is_both() -> None:
    talk = read_back(**MISMATCH).means(M.BILL_RIGHT, M.HOLDER_AGREES)
    assert talk.asks is Question.PLAN and talk.bill.holder_agrees == "yes"


def test_who_chooses_before_the_holder_was_asked_about_leaves_that_to_the_consultant() -> None:
    talk = read_back(awaiting_bill().means(M.SHOW_PLANS), **MISMATCH).means(choosing_plan(501))
    assert talk.handoffs[-1].summary["bill"]["holder_agrees"] == "not_asked"


def test_a_holder_who_is_only_doubtful_is_asked_nothing() -> None:
    assert read_back(holder="doubtful").means(M.YES).asks is Question.PLAN


@pytest.mark.parametrize("when", ["before the bill", "while the reading waits", "when asked"])
def test_whoever_lost_the_holder_is_never_asked_whether_the_holder_agrees(when: str) -> None:
    talk, codes, asked = awaiting_bill(), [], []

    def hears(*meanings: M) -> None:
        talk.means(*meanings)
        codes.extend(talk.codes)
        asked.append(talk.asks)

    if when == "before the bill":
        hears(M.HOLDER_DECEASED)
    read_back(talk, **MISMATCH)
    if when == "while the reading waits":
        hears(M.HOLDER_DECEASED)
    talk.means(M.BILL_RIGHT)
    if when == "when asked":
        assert talk.asks is Question.HOLDER
        hears(M.HOLDER_DECEASED)
    else:
        asked.append(talk.asks)
    hears(asking("tem_multa"))
    hears(M.CHAT)
    assert Code.HOLDER_DECEASED in codes and Question.HOLDER not in asked and codes.count(Code.HOLDER_DECEASED) == 1
    assert not {Code.HOLDER_AGREES, Code.HOLDER_UNSURE, Code.HOLDER_OTHER} & set(codes)
    talk.means(choosing_plan(501))
    assert talk.qualification is Qualification.NEEDS_REVIEW
    assert {"about": "holder_deceased", "text": "dito"} in talk.handoffs[-1].summary["notes"]
    assert talk.handoffs[-1].summary["other_holder"] is True


def test_a_death_told_with_the_matching_name_on_the_bill_still_needs_a_person() -> None:
    talk = read_back().means(M.BILL_RIGHT, M.HOLDER_DECEASED)
    assert Code.QUALIFIED not in talk.codes and talk.qualification is Qualification.NEEDS_REVIEW


def test_another_holder_told_before_the_bill_is_handed_over_with_it() -> None:
    talk = awaiting_bill().means(M.HOLDER_OTHER)
    assert Code.HOLDER_OTHER in talk.codes and talk.asks is Question.BILL
    read_back(talk).means(M.YES).means(choosing_plan(556))
    assert talk.handoffs[-1].summary["other_holder"] is True


@pytest.mark.parametrize("before", [M.HOLDER_OTHER, M.GREETING])
def test_a_holder_who_refuses_is_looked_at_by_a_person_and_a_relative_stops_nobody_from_signing(before: M) -> None:
    talk = read_back(awaiting_bill().means(before)).means(M.BILL_RIGHT, M.HOLDER_REFUSES)
    assert (talk.qualification is Qualification.NEEDS_REVIEW) is (before is M.HOLDER_OTHER)
    assert (Code.QUALIFIED in talk.codes) is (before is M.GREETING)


def test_who_signs_for_the_own_bill_is_heard_whatever_was_said_before() -> None:
    talk = awaiting_bill().means(M.HOLDER_REFUSES, M.HOLDER_OTHER).means(M.HOLDER_ME)
    assert Code.HOLDER_ME in talk.codes and Code.QUALIFIED in read_back(talk).means(M.BILL_RIGHT).codes


def test_who_tells_whose_the_name_on_the_bill_is_has_read_the_rest_of_it() -> None:
    """ "Isso é o dono" answers what stands out of a reading; its own bill is not confirmed by talk of somebody else."""
    told = read_back(**MISMATCH).means(M.HOLDER_OTHER)
    assert told.asks is Question.HOLDER and told.bill.step is Step.CONFIRMED
    assert read_back().means(M.HOLDER_OTHER).asks is Question.BILL_OK
