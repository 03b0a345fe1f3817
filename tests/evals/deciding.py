"""Explores the assistant's machine: every state that abstract meanings and answers of the world can reach.

Meanings, files and answers are stand-ins, one for each way in which the machine may treat them; times are either never or
just now. From every state every input is tried, and what must hold everywhere is checked on every transition.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import NamedTuple
from uuid import UUID

from flows.assistant.decide import PROMISES_A_PERSON, Act, Case, Code, Decision, Form, Look, decide
from flows.assistant.decide.summary import NEEDS_A_PERSON
from flows.assistant.meaning import ASIDES, Field, Item, Meaning, Owner, Question, Reading
from flows.assistant.state import Bill, State, Step
from flows.domain import (
    BillKept,
    BillReading,
    BillRefused,
    Coverage,
    NotServed,
    Offer,
    Plan,
    PlansUnavailable,
    Qualification,
    Served,
    SeveralUtilities,
    Stage,
)

M = Meaning
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HERE, NOWHERE, TWO = 2611606, 4205407, 3125101  # served, not served, two distribuidoras
PLANS = tuple(
    Plan(plan_id=n, name=f"Plano {n}", utility="CELPE", discount=Decimal(percent) / 100, fidelity_months=months)
    for n, percent, months in ((1, 18, 60), (2, 14, 0))
)
BILL = BillReading(
    outcome="qualified", holder="match", utility="CELPE", state="PE", ibge_code=HERE, total_amount=Decimal(412),
    due_date=date(2026, 12, 20),
)  # fmt: skip


class Input(NamedTuple):
    """One burst, as abstract as the machine can tell it from others."""

    name: str
    items: tuple[Item, ...] = ()
    files: tuple[BillKept | BillRefused, ...] = ()


def item(meaning: Meaning, **carried: object) -> Item:
    return Item(meaning, quote="dito", **carried)  # type: ignore[arg-type]


def inputs() -> list[Input]:
    """Return the alphabet: each meaning in each way it is treated, each outcome of a file, and a burst that means nothing."""
    carried: dict[Meaning, list[dict[str, object]]] = {
        M.CHOICE: [{"plan": 1}, {"plan": 2}, {"plan": 2, "certain": False}, {"plan": None}],
        M.BILL_WRONG: [{}, {"field": Field.TOTAL, "amount": Decimal(450)}, {"field": Field.PLACE}],
        M.PLACE: [
            {"places": (HERE,), "owner": Owner.BILL},
            {"places": (NOWHERE,), "owner": Owner.ME},
            {"places": (TWO,), "owner": Owner.BILL},
            {"places": (HERE,), "owner": Owner.BILL, "certain": False},
            {"places": (HERE, NOWHERE), "owner": Owner.ME},
            {"state": "PE", "owner": Owner.ME},
            {"places": (NOWHERE,), "owner": Owner.OTHER},
        ],
        M.UTILITY: [{"utility": "CELPE"}, {"utility": "CEMIG"}],
        M.AMOUNT: [{"amount": Decimal(412)}, {"amount": Decimal(90)}],
        M.QUESTION: [{"faq": "tem_custo"}, {"faq": None}, {"faq": "quando_ligam"}, {"faq": "atende_minha_cidade"}],
        M.STOP: [{}, {"certain": False}],
        M.PERSON: [{}, {"certain": False}],
        M.CANCEL: [{}, {"certain": False}],
    }
    found = [Input("nothing")]
    for meaning in Meaning:
        for n, fields in enumerate(carried.get(meaning, [{}])):
            found.append(Input(f"{meaning.value}{n or ''}", (item(meaning, **fields),)))
    found += [Input(f"yes_about_{q.value}", (item(M.YES, about=q),)) for q in (Question.ERASE, Question.NOTICE)]
    found.append(Input("place_and_yes", (item(M.YES), item(M.PLACE, places=(HERE,), owner=Owner.BILL))))
    readings = {
        "good": BILL,
        "not_mine": BILL.model_copy(
            update={"outcome": "review", "holder": "mismatch", "reasons": ("holder_mismatch",)}
        ),
        "small": BILL.model_copy(update={"outcome": "below_minimum", "total_amount": Decimal(90)}),
        "elsewhere": BILL.model_copy(update={"state": "MG", "ibge_code": TWO, "utility": "CEMIG"}),
        "unreadable": BillReading(outcome="unreadable"),
        "unread": None,
    }
    for name, reading in readings.items():
        found.append(Input(f"bill_{name}", files=(BillKept(bill_id=UUID(int=1), reading=reading),)))
    found.append(Input("bill_refused", files=(BillRefused(reason="wrong_type"),)))
    return found


def answers(look: Look) -> list[Coverage]:
    """Return everything the world may answer."""
    if look.place == NOWHERE:
        return [NotServed()]
    if look.place == TWO and look.utility is None:
        return [SeveralUtilities(names=("CEMIG", "ENERGISA"))]
    return [Served(utility=look.utility or "CELPE", plans=PLANS), PlansUnavailable()]


class Node(NamedTuple):
    """A lead between two turns. `run` is the question that was asked last, of what, and how often running."""

    state: State
    stage: Stage = Stage.FORM_SUBMITTED
    qualification: Qualification = Qualification.NEW
    offers: tuple[Offer, ...] = ()
    bills: int = 0
    opted_out: bool = False
    run: tuple[Question | None, object, int] = (None, None, 0)


@dataclass
class Explored:
    """What was found: how many states and transitions, and for each broken promise the shortest way there."""

    states: int = 0
    transitions: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)
    edges: set[tuple[str, str, str]] = field(default_factory=set)


# The letters under which each walk is closed: every state they reach is visited, and from each of them *every* letter of
# the alphabet is tried and checked. All of them together would be some hundred million states, most of them the same ones
# with another circumstance noted.
JOURNEY = frozenset(
    [
        "nothing",
        "yes",
        "no",
        "choice",
        "choice2",
        "bill_right",
        "bill_wrong",
        "bill_wrong1",
        "place",
        "place1",
        "place3",
        "question1",
        "later",
        "show_plans",
        "bill_good",
        "bill_not_mine",
        "bill_small",
        "bill_unread",
        "bill_unreadable",
        "holder_agrees",
    ]
)
PLACES = frozenset(
    [
        "nothing",
        "yes",
        "no",
        "place",
        "place1",
        "place2",
        "place3",
        "place4",
        "place5",
        "utility",
        "utility1",
        "question1",
        "question3",
        "go_on",
        "notice",
        "later",
        "bill_elsewhere",
        "bill_good",
        "bill_right",
        "choice",
    ]
)
ENDS = frozenset(
    [
        "nothing",
        "yes",
        "no",
        "stop",
        "stop1",
        "erase",
        "cancel",
        "cancel1",
        "person",
        "person1",
        "decline",
        "wrong_person",
        "customer",
        "go_on",
        "place",
        "bill_good",
        "bill_right",
        "choice",
        "choice1",
        "new_number",
        "yes_about_erase",
        "thanks",
    ]
)


def explore(
    closing: frozenset[str], *, form: Form = Form(places=(HERE,)), deciding: Callable[[Case], Decision] = decide,
    most: int = 1_000_000,
) -> Explored:  # fmt: skip
    """Visit every state that the letters of `closing` reach from an empty one, and try every letter from each.

    `deciding` may be a machine with a planted fault.
    """
    found, first = Explored(), Node(State())
    ways: dict[Node, tuple[Node, str] | None] = {first: None}
    queue, letters = deque([first]), inputs()
    while queue and len(ways) < most:
        node = queue.popleft()
        for letter in letters:
            for case, decision in outcomes(node, letter, form, deciding):
                found.transitions += 1
                after = step(node, letter, decision)
                found.edges.add((_named(node), letter.name, _named(after)))
                for promise in broken(case, decision, node, after, letter):
                    found.broken.setdefault(promise, [*_way(ways, node), letter.name])
                if letter.name in closing and after not in ways:
                    ways[after] = (node, letter.name)
                    queue.append(after)
    found.states = len(ways)
    return found


def wander(
    seed: int, turns: int, *, form: Form = Form(places=(HERE,)), deciding: Callable[[Case], Decision] = decide
) -> Explored:
    """Walk at random through the whole alphabet, thirty turns a lead: what the closed walks leave out, as deep as leads go."""
    found, random, letters = Explored(), Random(seed), inputs()
    node, way = Node(State()), []
    for turn in range(turns):
        if turn % 30 == 0:
            node, way = Node(State()), []
        letter = random.choice(letters)
        case, decision = random.choice([*outcomes(node, letter, form, deciding)])
        after = step(node, letter, decision)
        way.append(letter.name)
        found.transitions += 1
        for promise in broken(case, decision, node, after, letter):
            found.broken.setdefault(promise, [*way])
        node = after
    return found


def outcomes(
    node: Node, letter: Input, form: Form, deciding: Callable[[Case], Decision]
) -> Iterator[tuple[Case, Decision]]:
    """Yield a decision for every way the world may answer."""
    open_worlds: list[dict[tuple[int, str | None], Coverage]] = [{}]
    while open_worlds:
        world = open_worlds.pop()
        case = Case(
            state=node.state, reading=Reading(letter.items), now=NOW, stage=node.stage, qualification=node.qualification,
            named=True, form=form, offers=node.offers, bills=node.bills, files=letter.files, coverage=world,
            opted_out=node.opted_out,
        )  # fmt: skip
        try:
            yield case, deciding(case)
        except Look as look:
            open_worlds += [world | {(look.place, look.utility): answer} for answer in answers(look)]


def step(node: Node, letter: Input, decision: Decision) -> Node:
    """Return the lead after the turn, without what the machine does not look at."""
    told = decision.state.told & NEEDS_A_PERSON
    died = told & {M.HOLDER_DECEASED}
    state = replace(
        decision.state,
        notes=(), notices=(), other_holder=False, later=False, asked_larger=False, declared=None,
        told=died | ({M.OWN_PANELS} if told - died else set()) | (decision.state.told & {M.UNDER_AGE}),
        closing_sent_at=None, told_again_at=None,
    )  # fmt: skip
    if bill := state.bill:
        said = None if bill.holder_agrees is None else "yes"
        doubts = ("place_differs",) if bill.doubts else ()
        bill = replace(
            bill, disputed=(), said_total=None, said_utility=None, reasons=(), holder_agrees=said, doubts=doubts
        )
        state = replace(state, bill=bill)
    kept = node.bills or any(isinstance(receipt, BillKept) for receipt in letter.files)
    return Node(
        state=state,
        stage=(decision.stage or node.stage) if state.ended else Stage.INITIAL,
        qualification=Qualification.IN_PROGRESS,
        offers=decision.offers or node.offers,
        bills=int(kept),
        opted_out=node.opted_out or decision.opt_out,
        run=_run(node, decision),
    )


def _run(node: Node, decision: Decision) -> tuple[Question | None, object, int]:
    asked = next((act for act in decision.acts if act.asks), None)
    if asked is None:
        # Silence interrupts nothing: the next question would still be the same one again.
        return node.run if not decision.acts else (None, None, 0)
    subject = _subject(asked)
    question, before, times = node.run
    return (asked.asks, subject, times + 1) if (asked.asks, subject) == (question, before) else (asked.asks, subject, 1)


def _subject(act: Act) -> object:
    """Return what a question is about: asked of another bill or place, it is another question."""
    about = {
        name: fact.value for name, fact in act.facts.items() if name in {"place", "offer", "bill", "state", "places"}
    }
    if isinstance(bill := about.get("bill"), Bill):
        about["bill"] = (bill.total, bill.place, bill.holder)
    return tuple(sorted((name, repr(value)) for name, value in about.items()))


def broken(case: Case, decision: Decision, before: Node, after: Node, letter: Input) -> Iterator[str]:
    """Yield the promises that a transition breaks."""
    state, acts = decision.state, decision.acts
    codes = {act.code for act in acts}
    asked = [act for act in acts if act.asks]
    meanings = {one.meaning for one in letter.items if one.certain}
    # one message away
    if M.STOP in meanings and not (decision.opt_out and state.asked is None):
        yield "stop in one message"
    if M.ERASE in meanings and not (
        state.asked is Question.ERASE or (decision.handoff and decision.handoff.reason == "erase_my_data")
    ):
        yield "erasure in one message"
    if M.PERSON in meanings and not (decision.handoff or state.person_called_at):
        yield "a person in one message"
    # nothing twice, nothing known
    if len(asked) > 1:
        yield "one question a message"
    if after.run[2] > 2:
        yield f"no question three times running ({after.run[0]})"
    for act in asked:
        if act.asks in (Question.PLACE, Question.CONFIRM_PLACE, Question.WHICH_CITY) and state.place is not None:
            yield "a known place is not asked"
        if act.asks is Question.BILL and (state.bill is not None or state.unread):
            yield "a bill in hand is not asked"
        if act.asks is Question.PLAN and state.chosen is not None:
            yield "a chosen plan is not asked"
        if act.asks is Question.HOLDER and (
            state.bill is None or state.bill.holder_agrees or M.HOLDER_DECEASED in state.told
        ):
            yield "a holder who agreed or died is not asked"
        if act.asks is Question.UTILITY and state.utility is not None:
            yield "a known distribuidora is not asked"
    if state.waiting is not None and asked and asked[-1].asks not in ASIDES and asked[-1].asks is not state.waiting:
        yield "the question that was asked is the one that waits"
    # plans only after they were read
    if codes & {Code.PLANS, Code.SERVED_PLANS}:
        read = any(isinstance(answer, Served) for answer in case.coverage.values())
        if not read and not before.offers:
            yield "plans only after they were read"
    # promises are kept
    if codes & PROMISES_A_PERSON and not (decision.handoff or case.state.person_has_it):
        yield "a consultant only with a hand-over"
    if Code.NOTICE_KEPT in codes and not (decision.consent and decision.consent[1]):
        yield "a notice only with consent kept"
    if Code.QUALIFIED in codes and decision.qualification is not Qualification.QUALIFIED:
        yield "pre-qualified only when it is recorded"
    if state.bill and state.bill.step in (Step.READ, Step.WRONG) and Code.QUALIFIED in codes:
        yield "no verdict before the bill was confirmed"
    # after the end
    if case.state.handed_over_at and not case.opted_out and decision.handoff is None:
        if M.DECLINE in meanings and case.state.ended is not None and case.state.ended.value == "handed_over":
            yield "a withdrawal reaches the consultant"
        if M.NEW_NUMBER in meanings and case.state.ended is not None and case.state.ended.value == "handed_over":
            yield "a new number reaches the consultant"
        other = [one.plan for one in letter.items if one.meaning is M.CHOICE and one.certain and one.plan]
        if (
            other
            and other[0] != case.state.chosen
            and case.state.ended is not None
            and case.state.ended.value == "handed_over"
        ):
            yield "another choice reaches the consultant"
    # discretion, silence, ends
    if state.disowned and any(act.code in (Code.GREET_BY_NAME, Code.PLACE_CONFIRM_FORM) for act in acts):
        yield "nothing of the form is told to somebody else"
    talks = letter.items and not meanings <= {M.CHAT, M.THANKS, M.GOODBYE, M.GREETING, M.YES, M.NO, M.UNSURE, M.WAITING}
    if not acts and state.ended is None and (talks or not letter.items):
        yield "no burst of an open conversation stays without a word"
    if decision.handoff and decision.handoff.reason == "plan_chosen" and (state.chosen is None or state.place is None):
        yield "a plan is handed over with its place"
    if asked and (state.ended is not None or after.opted_out) and asked[-1].asks not in ASIDES:
        yield "nothing is asked after the end"
    if (
        len({act for act in codes}) < len([act for act in acts if act.code is not Code.ANSWER])
        and Code.ANSWER not in codes
    ):
        yield "no sentence twice in a message"


def _named(node: Node) -> str:
    state = node.state
    if state.ended:
        return f"({state.ended.value})"
    return state.waiting.value if state.waiting else ("new" if not state.greeted else "waiting for the lead")


def _way(ways: dict[Node, tuple[Node, str] | None], node: Node) -> list[str]:
    way: list[str] = []
    while (before := ways[node]) is not None:
        node, name = before
        way.append(name)
    return way[::-1]
