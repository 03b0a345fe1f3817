"""The messages we send and Meta's receipt for them, as they look on the wire (docs/whatsapp.md 5.1 to 5.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from flows.adapters.whatsapp.codes import Uncertain
from flows.domain import Content, Row


@dataclass(frozen=True)
class Recipient:
    """Whom to write to: a BSUID, a phone in E.164 with `+`, or both; exactly one goes on the wire (docs/whatsapp.md 5.1)."""

    bsuid: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    prefer: Literal["bsuid", "phone"] = "bsuid"

    def __post_init__(self) -> None:
        if not self.bsuid and not self.phone:
            raise ValueError("a recipient needs a BSUID or a phone number")
        # Without "+" Meta prepends the country code of our own number (docs/whatsapp.md 4.3).
        if self.phone and not re.fullmatch(r"\+[1-9]\d{7,14}", self.phone, re.ASCII):
            raise ValueError("a recipient's phone number must be E.164, with +")

    def wire(self) -> dict[str, str | None]:
        """`to` and `recipient` as the API names them; the one not used is None."""
        use_phone = self.phone and (self.prefer == "phone" or not self.bsuid)
        return {"to": self.phone, "recipient": None} if use_phone else {"to": None, "recipient": self.bsuid}


@dataclass(frozen=True)
class Template:
    """An approved template: `language` like `pt_BR`, positional `body` values, one payload per quick-reply button.

    Meta refuses values with line breaks, tabs or more than four spaces in a row (132012), so runs of white space
    become one space; an empty value is our mistake and raises ValueError.
    """

    name: str
    language: str
    body: tuple[str, ...] = field(default=(), repr=False)
    buttons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        cleaned = tuple(" ".join(value.split()) for value in self.body)
        if not all(cleaned):
            raise ValueError(f"template {self.name}: value {cleaned.index('') + 1} of the body is empty")
        object.__setattr__(self, "body", cleaned)

    def wire(self) -> dict[str, Any]:
        """The `template` object of docs/whatsapp.md 5.2; the index of a button is a string."""
        components: list[dict[str, Any]] = []
        if self.body:
            values = [{"type": "text", "text": value} for value in self.body]
            components.append({"type": "body", "parameters": values})
        for index, payload in enumerate(self.buttons):
            values = [{"type": "payload", "payload": payload}]
            components.append({"type": "button", "sub_type": "quick_reply", "index": str(index), "parameters": values})
        return {"name": self.name, "language": {"code": self.language}} | (
            {"components": components} if components else {}
        )


@dataclass(frozen=True)
class Sent:
    """Accepted by Meta, not yet delivered. `held`: a template that Meta keeps back and may still refuse (132015)."""

    wamid: str
    wa_id: str | None = field(default=None, repr=False)
    bsuid: str | None = field(default=None, repr=False)
    held: bool = False


def message(content: Content, media_id: str | None = None) -> tuple[str, dict[str, Any]]:
    """The type and the object of one free-form message, as in docs/whatsapp.md 5.2; `media_id` is its file's."""
    if content.file:
        sent = {"id": media_id} | ({"caption": content.text} if content.text else {})
        if content.file.mime_type == "application/pdf":
            return "document", sent | {"filename": content.file.name}
        return "image", sent
    if content.buttons:
        replies = [{"type": "reply", "reply": {"id": one.id, "title": one.title}} for one in content.buttons]
        return "interactive", {"type": "button", "body": {"text": content.text}, "action": {"buttons": replies}}
    if content.request:
        kind = "request_contact_info"
        return "interactive", {"type": kind, "body": {"text": content.text}, "action": {"name": kind}}
    if content.rows:
        rows = [_row(row) for row in content.rows]
        action = {"button": content.list_label, "sections": [{"title": content.list_label, "rows": rows}]}
        return "interactive", {"type": "list", "body": {"text": content.text}, "action": action}
    return "text", {"preview_url": False, "body": content.text}


def read_sent(answer: Any) -> Sent:
    """The receipt in a 2xx answer (docs/whatsapp.md 5.3); `Uncertain` when it names no message."""
    try:
        first = answer["messages"][0]
        wamid = first["id"]
    except (LookupError, TypeError):
        wamid = None
    if not isinstance(wamid, str) or not wamid:
        raise Uncertain("WhatsApp: an accepted call, but the answer holds no message id")
    contacts = answer.get("contacts")
    contact = contacts[0] if isinstance(contacts, list) and contacts and isinstance(contacts[0], dict) else {}
    held = first.get("message_status") not in (None, "accepted")
    return Sent(wamid, wa_id=contact.get("wa_id"), bsuid=contact.get("user_id"), held=held)


def _row(row: Row) -> dict[str, str]:
    # Meta refuses an empty description (131009); without one the key is left out.
    return {"id": row.id, "title": row.title} | ({"description": row.description} if row.description else {})
