"""Tells those outside what the store holds for them: whoever watches Prefect, of the WhatsApp account and the day's spend; the CRM,
of leads. What cannot be told now waits in the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from flows import settings
from flows.adapters.crm import CrmHook
from flows.adapters.store.company import AccountNews, CrmEvent
from flows.adapters.store.leads import LeadStore
from flows.errors import Fix, TryAgain
from webhook.dispatch import Dispatcher

log = logging.getLogger(__name__)

# Where anybody may hang an automation on news of the account (docs/prefect.md).
ACCOUNT_FAULT = "serena.account.fault"
_AT_ONCE = 20


async def run(store: LeadStore, dispatcher: Dispatcher, number: str) -> None:
    """As long as the process lives. `number`: the id of the number we send from."""
    crm = settings.read(settings.Crm)
    await asyncio.gather(Teller(store, dispatcher, number).run(), tell_crm(store, crm))


class Teller:
    """What a person has to know of the account, to Prefect, once each."""

    def __init__(self, store: LeadStore, dispatcher: Dispatcher, number: str) -> None:
        self._store, self._dispatcher, self._number = store, dispatcher, number

    async def run(self, every: float = 5.0) -> None:
        async def look() -> int:
            await self._store.company.measure_spend()
            return await self.tell()

        await _for_ever("news of the account", look, every)

    async def tell(self) -> int:
        """Returns how many were told, in codes. With several replicas one may be told twice. Raises TryAgain, Fix."""
        news = await self._store.company.untold()
        if news:
            await self._dispatcher.emit([self._event(each) for each in news])
            await self._store.company.told(news)
        for each in news:
            log.error("the WhatsApp account: %s", " ".join(filter(None, (each.kind, each.subject, each.what))))
        return len(news)

    def _event(self, news: AccountNews) -> dict[str, Any]:
        known = {"code": int(news.what)} if news.kind == "fault" and news.what.isdigit() else {}
        return {
            "id": str(uuid4()),
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
        except (TryAgain, Fix) as exc:
            log.warning("%s wait to be told: %s", what, exc)
        except Exception:
            log.exception("%s could not be told", what)
        await asyncio.sleep(0.05 if found else every)
