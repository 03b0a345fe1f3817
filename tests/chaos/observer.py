"""What became of everybody: counted from the simulator's log and the store alone, and from Prefect's list of runs."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import asyncpg
import httpx

# Every message answered once within this of the return (docs/architecture.md#what-happens-when-a-part-dies); seconds. A reply
# that a fault of the account held up is not tried again for a minute.
WITHIN = 60.0
PUT_OFF = 60.0
# Between our last look at a message and its arrival at WhatsApp; seconds.
_ON_ITS_WAY = 1.0

# What is under way. A conversation that waits for its lead is at rest too, but its silence has still to end.
_OPEN = """
select (select count(*) from lead_messages where message_direction = 'user' and answered_at is null) as unanswered,
       (select count(*) from lead_messages where delivery_status in ('queued', 'sending', 'uncertain')) as unsent,
       (select count(*) from runs where status <> 'finished' and ($1 or status <> 'parked')) as runs
"""
_MESSAGES = """
select m.lead_id::text as lead, m.wamid, m.message_direction as who, m.dedupe_key as key, m.delivery_status as status,
       m.run_id::text as run, m.answered_at is not null as answered, a.wamid as answer, a.delivery_status as answer_status,
       m.template is not null as template, m.withdrawn_at is not null as withdrawn
  from lead_messages m left join lead_messages a on a.id = m.answered_by
"""
_RUNS = "select id::text, lead_id::text as lead, flow, outcome, status, flow_run_id::text as flow_run from runs"
_LEFT = ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"]


@dataclass(frozen=True)
class Befell:
    """One fault as it happened; Unix seconds. `late`: what an answer may take longer for it."""

    kind: str
    name: str
    began: float
    ended: float
    late: float = 0.0


@dataclass
class Verdict:
    """What was counted, and what was wrong with it. `recovery`: by kind of fault, for each message that was open during one, the
    seconds from its end to the answer. `repeats`: what was sent again because nobody told how it went."""

    people: int = 0
    messages: int = 0
    replies: int = 0
    reminders: int = 0
    templates: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    recovery: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)


async def at_rest(database_url: str, within: float, *, silent: bool = True) -> bool:
    """Waits until everything is answered and sent and every run has ended (`silent`: also those that wait for their lead);
    False when that takes longer."""
    deadline = asyncio.get_running_loop().time() + within
    while asyncio.get_running_loop().time() < deadline:
        try:
            connection = await asyncpg.connect(database_url, timeout=5)
            try:
                if not any((await connection.fetchrow(_OPEN, silent)).values()):
                    return True
            finally:
                connection.terminate()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pass  # still recovering: it is asked again
        await asyncio.sleep(0.5)
    return False


async def observe(
    database_url: str,
    prefect_url: str,
    simulator_url: str,
    faults: Sequence[Befell],
    *,
    people: Iterable[str],
    patience: float,
    within: float = WITHIN,
    silent: bool = True,
) -> Verdict:
    """Reads the three and judges. `people`: ids of the phones to look at; others may use the same stack. `patience`: seconds
    that a status is waited for (UNCERTAIN_SECONDS)."""
    chats = await _chats(simulator_url, people)
    verdict = Verdict(people=len(chats))
    connection = await asyncpg.connect(database_url)
    try:
        messages, runs = await connection.fetch(_MESSAGES), await connection.fetch(_RUNS)
    finally:
        await connection.close()
    ours = _of_leads_in(chats, messages)
    _judge_messages(verdict, chats, [row for row in messages if row["lead"] in ours], faults, within, patience)
    mine = [row for row in runs if row["lead"] in ours]
    _judge_runs(verdict, mine, [row for row in messages if row["lead"] in ours], silent=silent)
    await _judge_prefect(
        verdict,
        prefect_url,
        {row["flow_run"]: row for row in mine if row["flow_run"]},
        all_of_it=silent and len(mine) == len(runs),
    )
    return verdict


async def _chats(simulator_url: str, people: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    async with httpx.AsyncClient(base_url=simulator_url, timeout=60) as api:
        return {who: (await api.get(f"/simulator/phones/{who}/chat")).raise_for_status().json() for who in people}


def _of_leads_in(chats: dict[str, list[dict[str, Any]]], messages: list[asyncpg.Record]) -> set[str]:
    said = {bubble["wamid"] for chat in chats.values() for bubble in chat}
    return {row["lead"] for row in messages if row["wamid"] in said}


def _judge_messages(
    verdict: Verdict,
    chats: dict[str, list[dict[str, Any]]],
    rows: list[asyncpg.Record],
    faults: Sequence[Befell],
    within: float,
    patience: float,
) -> None:
    by_wamid = {row["wamid"]: row for row in rows if row["wamid"]}
    at = {bubble["wamid"]: bubble["at"] for chat in chats.values() for bubble in chat}
    answering = {row["answer"] for row in rows}
    for who, chat in chats.items():
        for bubble in chat:
            row, wamid = by_wamid.get(bubble["wamid"]), bubble["wamid"]
            if bubble["from"] == "lead":
                verdict.messages += 1
                if row is None:
                    verdict.wrong.append(f"{who}: message {bubble['seq']} never reached the store")
                elif row["answer"] is None or row["answer"] not in at:
                    verdict.wrong.append(f"{who}: message {bubble['seq']} has no answer on the phone")
                else:
                    _recovered(verdict, who, bubble, at[row["answer"]], faults, within)
            elif bubble["status"] == "failed":
                continue
            elif row is None:
                _repeated(verdict, who, bubble, chat, patience)
            elif row["key"].startswith("reminder:"):
                verdict.reminders += 1
            elif row["template"]:
                verdict.templates += 1
            else:
                verdict.replies += 1
                if wamid not in answering:
                    verdict.wrong.append(f"{who}: bubble {bubble['seq']} answers nothing ({row['key'].split(':')[0]})")
    wrote = _who_wrote(rows)
    for row in rows:
        if row["status"] in ("queued", "sending", "uncertain", "failed") and not (
            row["withdrawn"] and row["lead"] in wrote
        ):
            verdict.wrong.append(
                f"lead {row['lead'][:8]}: a message of ours is {row['status']} ({row['key'].split(':')[0]})"
            )
    templates = Counter(row["lead"] for row in rows if (row["key"] or "").startswith("template:"))
    verdict.wrong += [f"lead {lead[:8]}: {count} welcome templates" for lead, count in templates.items() if count != 1]


def _repeated(verdict: Verdict, who: str, bubble: dict[str, Any], chat: list[dict[str, Any]], patience: float) -> None:
    """Whether a bubble that no row names is one that had to be (docs/whatsapp.md 5.4): the answer to the call before it was
    lost, and for as long as a status is waited for our webhook took none of it."""
    sends = sorted((each for each in chat if each["opaque"] == bubble["opaque"]), key=lambda each: each["at"])
    for first, second in pairwise(sends):
        waited = second["at"] - first["at"]
        if waited < patience or (first["told_at"] or math.inf) < second["at"] - _ON_ITS_WAY:
            verdict.wrong.append(
                f"{who}: bubble {second['seq']} of ours was sent twice, {waited:.1f} s after the first"
            )
            return
    verdict.repeats += len(sends) > 1
    if len(sends) < 2:
        verdict.wrong.append(f"{who}: bubble {bubble['seq']} of ours is nobody's")


def _recovered(
    verdict: Verdict, who: str, bubble: dict[str, Any], answered: float, faults: Sequence[Befell], within: float
) -> None:
    """A message is a fault's business when it was open during it. Late is what took too long while nothing was wrong: the
    seconds between all the faults count, so that one more fault does not excuse what was late before it."""
    over = [fault for fault in faults if bubble["at"] <= fault.ended and answered >= fault.began]
    for fault in over:
        verdict.recovery[fault.kind].append(max(0.0, answered - fault.ended))
    late = seconds_without(over, bubble["at"], answered)
    if late > within + max((fault.late for fault in over), default=0.0):
        verdict.wrong.append(f"{who}: message {bubble['seq']} was answered after {late:.0f} s without a fault")


def seconds_without(faults: Iterable[Befell], began: float, ended: float) -> float:
    """How long, between these two, none of the faults lasted."""
    free, at = 0.0, began
    for fault in sorted(faults, key=lambda fault: fault.began):
        free += max(0.0, min(fault.began, ended) - at)
        at = max(at, fault.ended)
    return free + max(0.0, ended - at)


def _who_wrote(rows: Iterable[asyncpg.Record]) -> set[str]:
    return {row["lead"] for row in rows if row["who"] == "user"}


def _judge_runs(verdict: Verdict, runs: list[asyncpg.Record], rows: list[asyncpg.Record], *, silent: bool) -> None:
    """Nobody is stuck, and whoever fell silent was reminded once."""
    wrote = _who_wrote(rows)
    reminded = Counter(row["run"] for row in rows if (row["key"] or "").startswith("reminder:"))
    for run in runs:
        who = f"lead {run['lead'][:8]}"
        verdict.ended[f"{run['flow']} {run['outcome'] or run['status']}"] += 1
        if run["status"] == "parked" and not silent:
            if reminded[run["id"]] > 1:
                verdict.wrong.append(f"{who}: {reminded[run['id']]} reminders in one conversation")
        elif run["status"] != "finished":
            verdict.wrong.append(f"{who}: its {run['flow']} is still {run['status']}")
        elif run["flow"] == "lead-activation" and run["outcome"] == "not_sent" and run["lead"] in wrote:
            continue  # a fault held the welcome up until the person had written by themselves
        elif run["outcome"] != ("silent" if run["flow"] == "conversation" else "sent"):
            verdict.wrong.append(f"{who}: its {run['flow']} ended as {run['outcome']}")
        elif run["flow"] == "conversation" and reminded[run["id"]] != 1:
            verdict.wrong.append(f"{who}: {reminded[run['id']]} reminders in a conversation that ended in silence")


async def _judge_prefect(
    verdict: Verdict, prefect_url: str, ours: dict[str, asyncpg.Record], *, all_of_it: bool
) -> None:
    """No run is left behind in Prefect, neither one of the store's nor one that it does not know."""
    async with httpx.AsyncClient(base_url=prefect_url, timeout=60) as api:
        left = await runs_left(api)
    for run in left:
        waits = run["id"] in ours and ours[run["id"]]["status"] == "parked"
        if (all_of_it or run["id"] in ours) and not waits:
            verdict.wrong.append(f"Prefect: {run['name']} is left {run['state']['name']}")


async def runs_left(prefect: httpx.AsyncClient) -> list[dict[str, Any]]:
    """The leads' runs that have not ended in Prefect."""
    wanted: dict[str, Any] = {
        "flow_runs": {"state": {"type": {"any_": _LEFT}}},
        "flows": {"name": {"any_": ["conversation", "lead-activation"]}},
        "limit": 200,
    }
    found = (await prefect.post("/flow_runs/filter", json=wanted)).raise_for_status()
    return list(found.json())


def table(verdict: Verdict) -> list[str]:
    """The recovery by kind of fault, the slowest first."""
    lines = []
    for kind, found in sorted(verdict.recovery.items(), key=lambda item: -max(item[1])):
        lines.append(
            f"{kind:10} {len(found):5} open · back after p50 {statistics.median(found):5.1f} s, max {max(found):5.1f} s"
        )
    return lines
