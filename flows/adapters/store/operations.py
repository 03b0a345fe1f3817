"""What operators ask of the lead store: lists, numbers, one lead in full, and the actions they take, each recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flows.adapters.store.acted import Acted, Erased
from flows.adapters.store.functions import Function
from flows.adapters.store.lists import CannedReply, Filters, LeadPage, Pulse, Queue
from flows.adapters.store.people import ActionRow
from flows.adapters.store.sheets import LeadSheet, RecordedTurn, TimelineRow, TurnRow
from flows.adapters.store.totals import Dashboard, Day, Funnel, Gauges, Report
from flows.adapters.store.transports import Transport
from flows.domain import Stage

# Days added up in one call, each of some ten thousand messages, within a call's time.
_DAYS_AT_ONCE = 10


class Operations:
    """The operators' side of an open lead store (`LeadStore.operations`). Raises as LeadStore does."""

    def __init__(self, transport: Transport) -> None:
        self._call = transport.call

    # looking

    async def funnel(self, since: datetime, until: datetime, source: str | None = None) -> Funnel:
        return Funnel.model_validate(await self._call(Function.OPS_FUNNEL, since=since, until=until, source=source))

    async def days(self, since: date, until: date) -> tuple[Day, ...]:
        """What each day of São Paulo brought, both included, the oldest first; one that is over is added up once."""
        while True:
            found = await self._call(Function.OPS_DAYS, since=since, until=until, most=_DAYS_AT_ONCE)
            if not found["missing"]:
                return tuple(sorted((Day.model_validate(row) for row in found["days"]), key=lambda day: day.day))

    async def dashboard(self, since: datetime, until: datetime, source: str | None = None) -> Dashboard:
        """The leads that arrived in the period, and the hand-overs of it; `source` None: whatever they came by."""
        return Dashboard.model_validate(
            await self._call(Function.OPS_DASHBOARD, since=since, until=until, source=source)
        )

    async def filters(self, most: int = 1_000_000) -> Filters:
        """How many leads stand at each stage, counted up to `most`, and the sources that there are."""
        return Filters.model_validate(await self._call(Function.OPS_FILTERS, most=most))

    async def leads(
        self,
        *,
        stages: Sequence[Stage] = (),
        waiting: bool = False,
        waited_hours: int | None = None,
        held_by: str | None = None,
        held: bool = False,
        failed: bool = False,
        source: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        search: str | None = None,
        sort: str = "activity",
        after: str | None = None,
        limit: int = 50,
    ) -> LeadPage:
        """One page of those that all of this is true of. `waiting`: with an open hand-over, `waited_hours`: for so long.
        `held`: by somebody, `held_by`: by this operator. `failed`: something of ours did not arrive in the last week. `since`,
        `until`: of arrival. `search`: parts of name, city and state in any order, a number in any spelling, or the beginning
        of an id. `sort`: "activity" and "arrival", the newest first; "wait", the longest first, of those who wait."""
        wanted = {
            "stages": [stage.value for stage in stages],
            "waiting": waiting,
            "waited_hours": waited_hours,
            "held_by": held_by,
            "held": held,
            "failed": failed,
            "source": source,
            "from": since,
            "until": until,
            "search": search,
            "sort": sort,
        }
        return LeadPage.model_validate(await self._call(Function.OPS_LEADS, filter=wanted, after=after, limit=limit))

    async def queue(self, operator: str, whose: str | None = None, limit: int = 100) -> Queue:
        """Whom a person has to see to, the longest wait first. `whose`: "mine", "nobody", "others"; None: all."""
        return Queue.model_validate(await self._call(Function.OPS_QUEUE, operator=operator, whose=whose, limit=limit))

    async def pulse(self, leads: Sequence[UUID]) -> Pulse:
        """How the queue and these leads stand; cheap enough to be asked every second."""
        return Pulse.model_validate(await self._call(Function.OPS_PULSE, leads=list(leads)))

    async def sheet(self, lead_id: UUID, messages: int = 500) -> LeadSheet | None:
        found = await self._call(Function.OPS_SHEET, lead=lead_id, messages=messages)
        return LeadSheet.model_validate(found) if found else None

    async def actions(
        self, limit: int = 100, *, operator: str | None = None, before: int | None = None
    ) -> tuple[ActionRow, ...]:
        """What operators did, newest first, with the leads' names as they are now: all, or one; `before`: an older row's id."""
        rows = await self._call(Function.OPS_ACTIONS, limit=limit, operator=operator, before=before)
        return tuple(ActionRow.model_validate(row) for row in rows)

    async def find(self, *, phone: str | None = None, bsuid: str | None = None) -> LeadSheet | None:
        """The sheet of the person behind a phone number (E.164) or BSUID."""
        found = await self._call(Function.FIND_LEAD, phone=phone, bsuid=bsuid)
        return await self.sheet(UUID(found["id"])) if found else None

    async def report(self, since: datetime, until: datetime) -> Report:
        return Report.model_validate(await self._call(Function.OPS_REPORT, since=since, until=until))

    async def gauges(self, overdue_seconds: float = 60.0) -> Gauges:
        return Gauges.model_validate(await self._call(Function.OPS_GAUGES, overdue_seconds=overdue_seconds))

    async def timeline(self, lead_id: UUID, limit: int = 200) -> tuple[TimelineRow, ...]:
        """The newest `limit` things that happened, oldest of them first."""
        rows = await self._call(Function.OPS_TIMELINE, lead=lead_id, limit=limit)
        return tuple(TimelineRow.model_validate(row) for row in rows)

    # acting

    async def take_over(self, lead_id: UUID, operator: str, held_by: str | None = None) -> Acted:
        """The assistant is silent until given back. A live run loses its claim, a parked one wakes and ends.

        `held_by`: take it from this operator, who has it; refused when it is somebody else by now, or nobody.
        """
        if held_by is not None:
            return await self._acted(Function.OPS_TAKE_FROM, lead=lead_id, operator=operator, held_by=held_by)
        return await self._acted(Function.OPS_TAKE_OVER, lead=lead_id, operator=operator)

    async def give_back(self, lead_id: UUID, operator: str, *, answer: bool) -> Acted:
        """Only for who has taken it over. `answer`: the assistant answers what came meanwhile and no person's message
        followed; else it starts with the lead's next message, and `Acted.left` says how many stay without an answer."""
        return await self._acted(Function.OPS_GIVE_BACK, lead=lead_id, operator=operator, answer=answer)

    async def write(self, lead_id: UUID, operator: str, key: str, text: str) -> Acted:
        """A message of a person's own, sent by the conversation's run. `key` makes a repeated form one message. The
        operator has to have the lead taken over, and the 24-hour window has to be open."""
        return await self._acted(Function.OPS_WRITE, lead=lead_id, operator=operator, key=key, text=text)

    async def remind_now(self, lead_id: UUID, operator: str, seen: UUID | None = None) -> Acted:
        """The silence happens now: the waiting run reminds, or a new one does. Never while the lead waits for an answer.

        `seen`: the reminder that the lead has not answered yet and after which the operator wants another; without it
        there is no second one.
        """
        return await self._acted(Function.OPS_REMIND, lead=lead_id, operator=operator, seen=seen)

    async def assign(self, lead_id: UUID, operator: str, to: str | None, held_by: str | None) -> Acted:
        """Gives the conversation to a colleague, or back to the queue (None); refused when it is not `held_by`'s by now."""
        return await self._acted(Function.OPS_ASSIGN, lead=lead_id, operator=operator, to=to, held_by=held_by)

    async def lapse(self, silent: timedelta) -> int:
        """Gives back to the queue who waits for somebody that has done nothing for so long; how many they were."""
        return int((await self._call(Function.OPS_LAPSE, silent_seconds=silent.total_seconds()))["lapsed"])

    async def note(self, lead_id: UUID, operator: str, key: str, text: str) -> Acted:
        return await self._acted(Function.OPS_NOTE, lead=lead_id, operator=operator, key=key, text=text)

    async def contacted(
        self,
        lead_id: UUID,
        operator: str,
        result: str,
        *,
        reason: str | None = None,
        call_back_at: datetime | None = None,
        unerased: bool = False,
    ) -> Acted:
        """What came of speaking with the lead, or of trying to: its open hand-overs are done, and it comes back to the queue
        at `call_back_at`. `unerased`: also a wish to be erased, though nothing was erased."""
        return await self._acted(
            Function.OPS_CONTACTED,
            lead=lead_id,
            operator=operator,
            result=result,
            reason=reason,
            call_back_at=call_back_at,
            unerased=unerased,
        )

    async def call_back(self, lead_id: UUID, operator: str, at: datetime | None) -> Acted:
        """Out of the queue until then; None: no call is planned any more."""
        return await self._acted(Function.OPS_CALL_BACK, lead=lead_id, operator=operator, at=at)

    async def edit(self, lead_id: UUID, operator: str, fields: dict[str, Any]) -> Acted:
        """`fields`: `name`, `holder_name` (None takes it away), and `city` with `state` and `ibge_code`; what is left out stays."""
        return await self._acted(Function.OPS_EDIT, lead=lead_id, operator=operator, fields=fields)

    async def read_bill(self, lead_id: UUID, operator: str, bill_id: UUID, fields: dict[str, Any]) -> Acted:
        """What a person read on a bill (the fields of BillFields): the assistant has the conversation again, and goes on
        with it."""
        return await self._acted(Function.OPS_READ_BILL, lead=lead_id, operator=operator, bill=bill_id, fields=fields)

    async def replies(self) -> tuple[CannedReply, ...]:
        return tuple(CannedReply.model_validate(row) for row in await self._call(Function.OPS_REPLIES))

    async def save_reply(self, operator: str, reply_id: UUID | None, title: str, body: str | None) -> Acted:
        """A new one without an id; without a body it goes."""
        return await self._acted(Function.OPS_SAVE_REPLY, operator=operator, id=reply_id, title=title, body=body)

    async def send(
        self,
        lead_id: UUID,
        operator: str,
        key: str,
        text: str,
        *,
        content: dict[str, Any] | None = None,
        template: dict[str, Any] | None = None,
    ) -> Acted:
        """An operator's message that is more than free text; under the same rules and keys as `write`, but that a template
        may go out after 24 hours too. `text` is what the page shows of it."""
        return await self._acted(
            Function.OPS_SEND, lead=lead_id, operator=operator, key=key, text=text, content=content, template=template
        )

    async def export(self, lead_id: UUID, operator: str) -> dict[str, Any] | None:
        """Everything stored about a person, table by table (LGPD art. 18). The export is recorded."""
        found = await self._call(Function.OPS_EXPORT, lead=lead_id, operator=operator)
        return dict(found) if found else None

    async def erase(self, lead_id: UUID, operator: str, person_hash: str | None = None) -> Erased:
        """Deletes a person and everything about them for good (LGPD art. 18). Only the action stays, with the lead's id
        and the keyed hash; deliveries of the past that come again do not bring the person back."""
        return Erased.model_validate(
            await self._call(Function.OPS_ERASE, lead=lead_id, operator=operator, person_hash=person_hash)
        )

    async def record(
        self, operator: str, action: str, lead_id: UUID | None = None, details: dict[str, Any] | None = None
    ) -> None:
        """Something an operator did that changes nothing in the store: a wrong password, a look at a bill."""
        await self._call(Function.OPS_RECORD, operator=operator, action=action, lead=lead_id, details=details or {})

    # turns

    async def turns(self, run_id: UUID) -> tuple[TurnRow, ...]:
        """The turns of one run, oldest first."""
        return tuple(TurnRow.model_validate(row) for row in await self._call(Function.RUN_TURNS, run=run_id))

    async def recorded_turns(
        self,
        *,
        lead: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> tuple[RecordedTurn, ...]:
        """Turns to be decided again, oldest first: of one lead, of a period, or both. `after` is the last one's id."""
        rows = await self._call(Function.RECORDED_TURNS, lead=lead, since=since, until=until, after=after, limit=limit)
        return tuple(RecordedTurn.model_validate(row) for row in rows)

    async def _acted(self, function: Function, **arguments: Any) -> Acted:
        return Acted.model_validate(await self._call(function, **arguments))
