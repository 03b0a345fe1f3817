"""The webhook under 200 signed deliveries a second, beside one that calls Prefect before it answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deployments.local.processes import free_port, says, start, stop, until_answers
from flows.settings import ROOT
from tests.benchmarks.figures import Figure, spread
from tests.webhook import change, delivery
from webhook.signature import sign

RATE = 200
SECONDS = 5
SECRET = "secret-of-the-benchmark"
PEOPLE = 200
_LINES = 64
_PATIENCE = 30.0  # Meta gives up sooner


async def figures(database_url: str, logs: Path, rounds: int) -> list[Figure]:
    """p95 of the answer with a Prefect that answers and with one that is away; the load is the same for the baseline."""
    ours: list[list[float]] = []
    alone: list[list[float]] = []
    flooded: list[list[float]] = []
    plain: list[list[float]] = []
    async with _prefect(logs) as api:
        env = {
            "DATABASE_URL": database_url,
            "WHATSAPP_APP_SECRET": SECRET,
            "WHATSAPP_VERIFY_TOKEN": "verify-token",
            "WHATSAPP_PHONE_NUMBER_ID": "480000000000001",
            "WEBHOOK_HOST": "127.0.0.1",
            "PREFECT_API_URL": api,
            "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
        }
        away = env | {"PREFECT_API_URL": "http://127.0.0.1:9/api"}
        for _ in range(rounds):
            async with _service("bench-webhook", ["-m", "webhook.app"], env, logs) as url:
                ours.append(await _load(url))
                async with _flood(url) as forged:
                    flooded.append(await _load(url, may_refuse=True))
            async with _service("bench-webhook-alone", ["-m", "webhook.app"], away, logs) as url:
                alone.append(await _load(url))
            async with _service("bench-plain", ["-m", "tests.benchmarks.plain_webhook"], env, logs) as url:
                plain.append(await _load(url))
    what = f"webhook answers at {RATE}/s"
    (_, flood) = spread(f"{what}, in a flood of wrong signatures", flooded)
    return [
        *spread(what, ours, p95=0.01, beside={"calls Prefect first": plain}),
        *spread(f"{what}, Prefect away", alone, p95=0.01),
        replace(flood, note=f"({len(forged)} forged in the last round)"),
    ]


@contextlib.asynccontextmanager
async def _prefect(logs: Path) -> AsyncIterator[str]:
    """Prefect's double in a process of its own, for the load must not wait for it; its API's address."""
    command = ["-m", "tests.benchmarks.prefect_alone"]
    child = start("bench-prefect", command, env={}, log=logs / "bench-prefect.log", cwd=ROOT)
    try:
        await says(child, "\n", within=60)
        yield child.log.read_text().strip()
    finally:
        await stop(child)


@contextlib.asynccontextmanager
async def _service(name: str, command: list[str], env: dict[str, str], logs: Path) -> AsyncIterator[str]:
    port = free_port(0)
    command = [*command, str(port)] if "plain" in name else command
    child = start(name, command, env=env | {"WEBHOOK_PORT": str(port)}, log=logs / f"{name}.log", cwd=ROOT)
    try:
        await until_answers(child, f"http://127.0.0.1:{port}/health", within=60)
        # one core for the service, as the budget says; the load comes from the other one
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(child.process.pid, {0})
        yield f"http://127.0.0.1:{port}"
    finally:
        await stop(child)


async def _load(url: str, *, may_refuse: bool = False) -> list[float]:
    """Seconds each delivery took, begun at fixed moments whatever the earlier ones do (an open loop). `may_refuse`: one that
    is refused counts as long as Meta's patience, after which it comes again; else it raises."""
    requests = [_request(_body(n)) for n in range(RATE * SECONDS)]
    address = urlsplit(url)
    lines: asyncio.LifoQueue[_Line] = asyncio.LifoQueue()
    for _ in range(_LINES):
        lines.put_nowait(_Line(address.hostname or "127.0.0.1", address.port or 80))

    async def deliver(n: int, begun: float) -> float:
        line = await lines.get()
        # an answer that does not come counts with the time it was waited for
        try:
            async with asyncio.timeout(_PATIENCE):
                await line.post(requests[n])
        except TimeoutError:
            line.close()
        except RuntimeError:
            line.close()
            if not may_refuse:
                raise
            begun -= _PATIENCE
        lines.put_nowait(line)
        return time.perf_counter() - begun

    await asyncio.gather(*(deliver(n, time.perf_counter()) for n in range(8)))  # connections, caches
    tasks, start_at = [], time.perf_counter()
    for n in range(8, len(requests)):
        due = start_at + (n - 8) / RATE
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(deliver(n, due)))
    took = list(await asyncio.gather(*tasks))
    while not lines.empty():
        lines.get_nowait().close()
    return took


@contextlib.asynccontextmanager
async def _flood(url: str, callers: int = 8) -> AsyncIterator[list[None]]:
    """So many strangers post deliveries that Meta did not sign, each the next as soon as one is refused; gives how many."""
    body = _raw(messages=[{"id": "wamid.forged", "text": {"body": "x" * 16_384}}])
    request, forged = _request(body, secret="a-guess"), list[None]()
    address = urlsplit(url)

    async def posts() -> None:
        line = _Line(address.hostname or "127.0.0.1", address.port or 80)
        try:
            while True:
                await line.post(request, expected=403)
                forged.append(None)
        finally:
            line.close()

    tasks = [asyncio.create_task(posts()) for _ in range(callers)]
    try:
        yield forged
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ended:
        if not isinstance(end, asyncio.CancelledError):
            raise RuntimeError("the flood broke off") from end


class _Line:
    """One kept-alive connection. A client library would take more of the machine than the service that is measured."""

    def __init__(self, host: str, port: int) -> None:
        self._at = (host, port)
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, request: bytes, expected: int = 200) -> None:
        """Raises RuntimeError for any other answer."""
        if self._open is None or self._open[0].at_eof():
            self._open = await asyncio.open_connection(*self._at)
        reader, writer = self._open
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 %d" % expected):
            raise RuntimeError(f"the webhook answered {head.splitlines()[0].decode()}")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


def _request(body: bytes, secret: str = SECRET) -> bytes:
    head = (
        "POST /webhook HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
        f"x-hub-signature-256: {sign(body, secret)}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _body(n: int) -> bytes:
    """Half statuses, a tenth first messages of somebody new, the rest further messages of known people."""
    if n % 2:
        status = {
            "id": f"wamid.{uuid.uuid4().hex}",
            "status": "delivered",
            "timestamp": "1795300000",
            "recipient_user_id": f"BR.BENCH{n % PEOPLE}",
        }
        return _raw(statuses=[status])
    sender = f"BR.NEW{uuid.uuid4().hex}" if n % 10 == 0 else f"BR.BENCH{n % PEOPLE}"
    message = {
        "from_user_id": sender,
        "id": f"wamid.{uuid.uuid4().hex}",
        "timestamp": "1795300000",
        "type": "text",
        "text": {"body": "oi, tudo bem?"},
    }
    return _raw(messages=[message])


def _raw(**value: Any) -> bytes:
    return json.dumps(delivery(change(**value))).encode()
