"""How it goes: the pictures of the last 7, 30 or 90 days, each with its numbers beneath."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request, Response

from flows.adapters.store.totals import Dashboard
from flows.brazil.calendar import SAO_PAULO
from flows.shown.cards import cards
from flows.shown.formats import day_of
from flows.shown.words import SOURCES
from webhook.ops.guard import Operator, PageRoute, company, desk, operations
from webhook.storable import cleaned_text

router = APIRouter(prefix="/ops", route_class=PageRoute)

PERIODS = (7, 30, 90)
_ACTIONS = 15


@router.get("/dashboard")
async def dashboard(request: Request, session: Operator) -> Response:
    """One question to the store after the other: deliveries come first."""
    given, now = request.query_params, datetime.now(UTC)
    period = next((each for each in PERIODS if str(each) == given.get("days")), PERIODS[1])
    source = cleaned_text(given.get("source", ""))[:100] or None
    today = now.astimezone(SAO_PAULO).date()
    first = today - timedelta(days=period - 1)
    since, store = day_of(first)[0], operations(request)
    found = await store.dashboard(since, now, source)
    funnel = await store.funnel(since, now, source)
    days = await store.days(first, today)
    gauges = await store.gauges()
    # A stranger who guesses passwords must not push what operators did off the page.
    recent = await store.actions(limit=500)
    refused = sum(row.action == "login_failed" for row in recent)
    actions = [row for row in recent if row.action != "login_failed"][:_ACTIONS]
    account = await company(request).account()
    return desk(request).pages.page(
        "dashboard.html",
        session,
        period=period,
        periods=PERIODS,
        source=source,
        sources=_sources(found, source),
        gauges=gauges,
        account=account,
        cards=cards(found, funnel, days),
        actions=actions,
        refused=refused,
    )


def _sources(found: Dashboard, chosen: str | None) -> list[tuple[str, str]]:
    known = [each.source for each in found.sources if each.source]
    return [(each, SOURCES.get(each, each)) for each in dict.fromkeys([*known, *([chosen] if chosen else [])])]
