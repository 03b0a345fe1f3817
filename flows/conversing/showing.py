"""What Prefect shows of a conversation while it waits and when it ends: tags on its run, and its timeline as an artifact.

Both hold ids, codes and stages, never a name, a number or a text. They are drawn after the reply has left, with two
calls to Prefect's API, and whatever fails here costs the lead nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import httpx
from prefect.artifacts import MarkdownArtifact
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.exceptions import PrefectException
from prefect.states import Cancelled, Completed, Failed, State

from flows.adapters.store.sheets import TimelineRow
from flows.conversing.runtime import End, Work
from flows.domain import Lead, Outcome, Stage
from flows.errors import SerenaError
from flows.shown.timeline import timeline_page
from flows.shown.words import OUTCOMES, STAGES

log = logging.getLogger(__name__)


class Event(StrEnum):
    """What others may hang automations on; its resource is the lead (`serena.lead.ID`). What concerns the account, the webhook
    tells (webhook/dispatch.py)."""

    HANDED_OVER = "serena.lead.handed-over"
    OPTED_OUT = "serena.lead.opted-out"


# Longer than Prefect takes on a bad day; a conversation that parks late answers its lead late.
_PATIENCE = 5.0
_NEWEST = 100
_OURS = ("stage:", "qualification:", "outcome:")
# What happened to a run stays on it; being taken over passes.
_STAYS = frozenset({"model-fallback", "send-failed", "handed-over"})
_MARKS = _STAYS | {"taken-over"}
# Runs that end like this were cut off before they were shown.
_UNSHOWN = frozenset({Outcome.SUPERSEDED, Outcome.FINISHED, Outcome.GONE, Outcome.ERASED, Outcome.CANCELLED})
_HANDED_OVER = frozenset({Stage.INTERESTED, Stage.HUMAN_REQUESTED})


async def show_run(work: Work, outcome: Outcome | None = None) -> None:
    """Tags the flow run and draws its timeline. `outcome` at the end of the run; None while it goes on waiting."""
    try:
        async with asyncio.timeout(_PATIENCE):
            lead = await work.store.lead(work.lead_id)
            if lead is None:
                return
            rows = await work.store.operations.timeline(work.lead_id, _NEWEST)
            wanted = tags(work.tags, lead, rows, since=work.since, outcome=outcome)
            name = f"conversation-{str(lead.id)[:8]} turn {work.turn} {lead.stage.value}"
            await _update(work.flow_run_id, tags=sorted(wanted), name=name)
            work.tags = wanted
            drawn = MarkdownArtifact(
                key=f"conversation-{work.lead_id}",
                description=f"Conversa {str(lead.id)[:8]}, turno {work.turn}: "
                + (OUTCOMES[outcome] if outcome else STAGES[lead.stage]),
                markdown=timeline_page(lead, rows, outcome=outcome, ops_url=work.runtime.ops_url),
            )
            async with get_client() as client:
                await drawn.acreate(client)
    except (httpx.HTTPError, PrefectException, SerenaError, OSError, TimeoutError, ValueError) as exc:
        # Operators see the run as it was at its last wait; the conversation itself goes on.
        log.warning("flow run %s could not be shown in Prefect: %s", work.flow_run_id, type(exc).__name__)


async def show_outcome(work: Work, outcome: Outcome) -> None:
    """The tag of a run that is no conversation: how it ended, and whether a send failed."""
    failed = outcome in (Outcome.FAILED, Outcome.PUT_OFF, Outcome.UNREACHABLE)
    marks = {"send-failed"} if failed else set()
    await _tag(work.flow_run_id, outcome, *marks, before=work.tags)


async def ended(end: End) -> State[Any]:
    """The state of a run that has ended, named as Prefect names it, so that its own filters and pages count it. A lead who
    fell silent, chose, or said goodbye is no failure; the message and the tag say which."""
    context = FlowRunContext.get()
    if end.outcome in _UNSHOWN and context is not None and context.flow_run is not None:
        await _tag(context.flow_run.id, end.outcome)
    text = f"{OUTCOMES[end.outcome]} {end.why}".strip()
    if end.outcome is Outcome.CANCELLED:
        return Cancelled(message=text)
    return Failed(message=text) if end.outcome.red else Completed(message=text, data=end.outcome)


def announce(event: Event, resource: str, **payload: Any) -> None:
    """Tells Prefect, in codes and ids, what somebody may want to hang an automation on (docs/prefect.md); in the background,
    and only from a flow run: from a command Prefect would start a server of its own for it."""
    if FlowRunContext.get() is not None:
        emit_event(event.value, resource={"prefect.resource.id": f"serena.{resource}"}, payload=payload)


def tags(
    before: Iterable[str], lead: Lead, rows: Iterable[TimelineRow], *, since: datetime | None, outcome: Outcome | None
) -> frozenset[str]:
    """The run's tags: ours anew, those of others as they are. `since`: what happened earlier was another run's."""
    before = frozenset(before)
    found = {f"stage:{lead.stage.value}", f"qualification:{lead.qualification.value}"} | (before & _STAYS)
    if outcome:
        found.add(f"outcome:{outcome}")
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


async def _update(flow_run_id: UUID, **changed: Any) -> None:
    async with get_client() as client:
        response = await client.update_flow_run(flow_run_id, **changed)
        response.raise_for_status()


async def _tag(flow_run_id: UUID, outcome: Outcome, *marks: str, before: Iterable[str] | None = None) -> None:
    try:
        async with asyncio.timeout(_PATIENCE), get_client() as client:
            if before is None:
                before = (await client.read_flow_run(flow_run_id)).tags
            kept = (tag for tag in before if not tag.startswith("outcome:"))
            await _update(flow_run_id, tags=sorted({*kept, *marks, f"outcome:{outcome}"}))
    except (httpx.HTTPError, PrefectException, OSError, TimeoutError, ValueError) as exc:
        # The state's message says the same.
        log.warning("flow run %s could not be tagged: %s", flow_run_id, type(exc).__name__)
