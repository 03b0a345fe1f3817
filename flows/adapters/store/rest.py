"""The lead store's SQL functions over Supabase's REST interface. Imported only where a project is configured: its client takes
longer to import than a turn."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any
from uuid import UUID

import httpx
import supabase

from flows.adapters.store.codes import Next, Unsettled, after_rest
from flows.adapters.store.functions import Function
from flows.adapters.store.transports import LeadNews, Transport, json_ready
from flows.adapters.trust import trusted
from flows.errors import Fix, TryAgain

log = logging.getLogger(__name__)


class SupabaseTransport(Transport):
    """Calls by PostgREST (`POST /rest/v1/rpc/{fn}`); news by one shared poll a second for all waiting leads."""

    def __init__(
        self, url: str, key: str, *, poll_seconds: float = 1.0, timeout: float = 10.0, patience: float = 0.0
    ) -> None:
        self.news, self.patience = LeadNews(), patience
        self._url, self._key, self._poll, self._timeout = url, key, poll_seconds, timeout
        self._http: httpx.AsyncClient | None = None
        self._client: supabase.AsyncClient | None = None
        self._poller: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._http = httpx.AsyncClient(
            timeout=self._timeout,
            http2=True,
            verify=trusted(http2=True),
            event_hooks={"response": [_refuse_what_is_no_answer]},
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

    async def once(self, function: Function, **arguments: Any) -> Any:
        if self._client is None:
            raise TryAgain("the lead store is not open")
        body = {f"p_{name}": json_ready(value) for name, value in arguments.items()}
        try:
            return (await self._client.rpc(function, body).execute()).data
        except _Refused as exc:
            match after_rest(exc.code, exc.status):
                case Next.AGAIN:
                    raise TryAgain(f"Supabase could not run {function} ({exc})") from None
                case Next.SETTLES:
                    raise Unsettled(
                        f"Supabase has no function {function} for us ({exc}): the migrations are not applied, its schema"
                        " cache is old, or its clock does not agree with the key"
                    ) from None
            raise Fix(f"Supabase refused {function} ({exc}); is SUPABASE_KEY the service role's?") from None
        except httpx.TransportError as exc:
            # also what HTTP/2 says when it ends a connection under a call
            raise TryAgain(f"Supabase did not answer {function} ({type(exc).__name__})") from None

    async def _keep_polling(self) -> None:
        while True:
            await asyncio.sleep(self._poll)
            if not (leads := self.news.leads):
                continue
            try:
                for lead_id in await self.once(Function.LEADS_WITH_NEWS, leads=leads):
                    self.news.tell(UUID(lead_id))
            except (TryAgain, Fix) as exc:
                # Until it works again, waiting conversations learn of messages when they look for themselves.
                log.warning("asking for lead news failed: %s", exc)


class _Refused(Exception):
    """An answer that is no function's: the body's code, if it has one, and the HTTP status."""

    def __init__(self, code: str | None, status: int) -> None:
        super().__init__(code or f"HTTP {status}")
        self.code, self.status = code, status


async def _refuse_what_is_no_answer(response: httpx.Response) -> None:
    """Before the client reads it: to that a page of an edge, sent with 200, would pass for what a function returned."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = kind in ("application/json", "application/vnd.pgrst.object+json")
    if response.is_success and is_json and response.headers.get("content-length") != "0":
        return
    code = None
    if is_json and not response.is_success:
        await response.aread()
        with contextlib.suppress(ValueError, AttributeError):
            code = response.json().get("code")
    raise _Refused(code if isinstance(code, str) else None, response.status_code)
