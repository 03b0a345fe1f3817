"""The lead store: names for the SQL functions that keep leads, messages and runs (deployments/database)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from flows.adapters.store.functions import Function
from flows.adapters.store.transports import LeadNews, PostgresTransport, Transport
from flows.domain import BillKept, BillReading, Content, InboundMessage, Lead, Line, Outcome, Record, Reply, Stage
from flows.errors import NotNow, OptedOut, Superseded

if TYPE_CHECKING:
    from flows.adapters.store.company import Company
    from flows.adapters.store.operations import Operations
    from flows.adapters.store.people import People

log = logging.getLogger(__name__)
LINES = 20  # of a talk that the assistant is handed


class StartVerdict(Record):
    """Whether a message that we start may go, by the store's one rule (`may_start`). `wait`: ask again, after `until` where
    that is known. `template`: the 24-hour window is closed, and only a template may go. The words for a `reason` stand in
    flows.shown.words.STARTING."""

    verdict: Literal["go", "wait", "no"]
    reason: str
    until: datetime | None = None
    template: bool = False


class Dispatch(Record):
    """What a run needs from Prefect: `start` a flow run, `resume` the suspended one, `revive` whatever is left of it.
    `claimed_at`: when its Prefect run last claimed it, if ever. `kept`: why a form starts nothing, a reason of `StartVerdict`; with
    `until`, from when on another one may; `said`, what the rule said of its welcome."""

    action: Literal["start", "resume", "revive", "nothing"]
    lead_id: UUID
    run_id: UUID | None
    flow: Literal["lead-activation", "conversation"]
    flow_run_id: UUID | None
    generation: int | None
    reason: str
    claimed_at: datetime | None = None
    kept: str | None = None
    until: datetime | None = None
    said: StartVerdict | None = None


class Delivered(Record):
    """`refused` of the stored events could not be applied and are only kept, under that kind, in `webhook_events`."""

    stored: int
    duplicates: int
    refused: int
    dispatch: tuple[Dispatch, ...]


class Unsent(Record):
    """An outgoing message whose story is not over."""

    id: UUID
    status: Literal["queued", "sending", "uncertain"]
    not_before: datetime | None = None


class Claim(Record):
    """The right to work for a lead until another claim is given. `wait` counts the suspensions so far, `turns` the lead's
    answered turns; `woken` is True when the run was parked before this claim, whose silence was to end at `wake_due_at`;
    `asked`, when an operator wants the reminder of this wake. `orphaned`: who had it before is gone without a word and left
    messages unanswered; `refusals`: how often the turn before this claim had come to nothing."""

    run_id: UUID
    claim: int
    lead_id: UUID
    wait: int
    woken: bool
    wake_due_at: datetime | None
    asked: bool = False
    reminders: int
    orphaned: bool = False
    refusals: int = 0
    stage: Stage = Stage.FORM_SUBMITTED
    turns: int = 0
    unsent: tuple[Unsent, ...] = ()


class Waiting(InboundMessage):
    """An unanswered message; `received_at` is the store's clock, which burst timing goes by."""

    received_at: datetime


class Drained(Record):
    """`model_rests`: the day's hard limit of spend is passed, and no model is asked. `lead` is None for one who was erased."""

    messages: tuple[Waiting, ...]
    unsent: tuple[Unsent, ...]
    model_rests: bool = False
    lead: Lead | None
    transcript: tuple[Line, ...]


class Outgoing(Record):
    """What `begin_send` says: go ahead and to whom, or how the message stands already; `later`, that it may not go now.
    `error_code` of one that goes ahead is what an earlier attempt failed with."""

    outcome: Literal["send", "settled", "failed", "unknown", "later"]
    error_code: int | None = None
    lead_id: UUID | None = None
    bsuid: str | None = None
    phone: str | None = None
    content: Content | None = None
    template: dict[str, Any] | None = None
    last_inbound_at: datetime | None = None
    attempts: int = 0


class MessageState(Record):
    """How an outgoing message stands. `is_reply`: it answers the lead, and is no template or reminder. `heard_since`: from when
    on a status of its last attempt could come; None while no webhook is there to take one. `withdrawn`: failed because it
    was no longer to go, and WhatsApp refused nothing."""

    status: str
    error_code: int | None = None
    attempts: int = 0
    not_before: datetime | None = None
    heard_since: datetime | None = None
    is_reply: bool = False
    withdrawn: bool = False


class Queued(Record):
    """`outcome`: queued, or the reason of a StartVerdict for which it was not."""

    outcome: str
    message_id: UUID | None = None
    new: bool = Field(default=True)


class LeadStore:
    """Open with `async with`. Raises TryAgain while the database is away, Fix when it is not what it should be, and
    Superseded when a call's claim is no longer the current one."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._call = transport.call

    @classmethod
    def postgres(cls, url: str, **options: Any) -> LeadStore:
        return cls(PostgresTransport(url, **options))

    @classmethod
    def supabase(cls, url: str, key: str, **options: Any) -> LeadStore:
        from flows.adapters.store.rest import SupabaseTransport

        return cls(SupabaseTransport(url, key, **options))

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.close()

    @property
    def news(self) -> LeadNews:
        return self._transport.news

    @property
    def operations(self) -> Operations:
        """What operators ask of the same store."""
        from flows.adapters.store.operations import Operations

        return Operations(self._transport)

    @property
    def company(self) -> Company:
        """What the company answers for: the account, of the same store."""
        from flows.adapters.store.company import Company

        return Company(self._transport)

    @property
    def people(self) -> People:
        """Who may look and act at /ops, of the same store."""
        from flows.adapters.store.people import People

        return People(self._transport)

    # receiving

    async def ping(self) -> None:
        await self._call(Function.PING)

    async def take_a_write(self) -> None:
        """Raises as any call does when the store can be read but not written (a replica, a full disk)."""
        await self._call(Function.TAKE_A_WRITE)

    async def receive(self, events: Sequence[dict[str, Any]]) -> Delivered:
        """Stores one delivery in one transaction. Events come from `webhook.payload.events`."""
        delivered = Delivered.model_validate(await self._call(Function.RECEIVE_DELIVERY, events=list(events)))
        if delivered.refused:
            log.error("%d event(s) could not be applied; they are kept in webhook_events as refused", delivered.refused)
        return delivered

    async def save_form(self, form: dict[str, Any]) -> Dispatch:
        """A form of anybody's: it fills what is empty, and the rest of it is kept beside. `vouched` in it ("where and when")
        is a consent that somebody of ours vouches for; `network`, a hash of where it came from."""
        return Dispatch.model_validate(await self._call(Function.SAVE_FORM, form=form))

    async def try_form(self, form: dict[str, Any]) -> Dispatch:
        """What `save_form` would say; nothing of it is kept, and its ids are nobody's."""
        return Dispatch.model_validate(await self._call(Function.TRY_FORM, form=form))

    # starting

    async def set_starting_rules(self, rules: dict[str, Any]) -> None:
        """How many and when (flows.conversing.starting), for everybody who uses this store."""
        await self._call(Function.SET_STARTING_RULES, rules=rules)

    async def may_start(
        self,
        lead_id: UUID,
        kind: Literal["welcome", "reminder", "notice", "template", "message"],
        *,
        asked: Literal["once", "again"] | None = None,
        at: datetime | None = None,
        most: int | None = None,
    ) -> StartVerdict:
        """The one rule for what no message of the lead's asked for. `asked`, of a reminder: a person wants it, `again` also
        after one that is not answered. `most`: how many a conversation has of its own (None: one). `at`: another moment than
        now."""
        return StartVerdict.model_validate(
            await self._call(
                Function.MAY_START,
                lead=lead_id,
                kind=kind,
                asked=asked,
                at=at,
                form=None,
                but=None,
                most=most,
                template=None,
            )
        )

    # reading

    async def lead(self, lead_id: UUID) -> Lead | None:
        found = await self._call(Function.LEAD, lead=lead_id)
        return Lead.model_validate(found) if found else None

    async def find_lead(self, *, phone: str | None = None, bsuid: str | None = None) -> Lead | None:
        found = await self._call(Function.FIND_LEAD, phone=phone, bsuid=bsuid)
        return Lead.model_validate(found) if found else None

    async def drain(self, lead_id: UUID, lines: int = 0) -> Drained:
        """What is unanswered and unsent, with the lead and so many newest lines of the talk: a turn asks once."""
        return Drained.model_validate(await self._call(Function.DRAIN, lead=lead_id, lines=lines))

    async def transcript(self, lead_id: UUID, limit: int = LINES) -> tuple[Line, ...]:
        lines = await self._call(Function.TRANSCRIPT, lead=lead_id, limit=limit)
        return tuple(Line.model_validate(line) for line in lines)

    # working

    async def claim(self, flow: str, lead_id: UUID, flow_run_id: UUID, lease: timedelta) -> Claim | Outcome:
        """A Claim, or how a run without one ends: SUPERSEDED (a live run has the lead), FINISHED (nothing left to do)."""
        answer = await self._call(
            Function.CLAIM_RUN, flow=flow, lead=lead_id, flow_run=flow_run_id, lease_seconds=lease.total_seconds()
        )
        return Claim.model_validate(answer) if answer["outcome"] == "held" else Outcome(answer["outcome"])

    async def renew(self, claims: Iterable[Claim], lease: timedelta) -> set[UUID]:
        """Extends leases; returns the ids of the runs that are still held."""
        held = list(claims)
        kept = await self._call(
            Function.RENEW_LEASES,
            runs=[c.run_id for c in held],
            claims=[c.claim for c in held],
            lease_seconds=lease.total_seconds(),
        )
        return {UUID(run_id) for run_id in kept}

    async def commit_turn(self, claim: Claim, messages: Sequence[InboundMessage], reply: Reply) -> UUID | None:
        """Marks the messages answered and records the reply; returns the id of the message to send, if any."""
        answer = await self._held(
            Function.COMMIT_TURN, claim, messages=[m.id for m in messages], reply=reply.model_dump(mode="json")
        )
        return UUID(answer["message_id"]) if answer["message_id"] else None

    async def refuse_turn(self, claim: Claim, messages: Sequence[InboundMessage], most: int) -> bool:
        """The turn over these came to nothing: neither a reply nor an apology was taken, or its worker died. True when that
        was so for the `most`-th time, and a person has them now: then nobody answers them by itself."""
        answer = await self._held(Function.REFUSE_TURN, claim, messages=[m.id for m in messages], most=most)
        return bool(answer["outcome"] == "put_aside")

    async def queue(
        self,
        claim: Claim,
        key: str,
        *,
        text: str,
        content: Content | None = None,
        template: dict[str, Any] | None = None,
        asked: Literal["once", "again"] | None = None,
        most: int | None = None,
    ) -> Queued:
        """Wants one message under a key that makes it one for ever, where `may_start` says go. Raises OptedOut."""
        answer = await self._held(
            Function.QUEUE_MESSAGE,
            claim,
            key=key,
            text=text,
            content=content.model_dump(mode="json") if content else None,
            template=template,
            asked=asked,
            most=most,
        )
        if answer["outcome"] == "opted_out":
            raise OptedOut(f"lead {claim.lead_id} stopped messages from us")
        return Queued.model_validate(answer)

    async def queue_for_lead(
        self,
        lead_id: UUID,
        key: str,
        *,
        text: str,
        content: Content | None = None,
        template: dict[str, Any] | None = None,
        asked: Literal["once", "again"] = "once",
    ) -> UUID | None:
        """The same outside any run, for a person; None when the key was used before. Raises OptedOut, and NotNow where
        `may_start` says so for another reason."""
        answer = await self._call(
            Function.QUEUE_FOR_LEAD,
            lead=lead_id,
            key=key,
            text=text,
            template=template,
            asked=asked,
            content=content.model_dump(mode="json") if content else None,
        )
        if answer["outcome"] == "opted_out":
            raise OptedOut(f"lead {lead_id} stopped messages from us")
        if answer["outcome"] not in ("queued", "known"):
            raise NotNow(f"nothing may go to lead {lead_id}: {answer['outcome']}", reason=answer["outcome"])
        return UUID(answer["message_id"]) if answer["message_id"] else None

    async def park(self, claim: Claim, due: datetime) -> int | None:
        """The number of the wait that begins, or None while something is unanswered or unsent."""
        answer = await self._held(Function.PARK_RUN, claim, due=due)
        return answer["wait"] if answer["outcome"] == "parked" else None

    async def finish(self, claim: Claim, outcome: Outcome, *, unless_unanswered: bool = True) -> bool:
        answer = await self._held(
            Function.FINISH_RUN, claim, outcome=outcome.value, unless_unanswered=unless_unanswered
        )
        return answer["outcome"] == "finished"

    async def hand_over(self, claim: Claim, reason: str, summary: dict[str, Any]) -> None:
        """Gives the lead to a person, for something that no message of theirs asked for."""
        await self._held(Function.HAND_OVER, claim, reason=reason, summary=summary)

    async def set_stage(self, lead_id: UUID, stage: Stage) -> None:
        await self._call(Function.SET_STAGE, lead=lead_id, stage=stage.value)

    async def keep_bill(
        self, lead_id: UUID, message_id: UUID, *, path: str, sha256: str, mime_type: str, size: int, keep_days: int
    ) -> BillKept:
        return BillKept.model_validate(
            await self._call(
                Function.KEEP_BILL,
                lead=lead_id,
                message=message_id,
                path=path,
                sha256=sha256,
                mime_type=mime_type,
                size=size,
                keep_days=keep_days,
            )
        )

    async def record_reading(self, bill_id: UUID, reading: BillReading, fields: dict[str, Any]) -> None:
        await self._call(Function.RECORD_READING, bill=bill_id, reading=reading.model_dump(mode="json"), fields=fields)

    async def typed_bill(self, message_id: UUID) -> tuple[UUID, dict[str, Any]] | None:
        """The bill of this message and what a person read on it (the fields of BillFields), if a person did."""
        found = (await self._call(Function.TYPED_BILL, message=message_id))["bill"]
        return (UUID(found["bill_id"]), found["fields"]) if found else None

    async def note_transcription(self, message_id: UUID, text: str) -> None:
        await self._call(Function.NOTE_TRANSCRIPTION, message=message_id, text=text)

    async def applicant(self, lead_id: UUID) -> dict[str, Any]:
        """What the partnership API can be told: keys of `forms.Applicant`, and `partner_lead_id`."""
        return dict(await self._call(Function.APPLICANT, lead=lead_id) or {})

    async def note_partner(self, lead_id: UUID, partner_lead_id: str | None, note: dict[str, Any]) -> None:
        await self._call(Function.NOTE_PARTNER, lead=lead_id, partner_lead_id=partner_lead_id, note=note)

    # sending

    async def begin_send(self, message_id: UUID, *, again: int | None = None) -> Outgoing:
        """`again`: the attempt of unknown outcome that may be repeated, as `attempts` counted it."""
        return Outgoing.model_validate(await self._call(Function.BEGIN_SEND, message=message_id, again=again))

    async def record_send(
        self,
        message_id: UUID,
        outcome: Literal["accepted", "refused", "mend", "unknown", "failed", "unreachable", "opted_out"],
        *,
        attempt: int,
        wamid: str | None = None,
        wa_id: str | None = None,
        bsuid: str | None = None,
        code: int | None = None,
        after_seconds: float | None = None,
    ) -> MessageState:
        """What came of call `attempt`. `refused` and `mend` (somebody has to mend it first) go out again after `after_seconds`."""
        return MessageState.model_validate(
            await self._call(
                Function.RECORD_SEND,
                message=message_id,
                attempt=attempt,
                outcome=outcome,
                wamid=wamid,
                wa_id=wa_id,
                bsuid=bsuid,
                code=code,
                after=after_seconds,
            )
        )

    async def message_state(self, message_id: UUID) -> MessageState:
        return MessageState.model_validate(await self._call(Function.MESSAGE_STATE, message=message_id))

    # dispatching

    async def due(self, limit: int = 50, overdue: timedelta = timedelta(seconds=60)) -> tuple[Dispatch, ...]:
        rows = await self._call(Function.DUE_RUNS, limit=limit, overdue_seconds=overdue.total_seconds())
        return tuple(Dispatch.model_validate(row) for row in rows)

    async def note_flow_run(self, dispatch: Dispatch, flow_run_id: UUID) -> UUID | None:
        answer = await self._call(
            Function.NOTE_FLOW_RUN, run=dispatch.run_id, generation=dispatch.generation, flow_run=flow_run_id
        )
        return UUID(answer["flow_run_id"]) if answer["flow_run_id"] else None

    async def replace_run(self, dispatch: Dispatch) -> Dispatch | None:
        answer = await self._call(Function.REPLACE_RUN, run=dispatch.run_id, generation=dispatch.generation)
        return Dispatch.model_validate(answer) if answer else None

    async def left_flow_runs(self, after: timedelta, limit: int = 200) -> list[UUID]:
        """Prefect's runs that the store has been done with for so long that they should have ended."""
        found = await self._call(Function.LEFT_FLOW_RUNS, after_seconds=after.total_seconds(), limit=limit)
        return [UUID(flow_run_id) for flow_run_id in found]

    async def forget_flow_runs(self, flow_runs: Sequence[UUID]) -> None:
        """They have ended."""
        await self._call(Function.FORGET_FLOW_RUNS, flow_runs=list(flow_runs))

    async def _held(self, function: Function, claim: Claim, **arguments: Any) -> dict[str, Any]:
        answer = await self._call(function, run=claim.run_id, claim=claim.claim, **arguments)
        if answer["outcome"] == "superseded":
            raise Superseded(f"run {claim.run_id}: another worker holds it now")
        return answer
