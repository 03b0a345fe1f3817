"""What a conversation leaves in Prefect's database, and that what ended long ago goes from there by itself.

`python -m tests.benchmarks.kept` plays a few conversations on a stack of its own, counts their rows and bytes, copies them
over the days of a quarter, lets Prefect's vacuum work on it with the settings of the local stack, and prints what is left.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx

from deployments.local.environment import PREFECT_RUNS_KEPT_DAYS
from deployments.local.processes import free_port
from deployments.local.stack import Stack, running
from tests.benchmarks.figures import Figure, Table, percentile
from tests.benchmarks.leads import Lead, talk

PLAYED = 10
TURNS = 6
# What belongs to one flow run, and the columns that hold an id of its own (the others point at what all runs share).
_OWN: dict[str, tuple[str, ...]] = {
    "flow_run": ("id", "state_id"),
    "flow_run_state": ("id", "flow_run_id"),
    "flow_run_input": ("id", "flow_run_id"),
    "task_run": ("id", "flow_run_id", "state_id"),
    "task_run_state": ("id", "task_run_id"),
    "log": ("id", "flow_run_id", "task_run_id"),
    "artifact": ("id", "flow_run_id", "task_run_id"),
}


async def _fill(
    table: Table, prefect: asyncpg.Connection, leads_a_day: int, days: int, stack: Stack, http: httpx.AsyncClient
) -> None:
    people = [await Lead.new(http) for _ in range(PLAYED)]
    before = await _rows(prefect)
    for lead in people:
        await lead.says("oi")
        await talk(lead, TURNS)
        await lead.says("parar")
    await _ended(prefect, PLAYED)
    grown = {name: count - before[name] for name, count in (await _rows(prefect)).items()}
    table.add(
        Figure(
            "rows a conversation leaves with Prefect", sum(grown.values()) / PLAYED, "rows", None, note=f"{TURNS} turns"
        )
    )
    print("   ", ", ".join(f"{name} {count / PLAYED:g}" for name, count in grown.items() if count), flush=True)
    played = [row[0] for row in await prefect.fetch("select id from flow_run where name like 'conversation-%'")]
    copies, began = leads_a_day * days // PLAYED, time.perf_counter()
    for first in range(0, copies, 500):
        await copied(prefect, played, first, min(first + 500, copies), days / copies)
    await prefect.execute("analyze")
    size = int(await prefect.fetchval("select pg_database_size(current_database())"))
    print(
        f"    {copies * PLAYED:,} conversations of {days} days copied in {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    table.add(Figure("… bytes each, indexes included", size / (copies * PLAYED) / 1024, "KB"))
    old = f"end_time < now() - interval '{PREFECT_RUNS_KEPT_DAYS} days'"
    waiting, began = int(await prefect.fetchval(f"select count(*) from flow_run where {old}")), time.perf_counter()
    talking = await Lead.new(http)
    await talking.says("oi")
    meanwhile: list[float] = []
    async with asyncio.timeout(3600):
        while await prefect.fetchval(f"select exists (select from flow_run where {old})"):
            meanwhile += await talk(talking, 4, reading=0.5)
    seconds = time.perf_counter() - began
    table.add(
        Figure(
            "a backlog goes, runs per second",
            waiting / seconds,
            "/s",
            leads_a_day / 3600,
            more_is_better=True,
            note=f"({waiting:,} in {seconds:.0f} s)",
        ),
        Figure("… a chat's reply meanwhile, p95", percentile(meanwhile, 0.95), "s", None, note=f"(n={len(meanwhile)})"),
    )
    for _ in range(600):  # seconds; what is left then is a finding, and no reason to lose the other figures
        if not (left := await _orphans(prefect)):
            break
        await asyncio.sleep(1)
    table.add(Figure("rows left of runs that went", left, "rows", 0))
    kept = int(await prefect.fetchval("select count(*) from flow_run"))
    table.add(Figure("runs kept", kept, "runs", leads_a_day * (PREFECT_RUNS_KEPT_DAYS + 1)))


async def _rows(prefect: asyncpg.Connection) -> dict[str, int]:
    names = await prefect.fetch("select tablename from pg_tables where schemaname = 'public'")
    return {row[0]: int(await prefect.fetchval(f'select count(*) from "{row[0]}"')) for row in names}


async def _ended(prefect: asyncpg.Connection, count: int) -> None:
    ended = "select count(*) from flow_run where end_time is not null and name like 'conversation-%'"
    async with asyncio.timeout(120):
        while await prefect.fetchval(ended) < count:
            await asyncio.sleep(0.3)
    await asyncio.sleep(3)  # task runs and logs are written in batches, up to a second or two later


async def copied(
    prefect: asyncpg.Connection,
    played: list[UUID],
    first: int,
    last: int,
    days_each: float = 0,
    tables: Collection[str] = tuple(_OWN),
) -> None:
    """Copies these flow runs, and what belongs to them in these tables, under new ids, `md5(id || n)` for each n from
    `first` + 1 to `last`; each copy so much older than the one before."""
    async with prefect.transaction():
        await prefect.execute("set local session_replication_role = replica; set local synchronous_commit = off")
        for name in tables:
            own = _OWN[name]
            shown = await prefect.fetch(
                "select column_name, data_type from information_schema.columns where table_name = $1 and is_generated = 'NEVER'",
                name,
            )
            values = []
            for column, kind in shown:
                if column in own:
                    values.append(f"md5(o.{column}::text || n)::uuid")
                elif kind.startswith("timestamp"):
                    values.append(f"o.{column} - n * interval '{days_each} days'")
                elif column == "idempotency_key":
                    values.append("o.idempotency_key || n")
                else:
                    values.append(f"o.{column}")
            of = "o.id" if name == "flow_run" else "o.flow_run_id" if "flow_run_id" in own else None
            mine = "select id from task_run where flow_run_id = any($1)"
            where = f"{of} = any($1)" if of else f"o.task_run_id in ({mine})"
            columns = ", ".join(f'"{column}"' for column, _ in shown)
            await prefect.execute(
                f"insert into {name} ({columns}) select {', '.join(values)} from {name} o,"
                f" generate_series({first + 1}, {last}) n where {where}",
                played,
            )


async def _orphans(prefect: asyncpg.Connection) -> int:
    """Rows that point to a flow run or a task run that is gone."""
    counts = [
        await prefect.fetchval(
            f"select count(*) from {name} o where {column} is not null"
            f" and not exists (select from {column.removesuffix('_id')} r where r.id = o.{column})"
        )
        for name, own in _OWN.items()
        for column in own
        if column in ("flow_run_id", "task_run_id")
    ]
    return int(sum(counts))


async def measured(table: Table, leads_a_day: int = 1000, days: int = 90) -> None:
    """On a stack of its own, whose vacuum looks more often than it would."""
    ports = {name: free_port(0) for name in ("webhook", "prefect", "simulator")}
    extra = {
        "BURST_SECONDS": "0",
        "SIMULATOR_DELIVER_DELAY": "0.05",
        "LINGER_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "20",
    }
    with tempfile.TemporaryDirectory(prefix="serena-kept-") as place:
        async with (
            running(Path(place), extra=extra, ports=ports, quiet=True) as stack,
            httpx.AsyncClient(base_url=stack.simulator, timeout=60, trust_env=False) as http,
        ):
            prefect = await asyncpg.connect(stack.env["DATABASE_URL"].replace("/serena?", "/prefect?"))
            try:
                await _fill(table, prefect, leads_a_day, days, stack, http)
            finally:
                await prefect.close()


async def _run(leads_a_day: int, days: int) -> bool:
    table = Table()
    await measured(table, leads_a_day, days)
    return table.kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.kept", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--leads-a-day", type=int, default=1000)
    parser.add_argument("--days", type=int, default=90)
    given = parser.parse_args()
    return 0 if asyncio.run(_run(given.leads_a_day, given.days)) else 1


if __name__ == "__main__":
    sys.exit(main())
