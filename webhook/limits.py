"""How much a stranger may send: body sizes while reading, and a rate per address."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Request


class TooLong(Exception):
    """The body is longer than the limit; what came so far was thrown away."""


async def read_body(request: Request, limit: int) -> bytes:
    """The raw body, at most `limit` bytes. Raises TooLong, for an honest header before anything is read."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise TooLong
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLong
        chunks.append(chunk)
    return b"".join(chunks)


def client_address(request: Request, trusted_proxies: int) -> str:
    """Whom a request came from. Each trusted proxy appended one entry to X-Forwarded-For; what stands before those
    entries was written by the caller and is not believed."""
    peer = request.client.host if request.client else ""
    if trusted_proxies == 0:
        return peer
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    return hops[-trusted_proxies] if len(hops) >= trusted_proxies else peer


class Limiter:
    """A token bucket per key: `rate` requests each `per` seconds, all of them at once if need be. Remembers the
    latest `keys` keys, so that a flood of addresses costs no memory."""

    def __init__(
        self, rate: int, per: float, *, keys: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._per, self._keys, self._clock = rate, per, keys, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allow(self, key: str) -> bool:
        now = self._clock()
        tokens, seen = self._buckets.pop(key, (float(self._rate), now))
        tokens = min(self._rate, tokens + (now - seen) * self._rate / self._per)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        while len(self._buckets) > self._keys:
            self._buckets.popitem(last=False)
        return allowed
