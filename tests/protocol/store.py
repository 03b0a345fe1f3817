"""The real lead store under a clock that only the model sets: one connection, one transaction an example, rolled back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from flows.adapters.store import database
from flows.adapters.store.functions import Function
from flows.adapters.store.transports import LeadNews, Transport, _json_codec
from flows.errors import Fix

EPOCH = datetime(2050, 3, 1, 15, 0, tzinfo=UTC)

_CLOCK = """
create schema if not exists clock;
create or replace function clock.now() returns timestamptz language sql stable as $$
  select coalesce(nullif(current_setting('clock.now', true), '')::timestamptz, now())
$$;
create sequence if not exists clock.ids;
create or replace function clock.uuid() returns uuid language sql volatile as $$
  select ('00000000-0000-4000-8000-' || lpad(to_hex(nextval('clock.ids')), 12, '0'))::uuid
$$;
"""


async def connect(url: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(url)
    await _json_codec(connection)
    return connection


async def prepare(url: str, directory: Path, migrations: Path = database.MIGRATIONS) -> None:
    """A database of the migrations as they are, but for whom they ask the time and new ids, so that the same steps come to the
    same end. `directory` takes the changed files."""
    for file in sorted(migrations.glob("*.sql")):
        sql = await asyncio.to_thread(file.read_text, "utf-8")
        sql = re.sub(r"\bnow\(\)", "clock.now()", sql).replace("gen_random_uuid()", "clock.uuid()")
        (directory / file.name).write_text(sql, "utf-8")
    await database.ensure_database(url)
    connection = await asyncpg.connect(url)
    await connection.execute(_CLOCK)
    await connection.close()
    await database.migrate(url, directory)


class Leaping(asyncio.SelectorEventLoop):
    """Nobody sleeps here: when all wait for a timer, its time has come. (Sockets are waited for as ever.)"""

    leaps = False
    _ahead = 0.0

    def time(self) -> float:
        return super().time() + self._ahead

    def _run_once(self) -> None:
        if self.leaps and not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self._ahead += max(0.0, self._scheduled[0].when() - self.time())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


class Clocked(Transport):
    """Calls the functions one after the other at the model's time, each in a savepoint. `before` is asked at each call
    whether the caller still lives, and what befalls the call (`once`; `twice`, its first answer got lost; `refused`)."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        before: Callable[[str], Awaitable[str]],
        after: Callable[[str, dict[str, Any], Any], Awaitable[None]],
    ) -> None:
        self.news, self.patience = LeadNews(), 0.0
        self.connection, self._before, self._after = connection, before, after
        self.now = EPOCH

    async def open(self) -> None:
        self.now = EPOCH
        await self.connection.execute("select setval('clock.ids', 1); begin; savepoint one")

    async def close(self) -> None:
        await self.connection.execute("rollback")

    async def once(self, function: Function, **arguments: Any) -> Any:
        befalls = await self._before(function)
        if befalls == "refused":
            raise Fix(f"the lead store refused {function}")
        for _ in range(2 if befalls == "twice" else 1):
            answer = await self.fetch(f"select {function.call(arguments)} as answer", *arguments.values())
        await self._after(function, arguments, answer[0]["answer"])
        return answer[0]["answer"]

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        # Two statements never happen at the same instant, as with a real clock.
        self.now += timedelta(milliseconds=1)
        await self.connection.execute(
            f"release savepoint one; savepoint one; set local clock.now = '{self.now.isoformat()}'"
        )
        try:
            return list(await self.connection.fetch(query, *arguments))
        except asyncpg.PostgresError:
            await self.connection.execute("rollback to savepoint one")
            raise
