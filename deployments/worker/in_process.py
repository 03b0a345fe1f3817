"""The worker: takes flow runs from the work pool and runs each as an asyncio task in this process.

The flows are imported once, so a run starts in a fraction of a second instead of the seconds a Python process of its own
would take. Crash isolation is given up knowingly: leases and the dispatcher restore what a dying worker held.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import anyio
import httpx
from prefect.context import AsyncClientContext, SyncClientContext
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventAnyResourceFilter, EventFilter, EventNameFilter
from prefect.exceptions import Abort, Pause, PrefectException, PrefectSignal
from prefect.flow_engine import run_flow_async
from prefect.settings import (
    PREFECT_CLIENT_RETRY_EXTRA_CODES,
    PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_WORKER_ENABLE_CANCELLATION,
    temporary_settings,
)
from prefect.states import Suspended
from prefect.workers.base import BaseJobConfiguration, BaseWorker, BaseWorkerResult

from deployments.worker.pages import refuse_pages
from deployments.worker.quiet import quieten
from flows import settings
from flows.activation import lead_activation
from flows.conversation import conversation
from flows.conversing.runtime import Runtime, open_runtime
from flows.errors import SerenaError
from flows.notices import notices
from flows.report import daily_report
from flows.retention import retention
from flows.shown import logs, metrics, scraping

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun
    from prefect.flows import Flow

log = logging.getLogger("serena.worker")

# For a flow that names no storage Prefect's engine asks the server for one at each start, and the whole loop waits: a third
# of what a first contact cost this process. This is the one it would be given: only what a task raised is kept there.
_STORAGE = Path(PREFECT_LOCAL_STORAGE_PATH.value())
FLOWS: dict[str, Flow[..., Any]] = {
    flow.name: flow.with_options(result_storage=_STORAGE)
    for flow in (lead_activation, conversation, notices, daily_report, retention)
}
_SOON = timedelta(seconds=5)
# How long a run may rest that somebody paused, before Prefect calls it failed; a message or the silence wakes it earlier.
_REST_SECONDS = 7 * 24 * 3600
# An operator's *Suspend*; *Pause* is the API's word for a run that would keep its process.
_RESTING = ("prefect.flow-run.Suspended", "prefect.flow-run.Paused")
_WAKING = ("prefect.flow-run.Scheduled", "prefect.flow-run.Resuming", "prefect.flow-run.AwaitingRetry")


class InProcessWorker(BaseWorker[BaseJobConfiguration, Any, BaseWorkerResult]):
    """Prefect's worker (presence, heartbeats, polling, limits, cancellation are its own) with another way to run:
    `_submit_run` runs the flow here instead of preparing infrastructure, and Prefect's event stream wakes it at once.
    """

    type = "in-process"
    job_configuration = BaseJobConfiguration
    _description = "Runs Serena Qualifier's flows as asyncio tasks inside the worker's own process."
    _display_name = "In-process"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = settings.read(settings.Worker)
        # A few starts at a time, in order: a burst is served one after the other instead of all of it late.
        self._starts = asyncio.Semaphore(options.worker_starts)
        self._shutdown_seconds = options.worker_shutdown_seconds
        self._runtime: Runtime | None = None
        self._runtime_stack = contextlib.AsyncExitStack()
        self._tasks: dict[UUID, asyncio.Task[Any]] = {}
        self._started: dict[UUID, Callable[[], None]] = {}
        self._again: set[UUID] = set()
        self._cancelled: set[UUID] = set()
        self._listening: asyncio.Task[None] | None = None

    async def run(self, flow_run: FlowRun, configuration: Any, task_status: Any = None) -> BaseWorkerResult:
        """Not used: `_submit_run` has no infrastructure to hand a run to."""
        await self._submit_run(flow_run)
        return BaseWorkerResult(identifier=str(flow_run.id), status_code=0)

    async def setup(self) -> None:
        watching = settings.read(settings.Watching)
        logs.set_up(watching)
        quieten()
        self._runtime_stack.enter_context(scraping.serving("worker", watching))
        metrics.holding(self._tasks)
        self._runtime = await self._runtime_stack.enter_async_context(open_runtime(on_started=self._note_started))
        if watching.metrics_port is not None:
            asking = asyncio.create_task(scraping.keep_asking(self._runtime.store), name="store-asked")
            self._runtime_stack.callback(asking.cancel)
        # Off by default; without it a cancelled run goes on, and stands as Cancelling for minutes.
        self._runtime_stack.enter_context(temporary_settings({PREFECT_WORKER_ENABLE_CANCELLATION: True}))
        await super().setup()
        refuse_pages(self.client)
        await self._share_with_runs()
        self._listening = asyncio.create_task(self._keep_listening(), name="prefect-events")

    async def _share_with_runs(self) -> None:
        """What Prefect's engine would set up for each run by itself, once for all that run here: every task created from
        now on inherits it."""
        # Leases tell of crashed runs; for Prefect each run would send heartbeats from a thread of its own.
        shared = {
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
            # What Prefect's API answers while its database is away. Untried again, it ends a run between two steps.
            PREFECT_CLIENT_RETRY_EXTRA_CODES: {*PREFECT_CLIENT_RETRY_EXTRA_CODES.value(), 500},
        }
        self._runtime_stack.enter_context(temporary_settings(shared))
        # One client each: opening one takes longer than a turn, most of it to read certificates, while all other runs wait.
        # The engine opens the other kind at each start, even where it then asks nothing.
        with temporary_settings({PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False}):  # Prefect may be away just now
            shared_client = await self._runtime_stack.enter_async_context(AsyncClientContext())
            self._runtime_stack.enter_context(SyncClientContext())
        refuse_pages(shared_client.client)

    async def teardown(self, *exc_info: Any) -> None:
        with anyio.CancelScope(shield=True):
            await self.drain()
        try:
            await super().teardown(*exc_info)
        finally:
            with anyio.CancelScope(shield=True):
                await self._runtime_stack.aclose()

    async def drain(self) -> None:
        """Orderly shutdown: nothing new is taken, waiting runs park at once, turns under way get a moment to end."""
        if self._listening:
            self._listening.cancel()
        if self._runtime is None or self._runtime.closing.is_set():
            return
        self._runtime.closing.set()
        deadline = asyncio.get_running_loop().time() + self._shutdown_seconds
        while self._tasks and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.05)
        if self._tasks:
            log.warning("%d run(s) did not end in time; another worker takes them over", len(self._tasks))

    # taking runs

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """The slow net below the events: runs that are late, or whose event got lost."""
        if self._runtime is None or self._runtime.closing.is_set():
            return []
        return await super().get_and_submit_flow_runs()

    async def _keep_listening(self) -> None:
        """Takes runs the moment Prefect says that they are scheduled or resumed, and lets go of those that it suspends."""
        pause = 0.2
        while True:
            if self._work_pool is None:
                await asyncio.sleep(pause)
                continue
            wanted = EventFilter(
                event=EventNameFilter(name=[*_WAKING, *_RESTING]),
                any_resource=EventAnyResourceFilter(id=[f"prefect.work-pool.{self._work_pool.id}"]),
            )
            try:
                async with get_events_subscriber(filter=wanted) as events:
                    pause = 0.2
                    metrics.listening(True)
                    async for event in events:
                        flow_run_id = UUID(event.resource.id.rpartition(".")[2])
                        if event.event not in _RESTING:
                            self._spawn(self._take(flow_run_id))
                        elif flow_run_id in self._tasks:
                            self._spawn(self._let_go(flow_run_id, event.event))
            except Exception as exc:
                # Anything a websocket can raise; until it is back, polling finds the runs.
                log.warning("Prefect's event stream was interrupted (%s); polling meanwhile", type(exc).__name__)
            metrics.listening(False)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10.0)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        if self._runs_task_group is None or (self._runtime and self._runtime.closing.is_set()):
            work.close()
            return
        self._runs_task_group.start_soon(lambda: work)

    async def _take(self, flow_run_id: UUID) -> None:
        if self._work_pool is not None and self._work_pool.is_paused:
            return  # an operator paused the pool; polling hands the run out once it goes on
        if flow_run_id in self._submitting_flow_run_ids:
            # Resumed while its suspended run is still being folded up here: looked at again right after that.
            self._again.add(flow_run_id)
            return
        flow_run = await self._read(flow_run_id)
        if (
            flow_run is None
            or flow_run.state is None
            or not flow_run.state.is_scheduled()
            or flow_run_id in self._submitting_flow_run_ids
        ):
            return
        due = flow_run.state.state_details.scheduled_time
        if due is not None and due > datetime.now(UTC) + _SOON:
            return  # planned for later, as the daily report's next days are; polling finds it at its time
        try:
            if self._limiter:
                self._limiter.acquire_on_behalf_of_nowait(flow_run_id)
        except (anyio.WouldBlock, RuntimeError):
            return  # full, or taken by the poll in this very moment; polling comes back to it
        self._submitting_flow_run_ids.add(flow_run_id)
        if self._cancelling_observer is not None:
            self._cancelling_observer.add_in_flight_flow_run_id(flow_run_id)
        await self._submit_run(flow_run)

    async def _let_go(self, flow_run_id: UUID, event: str) -> None:
        """An operator suspended a run that runs here, unless it did so itself. The news may be old, of a suspension that was
        resumed since, so the state is asked for. One that was paused is suspended: a worker resumes only those."""
        if self._runtime and event == _RESTING[0] and self._runtime.rests(flow_run_id):
            return
        flow_run = await self._read(flow_run_id)
        if self._runtime is None or flow_run is None or flow_run.state is None or not flow_run.state.is_paused():
            return
        if flow_run.state.state_details.pause_reschedule:
            self._runtime.suspend(flow_run_id, flow_run.state)
            return
        try:
            await self.client.set_flow_run_state(flow_run_id, Suspended(timeout_seconds=_REST_SECONDS), force=True)
        except (httpx.HTTPError, PrefectException, OSError, ValueError) as exc:
            log.warning("flow run %s could not be suspended: %s", flow_run_id, type(exc).__name__)

    async def _read(self, flow_run_id: UUID) -> FlowRun | None:
        try:
            return await self.client.read_flow_run(flow_run_id)
        except (httpx.HTTPError, PrefectException, OSError, ValueError) as exc:  # ValueError: the page of a proxy
            log.warning("flow run %s could not be read: %s", flow_run_id, type(exc).__name__)
            return None

    # running them

    async def _submit_run(self, flow_run: FlowRun) -> None:
        """Claims the run by its Pending state and runs it to its end or its next suspension."""
        released = False

        def started() -> None:
            nonlocal released
            if not released:
                released = True
                self._starts.release()

        try:
            with metrics.STARTS_QUEUED.track_inprogress():
                await self._starts.acquire()
            self._started[flow_run.id] = started
            try:
                if self._runtime is None or self._runtime.closing.is_set():
                    return
                if await self._propose_pending_state(flow_run):
                    await self._run_here(flow_run)
            except PrefectSignal as exc:
                # Read as scheduled, and suspended since: another worker was faster. No Exception, and unheard it ends us all.
                log.info("flow run %s is not to begin now: %s", flow_run.id, type(exc).__name__)
            except Exception as exc:
                # Prefect's API failed around the run. All that runs here would end with this task's exception.
                log.error("flow run %s was not brought to its end: %s", flow_run.id, type(exc).__name__)
            finally:
                started()
        finally:
            self._started.pop(flow_run.id, None)
            self._release_limit_slot(flow_run.id)
            self._submitting_flow_run_ids.discard(flow_run.id)
            if self._cancelling_observer is not None:
                self._cancelling_observer.remove_in_flight_flow_run_id(flow_run.id)
            if flow_run.id in self._again:
                self._again.discard(flow_run.id)
                self._spawn(self._take(flow_run.id))

    async def _run_here(self, flow_run: FlowRun) -> None:
        flow = FLOWS.get(await self._flow_name(flow_run.flow_id))
        if flow is None:
            await self._propose_crashed_state(flow_run, "This worker does not know the flow; is it an older version?")
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks[flow_run.id] = task
        try:
            # For a run of a deployment Prefect's engine starts a thread with a client and a subscription of its own, to
            # hear of suspensions, and holds up this whole loop until it listens. One subscription serves all runs
            # (`_let_go`); the engine reads the run anew, deployment included, before it calls the flow.
            without = flow_run.model_copy(update={"deployment_id": None})
            await run_flow_async(flow, flow_run=without, parameters=flow_run.parameters, return_type="state")
        except asyncio.CancelledError:
            if flow_run.id not in self._cancelled:
                raise
            # before or after its work for a lead, which would have ended it in order
            await self._mark_flow_run_as_cancelled(flow_run, {"message": "Cancelled by an operator."})
        except (Pause, Abort) as exc:
            # suspended, or another worker has it: both have their state in Prefect already
            log.debug("flow run %s left this process: %s", flow_run.id, type(exc).__name__)
        except SerenaError as exc:
            log.warning("flow run %s ended with %s", flow_run.id, exc)
        except Exception as exc:
            # The engine recorded what it could; one run's trouble must not end the worker.
            log.error("flow run %s broke down: %s", flow_run.id, type(exc).__name__)
        finally:
            self._tasks.pop(flow_run.id, None)
            self._cancelled.discard(flow_run.id)

    async def _flow_name(self, flow_id: UUID) -> str:
        if flow_id not in self._flow_names:
            self._flow_names[flow_id] = (await self.client.read_flow(flow_id)).name
        return self._flow_names[flow_id]

    _flow_names: dict[UUID, str] = {}  # noqa: RUF012 - ids of flows never change their meaning

    def _note_started(self, flow_run_id: UUID) -> None:
        if started := self._started.get(flow_run_id):
            started()

    async def _cancel_run(self, flow_run_id: UUID) -> None:
        """An operator pressed Cancel: the run here ends as cancelled; runs that have not begun are Prefect's own case."""
        if (task := self._tasks.get(flow_run_id)) and self._runtime is not None:
            self._runtime.cancel(flow_run_id)
            self._cancelled.add(flow_run_id)
            task.cancel()
        else:
            await super()._cancel_run(flow_run_id)
