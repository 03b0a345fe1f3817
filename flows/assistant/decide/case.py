"""What a decision is made from and what it consists of: all of it values, none of it clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from flows.assistant.decide.acts import Act
from flows.assistant.meaning import Reading
from flows.assistant.state import State
from flows.domain import BillReceipt, Coverage, Handoff, Inbound, Offer, Qualification, Stage


@dataclass(frozen=True)
class Terms:
    """What the company promises and requires. `deadline` completes "um consultor fala com você …"; reais."""

    persona: str = "Sílvia"
    deadline: str = "em até 1 dia útil"
    minimum: Decimal = Decimal(200)
    privacy_notice: bool = False


@dataclass(frozen=True)
class Form:
    """What the form says of the bill: its place (IBGE codes; several where the name has namesakes) and its value in reais."""

    places: tuple[int, ...] = ()
    amount: Decimal | None = None


@dataclass(frozen=True)
class Case:
    """One burst of a lead, understood, with all that the world has answered so far.

    `coverage` is keyed by IBGE code and the distribuidora that was asked for. `files` are the receipts of the files that
    came with the burst, in order. `overdue` tells of an instant whether a call promised then should have come by now.
    `same` tells whether two names mean one distribuidora in a UF, None where either is unknown.
    """

    state: State
    reading: Reading
    now: datetime
    stage: Stage = Stage.INITIAL
    qualification: Qualification = Qualification.NEW
    named: bool = False
    form: Form = Form()
    offers: tuple[Offer, ...] = ()
    bills: int = 0
    files: tuple[BillReceipt, ...] = ()
    unreadable: tuple[Inbound, ...] = ()
    coverage: Mapping[tuple[int, str | None], Coverage] = field(default_factory=dict)
    terms: Terms = Terms()
    opted_out: bool = False
    taken_over: bool = False
    note: str = ""  # a line for the consultant, by a model that heard; nothing is decided by it
    ours_last: bool = True  # False when a person of the team wrote the last of our messages
    overdue: Callable[[datetime], bool] = lambda since: False
    same: Callable[[str | None, str | None, str | None], bool | None] = lambda one, other, state: (
        None if one is None or other is None else one == other
    )


class Look(Exception):
    """The world has to be asked first: what Serena sells at this place. The decision is then made again, from the start."""

    def __init__(self, place: int, utility: str | None) -> None:
        self.place, self.utility = place, utility
        super().__init__("coverage of a place is needed")


@dataclass(frozen=True)
class Decision:
    """What the assistant knows now, what it says, and what becomes of the lead.

    `facts` are columns of the lead to change. `consent` is (IBGE code, given) when the lead answered whether to be told
    of news. Nothing said means silence.
    """

    state: State
    acts: tuple[Act, ...] = ()
    stage: Stage | None = None
    qualification: Qualification | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()
    chosen: int | None = None
    handoff: Handoff | None = None
    opt_out: bool = False
    consent: tuple[int, bool] | None = None
