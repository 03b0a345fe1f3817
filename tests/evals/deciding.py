"""Explores the assistant's machine until nothing new is reached: from every state every letter, in every world.

What the machine remembers is told apart in two. What leads it (the question that waits, the place, the bill, the plan) is
visited state by state. What only colours a turn (counters, moments, notes, what was told) may be anything at any time: where a
decision looks at it, all its values are tried, whether a lead could have got there or not. So the exploration closes without
a limit, and what it finds true is true of more than all that can happen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from flows.assistant.decide import Case, Decision, Form, Look, Terms, decide
from flows.assistant.decide.plans import offers_of
from flows.assistant.meaning import ASIDES, Field, Meaning, Question
from flows.assistant.state import Area, Bill, Ended, Note, State, Step
from flows.domain import BillKept, Coverage, Offer, Qualification, Stage
from tests.evals.alphabet import HERE, PLANS, TWO, Input, answers, inputs
from tests.evals.ledger import wished
from tests.evals.promises import broken

M = Meaning
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=2)
OFFERS = offers_of(PLANS)
FORM = Form(places=(HERE,))
_MOMENTS = (None, NOW, LONG_AGO)


class _Noted(tuple[Note, ...]):
    """Notes to whom nothing is new."""

    def __contains__(self, note: object) -> bool:
        return True


class _Closing(str):
    """The last sentence of the end: the very one that would be said now, or another."""

    def __new__(cls, *, same: bool) -> _Closing:
        closing = super().__new__(cls)
        closing.same = same
        return closing

    same: bool

    def __eq__(self, code: object) -> bool:
        return self.same

    def __ne__(self, code: object) -> bool:
        return not self.same

    __hash__ = str.__hash__


# What only colours a turn, and the values that the machine can tell apart; the first is the one of the beginning. Counters end
# where their limit is, so that one more changes nothing.
LOOSE: dict[str, tuple[Any, ...]] = {
    "misses": (0, 1, 2),
    "lost": (0, 1, 2),
    "refusals": (0, 1, 3),
    "asked_larger": (False, True),
    "other_holder": (False,),
    "objected": (False, True),
    "later": (False, True),
    "disowned": (False, True),
    "verdict": (None, "qualified", "review"),
    "declared": (None,),
    "looked_at": (NOW,),  # walks at random have it otherwise
    "news_at": (None,),
    # of what a lead has beside its state: whether it waits to be told of this place, and whether there is a template for it
    "wishes": (False, True),
    "notices": (True, False),
    "notes": ((), _Noted([Note(M.CALL_AT, "dito")])),
    "handed_over_at": (None, NOW),
    "person_called_at": _MOMENTS,
    "told_again_at": _MOMENTS,
    "answered": ((), ("tem_custo",)),
    "closing_sent_at": (None, NOW),
    "closing": (None, _Closing(same=False), _Closing(same=True)),
    # two questions that are put to several fields at once
    "has_it": (False, True),
    "when": (False, True),
}
# Of circumstances that follow each other's ways one stands for all: own panels for what a person looks at, a customer, another
# holder. Their words are said and checked; that they were said before is tried for the one.
_ALIKE = frozenset({M.LOW_INCOME, M.EXCLUDED, M.CANCEL, M.HOLDER_ABSENT})
EXACT = tuple(one.name for one in fields(State) if one.name not in LOOSE and one.name != "told")
_FIRST = State()


class Choices:
    """What one decision happened to look at and took to be so; `others` are what it might have been instead."""

    def __init__(self, led: Mapping[str, Any], made: dict[Any, Any]) -> None:
        self.led, self.made = led, made
        self.others: list[dict[Any, Any]] = []

    def of(self, name: str | Meaning) -> Any:
        """Return what a field is, or whether a meaning was told."""
        return self.made[name] if name in self.made else self._first(name, _values(name, self.led, self.made))

    def answer(self, asked: tuple[int, str | None]) -> Coverage:
        """Return what the plans API says."""
        known: Coverage = self.made[asked] if asked in self.made else self._first(asked, answers(*asked))
        return known

    def _first(self, name: Any, values: Sequence[Any]) -> Any:
        self.others += [self.made | {name: value} for value in values[1:]]
        self.made[name] = values[0]
        return values[0]


class _World(dict[tuple[int, str | None], Coverage]):
    """A world that is asked only where a decision looks at it."""

    def __init__(self, choices: Choices) -> None:
        super().__init__()
        self._choices = choices

    def get(self, asked: tuple[int, str | None], default: Any = None) -> Coverage:
        self[asked] = self._choices.answer(asked)
        return self[asked]


class _Wishes(tuple[int, ...]):
    """The places of which a lead waits to be told: all or none."""

    choices: Choices

    def __new__(cls, choices: Choices) -> _Wishes:
        wishes = super().__new__(cls)
        wishes.choices = choices
        return wishes

    def __contains__(self, place: object) -> bool:
        return bool(self.choices.of("wishes"))

    def __bool__(self) -> bool:
        return bool(self.choices.of("wishes"))


class _Terms(Terms):
    """What the company promises; whether it can tell of news is asked only where a decision looks at it."""

    def __init__(self, choices: Choices) -> None:
        super().__init__()
        object.__setattr__(self, "choices", choices)

    def __getattribute__(self, name: str) -> Any:
        found = object.__getattribute__(self, name)
        return object.__getattribute__(self, "choices").of(name) if name == "notices" else found


class _Told(frozenset[Meaning]):
    """What was told before, and in this turn."""

    now: frozenset[Meaning]
    choices: Choices

    def __new__(cls, choices: Choices, now: frozenset[Meaning] = frozenset()) -> _Told:
        told = super().__new__(cls)
        told.choices, told.now = choices, now
        return told

    def __contains__(self, meaning: object) -> bool:
        assert isinstance(meaning, Meaning)
        return meaning in self.now or self.choices.of(meaning)

    def isdisjoint(self, others: Any) -> bool:
        return not any(meaning in self for meaning in others)

    def __or__(self, others: Any) -> Any:
        return _Told(self.choices, self.now | others)


class _Loose:
    """A field of which a state does not say what it is."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, state: Open, owner: type) -> Any:
        return state.__dict__["choices"].of(self.name)


class Open(State):
    """A state of which only what leads is settled, and what a turn changed."""

    def __init__(self, **settled: Any) -> None:
        self.__dict__.update(settled)

    @property
    def person_has_it(self) -> bool:
        known = self.__dict__["choices"].made | self.__dict__
        moments = [known[name] for name in ("handed_over_at", "person_called_at") if name in known]
        return any(moments) or (len(moments) < 2 and self.__dict__["choices"].of("has_it"))

    @property
    def said_when(self) -> bool:
        return any(note.about is M.CALL_AT for note in self.__dict__.get("notes", ())) or self.__dict__["choices"].of(
            "when"
        )


for _name in LOOSE:
    setattr(Open, _name, _Loose(_name))


class Node(NamedTuple):
    """Where a conversation stands: what leads it, and whether the lead stopped our messages."""

    leads: tuple[Any, ...]
    opted_out: bool = False

    @property
    def led(self) -> dict[str, Any]:
        return dict(zip(EXACT, self.leads, strict=True))

    @property
    def state(self) -> State:
        return State(**self.led)


def node_of(state: State, opted_out: bool) -> Node:
    """Return the normal form of a state: without what can lead to nothing any more."""
    led = {name: state.__dict__[name] for name in EXACT}
    if opted_out:
        # After a stop only its own questions are heard; nothing of place, bill or plan is looked at but for a summary.
        kept = {name: led[name] for name in ("asked", "ended")}
        return Node(tuple({**_beginning(), "greeted": True, **kept}.values()), True)
    if led["offered"] != led["place"]:
        # Plans of another place were never shown, as far as the lead's place goes.
        led["offered"] = None
    if led["bill"]:
        led["bill"] = _normal(led["bill"])
    return Node(tuple(led.values()))


def _beginning() -> dict[str, Any]:
    return {name: getattr(_FIRST, name) for name in EXACT}


def _normal(bill: Bill) -> Bill:
    """Return a bill without what is only told to the consultant; what a person looks at anyway needs no second reason."""
    reviewed = bill.step is Step.DISPUTED or (bill.outcome == "review" and bill.step is Step.CONFIRMED)
    asks = bill.holder == "mismatch" and bill.step is not Step.DISPUTED
    return replace(
        bill,
        disputed=(Field.OTHER,) if bill.disputed and not reviewed else (),
        said_total=None,
        said_utility=None,
        reasons=(),
        others=(),
        holder_agrees="yes" if asks and bill.holder_agrees else None,
        doubts=("place_differs",) if bill.doubts and not reviewed else (),
    )


FIRST = node_of(_FIRST, False)


def _values(name: str | Meaning, led: Mapping[str, Any], loose: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what may be there: anything, but where what is settled says otherwise."""
    if isinstance(name, Meaning):
        # A plan is handed over for nobody who is known to be a minor.
        never = name in _ALIKE or (name is M.UNDER_AGE and led["ended"] is Ended.HANDED_OVER)
        return (False,) if never else (False, True)
    ended, values = led["ended"], LOOSE[name]
    match name:
        case "wishes" if led["no_notice"] or led["asked"] is Question.NOTICE or not loose.get("notices", True):
            # Who said no, or was not asked yet, waits for nothing here; and without a template nobody is promised anything.
            return values[:1]
        case "disowned" if led["place"] is None and not led["form_denied"]:
            return (False,)
        case "notes" if ended is None:
            return ((),)
        case "closing" | "closing_sent_at":
            other = loose.get("closing_sent_at" if name == "closing" else "closing", values)
            return values if other is values else values[:1] if other is None else values[1:]
        case "handed_over_at" | "person_called_at" | "has_it" if ended is Ended.DECLINED:
            # Who was told of to a person, and then declines, has withdrawn.
            return values[:1]
        case "handed_over_at":
            return values[1:] if ended is Ended.HANDED_OVER else values[: 1 + loose.get("has_it", True)]
        case "person_called_at":
            only = loose.get("has_it", False) and loose.get("handed_over_at", NOW) is None
            return (
                values[1:] if ended is Ended.PERSON or only else values[:1] if not loose.get("has_it", True) else values
            )
        case "has_it" if ended in (Ended.HANDED_OVER, Ended.PERSON, Ended.WITHDRAWN):
            return (True,)
        case "when" if loose.get("notes", ()) == () and "notes" in loose and ended is not None:
            return (False,)
    return values


def journey(node: Node) -> bool:
    """The journey of one city that is served: every bill, every question about it, plans or none."""
    led = node.led
    bill = led["bill"]
    return _under_way(led) and led["place"] in (None, HERE) and not (bill and bill.place == TWO) and not _vague(led)


def places(node: Node) -> bool:
    """Cities of every kind, said for certain or not, with a bill of here or of elsewhere until it was confirmed."""
    led = node.led
    bill = led["bill"]
    return _under_way(led) and not led["offered"] and (not bill or (bill.outcome == "qualified" and bill.step.open))


def ends(node: Node) -> bool:
    """Every end and every offer beside the journey, and the ways back, in one served city with a bill that is right."""
    led = node.led
    bill = led["bill"]
    good = not bill or (bill.place == HERE and bill.outcome == "qualified" and bill.step in (Step.READ, Step.CONFIRMED))
    plain = not _vague(led) and not led["unread"] and not led["proposed"] and led["coverage"] is not Area.UNAVAILABLE
    return good and plain and led["place"] in (None, HERE)


PARTS = {"journey": journey, "places": places, "ends": ends}


def _under_way(led: Mapping[str, Any]) -> bool:
    return led["ended"] is None and led["asked"] not in ASIDES


def _vague(led: Mapping[str, Any]) -> bool:
    return bool(led["candidates"] or led["state"])


@dataclass
class Explored:
    """What was found: how many states and transitions, and for each broken promise the shortest way there."""

    states: int = 0
    transitions: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)
    nodes: frozenset[Node] = frozenset()


def explore(
    part: Callable[[Node], bool] = lambda node: True,
    *,
    form: Form = FORM,
    deciding: Callable[[Case], Decision] = decide,
) -> Explored:
    """Visit every state of a part that can be reached within it, and try every letter from each.

    `deciding` may be a machine with a planted fault.
    """
    found, letters = Explored(), inputs()
    ways: dict[Node, tuple[Node, str] | None] = {FIRST: None}
    queue = deque([FIRST])
    while queue:
        node = queue.popleft()
        for letter in letters:
            for _, _, after, wrong in outcomes(node, letter, form, deciding):
                found.transitions += 1
                for promise in wrong:
                    found.broken.setdefault(promise, [*_way(ways, node), letter.name])
                if after not in ways and part(after):
                    ways[after] = (node, letter.name)
                    queue.append(after)
    found.states, found.nodes = len(ways), frozenset(ways)
    return found


def outcomes(
    node: Node, letter: Input, form: Form = FORM, deciding: Callable[[Case], Decision] = decide
) -> Iterator[tuple[Case, Decision, Node, list[str]]]:
    """Yield a decision, where it leads and what it breaks, for every way the world may answer and everything that may have
    been before."""
    led = node.led
    handed = led["ended"] is Ended.HANDED_OVER
    stage = Stage.INITIAL if led["ended"] is None else Stage.INTERESTED if handed else Stage.COMPLETED
    ways: list[dict[Any, Any]] = [{}]
    while ways:
        choices = Choices(led, ways.pop())
        case = Case(
            state=Open(**led, choices=choices, told=_Told(choices)),
            reading=letter.reading,
            now=NOW,
            stage=stage,
            qualification=Qualification.IN_PROGRESS,
            named=True,
            form=form,
            offers=OFFERS if led["offered"] else (),
            files=letter.files,
            coverage=_World(choices),
            opted_out=node.opted_out,
            wishes=_Wishes(choices),
            terms=_Terms(choices),
        )
        decision = deciding(case)
        after = node_of(decision.state, node.opted_out or decision.opt_out)
        wrong = [*broken(case, decision)]
        ways += choices.others
        yield case, decision, after, wrong


def _way(ways: dict[Node, tuple[Node, str] | None], node: Node) -> list[str]:
    way: list[str] = []
    while (before := ways[node]) is not None:
        node, name = before
        way.append(name)
    return way[::-1]


@dataclass(frozen=True)
class Lead:
    """A lead as the store would keep one, in a walk at random."""

    state: State = _FIRST
    now: datetime = NOW
    stage: Stage = Stage.FORM_SUBMITTED
    qualification: Qualification = Qualification.NEW
    offers: tuple[Offer, ...] = ()
    bills: int = 0
    opted_out: bool = False
    wishes: tuple[int, ...] = ()

    @property
    def node(self) -> Node:
        return node_of(self.state, self.opted_out)


def wander(
    seed: int,
    turns: int,
    *,
    part: Callable[[Node], bool] = lambda node: True,
    form: Form = FORM,
    deciding: Callable[[Case], Decision] = decide,
) -> Explored:
    """Walk at random with everything a lead really has, thirty turns each: what was told, when, how often.

    A step that leaves the part is checked and taken back.
    """
    found, random, letters = Explored(), Random(seed), inputs()
    lead, nodes = Lead(), set[Node]()
    way: list[str] = []
    for turn in range(turns):
        if turn % 30 == 0:
            lead, way = Lead(), []
        letter = random.choice(letters)
        case, decision = _at_random(lead, letter, form, deciding, random)
        found.transitions += 1
        way.append(letter.name)
        for promise in broken(case, decision):
            found.broken.setdefault(promise, [*way])
        after = _kept(lead, letter, decision, random)
        if part(after.node):
            lead = after
            nodes.add(lead.node)
    found.nodes = frozenset(nodes)
    return found


def _at_random(
    lead: Lead, letter: Input, form: Form, deciding: Callable[[Case], Decision], random: Random
) -> tuple[Case, Decision]:
    world: dict[tuple[int, str | None], Coverage] = {}
    while True:
        case = Case(
            state=lead.state,
            reading=letter.reading,
            now=lead.now,
            stage=lead.stage,
            qualification=lead.qualification,
            named=True,
            form=form,
            offers=lead.offers,
            bills=lead.bills,
            files=letter.files,
            coverage=world,
            opted_out=lead.opted_out,
            wishes=lead.wishes,
        )
        try:
            return case, deciding(case)
        except Look as look:
            world = world | {(look.place, look.utility): random.choice(answers(look.place, look.utility))}


def _kept(lead: Lead, letter: Input, decision: Decision, random: Random) -> Lead:
    return Lead(
        state=decision.state,
        now=lead.now + random.choice([timedelta(minutes=1), timedelta(hours=20)]),
        stage=decision.stage or lead.stage,
        qualification=decision.qualification or lead.qualification,
        offers=decision.offers or lead.offers,
        bills=lead.bills + sum(isinstance(receipt, BillKept) for receipt in letter.files),
        opted_out=lead.opted_out or decision.opt_out,
        wishes=wished(lead.wishes, decision.consent, decision.served),
    )
