"""Keeps what people said out of Prefect: an unforeseen exception leaves our code with its kind and place, not its text.

Prefect writes an exception's text into the state's message and into its own log. Ours hold ids and codes only; a bug's may
quote the very value that it stumbled over (pydantic shows its input, a KeyError its key).
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from flows.errors import SerenaError

P = ParamSpec("P")
R = TypeVar("R")

_FRAMES = 4


class Unforeseen(Exception):
    """A bug, or a failure nobody thought of: which kind of exception, and the lines of code that led to it."""


def unforeseen(exc: BaseException) -> Unforeseen:
    """The same failure without its text, e.g. `KeyError at journey.py:120 < answering.py:61`, innermost first."""
    frames = traceback.extract_tb(exc.__traceback__)[::-1][:_FRAMES]
    return Unforeseen(f"{type(exc).__name__} at " + " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in frames))


def discreet(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Decorates what Prefect runs (below `@task`). Our own errors pass; so does all that is no Exception, Prefect's
    signals and cancellation among it."""

    @functools.wraps(function)
    async def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await function(*args, **kwargs)
        except (SerenaError, Unforeseen):
            raise
        except Exception as exc:
            raise unforeseen(exc) from None

    return run
