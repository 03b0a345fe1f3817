"""What the assistant knows of a lead and waits for: typed, and the only memory between two turns.

The store keeps it as JSON (`leads.memory`); what others query (stage, city, plan, bill) are columns and are decided
with it. `load` and `dump` are the way in and out.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any

from pydantic import PlainSerializer, TypeAdapter

from flows.assistant.meaning import ASIDES, Field, Meaning, Question

log = logging.getLogger(__name__)


class Area(StrEnum):
    """What the plans API last said of the lead's place."""

    SERVED = "served"
    SEVERAL = "several"
    NOT_SERVED = "not_served"
    NO_PLAN = "no_plan"
    UNAVAILABLE = "unavailable"

    @property
    def nothing_here(self) -> bool:
        """True where the API answered that there is nothing to sell."""
        return self in (Area.NOT_SERVED, Area.NO_PLAN)


class Ended(StrEnum):
    """Why a conversation is over; None in the state while it is not."""

    HANDED_OVER = "handed_over"  # a plan was chosen, a consultant has it
    PERSON = "person"  # a person of the team was called
    DECLINED = "declined"  # did not want
    WITHDRAWN = "withdrawn"  # wanted first, and then no more; the consultant knows
    TOO_SMALL = "too_small"  # the bill is below the minimum
    WRONG_PERSON = "wrong_person"  # not the person of the form
    STOPPED = "stopped"  # no more messages
    ERASING = "erasing"  # the data are being erased


class Step(StrEnum):
    """Where the reading of a bill stands: read back and unanswered, said to be wrong somewhere, or settled either way."""

    READ = "read"
    WRONG = "wrong"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"

    @property
    def open(self) -> bool:
        """True while the lead has something to say about it."""
        return self in (Step.READ, Step.WRONG)


@dataclass(frozen=True)
class Bill:
    """The bill that counts, as it was read. `outcome`, `reasons` and `holder` are codes of `domain.BillReading`.

    What the lead says against it is kept beside it and never replaces it: a person looks at both (docs/domain.md 2.1).
    """

    step: Step
    outcome: str
    holder: str = "unknown"
    total: Decimal | None = None
    utility: str | None = None
    place: int | None = None
    state: str | None = None
    month: date | None = None
    due: date | None = None
    consumption_kwh: int | None = None
    reasons: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # outcomes of other bills that came with it
    doubts: tuple[str, ...] = ()  # what only the conversation showed
    disputed: tuple[Field, ...] = ()
    said_total: Decimal | None = None
    said_utility: str | None = None
    holder_agrees: str | None = None  # yes, no, unsure, not_asked, deceased

    @property
    def verdict(self) -> str | None:
        """What follows from it: qualified, below_minimum or review; None while the lead has not answered."""
        if self.step.open:
            return None
        return "review" if self.step is Step.DISPUTED or self.disputed or self.doubts else self.outcome


@dataclass(frozen=True)
class Note:
    """Something the lead told for the consultant, in the lead's own words (at most 200 characters, secrets masked)."""

    about: Meaning
    text: str


@dataclass(frozen=True)
class State:
    """A lead's conversation. Everything that `decide` remembers is here, and nothing else decides."""

    greeted: bool = False
    # The question that waits, the one that an offer beside the journey interrupted, and how often running we asked it.
    asked: Question | None = None
    resume: Question | None = None
    times: int = 0
    # How many bursts running were not understood, and how many said "I am lost".
    misses: int = 0
    lost: int = 0
    # The form's city was denied; the form is somebody else's, and nothing of it may be told.
    form_denied: bool = False
    disowned: bool = False
    # IBGE codes: the place of the bill, and those it may be. UF: a state without its city.
    place: int | None = None
    candidates: tuple[int, ...] = ()
    state: str | None = None
    coverage: Area | None = None
    looked_at: datetime | None = None  # when the API was last asked about a place where it had nothing
    utility: str | None = None
    utilities: tuple[str, ...] = ()
    # The place whose plans were shown, the plan we asked back about, and the plan that was chosen.
    offered: int | None = None
    proposed: int | None = None
    chosen: int | None = None
    declared: Decimal | None = None
    bill: Bill | None = None
    verdict: str | None = None  # what follows from this bill, as the lead has read it
    unread: bool = False  # a file waits for a person's eyes, and no bill was read
    refusals: int = 0
    asked_larger: bool = False
    other_holder: bool = False
    no_notice: bool = (
        False  # does not want to be told of plans here; who wants it stands in the store, and is handed in
    )
    news_at: datetime | None = None  # when the lead was told of plans, once that was taken up
    objected: bool = False  # would not send the bill
    later: bool = False  # was told that there is no hurry
    ended: Ended | None = None
    # What was answered with its own words already, so that they are not said twice.
    # Written in one order, so that the same memory is the same JSON.
    told: Annotated[frozenset[Meaning], PlainSerializer(sorted)] = frozenset()
    answered: tuple[str, ...] = ()  # ids of the FAQ that the last questions had for an answer, one turn long
    notes: tuple[Note, ...] = ()
    handed_over_at: datetime | None = None
    person_called_at: datetime | None = None
    told_again_at: datetime | None = None
    # The last sentence of the end, by its code, and when it was said.
    closing: str | None = None
    closing_sent_at: datetime | None = None

    @property
    def waiting(self) -> Question | None:
        """The question of the journey that waits; one set aside by an offer still does."""
        return self.resume if self.asked in ASIDES else self.asked

    @property
    def nothing_here(self) -> bool:
        """True where the API has said that there is nothing to sell at the lead's place."""
        return self.coverage is not None and self.coverage.nothing_here

    @property
    def person_has_it(self) -> bool:
        """True when somebody of the team was told of this lead."""
        return self.handed_over_at is not None or self.person_called_at is not None

    @property
    def said_when(self) -> bool:
        """True when the lead said when or how to be contacted."""
        return any(note.about is Meaning.CALL_AT for note in self.notes)


@cache
def _adapter() -> TypeAdapter[State]:
    return TypeAdapter(State)


def load(memory: Mapping[str, Any]) -> State:
    """Return the state out of the store's JSON; an empty one for a lead whom nobody has spoken with.

    ValueError for what is no state: nothing is guessed out of a broken memory.
    """
    return _adapter().validate_python(dict(memory))


def recall(memory: Mapping[str, Any]) -> State:
    """Return the state as `load` does; of a memory that is none, one that begins anew without a second greeting.

    A lead whose memory broke is better asked once more than met with an apology in every turn.
    """
    try:
        return load(memory)
    except ValueError as exc:
        log.error("a lead's memory could not be read (%s); the conversation begins anew", type(exc).__name__)
        return State(greeted=True)


def with_news(state: State, place: int, at: datetime) -> State:
    """Return the state of who was told at that moment that there are plans in this place, and writes: they are looked up anew.

    Whoever is on the way somewhere else, where there are plans, stays there.
    """
    if state.news_at == at:
        return state
    if state.place not in (None, place) and not state.nothing_here:
        return replace(state, news_at=at)
    if state.place != place:
        state = replace(state, place=place, utility=None, offered=None, proposed=None, chosen=None)
    return replace(
        state, news_at=at, coverage=None, utilities=(), candidates=(), state=None, asked=None, resume=None, times=0
    )


def dump(state: State) -> dict[str, Any]:
    """Return the state ready for JSON, without what is as it was in the beginning."""
    return _adapter().dump_python(state, mode="json", exclude_defaults=True)
