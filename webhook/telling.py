"""Tells those outside what the store holds for them: people, through Prefect's notification block, what they have to know; the CRM,
of leads. What cannot be told now waits in the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid5

from flows import settings
from flows.adapters.crm import CrmHook
from flows.adapters.store.company import ClaimedNews, CrmEvent, PieceOfNews
from flows.adapters.store.leads import LeadStore
from flows.errors import Fix, OutcomeUnknown, TryAgain
from flows.shown.digest import digest
from webhook.dispatch import Dispatcher
from webhook.watching import Watch

log = logging.getLogger(__name__)

# The event on which the automation `news` hangs; and one for each piece of news of the account (docs/prefect.md).
NEWS, ACCOUNT_FAULT = "serena.news", "serena.account.fault"
# Prefect takes an event once by its id, and knows ids for five minutes (in memory, and over Redis).
_KNOWN = timedelta(minutes=4)
_AT_ONCE = 20
_WATCHED_EVERY = 30.0


async def run(store: LeadStore, dispatcher: Dispatcher, options: settings.Webhook) -> None:
    """As long as the process lives."""
    crm, pool = settings.read(settings.Crm), settings.read(settings.Worker).prefect_work_pool
    teller = Teller(store, dispatcher, options.whatsapp_phone_number_id, options.news_every_seconds)
    often = min(_WATCHED_EVERY, options.news_every_seconds)
    watch = Watch(store, dispatcher, pool, often)
    await asyncio.gather(teller.run(), _for_ever("news of Prefect", watch.look, max(often, 1.0)), tell_crm(store, crm))


class Teller:
    """What a person has to know, to Prefect, each thing at most once, and what comes close together as one message."""

    def __init__(self, store: LeadStore, dispatcher: Dispatcher, number: str, every: float = 300.0) -> None:
        """`number`: the id of the number we send from; `every`: seconds in which what can wait gathers."""
        self._store, self._dispatcher, self._number = store, dispatcher, number
        self._every, self._ops = timedelta(seconds=every), settings.read(settings.Ops)

    async def run(self, every: float = 5.0) -> None:
        async def look() -> int:
            await self._store.company.measure_spend()
            return await self.tell()

        await _for_ever("news", look, every)

    async def tell(self) -> int:
        """Returns how many were told, in codes. A message of unknown fate is repeated under its id for as long as Prefect knows
        that; then it counts as told. Raises TryAgain, OutcomeUnknown, Fix."""
        claimed = await self._store.company.claim_news(self._every, _KNOWN)
        if claimed is None:
            return 0
        if claimed.news:
            try:
                await self._dispatcher.ask("/events", self._events(claimed))
            except (TryAgain, OutcomeUnknown) as exc:
                unsure = claimed.unsure or isinstance(exc, OutcomeUnknown)
                await self._store.company.put_off_news(claimed.claim, unsure=unsure)
                raise
        await self._store.company.told_news(claimed.claim)
        for each in claimed.news:
            log.error("news: %s", " ".join(filter(None, (each.kind, each.subject, each.what))))
        return len(claimed.news)

    def _events(self, claimed: ClaimedNews) -> list[dict[str, Any]]:
        subject, body = digest(claimed.news, self._ops.ops_url, self._ops.ops_prefect_url)
        message = {
            "id": str(claimed.claim),
            "event": NEWS,
            "occurred": datetime.now(UTC).isoformat(),
            "resource": {"prefect.resource.id": NEWS},
            "payload": {"subject": subject, "body": body},
        }
        account = [each for each in claimed.news if each.kind not in ("run", "worker", "handoff")]
        return [message, *(self._fault(claimed, each) for each in account)]

    def _fault(self, claimed: ClaimedNews, news: PieceOfNews) -> dict[str, Any]:
        known = {"code": int(news.what)} if news.kind == "fault" and news.what.isdigit() else {}
        return {
            "id": str(uuid5(claimed.claim, str(news.id))),
            "event": ACCOUNT_FAULT,
            "occurred": news.at.isoformat(),
            "resource": {"prefect.resource.id": f"serena.account.{self._number}"},
            "payload": {"kind": news.kind, "subject": news.subject, "what": news.what, **known, **news.detail},
        }


async def tell_crm(store: LeadStore, options: settings.Crm) -> None:
    """Sends the CRM what it is to be told, as long as the process lives; returns at once where there is none."""
    if options.crm_webhook_url is None or options.crm_webhook_secret is None:
        return
    async with CrmHook(options.crm_webhook_url, options.crm_webhook_secret.get_secret_value()) as hook:

        async def look() -> int:
            due = await store.company.due_crm_events(options.crm_fields, _AT_ONCE)
            leads = dict.fromkeys(event.lead_id for event in due)
            await asyncio.gather(*(_send_all(store, hook, [e for e in due if e.lead_id == lead]) for lead in leads))
            return len(due)

        await _for_ever("events for the CRM", look, every=2.0)


async def _send_all(store: LeadStore, hook: CrmHook, events: list[CrmEvent]) -> None:
    """What happened to one lead, in its order, up to the first that is not taken: the rest is due again in two minutes."""
    for event in events:
        if not await _send(store, hook, event):
            return


async def _send(store: LeadStore, hook: CrmHook, event: CrmEvent) -> bool:
    """One try. Killed in the middle of it, the event is due again in two minutes, under the same id."""
    data = {"lead_id": str(event.lead_id), **event.detail} | ({"lead": event.person} if event.person else {})
    answered = await hook.send(str(event.id), event.kind, event.happened_at, data)
    if not answered.taken:
        said = answered.status or answered.problem
        log.warning("the CRM did not take event %s, try %d (%s)", event.id, event.attempts + 1, said)
    await store.company.crm_tried(event, delivered=answered.taken, status=answered.status, problem=answered.problem)
    return answered.taken


async def _for_ever(what: str, look: Callable[[], Awaitable[int]], every: float) -> None:
    """Looks again at once as long as there was something, else after a while."""
    while True:
        found = 0
        try:
            found = await look()
        except (TryAgain, OutcomeUnknown, Fix) as exc:
            log.warning("%s wait: %s", what, exc)
        except Exception:
            log.exception("%s failed", what)
        await asyncio.sleep(0.05 if found else every)
