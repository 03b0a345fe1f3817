"""Remembers answers of the partnership API, fresh and stale, and asks each question once at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

MOST_KEPT = 5000


class NoAnswer(Exception):
    """The API gave no usable answer; the reason is in the log."""


@dataclass(frozen=True)
class _Kept:
    value: Any
    since: float


class Memory:
    """Answers by key: fresh for `ttl`, good enough for `limit` when no new one can be had, read once at a time."""

    def __init__(self, ttl: timedelta, limit: timedelta, clock: Callable[[], float]) -> None:
        self._ttl = ttl.total_seconds()
        self._limit = limit.total_seconds()
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(
        self, key: Hashable, read: Callable[[], Awaitable[Any]], lasts: Callable[[Any], bool] = lambda value: True
    ) -> tuple[Any, bool]:
        """The answer and whether it is stale; raises `NoAnswer` when there is neither a new nor a usable old one.

        An answer that `lasts` says no to is read anew, however fresh.
        """
        kept = self._kept.get(key)
        if kept and self._age(kept) < self._ttl and lasts(kept.value):
            return kept.value, False
        # Thirty leads of one city are one question. Shielded: a lead who leaves must not take it from the others.
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._read(key, read))
            task.add_done_callback(lambda done: self._finished(key, done))
        try:
            return await asyncio.shield(task), False
        except NoAnswer:
            if kept and self._age(kept) <= self._limit:
                return kept.value, True
            raise

    async def aclose(self) -> None:
        """Stop what is still being read."""
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, key: Hashable, read: Callable[[], Awaitable[Any]]) -> Any:
        value = await read()
        self._kept.pop(key, None)
        self._kept[key] = _Kept(value, self._clock())
        while len(self._kept) > MOST_KEPT:  # a city's name is what somebody typed
            del self._kept[next(iter(self._kept))]
        return value

    def _finished(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # looked at here, because everybody who asked may have left

    def _age(self, kept: _Kept) -> float:
        return self._clock() - kept.since
