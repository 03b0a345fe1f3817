"""What the company answers for, of the lead store: the state of the WhatsApp account, what a day
costs, who is told of it; and who was promised to be told of plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from flows.adapters.store.acted import Acted
from flows.adapters.store.functions import Function
from flows.adapters.store.leads import Queued
from flows.adapters.store.totals import SpendDay
from flows.adapters.store.transports import Transport
from flows.adapters.store.wishes import Wish, WishedPlace
from flows.domain import Record


class PieceOfNews(Record):
    """Something that a person has to know. `kind` and `subject`: a template by `name:language`, a number, the account; `fault`,
    where `what` is the code with which WhatsApp refuses messages until somebody has mended it; `spend`, a limit of the day that
    was passed; `run`, that failed, by `flow:id`; `worker`, by its name, or all of them; `handoff`, of a lead by its id."""

    id: int | UUID
    at: datetime
    kind: Literal["template", "number", "account", "fault", "spend", "run", "worker", "handoff"]
    subject: str
    what: str
    detail: dict[str, Any] = Field(default_factory=dict)


class NewsRow(PieceOfNews):
    serious: bool
    told_at: datetime | None = None


class ClaimedNews(Record):
    """The one message that is to be told now. `unsure`: an earlier try of it may have gone through."""

    claim: UUID
    unsure: bool
    news: tuple[PieceOfNews, ...]


class FailedRun(Record):
    """`subject`: `flow:id`; `what`: the type of its state."""

    at: datetime
    subject: str
    what: str


class StoppedWorker(Record):
    """A worker that died without a word: its name, and its last sign of life."""

    at: datetime
    subject: str


class AccountState(Record):
    """The newest word of WhatsApp's on one fact of a template, a number or the account. `stops`: messages that we start wait
    for it."""

    kind: Literal["template", "number", "account"]
    subject: str
    fact: str
    value: str
    detail: dict[str, Any] = Field(default_factory=dict)
    at: datetime
    stops: bool


class Account(Record):
    """`waiting`: templates that have not left yet; `started`: people to whom we wrote first within 24 hours, which WhatsApp's
    limit counts."""

    states: tuple[AccountState, ...]
    news: tuple[NewsRow, ...]
    waiting: int
    started: int

    @property
    def stops(self) -> tuple[AccountState, ...]:
        return tuple(state for state in self.states if state.stops)


Kept = Literal["events", "leads", "messages", "runs", "actions", "news", "crm", "bills"]


class Forgotten(Record):
    """How many rows went, and whether another slice may find some."""

    gone: int
    more: bool


class CrmEvent(Record):
    """Something of a lead that the CRM is to be told. `person`: the chosen fields as they are now; None of who is gone."""

    id: UUID
    kind: str
    lead_id: UUID
    detail: dict[str, Any] = Field(default_factory=dict)
    happened_at: datetime
    attempts: int = 0
    person: dict[str, Any] | None = None


class CrmRow(CrmEvent):
    due_at: datetime
    delivered_at: datetime | None = None
    given_up_at: datetime | None = None
    http_status: int | None = None
    problem: str | None = None


class CrmStanding(Record):
    """How the CRM's events stand; `oldest`: for how many seconds the first of those that wait has."""

    waiting: int
    oldest: float
    given_up: int
    rows: tuple[CrmRow, ...]


class Company:
    """That side of an open lead store (`LeadStore.company`). Raises as LeadStore does."""

    def __init__(self, transport: Transport) -> None:
        self._call = transport.call

    async def account(self, news: int = 20) -> Account:
        """What WhatsApp said of the account: what stands, and the newest `news`."""
        return Account.model_validate(await self._call(Function.OPS_ACCOUNT, limit=news))

    async def account_mended(self, operator: str, kind: str, subject: str, fact: str) -> Acted:
        """A person says that this state of the account is over; refused with `nothing` when it stands no more."""
        return Acted.model_validate(
            await self._call(Function.OPS_ACCOUNT_MENDED, operator=operator, kind=kind, subject=subject, fact=fact)
        )

    async def note_own_number(self, number: str) -> None:
        """The digits of the number that we send from: what WhatsApp says of another of the account's holds up nothing."""
        await self._call(Function.NOTE_OWN_NUMBER, number=number)

    async def measure_spend(self, every: timedelta = timedelta(seconds=15)) -> None:
        """Looks again at what this day costs, unless somebody did within that time."""
        await self._call(Function.MEASURE_SPEND, every_seconds=every.total_seconds())

    async def spend(self, days: int = 1) -> tuple[SpendDay, ...]:
        """Today and the days before it as they were measured, newest first."""
        return tuple(SpendDay.model_validate(row) for row in await self._call(Function.OPS_SPEND, days=days))

    async def due_crm_events(
        self, fields: Sequence[str], limit: int = 20, busy: timedelta = timedelta(minutes=2)
    ) -> tuple[CrmEvent, ...]:
        """What the CRM is to be told now; nobody else gets the same within `busy`. `fields`: columns of the lead that go along."""
        rows = await self._call(
            Function.DUE_CRM_EVENTS, limit=limit, fields=list(fields), busy_seconds=busy.total_seconds()
        )
        return tuple(CrmEvent.model_validate(row) for row in rows)

    async def crm_tried(self, event: CrmEvent, *, delivered: bool, status: int | None, problem: str | None) -> None:
        await self._call(Function.CRM_TRIED, id=event.id, delivered=delivered, status=status, problem=problem)

    async def crm(self, limit: int = 50) -> CrmStanding:
        """What waits or was given up first, then the newest."""
        return CrmStanding.model_validate(await self._call(Function.OPS_CRM, limit=limit))

    async def crm_again(self, operator: str, event_id: UUID | None = None) -> Acted:
        """Sends one event again, or all that were given up; `nothing` when there are none."""
        return Acted.model_validate(await self._call(Function.OPS_CRM_AGAIN, operator=operator, id=event_id))

    async def wished_places(self, place: int | None = None) -> tuple[WishedPlace, ...]:
        """Where people wait to be told of plans, of one place or of all; not who may have been told already."""
        rows = await self._call(Function.WISHED_PLACES, place=place)
        return tuple(WishedPlace.model_validate(row) for row in rows)

    async def wishes_for(self, wished: WishedPlace, after: UUID | None = None, limit: int = 100) -> tuple[Wish, ...]:
        """Who waits, the longest first, from after that wish on."""
        rows = await self._call(
            Function.WISHES_FOR, place=wished.place, utility=wished.utility, after=after, limit=limit
        )
        return tuple(Wish.model_validate(row) for row in rows)

    async def queue_notice(self, wish: Wish, template: dict[str, Any]) -> Queued:
        """Wants the one message that keeps this wish, where `may_start` says go. Else the outcome is its reason; `known`, the
        wish has ended; `unknown`, its message may be out."""
        return Queued.model_validate(await self._call(Function.QUEUE_NOTICE, wish=wish.id, template=template))

    async def forget(self, what: Kept, days: int, limit: int = 1000) -> Forgotten:
        """One slice of what was kept for longer than `days`: at most `limit` rows a statement, in a transaction of its own."""
        return Forgotten.model_validate(await self._call(Function.FORGET, what=what, days=days, limit=limit))

    async def files_to_remove(self, limit: int = 500) -> list[str]:
        """Storage paths of bills whose rows are gone."""
        return list(await self._call(Function.FILES_TO_REMOVE, limit=limit))

    async def files_removed(self, paths: Sequence[str]) -> None:
        await self._call(Function.FILES_REMOVED, paths=list(paths))

    async def listed_erasures(self) -> list[str]:
        """Hashes of the ids of everybody who was erased, oldest first."""
        return list(await self._call(Function.LISTED_ERASURES))

    async def erase_listed(self, hashes: Sequence[str]) -> int:
        """Erases whoever is on the list and stands in the store again, as after a restore; returns how many."""
        return int((await self._call(Function.ERASE_LISTED, hashes=list(hashes)))["erased"])

    async def claim_news(self, every: timedelta, patience: timedelta) -> ClaimedNews | None:
        """What to tell people now, until `told` or `put_off_news`; whoever else asks within 20 s gets nothing. `every`: how long
        hand-overs and failed runs gather after the last message; `patience`: how long the message is known by its id."""
        found = await self._call(
            Function.CLAIM_NEWS, every_seconds=every.total_seconds(), patience_seconds=patience.total_seconds()
        )
        return None if found is None else ClaimedNews.model_validate(found)

    async def told_news(self, claim: UUID) -> None:
        await self._call(Function.TOLD_NEWS, claim=claim)

    async def put_off_news(self, claim: UUID, *, unsure: bool) -> None:
        """It could not be told and is to be tried again. `unsure`: this try or an earlier one may have gone through."""
        await self._call(Function.PUT_OFF_NEWS, claim=claim, unsure=unsure)

    async def note_failed_runs(self, runs: Iterable[FailedRun]) -> None:
        """Each is news once."""
        await self._call(Function.NOTE_FAILED_RUNS, runs=[run.model_dump(mode="json") for run in runs])

    async def note_workers(self, stopped: Iterable[StoppedWorker], alive: int) -> None:
        """Each that stopped is news once; so is that none lives, and that there are some again."""
        rows = [worker.model_dump(mode="json") for worker in stopped]
        await self._call(Function.NOTE_WORKERS, stopped=rows, alive=alive)
