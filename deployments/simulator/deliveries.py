"""Webhook deliveries: signed, and repeated with growing pauses until they are answered 200."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import httpx

from deployments.simulator.settings import SimulatorSettings
from webhook.signature import sign

CONCURRENT = 16
logger = logging.getLogger(__name__)


class Deliveries:
    """The side of Meta that calls our webhook (docs/whatsapp.md 1). Whoever has it closes its `clients`."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        # Idle connections are closed before uvicorn does it after five seconds, or a delivery could hit that moment.
        # trust_env off: a proxy of the developer's must not see or delay calls to the next process.
        limits, tls = httpx.Limits(max_connections=1, keepalive_expiry=2.0), httpx.create_ssl_context(trust_env=False)
        timeout = settings.webhook_timeout
        # One client per connection: a shared pool goes through all its connections for each request, which takes twice
        # the work of the request. Last in, first out keeps few in use.
        self.clients = [
            httpx.AsyncClient(timeout=timeout, limits=limits, verify=tls, trust_env=False) for _ in range(CONCURRENT)
        ]
        self._lines: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        for client in self.clients:
            self._lines.put_nowait(client)

    async def deliver(
        self, body: dict[str, Any], attempted: asyncio.Event, on_delivered: Callable[[], None] | None = None
    ) -> None:
        """Deliver `body`; `attempted` is set after the first attempt, whatever its answer.

        Non-ASCII goes out escaped (`\\u00e3`), as Meta signs it.
        """
        raw, settings, loop = json.dumps(body).encode(), self._settings, asyncio.get_running_loop()
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
        """Sign and post these very bytes, one time."""
        signature = sign(raw, self._settings.app_secret.get_secret_value())
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        client = await self._lines.get()
        try:
            response = await client.post(self._settings.webhook_url, content=raw, headers=headers)
        except httpx.TransportError as error:
            logger.warning("webhook not reached: %s", type(error).__name__)
            return False
        finally:
            self._lines.put_nowait(client)
        if response.status_code != 200:
            # By the text of Meta's docs even a 204 is a failure.
            logger.warning("webhook answered %d", response.status_code)
        return response.status_code == 200
