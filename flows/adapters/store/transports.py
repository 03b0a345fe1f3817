"""How the lead store's SQL functions are reached: by asyncpg, or by Supabase's REST interface (rest.py). Both decode alike."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from abc import abstractmethod
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from flows.adapters.store.codes import Next, Unsettled, after_sqlstate
from flows.adapters.store.functions import Function
from flows.errors import Fix, TryAgain

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


def json_ready(value: Any) -> Any:
    """Python values as JSON has them: ids and instants as text, amounts as text, so that no digit is lost."""
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, dict):
        return {key: json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    return value


class LeadNews:
    """Tells waiting conversations that something happened to their lead; a signal may come for nothing, never late."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, set[asyncio.Event]] = {}

    @property
    def leads(self) -> list[UUID]:
        return list(self._waiting)

    @contextlib.contextmanager
    def about(self, lead_id: UUID) -> Iterator[asyncio.Event]:
        """An event that is set at news of this lead. Clear it, look at the store, then wait: nothing is missed."""
        event = asyncio.Event()
        self._waiting.setdefault(lead_id, set()).add(event)
        try:
            yield event
        finally:
            self._waiting[lead_id].discard(event)
            if not self._waiting[lead_id]:
                del self._waiting[lead_id]

    def tell(self, lead_id: UUID) -> None:
        for event in self._waiting.get(lead_id, ()):
            event.set()

    def tell_all(self) -> None:
        """After a gap in listening everybody looks for themselves."""
        for lead_id in self.leads:
            self.tell(lead_id)


class Transport(Protocol):
    """A way to the store's functions. `patience`: for how many seconds a call is repeated that failed in passing. Every
    function is keyed, so one whose answer got lost may be called again."""

    news: LeadNews
    patience: float

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    @abstractmethod
    async def once(self, function: Function, **arguments: Any) -> Any: ...

    async def call(self, function: Function, **arguments: Any) -> Any:
        clock = asyncio.get_running_loop().time
        until, pause = clock() + self.patience, _FIRST_PAUSE
        while True:
            try:
                return await self.once(function, **arguments)
            except (TryAgain, Unsettled):
                if clock() + pause > until:
                    raise
            # Many wait for the same thing to come back: not all of them at the same moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, _LONGEST_PAUSE)


class _Stateless(asyncpg.Connection):
    """We call functions and set nothing on a session, so the pool needs no round trip to clean one up."""

    def get_reset_query(self) -> str:
        return ""


class PostgresTransport(Transport):
    """Calls by asyncpg; news by LISTEN on a connection of its own."""

    def __init__(
        self, url: str, *, connections: int = 8, listen: bool = True, timeout: float = 5.0, patience: float = 0.0
    ) -> None:
        self.news, self.patience = LeadNews(), patience
        self._url, self._connections, self._listen, self._timeout = url, connections, listen, timeout
        self._pool: asyncpg.Pool | None = None
        self._listener: asyncio.Task[None] | None = None

    async def open(self) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + self.patience
        while self._pool is None:
            try:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    min_size=1,
                    max_size=self._connections,
                    init=_json_codec,
                    timeout=self._timeout,
                    command_timeout=self._timeout * 2,
                    connection_class=_Stateless,
                )
            except (OSError, asyncpg.PostgresError, TimeoutError) as exc:
                code = getattr(exc, "sqlstate", None)
                if after_sqlstate(code) is Next.FIX:
                    raise Fix(f"the lead store's database refused us (SQLSTATE {code}): check DATABASE_URL") from None
                if clock() > until:
                    raise TryAgain(f"the lead store's database cannot be reached ({_named(exc)})") from None
                await asyncio.sleep(1.0)
        if self._listen:
            self._listener = asyncio.create_task(self._keep_listening(), name="lead-news")

    async def close(self) -> None:
        if self._listener:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        if self._pool:
            try:
                await asyncio.wait_for(self._pool.close(), self._timeout)
            except TimeoutError:
                self._pool.terminate()

    async def once(self, function: Function, **arguments: Any) -> Any:
        if self._pool is None:
            raise TryAgain("the lead store is not open")
        try:
            async with self._pool.acquire(timeout=self._timeout) as connection:
                return await connection.fetchval(f"select {function.call(arguments)}", *arguments.values())
        except ValueError as exc:
            # asyncpg's own word for an argument that does not fit its type; it is an InterfaceError too
            raise Fix(f"the lead store cannot take an argument of {function} ({type(exc).__name__})") from None
        except (
            OSError,
            TimeoutError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        ) as exc:
            # the server's text may quote values; the code is enough to find the cause
            match after_sqlstate(getattr(exc, "sqlstate", None)):
                case Next.AGAIN:
                    raise TryAgain(f"the lead store did not answer {function} ({_named(exc)})") from None
                case Next.SETTLES:
                    raise Unsettled(
                        f"the lead store has no function {function} as this program calls it ({_named(exc)}):"
                        " its migrations are not applied"
                    ) from None
            raise Fix(f"the lead store refused {function} ({_named(exc)})") from None

    async def _keep_listening(self) -> None:
        pause = 0.1
        while True:
            try:
                # asyncpg keeps a LISTEN only as long as something holds the connection object
                connection = await asyncpg.connect(self._url, timeout=self._timeout)
                ended = asyncio.Event()
                connection.add_termination_listener(lambda _, ended=ended: ended.set())
                try:
                    await connection.add_listener("lead_news", lambda *args: self.news.tell(UUID(args[3])))
                    self.news.tell_all()
                    pause = 0.1
                    while True:
                        # a server that ends the connection says so at once; a vanished one has to be asked
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(ended.wait(), 5)
                        await connection.fetchval("select 1", timeout=self._timeout)
                finally:
                    connection.terminate()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as exc:
                # While this lasts, waiting conversations learn of messages when their linger ends or the dispatcher comes.
                log.warning("listening for lead news was interrupted (%s); again in %.1f s", type(exc).__name__, pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)


def _named(exc: Exception) -> str:
    code = getattr(exc, "sqlstate", None)
    return f"SQLSTATE {code}" if code else type(exc).__name__


async def _json_codec(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: json.dumps(json_ready(value)), decoder=json.loads
    )
