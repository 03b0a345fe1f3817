"""Webhook deliveries: signed, and repeated with growing pauses until they are answered 200."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, Self

import httpx

from deployments.simulator.settings import SimulatorSettings
from webhook.signature import sign

CONCURRENT = 16
logger = logging.getLogger(__name__)


class Deliveries:
    """The side of Meta that calls our webhook (docs/whatsapp.md 1). Open it before the first post."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        self._tasks: set[asyncio.Task[None]] = set()
        # One client per connection: a shared pool goes through all its connections and all that wait for each
        # request, which under load took several times the work of the request. Last in, first out keeps few in use.
        self._lines: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        self._clients: list[httpx.AsyncClient] = []

    async def __aenter__(self) -> Self:
        tls = httpx.create_ssl_context(trust_env=False)
        # Idle connections are closed before uvicorn does it after five seconds, or a delivery could hit that moment.
        limits = httpx.Limits(max_connections=1, keepalive_expiry=2.0)
        for _ in range(CONCURRENT):
            # trust_env off: a proxy of the developer's must not see or delay calls to the next process.
            timeout = self._settings.webhook_timeout
            client = httpx.AsyncClient(timeout=timeout, limits=limits, verify=tls, trust_env=False)
            self._clients.append(client)
            self._lines.put_nowait(client)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            await client.aclose()

    def post(self, body: dict[str, Any], on_delivered: Callable[[], None] | None = None) -> asyncio.Event:
        """Start delivering `body`; the event is set after the first attempt, whatever its answer.

        Non-ASCII goes out escaped (`\\u00e3`), as Meta signs it.
        """
        attempted = asyncio.Event()
        task = asyncio.create_task(self._deliver(json.dumps(body).encode(), attempted, on_delivered))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return attempted

    async def _once(self, raw: bytes) -> httpx.Response:
        """Sign and post these very bytes, one time. Raises httpx.TransportError when nobody answers."""
        signature = sign(raw, self._settings.app_secret.get_secret_value())
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        client = await self._lines.get()
        try:
            return await client.post(self._settings.webhook_url, content=raw, headers=headers)
        finally:
            self._lines.put_nowait(client)

    async def _deliver(self, raw: bytes, attempted: asyncio.Event, on_delivered: Callable[[], None] | None) -> None:
        loop, settings = asyncio.get_running_loop(), self._settings
        give_up_at = loop.time() + settings.retry_for
        pause = settings.retry_first
        while not await self._answered_200(raw):
            attempted.set()
            if loop.time() + pause > give_up_at:
                logger.error("webhook delivery given up after %.0f s", settings.retry_for)
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, settings.retry_longest)
        attempted.set()
        if on_delivered:
            on_delivered()

    async def _answered_200(self, raw: bytes) -> bool:
        try:
            response = await self._once(raw)
        except httpx.TransportError as error:
            logger.warning("webhook not reached: %s", type(error).__name__)
            return False
        if response.status_code != 200:
            # By the text of Meta's docs even a 204 is a failure.
            logger.warning("webhook answered %d", response.status_code)
        return response.status_code == 200
