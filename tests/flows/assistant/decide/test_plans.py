"""Plans: shown as they were read, chosen by the lead and nobody else, and handed over with all that is known."""

from __future__ import annotations

import pytest

from flows.assistant.decide import Code
from flows.assistant.meaning import Item, Meaning, Question
from flows.domain import Qualification, Served, Stage
from tests.flows.assistant.decide.talk import (
    ONE_PLAN,
    RECIFE,
    UNREAD,
    Talk,
    asking,
    awaiting_bill,
    choosing,
    choosing_plan,
    handed_over,
    place,
    plan,
    said,
)

M = Meaning


def test_a_choice_hands_over() -> None:
    talk = choosing().means(choosing_plan(501))
    assert talk.codes == [Code.CHOSEN, Code.CALLS_CHOSEN] and talk.decision.chosen == 501 and talk.asks is None
    assert talk.handoffs[0].reason == "plan_chosen"
    assert (talk.stage, talk.qualification) == (Stage.INTERESTED, Qualification.QUALIFIED)


def test_the_summary_handed_over_holds_ids_and_figures_only() -> None:
    summary = handed_over().handoffs[0].summary
    assert (summary["plan_id"], summary["discount"], summary["fidelity_months"]) == (501, "0.16", 36)
    assert (summary["ibge_code"], summary["utility"], summary["bills"]) == (RECIFE, "CELPE", 1)
    assert "name" not in summary and "notes" not in summary


def test_a_tap_on_a_row_chooses() -> None:
    assert choosing().means(choosing_plan(490, about=Question.PLAN)).decision.chosen == 490


def test_at_most_three_plans_are_shown_the_best_discount_first_then_the_shorter_commitment() -> None:
    plans = (plan(1, "0.14"), plan(2, "0.18", 60), plan(3, "0.16"), plan(4, "0.18", 36))
    talk = choosing(awaiting_bill(default=Served(utility="CELPE", plans=plans)))
    assert talk.shown() == [4, 2, 3] and [offer.position for offer in talk.decision.offers] == [1, 2, 3]


def test_what_is_on_no_list_chooses_nothing_and_says_so() -> None:
    talk = choosing().means(choosing_plan(None))
    assert Code.PLAN_GONE in talk.codes and talk.decision.chosen is None and talk.handoffs == []
    assert talk.asks is Question.PLAN


def test_a_guess_is_asked_back_and_its_yes_chooses() -> None:
    talk = choosing().means(choosing_plan(490, certain=False))
    assert talk.asks is Question.CONFIRM_PLAN and talk.choices == ["plan:yes", "plan:no"] and talk.handoffs == []
    assert talk.fact(Code.PLAN_CONFIRM, "offer").plan_id == 490
    assert talk.means(M.YES).decision.chosen == 490


def test_a_guess_that_is_said_again_needs_no_third_question() -> None:
    talk = choosing()
    for _ in range(2):
        talk.means(choosing_plan(490, certain=False))
    assert talk.decision.chosen == 490 and talk.stage is Stage.INTERESTED


def test_another_guess_is_asked_back_anew() -> None:
    talk = choosing().means(choosing_plan(490, certain=False)).means(choosing_plan(501, certain=False))
    assert talk.asks is Question.CONFIRM_PLAN and talk.fact(Code.PLAN_CONFIRM, "offer").plan_id == 501


def test_a_no_to_a_guess_asks_for_the_plan_again() -> None:
    talk = choosing().means(choosing_plan(490, certain=False)).means(M.NO)
    assert talk.asks is Question.PLAN and talk.state.proposed is None and talk.handoffs == []


def test_a_certain_choice_wins_over_the_guess_that_was_asked_back() -> None:
    assert choosing().means(choosing_plan(490, certain=False)).means(choosing_plan(556)).decision.chosen == 556


def test_a_yes_among_several_plans_chooses_none() -> None:
    talk = choosing().means(M.YES)
    assert talk.decision.chosen is None and talk.asks is Question.PLAN


def test_a_single_plan_is_a_yes_or_no() -> None:
    talk = choosing(awaiting_bill(default=ONE_PLAN))
    assert talk.codes[-1] is Code.PLAN_ASK_ONE and talk.choices == ["plan:700", "doubt"]
    assert talk.means(M.YES).decision.chosen == 700


def test_a_doubt_is_answered_and_the_choice_taken_up_again() -> None:
    talk = choosing().means(asking("tem_fidelidade"))
    assert talk.codes == [Code.ANSWER, Code.PLAN_AGAIN] and talk.decision.offers == ()
    assert talk.means(choosing_plan(501)).decision.chosen == 501


def test_who_is_unsure_between_the_plans_hears_what_sets_them_apart_and_who_taps_doubt_may_ask() -> None:
    talk = choosing().means(said(M.UNSURE, about=Question.PLAN))
    assert len(talk.fact(Code.PLANS_APART, "offers")) == 3 and Code.ANSWER not in talk.codes
    assert talk.asks is Question.PLAN and talk.decision.chosen is None
    talk = choosing().means(Item(M.UNSURE, about=Question.PLAN))
    assert Code.PLAN_DOUBT in talk.codes and talk.asks is Question.PLAN


def test_who_wants_none_of_them_hears_that_these_are_all() -> None:
    talk = choosing().means(M.NONE_OF_THEM)
    assert Code.PLAN_ONLY_LISTED in talk.codes and talk.asks is Question.PLAN


def test_a_plain_no_to_the_plans_offers_a_person_whose_no_returns_to_the_plans() -> None:
    talk = choosing().means(M.NO)
    assert talk.codes == [Code.PERSON_UNDECIDED] and talk.choices == ["person:yes", "person:no"]
    talk.means(said(M.NO, about=Question.PERSON))
    assert talk.codes[0] is Code.PERSON_STAYING and talk.asks is Question.PLAN
    assert talk.means(choosing_plan(556)).decision.chosen == 556


def test_who_wants_to_think_is_given_time() -> None:
    talk = choosing().means(M.LATER)
    assert talk.codes == [Code.PLANS_LATER] and talk.asks is None and talk.state.later
    assert talk.stage is Stage.PLANS_SENT and talk.means(choosing_plan(501)).decision.chosen == 501


def test_plans_may_be_seen_before_the_bill_and_chosen_with_it() -> None:
    talk = Talk().means(place(RECIFE), M.SHOW_PLANS)
    assert talk.shown() == [556, 501, 490] and talk.asks is Question.BILL and talk.case.offers
    talk.means(choosing_plan(490))
    assert talk.codes == [Code.CHOSEN, Code.BILL_FOR_PLAN] and talk.handoffs == []
    assert talk.qualification is Qualification.IN_PROGRESS and talk.stage is Stage.AWAITING_BILL
    talk.sends(UNREAD)
    assert talk.handoffs[0].summary["plan_id"] == 490 and talk.stage is Stage.INTERESTED


def test_an_unchanged_list_is_not_sent_twice_unless_it_is_asked_for() -> None:
    talk = awaiting_bill().means(M.SHOW_PLANS).sends(UNREAD)
    assert Code.PLANS not in talk.codes and Code.PLANS_SHOWN in talk.codes and talk.choices[0] == "plan:556"
    assert Code.PLANS in talk.means(M.SHOW_PLANS).codes


def test_a_choice_before_any_list_was_shown_chooses_nothing() -> None:
    talk = Talk().means(place(RECIFE)).means(choosing_plan(556))
    assert Code.PLAN_GONE in talk.codes and talk.state.chosen is None


def test_a_plan_that_is_gone_by_now_is_not_handed_over() -> None:
    talk = choosing()
    talk.default = Served(utility="CELPE", plans=(plan(900, "0.15"), plan(901, "0.13")))
    talk.means(M.GREETING).means(choosing_plan(501))
    assert Code.PLAN_GONE in talk.codes and talk.handoffs == []


def test_a_choice_with_a_question_answers_the_question_and_hands_over() -> None:
    talk = choosing().means(choosing_plan(501), asking("tem_multa"))
    assert {Code.ANSWER, Code.CHOSEN, Code.CALLS_CHOSEN} <= set(talk.codes) and talk.asks is None


@pytest.mark.parametrize("told", [M.CALL_AT, M.TENANT, M.COMPANY, M.SEVERAL_BILLS, M.COMPETITOR])
def test_what_was_told_on_the_way_is_in_the_summary(told: M) -> None:
    talk = choosing().means(said(told, quote="nas palavras do lead")).means(choosing_plan(501))
    assert talk.handoffs[-1].summary["notes"] == [{"about": told.value, "text": "nas palavras do lead"}]


def test_the_chosen_plan_is_forgotten_with_its_place() -> None:
    talk = awaiting_bill().means(M.SHOW_PLANS).means(choosing_plan(490)).means(place(2609600))
    assert talk.state.chosen is None and talk.state.offered is None
