"""The lead's phone: turns what a script does into messages as the store hands them to the assistant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from flows.domain import Content, Inbound, InboundMessage, Media
from tests.evals.scripts import Item

_TEMPLATE_BUTTON = "Ativar Perfil"
_KINDS = {
    "audio": Inbound.AUDIO,
    "video": Inbound.VIDEO,
    "sticker": Inbound.STICKER,
    "reaction": Inbound.REACTION,
    "contacts": Inbound.CONTACTS,
    "order": Inbound.ORDER,
    "unsupported": Inbound.UNSUPPORTED,
}


@dataclass(frozen=True)
class Ours:
    """A message of ours on the lead's phone; `asked` is the question that waited after it."""

    content: Content
    asked: str | None = None


def finds(pattern: str, text: str) -> bool:
    """Tell whether a script's expression is found in what a lead reads; capital and small letters are alike."""
    return re.search(pattern, text, re.IGNORECASE | re.MULTILINE) is not None


def message(id: str, item: Item, sent: Sequence[Ours], now: datetime, missed: list[str]) -> InboundMessage:
    """Return one message; `sent` are our messages so far, for taps and quotes. A tap on nothing is added to `missed`."""
    uuid, wamid = uuid5(NAMESPACE_OID, id), f"wamid.{id}"
    kind, text, payload, media = Inbound.TEXT, item.text or item.caption, None, None
    if item.tap is not None:
        if choice := _offered(item.tap, sent):
            kind, (payload, text) = Inbound.BUTTON, choice
        else:
            text = item.text_if_none or item.tap
            if item.text_if_none is None:
                missed.append(f"nothing to tap: {item.tap}")
    elif item.photo or item.pdf or item.refused:
        kind = Inbound.DOCUMENT if item.pdf else Inbound.IMAGE
        mime = "application/pdf" if item.pdf else "image/jpeg"
        media = Media(id=f"media.{id}", mime_type=mime, filename="conta.pdf" if item.pdf else None)
    elif item.only:
        kind = _KINDS[item.only]
        media = Media(id=f"media.{id}", mime_type="audio/ogg") if item.only == "audio" else None
    elif item.location:
        kind = Inbound.LOCATION
    elif item.reacts:
        kind, text = Inbound.REACTION, item.reacts
    back = 1 if item.reacts else item.quotes
    about = sent[-back].asked if back and back <= len(sent) else None
    return InboundMessage(
        id=uuid,
        wamid=wamid,
        type=kind,
        text=text,
        payload=payload,
        media=media,
        location=item.location,
        about=about,
        sent_at=now,
    )


def _offered(wanted: str, sent: Sequence[Ours]) -> tuple[str, str] | None:
    """Return id and title of a choice in our messages, the latest first; the template's button is always there."""
    for content in (ours.content for ours in reversed(sent)):
        choices = [(b.id, b.title, "") for b in content.buttons] + [
            (r.id, r.title, r.description) for r in content.rows
        ]
        for id, title, description in choices:
            if finds(wanted, f"{title}\n{description}\n{id}"):
                return id, title
    return (f"ATIVAR_PERFIL:{uuid5(NAMESPACE_OID, 'tap')}", _TEMPLATE_BUTTON) if wanted == _TEMPLATE_BUTTON else None


def shown(item: Item, message: InboundMessage) -> str:
    """Return a message as the transcript shows it."""
    if message.type is Inbound.BUTTON:
        return f"[toca em “{message.text}”]"
    if message.type is Inbound.TEXT:
        return f"[cita] {message.text}" if message.about else message.text
    what = item.photo or item.pdf or item.refused or ""
    label = f"[{message.type.value}{f': {what}' if what else ''}]"
    return f"{label} {message.text}".strip()
