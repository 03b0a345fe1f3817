"""Stop, erase, a person: one message away wherever the conversation stands, in this order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from flows.assistant.decide import Code
from flows.assistant.meaning import Item, Meaning, Question
from flows.assistant.state import Ended
from flows.domain import Qualification, Stage
from tests.flows.assistant.decide.talk import (
    RECIFE,
    UNREAD,
    Talk,
    asking,
    awaiting_bill,
    choosing,
    choosing_plan,
    greeted,
    handed_over,
    not_served,
    place,
    read_back,
    said,
)

M = Meaning
EVERYWHERE = [Talk, greeted, awaiting_bill, read_back, choosing, handed_over, not_served]
ERASE_BUTTONS = ["erase:yes", "erase:no"]


@pytest.mark.parametrize("start", EVERYWHERE)
def test_a_stop_works_everywhere_once_and_then_there_is_silence(start: Callable[[], Talk]) -> None:
    talk = start().means(M.GREETING, M.STOP, asking("tem_custo"))
    assert talk.codes == [Code.STOPPED] and talk.decision.opt_out and talk.state.ended is Ended.STOPPED
    assert talk.stage is Stage.OPTED_OUT and talk.state.asked is None
    talk.means(M.STOP)
    assert talk.codes == [] and talk.decision.opt_out
    assert talk.means(M.GREETING).codes == [Code.STILL_STOPPED] and talk.means(M.GREETING).codes == []
    assert talk.stage is Stage.OPTED_OUT


@pytest.mark.parametrize("thanks", [M.THANKS, M.GOODBYE, M.YES])
def test_thanks_after_the_stop_are_met_with_silence(thanks: M) -> None:
    assert choosing().means(M.STOP).means(thanks).codes == []


def test_who_stopped_us_is_answered_and_may_call_a_person_but_starts_nothing() -> None:
    talk = awaiting_bill().means(M.STOP).means(asking("e_confiavel"))
    assert talk.codes == [Code.ANSWER] and talk.asks is None
    talk.means(M.PERSON)
    assert talk.handoffs[0].reason == "asked_for_person" and talk.stage is Stage.OPTED_OUT
    assert talk.means(place(RECIFE)).asks is None and talk.stage is Stage.OPTED_OUT


def test_who_stopped_us_and_is_not_the_person_of_the_form_stays_stopped() -> None:
    talk = awaiting_bill().means(M.STOP).means(M.WRONG_PERSON)
    assert talk.stage is Stage.OPTED_OUT and talk.asks is None


def test_a_stop_that_may_be_something_else_is_asked_back_once_and_then_obeyed() -> None:
    talk = awaiting_bill().means(said(M.STOP, certain=False))
    assert talk.asks is Question.CANCEL and not talk.decision.opt_out
    assert talk.choices == ["stop:yes", "cancel:contract", "cancel:no"]
    assert talk.means(said(M.STOP, certain=False)).decision.opt_out and talk.codes == [Code.STOPPED]


def test_a_stop_that_may_be_something_else_is_obeyed_after_the_end_too() -> None:
    talk = handed_over()
    for _ in range(2):
        talk.means(said(M.STOP, certain=False))
    assert talk.case.opted_out


@pytest.mark.parametrize("start", EVERYWHERE)
def test_erasure_is_confirmed_once_and_handed_over(start: Callable[[], Talk]) -> None:
    talk = start()
    before = len(talk.handoffs)
    talk.means(M.ERASE)
    assert talk.codes == [Code.ERASE_ASK] and talk.choices == ERASE_BUTTONS and len(talk.handoffs) == before
    talk.means(said(M.YES, about=Question.ERASE))
    assert talk.codes == [Code.ERASED] and talk.handoffs[-1].reason == "erase_my_data" and talk.decision.opt_out
    assert talk.handoffs[-1].summary.keys() == {"stage"}, "nothing else of the lead leaves the table"


def test_erasure_said_again_is_its_confirmation() -> None:
    assert awaiting_bill().means(M.ERASE).means(M.ERASE).handoffs[-1].reason == "erase_my_data"


def test_an_erasure_taken_back_returns_to_the_waiting_question() -> None:
    talk = greeted().means(M.ERASE).means(M.NO)
    assert talk.codes[0] is Code.ERASE_KEPT and talk.asks is Question.CONFIRM_PLACE
    assert talk.handoffs == [] and not talk.state.form_denied


def test_an_erasure_that_was_passed_over_is_not_confirmed_by_a_later_yes() -> None:
    talk = awaiting_bill().means(M.ERASE).means(asking("tem_custo")).means(M.YES)
    assert talk.handoffs == [] and not talk.case.opted_out


def test_an_old_erase_button_asks_again_before_anything_is_erased() -> None:
    talk = awaiting_bill().means(said(M.YES, about=Question.ERASE))
    assert talk.handoffs == [] and talk.choices == ERASE_BUTTONS


@pytest.mark.parametrize("start", EVERYWHERE)
def test_a_person_can_be_asked_for_everywhere(start: Callable[[], Talk]) -> None:
    talk = start().means(M.PERSON)
    assert talk.handoffs[-1].reason == "asked_for_person" and talk.stage is Stage.HUMAN_REQUESTED
    assert Code.PERSON_CALLED in talk.codes and talk.asks is None
    count = len(talk.handoffs)
    assert talk.means(M.PERSON).codes == [Code.PERSON_WAITING] and len(talk.handoffs) == count
    talk.means(M.PERSON, after=timedelta(hours=13))
    assert len(talk.handoffs) == count + 1


def test_the_plan_that_was_chosen_beside_a_wish_for_a_person_is_kept() -> None:
    talk = choosing().means(choosing_plan(501), M.PERSON)
    assert talk.handoffs[0].reason == "asked_for_person" and talk.handoffs[0].summary["plan_id"] == 501
    assert talk.decision.chosen == 501 and {Code.CHOSEN, Code.PERSON_CALLED} <= set(talk.codes)


def test_the_plan_that_was_asked_back_is_told_to_the_person_who_is_called() -> None:
    talk = choosing().means(choosing_plan(490, certain=False)).means(M.PERSON)
    assert talk.handoffs[-1].summary["leans_to"] == 490 and "plan_id" not in talk.handoffs[-1].summary


def test_who_asks_for_a_person_at_once_is_greeted_without_the_offer_of_one() -> None:
    assert Talk(RECIFE).means(M.PERSON).codes == [Code.GREET_BY_NAME_CALLS, Code.PERSON_CALLED]


def test_a_guess_that_a_person_is_wanted_offers_one() -> None:
    talk = awaiting_bill().means(said(M.PERSON, certain=False))
    assert talk.codes == [Code.PERSON_OFFER] and talk.handoffs == []
    assert talk.means(M.YES).handoffs[0].reason == "asked_for_person"


def test_what_is_known_goes_with_the_call_for_a_person() -> None:
    talk = read_back().means(M.PERSON)
    assert talk.handoffs[0].summary["bill"]["outcome"] == "qualified"
    assert talk.handoffs[0].summary["ibge_code"] == RECIFE
    talk = awaiting_bill().means(M.PERSON, files=(UNREAD,))
    assert talk.handoffs[0].summary["bills"] == 1


def test_a_place_beside_the_wish_for_a_person_is_handed_over() -> None:
    talk = Talk().means(place(RECIFE), M.PERSON)
    assert talk.handoffs[0].summary["ibge_code"] == RECIFE and talk.state.place == RECIFE


def test_a_stop_wins_over_erasure_and_erasure_over_a_person() -> None:
    talk = awaiting_bill().means(M.PERSON, M.ERASE)
    assert talk.choices == ERASE_BUTTONS and talk.handoffs == []
    assert awaiting_bill().means(M.ERASE, M.STOP).decision.opt_out


def test_stop_and_erasure_win_over_the_read_back() -> None:
    assert read_back().means(M.BILL_RIGHT, M.STOP).codes == [Code.STOPPED]
    assert read_back().means(M.BILL_RIGHT, M.ERASE).codes == [Code.ERASE_ASK]


def test_who_is_under_age_is_handed_to_a_person() -> None:
    talk = greeted().means(M.UNDER_AGE)
    assert talk.codes == [Code.PERSON_UNDER_AGE] and talk.handoffs[0].summary["under_age"] is True


def test_a_minor_who_fetches_an_adult_is_answered_to_the_point() -> None:
    assert greeted().means(M.UNDER_AGE).means(M.LATER).codes == [Code.ADULT]


def test_an_existing_customer_is_handed_to_a_person_as_one() -> None:
    talk = awaiting_bill().means(said(M.CUSTOMER, quote="meu desconto não veio"))
    assert talk.codes == [Code.CUSTOMER] and talk.handoffs[0].reason == "customer" and talk.asks is None
    assert talk.handoffs[0].summary["customer"] is True
    assert {"about": "customer", "text": "meu desconto não veio"} in talk.handoffs[0].summary["notes"]


def test_the_end_of_a_contract_goes_to_a_person_and_stops_no_message() -> None:
    talk = awaiting_bill().means(M.CANCEL)
    assert talk.codes == [Code.CANCELS] and not talk.decision.opt_out
    assert talk.handoffs[0].reason == "customer" and talk.handoffs[0].summary["cancels"] is True


@pytest.mark.parametrize(
    ("answer", "code", "stopped"),
    [
        (said(M.STOP, about=Question.CANCEL), Code.STOPPED, True),
        (said(M.CANCEL, about=Question.CANCEL), Code.CANCELS, False),
        (said(M.CANCEL, certain=False), Code.CANCELS, False),
        (said(M.NO, about=Question.CANCEL), Code.CANCEL_NEITHER, False),
    ],
)
def test_a_bare_cancel_is_asked_what_it_ends(answer: M, code: Code, stopped: bool) -> None:
    talk = awaiting_bill().means(said(M.CANCEL, certain=False))
    assert talk.codes == [Code.CANCEL_ASK] and talk.choices == ["stop:yes", "cancel:contract", "cancel:no"]
    talk.means(answer)
    assert talk.codes[0] is code and talk.decision.opt_out is stopped


def test_neither_returns_to_the_waiting_question() -> None:
    talk = awaiting_bill().means(said(M.CANCEL, certain=False)).means(said(M.NO, about=Question.CANCEL))
    assert talk.state.waiting is Question.BILL


def taken_over(talk: Talk) -> Talk:
    talk.case = replace(talk.case, taken_over=True, ours_last=False)
    return talk


@pytest.mark.parametrize("meaning", [M.GREETING, M.YES, M.PERSON, M.DECLINE, M.WRONG_PERSON, choosing_plan(501)])
def test_while_a_person_speaks_with_the_lead_the_assistant_is_silent(meaning: M) -> None:
    talk = taken_over(choosing())
    before = talk.state
    assert talk.means(meaning).codes == [] and talk.state == before and talk.decision.handoff is None


def test_while_a_person_speaks_with_the_lead_stop_and_erasure_are_obeyed() -> None:
    assert taken_over(choosing()).means(M.STOP).decision.opt_out
    assert taken_over(choosing()).means(M.ERASE).codes == [Code.ERASE_ASK]


def test_a_yes_to_a_person_of_the_team_erases_nobody() -> None:
    talk = taken_over(choosing().means(M.ERASE)).means(M.YES)
    assert talk.codes == [] and talk.handoffs == [] and talk.state.asked is Question.PLAN


@pytest.mark.parametrize("start", [greeted, awaiting_bill, choosing])
def test_no_interest_is_a_kind_goodbye_that_a_clear_sign_undoes(start: Callable[[], Talk]) -> None:
    talk = start().means(M.DECLINE)
    assert talk.codes == [Code.DECLINED] and talk.stage is Stage.COMPLETED and not talk.decision.opt_out
    assert talk.means(M.CHAT).codes == [Code.COME_BACK] and talk.means(M.CHAT).codes == []
    talk.means(M.GO_ON)
    assert not talk.stage.closed and talk.asks and talk.state.ended is None


def test_a_question_beside_no_interest_is_answered() -> None:
    talk = awaiting_bill().means(M.DECLINE, asking("apagar_dados"))
    assert Code.ANSWER in talk.codes and Code.DECLINED in talk.codes and talk.asks is None


def test_a_sign_of_interest_after_no_interest_counts_as_being_qualified_again() -> None:
    talk = choosing().means(M.DECLINE).means(choosing_plan(501))
    assert talk.stage is Stage.INTERESTED and talk.qualification is Qualification.QUALIFIED


def test_no_plan_is_handed_over_for_a_minor_whatever_is_said_afterwards() -> None:
    talk = choosing().means(M.UNDER_AGE).means(choosing_plan(501))
    assert talk.state.chosen is None and [one.reason for one in talk.handoffs].count("plan_chosen") == 0
    talk.means(M.DECLINE).means(M.GO_ON).means(choosing_plan(501))
    assert [one.reason for one in talk.handoffs].count("plan_chosen") == 0


def test_a_tap_on_an_older_offer_of_a_person_calls_one() -> None:
    assert Code.PERSON_CALLED in awaiting_bill().means(Item(M.YES, about=Question.PERSON)).codes
