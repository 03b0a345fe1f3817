"""The operators' pages under /ops: who is let in, what they see, what they may do. Served by the webhook service."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

from fastapi import FastAPI

from flows import settings
from flows.adapters.store.leads import LeadStore
from flows.errors import Fix, TryAgain
from webhook.ops import (
    acting,
    attaching,
    company,
    dashboard,
    finding,
    following,
    identity,
    inbox,
    joining,
    live,
    login,
    looking,
    people,
    replies,
    shelf,
)
from webhook.ops.guard import Desk
from webhook.ops.password import hashed

log = logging.getLogger(__name__)


def include(app: FastAPI, options: settings.Ops) -> None:
    """Adds the pages. As long as nobody may log in, there is nothing to find below /ops, let alone to try."""
    app.state.ops = Desk(options, app.state.options, settings.read(settings.Conversation).contact_deadline)
    # the last one takes whatever is left
    pages = (
        login,
        identity,
        joining,
        people,
        live,
        acting,
        attaching,
        following,
        company,
        shelf,
        replies,
        finding,
        dashboard,
        inbox,
        looking,
    )
    for each in pages:
        app.include_router(each.router, include_in_schema=False)


@contextlib.asynccontextmanager
async def kept_running(app: FastAPI) -> AsyncIterator[None]:
    """What the pages need besides requests, while the service's store is open."""
    app.state.live = live.Live(app.state.store.operations)
    await _open(app.state.ops, app.state.store)
    loops = [
        asyncio.create_task(app.state.live.run(), name="ops-live"),
        asyncio.create_task(_keep_moving(app.state.ops, app.state.store), name="ops-lapse"),
    ]
    async with shelf.opened() as app.state.shelf:
        try:
            yield
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)


async def _open(at: Desk, store: LeadStore) -> None:
    """Opens the pages if there is somebody who may log in; in a store without operators those of OPS_OPERATORS are the first."""
    given = {name: password.get_secret_value() for name, password in at.options.ops_operators.items()}
    made, known = await store.people.first({})
    if given and not known:
        hashes = {n: p if p.startswith("$argon2") else await hashed(p) for n, p in given.items()}
        made, known = await store.people.first(hashes)
    if made:
        log.info("the store has its first operators, %d administrators out of OPS_OPERATORS", made)
    elif given and known:
        log.info("OPS_OPERATORS is ignored: the store has its %d operators (/ops/people)", known)
    elif not known:
        log.info("the pages under /ops are closed: nobody may log in (OPS_OPERATORS, or python -m webhook.ops.people)")
    at.closed = not known


async def _keep_moving(at: Desk, store: LeadStore, every: float = 60.0) -> None:
    """Every minute (`every`, in seconds): who waits for somebody that does nothing goes back to the queue. And pages that are
    closed open once there is somebody."""
    silent = timedelta(hours=at.options.ops_silent_hours)
    while True:
        try:
            if at.closed:
                at.closed = not (await store.people.first({}))[1]
            if lapsed := await store.operations.lapse(silent):
                log.info("%d conversations went back to the queue: whoever had them did nothing", lapsed)
        except (TryAgain, Fix) as exc:
            log.warning("nobody could go back to the queue: %s", exc)
        except Exception:
            # Not foreseen, so a bug; the next minute tries again.
            log.exception("nobody could go back to the queue")
        await asyncio.sleep(every)
