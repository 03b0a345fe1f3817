"""How we ask and answer: once in full, once shorter, then only recalled; questions aside; and what was not understood."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import pytest

from flows.assistant.decide import Code
from flows.assistant.meaning import Meaning, Question
from flows.domain import Stage
from tests.flows.assistant.decide.talk import (
    CAMPO_GRANDE,
    MINEIRA,
    MISMATCH,
    NAMESAKE,
    ONE_PLAN,
    RECIFE,
    Talk,
    asking,
    awaiting_bill,
    choosing,
    choosing_plan,
    greeted,
    not_served,
    place,
    read_back,
    said,
)

M = Meaning
WAITING: dict[Question, Callable[[], Talk]] = {
    Question.PLACE: lambda: Talk().means(M.GREETING),
    Question.CONFIRM_PLACE: greeted,
    Question.WHICH_CITY: lambda: Talk().means(place(CAMPO_GRANDE, NAMESAKE)),
    Question.BILL: awaiting_bill,
    Question.BILL_OK: read_back,
    Question.BILL_WRONG: lambda: read_back().means(M.BILL_WRONG),
    Question.BILL_PLACE: lambda: read_back(**MINEIRA),
    Question.HOLDER: lambda: read_back(**MISMATCH).means(M.YES),
    Question.PLAN: choosing,
    Question.CONFIRM_PLAN: lambda: choosing().means(choosing_plan(490, certain=False)),
    Question.NOTICE: not_served,
}


@pytest.mark.parametrize("question", WAITING)
@pytest.mark.parametrize("aside", [asking("tem_custo"), said(M.TENANT), said(M.THANKS), said(M.UNSURE)])
def test_nothing_is_asked_three_times_running(question: Question, aside: M) -> None:
    talk = WAITING[question]()
    assert talk.asks is question
    asked = [talk.asks] + [talk.means(aside).asks for _ in range(6)]
    assert not [one for one in zip(asked, asked[1:], asked[2:], strict=False) if one == (question,) * 3], asked


@pytest.mark.parametrize(
    "question", [question for question in WAITING if question not in (Question.NOTICE, Question.HOLDER)]
)
def test_a_question_that_is_only_recalled_still_waits(question: Question) -> None:
    talk = WAITING[question]()
    for _ in range(2):
        talk.means(asking("tem_custo"))
    assert talk.state.waiting is question


def test_whether_the_holder_agrees_is_asked_twice_and_then_left_to_the_consultant() -> None:
    talk = read_back(**MISMATCH).means(M.YES)
    assert talk.asks is Question.HOLDER and talk.means(asking("tem_custo")).asks is Question.HOLDER
    assert talk.means(asking("fidelidade")).asks is Question.PLAN
    assert talk.state.bill is not None and talk.state.bill.holder_agrees == "unsure"


def test_a_question_is_asked_in_full_then_shorter_then_recalled_and_begins_anew() -> None:
    talk = Talk().means(place(RECIFE))
    ends = [talk.codes[-1]] + [talk.means(asking(faq)).codes[-1] for faq in ("a", "b", "c", "d")]
    assert ends == [Code.BILL_ASK, Code.BILL_AGAIN, Code.RECALL_BILL, Code.BILL_AGAIN, Code.BILL_AGAIN]


def test_another_question_between_begins_the_count_anew() -> None:
    talk = awaiting_bill().means(asking(None))
    assert talk.asks is Question.PERSON
    assert talk.means(said(M.NO, about=Question.PERSON)).asks in (Question.BILL, None)


def test_a_question_aside_is_answered_and_the_waiting_one_asked_again_with_its_buttons() -> None:
    talk = greeted().means(asking("precisa_de_placa"))
    assert talk.codes == [Code.ANSWER, Code.PLACE_CONFIRM_AGAIN]
    assert talk.choices == [f"place:{RECIFE}", "place:no"]
    assert talk.fact(Code.ANSWER, "faq") == "precisa_de_placa"


def test_at_most_three_questions_are_answered_in_one_message_and_none_twice() -> None:
    talk = awaiting_bill().means(asking("a"), asking("a"), asking("b"), asking("c"), asking("d"))
    assert [act.facts["faq"].value for act in talk.decision.acts if act.code is Code.ANSWER] == ["a", "b", "c"]


def test_the_greeting_is_disclosure_enough() -> None:
    talk = Talk(RECIFE).means(asking("e_robo"))
    assert talk.codes == [Code.GREET_BY_NAME, Code.PLACE_CONFIRM_FORM]
    assert Code.ANSWER in talk.means(asking("e_robo")).codes


def test_an_unknown_question_is_offered_to_a_person_and_the_waiting_one_remembered() -> None:
    talk = awaiting_bill().means(asking(None))
    assert talk.codes == [Code.PERSON_UNKNOWN] and talk.choices == ["person:yes", "person:no"]
    assert (talk.state.asked, talk.state.waiting) == (Question.PERSON, Question.BILL) and talk.handoffs == []
    assert talk.means(M.YES).handoffs[0].reason == "asked_for_person"


def test_an_unknown_question_beside_something_understood_is_answered_in_a_line() -> None:
    talk = awaiting_bill().means(asking(None), asking("tem_custo"))
    assert Code.ANSWER in talk.codes and Question.PERSON is not talk.asks


def test_whoever_passed_over_a_person_is_not_offered_one_again_at_once() -> None:
    talk = awaiting_bill().means(asking(None)).means(asking(None))
    assert talk.asks is not Question.PERSON and Code.PERSON_ASIDE in talk.codes


@pytest.mark.parametrize("answer", [M.YES, place(RECIFE)])
def test_a_yes_to_the_offer_is_no_yes_to_the_question_that_waits(answer: M) -> None:
    talk = greeted().means(asking(None)).means(answer)
    assert (talk.stage is Stage.HUMAN_REQUESTED) == (answer is M.YES)
    assert (talk.state.place == RECIFE) == (answer is not M.YES)


def test_a_no_to_the_offer_is_no_no_to_the_question_that_waits() -> None:
    talk = greeted().means(asking(None)).means(M.NO)
    assert talk.codes[0] is Code.PERSON_STAYING and not talk.state.form_denied
    assert talk.state.waiting is Question.CONFIRM_PLACE


# what was not understood


def test_what_was_not_understood_is_said_once_and_then_a_person_is_offered() -> None:
    talk = awaiting_bill().means()
    assert talk.codes[0] is Code.UNCLEAR and talk.state.misses == 1
    assert talk.means().codes == [Code.PERSON_STUCK] and talk.asks is Question.PERSON
    assert talk.means(place(RECIFE)).handoffs == []


def test_something_understood_between_forgives_what_was_not() -> None:
    talk = awaiting_bill().means().means(asking("tem_custo"))
    assert talk.state.misses == 0 and talk.means().codes[0] is Code.UNCLEAR


def test_a_bare_yes_to_a_question_that_wants_a_name_was_not_understood() -> None:
    assert WAITING[Question.PLACE]().means(M.YES).codes[0] is Code.UNCLEAR


def test_a_bare_yes_to_what_is_different_confirms_nothing() -> None:
    assert Code.QUALIFIED not in WAITING[Question.BILL_WRONG]().means(M.YES).codes


def test_who_is_lost_is_helped_twice_and_then_offered_a_person() -> None:
    talk = greeted().means(M.LOST)
    assert talk.codes[0] is Code.LOST
    assert talk.means(M.LOST).codes[0] is Code.LOST
    assert talk.means(M.LOST).codes == [Code.PERSON_STUCK]


# small talk


def test_thanks_on_the_way_are_returned_and_the_question_stays() -> None:
    talk = awaiting_bill().means(M.THANKS)
    assert talk.codes == [Code.THANKS, Code.RECALL_BILL] and talk.stage is Stage.AWAITING_BILL
    assert talk.state.waiting is Question.BILL


def test_thanks_for_being_given_time_are_a_goodbye() -> None:
    talk = awaiting_bill().means(M.LATER).means(M.THANKS)
    assert talk.codes == [Code.THANKS] and talk.state.waiting is Question.BILL


def test_a_goodbye_on_the_way_is_returned_and_nothing_asked() -> None:
    talk = awaiting_bill().means(M.GOODBYE)
    assert talk.codes == [Code.BYE] and talk.asks is None and talk.state.waiting is Question.BILL


def test_who_looks_for_us_is_told_that_we_are_here() -> None:
    assert awaiting_bill().means(M.WAITING).codes == [Code.HERE, Code.BILL_AGAIN]


def test_a_new_subject_forgets_that_there_was_no_hurry() -> None:
    talk = awaiting_bill().means(M.LATER)
    assert talk.state.later and not talk.means(asking("tem_custo")).state.later


def test_a_question_asked_alone_does_not_change_what_is_known() -> None:
    talk = awaiting_bill()
    talk.means(asking("tem_custo"))
    decision = talk.decision
    assert (decision.facts, decision.offers, decision.handoff, decision.qualification) == ({}, (), None, None)


def test_codes_do_not_repeat_within_a_message_nor_a_question_follow_itself_unchanged() -> None:
    talk, said_before = awaiting_bill(), []
    for _ in range(6):
        said_before.append(tuple(talk.means(M.CHAT).codes))
    assert all(one != (Code.BILL_ASK,) for one in said_before)
    assert not [pair for pair in pairwise(said_before) if pair[0] == pair[1] == (Code.RECALL_BILL,)]


def test_the_same_question_at_once_again_is_the_consultants_and_not_the_same_words() -> None:
    talk = awaiting_bill().means(asking("tem_custo"))
    assert Code.ANSWER in talk.codes
    talk.means(asking("tem_custo"))
    assert Code.ANSWER not in talk.codes and Code.ABOVE in talk.codes
    assert Code.ANSWER in talk.means(M.THANKS).means(asking("tem_custo")).codes
    assert talk.means(asking("e_robo")).means(asking("e_robo")).codes[0] is Code.ANSWER


def test_no_other_explanation_is_announced_beside_an_answer() -> None:
    assert Code.LOST not in greeted().means(M.LOST, asking("desconto_em_reais")).codes


def test_an_unknown_question_beside_what_was_told_is_not_passed_over() -> None:
    talk = awaiting_bill().means(M.LANGUAGE).means(M.LANGUAGE, asking(None))
    assert Code.PERSON_ASIDE in talk.codes and talk.state.waiting is Question.BILL
    assert Code.PERSON_ASIDE not in awaiting_bill().means(M.TENANT, asking(None)).codes


def test_who_comes_back_later_is_not_held_up_by_the_offer_of_a_person() -> None:
    talk = awaiting_bill().means(M.LATER, asking(None))
    assert talk.codes == [Code.PERSON_ASIDE, Code.BILL_LATER] and talk.asks is None


def test_who_will_not_tell_the_city_hears_once_what_it_is_for() -> None:
    talk = Talk().means(M.GREETING).means(M.NO)
    assert talk.codes == [Code.PLACE_WHY] and talk.state.waiting is Question.PLACE
    assert Code.PLACE_WHY not in talk.means(M.NO).codes


def test_a_no_to_a_person_whom_nobody_offered_is_understood() -> None:
    talk = awaiting_bill().means(said(M.NO, about=Question.PERSON))
    assert Code.PERSON_STAYING in talk.codes and Code.UNCLEAR not in talk.codes


@pytest.mark.parametrize("beside", [asking("contrato_minuta"), said(M.TENANT), said(M.SHOW_PLANS)])
def test_who_puts_the_choice_off_is_not_asked_for_it_again_whatever_else_is_said(beside: object) -> None:
    talk = choosing().means(M.LATER, beside)  # type: ignore[arg-type]
    assert talk.codes[-1] is Code.PLANS_LATER and talk.asks is None and talk.state.waiting is Question.PLAN
    assert (Code.PLANS in talk.codes) is (beside == said(M.SHOW_PLANS))


def test_whether_a_plan_binds_is_told_of_the_plans_on_the_list() -> None:
    talk = choosing().means(asking("fidelidade"))
    assert len(talk.fact(Code.PLANS_TERMS, "offers")) == 3
    assert Code.PLANS_TERMS in choosing(awaiting_bill(default=ONE_PLAN)).means(asking("fidelidade")).codes
    assert Code.ANSWER in awaiting_bill().means(asking("fidelidade")).codes


def test_who_is_not_sure_about_it_all_is_not_pressed_for_the_bill() -> None:
    talk = awaiting_bill().means(M.UNSURE)
    assert talk.codes == [Code.BILL_LATER] and talk.state.waiting is Question.BILL


def test_who_is_lost_over_something_that_was_answered_is_not_told_how_to_take_a_picture() -> None:
    assert Code.BILL_HOW in awaiting_bill().means(M.LOST).codes
    assert Code.BILL_HOW not in awaiting_bill().means(M.LOST, asking("o_que_e_serena")).codes


def test_whose_bill_is_too_small_by_their_own_word_hears_so_when_they_ask_what_comes_of_it() -> None:
    talk = awaiting_bill().means(said(M.AMOUNT, amount=Decimal(92))).means(M.WHAT_NEXT)
    assert Code.BILL_MINIMUM in talk.codes and Code.NEXT_BILL not in talk.codes


def test_whose_bill_it_is_is_not_said_twice() -> None:
    assert Code.ANSWER not in awaiting_bill().means(M.HOLDER_ME, asking("quem_assina")).codes
    assert Code.ANSWER in awaiting_bill().means(M.HOLDER_ME).means(M.HOLDER_ME, asking("quem_assina")).codes


def test_another_discount_is_refused_once_in_one_message() -> None:
    talk = choosing().means(M.NONE_OF_THEM, asking("negociar"))
    assert Code.PLAN_ONLY_LISTED not in talk.codes
    assert Code.ABOVE not in talk.means(M.NONE_OF_THEM, asking("negociar")).codes
