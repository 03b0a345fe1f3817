"""What a lead sees while nothing is said yet: the message is read, and somebody is typing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from uuid import UUID

from flows.adapters.store.leads import Drained, LeadStore, Waiting
from flows.conversing.outside import Messenger
from flows.domain import Lead
from flows.errors import SerenaError

log = logging.getLogger(__name__)

# WhatsApp takes the dots away after 25 s (docs/whatsapp.md 5.2), and some bills take longer to read.
_AGAIN_SECONDS = 20.0


class Presence:
    """Ticks and dots for one lead, shown beside the work: nothing waits for them, and one that fails is missed by nobody."""

    def __init__(self, store: LeadStore, messenger: Messenger, lead_id: UUID) -> None:
        self._store, self._messenger, self._lead_id = store, messenger, lead_id
        self._shows: UUID | None = None
        self._over = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()

    def show(self, drained: Drained) -> None:
        """Show the last of these messages and those before it as read, and typing, until `hide`; not while a person has the
        lead: whether they have read it, is theirs to say."""
        message = drained.messages[-1]
        if message.id == self._shows or _held(drained.lead):
            return
        self.hide()
        self._shows, self._over = message.id, asyncio.Event()
        call = asyncio.create_task(self._show(message, self._over), name="presence")
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    def hide(self) -> None:
        """Begin no further call: our message takes the dots away by itself. One that is under way is not called back, for
        who is answered at once sees the message read all the same."""
        self._shows = None
        self._over.set()

    def close(self) -> None:
        self.hide()
        for call in self._calls:
            call.cancel()

    async def _show(self, message: Waiting, over: asyncio.Event) -> None:
        try:
            while not over.is_set():
                await self._messenger.show_typing(message.wamid)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), _AGAIN_SECONDS)
                    return
                if _held(await self._store.lead(self._lead_id)):
                    return
        except SerenaError as exc:
            # The lead misses blue ticks and three dots, nothing else.
            log.info("presence at message %s: %s", message.id, exc)


def _held(lead: Lead | None) -> bool:
    return lead is None or lead.taken_over_at is not None
