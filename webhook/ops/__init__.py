"""The operators' pages under /ops: who is let in, what they see, what they may do. Served by the webhook service."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from flows import settings
from webhook.ops import acting, company, inbox, live, login, looking
from webhook.ops.guard import Desk


def include(app: FastAPI, options: settings.Ops) -> None:
    """Adds the pages. Without operators nothing is added, so that below /ops there is nothing to find, let alone to try."""
    if not options.ops_operators:
        return
    app.state.ops = Desk(options, app.state.options, settings.read(settings.Conversation).contact_deadline)
    for router in (login.router, live.router, acting.router, company.router, inbox.router, looking.router):
        app.include_router(router)


@contextlib.asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    """What the pages need besides requests, while the service's store is open."""
    if not hasattr(app.state, "ops"):
        yield
        return
    app.state.live = live.Live(app.state.store.operations)
    loop = asyncio.create_task(app.state.live.run(), name="ops-live")
    try:
        yield
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
