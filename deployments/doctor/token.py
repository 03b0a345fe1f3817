"""The access token: valid, permanent, with both permissions, and made for this account (Meta's page on permissions)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deployments.doctor.graph_client import TOKEN_PAGE, Graph
from deployments.doctor.report import Notes, Trouble
from flows import settings

PERMISSIONS = ("whatsapp_business_messaging", "whatsapp_business_management")


@dataclass
class Token:
    """What the token tells about itself, for the other checks."""

    valid: bool = False
    app_id: str | None = None
    accounts: tuple[str, ...] = ()


async def look(notes: Notes, graph: Graph, options: settings.WhatsApp, seen: Token) -> None:
    """Fills `seen`; ends with Trouble when Meta does not take the token."""
    secret = options.whatsapp_api_token.get_secret_value()
    about = (await graph.get("/debug_token", input_token=secret)).get("data")
    if not isinstance(about, dict):
        raise Trouble("Meta's answer does not describe the token", "try again; if it stays, report it")
    if about.get("is_valid") is not True:
        raise Trouble("Meta calls the token invalid: expired or withdrawn", f"make a permanent one: {TOKEN_PAGE}")
    granted = _granted(about)
    seen.valid = True
    seen.app_id = str(about["app_id"]) if about.get("app_id") else None
    seen.accounts = granted.get("whatsapp_business_management", ())
    _lasting(notes, about)
    _permissions(notes, about, granted, options.whatsapp_business_account_id)


def _lasting(notes: Notes, about: dict[str, Any]) -> None:
    """A permanent token has 0 for both instants; one of a person has an end of data access even so."""
    ends = [int(about[name]) for name in ("expires_at", "data_access_expires_at") if about.get(name)]
    if ends:
        day = datetime.fromtimestamp(min(ends), UTC).date()
        notes.fail(
            "token",
            f"is valid and ends on {day}: nothing is answered after that",
            f"make a permanent one: {TOKEN_PAGE}",
        )
    elif about.get("type") not in ("SYSTEM_USER", None):
        kind = about["type"]
        notes.warn(
            "token",
            f"is of type {kind}: it ends with that person's account or password",
            f"use a system user's: {TOKEN_PAGE}",
        )
    else:
        notes.ok("token", "is valid and permanent")


def _permissions(notes: Notes, about: dict[str, Any], granted: dict[str, tuple[str, ...]], waba: str | None) -> None:
    scopes = {*(about.get("scopes") or ()), *granted}
    if missing := [name for name in PERMISSIONS if name not in scopes]:
        notes.fail("permissions", f"the token lacks {' and '.join(missing)}", f"make it anew with both: {TOKEN_PAGE}")
        return
    # Without targets a permission holds for every account that the system user was given.
    if waba and (elsewhere := [name for name in PERMISSIONS if granted.get(name) and waba not in granted[name]]):
        notes.fail(
            "permissions",
            f"{' and '.join(elsewhere)} hold for other accounts, not for {waba}",
            "give the system user this WhatsApp account, or correct WHATSAPP_BUSINESS_ACCOUNT_ID",
        )
        return
    notes.ok("permissions", f"{' and '.join(PERMISSIONS)}")


def _granted(about: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Each permission with the ids of the accounts it was given for."""
    return {
        str(each["scope"]): tuple(str(target) for target in each.get("target_ids") or ())
        for each in about.get("granular_scopes") or ()
        if isinstance(each, dict) and "scope" in each
    }
