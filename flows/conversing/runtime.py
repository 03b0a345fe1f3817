"""What one process holds open for all its flow runs: settings, adapters, assistant, and the runs it works on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.context import FlowRunContext
from prefect.exceptions import Abort

from flows import settings
from flows.adapters.files import Files
from flows.adapters.serena.partner import PartnerApi
from flows.adapters.serena.plans import PlansApi
from flows.adapters.store.leads import Claim, LeadStore
from flows.adapters.whatsapp import WhatsApp
from flows.assistant.place import places
from flows.conversing.discretion import Unforeseen, unforeseen
from flows.conversing.senses import Senses, open_senses
from flows.conversing.stores import WORKER_CONNECTIONS, WORKER_PATIENCE, open_files, open_store, prepare_store
from flows.errors import SerenaError, Superseded, TryAgain
from flows.shown import metrics

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Work:
    """One flow run at work for one lead. Whoever has it may act until its claim is superseded."""

    claim: Claim
    runtime: Runtime
    flow_run_id: UUID
    # False for `python -m flows.…`: Prefect can only reschedule, and so suspend, a deployment's run.
    can_suspend: bool
    lost: bool = False
    # The tags that Prefect shows for this run, as far as this process knows.
    tags: frozenset[str] = frozenset()
    # When the flow run was created; what came before belongs to earlier runs.
    since: datetime | None = None

    @property
    def lead_id(self) -> UUID:
        return self.claim.lead_id

    @property
    def store(self) -> LeadStore:
        return self.runtime.store


@dataclass(eq=False)
class Runtime:
    conversation: settings.Conversation
    account: settings.WhatsApp
    bill_retention_days: int
    store: LeadStore
    whatsapp: WhatsApp
    plans: PlansApi
    partner: PartnerApi | None  # None: registration is switched off
    files: Files
    senses: Senses
    # Where an operator sees the lead behind a run, when that is configured.
    ops_url: str | None = None
    # Set at shutdown: runs that wait in memory park at once.
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    works: dict[UUID, Work] = field(default_factory=dict)
    # Called with the flow run's id when its first line is reached; the worker counts starts by it.
    on_started: Callable[[UUID], None] = lambda _: None

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


_current: Runtime | None = None
_work: ContextVar[Work | None] = ContextVar("serena_work", default=None)


@contextlib.asynccontextmanager
async def open_runtime(whatsapp: Any = None, store_group: settings.Store | None = None) -> AsyncIterator[Runtime]:
    """Reads the settings, opens every adapter, and makes the result this process's runtime.

    With a `whatsapp` of one's own (a terminal at a desk) neither the account nor the plans API has to be configured, and
    nobody is registered with the partner. `store_group`: another lead store than the configured one.
    Raises Fix with the variables that are missing.
    """
    global _current
    store_group, conversation = store_group or settings.read(settings.Store), settings.read(settings.Conversation)
    if whatsapp is None:
        account, serena = settings.read(settings.WhatsApp), settings.read(settings.Serena)
        whatsapp = WhatsApp(
            token=account.whatsapp_api_token.get_secret_value(),
            phone_number_id=account.whatsapp_phone_number_id,
            api_version=account.whatsapp_api_version,
            base_url=account.whatsapp_base_url,
        )
    else:
        account = settings.read(settings.WhatsApp, whatsapp_api_token="desk", whatsapp_phone_number_id="00000")
        serena = settings.desk_serena()
    await prepare_store(store_group)
    places.by_code(0)  # its tables take a tenth of a second to load, once; not in somebody's first answer
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(store_group, patience=WORKER_PATIENCE, connections=WORKER_CONNECTIONS)
        )
        await stack.enter_async_context(whatsapp)
        files = open_files(store_group)
        stack.push_async_callback(files.aclose)
        plans = await stack.enter_async_context(
            PlansApi(base_url=serena.serena_api_base_url, token=serena.serena_api_token.get_secret_value())
        )
        partner = None
        if serena.serena_register_leads:
            partner = await stack.enter_async_context(
                PartnerApi(base_url=serena.serena_api_base_url, token=serena.serena_api_token.get_secret_value())
            )
        runtime = Runtime(
            conversation=conversation, account=account, store=store, whatsapp=whatsapp, plans=plans, partner=partner,
            bill_retention_days=store_group.bill_retention_days,
            files=files,
            senses=await open_senses(stack, settings.read(settings.OpenAI), conversation),
            ops_url=settings.read(settings.Ops).ops_url,
        )  # fmt: skip
        leases = asyncio.create_task(runtime.keep_leases(), name="leases")
        before, _current = _current, runtime
        try:
            yield runtime
        finally:
            _current = before
            leases.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await leases


@contextlib.asynccontextmanager
async def _runtime() -> AsyncIterator[Runtime]:
    """The process's runtime; for a run alone in its process, one of its own."""
    if _current is not None:
        yield _current
    else:
        async with open_runtime() as runtime:
            yield runtime


@contextlib.asynccontextmanager
async def reading() -> AsyncIterator[LeadStore]:
    """The lead store for a flow that works for no lead: the worker's, or one of its own, which needs no other setting."""
    if _current is not None:
        if (context := FlowRunContext.get()) is not None and context.flow_run is not None:
            _current.on_started(context.flow_run.id)
        yield _current.store
    else:
        group = settings.read(settings.Store)
        await prepare_store(group)
        async with open_store(group, patience=WORKER_PATIENCE, listen=False, connections=1) as store:
            yield store


@contextlib.asynccontextmanager
async def working(flow: str, lead_id: UUID) -> AsyncIterator[Work | str]:
    """Claims the lead for this flow run. Yields the Work, or why there is nothing to do ("superseded", "finished").

    A run that loses its claim on the way stops without setting a state: another worker runs the same flow run now. When
    the lead itself is gone, the block just ends.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError("only a flow run can claim a lead")
    flow_run_id = context.flow_run.id
    async with _runtime() as runtime:
        runtime.on_started(flow_run_id)
        claim = await runtime.store.claim(flow, lead_id, flow_run_id, runtime.lease)
        if isinstance(claim, str):
            yield claim
            return
        run = context.flow_run
        work = Work(
            claim, runtime, flow_run_id, can_suspend=run.deployment_id is not None, tags=frozenset(run.tags),
            since=run.created,
        )  # fmt: skip
        runtime.works[claim.run_id] = work
        token = _work.set(work)
        try:
            yield work
        except Superseded as exc:
            try:
                gone = await runtime.store.lead(work.lead_id) is None
            except SerenaError:
                gone = False
            if not gone:
                raise Abort(str(exc)) from exc
            # Nobody takes over for a lead that was erased; the flow then says so and ends. (One that was merged goes on
            # in another flow run, which the dispatcher starts.)
        except (SerenaError, Unforeseen):
            raise
        except Exception as exc:
            raise unforeseen(exc) from None
        except asyncio.CancelledError:
            if not runtime.closing.is_set():
                await asyncio.shield(_cancelled(work, flow))
            raise
        finally:
            _work.reset(token)
            runtime.works.pop(claim.run_id, None)


async def _cancelled(work: Work, flow: str) -> None:
    """The run was cancelled in Prefect, by an operator or by a rule there. A conversation is not over by that: it waits as
    it would have, and what the lead writes, or their silence, gets a new run. (`/ops` is where a person takes over.)"""
    lead = await work.store.lead(work.lead_id)
    if flow == "conversation" and lead is not None and lead.stage.reminded and lead.taken_over_at is None:
        # refused while something is unanswered: then the lease runs out, and a new run answers
        await work.store.park(work.claim, datetime.now(UTC) + work.runtime.conversation.reminder_after)
    else:
        await work.store.finish(work.claim, "cancelled")


def current_work() -> Work:
    """The work of the flow run that this task belongs to: tasks are handed ids, never an open client."""
    work = _work.get()
    if work is None:
        raise RuntimeError("this task runs only inside one of the flows")
    return work
