"""What operators ask of the lead store: lists, numbers, one lead in full, and the actions they take, each recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from flows.adapters.store.functions import Function
from flows.adapters.store.leads import Dispatch
from flows.adapters.store.transports import Transport
from flows.domain import Content, InboundMessage, Lead, Line, Outcome, Qualification, Record, Stage, Turn, Why


class Funnel(Record):
    """How far the leads got that arrived in a period (by `leads.created_at`); each figure counts leads.

    `arrived` are all of them; `forms` came by the form, the others wrote first. `silent` and `opted_out` are where some
    ended, not steps.
    """

    arrived: int = 0
    forms: int = 0
    template_delivered: int = 0
    answered: int = 0
    place: int = 0
    bill: int = 0
    qualified: int = 0
    handed_over: int = 0
    silent: int = 0
    opted_out: int = 0


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


class HandoffRow(Record):
    id: UUID
    lead_id: UUID
    lead_name: str | None
    reason: str
    created_at: datetime


class UnheardRow(Record):
    """A conversation that a person has, and whose lead wrote and waits for that person."""

    lead_id: UUID
    lead_name: str | None
    held_by: str
    messages: int
    since: datetime


class Option(Record):
    """Something that a lead could tap: a reply button or list row by its title, a template's button by its payload."""

    title: str | None = None
    description: str = ""
    payload: str | None = None


class MessageTurn(Record):
    """How a message of ours came about, and the messages that it answers, in the order of their burst."""

    messages: tuple[UUID, ...]
    why: Why


class MessageRow(Record):
    """One message with how it travelled. `answered` is False for an inbound one that the assistant still has to answer;
    `unheard` is one that it leaves to a person, and no person has answered. `options` is what went out with one of ours
    to be tapped; `list_label` names the button that opens them, when they are a list's rows. `turn` of a message of the
    lead's is a turn in which nothing was said to it."""

    id: UUID
    who: Literal["user", "bot", "agent"]
    type: str
    text: str
    at: datetime
    answered: bool = True
    unheard: bool = False
    reminder: bool = False
    delivery_status: str | None = None
    error_code: int | None = None
    attempts: int = 0
    template: str | None = None
    author: str | None = None
    options: tuple[Option, ...] = ()
    list_label: str | None = None
    turn: MessageTurn | None = None


class BillRow(Record):
    id: UUID
    message_id: UUID | None = None
    storage_path: str
    mime_type: str
    size_bytes: int
    classification: str | None
    holder_name: str | None
    utility_name: str | None
    installation_number: str | None
    reference_month: date | None
    due_date: date | None
    total_amount: Decimal | None
    consumption_kwh: int | None
    flags: tuple[str, ...] = ()
    checks: Any = None
    reading: dict[str, Any] | None = None
    read_by: str | None = None
    created_at: datetime
    delete_after: datetime | None = None


class OfferRow(Record):
    position: int
    plan_id: int
    name: str
    utility: str
    discount: Decimal
    fidelity_months: int
    benefits: tuple[str, ...] = ()
    offered_at: datetime
    chosen_at: datetime | None = None


class RunRow(Record):
    id: UUID
    flow: str
    status: str
    outcome: Outcome | None
    flow_run_id: UUID | None
    reminders: int
    created_at: datetime
    updated_at: datetime
    wake_due_at: datetime | None = None


class StageChange(Record):
    from_state: str | None
    to_state: str
    at: datetime


class HandoffDetail(Record):
    id: UUID
    reason: str
    summary: dict[str, Any] = Field(default_factory=dict)
    partner_lead_id: str | None = None
    created_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None


class ActionRow(Record):
    """Something an operator did. `lead_id` outlives the lead, so that an erasure stays provable."""

    at: datetime
    operator: str
    action: str
    lead_id: UUID | None = None
    details: dict[str, Any] = Field(default_factory=dict)


class LastReminder(Record):
    """The newest reminder that is out or on its way; `answered`: the lead has written since."""

    id: UUID
    at: datetime
    answered: bool


class Told(Record):
    """Something that the lead told for the consultant; `about` is a code of flows.shown.words.MEANINGS."""

    about: str
    text: str


class LeadSheet(Record):
    """Everything about one lead, for the operator's page. Lists are newest last, but runs and actions newest first.
    `wrong_person`: whoever writes is not the person of the form."""

    id: UUID
    phone_number: str | None
    wa_user_id: str | None
    name: str | None
    email: str | None
    city: str | None
    state: str | None
    client_type: str | None
    invoice_amount: Decimal | None
    invoice_band: str | None
    stage: Stage
    qualification: Qualification
    source: str | None
    created_at: datetime
    last_inbound_at: datetime | None
    last_outbound_at: datetime | None
    opted_out_at: datetime | None
    unreachable_at: datetime | None
    unreachable_code: int | None
    taken_over_at: datetime | None
    taken_over_by: str | None
    last_reminder: LastReminder | None = None
    notes: tuple[Told, ...] = ()
    wrong_person: bool = False
    messages: tuple[MessageRow, ...] = ()
    bills: tuple[BillRow, ...] = ()
    offers: tuple[OfferRow, ...] = ()
    runs: tuple[RunRow, ...] = ()
    stages: tuple[StageChange, ...] = ()
    handoffs: tuple[HandoffDetail, ...] = ()
    actions: tuple[ActionRow, ...] = ()


class Acted(Record):
    """What came of an action: `done`, or why not. `dispatch` is what the conversation needs from Prefect now.

    Refusals: `no_such_lead`; `taken_over` (by somebody already, or the action needs it given back first);
    `not_taken_over` (the operator has not taken the lead over; `held_by` has, if anybody); `opted_out`; `busy` (the conversation is answering this very moment: try again); `window_closed`
    (the lead last wrote more than 24 hours ago); `closed` (nothing is left to remind of); `reminded` (a reminder went out
    since the lead last wrote); `nothing` (no open hand-over); `not_erased` (the lead waits to be erased). `left`: messages
    that a give-back leaves without an answer.
    """

    outcome: Literal[
        "done", "no_such_lead", "taken_over", "not_taken_over", "opted_out", "busy", "window_closed", "closed", "reminded",
        "nothing", "not_erased",
    ]  # fmt: skip
    dispatch: Dispatch | None = None
    held_by: str | None = None
    left: int = 0


class Erased(Record):
    """`files` are the storage paths of bills whose files have to be deleted now; `flow_runs` the Prefect runs that were
    open (to be resumed, so that they end)."""

    outcome: Literal["done", "no_such_lead"]
    files: tuple[str, ...] = ()
    flow_runs: tuple[UUID, ...] = ()


class TurnRow(Record):
    """What one turn of the assistant took. Seconds of wall time; tokens as the model's service counts them; US dollars.

    `by` is who heard: the model's name, "rules" or "taps"; `fallback` the code why a model that was asked did not count;
    `broken` what was refused of the model's words.
    """

    by: str
    messages: int
    stage: Stage
    seconds: float
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal | None = None
    fallback: str | None = None
    broken: tuple[str, ...] = ()
    at: datetime


class RecordedTurn(Record):
    """A turn as it was decided: what the assistant was handed, what it made of it, and what was said (None: nothing).
    Masked words are masked here too."""

    id: int
    at: datetime
    lead: Lead
    messages: tuple[InboundMessage, ...]
    transcript: tuple[Line, ...]
    why: Why
    stage: Stage
    said: Content | None = None

    @property
    def turn(self) -> Turn:
        """What to hand to the assistant, to have it decided again."""
        return Turn(self.lead, self.messages, self.transcript, self.at)


class TimelineRow(Record):
    """One thing that happened in a conversation, without anything a person said: `kind` is `inbound`, `sent`,
    `reminder`, `template`, `failed`, `turn`, `stage`, `handoff`, `action`; `detail` ids, codes, stages only."""

    at: datetime
    kind: str
    detail: dict[str, Any] = Field(default_factory=dict)


class Report(Record):
    """A period's figures. Answer times are seconds from the newest message of a turn until its reply left.

    `reminders_returned`: reminded leads who wrote within a day after it. `failures`: WhatsApp's code to how many
    messages. `billable`: WhatsApp's pricing category to billable messages, as the statuses said.
    """

    funnel: Funnel
    turns: int = 0
    answer_p50: float | None = None
    answer_p95: float | None = None
    reminders: int = 0
    reminders_returned: int = 0
    failures: dict[str, int] = Field(default_factory=dict)
    billable: dict[str, int] = Field(default_factory=dict)
    model_turns: int = 0
    fallbacks: dict[str, int] = Field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0


class Gauges(Record):
    """What stands where at this moment, for metrics. Ages in seconds, 0 when nothing waits."""

    unanswered: int = 0
    oldest_unanswered: float = 0.0
    runs: dict[str, int] = Field(default_factory=dict)
    overdue_waits: int = 0
    unsent: int = 0
    oldest_unsent: float = 0.0
    open_handoffs: int = 0
    oldest_handoff: float = 0.0
    taken_over: int = 0
    # of those taken over, whose lead wrote and waits for the person
    unheard: int = 0


class Operations:
    """The operators' side of an open lead store (`LeadStore.operations`). Raises as LeadStore does."""

    def __init__(self, transport: Transport) -> None:
        self._call = transport.call

    # looking

    async def funnel(self, since: datetime, until: datetime) -> Funnel:
        return Funnel.model_validate(await self._call(Function.OPS_FUNNEL, since=since, until=until))

    async def stage_counts(self) -> dict[Stage, int]:
        """How many leads stand at each stage, all of them."""
        return {Stage(stage): count for stage, count in (await self._call(Function.OPS_STAGE_COUNTS)).items()}

    async def leads(
        self, *, stages: Sequence[Stage] = (), waiting: bool = False, search: str | None = None,
        after: str | None = None, limit: int = 50,
    ) -> LeadPage:  # fmt: skip
        """Newest activity first. `waiting`: only leads with an open hand-over. `search`: a phone number (digits, any
        part), the beginning of an id, or a part of a name."""
        return LeadPage.model_validate(
            await self._call(
                Function.OPS_LEADS, stages=[stage.value for stage in stages] or None, waiting=waiting, search=search,
                after=after, limit=limit,
            )
        )  # fmt: skip

    async def waiting_handoffs(self, limit: int = 50) -> tuple[HandoffRow, ...]:
        """Hand-overs that wait for a person, oldest first."""
        rows = await self._call(Function.OPS_WAITING_HANDOFFS, limit=limit)
        return tuple(HandoffRow.model_validate(row) for row in rows)

    async def unheard(self, limit: int = 50) -> tuple[UnheardRow, ...]:
        """Conversations that a person has and whose lead waits for that person, the longest wait first."""
        rows = await self._call(Function.OPS_UNHEARD, limit=limit)
        return tuple(UnheardRow.model_validate(row) for row in rows)

    async def sheet(self, lead_id: UUID, messages: int = 500) -> LeadSheet | None:
        found = await self._call(Function.OPS_SHEET, lead=lead_id, messages=messages)
        return LeadSheet.model_validate(found) if found else None

    async def actions(self, limit: int = 100) -> tuple[ActionRow, ...]:
        """What operators did, newest first."""
        return tuple(ActionRow.model_validate(row) for row in await self._call(Function.OPS_ACTIONS, limit=limit))

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

    async def contacted(self, lead_id: UUID, operator: str, *, unerased: bool = False) -> Acted:
        """A person has spoken with the lead: its open hand-overs are done. `unerased`: also a wish to be erased, though
        nothing was erased."""
        return await self._acted(Function.OPS_CLOSE_HANDOFFS, lead=lead_id, operator=operator, unerased=unerased)

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
        """Something an operator did that changes nothing in the store: a login, a look at a bill."""
        await self._call(Function.OPS_RECORD, operator=operator, action=action, lead=lead_id, details=details or {})

    # logins

    async def end_session(self, session: str, lasts: timedelta) -> None:
        """A login was logged out, for all replicas and for good. `session` is the SHA-256 in hex of its token; `lasts`,
        how long the longest session may still last, after which it need not be remembered."""
        await self._call(Function.OPS_END_SESSION, session=session, lasts_seconds=lasts.total_seconds())

    async def session_ended(self, session: str) -> bool:
        """Whether it was logged out; one indexed read."""
        return bool((await self._call(Function.OPS_SESSION_ENDED, session=session))["ended"])

    # turns

    async def turns(self, run_id: UUID) -> tuple[TurnRow, ...]:
        """The turns of one run, oldest first."""
        return tuple(TurnRow.model_validate(row) for row in await self._call(Function.RUN_TURNS, run=run_id))

    async def recorded_turns(
        self, *, lead: UUID | None = None, since: datetime | None = None, until: datetime | None = None,
        after: int | None = None, limit: int = 100,
    ) -> tuple[RecordedTurn, ...]:  # fmt: skip
        """Turns to be decided again, oldest first: of one lead, of a period, or both. `after` is the last one's id."""
        rows = await self._call(Function.RECORDED_TURNS, lead=lead, since=since, until=until, after=after, limit=limit)
        return tuple(RecordedTurn.model_validate(row) for row in rows)

    async def _acted(self, function: Function, **arguments: Any) -> Acted:
        return Acted.model_validate(await self._call(function, **arguments))
