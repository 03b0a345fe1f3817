"""The bill: asked for until it is here, received in whatever order, refused by its reason, and given up in time."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from flows.assistant.decide import Code
from flows.assistant.meaning import Meaning, Question
from flows.assistant.state import Ended
from flows.domain import BillKept, Inbound, Qualification, Stage
from tests.flows.assistant.decide.talk import (
    CELPE,
    RECIFE,
    SMALL,
    UNREAD,
    Talk,
    awaiting_bill,
    bill,
    choosing_plan,
    place,
    read_back,
    refused,
    said,
    useless,
)

M = Meaning
KNOWN_UNREAD = BillKept(bill_id=UUID(int=7), known=True)


def test_a_bill_may_be_the_very_first_message() -> None:
    talk = Talk(RECIFE).sends(UNREAD)
    assert talk.codes == [Code.GREET_BY_NAME, Code.UNREAD, Code.PLACE_CONFIRM_FORM]
    talk.means(M.YES)
    assert talk.asks is Question.PLAN and Code.BILL_ASK not in talk.codes
    talk.means(choosing_plan(556))
    assert talk.decision.chosen == 556 and talk.qualification is Qualification.NEEDS_REVIEW


def test_a_file_that_nobody_here_can_read_waits_for_a_person_and_goes_on() -> None:
    talk = awaiting_bill().sends(UNREAD)
    assert talk.codes[0] is Code.UNREAD and talk.asks is Question.PLAN and talk.state.unread
    assert Code.QUALIFIED not in talk.codes, "nobody has read it"


def test_several_files_of_one_burst_are_one_turn() -> None:
    talk = awaiting_bill().sends(UNREAD, UNREAD)
    assert talk.codes[0] is Code.UNREAD_MANY and talk.fact(Code.UNREAD_MANY, "count") == 2
    assert talk.asks is Question.PLAN


def test_the_same_unread_file_again_is_known() -> None:
    talk = awaiting_bill().sends(UNREAD).sends(KNOWN_UNREAD)
    assert Code.KNOWN_FILE in talk.codes and Code.UNREAD not in talk.codes and talk.asks is Question.PLAN


@pytest.mark.parametrize(
    ("reason", "code"),
    [("wrong_type", Code.WRONG_TYPE), ("too_large", Code.TOO_LARGE), ("not_fetched", Code.NOT_FETCHED)],
)
def test_a_refused_file_is_asked_for_again_by_its_reason(reason: str, code: Code) -> None:
    talk = awaiting_bill().sends(refused(reason))
    assert talk.codes == [code, Code.BILL_ONCE_MORE] and talk.asks is Question.BILL
    assert talk.sends(UNREAD).asks is Question.PLAN and talk.state.refusals == 0


@pytest.mark.parametrize(
    ("file", "codes"),
    [
        (useless("ask_again", "total_missing"), [Code.NO_TOTAL, Code.TIPS, Code.BILL_ONCE_MORE]),
        (useless("ask_again", "holder_name_missing"), [Code.NO_HOLDER, Code.TIPS, Code.BILL_ONCE_MORE]),
        (useless("ask_again"), [Code.INCOMPLETE, Code.TIPS, Code.BILL_ONCE_MORE]),
        (useless("unreadable"), [Code.UNREADABLE, Code.TIPS, Code.BILL_ONCE_MORE]),
        (useless("ask_newer", "bill_too_old"), [Code.TOO_OLD, Code.BILL_NEWEST]),
        (useless("password_protected"), [Code.LOCKED, Code.BILL_ONCE_MORE]),
        (useless("other_document"), [Code.OTHER_DOCUMENT, Code.BILL_ONCE_MORE]),
        (useless("not_document"), [Code.NOT_DOCUMENT, Code.BILL_ONCE_MORE]),
    ],
)
def test_what_cannot_be_used_is_asked_for_again_by_its_reason(file: BillKept, codes: list[Code]) -> None:
    talk = awaiting_bill().sends(file)
    assert talk.codes == codes and talk.asks is Question.BILL and talk.stage is Stage.AWAITING_BILL
    assert Code.BILL_NOT_READ in talk.means(M.ALREADY_SENT).codes and Code.BILL_NOT_HERE not in talk.codes
    assert read_back(talk).state.refusals == 0


def test_three_useless_turns_of_any_kind_go_to_a_person() -> None:
    talk = awaiting_bill()
    for file in (useless("unreadable"), refused("too_large"), useless("not_document")):
        assert talk.handoffs == []
        talk.sends(file)
    assert talk.codes == [Code.GAVE_UP] and talk.handoffs[0].reason == "needs_review"
    assert talk.handoffs[0].summary["problem"] == "not_document" and talk.handoffs[0].summary["refusals"] == 3
    assert (talk.stage, talk.qualification) == (Stage.HUMAN_REQUESTED, Qualification.NEEDS_REVIEW)
    assert talk.state.ended is Ended.PERSON


def test_three_refused_files_go_to_a_person() -> None:
    talk = awaiting_bill()
    for _ in range(3):
        talk.sends(refused("wrong_type"))
    assert talk.handoffs[0].reason == "needs_review" and talk.asks is None


def test_useless_turns_that_are_not_running_count_from_the_start_again() -> None:
    talk = awaiting_bill().sends(useless("unreadable")).sends(useless("unreadable")).sends(UNREAD)
    assert talk.state.refusals == 0 and talk.handoffs == []


def test_a_useless_file_beside_a_good_bill_costs_nothing() -> None:
    talk = read_back()
    for _ in range(4):
        talk.sends(useless("not_document"))
    assert talk.handoffs == [] and talk.state.waiting is Question.BILL_OK


def test_the_best_file_of_a_burst_counts() -> None:
    talk = awaiting_bill().sends(useless("unreadable"), bill(**SMALL), bill(), refused("too_large"))
    assert Code.READING in talk.codes and not {Code.TOO_LARGE, Code.UNREADABLE} & set(talk.codes)
    assert talk.bill.total == Decimal("412.30") and talk.bill.others == ("below_minimum",)
    assert talk.codes[0] is Code.DIFFERENT_BILLS and talk.fact(Code.DIFFERENT_BILLS, "count") == 2
    talk = awaiting_bill().sends(useless("not_document"), useless("ask_again", "total_missing"), refused("too_large"))
    assert talk.codes[0] is Code.NO_TOTAL and talk.state.refusals == 1


def test_pages_of_one_bill_are_one() -> None:
    talk = awaiting_bill().sends(bill(), bill(), bill())
    assert Code.READING in talk.codes and Code.DIFFERENT_BILLS not in talk.codes and talk.bill.others == ()


def test_files_that_could_not_be_used_are_no_bill() -> None:
    talk = awaiting_bill().sends(useless("not_document"))
    assert talk.case.bills == 1 and talk.means(M.GREETING).codes == [Code.RECALL_BILL]
    assert talk.state.waiting is Question.BILL


def test_a_bill_that_was_sent_and_never_came_is_said_not_to_be_here() -> None:
    assert Code.BILL_NOT_HERE in awaiting_bill().means(M.ALREADY_SENT).codes


def test_later_is_fine() -> None:
    talk = awaiting_bill().means(M.LATER)
    assert talk.codes == [Code.BILL_LATER] and talk.asks is None and talk.state.later
    assert talk.stage is Stage.AWAITING_BILL and talk.sends(UNREAD).asks is Question.PLAN


def test_a_no_to_the_bill_is_later_and_a_yes_is_awaited() -> None:
    assert awaiting_bill().means(M.NO).codes == [Code.BILL_LATER]
    assert awaiting_bill().means(M.YES).codes == [Code.WAITING]


def test_who_will_not_send_the_bill_hears_why_and_then_is_offered_a_person() -> None:
    talk = awaiting_bill().means(M.WONT_SEND)
    assert talk.codes == [Code.BILL_OBJECTION] and talk.asks is None
    talk.means(M.WONT_SEND)
    assert talk.codes == [Code.PERSON_NO_BILL] and talk.choices == ["person:yes", "person:no"]


def test_who_calmed_down_after_the_objection_is_not_offered_a_person() -> None:
    talk = awaiting_bill().means(M.WONT_SEND).means(M.LATER)
    assert Code.PERSON_NO_BILL not in talk.codes and talk.handoffs == []


def test_a_small_declared_value_is_told_the_minimum_and_the_bill_asked_for_all_the_same() -> None:
    talk = awaiting_bill(amount=Decimal(150))
    assert Code.BILL_MINIMUM in talk.codes and talk.asks is Question.BILL
    talk.sends(UNREAD).means(choosing_plan(556))
    assert talk.qualification is Qualification.NEEDS_REVIEW and talk.stage is Stage.INTERESTED
    assert talk.handoffs[0].summary["below_minimum"] is True


def test_exactly_the_minimum_is_enough() -> None:
    assert Code.BILL_MINIMUM not in awaiting_bill(amount=Decimal("200.00")).codes


def test_the_bill_decides_over_a_small_declared_value() -> None:
    talk = read_back(awaiting_bill(amount=Decimal(150))).means(M.BILL_RIGHT).means(choosing_plan(556))
    assert talk.qualification is Qualification.QUALIFIED and "below_minimum" not in talk.handoffs[0].summary


def test_a_value_that_the_lead_says_is_noted_where_the_form_had_none() -> None:
    talk = awaiting_bill().means(said(M.AMOUNT, amount=Decimal(280)))
    assert talk.decision.facts == {"invoice_amount": "280"} and Code.AMOUNT_NOTED in talk.codes
    talk.sends(UNREAD).means(choosing_plan(556))
    assert talk.handoffs[0].summary["declared_amount"] == "280"


def test_the_forms_value_is_not_overwritten_by_talk() -> None:
    talk = awaiting_bill(amount=Decimal(350)).means(said(M.AMOUNT, amount=Decimal(280)))
    assert talk.decision.facts == {} and talk.state.declared == 280


def test_who_complains_of_repeating_hears_that_the_value_is_known() -> None:
    talk = awaiting_bill(amount=Decimal(600)).means(M.REPEATED)
    assert Code.AMOUNT_KNOWN in talk.codes and talk.fact(Code.AMOUNT_KNOWN, "amount") == 600


def test_the_way_to_send_a_file_is_explained_differently_and_then_a_person_offered() -> None:
    talk = awaiting_bill().means(M.LOST)
    assert Code.BILL_HOW in talk.codes
    assert Code.BILL_OTHER_WAY in talk.means(M.LOST).codes
    talk.means(M.LOST)
    assert talk.codes == [Code.PERSON_STUCK] and talk.choices == ["person:yes", "person:no"]


def test_who_cannot_take_a_picture_at_all_is_told_of_other_ways_at_once() -> None:
    talk = awaiting_bill().means(M.CANNOT_SEND)
    assert Code.BILL_OTHER_WAY in talk.codes and Code.BILL_HOW not in talk.codes
    assert talk.state.notes[0].about is M.CANNOT_SEND


def test_who_says_again_that_a_picture_is_out_of_reach_is_offered_a_person() -> None:
    talk = awaiting_bill().means(M.CANNOT_SEND).means(M.CANNOT_SEND)
    assert talk.asks is Question.PERSON


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Inbound.AUDIO, Code.AUDIO),
        (Inbound.VIDEO, Code.VIDEO),
        (Inbound.LOCATION, Code.LOCATION),
        (Inbound.CONTACTS, Code.CONTACTS),
        (Inbound.ORDER, Code.ORDER),
        (Inbound.UNSUPPORTED, Code.UNSUPPORTED),
    ],
)
def test_what_cannot_be_read_is_answered_kindly_with_the_waiting_question(kind: Inbound, code: Code) -> None:
    talk = awaiting_bill().means(unreadable=(kind, kind))
    assert talk.codes == [code, Code.BILL_AGAIN] and talk.state.misses == 0


def test_a_bill_sent_with_no_interest_counts_before_the_words() -> None:
    talk = awaiting_bill().means(M.DECLINE, files=(bill(),))
    assert Code.READING in talk.codes and talk.state.ended is None


def test_the_place_and_the_bill_in_one_burst_are_both_taken() -> None:
    talk = Talk().means(place(RECIFE), files=(bill(),))
    assert talk.state.place == RECIFE and talk.asks is Question.BILL_OK
    assert talk.means(M.BILL_RIGHT).shown() == [offer.plan_id for offer in CELPE.plans]
