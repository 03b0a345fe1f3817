"""Prefect as the dispatcher and the workers meet it: runs with keys and states, and answers that get lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

import httpx
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound

from tests.prefect_double import resumed

_NAMESPACE = UUID("5e4e7a00-0000-4000-8000-000000000000")
_FINAL = {StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED}


class FlowRun:
    """One run: its state since when, and the names of the pauses that it has had (Prefect takes none a second time)."""

    def __init__(self, number: int, flow: str, lead_id: UUID, now: datetime) -> None:
        self.id, self.flow, self.lead_id = uuid5(_NAMESPACE, str(number)), flow, lead_id
        self.number = number
        self.pauses: set[str] = set()
        self.remind_now = False
        self.retried = False  # an operator began it again, whatever the store thinks of it
        self.state: State[Any]
        self.enter("SCHEDULED", now)

    def enter(self, kind: str, now: datetime, name: str | None = None) -> None:
        self.state = State(type=StateType(kind), name=name or kind.capitalize(), timestamp=now)

    @property
    def is_over(self) -> bool:
        return self.state.type in _FINAL

    def __repr__(self) -> str:
        return f"run {self.number} ({self.state.name})"


class PrefectModel:
    """The calls of `PrefectClient` that the dispatcher makes. `before` says what befalls each: `once`; `lost`, it happened
    and the answer did not arrive; `cut`, it did not happen."""

    def __init__(self, before: Callable[[str], Awaitable[str]], now: Callable[[], datetime]) -> None:
        self._before, self._now = before, now
        self.runs: dict[UUID, FlowRun] = {}
        self._keys: dict[str, UUID] = {}
        self._made = 0

    def scheduled(self) -> list[FlowRun]:
        return [run for run in self.runs.values() if run.state.is_scheduled()]

    async def read_deployment_by_name(self, name: str) -> Any:
        return SimpleNamespace(id=name.split("/")[0])

    async def create_flow_run_from_deployment(
        self, deployment: str, *, parameters: dict[str, Any], idempotency_key: str, name: str
    ) -> Any:
        befalls = await self._asked("create")
        # a run that was deleted has given its key free, as in Prefect
        if self._keys.get(idempotency_key) not in self.runs:
            self._made += 1
            run = FlowRun(self._made, deployment, UUID(parameters["lead_id"]), self._now())
            self.runs[run.id] = run
            self._keys[idempotency_key] = run.id
        self._answered(befalls)
        return self.runs[self._keys[idempotency_key]]

    async def read_flow_run(self, flow_run_id: UUID) -> Any:
        await self._asked("read")
        if flow_run_id not in self.runs:
            raise ObjectNotFound(Exception("not found"))
        return self.runs[flow_run_id]

    async def resume_flow_run(self, flow_run_id: UUID, run_input: dict[str, Any]) -> Any:
        befalls = await self._asked("resume")
        if flow_run_id not in self.runs:
            response = httpx.Response(500, request=httpx.Request("POST", "http://prefect/resume"))
            raise httpx.HTTPStatusError("500", request=response.request, response=response)
        run = self.runs[flow_run_id]
        status, state = resumed(run.state.type.value)
        if status == "ACCEPT":
            run.enter("SCHEDULED", self._now(), "Resuming")
        self._answered(befalls)
        return SimpleNamespace(status=SimpleNamespace(value=status), state=run.state if state else None)

    async def read_flow_runs(self, flow_run_filter: FlowRunFilter) -> list[FlowRun]:
        befalls = await self._asked("list")
        ids, state = flow_run_filter.id, flow_run_filter.state
        assert ids and ids.any_ and state and state.type and state.type.any_
        self._answered(befalls)
        runs = [self.runs[run_id] for run_id in ids.any_ if run_id in self.runs]
        return [run for run in runs if run.state.type in state.type.any_]

    async def set_flow_run_state(self, flow_run_id: UUID, state: State[Any], force: bool) -> None:
        befalls = await self._asked("set_state")
        if flow_run_id in self.runs:
            self.runs[flow_run_id].enter(state.type.value, self._now(), state.name)
        self._answered(befalls)

    async def _asked(self, what: str) -> str:
        befalls = await self._before(f"prefect {what}")
        if befalls == "cut":
            raise httpx.ConnectError("cut")
        return befalls

    def _answered(self, befalls: str) -> None:
        if befalls == "lost":
            raise httpx.ReadTimeout("lost")
