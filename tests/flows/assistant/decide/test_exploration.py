"""The machine, explored: nothing it promises is broken anywhere, and a machine with one fault is found out.

`pytest -s` prints how many states and transitions were visited; `make eval` explores all parts, these tests the smallest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from flows.assistant.decide import Act, Case, Code, Decision, Fact, Form, Source, Terms, decide
from flows.assistant.meaning import Meaning, Question
from flows.assistant.say import NEEDS
from flows.assistant.state import Ended, State
from flows.domain import Handoff, Qualification
from tests.evals import promises
from tests.evals.alphabet import HERE, NOWHERE, PLANS, TWO
from tests.evals.deciding import PARTS, Explored, explore, outcomes, wander
from tests.flows.assistant.decide.diagram import FORM, LETTERS, ROADS, along, named
from tests.flows.assistant.decide.talk import KNOWN

M = Meaning
MOST_TURNS, SEED = 1500, 20261130


def told(name: str, found: Explored) -> None:
    print(f"\n{name}: {found.states} states, {found.transitions} transitions", end="")


@pytest.fixture(scope="module")
def watched() -> tuple[Explored, set[tuple[Code, frozenset[str]]]]:
    """The part of the cities, and the acts that lacked a fact which their sentence wants."""
    lacking: set[tuple[Code, frozenset[str]]] = set()

    def watching(case: Case) -> Decision:
        decision = decide(case)
        lacking.update(
            (act.code, missing) for act in decision.acts if (missing := NEEDS[act.code] - set(act.facts) - KNOWN)
        )
        return decision

    return explore(PARTS["places"], deciding=watching), lacking


def test_every_state_and_every_word_from_it_keeps_the_promises(
    watched: tuple[Explored, set[tuple[Code, frozenset[str]]]],
) -> None:
    """Also holds that every act carries the facts which its sentence wants, wherever it is said."""
    found, lacking = watched
    told("places", found)
    assert found.states > 300 and found.transitions > 10 * found.states
    assert found.broken == {} and lacking == set()


def test_wherever_a_lead_can_get_was_explored(watched: tuple[Explored, set[tuple[Code, frozenset[str]]]]) -> None:
    """What is left out of a state leads to nothing: walks with all that a lead really has pass no state but those."""
    walked = wander(SEED, 4 * MOST_TURNS, part=PARTS["places"])
    assert len(walked.nodes) > 100 and walked.nodes <= watched[0].nodes


@pytest.mark.parametrize("name", ROADS)
def test_whatever_is_said_at_the_end_of_a_road_keeps_the_promises(name: str) -> None:
    assert named(along(ROADS[name])) == name
    assert [*beyond(ROADS[name])] == []


@pytest.mark.parametrize(
    "form",
    [
        Form((HERE,)),
        Form(),
        Form((HERE, NOWHERE)),
        Form((HERE, NOWHERE), apart=True),
        Form((TWO,), Decimal(150)),
    ],
    ids=["a place", "nothing", "namesakes", "two forms", "two distribuidoras and a small bill"],
)
def test_a_long_walk_at_random_keeps_the_promises(form: Form) -> None:
    found = wander(SEED, MOST_TURNS, form=form)
    print(f"\nwandering: {found.transitions} turns", end="")
    assert found.transitions == MOST_TURNS and found.broken == {}


def beyond(road: tuple[str, ...], deciding: Callable[[Case], Decision] = decide) -> Iterator[str]:
    """Yields what is broken by any letter at the end of a road."""
    end = along(road, deciding)
    for letter in LETTERS.values():
        for _, _, _, wrong in outcomes(end, letter, FORM, deciding):
            yield from wrong


# planted faults: machines that break one promise each


def drops_the_call_for_a_person(case: Case) -> Decision:
    decision = decide(case)
    called = decision.handoff is not None and decision.handoff.reason == "asked_for_person"
    return replace(decision, handoff=None, state=replace_state(decision, person_called_at=None)) if called else decision


def asks_for_a_place_that_is_known(case: Case) -> Decision:
    decision = decide(case)
    if decision.state.place is None or not any(act.asks is Question.BILL for act in decision.acts):
        return decision
    asked = Act(Code.PLACE_ASK, {}, Question.PLACE)
    return replace(decision, acts=(asked,), state=replace_state(decision, asked=Question.PLACE))


def shows_plans_that_nobody_read(case: Case) -> Decision:
    decision = decide(case)
    if M.SHOW_PLANS not in case.reading or case.coverage or decision.state.ended or case.opted_out:
        return decision
    return replace(decision, acts=(Act(Code.PLANS, {"offers": Fact(PLANS, Source.PLANS)}), *decision.acts))


def promises_news_without_consent(case: Case) -> Decision:
    return replace(decide(case), consent=None)


def asks_the_holder_after_the_death(case: Case) -> Decision:
    decision = decide(case)
    if M.HOLDER_DECEASED not in case.reading or decision.state.ended or case.opted_out:
        return decision
    asked = Act(Code.HOLDER_ASK, {}, Question.HOLDER, ("holder:yes", "holder:no"))
    kept = tuple(act for act in decision.acts if not act.asks)
    return replace(decision, acts=(*kept, asked), state=replace_state(decision, asked=Question.HOLDER))


def asks_a_third_time(case: Case) -> Decision:
    """Never lets the count of a question grow, so that it is never only recalled."""
    decision = decide(case)
    return replace(decision, state=replace_state(decision, times=min(decision.state.times, 1)))


def goes_on_after_a_stop(case: Case) -> Decision:
    return replace(decide(case), opt_out=False)


def forgets_to_tell_the_consultant_of_a_withdrawal(case: Case) -> Decision:
    decision = decide(case)
    withdrawn = decision.handoff is not None and decision.handoff.reason == "withdrawn"
    return replace(decision, handoff=None) if withdrawn else decision


def promises_a_consultant_and_calls_none(case: Case) -> Decision:
    decision = decide(case)
    chosen = decision.handoff is not None and decision.handoff.reason == "plan_chosen"
    return replace(decision, handoff=None, state=replace_state(decision, handed_over_at=None)) if chosen else decision


def notes_a_call_and_tells_nobody(case: Case) -> Decision:
    decision = decide(case)
    if M.CALL_AT not in case.reading:
        return decision
    return replace(decision, handoff=None, acts=(), state=replace_state(decision, person_called_at=None))


def forgets_the_choice_of_who_wants_a_person(case: Case) -> Decision:
    decision = decide(case)
    if decision.handoff is None or decision.handoff.reason != "asked_for_person":
        return decision
    return replace(decision, state=replace_state(decision, chosen=None))


def pre_qualifies_whoever_is_reviewed(case: Case) -> Decision:
    decision = decide(case)
    if decision.qualification is not Qualification.NEEDS_REVIEW:
        return decision
    acts = tuple(Act(Code.QUALIFIED) if act.code is Code.REVIEW else act for act in decision.acts)
    return replace(decision, acts=acts)


def pre_qualifies_whatever_was_told(case: Case) -> Decision:
    """Says of every confirmed bill that its lead is pre-qualified, and records it."""
    decision = decide(case)
    if decision.state.bill is None or decision.state.bill.step.open or not case.reading.means(*promises._LOOKED_AT):
        return decision
    return replace(decision, acts=(Act(Code.QUALIFIED),), qualification=Qualification.QUALIFIED)


def takes_the_last_bill_for_the_leads(case: Case) -> Decision:
    decision = decide(case)
    if case.state.bill is None or decision.state.bill is None or not case.files:
        return decision
    return replace(decision, state=replace_state(decision, bill=replace(decision.state.bill, holder="mismatch")))


def explains_nothing(case: Case) -> Decision:
    decision = decide(case)
    return replace(decision, acts=tuple(act for act in decision.acts if not act.code.value.startswith("next.")))


def erases_at_the_first_word(case: Case) -> Decision:
    """Neither asks nor hands the erasure over."""
    decision = decide(case)
    if M.ERASE not in case.reading:
        return decision
    return replace(decision, handoff=None, state=replace_state(decision, asked=None), acts=(Act(Code.ERASED),))


def says_nothing_to_a_chat(case: Case) -> Decision:
    decision = decide(case)
    return replace(decision, acts=()) if not case.reading.items and not case.files else decision


def asks_two_things_at_once(case: Case) -> Decision:
    decision = decide(case)
    if not any(act.asks is Question.BILL for act in decision.acts):
        return decision
    return replace(decision, acts=(*decision.acts, Act(Code.PERSON_OFFER, {}, Question.PERSON)))


def hands_a_plan_over_that_nobody_chose(case: Case) -> Decision:
    decision = decide(case)
    if M.SHOW_PLANS not in case.reading or decision.state.chosen is not None:
        return decision
    return replace(decision, handoff=Handoff(reason="plan_chosen"))


def stays_silent_and_asks_again(case: Case) -> Decision:
    """Forgets that a question stands while it says nothing, so that it may stand a third time."""
    decision = decide(case)
    if M.CHAT not in case.reading or decision.state.ended or case.state.waiting is None:
        return decision
    return replace(decision, acts=(), state=replace_state(case, times=0))


def asks_for_the_bill_in_hand(case: Case) -> Decision:
    return asks_beside(case, Question.BILL, Code.BILL_ASK, lambda one: one.state.bill is not None)


def asks_for_the_plan_that_was_chosen(case: Case) -> Decision:
    return asks_beside(case, Question.PLAN, Code.PLAN_ASK, lambda one: one.state.chosen is not None)


def asks_for_the_distribuidora_that_is_known(case: Case) -> Decision:
    return asks_beside(case, Question.UTILITY, Code.UTILITY_ASK, lambda one: one.state.utility is not None)


def offers_news_to_whoever_answered(case: Case) -> Decision:
    return asks_beside(case, Question.NOTICE, Code.NOTICE_ASK, lambda one: one.state.no_notice, after=M.NO)


def offers_news_without_a_template(case: Case) -> Decision:
    return decide(replace(case, terms=Terms()))


def asks_after_the_end(case: Case) -> Decision:
    return asks_beside(case, Question.PLACE, Code.PLACE_ASK, lambda one: one.state.ended is not None)


def asks_one_thing_and_waits_for_another(case: Case) -> Decision:
    decision = decide(case)
    if not any(act.asks is Question.BILL for act in decision.acts):
        return decision
    return replace(decision, state=replace_state(decision, asked=Question.PLAN))


def gives_a_verdict_on_an_open_bill(case: Case) -> Decision:
    decision = decide(case)
    if decision.state.bill is None or not decision.state.bill.step.open:
        return decision
    return replace(decision, acts=(*decision.acts, Act(Code.QUALIFIED)), qualification=Qualification.QUALIFIED)


def promises_its_own_time_whatever_was_asked(case: Case) -> Decision:
    return decide(replace(case, terms=Terms(as_asked=case.terms.deadline)))


def tells_the_form_to_somebody_else(case: Case) -> Decision:
    decision = decide(case)
    if M.WRONG_PERSON not in case.reading or case.opted_out:
        return decision
    return replace(decision, acts=(Act(Code.GREET_BY_NAME), *decision.acts))


def says_a_sentence_twice(case: Case) -> Decision:
    decision = decide(case)
    return replace(decision, acts=decision.acts * 2) if M.THANKS in case.reading else decision


def keeps_what_changed_to_itself(case: Case) -> Decision:
    decision = decide(case)
    over = case.state.ended is Ended.HANDED_OVER and decision.state.ended is Ended.HANDED_OVER
    return replace(decision, handoff=None) if over else decision


def is_silent_to_who_waits(case: Case) -> Decision:
    decision = decide(case)
    waits = case.state.ended is Ended.HANDED_OVER and M.WAITING in case.reading
    return replace(decision, acts=()) if waits else decision


def asks_beside(
    case: Case, question: Question, code: Code, where: Callable[[Decision], bool], *, after: Meaning = M.GREETING
) -> Decision:
    """Decide, and ask something else than what would be asked, where that is known."""
    decision = decide(case)
    if after not in case.reading or not where(decision):
        return decision
    kept = tuple(act for act in decision.acts if not act.asks)
    return replace(decision, acts=(*kept, Act(code, {}, question)), state=replace_state(decision, asked=question))


def replace_state(of: Case | Decision, **changes: object) -> State:
    """Return a state with these changes, and what it does not say left unsaid."""
    return type(of.state)(**{**of.state.__dict__, **changes})


# Each with the promise that it breaks, and the road at whose end it does so soonest.
FAULTS: list[tuple[Callable[[Case], Decision], str, str]] = [
    (drops_the_call_for_a_person, "a person in one message", "confirm_place"),
    (asks_for_a_place_that_is_known, "a known place is not asked", "bill"),
    (shows_plans_that_nobody_read, "plans only after they were read", "confirm_place"),
    (promises_news_without_consent, "a notice only with consent kept", "notice"),
    (asks_the_holder_after_the_death, "a holder who agreed or died is not asked", "confirm_place"),
    (asks_a_third_time, "no question three times running", "place"),
    (goes_on_after_a_stop, "stop in one message", "confirm_place"),
    (forgets_to_tell_the_consultant_of_a_withdrawal, "a withdrawal reaches the consultant", "handed_over"),
    (promises_a_consultant_and_calls_none, "a consultant only with a hand-over", "confirm_plan"),
    (notes_a_call_and_tells_nobody, "a call in one message", "confirm_place"),
    (
        forgets_the_choice_of_who_wants_a_person,
        "a plan that was chosen beside a wish for a person is kept",
        "handed_over",
    ),
    (pre_qualifies_whoever_is_reviewed, "pre-qualified only when it is recorded", "holder"),
    (pre_qualifies_whatever_was_told, "nobody is pre-qualified who told what a person has to look at", "handed_over"),
    (takes_the_last_bill_for_the_leads, "somebody else's bill does not take the place of the lead's own", "bill_place"),
    (explains_nothing, "who is lost or asks what comes next is told", "confirm_place"),
    (erases_at_the_first_word, "erasure in one message", "confirm_place"),
    (says_nothing_to_a_chat, "no burst of an open conversation stays without a word", "place"),
    (asks_two_things_at_once, "one question a message", "bill"),
    (hands_a_plan_over_that_nobody_chose, "a plan is handed over with its place", "confirm_place"),
    (stays_silent_and_asks_again, "no question three times running", "confirm_place"),
    (asks_for_the_bill_in_hand, "a bill in hand is not asked", "bill_place"),
    (asks_for_the_plan_that_was_chosen, "a chosen plan is not asked", "handed_over"),
    (asks_for_the_distribuidora_that_is_known, "a known distribuidora is not asked", "bill_place"),
    (offers_news_to_whoever_answered, "who said whether to be told of news is not asked", "notice"),
    (offers_news_without_a_template, "a notice is offered only where it can be sent", "notice"),
    (asks_after_the_end, "nothing is asked after the end", "handed_over"),
    (asks_one_thing_and_waits_for_another, "the question that was asked is the one that waits", "bill"),
    (gives_a_verdict_on_an_open_bill, "no verdict before the bill was confirmed", "bill_place"),
    (
        promises_its_own_time_whatever_was_asked,
        "our deadline is not promised against what the lead asked for",
        "handed_over",
    ),
    (tells_the_form_to_somebody_else, "nothing of the form is told to somebody else", "confirm_place"),
    (says_a_sentence_twice, "no sentence twice in a message", "confirm_place"),
    (keeps_what_changed_to_itself, "a new number reaches the consultant", "handed_over"),
    (keeps_what_changed_to_itself, "a time to be called reaches the consultant", "handed_over"),
    (keeps_what_changed_to_itself, "another choice reaches the consultant", "handed_over"),
    (is_silent_to_who_waits, "who waits for the consultant is answered", "handed_over"),
]


@pytest.mark.parametrize(("machine", "promise", "road"), FAULTS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_machine_with_one_fault_is_found_out(machine: Callable[[Case], Decision], promise: str, road: str) -> None:
    seen: set[str] = set()
    for one in beyond(ROADS[road], machine):
        if one.startswith(promise):
            return
        seen.add(one)
    raise AssertionError(f"not noticed at the end of the road to {road}; broken: {sorted(seen)}")


def test_there_is_a_fault_for_every_promise() -> None:
    named = re.findall(r'(?:yield f?|: )"([a-z][^"]*?)(?: \(|")', Path(promises.__file__).read_text("utf-8"))
    assert set(named) == {promise for _, promise, _ in FAULTS}
