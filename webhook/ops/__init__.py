"""The operators' pages under /ops: who is let in, what they see, what they may do. Served by the webhook service."""

from __future__ import annotations

from fastapi import FastAPI

from flows import settings
from webhook.ops import acting, company, login, looking
from webhook.ops.guard import Desk


def include(app: FastAPI, options: settings.Ops) -> None:
    """Adds the pages. Without operators nothing is added, so that below /ops there is nothing to find, let alone to try."""
    if not options.ops_operators:
        return
    app.state.ops = Desk(options, app.state.options)
    for router in (login.router, acting.router, company.router, looking.router):
        app.include_router(router)
