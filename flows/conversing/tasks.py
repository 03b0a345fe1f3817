"""What all tasks of the flows have in common in Prefect: no result kept, no word of a lead told, and when one is tried again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE

from flows.conversing.discretion import discreet
from flows.conversing.runtime import current_work
from flows.errors import PutOff, SerenaError, TryAgain

P = ParamSpec("P")
R = TypeVar("R")

# Seconds between the tries of a task that nobody waits for.
PATIENT = (5, 60, 300)


def task_of(
    name: str, run_name: str | None = None, *, again_after: Sequence[float] = (), within: float | None = None
) -> Callable[[Callable[P, Awaitable[R]]], Task[P, Any]]:
    """Decorates a task of this name. Its runs are called so too, or else by turn and stage. It is tried again after so many
    seconds each, where that may help, and each try has `within` seconds."""

    def decorate(function: Callable[P, Awaitable[R]]) -> Task[P, Any]:
        return task(
            name=name,
            task_run_name=run_name or _of_turn(name),
            retries=len(again_after),
            retry_delay_seconds=list(again_after),
            retry_condition_fn=refused_for_now,
            cache_policy=NO_CACHE,
            persist_result=False,
            timeout_seconds=within,
        )(discreet(function))

    return decorate


def _of_turn(name: str) -> Callable[[], str]:
    return lambda: f"{name} turn {(work := current_work()).turn} {work.stage.value}"


async def refused_for_now(_task: Any, _run: Any, state: Any) -> bool:
    """Prefect's retry condition: only what another try can change."""
    try:
        await state.aresult()
    except PutOff:
        return False
    except TryAgain:
        return True
    except SerenaError:
        return False
    return False
