"""Where the bill comes from: confirmed, asked back or asked for, and never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flows.assistant.decide import Code
from flows.assistant.meaning import Meaning, Owner, Question
from flows.domain import NotServed, Qualification, Served, SeveralUtilities, Stage
from tests.flows.assistant.decide.talk import (
    CAMPO_GRANDE,
    CARUARU,
    CELPE,
    NAMESAKE,
    OLINDA,
    ONE_PLAN,
    RECIFE,
    SAO_PAULO,
    Talk,
    awaiting_bill,
    choosing,
    choosing_plan,
    greeted,
    place,
    plan,
    said,
)

M = Meaning


@pytest.mark.parametrize("first", [[], [M.GREETING], [M.GO_ON], [M.WAITING], [M.CHAT], [said(M.QUESTION, faq=None)]])
def test_whatever_comes_first_the_assistant_introduces_itself_once(first: list[M]) -> None:
    talk = Talk(RECIFE).means(*first)
    assert talk.codes[0] is Code.GREET_BY_NAME and talk.asks is Question.CONFIRM_PLACE
    assert (talk.stage, talk.qualification) == (Stage.AWAITING_PLACE, Qualification.IN_PROGRESS)
    for later in (M.GREETING, M.GO_ON, M.CHAT):
        assert Code.GREET_BY_NAME not in talk.means(later).codes and talk.codes


def test_who_has_no_name_is_greeted_without_one() -> None:
    assert Talk(named=False).means(M.GREETING).codes[0] is Code.GREET


def test_the_place_of_the_form_is_confirmed_and_not_asked() -> None:
    talk = greeted()
    assert talk.codes[-1] is Code.PLACE_CONFIRM_FORM and talk.choices == [f"place:{RECIFE}", "place:no"]
    assert talk.looked == []
    talk.means(M.YES)
    assert talk.state.place == RECIFE and talk.decision.facts["ibge_code"] == RECIFE
    assert talk.asks is Question.BILL and talk.stage is Stage.AWAITING_BILL


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([place(RECIFE)], RECIFE),
        ([M.YES, place(RECIFE, owner=Owner.ME)], RECIFE),
        ([M.NO, place(OLINDA, owner=Owner.ME)], OLINDA),
        ([place(OLINDA)], OLINDA),
        ([place(CARUARU)], CARUARU),
    ],
)
def test_the_place_of_the_form_is_confirmed_or_replaced(answer: list[M], expected: int) -> None:
    talk = greeted().means(*answer)
    assert talk.state.place == expected and talk.stage is Stage.AWAITING_BILL


def test_a_denied_place_is_asked_for_and_not_offered_again() -> None:
    talk = greeted().means(said(M.NO, about=Question.CONFIRM_PLACE))
    assert talk.codes == [Code.PLACE_OTHER] and talk.asks is Question.PLACE
    assert talk.means(M.GREETING).asks is Question.PLACE and Code.PLACE_CONFIRM_FORM not in talk.codes


def test_without_a_form_the_place_is_asked_for() -> None:
    assert Talk().means(M.GREETING).codes == [Code.GREET_BY_NAME, Code.PLACE_ASK]


def test_a_burst_that_names_the_place_is_not_asked_for_it() -> None:
    talk = Talk().means(M.GREETING, place(RECIFE, owner=Owner.ME))
    assert talk.codes[0] is Code.GREET_BY_NAME and Code.SERVED in talk.codes and talk.asks is Question.BILL


def test_a_state_alone_is_asked_for_its_city() -> None:
    talk = Talk().means(said(M.PLACE, state="PE", owner=Owner.ME))
    assert talk.codes[-1] is Code.PLACE_CITY and talk.fact(Code.PLACE_CITY, "state") == "PE"
    assert talk.means(place(OLINDA, owner=Owner.ME)).state.place == OLINDA


def test_a_state_that_agrees_with_the_form_leaves_its_city_to_confirm() -> None:
    talk = greeted().means(said(M.PLACE, state="PE", owner=Owner.ME))
    assert talk.asks is Question.CONFIRM_PLACE and talk.state.place is None


def test_namesakes_are_asked_back_and_never_guessed() -> None:
    talk = Talk().means(M.GREETING).means(place(CAMPO_GRANDE, NAMESAKE))
    assert talk.asks is Question.WHICH_CITY and talk.looked == []
    assert talk.choices == [f"place:{CAMPO_GRANDE}", f"place:{NAMESAKE}"]
    assert talk.means(place(NAMESAKE, about=Question.WHICH_CITY)).state.place == NAMESAKE


@pytest.mark.parametrize("together", [True, False])
def test_a_state_tells_namesakes_apart_before_or_beside_them(together: bool) -> None:
    city, state = place(CAMPO_GRANDE, NAMESAKE, owner=Owner.ME), said(M.PLACE, state="AL", owner=Owner.ME)
    talk = Talk().means(city, state) if together else Talk().means(city).means(state)
    assert talk.state.place == NAMESAKE


def test_a_state_that_was_told_first_narrows_the_namesakes_that_follow() -> None:
    talk = Talk().means(said(M.PLACE, state="MS", owner=Owner.ME)).means(place(CAMPO_GRANDE, NAMESAKE))
    assert talk.state.place == CAMPO_GRANDE


def test_namesakes_may_all_be_denied() -> None:
    talk = Talk().means(place(CAMPO_GRANDE, NAMESAKE)).means(M.NO)
    assert talk.asks is Question.PLACE and talk.state.candidates == ()


def test_a_form_without_a_state_is_asked_only_which_namesake() -> None:
    talk = Talk(CAMPO_GRANDE, NAMESAKE).means(M.GREETING)
    assert talk.asks is Question.WHICH_CITY and len(talk.choices) == 2


def test_the_forms_namesakes_named_once_more_are_no_new_question() -> None:
    talk, namesakes = Talk(CAMPO_GRANDE, NAMESAKE), place(CAMPO_GRANDE, NAMESAKE, owner=Owner.ME)
    asked = [talk.means(word).asks for word in (M.GREETING, M.GREETING, namesakes)]
    assert asked[-1] is None and talk.state.waiting is Question.WHICH_CITY


def test_more_namesakes_than_a_list_holds_are_told_apart_by_the_state() -> None:
    many = tuple(1100000 + n for n in range(1, 6)) + tuple(2100000 + n for n in range(1, 7))
    assert Talk().means(place(*many)).codes[-1] is Code.PLACE_WHICH_STATE


def test_a_guess_is_asked_back_and_never_acted_on() -> None:
    talk = Talk().means(place(OLINDA, certain=False))
    assert talk.codes[-1] is Code.PLACE_CONFIRM and talk.looked == [] and talk.state.place is None
    assert talk.means(M.YES).state.place == OLINDA
    talk = Talk().means(place(OLINDA, certain=False)).means(M.NO)
    assert talk.asks is Question.PLACE and talk.state.place is None


def test_where_somebody_else_lives_is_not_where_the_bill_is() -> None:
    talk = greeted().means(M.YES, place(SAO_PAULO, owner=Owner.OTHER))
    assert talk.state.place == RECIFE


def test_the_bills_place_counts_before_where_the_lead_lives() -> None:
    talk = Talk().means(place(SAO_PAULO, owner=Owner.ME), place(RECIFE, owner=Owner.BILL))
    assert talk.state.place == RECIFE
    talk = Talk().means(place(RECIFE, owner=Owner.BILL), place(SAO_PAULO, owner=Owner.ME))
    assert talk.state.place == RECIFE


def test_where_the_lead_lives_does_not_move_a_bill_whose_place_is_known() -> None:
    talk = awaiting_bill().means(place(SAO_PAULO, owner=Owner.ME))
    assert talk.state.place == RECIFE and talk.asks is Question.BILL


def test_a_guess_moves_nobody_from_a_place_that_was_confirmed() -> None:
    assert awaiting_bill().means(place(OLINDA, certain=False)).state.place == RECIFE


def test_the_known_place_said_once_more_changes_nothing() -> None:
    talk = choosing().means(place(RECIFE))
    assert talk.asks is Question.PLAN and talk.bill.verdict == "qualified"


def test_who_confirms_one_house_and_names_another_is_taken_by_the_first() -> None:
    talk = greeted().means(M.YES, M.SEVERAL_BILLS, place(OLINDA))
    assert talk.state.place == RECIFE and Code.SEVERAL_BILLS in talk.codes


def test_another_place_later_starts_the_reading_of_plans_anew() -> None:
    olinda = Served(utility="NEOENERGIA", plans=(plan(700, "0.12", 12, utility="NEOENERGIA"),))
    talk = choosing(awaiting_bill(world={OLINDA: olinda})).means(place(OLINDA))
    assert talk.state.place == OLINDA and talk.shown() == [700]
    assert talk.fact(Code.SERVED, "utility") == "NEOENERGIA"


def test_a_plan_of_the_former_place_cannot_be_chosen() -> None:
    talk = choosing(awaiting_bill(world={OLINDA: ONE_PLAN})).means(place(OLINDA)).means(choosing_plan(501))
    assert Code.PLAN_GONE in talk.codes and talk.state.chosen is None and "plan:700" in talk.choices


def test_who_is_not_served_may_name_another_home() -> None:
    talk = Talk(world={SAO_PAULO: NotServed()}).means(place(SAO_PAULO)).means(place(RECIFE))
    assert talk.stage is Stage.AWAITING_BILL and talk.qualification is Qualification.IN_PROGRESS


def test_later_is_fine_before_the_place_is_known() -> None:
    talk = greeted().means(M.LATER)
    assert talk.codes == [Code.NO_HURRY] and talk.state.waiting is Question.CONFIRM_PLACE
    assert talk.means(M.YES).state.place == RECIFE


def test_the_distribuidora_of_a_known_place_moves_nobody() -> None:
    talk = awaiting_bill().means(said(M.UTILITY, utility="CELPE"))
    assert Code.UTILITY_RIGHT in talk.codes and talk.state.place == RECIFE
    # named beside something else, it is what we know
    talk = awaiting_bill().means(said(M.UTILITY, utility="CELPE"), said(M.AMOUNT, amount=Decimal(640)))
    assert Code.UTILITY_RIGHT not in talk.codes
    talk = awaiting_bill().means(said(M.UTILITY, utility="CEMIG"))
    assert Code.UTILITY_OTHER in talk.codes and talk.state.utility == CELPE.utility


def test_who_does_not_know_the_distribuidora_is_told_where_it_stands_and_who_looks_it_up_is_waited_for() -> None:
    talk = Talk(3125101, world={3125101: SeveralUtilities(names=("CEMIG", "ENERGISA"))}).means(M.GO_ON).means(M.YES)
    assert talk.means(M.UNSURE).codes == [Code.UTILITY_AGAIN]
    assert talk.means(M.LATER).codes == [Code.WAITING] and talk.state.waiting is Question.UTILITY
