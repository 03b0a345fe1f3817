"""How the lead store's SQL functions are reached: asyncpg, or Supabase's REST interface. Both decode alike."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import httpx
import supabase
from postgrest.exceptions import APIError

from flows.adapters.store.functions import Function
from flows.adapters.trust import trusted
from flows.errors import Fix, TryAgain

log = logging.getLogger(__name__)


def plain(value: Any) -> Any:
    """Python values as JSON has them: ids and instants as text, amounts as text, so that no digit is lost."""
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


class News:
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
    news: News

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def call(self, function: Function, **arguments: Any) -> Any: ...


class _Stateless(asyncpg.Connection):
    """We call functions and set nothing on a session, so the pool needs no round trip to clean one up."""

    def get_reset_query(self) -> str:
        return ""


class PostgresTransport:
    """Calls by asyncpg; news by LISTEN on a connection of its own."""

    def __init__(self, url: str, *, connections: int = 8, listen: bool = True, timeout: float = 5.0) -> None:
        self.news = News()
        self._url, self._connections, self._listen, self._timeout = url, connections, listen, timeout
        self._pool: asyncpg.Pool | None = None
        self._listener: asyncio.Task[None] | None = None

    async def open(self) -> None:
        try:
            self._pool = await asyncpg.create_pool(
                self._url, min_size=1, max_size=self._connections, init=_json_codec,
                timeout=self._timeout, command_timeout=self._timeout * 2, connection_class=_Stateless,
            )  # fmt: skip
        except (asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError) as exc:
            raise Fix(f"the lead store's database refused us (SQLSTATE {exc.sqlstate}): check DATABASE_URL") from None
        except (OSError, asyncpg.PostgresError, TimeoutError) as exc:
            raise TryAgain(f"the lead store's database cannot be reached ({type(exc).__name__})") from None
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

    async def call(self, function: Function, **arguments: Any) -> Any:
        if self._pool is None:
            raise TryAgain("the lead store is not open")
        names = ", ".join(f"p_{name} => ${number}" for number, name in enumerate(arguments, 1))
        statement = f"select {function}({names})"
        for last in (False, True):
            try:
                async with self._pool.acquire(timeout=self._timeout) as connection:
                    return await connection.fetchval(statement, *arguments.values())
            except ValueError as exc:
                # asyncpg's own word for an argument that does not fit its type; it is an InterfaceError too
                raise Fix(f"the lead store cannot take an argument of {function} ({type(exc).__name__})") from None
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.InterfaceError,
                    asyncpg.InternalClientError, asyncpg.PostgresConnectionError, ConnectionError) as exc:  # fmt: skip
                # Rolled back as a whole, or never begun; a call whose commit's answer got lost is safe to repeat
                # because every function is keyed.
                if last:
                    raise TryAgain(f"the lead store did not answer {function} ({type(exc).__name__})") from None
            except (
                OSError,
                TimeoutError,
                asyncpg.InsufficientResourcesError,
                asyncpg.OperatorInterventionError,
            ) as exc:
                raise TryAgain(f"the lead store did not answer {function} ({type(exc).__name__})") from None
            except asyncpg.UndefinedFunctionError:
                raise Fix(f"the lead store has no function {function}: its migrations are not applied") from None
            except asyncpg.PostgresError as exc:
                # the server's text may quote values; the code is enough to find the cause
                raise Fix(f"the lead store refused {function} (SQLSTATE {exc.sqlstate})") from None

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


async def _json_codec(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: json.dumps(plain(value)), decoder=json.loads
    )


class SupabaseTransport:
    """Calls by PostgREST (`POST /rest/v1/rpc/{fn}`); news by one shared poll a second for all waiting leads."""

    def __init__(self, url: str, key: str, *, poll_seconds: float = 1.0, timeout: float = 10.0) -> None:
        self.news = News()
        self._url, self._key, self._poll, self._timeout = url, key, poll_seconds, timeout
        self._http: httpx.AsyncClient | None = None
        self._client: supabase.AsyncClient | None = None
        self._poller: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._http = httpx.AsyncClient(
            timeout=self._timeout,
            http2=True,
            verify=trusted(http2=True),
            event_hooks={"response": [_refuse_outage]},
        )
        try:
            self._client = await supabase.create_async_client(
                self._url, self._key, options=supabase.AsyncClientOptions(httpx_client=self._http)
            )
        except supabase.AsyncSupabaseException as exc:
            await self._http.aclose()
            raise Fix(f"SUPABASE_URL or SUPABASE_KEY cannot be used ({type(exc).__name__})") from None
        self._poller = asyncio.create_task(self._keep_polling(), name="lead-news")

    async def close(self) -> None:
        if self._poller:
            self._poller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._poller
        if self._http:
            await self._http.aclose()

    async def call(self, function: Function, **arguments: Any) -> Any:
        if self._client is None:
            raise TryAgain("the lead store is not open")
        body = {f"p_{name}": plain(value) for name, value in arguments.items()}
        try:
            return (await self._client.rpc(function, body).execute()).data
        except httpx.HTTPStatusError as exc:
            raise TryAgain(f"Supabase could not run {function} (HTTP {exc.response.status_code})") from None
        except httpx.TransportError as exc:
            raise TryAgain(f"Supabase did not answer {function} ({type(exc).__name__})") from None
        except APIError as exc:
            if exc.code == "PGRST202":
                raise Fix(f"Supabase has no function {function}: the migrations are not applied") from None
            raise Fix(f"Supabase refused {function} ({exc.code}); is SUPABASE_KEY the service role's?") from None

    async def _keep_polling(self) -> None:
        while True:
            await asyncio.sleep(self._poll)
            if not (leads := self.news.leads):
                continue
            try:
                for lead_id in await self.call(Function.LEADS_WITH_NEWS, leads=leads):
                    self.news.tell(UUID(lead_id))
            except (TryAgain, Fix) as exc:
                # Until it works again, waiting conversations learn of messages when they look for themselves.
                log.warning("asking for lead news failed: %s", exc)


async def _refuse_outage(response: httpx.Response) -> None:
    """PostgREST answers 5xx for every SQLSTATE that another try may heal (deadlock, shutdown, no resources), and so does
    the gateway before it, whose bodies have no code to go by."""
    if response.status_code in (408, 429) or response.status_code >= 500:
        response.raise_for_status()
