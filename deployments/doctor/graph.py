"""Meta's Graph API: the token, the business number and its account, the templates, the webhook's subscription.

Only GET calls, by pywa where its client has them. What each answer means: docs/whatsapp.md and Meta's pages on
permissions (debug_token), on messaging health (health_status), on templates, and on app subscriptions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from deployments.doctor import number, subscription, templates, token
from deployments.doctor.graph_client import Graph
from deployments.doctor.report import Look, Notes, Unasked
from flows import settings


async def look(notes: Notes) -> None:
    """The token first; the account's id is the variable's, or the only one that the token was made for."""
    options = notes.read(settings.WhatsApp)
    async with Graph(options) as graph:
        seen = token.Token()

        async def check_token(mine: Notes) -> None:
            await token.look(mine, graph, options, seen)

        await notes.together(("token", check_token))
        if not seen.valid:
            for subject in ("number", "account", "templates", "webhook"):
                notes.skip(subject, "the token has to be mended first")
            return
        account = options.whatsapp_business_account_id or (seen.accounts[0] if len(seen.accounts) == 1 else None)
        await notes.together(
            ("number", lambda mine: number.look(mine, graph, options)),
            ("health", lambda mine: number.health(mine, graph, options)),
            ("account", _with(account, lambda mine, waba: number.account(mine, graph, options, waba))),
            ("templates", _with(account, lambda mine, waba: templates.look(mine, graph, options, waba))),
            ("webhook", _with(account, lambda mine, waba: subscription.account(mine, graph, waba, seen.app_id))),
            ("callback", lambda mine: subscription.app(mine, graph, mine.read(settings.Webhook), seen.app_id)),
        )


def _with(account: str | None, check: Callable[[Notes, str], Awaitable[None]]) -> Look:
    async def look(notes: Notes) -> None:
        if account is None:
            raise Unasked("the account's id is not known; set WHATSAPP_BUSINESS_ACCOUNT_ID (WhatsApp Manager shows it)")
        await check(notes, account)

    return look
