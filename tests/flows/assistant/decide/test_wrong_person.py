"""Whoever is not the person of the form learns nothing of it, and may still be a lead of their own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from flows.assistant.decide import Code, Source
from flows.assistant.meaning import Meaning, Question
from flows.assistant.state import Ended
from flows.domain import Qualification, Stage
from tests.flows.assistant.decide.talk import (
    OLINDA,
    RECIFE,
    Talk,
    asking,
    awaiting_bill,
    bill,
    greeted,
    place,
    said,
)

M = Meaning


def formed() -> Talk:
    return Talk(RECIFE, amount=Decimal(350))


def test_the_first_message_may_say_so_and_nothing_of_the_form_is_told() -> None:
    talk = formed().means(M.WRONG_PERSON)
    assert talk.codes == [Code.GREET, Code.WRONG_PERSON] and talk.asks is None
    assert talk.stage is Stage.COMPLETED and talk.state.ended is Ended.WRONG_PERSON


@pytest.mark.parametrize("start", [formed, greeted, awaiting_bill])
def test_the_lead_of_the_form_is_marked_once(start: Callable[[], Talk]) -> None:
    talk = start().means(M.WRONG_PERSON)
    assert talk.qualification is Qualification.NOT_QUALIFIED and talk.handoffs[0].reason == "wrong_person"
    assert talk.handoffs[0].summary.keys() == {"stage"} and not talk.decision.opt_out
    assert talk.state.disowned and talk.state.place is None and talk.state.declared is None
    talk.means(M.WRONG_PERSON)
    assert len(talk.handoffs) == 1 and talk.codes == [Code.WRONG_PERSON_AGAIN]


@pytest.mark.parametrize("start", [formed, greeted, awaiting_bill])
def test_no_fact_of_the_form_is_told_ever_after(start: Callable[[], Talk]) -> None:
    talk = start().means(M.WRONG_PERSON)
    for burst in ([M.GREETING], [asking("quem_e_voces")], [asking(None)], [M.GO_ON], [M.YES], [M.REPEATED], [M.CHAT]):
        talk.means(*burst)
        told = [fact for act in talk.decision.acts for fact in act.facts.values()]
        assert not [fact for fact in told if fact.read is Source.FORM or fact.value in (RECIFE, Decimal(350))], burst
        assert not {Code.GREET_BY_NAME, Code.PLACE_CONFIRM_FORM, Code.AMOUNT_KNOWN} & set(talk.codes)


def test_a_stranger_who_wants_to_take_part_is_a_lead_of_their_own() -> None:
    talk = formed().means(M.WRONG_PERSON, M.GO_ON)
    assert talk.codes == [Code.GREET, Code.WRONG_PERSON, Code.PLACE_ASK] and talk.state.ended is None
    talk.means(place(OLINDA), said(M.NAME, text="Josué"))
    assert talk.state.place == OLINDA and talk.asks is Question.BILL
    assert talk.decision.facts["name"] == "Josué"


def test_a_stranger_who_comes_back_later_is_not_asked_about_the_forms_place() -> None:
    talk = greeted().means(M.WRONG_PERSON).means(M.GO_ON)
    assert talk.asks is Question.PLACE and talk.stage is Stage.AWAITING_PLACE and not talk.stage.closed


def test_a_stranger_with_a_bill_of_their_own_is_read_back_that_bill() -> None:
    talk = formed().means(M.WRONG_PERSON, files=(bill(),))
    assert Code.READING in talk.codes and talk.asks is Question.BILL_OK


def test_after_a_wrong_person_words_alone_start_nothing() -> None:
    talk = formed().means(M.WRONG_PERSON).means(M.THANKS)
    assert talk.asks is None and talk.means(M.CHAT).codes == [] and talk.stage is Stage.COMPLETED


def test_a_stranger_may_stop_erase_and_call_a_person() -> None:
    assert formed().means(M.WRONG_PERSON, M.STOP).decision.opt_out
    assert formed().means(M.WRONG_PERSON).means(M.STOP).decision.opt_out
    assert formed().means(M.WRONG_PERSON).means(M.ERASE).codes == [Code.ERASE_ASK]
    talk = formed().means(M.WRONG_PERSON).means(M.PERSON)
    assert talk.handoffs[-1].reason == "asked_for_person" and "ibge_code" not in talk.handoffs[-1].summary


@pytest.mark.parametrize("beside", [M.PERSON, M.CUSTOMER, M.ERASE, M.CANCEL])
def test_a_stranger_who_wants_something_else_in_the_same_breath_is_a_stranger_too(beside: M) -> None:
    talk = formed().means(M.WRONG_PERSON, beside)
    assert talk.state.disowned and not {Code.GREET_BY_NAME, Code.GREET_BY_NAME_CALLS} & set(talk.codes)
    assert talk.means(M.NO).asks is not Question.CONFIRM_PLACE
