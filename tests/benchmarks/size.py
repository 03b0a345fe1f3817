"""What the calls that come every few seconds cost in a store of this many leads of whom few are open.

`python -m tests.benchmarks.size --leads 1000000` seeds a database of its own (some minutes) and prints a line a call.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from flows.adapters.store import database

UNANSWERED = 600
PARKED = 10_000
LONG_QUEUED = 5_000

# A life of the past for each lead: form, template, two questions and answers, silence. Ids are hashes of a number, so that
# rows find each other without a look and lie as scattered as random ones; foreign keys are not checked while seeding.
_PAST = """
insert into leads (id, phone_number, wa_id, wa_user_id, conversation_state, last_inbound_at, last_outbound_at, created_at)
select md5('lead' || n)::uuid, '+55' || (11900000000 + n), '55' || (11900000000 + n),
       'BR.' || n, case n % 3 when 0 then 'AWAITING_PLACE' when 1 then 'PLANS_SENT' else 'COMPLETED' end, at, at, at
  from generate_series($1::bigint, $2::bigint) n, lateral (select now() - interval '3 days' - n * interval '20 seconds') t(at);
"""
_STEPS = (
    """
insert into lead_user_ids (wa_user_id, lead_id, first_seen_at)
select 'BR.' || n, md5('lead' || n)::uuid, now() - interval '9 days'
  from generate_series($1::bigint, $2::bigint) n
""",
    """
insert into runs (id, lead_id, flow, status, flow_run_id, claim, outcome, created_at, next_dispatch_at)
select md5(f || n)::uuid,
       md5('lead' || n)::uuid, f, 'finished', gen_random_uuid(), 3,
       case f when 'conversation' then 'silent' else 'sent' end, now() - interval '9 days', now() - interval '9 days'
  from generate_series($1::bigint, $2::bigint) n, unnest(array['lead-activation', 'conversation']) f
""",
    """
insert into lead_messages (lead_id, run_id, wamid, message_direction, message_type, message_content, template,
                           delivery_status, dedupe_key, wa_timestamp, answered_at, created_at)
select md5('lead' || n)::uuid,
       case when k in (1, 3) then null else md5(case k when 0 then 'lead-activation' else 'conversation' end || n)::uuid end,
       'wamid.' || n || '.' || k, case when k in (1, 3) then 'user' else 'bot' end,
       case k when 0 then 'template' else 'text' end, 'oi', case k when 0 then '{"name": "x"}'::jsonb end,
       case when k in (0, 2, 4) then 'read' end, case when k in (0, 2, 4) then 'k:' || n || '.' || k end, at,
       case when k in (1, 3) then at end, at
  from generate_series($1::bigint, $2::bigint) n, generate_series(0, 4) k,
       lateral (select now() - interval '3 days' - n * interval '20 seconds' + k * interval '1 minute') t(at)
""",
    """
insert into lead_forms (lead_id, fields, network, started, created_at)
select md5('lead' || n)::uuid, '{"name": "Ana"}', md5('network' || n % 5000), true,
       now() - interval '3 days' - n * interval '20 seconds' from generate_series($1::bigint, $2::bigint) n
""",
    """
insert into webhook_events (event_key, kind, payload, received_at)
select 'm:wamid.' || n, 'message', '{}', now() - interval '3 days' from generate_series($1::bigint, $2::bigint) n
""",
    """
insert into energy_bills (lead_id, storage_path, sha256, mime_type, size_bytes, delete_after)
select md5('lead' || n)::uuid, n || '.pdf', n::text, 'application/pdf', 1,
       now() + interval '60 days' from generate_series($1::bigint, $2::bigint) n where n % 3 = 0
""",
)

# And today: who waits for an answer (with a run on its way, and every tenth without any), who is silent, what is queued.
_TODAY = """
with late as (select n, md5('lead' || n)::uuid as id from generate_series(1, {unanswered}) n),
wrote as (insert into lead_messages (lead_id, wamid, message_direction, message_type, message_content, wa_timestamp, created_at)
  select id, 'wamid.new.' || n, 'user', 'text', 'oi', now(), now() - interval '1 minute' from late)
insert into runs (lead_id, flow, status, flow_run_id, next_dispatch_at)
select id, 'conversation', 'requested', gen_random_uuid(), now() - interval '1 second' * (n % 5) from late where n % 10 <> 0;
insert into runs (lead_id, flow, status, flow_run_id, claim, wait, wake_due_at, next_dispatch_at)
select md5('lead' || n)::uuid, 'conversation', 'parked', gen_random_uuid(), 1, 1,
       now() + interval '1 hour', now() + interval '1 hour' from generate_series({unanswered} + 1, {unanswered} + {parked}) n;
insert into lead_messages (lead_id, run_id, message_direction, message_type, message_content, delivery_status, dedupe_key, created_at)
select md5('lead' || n)::uuid, md5('conversation' || n)::uuid,
       'bot', 'text', 'oi', 'queued', 'q:' || n, now() - case when n % 100 = 0 then interval '1 hour' else interval '9 days' end
  from generate_series({unanswered} + {parked} + 1, {unanswered} + {parked} + {queued}) n;
"""


async def seed(
    url: str, leads: int, *, unanswered: int = UNANSWERED, parked: int = PARKED, queued: int = LONG_QUEUED
) -> None:
    """Fills an empty store. The first leads are the open ones; the rest has been silent for days."""
    connection = await asyncpg.connect(url)
    try:
        # the operators' search, which takes longest to build and none of these calls uses
        await connection.execute("drop index if exists leads_words")
        await connection.execute("set session_replication_role = replica; set synchronous_commit = off")
        for first in range(1, leads + 1, 100_000):
            for step in (_PAST, *_STEPS):
                await connection.execute(step, first, min(first + 99_999, leads))
        await connection.execute(_TODAY.format(unanswered=unanswered, parked=parked, queued=queued))
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


# The calls that come every few seconds or with each message, by the name of their function.
CALLS: dict[str, str] = {
    "due_runs": "select due_runs(50, 60)",
    "ops_gauges": "select ops_gauges(60)",
    "leads_with_news": "select leads_with_news(array(select lead_id from runs where status = 'requested' limit 100))",
    "claim_run": "select claim_run('conversation', '{lead}', gen_random_uuid(), 15)",
    "renew_leases": "select renew_leases(array(select id from runs where status = 'parked' limit 200), array(select 1 from generate_series(1, 200)), 15)",
    "drain": "select drain('{lead}')",
    "save_form": 'select save_form(\'{{"phone": "{phone}", "name": "Ana"}}\')',
    "receive_delivery": "select receive_delivery('[{message}]')",
    "forget": "select forget('events', 30, 1000), forget('bills', 30, 1000), forget('leads', 3650, 1000)",
    "claim_news": "select claim_news(300, 240)",
    "due_crm_events": "select due_crm_events(20, '{{}}', 120)",
}


def call(name: str, number: int) -> str:
    """The statement of this call, for the lead of this number."""
    message = {
        "kind": "message", "key": f"m:{uuid4().hex}", "wamid": uuid4().hex, "type": "text", "text": "oi", "payload": None,
        "media": None, "location": None, "bsuid": f"BR.{number}", "phone": f"+55{11900000000 + number}",
        "wa_id": f"55{11900000000 + number}", "profile_name": None, "username": None, "reply_to": None, "at": None,
        "wants_answer": True, "raw": {},
    }  # fmt: skip
    lead = UUID(hashlib.md5(f"lead{number}".encode(), usedforsecurity=False).hexdigest())
    return CALLS[name].format(lead=lead, phone=f"+55{11900000000 + number}", message=json.dumps(message))


async def _measured(url: str, leads: int, rounds: int) -> dict[str, list[float]]:
    connection = await asyncpg.connect(url)
    taken: dict[str, list[float]] = {}
    try:
        for name in CALLS:
            for n in range(rounds):
                statement = call(name, leads // 2 + n)
                began = time.perf_counter()
                await connection.fetchval(statement)
                taken.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    finally:
        await connection.close()
    return taken


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.size", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--data", type=Path, help="where the database lies, and stays, for another run without seeding")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        directory = given.data or Path(scratch) / "postgres"
        url = database.start_embedded(directory)
        try:
            return asyncio.run(_run(url, given.leads, given.rounds))
        finally:
            database.stop_embedded(directory)


async def _run(url: str, leads: int, rounds: int) -> int:
    await database.ensure_database(url)
    if await database.migrate(url):
        began = time.perf_counter()
        await seed(url, leads)
        print(f"{leads:,} leads seeded in {time.perf_counter() - began:.0f} s", flush=True)
    taken: dict[str, Any] = await _measured(url, leads, rounds)
    for name, times in taken.items():
        first, *later = times
        print(f"{name:18} first {first:9.2f} ms   median {statistics.median(later):9.2f} ms   max {max(later):9.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
