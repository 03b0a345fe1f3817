"""A CRM's webhook, by the Standard Webhooks convention: each event signed over id, time and body, with one id however often it is
sent (docs/crm.md)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx
from standardwebhooks import Webhook

from flows.adapters.trust import trusted


@dataclass(frozen=True)
class CrmAnswer:
    """How a try went: taken (any 2xx) or not; `status` is None where nobody answered, `problem` then says in a word why."""

    taken: bool
    status: int | None = None
    problem: str | None = None


class CrmHook:
    """Open with `async with`. `time_limit` is in seconds, for one event from its turn on until its status is known."""

    def __init__(self, url: str, secret: str, *, time_limit: float = 15.0) -> None:
        self._url, self._signer, self._limit = url, Webhook(secret), time_limit
        # A few at a time: after a day away, hundreds come at once.
        self._few = asyncio.Semaphore(4)

    async def __aenter__(self) -> Self:
        # A redirect may lead anywhere, and what is signed for one address is meant for no other.
        self._http = httpx.AsyncClient(timeout=None, follow_redirects=False, verify=trusted())
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, event_id: str, kind: str, happened_at: datetime, data: dict[str, Any]) -> CrmAnswer:
        """Posts one event; never raises for what the other side does."""
        now = datetime.now(UTC)
        body = json.dumps({"type": kind, "timestamp": happened_at.isoformat(), "data": data}, ensure_ascii=False)
        headers = {
            "content-type": "application/json",
            "user-agent": "serena-qualifier",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(event_id, now, body),
        }
        post = self._http.stream("POST", self._url, content=body.encode(), headers=headers)
        try:
            # what it says besides its status is nobody's business, however long it goes on
            async with self._few, asyncio.timeout(self._limit), post as answer:
                pass
        except (httpx.HTTPError, TimeoutError) as exc:
            return CrmAnswer(False, problem=type(exc).__name__)
        taken = 200 <= answer.status_code < 300
        return CrmAnswer(taken, answer.status_code, None if taken else "refused")
