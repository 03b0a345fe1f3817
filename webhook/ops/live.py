"""What the pages that are open learn by themselves: that the queue or their lead has changed, and that somebody waits."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from flows.adapters.store.lists import Pulse, WaitingRow
from flows.adapters.store.operations import Operations
from flows.errors import Fix, TryAgain
from webhook.ops.guard import Operator, PageRoute, Refused, session_of

log = logging.getLogger(__name__)

router = APIRouter(prefix="/ops", route_class=PageRoute)

# Seconds. The store is asked once for all streams of this process, and not more than a tenth of the time: one that takes
# long is asked less often. A comment keeps proxies from ending what looks idle, and finds browsers that are gone.
EVERY, BUSY_SHARE, AFTER_FAILURE = 1.0, 10.0, 5.0
QUIET = 15.0
# Of one login: each tab that is looked at has one, and one of those in the background.
_MOST_STREAMS = 20


class LiveStream:
    """One page that is open: whose, and of which lead, if of any."""

    def __init__(self, operator: str, login: str, lead: UUID | None) -> None:
        self.operator, self.login, self.lead = operator, login, lead
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self._queue: str | None = None
        self._mark: str | None = None

    def tell(self, pulse: Pulse, news: list[tuple[str, WaitingRow]]) -> None:
        """Says what is another than last time; the first time everything is, since the page is some moments old."""
        first = self._queue is None
        if self._queue != pulse.queue:
            self._say("queue")
        if self.lead is not None and (first or self._mark != pulse.leads.get(self.lead)):
            self._say("lead")
        for kind, each in news:
            # a colleague's lead is the colleague's
            if each.held_by in (None, self.operator):
                self._say("ring", kind=kind, lead=str(each.lead_id))
        self._queue = pulse.queue
        if self.lead is not None:
            self._mark = pulse.leads.get(self.lead)

    def _say(self, event: str, **data: Any) -> None:
        self.events.put_nowait(f"event: {event}\ndata: {json.dumps(data)}\n\n")


class Live:
    """Asks the store on behalf of all open pages of this process. A poll and no LISTEN: it is the same over Supabase, where
    there is none, it costs one question a second whoever looks, and none while nobody does."""

    def __init__(self, operations: Operations) -> None:
        self._operations, self._streams, self._came = operations, set[LiveStream](), asyncio.Event()
        self._known: set[str] | None = None

    def room(self, login: str) -> None:
        """Raises Refused (429) for a login that has too many pages open."""
        if sum(each.login == login for each in self._streams) >= _MOST_STREAMS:
            raise Refused(429, "Páginas demais", "Esta sessão tem páginas abertas demais. Feche algumas.")

    @contextlib.contextmanager
    def stream(self, operator: str, login: str, lead: UUID | None) -> Iterator[LiveStream]:
        found = LiveStream(operator, login, lead)
        self._streams.add(found)
        self._came.set()
        try:
            yield found
        finally:
            self._streams.discard(found)

    async def run(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            while self._streams:
                pause = await self._round()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._came.wait(), pause)
                self._came.clear()
            # who opens the first page again is not rung for what came meanwhile: the queue shows it
            self._known = None

    async def _round(self) -> float:
        """Asks and tells; the seconds until the next time."""
        began = time.monotonic()
        leads = {each.lead for each in self._streams if each.lead is not None}
        try:
            pulse = await self._operations.pulse(sorted(leads))
        except (TryAgain, Fix) as exc:
            log.warning("open pages learn nothing: %s", exc)
            return AFTER_FAILURE
        except Exception:
            # Not foreseen, so a bug; but all open pages of this process stand on this loop.
            log.exception("open pages learn nothing")
            return AFTER_FAILURE
        calls = {f"{kind} {each.lead_id} {at}": (kind, each) for each in pulse.waiting for kind, at in _calls(each)}
        news = [] if self._known is None else [calls[key] for key in calls.keys() - self._known]
        self._known = set(calls)
        for stream in list(self._streams):
            # who came while the store was asked is told next time, and at once
            if stream.lead is None or stream.lead in leads:
                stream.tell(pulse, news)
        return max(EVERY, BUSY_SHARE * (time.monotonic() - began))


def _calls(each: WaitingRow) -> Iterator[tuple[str, str]]:
    """What somebody waits with: each is rung for once, and an answer again with each message."""
    due = each.call_back_at is None or each.call_back_at <= datetime.now(UTC)
    if each.handoff_at is not None and due:
        yield "handoff", each.handoff_at.isoformat()
    if each.unheard_at is not None:
        yield "answer", f"{each.unheard_at.isoformat()} {each.unheard}"
    if each.call_back_at is not None and due:
        yield "call_back", each.call_back_at.isoformat()


@router.get("/live")
async def live(request: Request, session: Operator, lead: UUID | None = None) -> StreamingResponse:
    """Server-sent events: `queue` and `lead`, when they changed, `ring`, and `ended`, when the login is over."""
    streams: Live = request.app.state.live
    streams.room(session.cookie.digest)
    request.state.endless = True

    async def events() -> AsyncIterator[str]:
        with streams.stream(session.operator, session.cookie.digest, lead) as stream:
            yield "retry: 2000\n\n"
            asked = time.monotonic()
            while True:
                try:
                    said = await asyncio.wait_for(stream.events.get(), QUIET)
                except TimeoutError:
                    said = ":\n\n"
                if time.monotonic() - asked >= QUIET:
                    asked = time.monotonic()
                    try:
                        over = await session_of(request) is None
                    except (TryAgain, Fix):
                        return  # nobody can say: the page keeps what it has, and asks again
                    if over:
                        yield "event: ended\ndata: {}\n\n"
                        return
                yield said

    return StreamingResponse(events(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})
