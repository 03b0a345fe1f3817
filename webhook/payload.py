"""Meta's event request as a flat list of events: every entry, every change, every item, and none lost to a sibling.

The loop is the one of docs/whatsapp.md 1.4: nothing is taken at index 0, and one value may hold messages,
statuses and errors together. The events are plain dicts because they travel as they are, as `jsonb`, to one SQL
function. Whatever cannot be read or is not for us is an event of kind `other`: stored, counted, never answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from webhook.account import FIELDS, account_event
from webhook.message import Senders, echo_event, id_digits, instant, message_event, phone_of
from webhook.shapes import ContactShape, Echo, Error, MessageShape, StatusShape, UserIdUpdate, UserPreference
from webhook.storable import aside, cleaned, fingerprint, fits_key, kept

Event = dict[str, Any]


class UnreadablePayload(ValueError):
    """The body is JSON, but not an object: the only content that is answered 400."""


def events(
    body: Any, *, phone_number_id: str | None, account_id: str | None = None, now: datetime | None = None
) -> list[Event]:
    """Parse one request body into events, in the order received; each has `kind`, `key` and `raw`.

    `phone_number_id` is our own: what names another business number is kept and not acted on; None takes all.
    `account_id` likewise is our WABA's, for what is told of an account. `now` (aware) is the clock that timestamps are held against. Raises UnreadablePayload, and nothing else.
    """
    if not isinstance(body, dict):
        raise UnreadablePayload(f"a JSON object was expected, not {type(body).__name__}")
    now = now or datetime.now(UTC)
    body = cleaned(body)
    if body.get("object") != "whatsapp_business_account":
        return [kept(body, field=None, reason="object")]
    if not isinstance(body.get("entry"), list):
        return [kept(body, field=None, reason="unreadable")]
    found: list[Event] = []
    for entry in body["entry"]:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        if not isinstance(changes, list):
            found.append(kept(entry, field=None, reason="unreadable"))
            continue
        for change in changes:
            found += _change_events(change, phone_number_id, account_id, entry, now)
    return found


def own_number(body: Any, phone_number_id: str) -> str | None:
    """The digits of our own number, if this request names them."""
    entries = body.get("entry") if isinstance(body, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        changes = entry.get("changes") if isinstance(entry, dict) else None
        for change in changes if isinstance(changes, list) else ():
            value = change.get("value") if isinstance(change, dict) else None
            metadata = value.get("metadata") if isinstance(value, dict) else None
            if isinstance(metadata, dict) and str(metadata.get("phone_number_id")) == phone_number_id:
                shown = metadata.get("display_phone_number")
                return id_digits(re.sub("[^0-9]", "", shown)) if isinstance(shown, str) else None
    return None


def _change_events(
    change: Any, phone_number_id: str | None, account_id: str | None, entry: Event, now: datetime
) -> list[Event]:
    value = change.get("value") if isinstance(change, dict) else None
    field = change.get("field") if isinstance(change, dict) else None
    field = field if isinstance(field, str) else None
    if not isinstance(value, dict):
        return [kept(change, field=field, reason="unreadable")]
    ours = _names_us(value, phone_number_id)
    match field:
        case "messages":
            found = list(_messages(value, now) if ours else _of_another_number(value, field))
        case "user_id_update":
            # Of whichever number: a BSUID belongs to the portfolio, so its change is true for all of them.
            found = [_user_id_update(item, now) for item in _items(value, "user_id_update")]
        case str() if field in FIELDS:
            waba = str(entry["id"]) if isinstance(entry.get("id"), str | int) else None
            if account_id is not None and waba not in (account_id, None):
                return [kept(change, field=field, reason="other_account")]
            told = account_event(field, change, waba, entry.get("time"), now)
            return [told] if told else [kept(change, field=field, reason="unreadable")]
        case "smb_message_echoes" if ours:
            found = [_echo(item, now) for item in _items(value, "message_echoes")]
        case "user_preferences" if ours:
            found = [_user_preference(item, now) for item in _items(value, "user_preferences")]
        case _:
            return [kept(change, field=field, reason="unhandled_field" if ours else "other_number")]
    return found or [kept(change, field=field, reason="empty")]


def _names_us(value: Event, phone_number_id: str | None) -> bool:
    """False when the metadata name another number; a value without metadata names none."""
    metadata = value.get("metadata")
    named = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    return phone_number_id is None or named is None or str(named) == phone_number_id


def _items(value: Event, name: str) -> list[Any]:
    items = value.get(name)
    if items is None:
        return []
    # Not a list, then one item: read if it has the shape of one, kept as unreadable if not.
    return items if isinstance(items, list) else [items]


def _messages(value: Event, now: datetime) -> Iterator[Event]:
    people = Senders(ContactShape.model_validate(item) for item in _items(value, "contacts") if isinstance(item, dict))
    for item in _items(value, "messages"):
        yield _message(item, people, now)
    for item in _items(value, "statuses"):
        yield _status(item, now)
    for item in _items(value, "errors"):
        yield _account_error(item)


def _of_another_number(value: Event, field: str) -> Iterator[Event]:
    for item in _items(value, "messages"):
        if isinstance(item, dict):
            yield aside(item, reason="other_number", key=_aside(item))
        else:
            yield kept(item, field=field, reason="unreadable")
    for name in ("statuses", "errors"):
        for item in _items(value, name):
            yield kept(item, field=field, reason="other_number")


def _aside(item: Any) -> str | None:
    """Return the key of a message that is only kept, apart from the one it would have if it were acted on."""
    wamid = item.get("id") if isinstance(item, dict) else None
    return f"xm:{wamid}" if isinstance(wamid, str) and fits_key(wamid) else None


def _message(item: Any, people: Senders, now: datetime) -> Event:
    try:
        message = MessageShape.model_validate(item)
    except ValidationError:
        return kept(item, field="messages", reason="unreadable", key=_aside(item))
    return message_event(message, item, people, now)


def _echo(item: Any, now: datetime) -> Event:
    try:
        return echo_event(Echo.model_validate(item), item, now)
    except ValidationError:
        return kept(item, field="smb_message_echoes", reason="unreadable", key=_aside(item))


def _status(item: Any, now: datetime) -> Event:
    try:
        status = StatusShape.model_validate(item)
    except ValidationError:
        return kept(item, field="messages", reason="unreadable")
    # In a group each participant has a status of their own for the same message (docs/whatsapp.md 1.3).
    parts = ["s", status.id, status.status, status.recipient_participant_user_id]
    return {
        "kind": "status",
        "key": ":".join(part for part in parts if part),
        "wamid": status.id,
        "status": status.status,
        "tracker": status.biz_opaque_callback_data,
        "at": instant(status.timestamp, now),
        "error_code": next((error.code for error in status.errors if error.code is not None), None),
        "pricing_category": status.pricing.category if status.pricing else None,
        "pricing_type": status.pricing.type if status.pricing else None,
        "recipient_user_id": status.recipient_user_id,
        "raw": item,
    }


def _account_error(item: Any) -> Event:
    if not isinstance(item, dict):
        return kept(item, field="messages", reason="unreadable")
    code = Error.model_validate(item).code
    return {"kind": "account_error", "key": f"e:{fingerprint(item)}", "error_code": code, "raw": item}


def _user_id_update(item: Any, now: datetime) -> Event:
    try:
        update = UserIdUpdate.model_validate(item)
    except ValidationError:
        return kept(item, field="user_id_update", reason="unreadable")
    return {
        "kind": "user_id_update",
        "key": f"u:{update.user_id.previous}:{update.user_id.current}",
        "previous": update.user_id.previous,
        "current": update.user_id.current,
        "phone": phone_of(update.wa_id),
        "wa_id": id_digits(update.wa_id),
        "at": instant(update.timestamp, now),
        "raw": item,
    }


def _user_preference(item: Any, now: datetime) -> Event:
    try:
        preference = UserPreference.model_validate(item)
    except ValidationError:
        return kept(item, field="user_preferences", reason="unreadable")
    number = phone_of(preference.wa_id)
    if not number and not preference.user_id:
        return kept(item, field="user_preferences", reason="no_sender")
    return {
        "kind": "user_preferences",
        "key": f"p:{fingerprint(item)}",
        "bsuid": preference.user_id,
        "phone": number,
        "category": preference.category,
        "value": preference.value,
        "at": instant(preference.timestamp, now),
        "raw": item,
    }
