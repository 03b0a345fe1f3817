"""What one process holds open for all its flow runs: settings, adapters, assistant, and the runs it works on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from uuid import UUID

from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import Abort

from flows import settings
from flows.adapters.files import Files
from flows.adapters.serena.partner import PartnerApi
from flows.adapters.store.leads import Claim, Drained, LeadStore
from flows.assistant.place import places
from flows.conversing import outside
from flows.conversing.discretion import Unforeseen, unforeseen
from flows.conversing.presence import Presence
from flows.conversing.senses import Senses, open_senses
from flows.conversing.starting import keep_rules
from flows.conversing.stores import WORKER_CONNECTIONS, WORKER_PATIENCE, open_files, open_store, prepare_store
from flows.domain import Outcome, Stage
from flows.errors import SerenaError, Superseded, TryAgain
from flows.shown import metrics

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class End:
    """How a flow run ends; `why` adds to the outcome's own words, in Portuguese."""

    outcome: Outcome
    why: str = ""


@dataclass(eq=False)
class Work:
    """One flow run at work for one lead. Whoever has it may act until its claim is superseded."""

    claim: Claim
    runtime: Runtime
    flow_run_id: UUID
    # False for `python -m flows.…`: Prefect can only reschedule, and so suspend, a deployment's run.
    can_suspend: bool
    # Which turn of the lead is under way or was last, from 1, and the stage that it reached: names of runs and tasks say it.
    turn: int
    stage: Stage
    lost: bool = False
    # What an operator did to the run in Prefect while it was at work: the state in which it is to rest, or cancelled.
    suspended: State | None = None
    cancelled: bool = False
    resting: bool = False  # it suspends itself, which is no news of an operator's
    drained: Drained | None = None  # what the turn under way answers, as the store had it after the burst
    tags: frozenset[str] = frozenset()  # that Prefect shows for this run, as far as this process knows
    since: datetime | None = None  # when the flow run was created; what came before belongs to earlier runs
    began: datetime | None = None  # when Prefect made it `Running` this time

    @cached_property
    def presence(self) -> Presence:
        return Presence(self.store, self.runtime.messenger, self.lead_id)

    @property
    def lead_id(self) -> UUID:
        return self.claim.lead_id

    @property
    def store(self) -> LeadStore:
        return self.runtime.store

    @property
    def senses(self) -> Senses:
        return self.runtime.senses.rested() if self.drained and self.drained.model_rests else self.runtime.senses


@dataclass(frozen=True, eq=False)
class Runtime:
    conversation: settings.Conversation
    account: settings.WhatsApp
    bill_retention_days: int
    store: LeadStore
    messenger: outside.Messenger
    plans: outside.PlansSource
    partner: PartnerApi | None  # None: registration is switched off
    files: Files
    senses: Senses
    # Where an operator sees the lead behind a run, when that is configured.
    ops_url: str | None = None
    # Set at shutdown: runs that wait in memory park at once.
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    works: dict[UUID, Work] = field(default_factory=dict)
    # Held by a turn that may be what ends processes.
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    # Called with the flow run's id when its first line is reached; the worker counts starts by it.
    on_started: Callable[[UUID], None] = lambda _: None
    # Aware UTC; what the store's instants are held against.
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def suspend(self, flow_run_id: UUID, state: State) -> None:
        """An operator suspended the run: it answers what it has, and then rests without waiting in memory."""
        work = self._work_of(flow_run_id)
        # Not the state of the wait before: the run suspends itself, too, and may be resumed before that news is here.
        if work and (work.began is None or state.timestamp > work.began):
            work.suspended = state
            self.store.news.tell(work.lead_id)

    def rests(self, flow_run_id: UUID) -> bool:
        return (work := self._work_of(flow_run_id)) is not None and work.resting

    def cancel(self, flow_run_id: UUID) -> None:
        """An operator cancelled the run, whose asyncio task is about to be cancelled."""
        if work := self._work_of(flow_run_id):
            work.cancelled = True

    def _work_of(self, flow_run_id: UUID) -> Work | None:
        return next((work for work in self.works.values() if work.flow_run_id == flow_run_id), None)

    async def keep_leases(self) -> None:
        """Extends the leases of all live runs with one call, several times per lease."""
        while True:
            await asyncio.sleep(self.conversation.lease_seconds / 3)
            if not self.works:
                continue
            works = {work.claim.run_id: work for work in self.works.values()}
            try:
                kept = await self.store.renew([w.claim for w in works.values()], self.lease)
            except TryAgain as exc:
                # If the store stays away for a whole lease, the dispatcher gives these runs to another worker.
                metrics.renewal_failed()
                log.warning("leases could not be renewed: %s", exc)
                continue
            for run_id, work in works.items():
                work.lost = run_id not in kept

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.conversation.lease_seconds)


# What `open_runtime` opened, for all that begins within it: Prefect calls a flow with its parameters and nothing else.
_open: ContextVar[Runtime | None] = ContextVar("serena_runtime", default=None)
_work: ContextVar[Work | None] = ContextVar("serena_work", default=None)


@contextlib.asynccontextmanager
async def open_runtime(
    messenger: outside.Messenger | None = None,
    store_group: settings.Store | None = None,
    conversation: settings.Conversation | None = None,
    on_started: Callable[[UUID], None] = lambda _: None,
) -> AsyncIterator[Runtime]:
    """Reads the settings and opens every adapter, for the flow runs of the tasks that begin within it.

    With a `messenger` of one's own (a terminal at a desk) neither the account nor the plans API has to be configured, and
    nobody is registered with the partner. `store_group`, `conversation`: other settings than the configured ones.
    Raises Fix with the variables that are missing.
    """
    store_group = store_group or settings.read(settings.Store)
    conversation = conversation or settings.read(settings.Conversation)
    at_a_desk = messenger is not None
    if messenger is None:
        account = settings.read(settings.WhatsApp)
        messenger, plans, partner = outside.messenger(account), outside.plans_source(), outside.partner()
    else:
        account = settings.account_names()
        plans, partner = outside.plans_at_a_desk(), None
    await prepare_store(store_group)
    places.by_code(0)  # its tables take a tenth of a second to load, once; not in somebody's first answer
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(store_group, patience=WORKER_PATIENCE, connections=WORKER_CONNECTIONS)
        )
        if not at_a_desk:
            await keep_rules(store)
        await stack.enter_async_context(messenger)
        await stack.enter_async_context(plans)
        if partner is not None:
            await stack.enter_async_context(partner)
        files = open_files(store_group)
        stack.push_async_callback(files.aclose)
        runtime = Runtime(
            conversation=conversation,
            account=account,
            store=store,
            messenger=messenger,
            plans=plans,
            partner=partner,
            bill_retention_days=store_group.bill_retention_days,
            files=files,
            senses=await open_senses(stack, settings.read(settings.OpenAI), conversation, account),
            ops_url=settings.read(settings.Ops).ops_url,
            on_started=on_started,
        )
        leases = asyncio.create_task(runtime.keep_leases(), name="leases")
        before = _open.get()
        _open.set(runtime)
        try:
            yield runtime
        finally:
            _open.set(before)
            leases.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await leases


@contextlib.asynccontextmanager
async def opened_runtime() -> AsyncIterator[Runtime]:
    """What is open already, whose owner hears that this run has begun; for one alone in its process, a runtime of its own."""
    if (opened := _open.get()) is not None:
        _begun(opened)
        yield opened
    else:
        async with open_runtime() as runtime:
            yield runtime


def _begun(runtime: Runtime) -> None:
    if (context := FlowRunContext.get()) is not None and context.flow_run is not None:
        runtime.on_started(context.flow_run.id)


@contextlib.asynccontextmanager
async def opened_store() -> AsyncIterator[LeadStore]:
    """The lead store for a flow that works for no lead: the worker's, or one of its own, which needs no other setting."""
    if (opened := _open.get()) is not None:
        _begun(opened)
        yield opened.store
    else:
        group = settings.read(settings.Store)
        await prepare_store(group)
        async with open_store(group, patience=WORKER_PATIENCE, listen=False, connections=1) as store:
            yield store


async def at_work(flow: str, lead_id: UUID, do: Callable[[Work], Awaitable[End]]) -> End:
    """Claims the lead for this flow run and does the work; returns how the run ends, at once when there is nothing to do.

    A run that loses its claim on the way stops without setting a state: another worker runs the same flow run now.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError("only a flow run can claim a lead")
    run = context.flow_run
    async with opened_runtime() as runtime:
        claim = await runtime.store.claim(flow, lead_id, run.id, runtime.lease)
        if isinstance(claim, Outcome):
            return End(claim)
        work = Work(
            claim,
            runtime,
            run.id,
            can_suspend=run.deployment_id is not None,
            turn=claim.turns,
            stage=claim.stage,
            tags=frozenset(run.tags),
            since=run.created,
            began=run.state.timestamp if run.state else None,
        )
        runtime.works[claim.run_id] = work
        token = _work.set(work)
        try:
            return await do(work)
        except Superseded as exc:
            try:
                gone = await runtime.store.lead(work.lead_id) is None
            except SerenaError:
                gone = False
            if not gone:
                raise Abort(str(exc)) from exc
            # Nobody takes over for a lead that was erased; the flow then says so and ends. (One that was merged goes on
            # in another flow run, which the dispatcher starts.)
            return End(Outcome.GONE)
        except (SerenaError, Unforeseen):
            raise
        except Exception as exc:
            raise unforeseen(exc) from None
        except asyncio.CancelledError:
            if not runtime.closing.is_set():
                await asyncio.shield(_cancelled(work, flow))
            task = asyncio.current_task()
            if not work.cancelled or task is None:
                raise
            task.uncancel()  # dealt with: the run ends in order, with a state of its own
            return End(Outcome.CANCELLED)
        finally:
            work.presence.close()
            _work.reset(token)
            runtime.works.pop(claim.run_id, None)


async def _cancelled(work: Work, flow: str) -> None:
    """The run was cancelled in Prefect, by an operator or by a rule there. A conversation is not over by that: it waits as
    it would have, and what the lead writes, or their silence, gets a new run. (`/ops` is where a person takes over.)"""
    lead = await work.store.lead(work.lead_id)
    if flow == "conversation" and lead is not None and lead.stage.reminded and lead.taken_over_at is None:
        # refused while something is unanswered: then the lease runs out, and a new run answers
        await work.store.park(work.claim, work.runtime.now() + work.runtime.conversation.reminder_after)
    else:
        await work.store.finish(work.claim, Outcome.CANCELLED)


def current_work() -> Work:
    """The work of the flow run that this task belongs to: tasks are handed ids, never an open client."""
    work = _work.get()
    if work is None:
        raise RuntimeError("this task runs only inside one of the flows")
    return work
