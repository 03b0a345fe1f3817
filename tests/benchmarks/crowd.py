"""Ten thousand suspended leads: what they cost while nothing happens, and how long one of them waits for its reply.

They are made by copying the rows of a few that really are suspended, in the store and in Prefect's database; creating so
many through the API would take Prefect an hour.
"""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import asyncpg
import httpx

from deployments.local.stack import Stack
from tests.benchmarks.figures import Figure, spread
from tests.benchmarks.kept import copied
from tests.benchmarks.leads import Lead
from tests.benchmarks.processor import spent

COUNT = 10_000
IDLE_SECONDS = 20

# Every copy gets the ids that `md5(original || n)` gives, in all tables alike.
_STORE = """
with source as (select r.id run_id, r.flow_run_id, r.lead_id from runs r where r.lead_id = $1 and r.status = 'parked'),
made as (
  insert into leads (id, phone_number, name, conversation_state, last_inbound_at, last_outbound_at)
  select md5(s.lead_id::text || n)::uuid, '+55839' || (10000000 + n)::text, l.name, l.conversation_state,
         l.last_inbound_at, l.last_outbound_at
    from source s join leads l on l.id = s.lead_id, generate_series(1, $2::int) n returning 1)
select count(*) from made
"""
_RUNS = """
insert into runs (id, lead_id, flow, status, flow_run_id, claim, wait, wake_due_at, next_dispatch_at)
select md5(r.id::text || n)::uuid, md5(r.lead_id::text || n)::uuid, r.flow, r.status, md5(r.flow_run_id::text || n)::uuid,
       r.claim, r.wait, r.wake_due_at + interval '2 hours', r.next_dispatch_at + interval '2 hours'
  from runs r, generate_series(1, $2::int) n where r.lead_id = $1 and r.status = 'parked'
"""


async def figures(stack: Stack, http: httpx.AsyncClient) -> list[Figure]:
    lead = await Lead.new(http)
    await lead.says("oi")
    store = await asyncpg.connect(stack.env["DATABASE_URL"])
    prefect = await asyncpg.connect(stack.env["DATABASE_URL"].replace("/serena?", "/prefect?"))
    try:
        lead_id = await store.fetchval("select id from leads where phone_number = $1", lead.phone)
        while (
            run := await store.fetchval(
                "select flow_run_id from runs where lead_id = $1 and status = 'parked'", lead_id
            )
        ) is None:
            await asyncio.sleep(0.2)
        while not await prefect.fetchval("select state_type = 'PAUSED' from flow_run where id = $1", run):
            await asyncio.sleep(0.2)
        await asyncio.sleep(3)  # its events have to be in the automation's buckets
        await store.execute(_STORE.replace("$1", f"'{lead_id}'").replace("$2", str(COUNT)))
        await store.execute(_RUNS.replace("$1", f"'{lead_id}'").replace("$2", str(COUNT)))
        await _copy_runs(prefect, run)
        await store.execute("analyze")
        await prefect.execute("analyze")
    finally:
        await store.close()
        await prefect.close()
    await asyncio.sleep(5)
    before, began = spent(stack), time.perf_counter()
    await asyncio.sleep(IDLE_SECONDS)
    share = sum((spent(stack) - before).values()) / (time.perf_counter() - began)
    seconds = []
    for n in range(1, 21):
        copy = await Lead.new(http, phone=f"+55839{10_000_000 + n * 400}")
        seconds.append(await copy.says("precisa instalar placas?"))
    return [
        Figure(f"{COUNT} suspended leads: share of a core, idle", share, "core", 0.03),
        *spread("… message → reply sent, from suspended", [seconds], p95=0.3),
    ]


async def _copy_runs(prefect: asyncpg.Connection, run: UUID) -> None:
    """The flow run, its states, its expected input and its timer, each under the copy's ids."""
    await copied(prefect, [run], 0, COUNT, tables=("flow_run", "flow_run_state", "flow_run_input"))
    async with prefect.transaction():
        buckets = await prefect.fetchval(
            "select count(*) from automation_bucket where bucketing_key::text like $1", f"%{run}%"
        )
        if buckets:
            await prefect.execute(
                'insert into automation_bucket (automation_id, trigger_id, bucketing_key, last_event, start, "end", count,'
                " last_operation, triggered_at) select automation_id, trigger_id,"
                f" jsonb_build_array('prefect.flow-run.' || md5('{run}' || n)::uuid), last_event, start, \"end\", count,"
                " last_operation, triggered_at from automation_bucket,"
                f" generate_series(1, {COUNT}) n where bucketing_key::text like '%{run}%'"
            )
