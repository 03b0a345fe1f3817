"""Measures the service: deliveries and forms by answer and time, and every few seconds what waits in the store."""

from __future__ import annotations

import asyncio
import logging
import time

from prometheus_client import Gauge
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.adapters.store.leads import LeadStore
from flows.adapters.store.totals import Gauges
from flows.errors import Fix, TryAgain
from flows.shown import metrics

log = logging.getLogger(__name__)

# What the store says, sampled; the rest of the webhook's metrics is in flows/shown/metrics.py.
UNANSWERED = Gauge("serena_unanswered_messages", "Messages of leads without an answer", registry=metrics.WEBHOOK)
OLDEST_UNANSWERED = Gauge(
    "serena_oldest_unanswered_seconds", "Age of the oldest unanswered message", registry=metrics.WEBHOOK
)
RUNS = Gauge(
    "serena_runs",
    "Conversations and activations under way, by the store's status",
    ["status"],
    registry=metrics.WEBHOOK,
)
OVERDUE = Gauge("serena_overdue_waits", "Parked conversations whose time to wake has passed", registry=metrics.WEBHOOK)
UNSENT = Gauge("serena_unsent_messages", "Messages of ours that have not left for good", registry=metrics.WEBHOOK)
OLDEST_UNSENT = Gauge("serena_oldest_unsent_seconds", "Age of the oldest unsent message", registry=metrics.WEBHOOK)
HANDOFFS = Gauge("serena_open_handoffs", "Hand-overs that wait for a person", registry=metrics.WEBHOOK)
OLDEST_HANDOFF = Gauge("serena_oldest_handoff_seconds", "Age of the oldest open hand-over", registry=metrics.WEBHOOK)
TAKEN_OVER = Gauge("serena_taken_over_leads", "Leads whom a person speaks with", registry=metrics.WEBHOOK)
ACCOUNT_STOPS = Gauge(
    "serena_account_stops", "States of the WhatsApp account for which what we start waits", registry=metrics.WEBHOOK
)
SPEND = Gauge("serena_spend_today_reais", "Estimate of what this day has cost", registry=metrics.WEBHOOK)
MODEL_RESTS = Gauge("serena_model_rests", "1 while the day's hard limit of spend is passed", registry=metrics.WEBHOOK)
WISHES = Gauge("serena_wishes_waiting", "People who wait to be told of plans in their place", registry=metrics.WEBHOOK)
WISHES_TOLD = Gauge("serena_wishes_told", "People who asked for that and were told", registry=metrics.WEBHOOK)
CRM_WAITING = Gauge("serena_crm_waiting", "Events that the CRM has not taken yet", registry=metrics.WEBHOOK)
CRM_OLDEST = Gauge("serena_crm_oldest_seconds", "Age of the oldest of them", registry=metrics.WEBHOOK)
CRM_GIVEN_UP = Gauge("serena_crm_given_up", "Events that the CRM did not take for days", registry=metrics.WEBHOOK)
SAMPLED = Gauge("serena_sampled_timestamp_seconds", "When the store's figures were last read", registry=metrics.WEBHOOK)
_LIVE = ("requested", "active", "parked", "waking")


class Measuring:
    """Around the whole application: the 503 of a store that is away is written by a handler outside the routes. A route
    that finds a form sent by a robot says so in `request.state.robot`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].rstrip("/") if scope["type"] == "http" and scope["method"] == "POST" else None
        if path not in ("/webhook", "/leads"):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        began, counted = time.perf_counter(), False

        def count(status: int) -> None:
            nonlocal counted
            counted = True
            seconds = time.perf_counter() - began
            if path == "/webhook":
                metrics.delivered(status, seconds)
            else:
                metrics.posted(status, seconds, robot=bool(state.get("robot")))

        async def answering(message: Message) -> None:
            # Before it leaves: whoever has the answer finds it counted.
            if message["type"] == "http.response.start":
                count(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, answering)
        except Exception:
            if not counted:
                count(500)  # what the server makes of it, outside of us
            raise


async def keep_sampled(store: LeadStore, every: float = 15.0) -> None:
    """Every few seconds the store's own figures: what waits, and for how long. Each replica samples the same store, so
    whoever adds their numbers up counts everything twice (docs/watching.md)."""
    while True:
        try:
            _sampled(await store.operations.gauges())
            metrics.store_answers(True)
        except TryAgain as exc:
            metrics.store_answers(False)
            log.warning("the store's figures could not be read: %s", exc)
        except Fix as exc:
            # It answered, only not with figures: the last ones stay, and the time of sampling tells their age.
            metrics.store_answers(True)
            log.warning("the store's figures could not be read: %s", exc)
        await asyncio.sleep(every)


def _sampled(gauges: Gauges) -> None:
    """What the store said about the state of things just now."""
    UNANSWERED.set(gauges.unanswered)
    OLDEST_UNANSWERED.set(gauges.oldest_unanswered)
    for status in _LIVE:
        RUNS.labels(status).set(gauges.runs.get(status, 0))
    OVERDUE.set(gauges.overdue_waits)
    UNSENT.set(gauges.unsent)
    OLDEST_UNSENT.set(gauges.oldest_unsent)
    HANDOFFS.set(gauges.open_handoffs)
    OLDEST_HANDOFF.set(gauges.oldest_handoff)
    TAKEN_OVER.set(gauges.taken_over)
    ACCOUNT_STOPS.set(gauges.account_stops)
    SPEND.set(gauges.spend_reais)
    MODEL_RESTS.set(gauges.model_rests)
    WISHES.set(gauges.wishes)
    WISHES_TOLD.set(gauges.wishes_told)
    CRM_WAITING.set(gauges.crm_waiting)
    CRM_OLDEST.set(gauges.crm_oldest)
    CRM_GIVEN_UP.set(gauges.crm_given_up)
    SAMPLED.set_to_current_time()
