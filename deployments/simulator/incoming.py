"""What a simulated person sends: from a short order of the control API to Meta's JSON and a bubble."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from deployments.simulator.bills import BillName, bill_pdf
from deployments.simulator.chat import Bubble, Tappable, new_wamid
from deployments.simulator.media import SPECIMENS
from deployments.simulator.phones import Phone
from deployments.simulator.photos import bill_photo
from deployments.simulator.world import World

Tapped = Literal["button", "button_reply", "list_reply"]
Sent = Literal["image", "document", "audio", "video", "sticker"]
Kind = Literal["text", Tapped, Sent, "location", "contacts", "reaction", "unsupported"]


class NothingToTap(Exception):
    """No message of ours on this phone has such a button or row."""


class LeadMessage(BaseModel):
    """The body of POST /simulator/phones/{id}/messages. `tap` needs nothing else; the rest goes by `type`."""

    model_config = ConfigDict(extra="forbid")

    type: Kind = "text"
    tap: str | None = None
    text: str = ""
    payload: str | None = None
    id: str = ""
    title: str = ""
    description: str | None = None
    caption: str | None = None
    bill: BillName | None = None
    content: Base64Bytes | None = None
    mime_type: str | None = None
    filename: str | None = None
    latitude: float = -8.0631
    longitude: float = -34.8713
    emoji: str = "👍"
    # The message of ours that is answered or reacted to; taps and reactions find the newest by themselves.
    message_id: str | None = None
    unsupported: str = "poll_creation"
    wamid: str | None = None
    copies: int = Field(default=1, ge=1, le=50)


def compose_inbound(world: World, phone: Phone, order: LeadMessage) -> tuple[dict[str, Any], Bubble]:
    """The element of `messages[]` (docs/whatsapp.md 2.2, without sender) and the bubble for this order.

    Raises NothingToTap.
    """
    at, wamid = world.now(), order.wamid or new_wamid()
    bubble = Bubble(from_="lead", type=order.type, status="sent", at=at, wamid=wamid, reply_to=order.message_id)
    item = {"id": wamid, "timestamp": str(int(at))} | _content(world, phone, order, bubble)
    if bubble.reply_to and bubble.type != "reaction":
        item["context"] = {"from": world.settings.display_phone_number, "id": bubble.reply_to}
    return item, bubble


def _content(world: World, phone: Phone, order: LeadMessage, bubble: Bubble) -> dict[str, Any]:
    """The part of the JSON that depends on the type; fills in the bubble."""
    if order.tap is not None:
        return _tap(phone, order.tap, bubble)
    match order.type:
        case "text":
            bubble.text = order.text
            return {"type": "text", "text": {"body": order.text}}
        case "button" | "button_reply" | "list_reply":
            title = order.text or order.title
            # Without a payload both values are the label (docs/whatsapp.md 2.2).
            option = Tappable(id=order.payload or order.id or title, title=title, description=order.description or "")
            bubble.reply_to = order.message_id or _newest(phone, template=order.type == "button")
            return _tapped(bubble, option)
        case "image" | "document" | "audio" | "video" | "sticker":
            return _file(world, order, bubble)
        case "location":
            bubble.place = order.latitude, order.longitude
            return {"type": "location", "location": order.model_dump(include={"latitude", "longitude"})}
        case "contacts":
            return {"type": "contacts", "contacts": [_CONTACT]}
        case "reaction":
            bubble.text = order.emoji
            bubble.reply_to = order.message_id or _newest(phone) or "wamid.UNKNOWN"
            emoji = {"emoji": order.emoji} if order.emoji else {}
            return {"type": "reaction", "reaction": {"message_id": bubble.reply_to} | emoji}
        case "unsupported":
            return {"type": "unsupported", "errors": [_UNKNOWN_TYPE], "unsupported": {"type": order.unsupported}}


def _tap(phone: Phone, label: str, bubble: Bubble) -> dict[str, Any]:
    wanted = label.casefold()
    for shown in _ours(phone):
        for option in [*shown.buttons, *shown.rows]:
            if wanted in (option.id.casefold(), option.title.casefold()):
                bubble.type = "button" if shown.template else "list_reply" if shown.rows else "button_reply"
                bubble.reply_to = shown.wamid
                return _tapped(bubble, option)
    raise NothingToTap


def _tapped(bubble: Bubble, option: Tappable) -> dict[str, Any]:
    kind, bubble.text = bubble.type, option.title
    if kind == "button":
        return {"type": "button", "button": {"payload": option.id, "text": option.title}}
    tapped = {"id": option.id, "title": option.title}
    if kind == "list_reply" and option.description:
        tapped["description"] = option.description
    return {"type": "interactive", "interactive": {"type": kind, kind: tapped}}


def _ours(phone: Phone) -> Iterator[Bubble]:
    """The messages of ours that arrived, newest first."""
    return (shown for shown in reversed(phone.chat) if shown.from_ == "us" and shown.status != "failed")


def _newest(phone: Phone, *, template: bool = False) -> str | None:
    return next((shown.wamid for shown in _ours(phone) if shown.template or not template), None)


def _file(world: World, order: LeadMessage, bubble: Bubble) -> dict[str, Any]:
    mime_type, content = SPECIMENS[order.type]
    name = order.filename
    if order.bill and order.type == "image":
        mime_type, content = "image/jpeg", bill_photo(order.bill)
    elif order.bill:
        mime_type, content, name = "application/pdf", bill_pdf(order.bill), name or f"conta-{order.bill}.pdf"
    elif order.content is not None:
        content = order.content
    media = world.media.put(content, order.mime_type or mime_type, name)
    bubble.media_id, bubble.filename, bubble.text = media.id, name, order.caption or ""
    bubble.mime_type, bubble.size = media.mime_type, len(content)
    file: dict[str, Any] = {"caption": order.caption} if order.caption else {}
    if order.type == "document":
        file["filename"] = name or "arquivo.pdf"
    file |= {"mime_type": media.mime_type, "sha256": media.sha256, "id": media.id}
    if order.type == "audio":
        file["voice"] = "opus" in media.mime_type
    if order.type == "sticker":
        file["animated"] = False
    return {"type": order.type, order.type: file}


_CONTACT: dict[str, Any] = {
    "name": {"formatted_name": "João Prado", "first_name": "João", "last_name": "Prado"},
    "phones": [{"phone": "+55 21 99876-0003", "wa_id": "5521998760003", "type": "CELL"}],
    "origin": "other",
    "vcard": "BEGIN:VCARD\nVERSION:3.0\nFN:João Prado\nEND:VCARD",
}
_UNKNOWN_TYPE: dict[str, Any] = {
    "code": 131051,
    "title": "Message type unknown",
    "message": "Message type unknown",
    "error_data": {"details": "Message type is currently not supported."},
}
