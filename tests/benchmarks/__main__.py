"""`make bench`: every budget on this machine, each beside the usual way and, where it is installed, beside DBOS.

Takes about fifteen minutes on two cores that have nothing else to do. Exit status 1 when a budget is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx

from deployments.local.processes import free_port
from deployments.local.stack import Stack, running
from flows.adapters.store import database
from tests.benchmarks import assistant, crowd, durable, grown, kept, picture, stack_load, webhook_load
from tests.benchmarks.figures import Table

PARTS = ("assistant", "webhook", "warm", "pictures", "form", "suspended", "burst", "crowd")
# These take a quarter of an hour each, and are played when asked for.
LONG = {
    "grown": "a million leads beside a thousand",
    "kept": "a quarter of ended runs leaves Prefect's database",
}
# The one promise whose measure is a command of its own.
_ELSEWHERE = (
    "kill, stop, cut of any process: `make chaos` counts that every message was answered once, and in how many seconds"
)
# No waiting for the end of a burst of messages, which would be measured otherwise; all else as in production.
_TIMES = {
    "LOG_FORMAT": "json",
    "BURST_SECONDS": "0",
    "FORM_RATE_PER_MINUTE": "100000",
    "WELCOMES_PER_HOUR": "1000000",
    "SIMULATOR_DELIVER_DELAY": "0.05",
}
_EXCLUDED = [
    "No model is asked (the assistant answers by its rules), and no burst of messages is awaited (BURST_SECONDS=0).",
    "The load, the simulated WhatsApp and all that is measured share this machine.",
    durable.LEFT_OUT,
    "flow.serve() keeps no store either; its replies are two fixed texts.",
]


async def bench(given: argparse.Namespace) -> bool:
    parts, rounds, table, before = given.only, given.rounds, Table(), _stolen()
    if not durable.installed():
        print(durable.INSTALL)
    with tempfile.TemporaryDirectory(prefix="serena-bench-") as place:
        data = given.data or Path(place)
        if "assistant" in parts:
            table.add(*await assistant.figures())
        if "webhook" in parts:
            url = await asyncio.to_thread(database.start_embedded, data / "alone" / "postgres")
            try:
                await database.ensure_database(url)
                await database.migrate(url)
                table.add(*await webhook_load.figures(url, data / "logs", rounds))
            finally:
                await asyncio.to_thread(database.stop_embedded, data / "alone" / "postgres")
        if {"warm", "pictures"} & set(parts):
            async with _stack(data / "warm", LINGER_SECONDS="60") as (stack, http):
                if "warm" in parts:
                    async with _others(stack) as others:
                        table.add(*await stack_load.warm(stack, http, others, rounds))
                if "pictures" in parts:
                    table.add(*await stack_load.beside_pictures(http))
        if {"form", "suspended", "burst", "crowd"} & set(parts):
            async with _stack(data / "cold", LINGER_SECONDS="1") as (stack, http):
                await _cold(parts, stack, http, table, rounds)
        if "grown" in parts:
            table.add(*await grown.figures(data / "grown", given.leads))
        if "kept" in parts:
            await kept.measured(table)
    all_time, stolen = (after - earlier for after, earlier in zip(_stolen(), before, strict=True))
    share = stolen / all_time if all_time else None
    print(table.verdict())
    for part in sorted({*PARTS, *LONG} - {*parts}):
        print(f'Not measured in this run: {part}{f" ({LONG[part]})" if part in LONG else ""}; ARGS="--only {part}"')
    print(f"Measured elsewhere: {_ELSEWHERE}.")
    print("\n".join(_EXCLUDED))
    if share is not None:
        print(f"Of this machine's processor time {share:.1%} went to others meanwhile.")
    about = {"parts": parts, "rounds": rounds, "cores": os.cpu_count(), "stolen": share, "excluded": _EXCLUDED}
    if given.json:
        table.write(given.json, about)
    if given.png:
        picture.draw(table.figures, given.png)
    return table.kept


def _stolen() -> tuple[int, int]:
    """Processor time since the start and that part of it which a host gave to other machines; zeros where unknown."""
    stat = Path("/proc/stat")
    ticks = [int(field) for field in stat.read_text().splitlines()[0].split()[1:9]] if stat.exists() else [0] * 8
    return sum(ticks), ticks[7]


async def _cold(parts: list[str], stack: Stack, http: httpx.AsyncClient, table: Table, rounds: int) -> None:
    if "form" in parts:
        table.add(*await stack_load.forms(stack, http))
    if {"suspended", "burst"} & set(parts):
        async with stack_load.Served.running(stack, http) as served, _others(stack) as others:
            if "suspended" in parts:
                table.add(*await stack_load.suspended(stack, http, served, rounds))
            if "burst" in parts:
                table.add(*await stack_load.burst(stack, http, others, served, rounds))
    if "crowd" in parts:
        table.add(*await crowd.figures(stack, http))


@contextlib.asynccontextmanager
async def _others(stack: Stack) -> AsyncIterator[Mapping[str, httpx.AsyncClient]]:
    """Clients of what is measured beside ours and is installed, by its name."""
    async with contextlib.AsyncExitStack() as opened:
        others: Mapping[str, httpx.AsyncClient] = {}
        if durable.installed():
            others = {"DBOS": await opened.enter_async_context(durable.running(stack))}
        yield others


@contextlib.asynccontextmanager
async def _stack(data: Path, **extra: str) -> AsyncIterator[tuple[Stack, httpx.AsyncClient]]:
    """The local stack on free ports, and a client of its simulator."""
    ports = {name: free_port(0) for name in ("webhook", "prefect", "simulator")}
    async with (
        running(data, extra=_TIMES | extra, ports=ports, quiet=True) as stack,
        httpx.AsyncClient(base_url=stack.simulator, timeout=60, trust_env=False) as http,
    ):
        yield stack, http


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.split("\n")[0])
    parts = [*PARTS, *LONG]
    parser.add_argument(
        "--only",
        metavar="PART",
        nargs="+",
        choices=parts,
        default=list(PARTS),
        help=f"{', '.join(parts)}; without it {', '.join(PARTS)}",
    )
    parser.add_argument("--leads", type=int, default=grown.LEADS, help="of the large store in `grown`")
    parser.add_argument("--rounds", type=int, default=3, help="of all that is compared, ours and theirs in turns")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures, with what each was made of")
    parser.add_argument("--png", type=Path, metavar="FILE", help="draws the distributions")
    parser.add_argument("--data", type=Path, help="where the stacks' data and logs lie, to be looked at afterwards")
    return 0 if asyncio.run(bench(parser.parse_args())) else 1


if __name__ == "__main__":
    sys.exit(main())
