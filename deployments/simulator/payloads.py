"""The JSON of webhooks, key by key as Meta writes it (docs/whatsapp.md 1.4, 2 and 3). No I/O."""

from __future__ import annotations

from typing import Any

from deployments.simulator.chat import Bubble
from deployments.simulator.graph_errors import status_error
from deployments.simulator.phones import Phone
from deployments.simulator.settings import SimulatorSettings


def envelope(settings: SimulatorSettings, field: str, value: dict[str, Any]) -> dict[str, Any]:
    """One entry with one change; `value` gets the product and our number in front."""
    metadata = {"display_phone_number": settings.display_phone_number, "phone_number_id": settings.phone_number_id}
    full = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    change = {"field": field, "value": full}
    return {"object": "whatsapp_business_account", "entry": [{"id": settings.waba_id, "changes": [change]}]}


def contact_entry(phone: Phone, *, with_number: bool, with_username: bool = True) -> dict[str, Any]:
    """An element of `contacts[]`; a withheld number is absent, not empty."""
    profile = {"name": phone.name}
    if with_username and phone.username:
        profile["username"] = phone.username
    number = {"wa_id": phone.wa_id} if with_number else {}
    return {"profile": profile, **number, "user_id": phone.user_id}


def incoming(phone: Phone, items: list[dict[str, Any]]) -> dict[str, Any]:
    """The value of `messages` for what one person wrote, one message or several in one body."""
    sender = ({"from": phone.wa_id} if phone.show_phone else {}) | {"from_user_id": phone.user_id}
    return {
        "contacts": [contact_entry(phone, with_number=phone.show_phone)],
        "messages": [sender | item for item in items],
    }


def status(phone: Phone, bubble: Bubble, name: str, now: float) -> dict[str, Any]:
    """The value of `messages` for one status; failed ones have no `contacts`, and a BSUID only if it was used."""
    item: dict[str, Any] = {"id": bubble.wamid, "status": name, "timestamp": str(int(now))}
    failed = name == "failed"
    number_known = bubble.to_phone or (phone.show_phone and not failed)
    if number_known:
        item["recipient_id"] = phone.wa_id
    if not failed or not bubble.to_phone:
        item["recipient_user_id"] = phone.user_id
    if bubble.opaque is not None:
        item["biz_opaque_callback_data"] = bubble.opaque
    if failed:
        return {"statuses": [item | {"errors": [status_error(bubble.error or 131000)]}]}
    if name in ("sent", "delivered"):
        pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": bubble.category}
        item["pricing"] = pricing
    return {
        "contacts": [contact_entry(phone, with_number=number_known, with_username=name != "sent")],
        "statuses": [item],
    }


def user_preferences(phone: Phone, value: str, now: float) -> dict[str, Any]:
    """The value of the field `user_preferences`; its timestamp is a number."""
    number = {"wa_id": phone.wa_id} if phone.show_phone else {}
    preference = {
        **number,
        "user_id": phone.user_id,
        "category": "marketing_messages",
        "value": value,
        "detail": f"User requested to {value} marketing messages",
        "timestamp": int(now),
    }
    return {"contacts": [contact_entry(phone, with_number=phone.show_phone)], "user_preferences": [preference]}
