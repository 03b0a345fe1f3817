"""A lead is found among a hundred thousand as fast as among ten: each question reads an index and counts nothing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import pytest

LEADS = 100_000
SEED = """
insert into leads (name, city, state, phone_number, conversation_state, source, created_at, last_inbound_at)
select (array['Marina', 'José', 'Beatriz', 'Antônio', 'Zuleica'])[1 + n % 5] || ' ' || (array['Alves', 'Prado', 'Quintana', 'Souza'])[1 + n % 4] || ' ' || n,
       (array['Recife', 'Olinda', 'São Paulo'])[1 + n % 3], (array['PE', 'PE', 'SP'])[1 + n % 3], '+55' || (11900000000 + n),
       case when n % 10 = 0 then 'PLANS_SENT' else 'COMPLETED' end, case when n % 20000 = 0 then 'rare' else 'form' end,
       now() - n * interval '1 minute', now() - n * interval '30 seconds'
  from generate_series(1, $1::int) n"""


@pytest.fixture(scope="module")
def url(url: str, runner: asyncio.Runner) -> str:
    async def fill() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(SEED.replace("$1", str(LEADS)))
            await connection.execute(
                "insert into handoffs (lead_id, reason) select id, 'changed' from leads order by id limit 200"
            )
            await connection.execute(
                "update leads set taken_over_by = 'ana', taken_over_at = now() where name like '% 50000';"
                " insert into lead_messages (lead_id, message_direction, message_type, delivery_status)"
                " select id, 'bot', 'text', 'failed' from leads where name like '% 60001'"
            )
            await connection.execute("vacuum analyze")
        finally:
            await connection.close()

    runner.run(fill())
    return url


# Rows that a question may read of the leads for a page of ten. Of words that many have, the planner reads as much of an index
# as it thinks cheap, which changes with what it saw of the table.
FEW, WORDS = 300, 3000


@pytest.mark.parametrize(
    ("asked", "count", "most"),
    [
        ({"search": "marina 77770"}, 1, WORDS),
        ({"search": "olinda zuleica 99999"}, 0, WORDS),
        ({"search": "(11) 90007-7777"}, 1, FEW),
        ({"search": "11 0007-7777"}, 1, FEW),
        ({"search": "prado olinda"}, 11, WORDS),
        ({}, 11, FEW),
        ({"stages": ["PLANS_SENT"]}, 11, FEW),
        # no Zuleica is at that stage, which no statistics know
        ({"stages": ["PLANS_SENT"], "search": "zuleica"}, 0, 2 * WORDS),
        ({"stages": ["PLANS_SENT", "COMPLETED"], "search": "marina 77770"}, 1, 3 * WORDS),
        ({"source": "rare"}, 5, FEW),
        ({"waiting": True}, 11, FEW),
        ({"sort": "wait", "waited_hours": 0}, 11, FEW),
        ({"sort": "arrival", "from": "2020-01-01"}, 11, FEW),
        ({"failed": True}, 1, FEW),
        ({"held_by": "ana"}, 1, FEW),
    ],
)
def test_the_list_is_read_by_an_index(
    url: str, runner: asyncio.Runner, asked: dict[str, Any], count: int, most: int
) -> None:
    async def ask() -> tuple[int, int, int]:
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                found = await connection.fetchval("select ops_leads($1::text::jsonb, null, 10)", json.dumps(asked))
                whole = await connection.fetchval(
                    "select coalesce(sum(seq_scan), 0)::int from pg_stat_xact_user_tables where relname = 'leads'"
                )
                read = await connection.fetchval(
                    "select coalesce(sum(idx_tup_fetch), 0)::int from pg_stat_xact_user_tables where relname = 'leads'"
                )
            rows = json.loads(found)
            return len(rows["rows"]) + (rows["next"] is not None), whole, read
        finally:
            await connection.close()

    found, whole, read = runner.run(ask())
    assert found == count
    assert whole == 0, "no table is read as a whole"
    assert read <= most


def test_what_the_list_is_filtered_by_is_counted_up_to_a_limit(url: str, runner: asyncio.Runner) -> None:
    async def ask() -> tuple[dict[str, Any], int, int]:
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                found = json.loads(await connection.fetchval("select ops_filters(1001)"))
                row = await connection.fetchrow(
                    "select coalesce(sum(seq_tup_read), 0)::int, coalesce(sum(idx_tup_fetch), 0)::int from pg_stat_xact_user_tables where relname = 'leads'"
                )
            return found, row[0], row[1]
        finally:
            await connection.close()

    found, whole, read = runner.run(ask())
    assert found == {"stages": {"PLANS_SENT": 1001, "COMPLETED": 1001}, "sources": ["form", "rare"]}
    assert whole + read < 5000
