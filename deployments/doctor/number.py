"""The business number and the account it belongs to: connected, named, rated, and allowed to send by Meta's own word."""

from __future__ import annotations

from typing import Any

from deployments.doctor.graph_client import Graph, Refused
from deployments.doctor.report import Notes, Unasked
from flows import settings

MANAGER = "WhatsApp Manager > Phone numbers"
_FIELDS = (
    "verified_name",
    "display_phone_number",
    "status",
    "quality_rating",
    "name_status",
    "throughput",
    "platform_type",
    "account_mode",
)
_NAMED = ("APPROVED", "AVAILABLE_WITHOUT_REVIEW")


async def look(notes: Notes, graph: Graph, options: settings.WhatsApp) -> None:
    """Connection, display name, quality, throughput."""
    node = options.whatsapp_phone_number_id
    try:
        about = await graph.ask(graph.api.get_business_phone_number(node, fields=_FIELDS))
    except Refused as exc:
        if exc.code not in (33, 100, 803):
            raise
        raise Refused(
            exc.code,
            f"Meta knows no number with the id {node}, or this token may not see it (Meta's code {exc.code})",
            f"copy the id (not the number) to WHATSAPP_PHONE_NUMBER_ID from {MANAGER}",
        ) from None
    if "display_phone_number" not in about:
        notes.fail(
            "number", f"{node} is an object of Meta's, but no phone number", f"WHATSAPP_PHONE_NUMBER_ID: see {MANAGER}"
        )
        return
    _connection(notes, about, node)
    _name(notes, about)
    quality = about.get("quality_rating")
    if quality in ("YELLOW", "RED"):
        notes.warn(
            "quality",
            f"is {quality}: people block or report the messages, and Meta will limit the number",
            f"write only to people who asked; see {MANAGER} > Insights",
        )
    else:
        notes.ok("quality", "is GREEN" if quality == "GREEN" else "is not rated yet")
    level = (about.get("throughput") or {}).get("level")
    if level == "NOT_APPLICABLE":
        notes.warn("throughput", "has no level: the number is not fully set up", f"see {MANAGER}")
    elif level:
        notes.ok("throughput", f"{level} ({'1,000' if level == 'HIGH' else '80'} messages a second)")


def _connection(notes: Notes, about: dict[str, Any], node: str) -> None:
    shown = f"{about['display_phone_number']} ({about.get('verified_name') or 'without a name'})"
    status, platform = about.get("status"), about.get("platform_type")
    if platform not in (None, "CLOUD_API"):
        notes.fail(
            "number",
            f"{shown} is not registered with the Cloud API ({platform})",
            f"register it: POST /{node}/register with a PIN",
        )
    elif status not in (None, "CONNECTED"):
        notes.fail(
            "number", f"{shown} is {status}, not CONNECTED", f"see {MANAGER}; PENDING: POST /{node}/register with a PIN"
        )
    elif about.get("account_mode") == "SANDBOX":
        notes.warn(
            "number",
            f"{shown} is a test number: it reaches five listed recipients only",
            f"add a real number: {MANAGER}",
        )
    else:
        notes.ok("number", f"{shown} is connected")


def _name(notes: Notes, about: dict[str, Any]) -> None:
    status = about.get("name_status")
    if status in _NAMED:
        notes.ok("display name", "is approved")
    elif status in ("DECLINED", "EXPIRED"):
        notes.fail(
            "display name", f"is {status}: sends are refused with 131037", f"submit another name: {MANAGER} > Edit"
        )
    elif status is not None:
        notes.warn(
            "display name",
            f"is not approved yet ({status}): people see the number, and limits stay low",
            f"see {MANAGER}",
        )


async def health(notes: Notes, graph: Graph, options: settings.WhatsApp) -> None:
    """Meta's own judgement of everything a send passes through; payment problems are told here."""
    try:
        about = await graph.ask(
            graph.api.get_business_phone_number(options.whatsapp_phone_number_id, fields=("health_status",))
        )
    except Refused as exc:
        raise Unasked(f"{exc.what}, and the number's own line tells the rest") from None
    entities = [each for each in (about.get("health_status") or {}).get("entities") or () if isinstance(each, dict)]
    if not entities:
        raise Unasked("Meta says nothing about it")
    for each in entities:
        subject = f"health {str(each.get('entity_type', 'of something')).lower().replace('_', ' ')}"
        match each.get("can_send_message"):
            case "AVAILABLE":
                continue
            case "LIMITED":
                notes.warn(
                    subject, f"sending is limited: {_said(each.get('additional_info'))}", "WhatsApp Manager > Overview"
                )
            case _:
                for code, what, mend in _errors(each):
                    notes.fail(subject, f"sending is blocked ({code}): {what}", mend)
    if all(each.get("can_send_message") == "AVAILABLE" for each in entities):
        notes.ok("health", "Meta would let a message through: number, account, business and app")


def _errors(entity: dict[str, Any]) -> list[tuple[object, str, str]]:
    found = [each for each in entity.get("errors") or () if isinstance(each, dict)] or [{}]
    return [
        (
            each.get("error_code", "no code"),
            _said(each.get("error_description")),
            str(each.get("possible_solution") or "WhatsApp Manager > Overview says more"),
        )
        for each in found
    ]


def _said(text: Any) -> str:
    parts = text if isinstance(text, list) else [text]
    return " ".join(str(part) for part in parts if part) or "Meta gives no reason"


async def account(notes: Notes, graph: Graph, options: settings.WhatsApp, waba: str) -> None:
    """The account exists, is approved, pays in reais, and the number is one of its own."""
    about = await graph.ask(graph.api.get_waba_info(waba, fields=("name", "currency", "account_review_status")))
    listed = await graph.ask(graph.api.get_business_phone_numbers(waba, fields=("id",), pagination={"limit": "100"}))
    numbers = [str(each.get("id")) for each in listed.get("data") or () if isinstance(each, dict)]
    review = about.get("account_review_status")
    if options.whatsapp_phone_number_id not in numbers:
        notes.fail(
            "account",
            f"the number {options.whatsapp_phone_number_id} is not one of account {waba}",
            "correct WHATSAPP_PHONE_NUMBER_ID or WHATSAPP_BUSINESS_ACCOUNT_ID: WhatsApp Manager shows both",
        )
    elif review not in (None, "APPROVED"):
        notes.fail(
            "account",
            f"Meta's review says {review}",
            "WhatsApp Manager > Account tools; appeal in Business Support Home",
        )
    else:
        notes.ok("account", f"{waba} ({about.get('name') or 'without a name'}) has this number")
    if (currency := about.get("currency")) not in (None, "BRL"):
        notes.warn(
            "currency",
            f"is {currency}: accounts billed in Brazil have to move to BRL before 1 July 2027",
            "WhatsApp Manager > Billing; a new account may be needed",
        )
