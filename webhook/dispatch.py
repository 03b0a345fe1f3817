"""Gives Prefect what the store decided: starts runs, resumes waiting ones, and revives what got lost. Nothing here is
trusted to succeed: the store asks again until the run itself reports."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.states import Cancelled, Scheduled

from flows.adapters.store.leads import Dispatch, LeadStore
from flows.errors import Fix, OutcomeUnknown, TryAgain
from flows.shown import metrics

log = logging.getLogger(__name__)

# Between parking in the store and Prefect's `Suspended` lies a moment: whoever resumes tries again briefly.
_RESUME_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
# A run that a worker took (Pending, Running) but that did not claim its work within this time lost its worker. Many start
# at once in a burst, on a busy machine, and to force a state on one of those breaks it: it can no longer suspend.
_STARTING_FOR = timedelta(seconds=20)
# A worker that hears of a cancellation ends the run in a moment; after this time none heard it (the run was about to suspend).
_CANCELLING_FOR = timedelta(seconds=20)
# A run that the store is done with ends in Prefect within this time, or its worker died in between. As often it is looked for.
_ENDING_FOR = timedelta(seconds=60)
_OVER = "Its work is done, or another run's; its own worker went away."
_NOT_ENDED = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED, StateType.CANCELLING]
# Two machines' clocks differ by no more than this.
_CLOCKS_APART = timedelta(minutes=1)
# So long may no round have been managed before somebody should know.
_STANDS_AFTER = 30.0
# While Prefect hangs, deliveries go on coming: what is more than this waits in the store, not in memory.
_MOST_WAITING = 200


class Done(StrEnum):
    """What came of one dispatch."""

    STARTED = "started"
    RESUMED = "resumed"
    NOT_PAUSED = "not paused"
    LEFT_ALONE = "left alone"
    RESCHEDULED = "rescheduled"
    REPLACED = "replaced"


class Dispatcher:
    """Open with `async with`; `carry_out` at once after a delivery, `run` as the net under everything."""

    def __init__(
        self,
        store: LeadStore,
        *,
        every: float = 2.0,
        overdue: timedelta = timedelta(seconds=60),
        timeout: float = 15.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._every, self._overdue, self._timeout, self._now = store, every, overdue, timeout, now
        self._deployments: dict[str, UUID] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        # Prefect's server is one process: a burst is served in order instead of all of it late.
        self._at_once = asyncio.Semaphore(8)
        self._stack = contextlib.AsyncExitStack()
        self._prefect: PrefectClient
        self._managed_at = time.monotonic()
        self._looks_for_left_at = 0.0

    async def __aenter__(self) -> Dispatcher:
        self._prefect = await self._stack.enter_async_context(get_client())
        self._managed_at = time.monotonic()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    async def ping(self) -> None:
        """Raises TryAgain when Prefect's API does not answer."""
        if (exc := await self._prefect.api_healthcheck()) is not None:
            raise TryAgain(f"Prefect does not answer ({type(exc).__name__})")

    async def ask(self, path: str, body: Any) -> Any:
        """What Prefect's API answers to a POST. Raises TryAgain when nobody was there, OutcomeUnknown for whatever else."""
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._prefect.request("POST", path, json=body)  # type: ignore[arg-type]  # a closed list of them
            return answer.json() if answer.content else None
        except httpx.ConnectError:
            raise TryAgain("Prefect is away") from None
        except (httpx.HTTPError, PrefectException, TimeoutError, ValueError) as exc:
            raise OutcomeUnknown(f"Prefect does not answer {path} ({_status(exc) or type(exc).__name__})") from None

    async def moves(self) -> None:
        """Raises TryAgain when `run` has managed no round for long: the store did not say what is due, nothing of it could
        be handed on, or the loop has ended. All may answer then, and still nobody is started, woken or reminded."""
        standing = time.monotonic() - self._managed_at
        if standing > _STANDS_AFTER + 3 * self._every:
            raise TryAgain(f"has managed no round for {standing:.0f} s")

    def soon(self, dispatches: Iterable[Dispatch]) -> None:
        """Carries out in the background. What fails, is cut off or finds no room here, `run` finds again."""
        for dispatch in dispatches:
            self._in_background(self._attempt(dispatch), f"dispatch-{dispatch.run_id}")

    def wake(self, flow_runs: Iterable[UUID]) -> None:
        """Resumes suspended flow runs in the background, for instance those of an erased lead: they look, find nobody and
        end. What fails here is ended by `end_left`."""
        for flow_run_id in flow_runs:
            self._in_background(self._wake(flow_run_id), f"wake-{flow_run_id}")

    def _in_background(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        if len(self._tasks) >= _MOST_WAITING:
            work.close()
            return
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _wake(self, flow_run_id: UUID) -> None:
        try:
            async with self._at_once, asyncio.timeout(self._timeout):
                await self._prefect.resume_flow_run(flow_run_id, run_input={})
        except (httpx.HTTPError, PrefectException, TimeoutError) as exc:
            log.warning("flow run %s could not be woken (%s)", flow_run_id, type(exc).__name__)

    async def run(self) -> None:
        """Every few seconds: whatever is due. Safe with several replicas, since the store stamps what it hands out."""
        while True:
            await asyncio.sleep(self._every)
            try:
                due = await self._store.due(overdue=self._overdue)
            except (TryAgain, Fix) as exc:
                # Also Fix: a store that became read-only for a moment must not end the loop that all leads depend on.
                log.warning("the dispatcher cannot ask the store: %s", exc)
                continue
            except Exception:
                # Not foreseen, so a bug; but the net under everything must not be what it tears.
                log.exception("the dispatcher cannot ask the store")
                continue
            if (clock := asyncio.get_running_loop().time()) >= self._looks_for_left_at:
                self._looks_for_left_at = clock + _ENDING_FOR.total_seconds()
                await self.end_left()
            done = await asyncio.gather(*(self._attempt(dispatch) for dispatch in due))
            if any(done) or not done:
                self._managed_at = time.monotonic()
                metrics.round_managed()

    async def end_left(self) -> None:
        """Ends in Prefect what the store is done with and nobody is left to end. What fails here comes again."""
        try:
            async with asyncio.timeout(self._timeout):
                if not (left := await self._store.left_flow_runs(_ENDING_FOR)):
                    return
                standing = FlowRunFilterState(type=FlowRunFilterStateType(any_=_NOT_ENDED))
                wanted = FlowRunFilter(id=FlowRunFilterId(any_=left), state=standing)
                for run in await self._prefect.read_flow_runs(flow_run_filter=wanted):
                    await self._prefect.set_flow_run_state(run.id, Cancelled(message=_OVER), force=True)
                    log.info("flow run %s was left behind and is ended", run.id)
                await self._store.forget_flow_runs(left)
        except Exception as exc:  # whatever it is, the loop that all leads depend on goes on
            log.warning("runs that were left behind could not be ended (%s)", type(exc).__name__)

    async def _attempt(self, dispatch: Dispatch) -> bool:
        try:
            async with self._at_once, asyncio.timeout(self._timeout):
                done = await self.carry_out(dispatch)
        except (httpx.HTTPError, PrefectException, TimeoutError, TryAgain, Fix) as exc:
            # The store hands this run out again, later each time.
            text = f": {exc}" if isinstance(exc, TryAgain | Fix) else ""
            log.warning("%s of run %s failed (%s)%s", dispatch.action, dispatch.run_id, type(exc).__name__, text)
            metrics.dispatched(dispatch.action, "failed")
        except Exception:
            # Not foreseen, so a bug of ours or of the client; but one run's surprise must not end the loop for all.
            log.exception("%s of run %s failed", dispatch.action, dispatch.run_id)
            metrics.dispatched(dispatch.action, "failed")
        else:
            log.info("run %s (%s, %s): %s", dispatch.run_id, dispatch.flow, dispatch.reason, done)
            metrics.dispatched(dispatch.action, done)
            return True
        return False

    async def carry_out(self, dispatch: Dispatch) -> Done:
        match dispatch.action:
            case "start":
                created = await self._created(dispatch)
                if created.state and created.state.is_final():
                    # the key led to a run that ended before it claimed its work
                    return await self._replace(dispatch)
                return Done.STARTED
            case "resume":
                return await self._resume(dispatch)
            case "revive":
                return await self._revive(dispatch)
        return Done.LEFT_ALONE

    async def _created(self, dispatch: Dispatch) -> FlowRun:
        suffix = f"-{dispatch.generation}" if dispatch.generation else ""
        try:
            run = await self._prefect.create_flow_run_from_deployment(
                await self._deployment(dispatch.flow),
                parameters={"lead_id": str(dispatch.lead_id)},
                idempotency_key=f"{dispatch.run_id}:{dispatch.generation}",
                name=f"{dispatch.flow}-{str(dispatch.lead_id)[:8]}{suffix}",
            )
        except (httpx.HTTPError, ValueError) as exc:
            # A ValueError is an answer that is not Prefect's, e.g. the error page of a proxy.
            if _status(exc) == 404:
                # the deployment was applied anew meanwhile and has another id
                self._deployments.pop(dispatch.flow, None)
            raise TryAgain(f"Prefect did not create a run ({_status(exc) or type(exc).__name__})") from None
        await self._store.note_flow_run(dispatch, run.id)
        return run

    async def _deployment(self, flow: str) -> UUID:
        if flow not in self._deployments:
            try:
                self._deployments[flow] = (await self._prefect.read_deployment_by_name(f"{flow}/{flow}")).id
            except ObjectNotFound:
                raise Fix(f"Prefect has no deployment {flow}/{flow}: run `python -m deployments.apply`") from None
        return self._deployments[flow]

    async def _resume(self, dispatch: Dispatch) -> Done:
        if dispatch.flow_run_id is None:
            return await self.carry_out(dispatch.model_copy(update={"action": "start"}))
        for pause in (*_RESUME_PAUSES, None):
            try:
                answer = await self._prefect.resume_flow_run(dispatch.flow_run_id, run_input={})
            except httpx.HTTPStatusError as exc:
                # For a run that it does not have, Prefect 3.9.1 answers this call with 500 instead of 404.
                if _status(exc) in (404, 500) and await self._is_over(dispatch.flow_run_id):
                    return await self._replace(dispatch)
                raise
            if answer.status.value == "ACCEPT":
                return Done.RESUMED
            if answer.state is not None and answer.state.type is StateType.FAILED:
                # too late: the suspension's own timeout has ended the run
                return await self._replace(dispatch)
            if answer.state is not None and answer.state.type is StateType.PAUSED:
                # Suspended without its form, because Prefect failed between the two; so nothing can fill it in.
                await self._prefect.set_flow_run_state(dispatch.flow_run_id, Scheduled(name="Resuming"), force=True)
                return Done.RESUMED
            if pause is not None:
                await asyncio.sleep(pause)
        # Somebody ended it by hand (of such a run the answer names no state): whoever writes does not wait for the net.
        return await self._replace(dispatch) if await self._is_over(dispatch.flow_run_id) else Done.NOT_PAUSED

    async def _is_over(self, flow_run_id: UUID) -> bool:
        try:
            state = (await self._prefect.read_flow_run(flow_run_id)).state
        except ObjectNotFound:
            return True
        return state is not None and state.is_final()

    async def _revive(self, dispatch: Dispatch) -> Done:
        """Finds out what became of a run that should have reported, and does what is left to do."""
        if dispatch.flow_run_id is None:
            return await self.carry_out(dispatch.model_copy(update={"action": "start"}))
        try:
            run = await self._prefect.read_flow_run(dispatch.flow_run_id)
        except ObjectNotFound:
            return await self._replace(dispatch)
        state = run.state
        if state is None or state.is_scheduled():
            return Done.LEFT_ALONE  # no worker is free, or none is up; workers poll for late runs
        if state.is_paused():
            return await self._resume(dispatch)
        age = self._now() - state.timestamp
        if age < -_CLOCKS_APART:
            age = timedelta.max  # written before the clock was set back
        if state.is_final() or (state.is_cancelling() and age >= _CANCELLING_FOR):
            return await self._replace(dispatch)
        if state.is_cancelling():
            return Done.LEFT_ALONE
        # A lease that ran out says something of this start only if it was given after it.
        claimed = dispatch.claimed_at is not None and dispatch.claimed_at >= state.timestamp
        if (state.is_pending() or not claimed) and age < _STARTING_FOR:
            return Done.LEFT_ALONE
        # Running without a lease: its worker is gone. The same flow run goes to another one.
        await self._prefect.set_flow_run_state(
            run.id, Scheduled(name="AwaitingRetry", message="Its worker went away; another one takes over."), force=True
        )
        return Done.RESCHEDULED

    async def _replace(self, dispatch: Dispatch) -> Done:
        """The Prefect run has ended (failed, cancelled, deleted) and its work has not: another one answers, or reminds."""
        again = await self._store.replace_run(dispatch)
        if again is None:
            return Done.LEFT_ALONE
        if again.action == "start":
            await self._created(again)
        return Done.REPLACED


def _status(exc: Exception) -> int | None:
    return exc.response.status_code if isinstance(exc, httpx.HTTPStatusError) else None
