"""Failures on demand: what shall go wrong next, and how often."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from deployments.simulator.changes import Changes


class Fault(BaseModel):
    """One thing that goes wrong. What it may say beside `times` is told by its field in the plan; durations are seconds."""

    model_config = ConfigDict(extra="forbid")

    times: int | None = Field(default=1, ge=1, description="how often; null means until the faults are cleared")
    code: int = 131000
    seconds: float = Field(default=60.0, ge=0)
    answer: Literal["close", "500"] = "close"
    kind: Literal["500", "429", "401", "timeout"] = "500"
    retry_after: int = Field(default=1, ge=0)


class FaultPlan(BaseModel):
    """The body of POST /simulator/faults: only what is given changes, null switches one off."""

    model_config = ConfigDict(extra="forbid")

    sends: Fault | None = Field(None, description="refused with `code`, by the status of Meta's table")
    hang: Fault | None = Field(None, description="accepted and delivered, but answered only after `seconds`")
    drop: Fault | None = Field(
        None, description="accepted and delivered; then the connection breaks, or `answer` is 500"
    )
    statuses: Fault | None = Field(None, description="accepted, then reported `failed` with `code`")
    plans: Fault | None = Field(
        None, description="the plans API's `kind`: a timeout of `seconds`, a 429 with `retry_after`"
    )
    hold_statuses: bool = False
    # Every webhook twice, because Meta delivers at least once.
    duplicate_webhooks: bool = False


class Faults:
    """The current plan, counted down as faults happen."""

    def __init__(self, changes: Changes) -> None:
        self.plan = FaultPlan()
        self._changes = changes

    def change(self, plan: FaultPlan) -> None:
        """Only the given faults change."""
        self._set(self.plan.model_copy(update={name: getattr(plan, name) for name in plan.model_fields_set}))

    def clear(self) -> None:
        self._set(FaultPlan())

    def take(self, name: Literal["sends", "hang", "drop", "statuses", "plans"]) -> Fault | None:
        """The fault of this name if one is due now, counting it; else None."""
        fault: Fault | None = getattr(self.plan, name)
        if fault is not None and fault.times is not None:
            left = fault.model_copy(update={"times": fault.times - 1})
            self._set(self.plan.model_copy(update={name: left if left.times else None}))
        return fault

    async def statuses_may_go(self) -> None:
        """Return at once, or when status webhooks are no longer held back."""
        while self.plan.hold_statuses:
            await self._changes.wait(self._changes.last)

    def _set(self, plan: FaultPlan) -> None:
        self.plan = plan
        self._changes.note("faults")
