"""A bill that was read: read back, confirmed, corrected or exchanged, and what follows for its place."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flows.assistant import say
from flows.assistant.decide import Code
from flows.assistant.meaning import Field, Meaning, Owner, Question
from flows.assistant.state import Step
from flows.domain import Qualification, Served, Stage
from tests.flows.assistant.decide.talk import (
    CELPE,
    HORIZONTE,
    MINEIRA,
    MISMATCH,
    OLINDA,
    RECIFE,
    SMALL,
    Talk,
    asking,
    awaiting_bill,
    bill,
    choosing,
    choosing_plan,
    greeted,
    handed_over,
    place,
    read_back,
    said,
)

M = Meaning
CONTAGEM = 3118601
YES = [said(M.BILL_RIGHT), said(M.YES), said(M.YES, about=Question.BILL_OK)]


def test_what_was_read_is_read_back_and_confirmed_with_a_tap() -> None:
    talk = read_back()
    assert talk.codes == [Code.READING, Code.READING_RIGHT] and talk.choices == ["bill:ok", "bill:wrong"]
    assert talk.fact(Code.READING, "holder") == "MARIA" and talk.fact(Code.READING, "bill").total == Decimal("412.30")
    talk.means(said(M.BILL_RIGHT, about=Question.BILL_OK))
    assert Code.QUALIFIED in talk.codes and talk.shown() == [556, 501, 490]
    assert talk.choices == ["plan:556", "plan:501", "plan:490", "doubt"]
    assert (talk.stage, talk.qualification) == (Stage.PLANS_SENT, Qualification.QUALIFIED)


def test_the_consultant_is_told_what_was_read_and_no_name() -> None:
    assert handed_over().handoffs[0].summary["bill"] == {
        "outcome": "qualified",
        "total": "412.30",
        "reasons": [],
        "utility": "CELPE",
        "consumption_kwh": 431,
        "holder": "match",
        "month": "2026-10-01",
        "due": "2026-12-10",
        "others": [],
        "confirmed": True,
    }


def test_the_holders_name_is_said_once_and_not_remembered() -> None:
    talk = read_back()
    assert "MARIA" not in repr(talk.state) and "name" not in talk.decision.facts
    assert "holder" not in next(act for act in talk.means(M.READ_AGAIN).decision.acts).facts


@pytest.mark.parametrize("yes", YES)
def test_a_yes_in_any_form_confirms(yes: M) -> None:
    assert read_back().means(yes).qualification is Qualification.QUALIFIED


def test_who_talks_and_names_no_fault_goes_on_and_is_told_so() -> None:
    talk = read_back().means(said(M.CHAT, certain=False), said(M.BILL_RIGHT, certain=False))
    assert talk.bill.step is Step.CONFIRMED and talk.codes[0] is Code.READING_TAKEN
    talk = talk.means(said(M.BILL_WRONG, field=Field.TOTAL))
    assert talk.bill.step is Step.DISPUTED and talk.qualification is Qualification.NEEDS_REVIEW


@pytest.mark.parametrize("meaning", [said(M.YES, certain=False), said(M.UNSURE), said(M.CHAT, certain=False)])
def test_what_is_no_certain_yes_confirms_nothing(meaning: M) -> None:
    assert read_back().means(meaning).bill.step is Step.READ


def test_nothing_of_a_result_is_said_before_the_bill_was_confirmed() -> None:
    talk = read_back()
    assert Code.QUALIFIED not in talk.codes and talk.bill.verdict is None
    assert talk.qualification is Qualification.IN_PROGRESS


def test_the_verdict_is_told_once() -> None:
    talk = choosing().means(asking("tem_multa"))
    assert Code.QUALIFIED not in talk.codes
    assert Code.CALLS_CHOSEN in talk.means(choosing_plan(501)).codes and Code.CALLS_QUALIFIED not in talk.codes


def test_the_read_back_waits_through_questions_noise_and_time() -> None:
    talk = read_back().means(asking("tem_fidelidade"))
    assert talk.codes == [Code.ANSWER, Code.READING_RIGHT_AGAIN] and talk.choices == ["bill:ok", "bill:wrong"]
    assert talk.means(M.LATER).codes == [Code.WAITING] and talk.state.waiting is Question.BILL_OK
    assert Code.QUALIFIED in talk.means(M.YES).codes


def test_who_wants_the_plans_instead_of_answering_has_no_objection() -> None:
    talk = read_back().means(M.SHOW_PLANS)
    assert talk.codes[0] is Code.READING_TAKEN and Code.PLANS in talk.codes and talk.state.waiting is Question.PLAN


def test_who_asks_what_was_read_hears_it_again() -> None:
    talk = read_back().means(M.READ_AGAIN)
    assert talk.codes == [Code.READING_AGAIN, Code.READING_RIGHT_AGAIN]


def test_who_chooses_a_plan_before_confirming_has_confirmed() -> None:
    talk = read_back(awaiting_bill().means(M.SHOW_PLANS)).means(choosing_plan(490))
    assert talk.decision.chosen == 490 and talk.handoffs[0].summary["bill"]["confirmed"] is True
    assert talk.qualification is Qualification.QUALIFIED and Code.CALLS_QUALIFIED in talk.codes


def test_who_said_that_something_is_wrong_and_then_chooses_is_left_to_a_person() -> None:
    talk = read_back(awaiting_bill().means(M.SHOW_PLANS)).means(M.BILL_WRONG).means(choosing_plan(490))
    assert talk.qualification is Qualification.NEEDS_REVIEW and Code.CALLS_REVIEW in talk.codes
    assert talk.handoffs[0].summary["bill"]["confirmed"] is False


def test_a_new_bill_is_read_back_and_the_same_one_answered_from_its_reading() -> None:
    talk = read_back().sends(bill(known=True))
    assert talk.codes == [Code.READING_RIGHT_AGAIN] and Code.READING not in talk.codes
    talk.means(M.YES).sends(bill(known=True))
    assert Code.KNOWN_FILE in talk.codes and talk.asks is Question.PLAN
    talk.sends(bill(total_amount=Decimal(500)))
    assert Code.READING in talk.codes and talk.bill.step is Step.READ


def test_a_known_bill_that_this_lead_never_answered_for_is_read_back() -> None:
    assert Code.READING in awaiting_bill().sends(bill(known=True)).codes


def test_a_small_bill_beside_one_that_is_enough_changes_nothing() -> None:
    talk = choosing().sends(bill(**SMALL))
    assert talk.bill.outcome == "qualified" and Code.RECEIVED in talk.codes and talk.asks is Question.PLAN


# the place


@pytest.mark.parametrize("talk", [Talk, lambda: Talk(RECIFE), lambda: Talk(OLINDA)])
def test_the_bill_of_a_lead_who_confirmed_no_place_gives_it(talk: type[Talk]) -> None:
    lead = read_back(talk())
    assert lead.looked == [] and lead.decision.facts == {}
    lead.means(M.YES)
    assert lead.decision.facts["ibge_code"] == RECIFE and lead.asks is Question.PLAN and Code.QUALIFIED in lead.codes


def test_a_bill_without_a_city_leaves_the_question_of_the_place() -> None:
    talk = read_back(Talk(), ibge_code=None).means(M.YES)
    assert talk.asks is Question.PLACE and talk.stage is Stage.AWAITING_PLACE
    talk.means(place(RECIFE))
    assert Code.QUALIFIED in talk.codes and talk.asks is Question.PLAN


def test_a_city_corrected_in_the_same_breath_is_taken_and_left_to_a_person() -> None:
    talk = read_back(Talk()).means(said(M.BILL_WRONG, field=Field.PLACE), place(OLINDA))
    assert talk.state.place == OLINDA and talk.qualification is Qualification.NEEDS_REVIEW


@pytest.mark.parametrize("start", [awaiting_bill, greeted])
@pytest.mark.parametrize(
    ("answer", "expected", "doubts"),
    [
        (place(HORIZONTE, about=Question.BILL_PLACE), HORIZONTE, ()),
        (said(M.PLACE, state="MG", owner=Owner.BILL), HORIZONTE, ()),
        (said(M.NO), HORIZONTE, ()),
        (place(RECIFE, about=Question.BILL_PLACE), RECIFE, ("place_differs", "utility_differs_from_plans")),
    ],
)
def test_a_bill_from_another_state_is_asked_about_and_never_guessed(
    start: type[Talk], answer: M, expected: int, doubts: tuple[str, ...]
) -> None:
    talk = read_back(start(world={HORIZONTE: Served(utility="CEMIG", plans=CELPE.plans)}), **MINEIRA)
    assert talk.asks is Question.BILL_PLACE and talk.choices == [f"place:{RECIFE}", f"place:{HORIZONTE}"]
    talk.means(answer)
    assert talk.state.place == expected and talk.asks is Question.BILL_OK
    talk.means(M.YES)
    assert talk.bill.doubts == doubts
    assert talk.qualification is (Qualification.NEEDS_REVIEW if doubts else Qualification.QUALIFIED)


@pytest.mark.parametrize("utility", [None, "CELPE"])
def test_a_bill_said_to_be_right_while_its_place_is_in_doubt_settles_the_place_or_is_left_to_a_person(
    utility: str | None,
) -> None:
    talk = read_back(**{**MINEIRA, "utility": utility}).means(M.BILL_RIGHT)
    assert talk.asks is Question.BILL_PLACE or talk.state.place == HORIZONTE or talk.bill.doubts
    assert Code.QUALIFIED not in talk.codes or talk.state.place == HORIZONTE


def test_a_third_place_is_taken_and_doubted() -> None:
    talk = read_back(**MINEIRA).means(place(OLINDA))
    assert talk.state.place == OLINDA and talk.bill.doubts == ("place_differs",)


def test_the_two_places_are_named_the_right_way_round() -> None:
    talk = read_back(**MINEIRA)
    content = say.reviewed(talk.decision.acts[-1:], {})
    assert content is not None and content.text.index("*Belo Horizonte/MG*") < content.text.index("*Recife/PE*")


def test_where_the_bill_shows_only_another_state_the_city_is_asked_for() -> None:
    talk = read_back(**{**MINEIRA, "ibge_code": None})
    assert Code.READING_WHICH_CITY in talk.codes and talk.choices == [f"place:{RECIFE}", "place:no"]
    talk.means(said(M.NO, about=Question.BILL_PLACE))
    assert talk.state.place is None and talk.state.state == "MG"
    assert talk.means(place(CONTAGEM)).state.place == CONTAGEM


def test_a_plan_chosen_while_the_place_is_in_doubt_is_left_to_a_person() -> None:
    talk = read_back(awaiting_bill().means(M.SHOW_PLANS), **MINEIRA).means(choosing_plan(501))
    assert talk.bill.doubts == ("place_differs",) and talk.qualification is Qualification.NEEDS_REVIEW


# something is wrong


@pytest.mark.parametrize(
    ("bursts", "amount", "utility", "disputed"),
    [
        ([[M.BILL_WRONG], [said(M.AMOUNT, amount=Decimal(320))]], Decimal(320), None, (Field.TOTAL,)),
        (
            [[said(M.BILL_WRONG, field=Field.TOTAL, amount=Decimal(320))]],
            Decimal(320),
            None,
            (Field.TOTAL,),
        ),
        ([[M.NO, said(M.AMOUNT, amount=Decimal("320.50"))]], Decimal("320.50"), None, (Field.TOTAL,)),
        ([[M.BILL_WRONG], [said(M.UTILITY, utility="CEMIG")]], None, "CEMIG", (Field.UTILITY,)),
        ([[said(M.UTILITY, utility="CEMIG")]], None, "CEMIG", (Field.UTILITY,)),
        ([[M.NO], [said(M.BILL_WRONG, field=Field.HOLDER)]], None, None, (Field.HOLDER,)),
        ([[said(M.BILL_WRONG, field=Field.TOTAL)]], None, None, (Field.TOTAL,)),
        ([[M.BILL_WRONG], [M.BILL_WRONG]], None, None, (Field.OTHER,)),
    ],
)
def test_what_a_lead_corrects_is_noted_and_left_to_a_person(
    bursts: list[list[M]], amount: Decimal | None, utility: str | None, disputed: tuple[Field, ...]
) -> None:
    talk, codes = read_back(), []
    for burst in bursts:
        codes += talk.means(*burst).codes
    read = talk.bill
    assert (read.total, read.utility) == (Decimal("412.30"), "CELPE"), "what was read is kept beside it"
    assert (read.said_total, read.said_utility, read.disputed) == (amount, utility, disputed)
    assert talk.qualification is Qualification.NEEDS_REVIEW and Code.QUALIFIED not in codes
    assert talk.asks is Question.PLAN
    talk.means(choosing_plan(556))
    assert [handoff.reason for handoff in talk.handoffs] == ["needs_review", "plan_chosen"]
    assert all(handoff.summary["bill"]["disputed"] for handoff in talk.handoffs)


def test_something_wrong_is_asked_about_in_one_question() -> None:
    talk = read_back().means(M.BILL_WRONG)
    assert talk.codes == [Code.READING_WHAT] and talk.choices == []
    assert talk.means(M.BILL_RIGHT).qualification is Qualification.QUALIFIED


@pytest.mark.parametrize(
    "item", [said(M.AMOUNT, amount=Decimal("412.30")), said(M.UTILITY, utility="CELPE")], ids=["amount", "utility"]
)
def test_a_value_that_was_read_repeated_by_the_lead_is_a_yes(item: M) -> None:
    assert read_back().means(item).qualification is Qualification.QUALIFIED


@pytest.mark.parametrize(
    "item",
    [said(M.AMOUNT, amount=Decimal(450), certain=False), said(M.UTILITY, utility="CEMIG", certain=False)],
    ids=["amount", "utility"],
)
def test_a_guess_disputes_nothing(item: M) -> None:
    assert read_back().means(item).bill.step is Step.READ


def test_what_was_confirmed_may_still_turn_out_to_be_wrong() -> None:
    talk = choosing().means(said(M.BILL_WRONG, about=Question.BILL_OK))
    assert talk.asks is Question.BILL_WRONG and talk.bill.step is Step.WRONG


def test_the_wrong_bill_is_exchanged_for_another() -> None:
    talk = read_back().means(M.OTHER_BILL)
    assert Code.SEND_OTHER in talk.codes and talk.stage is Stage.AWAITING_BILL and talk.state.bill is None
    read_back(talk, total_amount=Decimal(300))
    assert talk.bill.total == 300 and talk.asks is Question.BILL_OK


def test_the_bill_of_somebody_else_is_kept_beside_the_leads_own_whichever_came_first() -> None:
    talk = read_back().sends(bill(**MISMATCH))
    assert Code.RECEIVED_BESIDE in talk.codes and talk.bill.holder == "match" and talk.bill.others == ("review",)
    talk = read_back(**MISMATCH).sends(bill())
    assert Code.OTHER_KEPT in talk.codes and talk.bill.holder == "match" and talk.bill.others == ("review",)


def test_who_wants_the_other_bill_instead_says_so_and_gets_it() -> None:
    talk = read_back().means(M.OTHER_BILL)
    assert talk.codes[-1] is Code.SEND_OTHER and talk.asks is None
    assert talk.sends(bill(**MISMATCH)).bill.holder == "mismatch"


def test_a_total_that_is_corrected_where_the_place_is_asked_is_noted_and_the_place_still_asked() -> None:
    talk = read_back(**MINEIRA).means(said(M.BILL_WRONG, field=Field.TOTAL, amount=Decimal(450)))
    assert Code.READING_NOTED_TOTAL in talk.codes and talk.asks is Question.BILL_PLACE
    talk.means(place(HORIZONTE))
    assert talk.bill.said_total == Decimal(450) and talk.bill.verdict == "review" and talk.asks is Question.PLAN


def test_the_bills_own_place_counts_before_where_the_lead_lives_however_they_are_ordered() -> None:
    talk = read_back(**MINEIRA).means(place(HORIZONTE), place(RECIFE, owner=Owner.ME))
    assert talk.state.place == HORIZONTE


@pytest.mark.parametrize("several", [True, False])
def test_another_bill_in_the_same_burst_takes_the_place_of_the_first_unless_there_are_several(several: bool) -> None:
    talk = read_back(awaiting_bill().means(M.SEVERAL_BILLS) if several else None)
    talk.means(M.OTHER_BILL, files=(bill(**MISMATCH),))
    assert talk.bill.holder == ("match" if several else "mismatch") and Code.SEND_OTHER not in talk.codes


def test_of_several_bills_the_first_counts_and_a_better_photo_of_it_is_no_other() -> None:
    talk = read_back(awaiting_bill().means(M.SEVERAL_BILLS)).sends(bill(total_amount=Decimal(231)))
    assert Code.RECEIVED_BESIDE in talk.codes and talk.bill.total == Decimal("412.30")
    assert Code.RECEIVED_BESIDE not in talk.sends(bill(due_date=None)).codes
