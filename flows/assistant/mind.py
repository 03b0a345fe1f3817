"""A language model as the assistant sees it: asked for one structured answer within a time, or failing with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

Answer = TypeVar("Answer", bound=BaseModel)


class Reason(StrEnum):
    """Why a model's answer could not be used; the code stands in the turn's record and in the metrics."""

    SLOW = "slow"
    AWAY = "away"  # connection refused, 5xx, 429
    MISCONFIGURED = "misconfigured"  # key, model name, limits: a person has to mend it
    REFUSED = "refused"  # the model declined to answer
    CUT = "cut"  # the answer did not fit into the output limit
    UNREADABLE = "unreadable"
    CIRCUIT_OPEN = "circuit_open"  # the service was away just now, and is not asked again yet


class MindFailed(Exception):
    """There is no answer. The assistant goes on without one; what the lead loses is said where it is caught."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)


@dataclass(frozen=True)
class Spent:
    """What asking a model took. Seconds; tokens as the service counts them, `cached` of those that came in; US dollars, None
    without a known price.
    """

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cached: int = 0
    seconds: float = 0.0
    cost: Decimal | None = None

    def __add__(self, other: Spent) -> Spent:
        spent = [one for one in (self, other) if one.requests or one.tokens_in or one.tokens_out]
        costs = [one.cost for one in spent if one.cost is not None]
        known = bool(costs) and len(costs) == len(spent)
        return Spent(
            self.requests + other.requests,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.cached + other.cached,
            self.seconds + other.seconds,
            sum(costs, Decimal(0)) if known else None,
        )


@dataclass(frozen=True)
class Thought(Generic[Answer]):
    """An answer, and what it took."""

    answer: Answer
    spent: Spent


class Mind(Protocol):
    """One model behind one service. `name` is the model's, as it stands in settings, records and metrics."""

    @property
    def name(self) -> str: ...

    async def think(self, told: str, data: str, answer: type[Answer], *, seconds: float) -> Thought[Answer]:
        """Return the structured answer to `data` under the instructions `told`; `MindFailed` when there is none in time."""
        ...
