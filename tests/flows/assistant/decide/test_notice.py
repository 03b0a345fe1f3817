"""Being told of news: offered where nothing is sold, kept only with consent, and forgotten on a word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flows.assistant.decide import Code, Terms
from flows.assistant.meaning import Meaning, Question
from flows.assistant.state import with_news
from flows.domain import NotServed, Stage
from tests.flows.assistant.decide.talk import (
    CELPE,
    OLINDA,
    RECIFE,
    SAO_PAULO,
    Talk,
    asking,
    awaiting_bill,
    bill,
    choosing,
    handed_over,
    not_served,
    place,
    said,
)

M = Meaning


def test_a_yes_keeps_consent_for_that_place() -> None:
    talk = not_served().means(said(M.YES, about=Question.NOTICE))
    assert talk.codes == [Code.NOTICE_KEPT] and talk.decision.consent == (SAO_PAULO, True)
    assert talk.asks is None and talk.case.wishes == (SAO_PAULO,) and talk.stage is Stage.NOT_SERVED


def test_a_no_keeps_that_too_and_leaves_the_lead_in_peace() -> None:
    talk = not_served().means(M.NO)
    assert talk.codes == [Code.NOTICE_DECLINED] and talk.decision.consent == (SAO_PAULO, False)
    assert talk.means(M.GREETING).asks is None


def test_no_interest_where_nothing_is_sold_is_a_no_to_the_notice() -> None:
    talk = not_served().means(M.DECLINE)
    assert talk.decision.consent == (SAO_PAULO, False) and Code.DECLINED not in talk.codes


def test_nobody_is_told_of_a_notice_without_consent() -> None:
    for meaning in (M.GREETING, M.CHAT, M.UNSURE, M.THANKS, said(M.NOTICE, certain=False)):
        talk = not_served().means(meaning)
        assert Code.NOTICE_KEPT not in talk.codes and talk.decision.consent is None, meaning


def test_the_wish_in_own_words_is_consent() -> None:
    talk = not_served().means(M.NOTICE)
    assert Code.NOTICE_KEPT in talk.codes and talk.decision.consent == (SAO_PAULO, True)


def test_the_wish_may_name_another_place_than_the_bills() -> None:
    talk = awaiting_bill().means(said(M.NOTICE, places=(SAO_PAULO,)))
    assert Code.NOTICE_KEPT in talk.codes and talk.decision.consent == (SAO_PAULO, True)
    assert talk.state.place == RECIFE and talk.fact(Code.NOTICE_KEPT, "place") == SAO_PAULO


def test_who_is_on_the_list_already_hears_that_there_is_nothing_yet() -> None:
    talk = not_served().means(M.NOTICE).means(M.NOTICE)
    assert talk.codes == [Code.NOTHING_YET] and talk.decision.consent is None


def test_consent_is_taken_back_by_a_tap_on_the_old_button() -> None:
    talk = not_served().means(M.NOTICE).means(said(M.NO, about=Question.NOTICE))
    assert talk.decision.consent == (SAO_PAULO, False) and talk.case.wishes == ()


def test_who_declined_and_asks_again_about_coverage_is_not_offered_the_same_again() -> None:
    talk = not_served().means(M.NO).means(asking("atende_minha_cidade"))
    assert talk.codes == [Code.NOTHING_YET] and talk.choices == [] and talk.stage is Stage.NOT_SERVED


def test_an_unanswered_offer_is_made_again_after_a_question() -> None:
    talk = not_served().means(asking("precisa_de_placa"))
    assert talk.codes == [Code.ANSWER, Code.NOTICE_AGAIN] and talk.choices == ["notify:yes", "notify:no"]


def test_where_nothing_is_sold_a_bill_is_received_and_not_discussed() -> None:
    talk = Talk(default=NotServed()).means(place(RECIFE)).sends(bill())
    assert Code.RECEIVED in talk.codes and Code.READING not in talk.codes
    assert talk.stage is Stage.NOT_SERVED and talk.asks is Question.NOTICE


def test_a_bill_of_another_state_reopens_what_is_not_served() -> None:
    talk = Talk(world={SAO_PAULO: NotServed()}).means(place(SAO_PAULO)).sends(bill())
    assert talk.asks is Question.BILL_PLACE and talk.choices == [f"place:{SAO_PAULO}", f"place:{RECIFE}"]
    talk.means(place(RECIFE, about=Question.BILL_PLACE)).means(M.BILL_RIGHT)
    assert talk.asks is Question.PLAN and Code.QUALIFIED in talk.codes


def test_thanks_after_the_notice_was_settled_ask_nothing() -> None:
    talk = not_served().means(M.YES).means(M.THANKS)
    assert talk.asks is None and Code.NOTICE_ASK not in talk.codes


def test_another_place_that_is_not_served_either_is_offered_its_own_notice() -> None:
    talk = Talk(default=NotServed()).means(place(SAO_PAULO)).means(M.YES).means(place(OLINDA))
    assert Code.NOT_SERVED in talk.codes and talk.asks is Question.NOTICE
    talk.means(M.YES)
    assert talk.decision.consent == (OLINDA, True) and talk.case.wishes == (SAO_PAULO, OLINDA)


# --- told, or not to be told --------------------------------------------------------------------------------------


def test_without_a_template_nobody_is_offered_what_cannot_be_kept() -> None:
    talk = not_served(notices=False)
    assert talk.codes[-2:] == [Code.NOT_SERVED, Code.NOTICE_NONE] and talk.asks is None
    assert talk.fact(Code.NOTICE_NONE, "place") == SAO_PAULO
    for meaning in (M.GREETING, M.YES, M.WHAT_NEXT, M.LOST, M.SHOW_PLANS, asking("atende_minha_cidade")):
        talk.means(meaning)
        assert talk.asks is not Question.NOTICE and talk.decision.consent is None, meaning


def test_without_a_template_a_wish_is_answered_honestly_and_not_kept() -> None:
    talk = not_served(notices=False).means(M.NOTICE)
    assert talk.codes == [Code.NOTICE_NONE] and talk.decision.consent is None and talk.case.wishes == ()


def test_an_offer_whose_template_is_gone_waits_no_more() -> None:
    talk = not_served()
    talk.case = replace(talk.case, terms=Terms(notices=False))
    assert talk.means(M.YES).codes == [Code.NOTICE_NONE] and talk.decision.consent is None and talk.state.asked is None


def test_a_lack_of_interest_takes_every_wish_back() -> None:
    talk = (
        Talk(world={SAO_PAULO: NotServed()}).means(place(SAO_PAULO)).means(M.YES).means(place(RECIFE)).means(M.DECLINE)
    )
    assert talk.decision.consent == (None, False) and talk.case.wishes == ()


def test_who_reads_of_plans_where_they_waited_for_them_waits_no_more() -> None:
    talk = not_served().means(M.YES)
    talk.world = {}
    talk.means(asking("atende_minha_cidade"))
    assert Code.SERVED in talk.codes and talk.decision.served == SAO_PAULO and talk.case.wishes == ()


def test_no_coverage_is_not_for_ever_who_writes_a_day_later_has_it_looked_up_again() -> None:
    talk = not_served().means(M.NO)
    looked = len(talk.looked)
    assert talk.means(M.GREETING).looked[looked:] == []
    talk.means(M.GREETING, after=timedelta(days=1))
    assert talk.looked[looked:] == [(SAO_PAULO, None)] and talk.stage is Stage.NOT_SERVED
    assert talk.means(M.GREETING).looked[looked + 1 :] == [], "asked once in a while, not with every word"
    talk.world = {}
    talk.means(M.GREETING, after=timedelta(days=1))
    assert Code.SERVED in talk.codes and talk.asks is Question.BILL


def test_an_answer_to_the_offer_counts_a_day_later_too() -> None:
    talk = not_served().means(M.YES, after=timedelta(days=1))
    assert talk.codes == [Code.NOTICE_KEPT] and talk.decision.consent == (SAO_PAULO, True)


def told(talk: Talk, place: int) -> Talk:
    """What the lead's next message is heard after: our template told of plans there."""
    talk.case = replace(talk.case, state=with_news(talk.state, place, talk.case.now))
    talk.world = {}
    return talk


@pytest.mark.parametrize("word", [M.YES, M.GREETING, M.SHOW_PLANS, M.GO_ON, M.CHAT, M.THANKS])
def test_whoever_answers_the_notice_is_shown_what_is_read_at_that_moment(word: Meaning) -> None:
    talk = told(not_served().means(M.YES), SAO_PAULO).means(word)
    assert talk.looked[-1] == (SAO_PAULO, None) and Code.SERVED in talk.codes and talk.asks is Question.BILL
    again = told(not_served().means(M.YES), SAO_PAULO)
    again.world = {SAO_PAULO: NotServed()}
    assert Code.NOT_SERVED in again.means(word).codes, "plans that are gone by then are said to be"


def test_the_notice_is_of_one_of_several_places_and_the_answer_goes_there() -> None:
    talk = Talk(default=NotServed()).means(place(SAO_PAULO)).means(M.YES).means(place(OLINDA)).means(M.YES)
    talk.default = CELPE
    talk = told(talk, SAO_PAULO).means(M.YES)
    assert talk.state.place == SAO_PAULO and talk.fact(Code.SERVED, "place") == SAO_PAULO


def test_who_is_on_the_way_elsewhere_stays_there() -> None:
    talk = awaiting_bill().means(said(M.NOTICE, places=(SAO_PAULO,)))
    before = talk.state
    assert told(talk, SAO_PAULO).state == replace(before, news_at=talk.case.now)


def test_a_notice_is_taken_up_once() -> None:
    talk = told(not_served().means(M.YES), SAO_PAULO).means(M.YES)
    assert with_news(talk.state, SAO_PAULO, talk.state.news_at or talk.case.now) == talk.state


def test_a_wish_is_taken_back_in_own_words_too_also_after_the_end() -> None:
    talk = awaiting_bill().means(said(M.NOTICE, places=(SAO_PAULO,)))
    assert talk.means(said(M.NO, about=Question.NOTICE)).decision.consent == (None, False) and talk.case.wishes == ()
    over = handed_over(choosing(awaiting_bill().means(said(M.NOTICE, places=(SAO_PAULO,)))))
    assert over.case.wishes == (SAO_PAULO,)
    over.means(said(M.NO, about=Question.NOTICE))
    assert over.codes == [Code.NOTICE_DECLINED] and over.case.wishes == () and over.stage is Stage.INTERESTED
