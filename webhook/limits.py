"""How much a stranger may send: the bodies' sizes, memory and time while reading, and a rate per address."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cache

from fastapi import Request

log = logging.getLogger("serena.webhook")

# The longest run of digits that is surely a size: Python refuses to read thousands of them.
_DIGITS = 18

BODY_SECONDS = 30.0
# Networks of this machine, of a house, of a provider's inside.
_NOWHERE = tuple(
    ipaddress.ip_network(net)
    for net in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
_WITH_PORT = re.compile(r"(\d+(?:\.\d+){3}):\d+|\[([^\]]*)\](?::\d+)?")


class BodyTooLong(Exception):
    """The body is longer than the limit; what came so far was thrown away."""


class TooSlow(Exception):
    """The body did not end within its time; the caller holds a connection and sends nothing worth it."""


class Room:
    """The memory that bodies share while nobody knows yet who sent them, in bytes. When they would take more, those give way
    that have been coming for longest: an honest body is there within milliseconds, the others hold a place."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._held: dict[asyncio.Timeout, int] = {}  # oldest first

    @property
    def taken(self) -> int:
        return sum(self._held.values())

    def hold(self, body: asyncio.Timeout, size: int) -> None:
        """A body has come so far; the oldest run out of time as long as all of them are too much."""
        self._held[body] = size
        over = self.taken - self._memory
        for each, held in self._held.items():
            if over <= 0:
                return
            over -= held
            if not each.expired():
                each.reschedule(0)

    def leave(self, body: asyncio.Timeout) -> None:
        self._held.pop(body, None)


_ROOM = Room(48 * 1024 * 1024)


async def read_body(request: Request, limit: int, *, seconds: float = BODY_SECONDS, room: Room = _ROOM) -> bytes:
    """The raw body, at most `limit` bytes in `seconds`. Raises BodyTooLong, for an honest header before anything is read,
    TooSlow, also when its room is needed, and Starlette's ClientDisconnect when the caller hangs up."""
    length = request.headers.get("content-length", "").strip()
    # isdigit alone is true for "²", which is no number
    if length.isascii() and length.isdigit() and (len(length) > _DIGITS or int(length) > limit):
        raise BodyTooLong
    chunks, size = [], 0
    # uvicorn has no time limit of its own for a body
    patience = asyncio.timeout(seconds)
    try:
        async with patience:
            room.hold(patience, 0)
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise BodyTooLong
                chunks.append(chunk)
                room.hold(patience, size)
    except TimeoutError:
        raise TooSlow from None
    finally:
        room.leave(patience)
    return b"".join(chunks)


def client_address(request: Request, trusted_proxies: int) -> str:
    """Whom a request came from, as plain digits without a port. Each trusted proxy appended one entry to X-Forwarded-For;
    what stands before those entries was written by the caller and is not believed. An entry that is no address (`unknown`)
    names nobody: then it is the proxy."""
    peer = request.client.host if request.client else ""
    if trusted_proxies == 0:
        if "x-forwarded-for" in request.headers:
            _say_untrusted()
        return _address(peer) or peer
    hops = forwarded(request)
    return (_address(hops[-trusted_proxies]) if len(hops) >= trusted_proxies else None) or _address(peer) or peer


def is_secure(request: Request, trusted_proxies: int) -> bool:
    """Whether the browser speaks TLS with us, or with the proxy that we trust."""
    said = ",".join(request.headers.getlist("x-forwarded-proto")) if trusted_proxies else ""
    return request.url.scheme == "https" or "https" in (part.strip().lower() for part in said.split(","))


def own_address(request: Request, trusted_proxies: int) -> str:
    """Our address as this browser knows it, with a slash at the end."""
    scheme = "https" if is_secure(request, trusted_proxies) else "http"
    return str(request.base_url.replace(scheme=scheme))


@cache
def _say_untrusted() -> None:
    log.warning(
        "X-Forwarded-For came, and FORM_TRUSTED_PROXIES is 0: if a proxy of yours wrote it, all visitors count as one to the"
        " rate limits, and cookies are not marked Secure; set it to the number of proxies"
    )


def forwarded(request: Request) -> list[str]:
    """The entries of X-Forwarded-For. A proxy may append a line of its own instead of to the caller's: all lines are one
    list, in their order."""
    lines = ",".join(request.headers.getlist("x-forwarded-for"))
    return [hop.strip() for hop in lines.split(",") if hop.strip()]


def _address(text: str) -> str | None:
    """The address in an entry: some proxies write `203.0.113.9:4711`, `[2001:db8::9]:4711`, quotes, or an IPv4 as IPv6."""
    text = text.strip().strip('"')
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def caller(address: str) -> str:
    """What a rate is counted by: an IPv4 address, or the /64 that an IPv6 customer gets as the least."""
    return _network(address, 32, 64) or address


def network(address: str) -> str | None:
    """The neighbourhood of an address: its /24, or in IPv6 its /48. None for one that says nothing about where somebody is
    (private, this machine): behind a proxy that is not trusted it is everybody's."""
    return _network(address, 24, 48) if _is_public(address) else None


def _network(address: str, in_ipv4: int, in_ipv6: int) -> str | None:
    try:
        bits = in_ipv6 if ":" in address else in_ipv4
        return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))
    except ValueError:
        return None


def _is_public(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not any(found in net for net in _NOWHERE)


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
        tokens = self._left(key, now)
        self._buckets.pop(key, None)
        self._buckets[key] = (tokens - 1 if tokens >= 1 else tokens, now)
        while len(self._buckets) > self._keys:
            self._buckets.popitem(last=False)
        return tokens >= 1

    def spent(self, key: str) -> bool:
        """True when `allow` would refuse; asking costs nothing."""
        return self._left(key, self._clock()) < 1

    def _left(self, key: str, now: float) -> float:
        tokens, seen = self._buckets.get(key, (float(self._rate), now))
        return min(float(self._rate), tokens + (now - seen) * self._rate / self._per)
