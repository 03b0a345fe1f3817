"""A CRM's webhook, by the Standard Webhooks convention: each event signed over id, time and body, with one id however often it is
sent (docs/crm.md)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx
from standardwebhooks import Webhook

from flows.adapters.trust import trusted


@dataclass(frozen=True)
class Answered:
    """How a try went: taken (any 2xx) or not; `status` is None where nobody answered, `problem` then says in a word why."""

    taken: bool
    status: int | None = None
    problem: str | None = None


class CrmHook:
    """Open with `async with`. `time_limit` is in seconds, for one event."""

    def __init__(self, url: str, secret: str, *, time_limit: float = 15.0) -> None:
        self._url, self._signer, self._limit = url, Webhook(secret), time_limit

    async def __aenter__(self) -> Self:
        # A redirect may lead anywhere, and what is signed for one address is meant for no other.
        # A few at a time: after a day away, hundreds come at once.
        few, patience = httpx.Limits(max_connections=4), httpx.Timeout(self._limit, pool=None)
        self._http = httpx.AsyncClient(timeout=patience, limits=few, follow_redirects=False, verify=trusted())
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, event_id: str, kind: str, happened_at: datetime, data: dict[str, Any]) -> Answered:
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
        try:
            answer = await self._http.post(self._url, content=body.encode(), headers=headers)
        except httpx.HTTPError as exc:
            return Answered(False, problem=type(exc).__name__)
        taken = 200 <= answer.status_code < 300
        return Answered(taken, answer.status_code, None if taken else "refused")
