"""What we ask the platform to send, checked as Meta checks it (docs/whatsapp.md 5.2 and 5.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from deployments.simulator.chat import Option
from deployments.simulator.graph_errors import GraphError
from deployments.simulator.templates import Templates

MEDIA = ("image", "document", "audio", "video", "sticker")


@dataclass
class Outgoing:
    """A valid message of ours, as the person will see it. `category` is what Meta charges it as."""

    type: str
    text: str = ""
    buttons: list[Option] = field(default_factory=list)
    rows: list[Option] = field(default_factory=list)
    list_label: str | None = None
    template: str | None = None
    category: str = "service"
    media_id: str | None = None
    filename: str | None = None
    reply_to: str | None = None
    footer: str = ""


def read_message(body: dict[str, Any], templates: Templates) -> Outgoing:
    """Check the body of POST /{phone_number_id}/messages, all but its recipient.

    Raises GraphError 100 for a missing or mistyped field, 131009 for a value out of its limits, 131051 for a type
    this simulator does not know, 132000 and its neighbours for templates. Lengths are counted in code points.
    """
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "(#100) The parameter messaging_product is required.")
    if body.get("recipient_type", "individual") != "individual":
        raise GraphError(100, "Param recipient_type must be one of {INDIVIDUAL}")
    opaque = body.get("biz_opaque_callback_data", "")
    if not isinstance(opaque, str) or len(opaque) > 512:
        raise GraphError(100, "Param biz_opaque_callback_data must be a string of at most 512 characters")
    kind = body.get("type", "text")
    if kind in MEDIA:
        message = _media(kind, _object(body, kind, kind))
    elif isinstance(kind, str) and kind in _READERS:
        message = _READERS[kind](_object(body, kind, kind), templates)
    else:
        raise GraphError(131051, "Param type is not one this platform sends")
    if "context" in body:
        if kind == "reaction":
            raise GraphError(100, "A reaction cannot carry a context")
        message.reply_to = _text(_object(body, "context", "context"), "message_id", "context['message_id']", 512)
    return message


def _object(parent: dict[str, Any], name: str, path: str) -> dict[str, Any]:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise GraphError(100, f"The parameter {path} is required and must be an object.")
    return value


def _list(parent: dict[str, Any], name: str, path: str, most: int) -> list[dict[str, Any]]:
    value = parent.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        raise GraphError(100, f"The parameter {path} is required and must be an array of objects.")
    if len(value) > most:
        raise GraphError(131009, f"{path} takes at most {most} items, not {len(value)}")
    return value


def _text(
    parent: dict[str, Any], name: str, path: str, most: int, *, required: bool = True, too_long: int = 131009
) -> str:
    value = parent.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise GraphError(100, f"The parameter {path} is required and must be a non-empty string.")
    if len(value) > most:
        raise GraphError(too_long, f"Param {path} must be at most {most} characters long.")
    return value


def _unique(values: list[str], path: str) -> None:
    if len(set(values)) < len(values):
        raise GraphError(131009, f"{path} must be unique within a message")


def _plain(text: dict[str, Any], _: Templates) -> Outgoing:
    return Outgoing("text", _text(text, "body", "text['body']", 4096, too_long=100))


def _template(template: dict[str, Any], templates: Templates) -> Outgoing:
    known, text, buttons = templates.render(template)
    return Outgoing(
        "template", text, buttons, template=known.name, category=known.category.lower(), footer=known.footer
    )


def _reaction(reaction: dict[str, Any], _: Templates) -> Outgoing:
    target = _text(reaction, "message_id", "reaction['message_id']", 512)
    return Outgoing("reaction", _text(reaction, "emoji", "reaction['emoji']", 32, required=False), reply_to=target)


def _media(kind: str, media: dict[str, Any]) -> Outgoing:
    if ("id" in media) == ("link" in media):
        raise GraphError(100, f"{kind} takes exactly one of id and link")
    source = _text(media, "id" if "id" in media else "link", f"{kind}['id' or 'link']", 2048)
    if "link" in media and not source.startswith("https://"):
        raise GraphError(131053, f"{kind}['link'] must be an https address")
    caption = _text(media, "caption", f"{kind}['caption']", 1024, required=False)
    name = _text(media, "filename", f"{kind}['filename']", 240, required=False)
    return Outgoing(kind, caption, media_id=source, filename=name or None)


def _interactive(interactive: dict[str, Any], _: Templates) -> Outgoing:
    action = _object(interactive, "action", "interactive['action']")
    body = _text(_object(interactive, "body", "interactive['body']"), "text", "interactive['body']['text']", 1024)
    for part in ("header", "footer"):
        if part in interactive:
            # Media headers exist; the product sends none, so only text ones are shown here.
            _text(_object(interactive, part, part), "text", f"interactive['{part}']['text']", 60)
    match interactive.get("type"):
        case "button":
            return Outgoing("interactive", body, buttons=_reply_buttons(action))
        case "list":
            label = _text(action, "button", "action['button']", 20)
            return Outgoing("interactive", body, rows=_rows(action), list_label=label)
        case "request_contact_info":
            if action.get("name") != "request_contact_info":
                raise GraphError(100, "interactive['action']['name'] must be request_contact_info")
            return Outgoing("interactive", body)
        case _:
            raise GraphError(
                131009, "interactive['type'] is not one this simulator shows (button, list, request_contact_info)"
            )


def _reply_buttons(action: dict[str, Any]) -> list[Option]:
    buttons = []
    for item in _list(action, "buttons", "action['buttons']", 3):
        if item.get("type") != "reply":
            raise GraphError(131009, "action['buttons'][]['type'] must be reply")
        reply = _object(item, "reply", "action['buttons'][]['reply']")
        title = _text(reply, "title", "button title", 20)
        buttons.append(Option(id=_text(reply, "id", "button id", 256), title=title))
    _unique([button.title for button in buttons], "button titles")
    _unique([button.id for button in buttons], "button ids")
    return buttons


def _rows(action: dict[str, Any]) -> list[Option]:
    sections = _list(action, "sections", "action['sections']", 10)
    rows = []
    for section in sections:
        _text(section, "title", "section title", 24, required=len(sections) > 1)
        for row in _list(section, "rows", "action['sections'][]['rows']", 10):
            rows.append(
                Option(
                    id=_text(row, "id", "row id", 200),
                    title=_text(row, "title", "row title", 24),
                    description=_text(row, "description", "row description", 72, required=False),
                )
            )
    if len(rows) > 10:
        raise GraphError(131009, f"a list takes at most 10 rows in total, not {len(rows)}")
    _unique([row.id for row in rows], "row ids")
    return rows


_READERS: dict[str, Callable[[dict[str, Any], Templates], Outgoing]] = {
    "text": _plain,
    "interactive": _interactive,
    "template": _template,
    "reaction": _reaction,
}
