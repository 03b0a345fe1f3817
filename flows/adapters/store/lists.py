"""What operators get to see of many: the queue, the list of leads, texts; the shapes that the store's functions answer with."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from flows.domain import Line, Qualification, Record, Stage


class LastWords(Line):
    """The newest thing that was said, cut short."""

    template: str | None = None
    failed: bool = False


class LeadRow(Record):
    """One line of the operators' list."""

    id: UUID
    name: str | None
    phone_number: str | None
    city: str | None
    state: str | None
    stage: Stage
    qualification: Qualification
    last_activity_at: datetime
    created_at: datetime
    source: str | None = None
    last: LastWords | None = None
    call_back_at: datetime | None = None
    taken_over_by: str | None = None
    unreachable: bool = False
    # the open hand-over's reason and age, when one waits for a person
    handoff_reason: str | None = None
    handoff_at: datetime | None = None
    # since when the lead waits for a person's answer, though no hand-over says so: taken over, or given back without one
    unheard_at: datetime | None = None
    wrong_person: bool = False


class LeadPage(Record):
    """`next` is given to `leads(after=…)` for the following page; None at the end."""

    rows: tuple[LeadRow, ...]
    next: str | None = None


class Filters(Record):
    """What the list can be filtered by; `stages` leaves out those at which nobody stands."""

    stages: dict[Stage, int]
    sources: tuple[str, ...] = ()


class WaitingRow(Record):
    """Somebody whom a person has to see to, or has. `held`: the assistant is silent; `held_by` is None where nobody has
    them. `since`: what has waited for longest, None for who only stays with somebody."""

    lead_id: UUID
    reason: str | None = None
    handoff_at: datetime | None = None
    unheard: int = 0
    unheard_at: datetime | None = None
    held: bool = False
    held_by: str | None = None
    call_back_at: datetime | None = None
    since: datetime | None = None


class QueueRow(WaitingRow):
    """One line of the queue."""

    name: str | None
    city: str | None
    state: str | None
    stage: Stage
    last: LastWords | None = None


class QueueCounts(Record):
    """How many are in the queue, and whose; `waiting`: for whom somebody waits, without those of colleagues."""

    all: int = 0
    mine: int = 0
    nobody: int = 0
    others: int = 0
    waiting: int = 0


class Queue(Record):
    rows: tuple[QueueRow, ...]
    counts: QueueCounts


class Pulse(Record):
    """How things stand for the pages that are open: `queue` and each lead's mark change with what the pages show of them; the
    mark of a lead that is gone is None."""

    queue: str
    waiting: tuple[WaitingRow, ...] = ()
    leads: dict[UUID, str | None] = Field(default_factory=dict)


class CannedReply(Record):
    """A text that the team sends often; its placeholders stand in braces."""

    id: UUID
    title: str
    body: str
    changed_by: str
    changed_at: datetime
