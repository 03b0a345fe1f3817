"""The operators' pages under /ops: who is let in, what they see, what they may do. Served by the webhook service."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

from fastapi import FastAPI

from flows import settings
from flows.adapters.store.operations import Operations
from flows.errors import Fix, TryAgain
from webhook.ops import (
    acting,
    attaching,
    company,
    dashboard,
    finding,
    following,
    inbox,
    live,
    login,
    looking,
    replies,
    shelf,
)
from webhook.ops.guard import Desk

log = logging.getLogger(__name__)


def include(app: FastAPI, options: settings.Ops) -> None:
    """Adds the pages. Without operators nothing is added, so that below /ops there is nothing to find, let alone to try."""
    if not options.ops_operators:
        return
    app.state.ops = Desk(options, app.state.options, settings.read(settings.Conversation).contact_deadline)
    pages = (login, live, acting, attaching, following, company, shelf, replies, finding, dashboard, inbox, looking)
    for each in pages:
        app.include_router(each.router, include_in_schema=False)


@contextlib.asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    """What the pages need besides requests, while the service's store is open."""
    if not hasattr(app.state, "ops"):
        yield
        return
    app.state.live = live.Live(app.state.store.operations)
    silent = timedelta(hours=app.state.ops.options.ops_silent_hours)
    loops = [
        asyncio.create_task(app.state.live.run(), name="ops-live"),
        asyncio.create_task(_keep_moving(app.state.store.operations, silent), name="ops-lapse"),
    ]
    async with shelf.opened() as app.state.shelf:
        try:
            yield
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)


async def _keep_moving(operations: Operations, silent: timedelta, every: float = 60.0) -> None:
    """Every minute (`every`, in seconds): who waits for somebody that does nothing goes back to the queue."""
    while True:
        try:
            if lapsed := await operations.lapse(silent):
                log.info("%d conversations went back to the queue: whoever had them did nothing", lapsed)
        except (TryAgain, Fix) as exc:
            log.warning("nobody could go back to the queue: %s", exc)
        except Exception:
            # Not foreseen, so a bug; the next minute tries again.
            log.exception("nobody could go back to the queue")
        await asyncio.sleep(every)
