"""How much a stranger may send: body sizes and time while reading, and a rate per address."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Request

# The longest run of digits that is surely a size: Python refuses to read thousands of them.
_DIGITS = 18


class TooLong(Exception):
    """The body is longer than the limit; what came so far was thrown away."""


class TooSlow(Exception):
    """The body did not end within its time; the caller holds a connection and sends nothing worth it."""


async def read_body(request: Request, limit: int, *, seconds: float = 30.0) -> bytes:
    """The raw body, at most `limit` bytes in `seconds`. Raises TooLong, for an honest header before anything is read,
    TooSlow, and Starlette's ClientDisconnect when the caller hangs up."""
    length = request.headers.get("content-length", "").strip()
    # isdigit alone is true for "²", which is no number
    if length.isascii() and length.isdigit() and (len(length) > _DIGITS or int(length) > limit):
        raise TooLong
    chunks, size = [], 0
    try:
        # uvicorn has no time limit of its own for a body
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise TooLong
                chunks.append(chunk)
    except TimeoutError:
        raise TooSlow from None
    return b"".join(chunks)


def client_address(request: Request, trusted_proxies: int) -> str:
    """Whom a request came from. Each trusted proxy appended one entry to X-Forwarded-For; what stands before those
    entries was written by the caller and is not believed."""
    peer = request.client.host if request.client else ""
    if trusted_proxies == 0:
        return peer
    # A proxy may append a line of its own instead of to the caller's: all lines are one list, in their order.
    lines = ",".join(request.headers.getlist("x-forwarded-for"))
    hops = [hop.strip() for hop in lines.split(",") if hop.strip()]
    return hops[-trusted_proxies] if len(hops) >= trusted_proxies else peer


class Limiter:
    """A token bucket per key: `rate` requests each `per` seconds, all of them at once if need be. Remembers the
    latest `keys` keys, so that a flood of addresses costs no memory."""

    def __init__(
        self, rate: int, per: float, *, keys: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._per, self._keys, self._clock = rate, per, keys, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._buckets)

    def allow(self, key: str) -> bool:
        """True when this key may go on now; asking costs one request of its rate, being refused costs none."""
        now = self._clock()
        tokens, seen = self._buckets.pop(key, (float(self._rate), now))
        tokens = min(self._rate, tokens + (now - seen) * self._rate / self._per)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        while len(self._buckets) > self._keys:
            self._buckets.popitem(last=False)
        return allowed
