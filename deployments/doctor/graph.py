"""Meta's Graph API: the token, the business number and its account, the templates, the webhook's subscription.

Only GET calls. What each answer means: docs/whatsapp.md and Meta's pages on permissions (debug_token), on messaging health
(health_status), on templates, and on app subscriptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deployments.doctor import number, subscription, templates
from deployments.doctor.graph_client import Graph
from deployments.doctor.notes import Look, Notes, Trouble
from flows import settings

PERMISSIONS = ("whatsapp_business_messaging", "whatsapp_business_management")


@dataclass
class Token:
    """What the token tells about itself, for the other checks."""

    valid: bool = False
    app_id: str | None = None
    accounts: tuple[str, ...] = ()


async def look(notes: Notes) -> None:
    """The token first; the account's id is the variable's, or the only one that the token was made for."""
    options = notes.read(settings.WhatsApp)
    async with Graph(options) as graph:
        seen = Token()
        await notes.together({"token": lambda mine: _token(mine, graph, options, seen)})
        if not seen.valid:
            for subject in ("number", "account", "templates", "webhook"):
                notes.say("graph.later", about=subject)
            return

        def waba() -> str:
            if account := options.whatsapp_business_account_id or (len(seen.accounts) == 1 and seen.accounts[0]):
                return account
            raise Trouble("graph.no_account")

        checks: dict[str, Look] = {
            "number": lambda mine: number.look(mine, graph, options),
            "health": lambda mine: number.look_at_health(mine, graph, options),
            "account": lambda mine: number.look_at_account(mine, graph, options, waba()),
            "templates": lambda mine: templates.look(mine, graph, options, waba()),
            "webhook": lambda mine: subscription.subscribed(mine, graph, waba(), seen.app_id),
            "callback": lambda mine: subscription.app(mine, graph, mine.read(settings.Webhook), seen.app_id),
        }
        await notes.together(checks)


async def _token(notes: Notes, graph: Graph, options: settings.WhatsApp, seen: Token) -> None:
    """Fills `seen`; ends with Trouble when Meta does not take the token."""
    secret = options.whatsapp_api_token.get_secret_value()
    about = (await graph.get("debug_token", input_token=secret)).get("data")
    if not isinstance(about, dict):
        raise Trouble("token.strange")
    if about.get("is_valid") is not True:
        raise Trouble("token.invalid")
    # Each permission with the ids of the accounts it was given for.
    granted = {
        str(each["scope"]): tuple(str(target) for target in each.get("target_ids") or ())
        for each in about.get("granular_scopes") or ()
        if isinstance(each, dict) and "scope" in each
    }
    seen.valid = True
    seen.app_id = str(about["app_id"]) if about.get("app_id") else None
    seen.accounts = granted.get("whatsapp_business_management", ())
    _lasting(notes, about)
    _permissions(notes, about, granted, options.whatsapp_business_account_id)


def _lasting(notes: Notes, about: dict[str, Any]) -> None:
    """A permanent token has 0 for both instants; one of a person has an end of data access even so."""
    ends = [int(about[name]) for name in ("expires_at", "data_access_expires_at") if about.get(name)]
    if ends:
        notes.say("token.ends", day=datetime.fromtimestamp(min(ends), UTC).date())
    elif about.get("type") not in ("SYSTEM_USER", None):
        notes.say("token.personal", kind=about["type"])
    else:
        notes.say("token.right")


def _permissions(notes: Notes, about: dict[str, Any], granted: dict[str, tuple[str, ...]], waba: str | None) -> None:
    scopes = {*(about.get("scopes") or ()), *granted}
    if missing := [name for name in PERMISSIONS if name not in scopes]:
        notes.say("permissions.missing", names=" and ".join(missing))
    # Without targets a permission holds for every account that the system user was given.
    elif waba and (elsewhere := [name for name in PERMISSIONS if granted.get(name) and waba not in granted[name]]):
        notes.say("permissions.elsewhere", names=" and ".join(elsewhere), account=waba)
    else:
        notes.say("permissions.right", names=" and ".join(PERMISSIONS))
