"""The whole machine, explored: nothing it promises is broken anywhere, and a machine with one fault is found out.

`pytest -s` prints how many states and transitions were visited; `tests/evals/deciding.py` closes them without a limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from flows.assistant.decide import Act, Case, Code, Decision, Fact, Form, Source, decide
from flows.assistant.meaning import Meaning, Question
from flows.assistant.say import NEEDS
from flows.domain import Handoff, Qualification
from tests.evals.deciding import (
    ENDS,
    HERE,
    JOURNEY,
    NOWHERE,
    PLACES,
    PLANS,
    TWO,
    Explored,
    broken,
    explore,
    outcomes,
    step,
    wander,
)
from tests.flows.assistant.decide.diagram import FORM, LETTERS, ROADS, along, named
from tests.flows.assistant.decide.talk import KNOWN

M = Meaning
WALKS = {"places": PLACES, "ends": ENDS, "journey": JOURNEY}
MOST_STATES, MOST_TURNS, SEED = 200, 1500, 20261130
FEW_TURNS = 2500


def told(name: str, found: Explored) -> None:
    print(f"\n{name}: {found.states} states, {found.transitions} transitions", end="")


def beyond(road: tuple[str, ...], deciding: Callable[[Case], Decision] = decide, further: int = 0) -> Explored:
    """Try every letter at the end of a road (a walk that is cut off stays near the beginning), and from `further` of the states that follow every letter again."""
    found, first = Explored(), along(road, deciding)
    seen, nodes = {first: None}, [first]
    for node in nodes:
        for letter in LETTERS.values():
            for case, decision in outcomes(node, letter, FORM, deciding):
                found.transitions += 1
                after = step(node, letter, decision)
                seen[after] = None
                for promise in broken(case, decision, node, after, letter):
                    found.broken.setdefault(promise, [*road, letter.name])
        if node is first:
            second = [*seen][1:]
            nodes += Random(SEED).sample(second, min(further, len(second)))
    found.states = len(seen)
    return found


@pytest.mark.parametrize("name", WALKS)
def test_every_state_and_every_word_from_it_keeps_the_promises(name: str) -> None:
    """Also holds that every act carries the facts which its sentence wants, wherever it is said."""
    lacking: set[tuple[Code, frozenset[str]]] = set()

    def watched(case: Case) -> Decision:
        decision = decide(case)
        lacking.update(
            (act.code, missing) for act in decision.acts if (missing := NEEDS[act.code] - set(act.facts) - KNOWN)
        )
        return decision

    found = explore(WALKS[name], deciding=watched, most=MOST_STATES)
    told(name, found)
    assert found.states >= MOST_STATES and found.transitions > 10 * found.states
    assert found.broken == {} and lacking == set()


@pytest.mark.parametrize("name", ROADS)
def test_whatever_is_said_at_the_end_of_a_road_keeps_the_promises(name: str) -> None:
    assert named(along(ROADS[name])) == name
    found = beyond(ROADS[name], further=4)
    told(name, found)
    assert found.broken == {}


@pytest.mark.parametrize(
    "form",
    [
        Form((HERE,)),
        Form(),
        Form((HERE, NOWHERE)),
        Form((TWO,), Decimal(150)),
    ],
    ids=["a place", "nothing", "namesakes", "two distribuidoras and a small bill"],
)
def test_a_long_walk_at_random_keeps_the_promises(form: Form) -> None:
    found = wander(SEED, MOST_TURNS, form=form)
    print(f"\nwandering: {found.transitions} turns", end="")
    assert found.transitions == MOST_TURNS and found.broken == {}


# --- planted faults: machines that break one promise each --------------------------------------------------------


def drops_the_call_for_a_person(case: Case) -> Decision:
    decision = decide(case)
    called = decision.handoff is not None and decision.handoff.reason == "asked_for_person"
    return replace(decision, handoff=None, state=replace(decision.state, person_called_at=None)) if called else decision


def asks_for_a_place_that_is_known(case: Case) -> Decision:
    decision = decide(case)
    if decision.state.place is None or not any(act.asks is Question.BILL for act in decision.acts):
        return decision
    asked = Act(Code.PLACE_ASK, {}, Question.PLACE)
    return replace(decision, acts=(asked,), state=replace(decision.state, asked=Question.PLACE))


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
    return replace(decision, acts=(*kept, asked), state=replace(decision.state, asked=Question.HOLDER))


def asks_a_third_time(case: Case) -> Decision:
    """Never lets the count of a question grow, so that it is never only recalled."""
    decision = decide(case)
    return replace(decision, state=replace(decision.state, times=min(decision.state.times, 1)))


def goes_on_after_a_stop(case: Case) -> Decision:
    return replace(decide(case), opt_out=False)


def forgets_to_tell_the_consultant_of_a_withdrawal(case: Case) -> Decision:
    decision = decide(case)
    withdrawn = decision.handoff is not None and decision.handoff.reason == "withdrawn"
    return replace(decision, handoff=None) if withdrawn else decision


def promises_a_consultant_and_calls_none(case: Case) -> Decision:
    decision = decide(case)
    chosen = decision.handoff is not None and decision.handoff.reason == "plan_chosen"
    return replace(decision, handoff=None, state=replace(decision.state, handed_over_at=None)) if chosen else decision


def pre_qualifies_whoever_is_reviewed(case: Case) -> Decision:
    decision = decide(case)
    if decision.qualification is not Qualification.NEEDS_REVIEW:
        return decision
    acts = tuple(Act(Code.QUALIFIED) if act.code is Code.REVIEW else act for act in decision.acts)
    return replace(decision, acts=acts)


def erases_at_the_first_word(case: Case) -> Decision:
    """Neither asks nor hands the erasure over."""
    decision = decide(case)
    if M.ERASE not in case.reading:
        return decision
    return replace(decision, handoff=None, state=replace(decision.state, asked=None), acts=(Act(Code.ERASED),))


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


FAULTS: list[tuple[Callable[[Case], Decision], str]] = [
    (drops_the_call_for_a_person, "a person in one message"),
    (asks_for_a_place_that_is_known, "a known place is not asked"),
    (shows_plans_that_nobody_read, "plans only after they were read"),
    (promises_news_without_consent, "a notice only with consent kept"),
    (asks_the_holder_after_the_death, "a holder who agreed or died is not asked"),
    (asks_a_third_time, "no question three times running"),
    (goes_on_after_a_stop, "stop in one message"),
    (forgets_to_tell_the_consultant_of_a_withdrawal, "a withdrawal reaches the consultant"),
    (promises_a_consultant_and_calls_none, "a consultant only with a hand-over"),
    (pre_qualifies_whoever_is_reviewed, "pre-qualified only when it is recorded"),
    (erases_at_the_first_word, "erasure in one message"),
    (says_nothing_to_a_chat, "no burst of an open conversation stays without a word"),
    (asks_two_things_at_once, "one question a message"),
    (hands_a_plan_over_that_nobody_chose, "a plan is handed over with its place"),
]


@pytest.mark.parametrize(("machine", "promise"), FAULTS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_machine_with_one_fault_is_found_out(machine: Callable[[Case], Decision], promise: str) -> None:
    seen = {one for road in ROADS.values() for one in beyond(road, machine).broken}
    if not any(one.startswith(promise) for one in seen):
        seen |= set(wander(SEED, FEW_TURNS, deciding=machine).broken)
    assert any(one.startswith(promise) for one in seen), f"not noticed; broken: {sorted(seen)}"
