"""Who waits to be told that there are plans somewhere, as the store answers: places, each person's wish, and how it ended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flows.domain import Record


class WishedPlace(Record):
    """A place (IBGE code) of which people wait to be told that there are plans, and the distribuidora they named there, if any.
    `since`: when the first of them asked."""

    place: int
    utility: str | None = None
    wishes: int
    since: datetime


class Wish(Record):
    """One person's."""

    id: UUID
    lead_id: UUID


class WishRow(Record):
    """A place (IBGE code) of which the lead asked to be told. `ended_by`: told, shown (in the conversation), undelivered,
    withdrawn, stopped, merged; None while it stands. `status`: how the message that tells it stands. `template`: there is one to
    tell it with."""

    place: int
    utility: str | None = None
    since: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    status: str | None = None
    template: bool = False
