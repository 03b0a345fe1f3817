"""What a turn costs where no model is asked: the measured leads played against the assistant on its rules."""

from __future__ import annotations

import contextlib
import inspect
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

from flows.assistant import assistant, state
from tests.benchmarks.figures import Figure, percentile
from tests.evals.assistants import by_rules
from tests.evals.player import play
from tests.evals.scripts import Script, load

# Milliseconds of the usual turn for hearing and deciding together; long bursts take more, and are shown. They are those
# of our own thread: nothing is waited for, and a machine that others use, too, would measure them.
BUDGET = 3.0
_SHARES = (0.5, 0.95)
_PARTS = {"hear": (assistant.hear, "hear"), "decide": (assistant, "decide"), "say": (assistant.say, "say")}


async def figures() -> list[Figure]:
    """Play the leads twice: the first time reads the tables and compiles the patterns, the second is measured."""
    leads = [script for script in load() if script.kind == "measured"]
    await _played(leads)
    turns = await _played(leads)
    both = [turn["hear"] + turn["decide"] for turn in turns]
    found = [_figure("hear + decide", both, share, BUDGET if share == 0.5 else None) for share in _SHARES]
    found += [_figure(part, [turn[part] for turn in turns], share) for part in _PARTS for share in _SHARES]
    states = [turn["memory"] for turn in turns]
    return [*found, *(_figure("the state to JSON and back", [_round_trip(one) for one in states], s) for s in _SHARES)]


def _figure(what: str, milliseconds: list[float], share: float, budget: float | None = None) -> Figure:
    note = f"(n={len(milliseconds)})"
    return Figure(
        f"a turn by rules, {what}, p{share * 100:g}", percentile(milliseconds, share), "ms", budget, note=note
    )


async def _played(leads: list[Script]) -> list[dict[str, Any]]:
    """Return the milliseconds of each part by turn, and the memory that the turn began with."""
    watched = _Watched()
    with watched.watching():
        for script in leads:
            await play(script, watched)
    return watched.turns


class _Watched:
    """The assistant on its rules, with a clock at the doors of its rooms. `decide` may be called several times a turn."""

    def __init__(self) -> None:
        self._assistant = by_rules()
        self.turns: list[dict[str, Any]] = []

    async def reply(self, turn: Any, tools: Any) -> Any:
        self.turns.append({"memory": turn.lead.memory, **dict.fromkeys(_PARTS, 0.0)})
        reply = await self._assistant.reply(turn, tools)
        if not self.turns[-1]["hear"]:
            self.turns.pop()  # a sticker: nothing was heard, nothing decided
        return reply

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for part, (room, door) in _PARTS.items():
                stack.enter_context(patch.object(room, door, self._timed(part, getattr(room, door))))
            yield

    def _timed(self, part: str, door: Callable[..., Any]) -> Callable[..., Any]:
        async def waited(*args: Any, **named: Any) -> Any:
            with self._clock(part):
                return await door(*args, **named)

        def called(*args: Any, **named: Any) -> Any:
            with self._clock(part):
                return door(*args, **named)

        return waited if inspect.iscoroutinefunction(door) else called

    @contextlib.contextmanager
    def _clock(self, part: str) -> Iterator[None]:
        began = time.thread_time()
        try:
            yield
        finally:
            self.turns[-1][part] += (time.thread_time() - began) * 1000


def _round_trip(memory: dict[str, Any]) -> float:
    began = time.thread_time()
    json.loads(json.dumps(state.dump(state.load(memory))))
    return (time.thread_time() - began) * 1000
