"""The webhook under 200 signed deliveries a second, beside one that calls Prefect before it answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from deployments.processes import answers, free_port, start, stop
from flows.settings import ROOT
from tests.benchmarks.figures import Figure, percentile
from tests.prefect_double import PrefectDouble
from tests.webhook import change, delivery
from webhook.signature import sign

RATE = 200
SECONDS = 10
SECRET = "secret-of-the-benchmark"
PEOPLE = 200
_LINES = 64
_PATIENCE = 30.0  # Meta gives up sooner


async def figures(database_url: str, logs: Path) -> list[Figure]:
    """p95 of the answer with a Prefect that answers and with one that is away; the load is the same for the baseline."""
    with PrefectDouble() as prefect:
        env = {
            "DATABASE_URL": database_url, "WHATSAPP_APP_SECRET": SECRET, "WHATSAPP_VERIFY_TOKEN": "verify-token",
            "WHATSAPP_PHONE_NUMBER_ID": "480000000000001", "WEBHOOK_HOST": "127.0.0.1", "PREFECT_API_URL": prefect.api,
            "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
        }  # fmt: skip
        async with _service("bench-webhook", ["-m", "webhook.app"], env, logs) as url:
            ours = await _load(url)
        away = env | {"PREFECT_API_URL": "http://127.0.0.1:9/api"}
        async with _service("bench-webhook-alone", ["-m", "webhook.app"], away, logs) as url:
            alone = await _load(url)
        async with _service("bench-plain", ["-m", "tests.benchmarks.plain_webhook"], env, logs) as url:
            plain = await _load(url)
    what = f"webhook answers at {RATE}/s"
    return [
        Figure(f"{what}, p95", percentile(ours, 0.95), "s", 0.05, percentile(plain, 0.95), note=f"(n={len(ours)})"),
        Figure(f"{what}, Prefect away, p95", percentile(alone, 0.95), "s", 0.05, note=f"(n={len(alone)})"),
    ]


@contextlib.asynccontextmanager
async def _service(name: str, command: list[str], env: dict[str, str], logs: Path) -> AsyncIterator[str]:
    port = free_port(0)
    command = [*command, str(port)] if "plain" in name else command
    child = start(name, command, env=env | {"WEBHOOK_PORT": str(port)}, log=logs / f"{name}.log", cwd=ROOT)
    try:
        await answers(child, f"http://127.0.0.1:{port}/health", within=60, accept=lambda r: r.is_success)
        # one core for the service, as the budget says; the load comes from the other one
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(child.process.pid, {0})
        yield f"http://127.0.0.1:{port}"
    finally:
        await stop(child)


async def _load(url: str) -> list[float]:
    """Seconds each delivery took, begun at fixed moments whatever the earlier ones do (an open loop)."""
    bodies = [_body(n) for n in range(RATE * SECONDS)]
    signed = [(raw, {"x-hub-signature-256": sign(raw, SECRET), "content-type": "application/json"}) for raw in bodies]
    lines: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
    async with contextlib.AsyncExitStack() as stack:
        # One client per connection: a shared pool looks through all its connections for each request.
        for _ in range(_LINES):
            client = httpx.AsyncClient(base_url=url, timeout=_PATIENCE, trust_env=False)
            lines.put_nowait(await stack.enter_async_context(client))

        async def deliver(n: int, begun: float) -> float:
            raw, headers = signed[n]
            client = await lines.get()
            # an answer that does not come counts with the time it was waited for
            with contextlib.suppress(httpx.TimeoutException):
                (await client.post("/webhook", content=raw, headers=headers)).raise_for_status()
            lines.put_nowait(client)
            return time.perf_counter() - begun

        await asyncio.gather(*(deliver(n, time.perf_counter()) for n in range(8)))  # connections, caches
        tasks, start_at = [], time.perf_counter()
        for n in range(8, len(signed)):
            due = start_at + (n - 8) / RATE
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(deliver(n, due)))
        return list(await asyncio.gather(*tasks))


def _body(n: int) -> bytes:
    """Half statuses, a tenth first messages of somebody new, the rest further messages of known people."""
    if n % 2:
        status = {
            "id": f"wamid.{uuid.uuid4().hex}", "status": "delivered", "timestamp": "1795300000",
            "recipient_user_id": f"BR.BENCH{n % PEOPLE}",
        }  # fmt: skip
        return _raw(statuses=[status])
    sender = f"BR.NEW{uuid.uuid4().hex}" if n % 10 == 0 else f"BR.BENCH{n % PEOPLE}"
    message = {
        "from_user_id": sender, "id": f"wamid.{uuid.uuid4().hex}", "timestamp": "1795300000", "type": "text",
        "text": {"body": "oi, tudo bem?"},
    }  # fmt: skip
    return _raw(messages=[message])


def _raw(**value: Any) -> bytes:
    return json.dumps(delivery(change(**value))).encode()
