"""What Serena sells at a place: read before it is said, and never mistaken for what the world did not answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.assistant.decide import Code
from flows.assistant.meaning import Meaning, Question
from flows.assistant.state import Area
from flows.domain import NoPlanNow, NotServed, PlansUnavailable, Qualification, Served, SeveralUtilities, Stage
from tests.flows.assistant.decide.talk import (
    CELPE,
    OLINDA,
    RECIFE,
    SAO_PAULO,
    UNREAD,
    Talk,
    asking,
    awaiting_bill,
    bill,
    choosing,
    choosing_plan,
    greeted,
    not_served,
    place,
    plan,
    read_back,
    said,
)

M = Meaning
SEVERAL = SeveralUtilities(names=("CPFL PIRATININGA", "ENEL SP"))
ENEL = Served(utility="ENEL SP", plans=(plan(9, "0.1", utility="ENEL SP"),))
NO_OFFER = {Code.NOT_SERVED, Code.NO_PLAN, Code.NOTICE_ASK}


def test_a_served_place_is_good_news_with_its_discounts_and_the_bill_is_asked_for() -> None:
    talk = Talk().means(place(RECIFE))
    assert talk.codes[1:] == [Code.SERVED, Code.SERVED_PLANS, Code.SERVED_HOW, Code.BILL_ASK]
    assert talk.fact(Code.SERVED, "utility") == "CELPE" and talk.looked == [(RECIFE, None)]
    assert [offer.plan_id for offer in talk.fact(Code.SERVED_PLANS, "offers")] == [556, 501, 490]


def test_not_served_is_said_once_and_being_told_is_offered() -> None:
    talk = not_served()
    assert talk.codes[-2:] == [Code.NOT_SERVED, Code.NOTICE_ASK] and talk.choices == ["notify:yes", "notify:no"]
    assert talk.qualification is Qualification.NOT_QUALIFIED
    assert Code.NOT_SERVED not in talk.means(M.GREETING).codes


def test_no_plan_now_is_another_sentence_and_no_rejection() -> None:
    talk = Talk(default=NoPlanNow(utility="CPFL")).means(place(SAO_PAULO))
    assert Code.NO_PLAN in talk.codes and Code.NOT_SERVED not in talk.codes
    assert talk.qualification is Qualification.IN_PROGRESS and talk.fact(Code.NO_PLAN, "utility") == "CPFL"


def test_a_place_with_no_plan_at_all_has_no_plan_now() -> None:
    assert Code.NO_PLAN in Talk(default=Served(utility="CPFL", plans=())).means(place(SAO_PAULO)).codes


def test_an_outage_never_becomes_no_coverage() -> None:
    talk = Talk(default=PlansUnavailable()).means(place(RECIFE))
    assert Code.SLOW in talk.codes and not NO_OFFER & set(talk.codes)
    assert talk.asks is Question.BILL and talk.stage is Stage.AWAITING_BILL
    assert Code.SLOW not in talk.means(M.GREETING).codes, "said once"
    talk.sends(UNREAD)
    assert talk.codes[-1] is Code.SLOW_WITH_BILL and talk.stage is Stage.BILL_PROCESSED
    talk.default = CELPE
    talk.means(M.GREETING)
    assert Code.SERVED in talk.codes and talk.asks is Question.PLAN


def test_an_outage_after_not_served_denies_nothing_anew() -> None:
    talk = not_served()
    talk.world = {SAO_PAULO: PlansUnavailable()}
    talk.means(said(M.NO, about=Question.NOTICE)).means(asking("atende_minha_cidade"))
    assert Code.NOT_SERVED not in talk.codes and talk.codes


def test_nobody_is_pre_qualified_while_the_plans_are_away() -> None:
    talk = read_back(Talk(RECIFE, default=PlansUnavailable()).means(place(RECIFE))).means(M.BILL_RIGHT)
    assert Code.QUALIFIED not in talk.codes and talk.qualification is Qualification.IN_PROGRESS
    talk.default = CELPE
    talk.means(M.GREETING)
    assert Code.QUALIFIED in talk.codes and talk.qualification is Qualification.QUALIFIED


def test_if_the_plans_go_away_the_list_that_was_shown_stays_with_a_caution() -> None:
    talk = choosing()
    talk.default = PlansUnavailable()
    talk.means(M.GREETING)
    assert Code.STALE in talk.codes and talk.choices[0] == "plan:556" and not NO_OFFER & set(talk.codes)
    assert talk.means(choosing_plan(556)).stage is Stage.INTERESTED


def test_stale_plans_are_said_to_be_so_each_time_they_are_told() -> None:
    talk = Talk(default=Served(utility="CELPE", plans=CELPE.plans, stale=True)).means(place(RECIFE))
    assert Code.STALE in talk.codes
    assert Code.STALE in read_back(talk).means(M.BILL_RIGHT).codes


def test_plans_are_read_anew_before_they_are_shown() -> None:
    talk = awaiting_bill()
    before = len(talk.looked)
    talk.means(M.SHOW_PLANS)
    assert talk.shown() == [556, 501, 490] and len(talk.looked) == before + 1 and talk.asks is Question.BILL


def test_plans_that_changed_meanwhile_are_listed_anew() -> None:
    talk = choosing()
    talk.default = Served(utility="CELPE", plans=(plan(900, "0.15"), plan(901, "0.13")))
    talk.means(M.GREETING)
    assert talk.shown() == [900, 901] and talk.choices == ["plan:900", "plan:901", "doubt"]


def test_a_place_that_is_served_by_now_is_good_news_to_who_asks_again() -> None:
    talk = Talk(default=NotServed()).means(place(RECIFE)).means(said(M.NO, about=Question.NOTICE))
    talk.default = CELPE
    talk.means(asking("atende_minha_cidade"))
    assert Code.SERVED in talk.codes and talk.stage is Stage.AWAITING_BILL


def test_who_asks_whether_a_known_place_is_served_gets_the_plans_read_and_no_stock_answer() -> None:
    talk = awaiting_bill().means(asking("atende_minha_cidade"))
    assert Code.ANSWER not in talk.codes and talk.state.coverage is Area.SERVED


def test_where_a_city_has_several_distribuidoras_the_lead_is_asked_which() -> None:
    talk = Talk(world={SAO_PAULO: SEVERAL, (SAO_PAULO, "ENEL SP"): ENEL}).means(place(SAO_PAULO))
    assert talk.asks is Question.UTILITY and talk.stage is Stage.AWAITING_PLACE
    assert talk.choices == ["utility:CPFL PIRATININGA", "utility:ENEL SP"]
    talk.means(said(M.UTILITY, utility="ENEL SP"))
    assert talk.looked[-1] == (SAO_PAULO, "ENEL SP") and talk.fact(Code.SERVED, "utility") == "ENEL SP"


@pytest.mark.parametrize("item", [said(M.UTILITY, utility="CEMIG"), said(M.UTILITY, utility="ENEL SP", certain=False)])
def test_a_distribuidora_that_is_not_among_them_or_a_guess_settles_nothing(item: M) -> None:
    talk = Talk(world={SAO_PAULO: SEVERAL}).means(place(SAO_PAULO)).means(item)
    assert talk.asks is Question.UTILITY and talk.state.utility is None


def test_the_confirmed_bill_says_which_of_several_distribuidoras_it_is() -> None:
    several = SeveralUtilities(names=("CELPE", "ENEL SP"))
    talk = Talk(world={RECIFE: several, (RECIFE, "CELPE"): CELPE}).sends(bill()).means(M.BILL_RIGHT)
    assert talk.looked[-1] == (RECIFE, "CELPE") and talk.asks is Question.PLAN


def test_a_bill_that_came_while_the_distribuidora_was_asked_answers_that_too() -> None:
    several = SeveralUtilities(names=("CELPE", "ENEL SP"))
    talk = Talk(world={RECIFE: several, (RECIFE, "CELPE"): CELPE}).means(place(RECIFE))
    assert talk.asks is Question.UTILITY
    assert read_back(talk).means(M.BILL_RIGHT).asks is Question.PLAN


def test_plans_of_another_distribuidora_than_the_bills_need_a_person() -> None:
    talk = choosing(utility="COELBA")
    assert talk.bill.doubts == ("utility_differs_from_plans",) and Code.QUALIFIED not in talk.codes
    assert talk.qualification is Qualification.NEEDS_REVIEW and talk.handoffs[0].reason == "needs_review"


def test_a_question_and_a_place_in_one_burst_are_both_served() -> None:
    talk = Talk().means(M.GREETING, asking("como_funciona"), place(RECIFE))
    assert {Code.ANSWER, Code.SERVED} <= set(talk.codes) and talk.asks is Question.BILL


def test_whoever_asks_what_is_sold_where_they_live_reads_it_instead_of_an_offer_of_a_person() -> None:
    """The question itself is on no list, and the place it comes with is the answer."""
    talk = Talk().means(M.GREETING).means(place(OLINDA), asking(None))
    assert Code.SERVED in talk.codes and talk.asks is Question.BILL


def test_what_the_form_says_is_not_read_before_the_lead_confirmed_it() -> None:
    talk = greeted().means(M.CHAT)
    assert talk.looked == [] and talk.state.coverage is None


def test_a_decision_made_twice_from_one_case_is_the_same() -> None:
    from flows.assistant.decide import decide

    talk = awaiting_bill()
    case = replace(talk.case, files=(bill(),))
    assert decide(case) == decide(case)


def test_who_asks_for_plans_where_there_are_none_hears_that_before_the_offer_of_news() -> None:
    assert not_served().means(M.SHOW_PLANS).codes == [Code.STILL_CLOSED, Code.NOTICE_AGAIN]


def test_nobody_looks_for_a_bill_that_is_of_no_use_yet() -> None:
    talk = not_served().means(M.LATER)
    assert talk.codes == [Code.NO_BILL, Code.RECALL_NOTICE]
    talk = not_served().means(said(M.NO, about=Question.NOTICE)).means(M.LATER)
    assert talk.codes == [Code.NO_BILL]
    talk = not_served().means(said(M.NO, about=Question.NOTICE)).means(M.YES)
    assert talk.codes == [Code.AGREED] and talk.means(M.YES).codes == []
