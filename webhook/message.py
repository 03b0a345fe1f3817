"""One incoming message as the event the store takes: who wrote, what they saw or typed, and whether to answer.

Types: docs/whatsapp.md 2.2; what may not be shown to the assistant: docs/whatsapp.md 2.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from flows.brazil.phones import from_whatsapp
from flows.domain import Inbound
from webhook.shapes import Choice, ContactShape, Echo, FileShape, MessageShape
from webhook.storable import aside

_CONTENT_UNAVAILABLE = 131060
# By themselves; whether one of them gets an answer all the same, the store says, which knows whom and what it is about.
_SILENT = frozenset({Inbound.REACTION, Inbound.STICKER, Inbound.SYSTEM})
_DIGITS = re.compile(r"\+?([1-9][0-9]{7,14})")


class Senders:
    """The contacts of one value, found by BSUID, then by number, never by position (docs/whatsapp.md 1.4).

    A delivery may hold 1,000 of them, so they are looked up and not searched.
    """

    def __init__(self, contacts: Iterable[ContactShape]) -> None:
        self._by_bsuid: dict[str, ContactShape] = {}
        self._by_number: dict[str, ContactShape] = {}
        for contact in contacts:
            if contact.user_id:
                self._by_bsuid.setdefault(contact.user_id, contact)
            if contact.wa_id:
                self._by_number.setdefault(contact.wa_id, contact)

    def sender_of(self, message: MessageShape) -> ContactShape:
        """Return the sender's contact, an empty one when there is none."""
        if known := self._by_bsuid.get(message.from_user_id or ""):
            return known
        contact = self._by_number.get(message.sender or "", ContactShape())
        # A number with two BSUIDs is a recycled number: the other person's name must not come along.
        return ContactShape() if message.from_user_id and contact.user_id else contact


def message_event(message: MessageShape, raw: dict[str, Any], people: Senders, now: datetime) -> dict[str, Any]:
    """Return the event for one message: `message`, `number_changed`, or `other` when nobody is to be answered."""
    key = f"xm:{message.id}"
    if message.group_id:
        return aside(raw, reason="group", key=key)
    if message.type == "system":
        return _system_event(message, raw, now) or aside(raw, reason=f"system:{_system_type(message)}", key=key)
    contact = people.sender_of(message)
    wa_id = id_digits(message.sender) or id_digits(contact.wa_id)
    bsuid = message.from_user_id or contact.user_id
    if not wa_id and not bsuid:
        return aside(raw, reason="no_sender", key=key)
    shown = _edited(message) or message
    content = {"text": "", "payload": None, "media": None, "location": None, "replaces": None, **_content(shown)}
    if shown is not message and message.edit:
        content["replaces"] = message.edit.original_message_id
    return {
        "kind": "message",
        "key": f"m:{message.id}",
        "wamid": message.id,
        **content,
        "bsuid": bsuid,
        "phone": phone_of(wa_id),
        "wa_id": wa_id,
        "profile_name": contact.profile.name if contact.profile else None,
        "username": contact.profile.username if contact.profile else None,
        "reply_to": _points_to(shown),
        "at": instant(message.timestamp, now),
        "wants_answer": content["type"] not in _SILENT,
        "referral": message.referral.model_dump() if message.referral else None,
        "raw": raw,
    }


def echo_event(echo: Echo, raw: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return the event for what a person of ours wrote from the phone app: to whom, and what there is to show of it."""
    wa_id = id_digits(echo.to)
    if not wa_id and not echo.to_user_id:
        return aside(raw, reason="no_recipient", key=f"xm:{echo.id}")
    content = _content(echo)
    return {
        "kind": "echo",
        "key": f"m:{echo.id}",
        "wamid": echo.id,
        "type": content["type"],
        "text": content.get("text", ""),
        "bsuid": echo.to_user_id,
        "phone": phone_of(wa_id),
        "wa_id": wa_id,
        "at": instant(echo.timestamp, now),
        "raw": raw,
    }


def id_digits(wa_id: str | None) -> str | None:
    """Return a WhatsApp id as digits, or None when it is not a number that a phone could have (E.164)."""
    match = _DIGITS.fullmatch(wa_id or "")
    return match[1] if match else None


def phone_of(wa_id: str | None) -> str | None:
    """Return the E.164 number of a WhatsApp id, with the ninth digit that older accounts lack; None stays None."""
    number = id_digits(wa_id)
    return from_whatsapp(number) if number else None


def instant(timestamp: Any, now: datetime) -> str | None:
    """Return Unix seconds, text or number, as ISO 8601 in UTC.

    None when they are missing or unreadable, or more than a day ahead: a clock that wrong would hold the 24-hour
    window open. The store then takes its own clock.
    """
    if isinstance(timestamp, str) and re.fullmatch(r"[0-9]{1,12}", timestamp):
        timestamp = int(timestamp)
    if isinstance(timestamp, bool) or not isinstance(timestamp, int | float):
        return None
    if not 0 < timestamp <= (now + timedelta(days=1)).timestamp():
        return None
    return datetime.fromtimestamp(int(timestamp), UTC).isoformat()


def _content(message: MessageShape) -> dict[str, Any]:
    """Return type, text, payload, media and location, as far as the message has them.

    A known type without its content is `unsupported`, not unreadable: somebody wrote, and deserves an answer.
    """
    if any(error.code == _CONTENT_UNAVAILABLE for error in message.errors):
        return {"type": Inbound.UNSUPPORTED.value}
    match message.type:
        case "text" if message.text and message.text.body is not None:
            return {"type": Inbound.TEXT.value, "text": message.text.body}
        case "button" if message.button and (shown := message.button.text or message.button.payload):
            return {"type": Inbound.BUTTON.value, "text": shown, "payload": message.button.payload}
        case "interactive" if choice := _choice(message):
            return {"type": Inbound.BUTTON.value, "text": choice.title or "", "payload": choice.id}
        case "image" | "document" | "audio" | "video" | "sticker" as kind if file := _file(message, kind):
            return {"type": Inbound(kind).value, "text": file.caption or "", "media": _media(file)}
        case "location" if place := _location(message):
            return {"type": Inbound.LOCATION.value, "location": place}
        case "contacts":
            own = _own_number(message)
            return {"type": Inbound.CONTACTS.value, **({"shared_phone": own} if own else {})}
        case "order":
            return {"type": Inbound.ORDER.value, "text": (message.order.text if message.order else None) or ""}
        case "reaction":
            return {
                "type": Inbound.REACTION.value,
                "text": (message.reaction.emoji if message.reaction else None) or "",
            }
        case "revoke" if message.revoke:
            return {"type": Inbound.SYSTEM.value, "replaces": message.revoke.original_message_id}
        case "edit" | "revoke":
            return {"type": Inbound.SYSTEM.value}  # of which nobody can say what it is about, or what it says now
        case _:
            return {"type": Inbound.UNSUPPORTED.value}


def _edited(message: MessageShape) -> MessageShape | None:
    """Return what an edit puts in the place of the message it is about, as a message; None for everything else, and for
    an edit whose new content we cannot read: what is there stays. (Only numbers shared with the WhatsApp Business app send
    edits and withdrawals; elsewhere an edit comes as `unsupported`.)"""
    if message.type != "edit" or message.edit is None or message.edit.message is None:
        return None
    try:
        new = MessageShape.model_validate({**message.edit.message, "id": message.id})
    except ValidationError:
        return None
    if new.type in ("edit", "revoke") or _content(new)["type"] in _SILENT | {Inbound.UNSUPPORTED}:
        return None
    return new


def _points_to(message: MessageShape) -> str | None:
    """Return the id of the message that this one quotes, taps on or reacts to."""
    if message.type == "reaction":
        return message.reaction.message_id if message.reaction else None
    return message.context.id if message.context else None


def _choice(message: MessageShape) -> Choice | None:
    """Return the tapped button or row; None for other kinds, and for no `interactive` object at all (it happens)."""
    if message.interactive is None:
        return None
    choice = message.interactive.button_reply or message.interactive.list_reply
    return choice if choice and (choice.id or choice.title) else None


def _file(message: MessageShape, kind: str) -> FileShape | None:
    file: FileShape | None = getattr(message, kind)
    return file if file and file.id else None


def _media(file: FileShape) -> dict[str, Any]:
    mime_type = (file.mime_type or "").split(";")[0].strip().lower()
    media = {
        "id": file.id,
        "mime_type": mime_type or "application/octet-stream",
        "sha256": file.sha256,
        "filename": file.filename,
    }
    return media if file.voice is None else {**media, "voice": file.voice}


def _location(message: MessageShape) -> dict[str, Any] | None:
    place = message.location
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return place.model_dump() if abs(place.latitude) <= 90 and abs(place.longitude) <= 180 else None


def _own_number(message: MessageShape) -> str | None:
    """Return the number a person gave by our "share my number" button; a card shared by hand proves nothing.

    The newest example has `origin` inside the card, an older one beside `type`. The button sends one card with one
    number and no vCard (docs/whatsapp.md 2.2); what looks otherwise was made by a person, whatever it says.
    """
    about = message.context
    if len(message.contacts) != 1 or (about and (about.forwarded or about.frequently_forwarded)):
        return None
    (card,) = message.contacts
    if (card.origin or message.origin) != "contact_request" or card.vcard or len(card.phones) != 1:
        return None
    return phone_of(card.phones[0].wa_id)


def _system_type(message: MessageShape) -> str:
    return (message.system.type if message.system else None) or "unknown"


def _system_event(message: MessageShape, raw: dict[str, Any], now: datetime) -> dict[str, Any] | None:
    """Return the event of a changed number; other system messages only repeat what `user_id_update` says better."""
    new = id_digits(message.system.wa_id) if message.system else None
    if new is None or _system_type(message) != "user_changed_number":
        return None
    return {
        "kind": "number_changed",
        "key": f"n:{message.id}",
        "bsuid": message.from_user_id,
        "old_phone": phone_of(message.sender),
        "new_phone": phone_of(new),
        "new_wa_id": new,
        "at": instant(message.timestamp, now),
        "raw": raw,
    }
