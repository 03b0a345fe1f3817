"""`make bench`: every budget on this machine, each beside the usual way where there is one.

Takes about five minutes on two cores that have nothing else to do. Exit status 1 when a budget is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import httpx

from deployments.local.processes import free_port
from deployments.local.stack import Stack, running
from flows.adapters.store import database
from tests.benchmarks import assistant, crowd, stack_load, webhook_load
from tests.benchmarks.figures import Figure, Table

PARTS = ("assistant", "webhook", "warm", "pictures", "form", "suspended", "burst", "crowd")
# No waiting for the end of a burst of messages, which would be measured otherwise; all else as in production.
_TIMES = {
    "LOG_FORMAT": "json",
    "BURST_SECONDS": "0",
    "FORM_RATE_PER_MINUTE": "100000",
    "WELCOMES_PER_HOUR": "1000000",
    "SIMULATOR_DELIVER_DELAY": "0.05",
}


async def bench(parts: list[str]) -> bool:
    table, before = Table(), _stolen()
    with tempfile.TemporaryDirectory(prefix="serena-bench-") as place:
        data = Path(place)
        if "assistant" in parts:
            table.add(*await assistant.figures())
        if "webhook" in parts:
            url = await asyncio.to_thread(database.start_embedded, data / "alone" / "postgres")
            await database.ensure_database(url)
            await database.migrate(url)
            table.add(*await webhook_load.figures(url, data / "logs"))
        if {"warm", "pictures"} & set(parts):
            async with _stack(data / "warm", LINGER_SECONDS="60") as (_, http):
                if "warm" in parts:
                    table.add(*await stack_load.warm(http))
                if "pictures" in parts:
                    table.add(*await stack_load.beside_pictures(http))
        if {"form", "suspended", "burst", "crowd"} & set(parts):
            async with _stack(data / "cold", LINGER_SECONDS="1") as (stack, http):
                await _cold(parts, stack, http, table)
    all_time, stolen = (after - earlier for after, earlier in zip(_stolen(), before, strict=True))
    if all_time:
        print(f"Of this machine's processor time {stolen / all_time:.1%} went to others meanwhile.")
    return table.kept


def _stolen() -> tuple[int, int]:
    """Processor time since the start and that part of it which a host gave to other machines; zeros where unknown."""
    stat = Path("/proc/stat")
    ticks = [int(field) for field in stat.read_text().splitlines()[0].split()[1:9]] if stat.exists() else [0] * 8
    return sum(ticks), ticks[7]


async def _cold(parts: list[str], stack: Stack, http: httpx.AsyncClient, table: Table) -> None:
    first: list[float] = []
    resumed: list[float] = []
    crowded = 0.0
    if {"suspended", "burst"} & set(parts):
        first, resumed, crowded = await stack_load.served(stack, http)
    if "form" in parts:
        table.add(*await stack_load.forms(stack, http))
    if "suspended" in parts:
        table.add(*await stack_load.suspended(stack, http, resumed))
    if "burst" in parts:
        one = await stack_load.Lead.new(http)
        table.add(Figure("first message → reply sent", await one.says("oi"), "s", None, sum(first) / len(first)))
        table.add(*await stack_load.burst(http, crowded))
    if "crowd" in parts:
        table.add(*await crowd.figures(stack, http))


class _stack:  # noqa: N801 - reads as the context manager that it is
    """The local stack on free ports, and a client of its simulator."""

    def __init__(self, data: Path, **extra: str) -> None:
        ports = {name: free_port(0) for name in ("webhook", "prefect", "simulator")}
        self._running = running(data, extra=_TIMES | extra, ports=ports, quiet=True)

    async def __aenter__(self) -> tuple[Stack, httpx.AsyncClient]:
        self._up = await self._running.__aenter__()
        self._http = httpx.AsyncClient(base_url=self._up.simulator, timeout=60, trust_env=False)
        return self._up, self._http

    async def __aexit__(self, *exc: object) -> None:
        await self._http.aclose()
        await self._running.__aexit__(None, None, None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("--only", metavar="PART", nargs="+", choices=PARTS, default=list(PARTS), help=", ".join(PARTS))
    return 0 if asyncio.run(bench(parser.parse_args().only)) else 1


if __name__ == "__main__":
    sys.exit(main())
