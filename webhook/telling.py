"""Tells those outside what the store holds for them, each once: whoever watches Prefect, of the WhatsApp account."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import uuid4

from flows.adapters.store.company import AccountNews
from flows.adapters.store.leads import LeadStore
from flows.errors import Fix, TryAgain
from webhook.dispatch import Dispatcher

log = logging.getLogger(__name__)

# Where anybody may hang an automation on news of the account (docs/prefect.md).
ACCOUNT_FAULT = "serena.account.fault"


class Teller:
    """What cannot be told now waits in the store. `number`: the id of the number we send from."""

    def __init__(self, store: LeadStore, dispatcher: Dispatcher, number: str) -> None:
        self._store, self._dispatcher, self._number = store, dispatcher, number

    async def run(self, every: float = 5.0) -> None:
        while True:
            try:
                await self._store.company.measure_spend()
                await self.tell()
            except (TryAgain, Fix) as exc:
                log.warning("news of the account wait to be told: %s", exc)
            except Exception:
                log.exception("news of the account could not be told")
            await asyncio.sleep(every)

    async def tell(self) -> int:
        """Returns how many were told, in codes. With several replicas one may be told twice. Raises TryAgain, Fix."""
        news = await self._store.company.untold()
        for each in news:
            log.error("the WhatsApp account: %s", " ".join(filter(None, (each.kind, each.subject, each.what))))
        if news:
            await self._dispatcher.emit([self._event(each) for each in news])
            await self._store.company.told(news)
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
