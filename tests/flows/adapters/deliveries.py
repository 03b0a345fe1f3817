"""What Meta delivers, as events: the payloads of docs/whatsapp.md through the webhook's own parser."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.webhook import change, delivery
from webhook.payload import events

Events = list[dict[str, Any]]
_numbers = itertools.count(random.randrange(60_000_000, 90_000_000))


@dataclass(frozen=True)
class Person:
    """Somebody by a BSUID, a phone (E.164, with the ninth digit), or both."""

    bsuid: str | None = None
    phone: str | None = None

    @property
    def hidden(self) -> Person:
        """The same person with a username: WhatsApp tells the BSUID only."""
        return Person(bsuid=self.bsuid)

    @property
    def old_style(self) -> Person:
        """The same person as WhatsApp told of them before 2026: the phone only."""
        return Person(phone=self.phone)

    @property
    def wa_id(self) -> str | None:
        return self.phone.removeprefix("+") if self.phone else None


def someone() -> Person:
    """A person nobody has met yet."""
    return Person(bsuid(), phone())


def bsuid() -> str:
    return f"BR.{uuid4().int}"


def phone() -> str:
    return f"+55119{next(_numbers):08d}"


def says(
    who: Person,
    text: str = "Oi",
    *,
    wamid: str | None = None,
    at: datetime | None = None,
    wa_id: str | None = None,
    name: str | None = None,
    **content: Any,
) -> Events:
    """One message in a delivery of its own. `content` replaces the text: `type="reaction", reaction={…}`."""
    wa_id = wa_id or who.wa_id
    message = {"id": wamid or f"wamid.in.{uuid4().hex}", "timestamp": str(int((at or datetime.now(UTC)).timestamp()))}
    message |= {"from": wa_id} if wa_id else {}
    message |= {"from_user_id": who.bsuid} if who.bsuid else {}
    message |= content or {"type": "text", "text": {"body": text}}
    contact = {"user_id": who.bsuid, "wa_id": wa_id, "profile": {"name": name} if name else None}
    contacts = [{key: value for key, value in contact.items() if value}]
    return events(delivery(change(messages=[message], contacts=contacts)), phone_number_id=None)


def taps(who: Person, payload: str, on: str | None = None, **more: Any) -> Events:
    """The tap on a template's button; `on` is the wamid of the message that it stands on."""
    more |= {"context": {"from": "551131230000", "id": on}} if on else {}
    return says(who, type="button", button={"payload": payload, "text": "Ativar Perfil"}, **more)


def edits(who: Person, original: str, text: str, **more: Any) -> Events:
    """An edit of one of their own messages, as numbers shared with the WhatsApp Business app are told of it."""
    new = {"original_message_id": original, "message": {"type": "text", "text": {"body": text}}}
    return says(who, type="edit", edit=new, **more)


def takes_back(who: Person, original: str, **more: Any) -> Events:
    return says(who, type="revoke", revoke={"original_message_id": original}, **more)


def shares_number(who: Person, number: str) -> Events:
    card = {"origin": "contact_request", "phones": [{"phone": number, "wa_id": number.removeprefix("+")}]}
    return says(who, type="contacts", contacts=[card])


def status(wamid: str, name: str, *, tracker: object = None, code: int | None = None) -> Events:
    """A status of one of our messages; `tracker` is what we sent along as `biz_opaque_callback_data`."""
    item: dict[str, Any] = {"id": wamid, "status": name, "timestamp": str(int(datetime.now(UTC).timestamp()))}
    item |= {"biz_opaque_callback_data": str(tracker)} if tracker is not None else {}
    item |= {"errors": [{"code": code, "title": "t"}]} if code is not None else {}
    return events(delivery(change(statuses=[item])), phone_number_id=None)


def new_user_id(previous: str | None, current: str | None, number: str | None = None) -> Events:
    """A `user_id_update`: one person, a new BSUID."""
    item: dict[str, Any] = {
        "user_id": {"previous": previous, "current": current},
        "timestamp": str(int(datetime.now(UTC).timestamp())),
    }
    item |= {"wa_id": number.removeprefix("+")} if number else {}
    field = {"field": "user_id_update", "value": {"messaging_product": "whatsapp", "user_id_update": [item]}}
    return events(delivery(field), phone_number_id=None)


def new_number(who: Person, number: str, *, at: datetime | None = None) -> Events:
    """The system message that tells of a changed number."""
    system = {"type": "user_changed_number", "wa_id": number.removeprefix("+"), "body": "User changed"}
    return says(who, type="system", system=system, at=at)


def told(field: str, *, at: datetime | None = None, **value: Any) -> Events:
    """News of the account, as Meta tells them now or at another time; no two are one delivery come twice."""
    body = delivery({"field": field, "value": {"message_template_id": uuid4().int, **value}})
    body["entry"][0]["time"] = int((at or datetime.now(UTC)).timestamp())
    return events(body, phone_number_id=None)


def echoes(who: Person, text: str, *, wamid: str | None = None) -> Events:
    """A person of ours writes from the phone app, on a number that is shared with it."""
    item: dict[str, Any] = {"from": "551131230000", "id": wamid or f"wamid.app.{uuid4().hex}", "type": "text"}
    item |= {"timestamp": str(int(datetime.now(UTC).timestamp())), "text": {"body": text}}
    item |= {"to": who.wa_id} if who.phone else {}
    item |= {"to_user_id": who.bsuid} if who.bsuid else {}
    metadata = {"display_phone_number": "551131230000", "phone_number_id": "480000000000001"}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "message_echoes": [item]}
    return events(delivery({"field": "smb_message_echoes", "value": value}), phone_number_id=None)


def prefers(who: Person, value: str, *, at: datetime | None = None) -> Events:
    """The system's own stop or resume of marketing messages."""
    item: dict[str, Any] = {
        "category": "marketing_messages",
        "value": value,
        "timestamp": int((at or datetime.now(UTC)).timestamp()),
    }
    item |= {"wa_id": who.wa_id} if who.phone else {}
    item |= {"user_id": who.bsuid} if who.bsuid else {}
    field = {"field": "user_preferences", "value": {"messaging_product": "whatsapp", "user_preferences": [item]}}
    return events(delivery(field), phone_number_id=None)
