"""The business number and the account it belongs to: connected, named, rated, and allowed to send by Meta's own word."""

from __future__ import annotations

from typing import Any

from deployments.doctor.graph_client import Graph, RefusedByMeta
from deployments.doctor.notes import Notes, Trouble
from flows import settings

_FIELDS = "verified_name,display_phone_number,status,quality_rating,name_status,platform_type,account_mode"
# What each says of a number that can be used, and the finding of one that says otherwise.
_CONNECTED = (
    ("platform_type", "CLOUD_API", "unregistered"),
    ("status", "CONNECTED", "off"),
    ("account_mode", "LIVE", "test"),
)
_NAMES = {"APPROVED": "right", "AVAILABLE_WITHOUT_REVIEW": "right", "DECLINED": "declined", "EXPIRED": "declined"}


async def look(notes: Notes, graph: Graph, options: settings.WhatsApp) -> None:
    """Connection, display name, quality."""
    node = options.whatsapp_phone_number_id
    try:
        about = await graph.get(node, fields=_FIELDS)
    except RefusedByMeta as exc:
        if exc.code not in (33, 100, 803):
            raise
        raise Trouble("number.unknown", id=node, code=exc.code) from None
    if "display_phone_number" not in about:
        return notes.say("number.no_number", id=node)
    shown = f"{about['display_phone_number']} ({about.get('verified_name') or 'without a name'})"
    wrong = next((finding for name, right, finding in _CONNECTED if about.get(name) not in (None, right)), "right")
    platform = about.get("platform_type")
    notes.say(f"number.{wrong}", shown=shown, id=node, platform=platform, status=about.get("status"))
    if (status := about.get("name_status")) is not None:
        notes.say(f"display name.{_NAMES.get(status, 'waiting')}", status=status)
    quality = about.get("quality_rating")
    rated = "GREEN" if quality == "GREEN" else "not rated yet"
    notes.say("quality.bad" if quality in ("YELLOW", "RED") else "quality.right", quality=quality, rated=rated)


async def look_at_health(notes: Notes, graph: Graph, options: settings.WhatsApp) -> None:
    """Meta's own judgement of everything a send passes through; payment problems are told here."""
    node = options.whatsapp_phone_number_id
    try:
        about = await graph.get(node, fields="health_status")
    except RefusedByMeta:
        raise Trouble("health.refused") from None
    entities = [each for each in (about.get("health_status") or {}).get("entities") or () if isinstance(each, dict)]
    if not entities:
        raise Trouble("health.untold")
    for each in entities:
        subject = f"health {str(each.get('entity_type', 'of something')).lower().replace('_', ' ')}"
        match each.get("can_send_message"):
            case "AVAILABLE":
                continue
            case "LIMITED":
                notes.say("health.limited", about=subject, why=_said(each.get("additional_info")))
            case _:
                for error in [one for one in each.get("errors") or () if isinstance(one, dict)] or [{}]:
                    mend = error.get("possible_solution") or "WhatsApp Manager > Overview says more"
                    code, why = error.get("error_code", "no code"), _said(error.get("error_description"))
                    notes.say("health.blocked", about=subject, code=code, why=why, mend=mend)
    if all(each.get("can_send_message") == "AVAILABLE" for each in entities):
        notes.say("health.right")


def _said(text: Any) -> str:
    parts = text if isinstance(text, list) else [text]
    return " ".join(str(part) for part in parts if part) or "Meta gives no reason"


async def look_at_account(notes: Notes, graph: Graph, options: settings.WhatsApp, waba: str) -> None:
    """The account exists, is approved, pays in reais, and the number is one of its own."""
    about = await graph.get(waba, fields="name,currency,account_review_status")
    ids = [str(each.get("id")) for each in await graph.listed(f"{waba}/phone_numbers", fields="id", limit="100")]
    if options.whatsapp_phone_number_id not in ids:
        notes.say("account.foreign", number=options.whatsapp_phone_number_id, account=waba)
    elif (review := about.get("account_review_status")) not in (None, "APPROVED"):
        notes.say("account.review", review=review)
    else:
        notes.say("account.right", account=waba, name=about.get("name") or "without a name")
    if (currency := about.get("currency")) not in (None, "BRL"):
        notes.say("currency.wrong", currency=currency)
