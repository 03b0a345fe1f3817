"""Failures on demand: what shall go wrong next, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Fault(BaseModel):
    model_config = ConfigDict(extra="forbid")

    times: int | None = Field(default=1, ge=1, description="how often; null means until the faults are cleared")


class SendFault(_Fault):
    """Refuse sends with this code; the HTTP status is that of Meta's table unless given."""

    code: int
    http_status: int | None = None


class Hang(_Fault):
    """Accept and deliver a send, but answer only after `seconds`."""

    seconds: float = Field(ge=0)


class Drop(_Fault):
    """Accept and deliver a send, then break the connection, or answer 500."""

    answer: Literal["close", "500"] = "close"


class StatusFault(_Fault):
    """Accept sends, then report them `failed` with this code."""

    code: int


class PlansFault(_Fault):
    """How the plans API misbehaves; `seconds` is for timeout, `retry_after` (seconds) for 429."""

    kind: Literal["500", "429", "401", "timeout"]
    times: int | None = Field(default=None, ge=1)
    retry_after: int = Field(default=1, ge=0)
    seconds: float = Field(default=60.0, ge=0)


class FaultPlan(BaseModel):
    """The body of POST /simulator/faults: only what is given changes, null switches one off."""

    model_config = ConfigDict(extra="forbid")

    sends: SendFault | None = None
    hang: Hang | None = None
    drop: Drop | None = None
    statuses: StatusFault | None = None
    plans: PlansFault | None = None
    hold_statuses: bool = False
    # Every webhook twice, because Meta delivers at least once.
    duplicate_webhooks: bool = False


class Faults:
    """The current plan, counted down as faults happen. `changed` is called after each change of it."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self.plan = FaultPlan()
        self._changed = changed
        self._statuses_flow = asyncio.Event()
        self._statuses_flow.set()

    def change(self, plan: FaultPlan) -> None:
        self.plan = self.plan.model_copy(update={name: getattr(plan, name) for name in plan.model_fields_set})
        self._in_force()

    def clear(self) -> None:
        self.plan = FaultPlan()
        self._in_force()

    def take(self, name: Literal["sends", "hang", "drop", "statuses", "plans"]) -> Any:
        """The fault of this name if one is due now, counting it; else None."""
        fault = getattr(self.plan, name)
        if fault is None or fault.times is None:
            return fault
        left = fault.model_copy(update={"times": fault.times - 1})
        self.plan = self.plan.model_copy(update={name: left if left.times else None})
        self._changed()
        return fault

    async def statuses_may_go(self) -> None:
        """Return at once, or when status webhooks are no longer held back."""
        await self._statuses_flow.wait()

    def _in_force(self) -> None:
        if self.plan.hold_statuses:
            self._statuses_flow.clear()
        else:
            self._statuses_flow.set()
        self._changed()
