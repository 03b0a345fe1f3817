"""Prefect, as much of it as a conversation notices: runs, their states, suspending and resuming, timers, retries, and its faults.

`stand_in` puts this model in the place of Prefect's own functions, before anything of ours is imported; nothing of ours is
replaced. A story test plays the same script here and on the real Prefect and compares what the store went through
(tests/month/test_month.py).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, ObjectNotFound, Pause
from prefect.states import Failed, Pending, Running, Scheduled, Suspended
from prefect.tasks import Task

from tests.month.clock import Died, Lifetime, apart, lifetime
from tests.prefect_double import resumed


@dataclass(frozen=True)
class Faults:
    """How often things go wrong, as shares of one."""

    answers_lost: float = 0.0  # Prefect did it, and its answer never arrived
    timers_missed: float = 0.0  # the automation's event got lost
    workers_killed: float = 0.0  # within a run, before or after one of its calls to the store


@dataclass
class Run:
    """One flow run. `input` is what whoever resumed it filled in, by the key of the pause."""

    id: UUID
    flow: str
    parameters: dict[str, Any]
    state: State
    created: datetime
    tags: set[str] = field(default_factory=set)
    input: dict[str, dict[str, Any]] = field(default_factory=dict)
    expires: datetime | None = None
    suspensions: int = 0


# What the runs find in Prefect's place; one at a time.
_standing_in: PrefectModel | None = None


class PrefectModel:
    """The server and its workers. `flows`: the flows' plain functions by name. `starts`: seconds from a scheduled run to its first
    line, from and to."""

    def __init__(
        self,
        flows: dict[str, Callable[..., Awaitable[State]]],
        *,
        clock: Callable[[], datetime],
        dice: Random,
        silence: timedelta,
        faults: Faults = Faults(),
        starts: tuple[float, float] = (0.05, 0.4),
        died: Callable[[UUID], None] = lambda _: None,
    ) -> None:
        global _standing_in
        _standing_in = self
        self.runs: dict[UUID, Run] = {}
        self.counts: Counter[str] = Counter()
        self._flows, self._clock, self._dice = flows, clock, dice
        self._silence, self._faults, self._starts, self._died = silence, faults, starts, died
        self._keys: dict[str, UUID] = {}
        self._deployments = {name: uuid4() for name in flows}
        self._tasks: set[asyncio.Task[None]] = set()

    # the server

    def set(self, run: Run, state: State) -> None:
        state.timestamp = self._clock()
        run.state = state

    def schedule(self, run: Run, state: State) -> None:
        """The run waits for a worker, and one takes it."""
        self.set(run, state)
        self._spawn(self._work(run))

    def resume(self, run: Run, given: dict[str, Any] | None) -> tuple[str, State | None]:
        """What Prefect answers to a resume, from whomever: its status, and the state that it names, if any."""
        overdue = run.expires is not None and self._clock() > run.expires
        status, became = resumed(run.state.type.value, overdue=overdue)
        if status == "ACCEPT":
            if given is not None:
                run.input[f"{run.state.name.lower()}-{run.state.state_details.pause_key}"] = given
            self.schedule(run, Scheduled(name="Resuming"))
        elif became == "FAILED":
            self.set(run, Failed(message="The flow was paused and never resumed."))
        return status, run.state if became else None

    def _silent(self, run: Run, suspension: int) -> None:
        """The automation: nobody resumed it in time, and it was not suspended anew."""
        if run.suspensions == suspension and not run.state.is_final():
            self.counts["timers"] += 1
            self.resume(run, None)

    # the worker and the engine

    async def _work(self, run: Run) -> None:
        await asyncio.sleep(self._dice.uniform(*self._starts))
        if not run.state.is_scheduled():
            return
        self.set(run, Pending())
        self.set(run, Running())
        self.counts["starts"] += 1
        shown = FlowRun.model_construct(
            id=run.id,
            name=run.flow,
            tags=sorted(run.tags),
            created=run.created,
            state=run.state,
            deployment_id=uuid4(),
            flow_id=uuid4(),
            parameters=run.parameters,
            expected_start_time=None,
        )
        dies = self._dice.random() < self._faults.workers_killed
        lifetime.set(Lifetime(self._dice.randrange(2, 24), self._dice.random() < 0.5) if dies else None)
        context = FlowRunContext.model_construct(flow=None, flow_run=shown, parameters=run.parameters)
        try:
            with context:
                ended = await self._flows[run.flow](UUID(run.parameters["lead_id"]))
        except Pause as paused:
            self._suspended(run, paused.state)
        except Abort:
            self.counts["left to another"] += 1
        except Died:
            self.counts["killed"] += 1
            self._died(run.id)
        except Exception as exc:
            self.counts[f"failed: {type(exc).__name__}"] += 1
            self.set(run, Failed(message=type(exc).__name__))
        else:
            self.set(run, ended if not run.state.is_final() else run.state)

    def _suspended(self, run: Run, state: State) -> None:
        self.set(run, state)
        run.suspensions += 1
        run.expires = state.state_details.pause_timeout
        if self._dice.random() >= self._faults.timers_missed:
            loop = asyncio.get_running_loop()
            loop.call_later(self._silence.total_seconds(), self._silent, run, run.suspensions, context=apart())

    async def call(self, task: Task[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A task: its retries, pauses, condition and time limit are those that it declares."""
        for tries in range((task.retries or 0) + 1):
            try:
                async with asyncio.timeout(task.timeout_seconds):
                    return await task.fn(*args, **kwargs)
            except Exception as exc:
                condition = task.retry_condition_fn
                wanted = condition is None or await condition(task, None, _Raised(exc))
                if tries == task.retries or not wanted:
                    self.counts[f"red {task.name}"] += 1
                    raise
                delays = task.retry_delay_seconds
                await asyncio.sleep(delays[min(tries, len(delays) - 1)] if isinstance(delays, list) else delays or 0)
        raise AssertionError("a task ends or raises")

    # its API

    def lose(self) -> None:
        """Maybe the answer to what was just done is lost."""
        if self._dice.random() < self._faults.answers_lost:
            self.counts["answers lost"] += 1
            raise httpx.ReadTimeout("lost")

    def create(self, deployment_id: UUID, parameters: dict[str, Any], key: str) -> Run:
        if key not in self._keys:
            flow = next(name for name, known in self._deployments.items() if known == deployment_id)
            run = Run(uuid4(), flow, parameters, Scheduled(), self._clock())
            self.runs[run.id] = run
            self._keys[key] = run.id
            self.schedule(run, Scheduled())
        return self.runs[self._keys[key]]

    def deployment(self, name: str) -> UUID:
        return self._deployments[name.split("/")[1]]

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work, context=apart())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Raised:
    """A failed state as a retry condition reads it."""

    def __init__(self, exc: Exception) -> None:
        self._exc = exc

    async def aresult(self) -> Any:
        raise self._exc


class _Client:
    """What we ask of Prefect's client."""

    def __init__(self, model: PrefectModel) -> None:
        self._model = model

    async def api_healthcheck(self) -> None:
        return None

    async def read_deployment_by_name(self, name: str) -> Any:
        return _Answer(id=self._model.deployment(name))

    async def create_flow_run_from_deployment(
        self, deployment_id: UUID, *, parameters: dict[str, Any], idempotency_key: str, name: str
    ) -> Any:
        run = self._model.create(deployment_id, parameters, idempotency_key)
        self._model.lose()
        return _Answer(id=run.id, state=run.state)

    async def resume_flow_run(self, flow_run_id: UUID, run_input: dict[str, Any] | None = None) -> Any:
        if flow_run_id not in self._model.runs:
            request = httpx.Request("POST", "http://prefect/resume")
            raise httpx.HTTPStatusError("gone", request=request, response=httpx.Response(500, request=request))
        status, state = self._model.resume(self._model.runs[flow_run_id], run_input)
        self._model.lose()
        return _Answer(status=_Answer(value=status), state=state)

    async def read_flow_run(self, flow_run_id: UUID) -> Any:
        if flow_run_id not in self._model.runs:
            raise ObjectNotFound(Exception("gone"))
        run = self._model.runs[flow_run_id]
        return _Answer(id=run.id, state=run.state, tags=sorted(run.tags))

    async def read_flow_runs(self, flow_run_filter: Any) -> list[Any]:
        wanted = [self._model.runs[id] for id in flow_run_filter.id.any_ if id in self._model.runs]
        return [_Answer(id=run.id) for run in wanted if not run.state.is_final()]

    async def set_flow_run_state(self, flow_run_id: UUID, state: State, force: bool = False) -> None:
        run = self._model.runs[flow_run_id]
        if state.is_scheduled():
            self._model.schedule(run, state)
        else:
            self._model.set(run, state)

    async def update_flow_run(self, flow_run_id: UUID, **changed: Any) -> Any:
        if "tags" in changed:
            self._model.runs[flow_run_id].tags = set(changed["tags"])
        return httpx.Response(204, request=httpx.Request("PATCH", "http://prefect"))

    async def create_artifact(self, artifact: Any) -> None:
        self._model.counts["artifacts"] += 1


class _Answer:
    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


def stand_in() -> None:
    """Prefect's functions, as our modules are going to import them, ask the model from now on."""
    import prefect.client.orchestration
    import prefect.events
    import prefect.flow_runs
    import prefect.input.run_input

    @contextlib.asynccontextmanager
    async def get_client(*_: Any, **__: Any) -> AsyncIterator[PrefectClient]:
        assert _standing_in is not None
        yield _Client(_standing_in)  # type: ignore[misc]

    async def asuspend_flow_run(wait_for_input: Any = None, timeout: int | None = None, key: str | None = None) -> None:
        assert _standing_in is not None
        state = Suspended(timeout_seconds=timeout, pause_key=key)
        # the library asks the machine's clock
        state.state_details.pause_timeout = _standing_in._clock() + timedelta(seconds=timeout or 0)
        raise Pause(state=state)

    async def aread_flow_run_input(key: str, flow_run_id: UUID | None = None) -> Any:
        assert _standing_in is not None and flow_run_id is not None
        run = _standing_in.runs[flow_run_id]
        return run.input.get(key.removesuffix("-response"))

    def call(task: Task[..., Any], *args: Any, **kwargs: Any) -> Any:
        assert _standing_in is not None
        return _standing_in.call(task, *args, **kwargs)

    prefect.client.orchestration.get_client = get_client  # type: ignore[assignment]
    prefect.flow_runs.asuspend_flow_run = asuspend_flow_run  # type: ignore[assignment]
    prefect.input.run_input.aread_flow_run_input = aread_flow_run_input
    prefect.events.emit_event = lambda *_, **__: None
    Task.__call__ = call  # type: ignore[assignment, method-assign]
