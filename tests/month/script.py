"""One short script that is played on Prefect and on its model: what the store goes through has to be the same."""

from __future__ import annotations

import json
from typing import Any

import asyncpg

# `writes` a text, `resumed` with an input or by a timer without one, `fails` in Prefect; then everything rests. `refused`: how
# often WhatsApp refuses the answer for now, which the task's retries overcome.
SCRIPT: tuple[dict[str, Any], ...] = (
    {"writes": "oi"},
    {"resumed": None},
    {"writes": "moro em Recife, PE", "refused": 2},
    {"resumed": {"remind_now": True}},
    {"fails": True, "writes": "como funciona?"},
    {"writes": "parar"},
)

_SEE = """
create table states_seen (n bigint generated always as identity, lead_id uuid, seen jsonb);
create function see_state() returns trigger language plpgsql as $$ begin
  insert into public.states_seen (lead_id, seen) values (new.lead_id,
    jsonb_build_array(new.status, new.wait, new.reminders, new.generation, new.woken, new.outcome));
  return null;
end $$;
create trigger states_seen after insert or update on runs for each row when (new.flow = 'conversation')
  execute function see_state();
"""
_SEE_NO_MORE = "drop trigger states_seen on runs; drop function see_state; drop table states_seen"


async def see(url: str, *, stop: bool = False) -> None:
    """From now on the store keeps every state that a conversation's run goes through."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_SEE_NO_MORE if stop else _SEE)
    finally:
        await connection.close()


async def seen(url: str, bsuid: str) -> list[Any]:
    """What was seen of this person's conversations, each state once, and how each message of ours went."""
    connection = await asyncpg.connect(url)
    try:
        lead = await connection.fetchval("select lead_id from lead_user_ids where wa_user_id = $1", bsuid)
        rows = await connection.fetch("select seen from states_seen where lead_id = $1 order by n", lead)
        sends = await connection.fetch(
            "select split_part(dedupe_key, ':', 1) as kind, attempts from lead_messages"
            " where lead_id = $1 and message_direction = 'bot' order by seq",
            lead,
        )
    finally:
        await connection.close()
    states: list[Any] = []
    for row in rows:
        state = json.loads(row["seen"])
        if not states or states[-1] != state:
            states.append(state)
    return [*states, *(["sent", row["kind"], row["attempts"]] for row in sends)]
