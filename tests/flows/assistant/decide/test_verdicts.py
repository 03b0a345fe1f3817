"""What follows from a confirmed bill: too small is explained kindly, what is in doubt goes to a person."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flows.assistant.decide import Code
from flows.assistant.meaning import Meaning, Question
from flows.assistant.state import Ended
from flows.domain import Qualification, Stage
from tests.flows.assistant.decide.talk import (
    SMALL,
    Talk,
    bill,
    choosing,
    choosing_plan,
    place,
    read_back,
    said,
    useless,
)

M = Meaning
SILENCE: list[Code] = []


def small() -> Talk:
    talk = read_back(**SMALL).means(M.BILL_RIGHT)
    assert talk.state.ended is Ended.TOO_SMALL
    return talk


def test_a_bill_below_the_minimum_ends_kindly_and_another_is_invited_once() -> None:
    talk = small()
    assert talk.codes == [Code.SMALL, Code.SMALL_LARGER] and talk.asks is None and talk.decision.offers == ()
    assert (talk.stage, talk.qualification) == (Stage.COMPLETED, Qualification.NOT_QUALIFIED) and talk.handoffs == []
    talk.sends(bill(**{**SMALL, "total_amount": Decimal(150)})).means(M.YES)
    assert talk.codes == [Code.SMALL, Code.SMALL_AGAIN] and talk.stage is Stage.COMPLETED


def test_another_bill_reopens_what_was_too_small() -> None:
    talk = small().means(M.OTHER_BILL)
    assert talk.codes == [Code.SMALL_SEND] and talk.stage is Stage.COMPLETED
    read_back(talk)
    assert talk.qualification is Qualification.IN_PROGRESS
    talk.means(M.YES)
    assert talk.qualification is Qualification.QUALIFIED and talk.asks is Question.PLAN


def test_a_useless_file_after_a_small_bill_is_asked_for_again() -> None:
    talk = small().sends(useless("unreadable"))
    assert Code.UNREADABLE in talk.codes and talk.asks is Question.BILL and talk.stage is Stage.AWAITING_BILL


def test_the_same_small_bill_again_gets_the_same_answer() -> None:
    talk = small().sends(bill(known=True, **SMALL))
    assert Code.SMALL in talk.codes and talk.stage is Stage.COMPLETED


@pytest.mark.parametrize("word", [said(M.GREETING), said(M.YES), said(M.SHOW_PLANS), said(M.GO_ON), place(2609600)])
def test_after_a_small_bill_words_alone_start_nothing(word: M) -> None:
    talk = small().means(word)
    assert talk.stage is Stage.COMPLETED and talk.asks is None and talk.handoffs == []


def test_after_a_small_bill_a_person_is_one_message_away() -> None:
    assert small().means(M.PERSON).handoffs[0].reason == "asked_for_person"


def test_a_small_bill_that_the_lead_disputes_goes_to_a_person() -> None:
    talk = read_back(**SMALL).means(M.NO, said(M.AMOUNT, amount=Decimal(320)))
    assert talk.qualification is Qualification.NEEDS_REVIEW and talk.asks is Question.PLAN


def test_the_minimum_is_told_before_the_place_is_asked() -> None:
    talk = read_back(Talk(), **{**SMALL, "ibge_code": None}).means(M.YES)
    assert talk.stage is Stage.COMPLETED and talk.codes == [Code.SMALL, Code.SMALL_LARGER]


@pytest.mark.parametrize("reason", ["tarifa_social", "unknown_utility", "above_15000", "own_generation"])
def test_a_bill_for_review_shows_the_plans_and_goes_to_a_person_with_its_reasons(reason: str) -> None:
    talk = choosing(outcome="review", reasons=(reason,))
    assert Code.REVIEW in talk.codes and talk.qualification is Qualification.NEEDS_REVIEW
    assert talk.handoffs[0].reason == "needs_review", "a person was announced, so one is told at once"
    talk.means(M.GREETING).means(choosing_plan(556))
    assert [handoff.reason for handoff in talk.handoffs] == ["needs_review", "plan_chosen"]
    assert all(handoff.summary["bill"]["reasons"] == [reason] for handoff in talk.handoffs)
    assert talk.stage is Stage.INTERESTED and talk.qualification is Qualification.NEEDS_REVIEW


@pytest.mark.parametrize("told", [M.OWN_PANELS, M.LOW_INCOME])
def test_what_a_lead_tells_of_own_panels_or_the_social_tariff_needs_a_person(told: M) -> None:
    talk = read_back().means(told).means(M.YES)
    assert Code.QUALIFIED not in talk.codes and talk.qualification is Qualification.NEEDS_REVIEW
    assert talk.handoffs[0].reason == "needs_review" and talk.asks is Question.PLAN


def test_own_panels_told_after_the_verdict_reach_the_consultant_and_take_it_back() -> None:
    talk = choosing()
    assert talk.qualification is Qualification.QUALIFIED
    talk.means(M.OWN_PANELS).means(choosing_plan(501))
    assert talk.qualification is Qualification.NEEDS_REVIEW
    assert {"about": "own_panels", "text": "dito"} in talk.handoffs[-1].summary["notes"]
