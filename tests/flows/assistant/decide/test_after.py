"""After the end: answers, thanks, changes that reach the consultant, and nothing that starts over by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from flows.assistant.decide import Code
from flows.assistant.meaning import Meaning, Mood
from flows.assistant.state import Ended
from flows.domain import Qualification, Stage
from tests.flows.assistant.decide.talk import (
    OLINDA,
    SMALL,
    UNREAD,
    Talk,
    asking,
    awaiting_bill,
    bill,
    choosing,
    choosing_plan,
    handed_over,
    place,
    said,
    useless,
)

M = Meaning


@pytest.mark.parametrize("word", [M.GREETING, M.GO_ON, M.SHOW_PLANS, M.YES])
def test_a_closed_conversation_does_not_start_over(word: M) -> None:
    talk = handed_over().means(word)
    assert talk.codes == [Code.CONSULTANT] and talk.asks is None and talk.stage is Stage.INTERESTED
    assert talk.means(M.WAITING).codes == [Code.PROGRAM_HERE] and talk.means(M.WAITING).codes == [Code.HERE]
    assert talk.means(M.GREETING, after=timedelta(hours=13)).codes == [Code.CONSULTANT] and len(talk.handoffs) == 1


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (M.WAITING, Code.PROGRAM_HERE),
        (M.GREETING, Code.HERE),
        (M.YES, Code.AGREED),
        (M.BILL_RIGHT, Code.AGREED),
        (M.CHAT, Code.I_SEE),
        (M.THANKS, Code.GOODBYE),
        (choosing_plan(501), Code.CHOICE_STANDS),
        (choosing_plan(None), Code.PLAN_GONE),
    ],
)
def test_who_waits_for_the_consultant_gets_a_true_short_answer(word: M, code: Code) -> None:
    talk = handed_over().means(M.GO_ON)
    assert talk.means(word).codes == [code] and talk.decision.handoff is None and talk.asks is None


def test_a_burst_that_nobody_understood_is_not_met_with_silence() -> None:
    talk = handed_over().means()
    assert talk.codes == [Code.CONSULTANT] and talk.means().codes == [Code.STILL_WITH_US]


def test_what_may_be_a_change_and_was_not_understood_is_told_the_team_once() -> None:
    talk = handed_over().means(said(M.CHAT, certain=False))
    assert talk.codes == [Code.TEAM_READS] and talk.handoffs[-1].summary["changed"] == "wrote"
    told = len(talk.handoffs)
    assert talk.means(said(M.CHAT, certain=False)).codes == [Code.CONSULTANT] and len(talk.handoffs) == told


def test_a_joke_after_the_end_is_laughed_at_and_is_nobodys_news() -> None:
    talk = handed_over().means(M.CHAT, mood=Mood.JOKING)
    assert talk.codes == [Code.LAUGH] and talk.handoffs[-1].reason == "plan_chosen"
    assert talk.means(mood=Mood.JOKING).codes == [Code.LAUGH]


def test_who_asks_what_happens_now_after_the_hand_over_is_told_when_the_consultant_speaks() -> None:
    assert handed_over().means(M.WHAT_NEXT).codes == [Code.WHEN]


def test_a_wish_for_a_call_is_passed_on_in_one_sentence_however_long_it_is() -> None:
    talk = handed_over().means(said(M.CALL_AT, quote="me liguem só de tarde, por favor, que de manhã eu durmo"))
    assert talk.codes == [Code.CHANGE_PASSED_ON]


def test_a_language_is_no_change() -> None:
    assert handed_over().means(M.THANKS, M.LANGUAGE).codes == [Code.GOODBYE]


@pytest.mark.parametrize(
    "word", [M.NONE_OF_THEM, M.OTHER_BILL, M.LATER, M.HOLDER_ME, choosing_plan(490, certain=False)]
)
def test_what_the_journey_would_have_taken_is_news_for_the_consultant(word: M) -> None:
    talk = handed_over().means(word)
    assert talk.codes == [Code.CHANGE_PASSED_ON] and talk.handoffs[-1].reason == "changed"
    assert talk.handoffs[-1].summary["notes"]


def test_how_to_be_contacted_is_said_back_and_our_deadline_is_not_promised_against_it() -> None:
    talk = handed_over().means(said(M.CALL_AT, quote="só depois do dia 15"))
    assert talk.codes == [Code.CALL_AT_PASSED_ON]
    assert talk.fact(Code.CALL_AT_PASSED_ON, "words") == ("só depois do dia 15",)
    assert talk.means(asking("quando_ligam")).codes == [Code.WHEN_AS_ASKED]
    assert talk.means(said(M.CALL_AT, quote="às 18h")).codes == [Code.CALL_AT_PASSED_ON]
    assert [note["text"] for note in talk.handoffs[-1].summary["notes"]] == ["só depois do dia 15", "às 18h"]


def test_a_customer_who_chose_and_then_withdraws_is_heard() -> None:
    talk = choosing().means(M.CUSTOMER).means(choosing_plan(501)).means(M.DECLINE)
    assert talk.handoffs[-1].reason == "withdrawn" and talk.codes == [Code.WITHDRAWN]


def test_thanks_at_the_end_complete_the_conversation_once() -> None:
    talk = handed_over().means(M.THANKS)
    assert talk.codes == [Code.GOODBYE] and talk.stage is Stage.COMPLETED
    assert talk.means(M.THANKS).codes == []


def test_a_question_after_the_end_is_always_answered() -> None:
    talk = handed_over()
    for _ in range(2):
        assert talk.means(asking("precisa_de_placa")).codes == [Code.ANSWER] and talk.asks is None
    assert talk.means(asking(None)).codes == [Code.CLOSING_QUESTION] and talk.stage is Stage.INTERESTED


def test_another_place_after_the_end_reaches_the_consultant() -> None:
    talk = handed_over().means(place(OLINDA))
    assert talk.codes == [Code.CHANGE_PASSED_ON] and talk.stage is Stage.INTERESTED
    assert talk.handoffs[-1].reason == "changed" and talk.handoffs[-1].summary["ibge_code"] == OLINDA


@pytest.mark.parametrize("word", [M.DECLINE, said(M.CANCEL, certain=False)])
def test_a_withdrawal_reaches_the_consultant(word: M) -> None:
    talk = handed_over().means(word)
    assert talk.codes == [Code.WITHDRAWN] and talk.handoffs[-1].reason == "withdrawn"
    assert talk.handoffs[-1].summary["withdrawn"] is True and talk.handoffs[-1].summary["plan_id"] == 501
    assert (talk.stage, talk.state.ended) == (Stage.COMPLETED, Ended.WITHDRAWN) and not talk.decision.opt_out
    assert talk.means(M.DECLINE).codes == [Code.COME_BACK] and len(talk.handoffs) == 2


def test_who_withdrew_and_wants_again_is_taken_again() -> None:
    talk = handed_over().means(M.DECLINE).means(M.GO_ON)
    assert not talk.state.ended or talk.state.ended is Ended.HANDED_OVER
    assert talk.handoffs[-1].reason == "plan_chosen"


def test_who_withdrew_and_chooses_the_same_plan_is_taken_again() -> None:
    talk = handed_over().means(M.DECLINE).means(choosing_plan(501))
    assert talk.handoffs[-1].reason == "plan_chosen" and talk.stage is Stage.INTERESTED


def test_another_plan_reaches_the_consultant_once() -> None:
    talk = handed_over().means(choosing_plan(490))
    assert talk.decision.chosen == 490 and Code.CALLS_AGAIN in talk.codes
    assert [handoff.summary["plan_id"] for handoff in talk.handoffs] == [501, 490]
    assert talk.means(choosing_plan(490)).decision.handoff is None and len(talk.handoffs) == 2


def test_a_guess_at_another_plan_changes_nothing() -> None:
    assert handed_over().means(choosing_plan(490, certain=False)).decision.chosen is None


@pytest.mark.parametrize("meaning", [M.NEW_NUMBER, M.COMPETITOR, M.HOLDER_DECEASED, M.TENANT])
def test_what_changes_after_the_end_reaches_the_consultant(meaning: M) -> None:
    talk = handed_over().means(said(meaning, quote="é isto agora"))
    assert talk.codes[-1] is Code.CHANGE_PASSED_ON and talk.handoffs[-1].reason == "changed"
    assert {"about": meaning.value, "text": "é isto agora"} in talk.handoffs[-1].summary["notes"]
    assert talk.stage is Stage.INTERESTED
    assert len(talk.means(said(meaning, quote="é isto agora")).handoffs) == 2, "told once"


@pytest.mark.parametrize("beside", [said(M.DECLINE), choosing_plan(490)], ids=lambda item: item.meaning)
def test_a_new_number_beside_another_change_is_passed_on_too(beside: M) -> None:
    talk = handed_over().means(beside, said(M.NEW_NUMBER, text="me liga no fixo"))
    assert {"about": "new_number", "text": "me liga no fixo"} in talk.handoffs[-1].summary.get("notes", [])


def test_another_value_of_the_bill_reaches_the_consultant() -> None:
    talk = handed_over().means(said(M.AMOUNT, amount=Decimal(250)))
    assert talk.handoffs[-1].reason == "changed" and talk.handoffs[-1].summary["amount"] == "250"


def test_changes_after_a_call_for_a_person_reach_that_person() -> None:
    talk = awaiting_bill().means(M.PERSON).means(said(M.CALL_AT, quote="de manhã"))
    assert talk.handoffs[-1].reason == "changed"


@pytest.mark.parametrize(("file", "codes"), [(UNREAD, [Code.UNREAD]), (bill(**SMALL), [Code.RECEIVED])])
def test_a_late_bill_is_kept_told_and_decides_nothing(file: object, codes: list[Code]) -> None:
    talk = handed_over()
    before = talk.state.bill
    talk.means(files=(file,))  # type: ignore[arg-type]
    assert talk.codes[: len(codes) + 1] == [*codes, Code.KEPT_FOR_LATER] and talk.state.bill == before
    assert talk.handoffs[-1].reason == "changed" and talk.handoffs[-1].summary["changed"] == "bill"
    assert (talk.stage, talk.qualification) == (Stage.INTERESTED, Qualification.QUALIFIED)


def test_a_late_file_that_cannot_be_used_is_said_to_be_so() -> None:
    talk = handed_over().sends(useless("not_document"))
    assert Code.NOT_DOCUMENT in talk.codes and len(talk.handoffs) == 1


def test_when_the_call_comes_is_answered_without_a_second_hand_over() -> None:
    talk = handed_over().means(asking("quando_ligam"))
    assert talk.codes == [Code.WHEN] and len(talk.handoffs) == 1


def test_a_call_that_did_not_come_in_time_is_told_to_the_team_again_once_a_day() -> None:
    talk = handed_over(Talk(2611606, overdue=lambda since: True).means(M.GO_ON).means(M.YES))
    talk.means(asking("quando_ligam"))
    assert talk.codes == [Code.OVERDUE] and talk.handoffs[-1].reason == "plan_chosen"
    assert talk.handoffs[-1].summary["overdue"] is True and talk.handoffs[-1].summary["plan_id"] == 501
    talk.means(asking("quando_ligam"))
    assert talk.codes == [Code.STILL_OVERDUE] and len(talk.handoffs) == 2
    assert len(talk.means(asking("quando_ligam"), after=timedelta(hours=13)).handoffs) == 3


def test_an_overdue_call_of_a_person_is_told_to_the_team_again() -> None:
    talk = Talk(overdue=lambda since: True).means(M.PERSON).means(asking("quando_ligam"))
    assert talk.codes == [Code.OVERDUE] and talk.handoffs[-1].reason == "asked_for_person"
    assert talk.handoffs[-1].summary["overdue"] is True


@pytest.mark.parametrize("word", [M.WAITING, M.PERSON])
def test_who_calls_for_a_person_that_is_late_hears_that_and_no_promise_of_before(word: M) -> None:
    late: list[bool] = []
    talk = Talk(overdue=lambda since: bool(late)).means(M.PERSON)
    assert talk.means(word).codes == [Code.PROGRAM_HERE if word is M.WAITING else Code.PERSON_WAITING]
    late.append(True)
    assert talk.means(word).codes == [Code.OVERDUE] and talk.handoffs[-1].summary["overdue"] is True
    told = len(talk.handoffs)
    assert talk.means(word).codes == [Code.STILL_OVERDUE] and len(talk.handoffs) == told


def test_when_the_call_comes_is_asked_before_any_was_promised() -> None:
    talk = awaiting_bill().means(asking("quando_ligam"))
    assert not {Code.WHEN, Code.OVERDUE} & set(talk.codes) and talk.handoffs == []


def test_anger_after_the_end_is_answered_as_by_somebody_who_passed_it_on() -> None:
    assert handed_over().means(M.UPSET).codes == [Code.CLOSING_UPSET]


def test_somebody_whom_a_page_handed_to_the_team_is_greeted_and_not_questioned() -> None:
    talk = Talk()
    talk.case = replace(talk.case, stage=Stage.HUMAN_REQUESTED)
    talk.means(M.GREETING)
    assert talk.codes[0] in (Code.GREET_BY_NAME, Code.GREET_BY_NAME_CALLS) and talk.asks is None


def test_what_a_model_noted_after_the_end_reaches_the_consultant() -> None:
    talk = handed_over()
    talk.case = replace(talk.case, note="Diz que vai ao Procon.")
    talk.means(M.CHAT)
    assert talk.codes == [Code.CHANGE_PASSED_ON] and talk.handoffs[-1].reason == "changed"
    assert {"about": "chat", "text": "Diz que vai ao Procon."} in talk.handoffs[-1].summary["notes"]


def test_a_customer_is_not_told_what_holds_before_signing() -> None:
    talk = awaiting_bill().means(M.CUSTOMER)
    assert talk.means(asking("fidelidade")).codes == [Code.CLOSING_QUESTION]
    assert talk.means(asking("queda_de_luz")).codes == [Code.ANSWER]
