"""What operators look at besides the inbox: the figures, the list of leads, the bills of one."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from flows.adapters.store.totals import Funnel
from flows.brazil.calendar import SAO_PAULO
from flows.domain import Stage
from flows.shown.figures import ENDINGS, FUNNEL, Step
from flows.shown.words import SAID
from webhook.ops.guard import Operator, PageRoute, desk, missing
from webhook.ops.inbox import sheet_of
from webhook.ops.pages import share
from webhook.storable import cleaned_text

router = APIRouter(prefix="/ops", route_class=PageRoute)

PAGE = 50
_LONGEST_SEARCH = 100
# What a browser shows by itself without running anything of it.
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})


@router.get("/dashboard")
async def dashboard(request: Request, session: Operator) -> Response:
    """How it goes. One question to the store after the other: deliveries come first."""
    operations, now = request.app.state.store.operations, datetime.now(UTC)
    today = datetime.combine(now.astimezone(SAO_PAULO).date(), time(), SAO_PAULO)
    gauges = await operations.gauges()
    periods = [await operations.funnel(since, now) for since in (today, today - timedelta(days=29))]
    # A stranger who guesses passwords must not push what operators did off the page.
    recent = await operations.actions(limit=500)
    refused = sum(row.action == "login_failed" for row in recent)
    actions = [row for row in recent if row.action != "login_failed"][:15]
    account = await request.app.state.store.company.account()
    return desk(request).pages.page(
        "dashboard.html", session, account=account, gauges=gauges, steps=_lines(FUNNEL, periods), endings=_lines(ENDINGS, periods),
        actions=actions, refused=refused,
    )  # fmt: skip


@router.get("/leads")
async def leads(request: Request, session: Operator) -> Response:
    given = request.query_params
    stage = Stage(given["stage"]) if given.get("stage") in set(Stage) else None
    search = " ".join(cleaned_text(given.get("q", "")).split())[:_LONGEST_SEARCH]
    waiting, after = given.get("waiting") == "1", cleaned_text(given.get("after", "")) or None
    operations = request.app.state.store.operations
    found = await operations.leads(
        stages=[stage] if stage else [], waiting=waiting, search=search or None, after=after, limit=PAGE
    )
    counts = await operations.stage_counts()
    open_handoffs = (await operations.gauges()).open_handoffs

    def address(**changed: str | None) -> str:
        kept = {"stage": stage and stage.value, "waiting": "1" if waiting else None, "q": search, **changed}
        query = urlencode({name: value for name, value in kept.items() if value})
        return f"/ops/leads?{query}" if query else "/ops/leads"

    return desk(request).pages.page(
        "leads.html", session, found=found, counts=counts, total=sum(counts.values()), stage=stage, waiting=waiting,
        search=search, first=after is None, address=address, open_handoffs=open_handoffs, said=SAID.get(given.get("m", "")),
    )  # fmt: skip


@router.get("/leads/{lead_id}/bills/{bill_id}")
async def bill(request: Request, lead_id: UUID, bill_id: UUID, session: Operator) -> Response:
    """The file as it came from a stranger: nothing in it may run here, and nobody may keep it. Each look is recorded."""
    sheet = await sheet_of(request, lead_id, messages=1)
    found = next((row for row in sheet.bills if row.id == bill_id), None)
    content = await request.app.state.files.get(found.storage_path) if found else None
    if found is None or content is None:
        raise missing()
    details = {"bill_id": str(bill_id)}
    await request.app.state.store.operations.record(session.operator, "view_bill", lead_id, details)
    picture = found.mime_type in _PICTURES
    kind = found.mime_type if picture or found.mime_type == "application/pdf" else "application/octet-stream"
    # A PDF is saved: Chromium shows none that is sandboxed, and without a sandbox it would be a stranger's page of ours.
    ending = "pdf" if kind == "application/pdf" else kind.rpartition("/")[2] if picture else "bin"
    return Response(
        content,
        media_type=kind,
        headers={
            "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
            "content-disposition": f'{"inline" if picture else "attachment"}; filename="conta-{str(bill_id)[:8]}.{ending}"',
        },
    )


@router.api_route("/{rest:path}", methods=["GET", "POST"])
async def nowhere(request: Request, rest: str, session: Operator) -> Response:
    """Whatever else lies below /ops: nothing, and only for those who are let in."""
    if request.method == "GET" and not rest.strip("/"):
        return RedirectResponse("/ops", status_code=308)
    raise missing()


def _lines(steps: tuple[Step, ...], periods: list[Funnel]) -> list[dict[str, Any]]:
    return [
        {
            "label": step.label[:1].upper() + step.label[1:],
            "those": step.those,
            "figures": [
                (count := getattr(funnel, step.name), share(count, getattr(funnel, step.of)) if step.of else None)
                for funnel in periods
            ],
        }
        for step in steps
    ]
