"""One virtual clock for all: asyncio's timers, Python's instants, and the store's `now()`."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import selectors
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from flows.adapters.store.functions import Function
from flows.adapters.store.transports import LeadNews, Transport, _json_codec

# The store asks for `now()` in a hundred places and in the defaults of its columns. In the month's own database that name means
# another function; the statements themselves are those of every other database, byte for byte. It has to be another one, and made
# before the tables: Postgres calls the built-in one by its number, whatever its body says.
NOW = """
set allow_system_table_mods = on;
alter function pg_catalog.now() rename to real_now;
create function pg_catalog.now() returns timestamptz language sql stable parallel safe
  return coalesce(current_setting('month.now', true)::timestamptz, pg_catalog.real_now());
"""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still while anything real is under way, and leaps to the next timer when nothing is."""

    def __init__(self, start: datetime) -> None:
        self._start, self._passed, self._under_way = start, 0.0, 0
        super().__init__(_Leaping(self))  # type: ignore[arg-type]

    def time(self) -> float:
        return self._passed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    @contextlib.contextmanager
    def real(self) -> Iterator[None]:
        """What happens within takes no time at all: the clock waits for it."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        done = super().run_in_executor(executor, func, *args)
        self._under_way += 1
        done.add_done_callback(lambda _: self._landed())
        return done

    def _landed(self) -> None:
        self._under_way -= 1


class _Leaping(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self._loop._under_way:
            if not (found := super().select(60.0)):
                raise RuntimeError("something real has been under way for a minute")
            return found
        if found := super().select(0):
            return found
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing is left to happen")
        self._loop._passed += timeout
        return []


class Died(BaseException):
    """The process was killed at this point: nothing of it is carried out any more, no `finally` that asks anybody."""


@dataclass
class Lifetime:
    """How many calls to the store a doomed worker has left, and whether the last one is carried out: then its answer is lost."""

    calls: int
    carried_out: bool


# Of the run that is under way; None: it lives.
lifetime: contextvars.ContextVar[Lifetime | None] = contextvars.ContextVar("lifetime", default=None)


def apart() -> contextvars.Context:
    """For what a run sets going and what does not die with its worker."""
    context = contextvars.copy_context()
    context.run(lifetime.set, None)
    return context


class VirtualTransport(Transport):
    """The Postgres transport's call on virtual time: each brings the clock along, and a worker may die before or after it."""

    def __init__(self, url: str, loop: VirtualLoop, connections: int = 4) -> None:
        self.news, self.patience, self.calls = LeadNews(), 0.0, 0
        self._url, self._loop, self._connections = url, loop, connections
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        with self._loop.real():
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=self._connections,
                max_size=self._connections,
                init=_json_codec,
                max_inactive_connection_lifetime=0,
                reset=_leave_alone,
            )

    async def close(self) -> None:
        if self._pool:
            with self._loop.real():
                await self._pool.close()

    async def once(self, function: Function, **arguments: Any) -> Any:
        left = lifetime.get()
        if left is not None:
            left.calls -= 1
            if left.calls <= 0 and not left.carried_out:
                raise Died
        answer = await self.fetch(function.call(arguments), *arguments.values())
        if left is not None and left.calls <= 0:
            raise Died
        return answer

    async def fetch(self, expression: str, *arguments: Any) -> Any:
        """One value, at this moment of the virtual clock."""
        assert self._pool is not None
        self.calls += 1
        query = f"select {expression} from (select set_config('month.now', ${len(arguments) + 1}, false)) clock"
        with self._loop.real():
            async with self._pool.acquire() as connection:
                return await connection.fetchval(query, *arguments, self._loop.now().isoformat())


async def _leave_alone(_: asyncpg.Connection) -> None:
    """A session keeps its clock; the next call sets it anyhow."""


async def make_database(url: str) -> None:
    """An empty database whose `now()` is the virtual clock's, not yet migrated, and whose commits do not wait for a disk."""
    from flows.adapters.store import database

    await database.ensure_database(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(NOW)
        name = await connection.fetchval("select current_database()")
        await connection.execute(f'alter database "{name}" set synchronous_commit = off')
    finally:
        await connection.close()
