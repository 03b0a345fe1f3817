"""The inbox: the queue of those whom a person has to see to, and beside it the conversation and the facts of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from flows.adapters.store.lists import WaitingRow
from flows.adapters.store.sheets import LeadSheet
from flows.adapters.store.totals import Gauges
from flows.brazil.calendar import due_by, working_moment
from flows.shown.formats import counted
from webhook.ops.guard import Operator, PageRoute, desk, not_found, operations, people
from webhook.ops.lead import lead_context, said_of
from webhook.ops.replies import filled
from webhook.ops.session import Session
from webhook.ops.shelf import offered_templates

router = APIRouter(prefix="/ops", route_class=PageRoute)

ROWS = 100
MESSAGES = 200
_ALL_MESSAGES = 5000
_WHOSE = ("mine", "nobody", "others")
# Seconds that a message may wait for the machine before something is wrong (docs/watching.md, SerenaLeadsWait).
_STUCK = 60


@dataclass(frozen=True)
class Clock:
    """How somebody who waits stands to what was promised: `state` is ok, soon (the last quarter of the time), late, or
    nothing for who does not wait."""

    state: str = ""
    due: datetime | None = None

    @classmethod
    def of(cls, since: datetime | None, deadline: str, now: datetime) -> Clock:
        if since is None:
            return cls()
        due, begun = due_by(since, deadline), working_moment(since)
        return cls("late" if now > due else "soon" if now > due - (due - begun) / 4 else "ok", due)


@router.get("")
async def inbox(request: Request, session: Operator) -> HTMLResponse:
    context = await queue_context(request, session)
    gauges = await operations(request).gauges()
    return desk(request).pages.page("inbox.html", session, troubles=_troubles(gauges), **context)


@router.get("/leads/{lead_id}")
async def lead(request: Request, lead_id: UUID, session: Operator) -> HTMLResponse:
    limit = _ALL_MESSAGES if "all" in request.query_params else MESSAGES
    sheet = await sheet_of(request, lead_id, limit)
    said = said_of(request.query_params.get("m", ""), sheet)
    return await show_lead(request, session, sheet, said=said, more=len(sheet.messages) >= limit)


async def show_lead(
    request: Request, session: Session, sheet: LeadSheet, *, status: int = 200, **more: Any
) -> HTMLResponse:
    """The inbox with this lead open; `more` is handed to `lead_context`."""
    at = desk(request)
    queue = await queue_context(request, session, sheet.id)
    context = lead_context(session, sheet, at.deadline, **more)
    if context["composer"] == "template":
        context["templates"] = await offered_templates(request, sheet)
    if context["composer"] == "write":
        canned = context["canned"] = filled(await operations(request).replies(), sheet, session.operator)
        chosen = (each.text for each in canned if str(each.id) == request.query_params.get("reply"))
        context["draft"] = context["draft"] or next(chosen, "")
    context["team"] = await people(request).team() if session.may("answers") else []
    return at.pages.page("lead.html", session, status=status, **queue, **context)


async def queue_context(request: Request, session: Session, opened: UUID | None = None) -> dict[str, Any]:
    """What the queue's pane shows; `opened` is the lead beside it."""
    whose = request.query_params.get("whose")
    whose = whose if whose in _WHOSE else None
    queue = await operations(request).queue(session.operator, whose, ROWS)
    now, deadline = datetime.now(UTC), desk(request).deadline
    return {
        "queue": queue,
        "rows": [(row, Clock.of(clock_from(row), deadline, now)) for row in queue.rows],
        "more_rows": (queue.counts.all if whose is None else getattr(queue.counts, whose)) > len(queue.rows),
        "whose": whose,
        "opened": opened,
        "place": f"/ops/leads/{opened}" if opened else "/ops",
    }


def clock_from(row: WaitingRow) -> datetime | None:
    """Since when the promise counts: a call that was put off is promised for its day."""
    if row.call_back_at is not None and row.since is not None:
        return max(row.call_back_at, row.since)
    return row.since


async def sheet_of(request: Request, lead_id: UUID, messages: int = MESSAGES) -> LeadSheet:
    """Raises Refused (404) for an unknown lead."""
    sheet = await operations(request).sheet(lead_id, messages)
    if sheet is None:
        raise not_found()
    return sheet


def _troubles(gauges: Gauges) -> list[str]:
    """What is stuck by the machine's fault, and whom an operator tells of it."""
    found = []
    if gauges.oldest_unanswered > _STUCK:
        found.append(counted(gauges.unanswered, "mensagem sem resposta", "mensagens sem resposta"))
    if gauges.oldest_unsent > _STUCK:
        found.append(counted(gauges.unsent, "mensagem por enviar", "mensagens por enviar"))
    said = [f"{each}, parada há mais de um minuto: avise quem administra o sistema." for each in found]
    if gauges.account_stops or gauges.model_rests:
        said.append("O WhatsApp ou o limite de gasto segura o que nós iniciamos: veja a página Empresa.")
    return said
