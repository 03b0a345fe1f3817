"""What Prefect shows of a conversation while it waits and when it ends: tags on its run, and its timeline as an artifact.

Both hold ids, codes and stages, never a name, a number or a text. They are drawn after the reply has left, with two
calls to Prefect's API, and whatever fails here costs the lead nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime

import httpx
from prefect.artifacts import MarkdownArtifact
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectException

from flows.adapters.store.sheets import TimelineRow
from flows.conversing.runtime import Work
from flows.domain import Lead, Stage
from flows.errors import SerenaError
from flows.shown.timeline import page

log = logging.getLogger(__name__)

# Longer than Prefect takes on a bad day; a conversation that parks late answers its lead late.
_PATIENCE = 5.0
_NEWEST = 100
_OURS = ("stage:", "qualification:", "outcome:")
# What happened to a run stays on it; being taken over passes.
_STAYS = frozenset({"model-fallback", "send-failed", "handed-over"})
_MARKS = _STAYS | {"taken-over"}
_HANDED_OVER = frozenset({Stage.INTERESTED, Stage.HUMAN_REQUESTED})


async def show(work: Work, outcome: str | None = None) -> None:
    """Tags the flow run and draws its timeline. `outcome` at the end of the run; None while it goes on waiting."""
    try:
        async with asyncio.timeout(_PATIENCE):
            lead = await work.store.lead(work.lead_id)
            if lead is None:
                return
            rows = await work.store.operations.timeline(work.lead_id, _NEWEST)
            await _set_tags(work, tags(work.tags, lead, rows, since=work.since, outcome=outcome))
            drawn = MarkdownArtifact(
                key=f"conversation-{work.lead_id}",
                description="Linha do tempo da conversa, sem dados pessoais.",
                markdown=page(lead, rows, outcome=outcome, ops_url=work.runtime.ops_url),
            )
            async with get_client() as client:
                await drawn.acreate(client)
    except (httpx.HTTPError, PrefectException, SerenaError, OSError, TimeoutError, ValueError) as exc:
        # Operators see the run as it was at its last wait; the conversation itself goes on.
        log.warning("flow run %s could not be shown in Prefect: %s", work.flow_run_id, type(exc).__name__)


async def show_outcome(work: Work, outcome: str) -> None:
    """The tag of a run that is no conversation: how it ended, and whether a send failed."""
    marks = {"send-failed"} if outcome in ("failed", "put off", "unreachable") else set()
    try:
        async with asyncio.timeout(_PATIENCE):
            await _set_tags(work, _others(work.tags) | marks | {f"outcome:{_word(outcome)}"})
    except (httpx.HTTPError, PrefectException, OSError, TimeoutError, ValueError) as exc:
        # The state's name says the same.
        log.warning("flow run %s could not be tagged: %s", work.flow_run_id, type(exc).__name__)


def tags(
    before: Iterable[str], lead: Lead, rows: Iterable[TimelineRow], *, since: datetime | None, outcome: str | None
) -> frozenset[str]:
    """The run's tags: ours anew, those of others as they are. `since`: what happened earlier was another run's."""
    before = frozenset(before)
    found = {f"stage:{lead.stage.value}", f"qualification:{lead.qualification.value}"} | (before & _STAYS)
    if outcome:
        found.add(f"outcome:{_word(outcome)}")
    if lead.taken_over_at is not None:
        found.add("taken-over")
    for row in rows:
        if since is not None and row.at < since:
            continue
        if row.kind == "failed":
            found.add("send-failed")
        elif row.kind == "handoff":
            found.add("handed-over")
        elif row.kind == "turn" and row.detail.get("fallback"):
            found.add("model-fallback")
    # The hand-over may be older than the newest rows, or than a run that only says goodbye.
    if lead.stage in _HANDED_OVER:
        found.add("handed-over")
    return _others(before) | found


def _others(before: Iterable[str]) -> frozenset[str]:
    return frozenset(tag for tag in before if tag not in _MARKS and not tag.startswith(_OURS))


def _word(outcome: str) -> str:
    return outcome.replace(" ", "_")


async def _set_tags(work: Work, wanted: frozenset[str]) -> None:
    if wanted == work.tags:
        return
    async with get_client() as client:
        response = await client.update_flow_run(work.flow_run_id, tags=sorted(wanted))
        response.raise_for_status()
    work.tags = wanted
