"""A stranger may send little, seldom, and not for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from fastapi import Request
from starlette.requests import ClientDisconnect

from webhook.limits import BodyTooLong, Limiter, Room, TooSlow, caller, client_address, network, read_body

Headers = Sequence[tuple[str, str]]


def request(
    headers: Headers = (), chunks: Sequence[bytes] = (), peer: str | None = "10.0.0.1", ending: str = ""
) -> Request:
    """A POST whose body comes in these chunks, and then ends, `hangs` for ever, or is `cut` by the caller."""
    sent = feed(chunks, ending)

    async def receive() -> dict[str, Any]:
        return await anext(sent)

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    client = (peer, 50_000) if peer else None
    return Request({"type": "http", "method": "POST", "headers": raw, "client": client}, receive)


async def feed(chunks: Sequence[bytes], ending: str) -> AsyncIterator[dict[str, Any]]:
    for chunk in chunks:
        yield {"type": "http.request", "body": chunk, "more_body": True}
    if ending == "hangs":
        await asyncio.Event().wait()
    if ending == "cut":
        yield {"type": "http.disconnect"}
    yield {"type": "http.request", "body": b"", "more_body": False}


def read(asked: Request, limit: int = 10, **options: float) -> bytes:
    return asyncio.run(read_body(asked, limit, **options))


class Clock:
    """Time that passes when the test says so, in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_body_up_to_the_limit_is_read_whole() -> None:
    assert read(request(chunks=[b"01234", b"", b"56789"])) == b"0123456789"
    assert read(request([("content-length", "10")], [b"0123456789"])) == b"0123456789"
    assert read(request()) == b""


@pytest.mark.parametrize("length", ["11", "4194305", "9" * 19, "9" * 5_000, " 11 "])
def test_an_honest_length_is_refused_before_anything_is_read(length: str) -> None:
    with pytest.raises(BodyTooLong):
        read(request([("content-length", length)], ending="hangs"))


@pytest.mark.parametrize("headers", [[], [("content-length", "3")]], ids=["none", "a lie"])
def test_a_body_is_counted_whatever_its_length_says(headers: Headers) -> None:
    # what comes after the byte too many is not waited for
    with pytest.raises(BodyTooLong):
        read(request(headers, [b"x" * 6, b"x" * 5], ending="hangs"))


@pytest.mark.parametrize("length", ["", "²", "-1", "ten", "1e9", "0x10"])
def test_a_length_that_is_no_number_is_not_believed(length: str) -> None:
    assert read(request([("content-length", length)], [b"{}"])) == b"{}"


def test_a_body_that_never_ends_is_given_up() -> None:
    with pytest.raises(TooSlow):
        read(request(chunks=[b"{"], ending="hangs"), seconds=0.01)


def test_a_caller_who_hangs_up_is_told_apart_from_a_short_body() -> None:
    with pytest.raises(ClientDisconnect):
        read(request([("content-length", "9")], [b"{"], ending="cut"))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, ["203.0.113.9"], "10.0.0.1"),
        (0, [], "10.0.0.1"),
        (1, ["203.0.113.9"], "203.0.113.9"),
        (1, ["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
        (1, ["6.6.6.6", "203.0.113.9"], "203.0.113.9"),
        (2, ["6.6.6.6, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        (2, ["6.6.6.6,203.0.113.9", "10.0.0.2"], "203.0.113.9"),
        (1, [" , 203.0.113.9 , "], "203.0.113.9"),
        (1, ["203.0.113.9:4711"], "203.0.113.9"),
        (1, ['"203.0.113.9:4711"'], "203.0.113.9"),
        (1, ["[2001:db8::9]:4711"], "2001:db8::9"),
        (1, ["[2001:DB8:0::9]"], "2001:db8::9"),
        (1, ["2001:db8::9"], "2001:db8::9"),
        (1, ["::ffff:203.0.113.9"], "203.0.113.9"),
        (1, ["fe80::1%eth0"], "fe80::1"),
        (2, ["6.6.6.6:1, 203.0.113.9:2, 10.0.0.2:3"], "203.0.113.9"),
        (1, ["unknown"], "10.0.0.1"),
        (1, ["203.0.113.9, _hidden"], "10.0.0.1"),
        (1, ["999.1.1.1:80"], "10.0.0.1"),
        (1, [], "10.0.0.1"),
        (2, ["203.0.113.9"], "10.0.0.1"),
    ],
)
def test_only_what_trusted_proxies_appended_names_the_caller(proxies: int, forwarded: list[str], expected: str) -> None:
    headers = [("x-forwarded-for", line) for line in forwarded]
    assert client_address(request(headers), proxies) == expected


@pytest.mark.parametrize(
    ("address", "rate", "near"),
    [
        ("203.0.113.9", "203.0.113.9/32", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("10.1.2.3", "10.1.2.3/32", None),
        ("100.64.0.1", "100.64.0.1/32", None),
        ("127.0.0.1", "127.0.0.1/32", None),
        ("fd00::1", "fd00::/64", None),
        ("", "", None),
        ("unix:", "unix:", None),
    ],
)
def test_a_rate_counts_by_customer_and_a_limit_by_network(address: str, rate: str, near: str | None) -> None:
    assert (caller(address), network(address)) == (rate, near)


def test_the_oldest_body_gives_way_when_all_of_them_are_too_much() -> None:
    async def three() -> list[object]:
        room = Room(25)
        slow = asyncio.create_task(read_body(request(chunks=[b"x" * 10], ending="hangs"), 10, room=room))
        await asyncio.sleep(0)
        slower = asyncio.create_task(read_body(request(chunks=[b"x" * 10], ending="hangs"), 10, room=room, seconds=0.2))
        await asyncio.sleep(0.05)
        assert room.taken == 20
        honest = await read_body(request(chunks=[b"x" * 5, b"x" * 5]), 10, room=room)
        done = await asyncio.gather(slow, slower, return_exceptions=True)
        return [honest, *done, room.taken]

    honest, slow, slower, taken = asyncio.run(three())
    assert (honest, type(slow), type(slower), taken) == (b"x" * 10, TooSlow, TooSlow, 0)


def test_bodies_that_fit_together_are_left_alone() -> None:
    async def many() -> list[bytes]:
        room = Room(40)
        return await asyncio.gather(*(read_body(request(chunks=[b"0123", b"456789"]), 10, room=room) for _ in range(4)))

    assert asyncio.run(many()) == [b"0123456789"] * 4


def test_a_caller_without_an_address_has_an_empty_one() -> None:
    assert client_address(request(peer=None), 0) == ""


def test_the_rate_holds_for_a_burst_and_refills_with_time() -> None:
    clock = Clock()
    limiter = Limiter(3, per=60, clock=clock)
    assert [limiter.allow("a") for _ in range(5)] == [True, True, True, False, False]
    clock.now += 19
    assert not limiter.allow("a")
    clock.now += 1
    assert [limiter.allow("a") for _ in range(2)] == [True, False]
    clock.now += 3600
    assert [limiter.allow("a") for _ in range(4)] == [True, True, True, False], "rest does not pile up beyond the rate"


def test_being_refused_costs_nothing() -> None:
    clock = Clock()
    limiter = Limiter(1, per=60, clock=clock)
    assert limiter.allow("a")
    for _ in range(59):
        clock.now += 1
        assert not limiter.allow("a")
    clock.now += 1
    assert limiter.allow("a")


def test_each_address_has_its_own_rate() -> None:
    limiter = Limiter(1, per=60, clock=Clock())
    assert [limiter.allow(key) for key in ("a", "b", "a", "b", "")] == [True, True, False, False, True]


def test_a_flood_of_addresses_costs_bounded_memory_and_forgets_the_oldest_first() -> None:
    limiter = Limiter(1, per=60, keys=100, clock=Clock())
    assert limiter.allow("first")
    for number in range(99):
        limiter.allow(str(number))
    assert not limiter.allow("first"), "seen again, so the latest now"
    for number in range(10_000):
        limiter.allow(f"flood {number}")
    assert len(limiter) == 100
    assert limiter.allow("first"), "forgotten"
