"""Each hot path of the store in one of a million leads and five million messages, beside the same in one of a thousand.

`make bench ARGS="--only grown"`, or `python -m tests.benchmarks.grown --leads 100000` for a smaller one, in a Postgres of its own.
Both stores hold the same of what is open and have had the same number of leads a day, so that only what lies behind differs.
Every call is made in a transaction that is undone, in the two stores by turns.
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
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from flows.adapters.store import database
from tests.benchmarks.figures import Figure, Table

LEADS, FEW = 1_000_000, 1_000
A_DAY = 1_000
# The open ones are the first leads. Few enough for the small store.
UNANSWERED, PARKED, LONG_QUEUED = 60, 400, 300
WITHIN = 1.2
# Milliseconds that a slice of a purge may hold its rows.
SLICE = 100
# Milliseconds that two medians may differ by without telling anything: a page of an index more, and the clock.
_APART = 0.15

# A life of the past for each lead: form, template, two questions and answers, silence, for every tenth a person. Ids are hashes of a number, so that
# rows find each other without a look and lie as scattered as random ones; foreign keys are not checked while seeding.
_PAST = """
insert into leads (id, phone_number, wa_id, wa_user_id, name, city, state, source, conversation_state, qualification_status,
                   last_inbound_at, last_outbound_at, created_at)
select md5('lead' || n)::uuid, '+55' || (11900000000 + n * 73687871 % 100000000), '55' || (11900000000 + n * 73687871 % 100000000), 'BR.' || n,
       (array['Marina', 'José', 'Beatriz', 'Antônio', 'Zuleica'])[1 + n % 5] || ' ' || initcap(substr(md5('name' || n), 1, 7)),
       (array['Recife', 'Olinda', 'São Paulo'])[1 + n % 3], (array['PE', 'PE', 'SP'])[1 + n % 3],
       (array['form', 'whatsapp'])[1 + n % 2],
       case n % 3 when 0 then 'AWAITING_PLACE' when 1 then 'PLANS_SENT' else 'COMPLETED' end,
       case n % 3 when 1 then 'QUALIFIED' else 'IN_PROGRESS' end, at, at, at
  from generate_series($1::bigint, $2::bigint) n, lateral (select now() - interval '1 day' - n * interval '1 day' / {a_day}) t(at);
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
insert into lead_messages (id, lead_id, run_id, wamid, message_direction, message_type, message_content, template,
                           delivery_status, dedupe_key, wa_timestamp, answered_at, answered_by, attempted_at, pricing, created_at)
select md5(n || '.' || k)::uuid, md5('lead' || n)::uuid,
       case when k in (1, 3) then null else md5(case k when 0 then 'lead-activation' else 'conversation' end || n)::uuid end,
       'wamid.' || n || '.' || k, case when k in (1, 3) then 'user' else 'bot' end,
       case k when 0 then 'template' else 'text' end, 'oi', case k when 0 then '{"name": "x"}'::jsonb end,
       case when k in (0, 2, 4) then 'read' end,
       case k when 0 then 'template:' || n when 2 then 'reply:' || n || '.2' when 4 then 'reply:' || n || '.4' end, at,
       case when k in (1, 3) then at end, case when k in (1, 3) then md5(n || '.' || k + 1)::uuid end,
       case when k in (0, 2, 4) then at end,
       case k when 0 then '{"type": "regular", "category": "marketing"}'::jsonb
              when 2 then '{"type": "free_customer_service", "category": "service"}'::jsonb end, at
  from generate_series($1::bigint, $2::bigint) n, generate_series(0, 4) k,
       lateral (select now() - interval '1 day' - n * interval '1 day' / {a_day} + k * interval '1 minute') t(at)
""",
    """
insert into lead_forms (lead_id, fields, network, started, created_at)
select md5('lead' || n)::uuid, '{"name": "Ana"}', md5('network' || n % 5000), true,
       now() - interval '1 day' - n * interval '1 day' / {a_day} from generate_series($1::bigint, $2::bigint) n
""",
    """
insert into turns (run_id, lead_id, message_id, message_ids, answerer, messages, stage, seconds, tokens_in, why, lead, at)
select md5('conversation' || n)::uuid, md5('lead' || n)::uuid, md5(n || '.' || k + 1)::uuid, array[md5(n || '.' || k)::uuid],
       (array['rules', 'gpt-x'])[1 + n % 2], 1, 'AWAITING_PLACE', 0.5, 900, '{}', '{}',
       now() - interval '1 day' - n * interval '1 day' / {a_day} + k * interval '1 minute'
  from generate_series($1::bigint, $2::bigint) n, unnest(array[1, 3]) k
""",
    """
insert into lead_status (lead_id, from_state, to_state, at)
select md5('lead' || n)::uuid, 'INITIAL', 'PLANS_SENT', now() - interval '1 day' - n * interval '1 day' / {a_day}
  from generate_series($1::bigint, $2::bigint) n where n % 3 = 1
""",
    """
insert into handoffs (lead_id, reason, created_at, acknowledged_at, acknowledged_by)
select md5('lead' || n)::uuid, 'plan_chosen', at, at + interval '1 hour', 'ana'
  from generate_series($1::bigint, $2::bigint) n, lateral (select now() - interval '1 day' - n * interval '1 day' / {a_day}) t(at)
 where n % 10 = 0
""",
    # raw deliveries are kept for days only, so there is one for each lead of the last week, however old the store
    """
insert into webhook_events (event_key, kind, payload, received_at)
select key, kind, payload, now() - interval '1 day' - n * interval '1 day' / {a_day}
  from generate_series($1::bigint, least($2::bigint, {a_day} * 7)) n, lateral (values
    ('m:wamid.' || n || '.1', 'message', jsonb_build_object('id', 'wamid.' || n || '.1', 'type', 'text', 'from_user_id', 'BR.' || n,
      'from', '55' || (11900000000 + n * 73687871 % 100000000), 'text', jsonb_build_object('body', 'oi'))),
    ('s:wamid.' || n || '.2:read', 'status', jsonb_build_object('id', 'wamid.' || n || '.2', 'status', 'read',
      'recipient_user_id', 'BR.' || n))) e(key, kind, payload)
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

# Those that hold no constraint.
_INDEXES = """
select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
  from pg_index join pg_class on pg_class.oid = indrelid
 where relnamespace = 'public'::regnamespace and not indisprimary
   and not exists (select 1 from pg_constraint where conindid = indexrelid)
 order by 1
"""


async def seed(
    url: str,
    leads: int,
    *,
    unanswered: int = UNANSWERED,
    parked: int = PARKED,
    queued: int = LONG_QUEUED,
    a_day: int = A_DAY,
) -> None:
    """Fills an empty store with so many leads, of whom the first are open and the rest came so many a day, and are silent."""
    connection = await asyncpg.connect(url)
    try:
        # indexes are built at once, at the end: row by row they take longer than all else, the operators' search most
        indexes = await connection.fetch(_INDEXES)
        for index in indexes:
            await connection.execute(f"drop index {index['name']}")
        await connection.execute("set session_replication_role = replica; set synchronous_commit = off")
        for first in range(1, leads + 1, 100_000):
            for step in (_PAST, *_STEPS):
                await connection.execute(step.replace("{a_day}", str(a_day)), first, min(first + 99_999, leads))
        await connection.execute(_TODAY.format(unanswered=unanswered, parked=parked, queued=queued))
        await connection.execute("set maintenance_work_mem = '512MB'")
        for index in indexes:
            await connection.execute(index["definition"])
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


# What is asked every few seconds, with each message, or by an operator's page, by a name. `{open}` is a lead who waits for an
# answer, `{lead}` one of the past; days are counted back from today.
CALLS: dict[str, str] = {
    "delivery": "select receive_delivery('[{message}]')",
    "delivery of somebody new": "select receive_delivery('[{stranger}]')",
    "status": "select receive_delivery('[{status}]')",
    "form": """select save_form('{{"phone": "{phone}", "name": "Ana"}}')""",
    "claim": "select claim_run('conversation', '{open}', gen_random_uuid(), 15)",
    "drain": "select drain('{open}', 20)",
    "commit": """
      select commit_turn((c->>'run_id')::uuid, (c->>'claim')::int,
        array(select id from lead_messages where lead_id = '{open}' and answered_at is null and message_direction = 'user'),
        '{{"content": {{"text": "oi"}}, "why": {{"by": "rules", "seconds": 0.1, "tokens_in": 0, "tokens_out": 0}}}}')
      from claim_run('conversation', '{open}', gen_random_uuid(), 15) c""",
    "renewal of leases": "select renew_leases(array(select id from runs where status = 'parked' limit 200), array(select 1 from generate_series(1, 200)), 15)",
    "news of leads": "select leads_with_news(array(select lead_id from runs where status = 'requested' limit 100))",
    "dispatcher": "select due_runs(50, 60)",
    "gauges": "select ops_gauges(60)",
    "news": "select claim_news(300, 240)",
    "CRM events": "select due_crm_events(20, '{{}}', 120)",
    "list, as the page asks": "select ops_leads('{{}}', null, 50), ops_filters(1001)",
    "list of a stage": """select ops_leads('{{"stages": ["PLANS_SENT"]}}', null, 50)""",
    "search of a number": """select ops_leads('{{"search": "{phone}"}}', null, 50)""",
    "search of a name": """select ops_leads('{{"search": "{name}"}}', null, 50)""",
    "one lead": "select ops_sheet('{lead}', 500)",
    "one lead's timeline": "select ops_timeline('{lead}', 200)",
    "queue": "select ops_queue('ana', null, 100)",
    "pulse": "select ops_pulse(array['{lead}'::uuid])",
    "overview of a day": "select ops_dashboard(now() - interval '2 days', now(), null), ops_funnel(now() - interval '2 days', now())",
    "report of the newest day": "select ops_report(now() - interval '2 days', now() - interval '1 day')",
    "report of the oldest day": "select ops_report(now() - interval '{days} days', now() - interval '{days} days' + interval '1 day')",
    "export": "select ops_export('{lead}', 'ana')",
    "erase": "select ops_erase('{lead}', 'ana', null)",
    "purge, a slice of events": "select forget('events', {week}, 1000)",
    "purge, a slice of bills": "select forget('bills', 30, 1000)",
    "purge, a slice of messages": "select forget('messages', {past}, 1000)",
    "purge, a slice of runs": "select forget('runs', {past}, 1000)",
    "purge, a slice of leads": "select forget('leads', {past}, 1000)",
}


def call(name: str, number: int, leads: int, a_day: int = A_DAY, unanswered: int = UNANSWERED) -> str:
    """The statement of this call in a store of so many leads, about the lead of this number."""
    days = leads // a_day

    def event(kind: str, n: int, **more: object) -> str:
        return json.dumps(
            {
                "kind": kind,
                "key": f"{kind}:{uuid4().hex}",
                "wamid": uuid4().hex,
                "type": "text",
                "text": "oi",
                "payload": None,
                "media": None,
                "location": None,
                "bsuid": f"BR.{n}",
                "phone": f"+{_digits(n)}",
                "wa_id": _digits(n),
                "profile_name": None,
                "username": None,
                "reply_to": None,
                "at": None,
                "wants_answer": True,
                "raw": {},
                **more,
            }
        )

    return CALLS[name].format(
        lead=_lead(number),
        # every tenth has no run, and so is no good example
        open=_lead(number % (unanswered // 10) * 10 + 1),
        phone=f"+{_digits(number)}",
        name=f"{('Marina', 'José', 'Beatriz', 'Antônio', 'Zuleica')[number % 5]} {hashlib.md5(f'name{number}'.encode(), usedforsecurity=False).hexdigest()[:7]}",
        message=event("message", number),
        stranger=event("message", 50_000_000 + number),
        status=event("status", number, wamid=f"wamid.{number}.4", status="read", tracker=None, error_code=None),
        days=days + 1,
        # past these lies one day of the store, in the small one all of it
        past=days,
        week=min(days, 7),
    )


def _digits(number: int) -> str:
    """Scattered as numbers are: in a row they would share most of what a search goes by."""
    return f"55{11900000000 + number * 73687871 % 100000000}"


def _lead(number: int) -> UUID:
    return UUID(hashlib.md5(f"lead{number}".encode(), usedforsecurity=False).hexdigest())


async def figures(directory: Path, leads: int = LEADS, rounds: int = 25) -> list[Figure]:
    """Milliseconds of each call in the large store, those of the small one beside it. A database that lies there already is
    used as it is."""
    url = await asyncio.to_thread(database.start_embedded, directory)
    try:
        urls = {size: url.replace("/serena?", f"/grown{size}?") for size in (FEW, leads)}
        for size, one in urls.items():
            await database.ensure_database(one)
            if await database.migrate(one):
                began = time.perf_counter()
                await seed(one, size)
                print(
                    f"    {size:,} leads and {size * 5:,} messages seeded in {time.perf_counter() - began:.0f} s",
                    flush=True,
                )
        return await _measured(urls, rounds)
    finally:
        await asyncio.to_thread(database.stop_embedded, directory)


async def _measured(urls: Mapping[int, str], rounds: int) -> list[Figure]:
    connections = {size: await asyncpg.connect(url) for size, url in urls.items()}
    found = []
    try:
        for name in CALLS:
            taken: dict[int, list[float]] = {size: [] for size in urls}
            for n in range(rounds + 2):
                for size, connection in connections.items():
                    # leads of the past, and of the same recent days in both
                    statement = call(name, FEW - 100 + n, size)
                    transaction = connection.transaction()
                    await transaction.start()
                    began = time.perf_counter()
                    await connection.fetchval(statement)
                    taken[size].append((time.perf_counter() - began) * 1000)
                    await transaction.rollback()
            few, many = (statistics.median(times[2:]) for times in taken.values())  # the first ones read the catalogue
            budget = SLICE if name.startswith("purge") else max(few * WITHIN, few + _APART)
            found.append(Figure(f"{name}, {max(urls):,} leads", many, "ms", round(budget, 2), {f"{FEW:,} leads": few}))
    finally:
        for connection in connections.values():
            await connection.close()
    return found


async def _run(directory: Path, leads: int, rounds: int) -> bool:
    table = Table()
    table.add(*await figures(directory, leads, rounds))
    print(table.verdict())
    return table.kept


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.grown", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--leads", type=int, default=LEADS)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--data", type=Path, help="where the database lies, and stays, for another run without seeding")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        return 0 if asyncio.run(_run(given.data or Path(scratch) / "postgres", given.leads, given.rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
