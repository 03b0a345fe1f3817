"""What people's lives bring: its own reviewed words once, a note for the consultant, and the journey goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flows.assistant.decide import Code
from flows.assistant.decide.remarks import WORDS
from flows.assistant.meaning import Meaning, Mood, Question
from flows.assistant.state import Ended
from flows.domain import Qualification, Stage
from tests.flows.assistant.decide.talk import (
    RECIFE,
    Talk,
    asking,
    awaiting_bill,
    choosing,
    choosing_plan,
    greeted,
    handed_over,
    place,
    read_back,
    said,
)

M = Meaning
TOLD = [meaning for meaning in WORDS if meaning not in (M.SECRET, M.HOLDER_DECEASED)]
FOR_THE_CONSULTANT = [
    M.CALL_AT,
    M.NEW_NUMBER,
    M.NAME,
    M.HOLDER_DECEASED,
    M.HOLDER_ABSENT,
    M.HOLDER_OTHER,
    M.TENANT,
    M.COMPANY,
    M.SEVERAL_BILLS,
    M.OWN_PANELS,
    M.LOW_INCOME,
    M.EXCLUDED,
    M.COMPETITOR,
    M.CANNOT_SEND,
    M.LANGUAGE,
    M.HARDSHIP,
    M.HOLDER_REFUSES,
    M.ACCESS,
]


@pytest.mark.parametrize("meaning", TOLD)
def test_a_circumstance_gets_its_own_words_once_and_the_bill_is_asked_for_on(meaning: M) -> None:
    talk = awaiting_bill().means(meaning)
    assert WORDS[meaning] in talk.codes and talk.state.waiting is Question.BILL and talk.state.misses == 0
    assert WORDS[meaning] not in talk.means(meaning).codes and talk.codes


@pytest.mark.parametrize("meaning", FOR_THE_CONSULTANT)
def test_what_was_told_is_noted_in_the_leads_words_for_the_consultant(meaning: M) -> None:
    talk = awaiting_bill().means(said(meaning, quote="nas minhas palavras", text="só depois das 18"))
    talk.means(M.PERSON)
    assert talk.handoffs[0].summary["notes"] == [{"about": meaning.value, "text": "só depois das 18"}]


@pytest.mark.parametrize("meaning", [M.POWER_CUT, M.SECOND_COPY, M.FRAUD_FEAR])
def test_what_is_no_business_of_the_consultants_is_not_noted(meaning: M) -> None:
    assert awaiting_bill().means(meaning).state.notes == ()


def test_a_note_is_kept_once_cut_at_200_characters_and_the_last_twelve_stay() -> None:
    talk = awaiting_bill()
    for n in range(14):
        talk.means(said(M.CALL_AT, text=f"{n} " + "x" * 300)).means(said(M.CALL_AT, text=f"{n} " + "x" * 300))
    assert [note.text[:3].strip(" x") for note in talk.state.notes] == [str(n) for n in range(2, 14)]
    assert all(len(note.text) == 200 for note in talk.state.notes)


def test_a_call_at_a_time_is_noted_acknowledged_and_in_the_summary_of_the_hand_over() -> None:
    talk = awaiting_bill().means(said(M.CALL_AT, quote="só depois das 18h"))
    assert Code.CALL_AT in talk.codes
    read_back(talk).means(M.YES).means(choosing_plan(501))
    assert {"about": "call_at", "text": "só depois das 18h"} in talk.handoffs[0].summary["notes"]


def test_who_asks_to_be_called_is_handed_over_at_once_and_may_go_on_meanwhile() -> None:
    talk = awaiting_bill().means(said(M.CALL_AT, quote="me liga amanhã às 15h", about=Question.PERSON))
    assert talk.handoffs[0].reason == "asked_for_person" and talk.codes[0] is Code.CALL_AT_PASSED_ON
    assert {"about": "call_at", "text": "me liga amanhã às 15h"} in talk.handoffs[0].summary["notes"]
    assert talk.state.ended is None and talk.asks is None and talk.state.waiting is Question.BILL
    read_back(talk).means(M.YES).means(choosing_plan(501))
    assert talk.handoffs[-1].reason == "plan_chosen" and talk.state.ended is Ended.HANDED_OVER


def test_several_bills_go_on_with_one_and_are_told_to_the_consultant() -> None:
    talk = greeted().means(M.YES, said(M.SEVERAL_BILLS, quote="tenho duas casas"))
    assert Code.SEVERAL_BILLS in talk.codes and talk.state.place == RECIFE and talk.asks is Question.BILL


def test_a_competitors_offer_is_answered_and_noted() -> None:
    talk = choosing().means(said(M.COMPETITOR, quote="me deram 20%"))
    assert Code.COMPETITOR in talk.codes and talk.asks is Question.PLAN
    assert talk.state.notes[0].text == "me deram 20%"


def test_a_company_is_recorded_as_one() -> None:
    assert awaiting_bill().means(M.COMPANY).decision.facts["client_type"] == "juridical"


def test_a_name_is_taken_where_none_is_known() -> None:
    assert Talk(named=False).means(said(M.NAME, text="Josué")).decision.facts["name"] == "Josué"
    assert "name" not in Talk().means(said(M.NAME, text="Josué")).decision.facts


def test_at_most_two_circumstances_are_answered_at_once_and_all_are_noted() -> None:
    talk = awaiting_bill().means(M.TENANT, M.COMPETITOR, M.SEVERAL_BILLS, M.CALL_AT)
    assert len({*WORDS.values()} & {*talk.codes}) == 2 and len(talk.state.notes) == 4


def test_a_circumstance_told_as_a_question_gets_one_answer_and_not_two() -> None:
    talk = awaiting_bill().means(M.TENANT, asking("aluguel"))
    assert Code.ANSWER in talk.codes and Code.TENANT not in talk.codes


def test_a_death_is_answered_as_a_death_and_not_as_another_holder() -> None:
    talk = awaiting_bill().means(M.HOLDER_DECEASED, M.HOLDER_OTHER)
    assert Code.HOLDER_DECEASED in talk.codes and Code.HOLDER_OTHER not in talk.codes


def test_a_secret_is_declined_each_time_it_is_offered_and_never_noted() -> None:
    talk = awaiting_bill().means(M.SECRET)
    assert Code.SECRET in talk.codes and Code.SECRET in talk.means(M.SECRET).codes and talk.state.notes == ()


def test_another_language_is_answered_in_simple_portuguese_and_noted() -> None:
    talk = Talk().means(M.LANGUAGE)
    assert Code.LANGUAGE in talk.codes and talk.asks is Question.PLACE
    assert talk.state.notes[0].about is M.LANGUAGE


def test_the_distribuidoras_business_is_said_to_be_the_distribuidoras() -> None:
    assert Code.POWER_CUT in awaiting_bill().means(M.POWER_CUT).codes
    assert Code.SECOND_COPY in awaiting_bill().means(M.SECOND_COPY).codes


def test_hardship_comes_before_everything_else_that_is_said() -> None:
    talk = awaiting_bill().means(M.TENANT, M.HARDSHIP)
    assert talk.codes[:2] == [Code.HARDSHIP, Code.TENANT]


# moods


def test_anger_gets_one_calm_sentence_and_another_the_next_time() -> None:
    talk = awaiting_bill().means(M.UPSET)
    assert talk.codes[0] is Code.UPSET and Question.PERSON is not talk.asks
    assert talk.means(M.UPSET).codes[0] is Code.UPSET_AGAIN


@pytest.mark.parametrize("mood", [Mood.UPSET, Mood.SAD])
def test_who_is_upset_or_sad_is_not_asked_the_same_once_more(mood: Mood) -> None:
    talk = awaiting_bill().means(asking("tem_custo"), mood=mood)
    assert talk.codes[-1] is Code.RECALL_BILL and talk.asks is None


def test_a_complaint_of_being_asked_twice_is_apologised_for() -> None:
    talk = greeted().means(M.REPEATED)
    assert talk.codes[0] is Code.REPEATED and Code.UPSET not in talk.codes


def test_a_fear_of_fraud_is_answered_and_nobody_pressed() -> None:
    talk = awaiting_bill().means(M.FRAUD_FEAR)
    assert Code.FRAUD_FEAR in talk.codes and talk.stage is Stage.AWAITING_BILL
    assert Code.FRAUD_FEAR not in awaiting_bill().means(M.FRAUD_FEAR, asking("e_confiavel")).codes


def test_circumstances_told_before_any_place_still_lead_to_the_place() -> None:
    talk = Talk().means(M.TENANT, M.HOLDER_OTHER)
    assert {Code.TENANT, Code.HOLDER_OTHER} <= set(talk.codes) and talk.asks is Question.PLACE
    assert talk.means(place(RECIFE)).state.other_holder


def test_when_to_be_contacted_is_said_back_each_time_and_kept_to() -> None:
    talk = choosing().means(said(M.CALL_AT, quote="só por escrito"))
    assert talk.fact(Code.CALL_AT, "words") == ("só por escrito",)
    assert talk.means(said(M.CALL_AT, quote="depois das 18")).fact(Code.CALL_AT, "words") == ("depois das 18",)
    assert Code.CALL_AT not in talk.means(said(M.CALL_AT, quote="depois das 18")).codes
    talk.means(choosing_plan(501))
    assert talk.fact(Code.CALLS_QUALIFIED if Code.CALLS_QUALIFIED in talk.codes else Code.CALLS_CHOSEN, "deadline") == (
        "conforme combinado"
    )


@pytest.mark.parametrize(
    ("weight", "code"),
    [(M.HARDSHIP, Code.HARDSHIP), (M.POWER_CUT, Code.POWER_CUT), (M.HOLDER_DECEASED, Code.CONDOLENCES)],
)
@pytest.mark.parametrize("beside", [M.DECLINE, M.PERSON])
def test_who_leaves_with_a_heavy_heart_gets_one_warm_sentence(beside: M, weight: M, code: Code) -> None:
    talk = awaiting_bill().means(weight, beside)
    assert talk.codes[0] is code and len(talk.codes) == 2


@pytest.mark.parametrize("weight", [M.HARDSHIP, M.POWER_CUT])
def test_what_weighs_on_somebody_is_heard_after_the_end_too(weight: M) -> None:
    for talk in (handed_over(), awaiting_bill().means(M.DECLINE)):
        assert WORDS[weight] in talk.means(weight).codes


def test_taking_leave_for_today_leaves_the_door_open() -> None:
    talk = awaiting_bill().means(M.GOODBYE)
    assert talk.codes == [Code.BYE] and talk.state.ended is None and talk.state.waiting is Question.BILL
    assert talk.qualification is Qualification.IN_PROGRESS


def test_more_of_a_circumstance_that_was_answered_is_noted_and_the_lead_hears_it_once() -> None:
    talk = awaiting_bill().means(said(M.HOLDER_DECEASED, quote="está no nome da minha mãe que faleceu"))
    talk.means(said(M.HOLDER_DECEASED, quote="somos dois herdeiros"))
    assert Code.NOTED in talk.codes and [note.text for note in talk.state.notes][-1] == "somos dois herdeiros"
    assert Code.NOTED not in talk.means(said(M.HOLDER_DECEASED, quote="somos dois herdeiros")).codes


def test_a_holder_far_away_may_sign_from_there_also_where_the_name_on_the_bill_was_spoken_of() -> None:
    talk = awaiting_bill().means(M.HOLDER_OTHER).means(said(M.HOLDER_ABSENT, quote="ele mora longe"))
    assert Code.HOLDER_ABSENT in talk.codes


def test_who_cannot_take_a_picture_is_heard_before_the_bill_is_asked_for() -> None:
    talk = greeted().means(said(M.CANNOT_SEND, quote="não enxergo a câmera"))
    assert Code.NOTED in talk.codes and talk.asks is Question.CONFIRM_PLACE


def test_an_upset_mood_alone_is_answered_once_and_not_where_kind_words_are_said_anyway() -> None:
    talk = awaiting_bill().means(said(M.POWER_CUT), mood=Mood.UPSET)
    assert Code.POWER_CUT in talk.codes and Code.UPSET not in talk.codes
    assert Code.UPSET in talk.means(asking("tem_custo"), mood=Mood.UPSET).codes
    assert not {Code.UPSET, Code.UPSET_AGAIN} & set(talk.means(asking("bandeira"), mood=Mood.UPSET).codes)


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        (lambda: awaiting_bill(), Code.RECAP_NOTHING),
        (lambda: awaiting_bill().means(said(M.CALL_AT, quote="depois das 18")), Code.RECAP),
        (lambda: handed_over(), Code.RECAP_PLAN),
        (lambda: awaiting_bill().means(said(M.CALL_AT, quote="depois das 18")).means(M.PERSON), Code.RECAP),
    ],
)
def test_who_asks_what_is_noted_is_told(talk: Callable[[], Talk], code: Code) -> None:
    assert talk().means(M.RECAP).codes[0] is code


@pytest.mark.parametrize("talk", [greeted, lambda: Talk().means(M.GREETING)])
def test_who_will_not_send_a_bill_is_answered_before_one_is_asked_for_and_then_offered_a_person(
    talk: Callable[[], Talk],
) -> None:
    refusing = talk().means(M.WONT_SEND)
    assert Code.BILL_OBJECTION in refusing.codes and refusing.asks is not Question.BILL
    assert refusing.means(M.WONT_SEND).asks is Question.PERSON


def test_only_a_few_words_of_the_leads_are_repeated_under_our_name() -> None:
    talk = awaiting_bill().means(said(M.CALL_AT, quote="só depois que vocês admitirem que são uns ladrões"))
    assert Code.CALL_AT_NOTED in talk.codes and Code.CALL_AT not in talk.codes


@pytest.mark.parametrize("weight", [M.HARDSHIP, M.POWER_CUT])
def test_more_of_what_weighs_on_somebody_gets_a_kind_word_and_no_entry_in_a_book(weight: M) -> None:
    talk = awaiting_bill().means(said(weight, quote="um")).means(said(weight, quote="dois"))
    assert talk.codes[0] is Code.WITH_YOU and Code.NOTED not in talk.codes


@pytest.mark.parametrize(
    ("before", "mood", "code"),
    [
        (M.GREETING, Mood.CALM, Code.I_SEE),
        (M.GREETING, Mood.JOKING, Code.LAUGH),
        (M.GREETING, Mood.SAD, Code.WITH_YOU),
        (M.HARDSHIP, Mood.CALM, Code.WITH_YOU),
    ],
)
def test_talk_gets_a_short_human_word_and_the_question_is_only_recalled(before: M, mood: Mood, code: Code) -> None:
    assert awaiting_bill().means(before).means(M.CHAT, mood=mood).codes == [code, Code.RECALL_BILL]


@pytest.mark.parametrize(
    ("talk", "codes"),
    [
        (greeted, [Code.NEXT_PLACE, Code.PLACE_CONFIRM_AGAIN]),
        (awaiting_bill, [Code.NEXT_BILL, Code.BILL_AGAIN]),
        (read_back, [Code.NEXT_BILL_OK, Code.READING_RIGHT_AGAIN]),
        (choosing, [Code.NEXT_PLAN, Code.PLAN_AGAIN]),
        (lambda: choosing(awaiting_bill().means(M.EXCLUDED)), [Code.NEXT_REVIEW, Code.PLAN_AGAIN]),
    ],
)
def test_who_asks_what_happens_now_hears_the_step_and_what_follows_it(
    talk: Callable[[], Talk], codes: list[Code]
) -> None:
    assert talk().means(M.WHAT_NEXT).codes == codes


def test_who_is_told_again_that_there_is_no_hurry_hears_it_in_few_words() -> None:
    talk = awaiting_bill().means(M.LATER)
    assert talk.codes == [Code.BILL_LATER] and talk.means(M.LATER).codes == [Code.WAITING]


def test_what_keeps_a_bill_out_is_looked_at_by_a_person_also_when_it_is_told_late() -> None:
    assert Code.REVIEW in choosing(awaiting_bill().means(M.EXCLUDED)).codes
    talk = choosing().means(M.EXCLUDED)
    assert Code.REVIEW in talk.codes and talk.qualification is Qualification.NEEDS_REVIEW


@pytest.mark.parametrize(
    ("said_of", "code"), [(M.HOLDER_AGREES, Code.HOLDER_AGREES), (M.HOLDER_REFUSES, Code.HOLDER_UNSURE)]
)
def test_what_the_holder_thinks_is_answered_before_any_bill_too(said_of: M, code: Code) -> None:
    assert awaiting_bill().means(said_of).codes[0] is code


def test_who_talks_on_is_not_told_at_once_that_nobody_understands() -> None:
    talk, chat = awaiting_bill(), said(M.CHAT, certain=False)
    assert [talk.means(chat).codes[0] for _ in range(3)] == [Code.I_SEE, Code.I_SEE, Code.PERSON_STUCK]
