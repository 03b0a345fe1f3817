"""What we ask the platform to send, checked as Meta checks it (docs/whatsapp.md 5.2 and 5.7): the types that the program sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from deployments.simulator.chat import Option
from deployments.simulator.graph_errors import GraphError
from deployments.simulator.media import MediaShelf
from deployments.simulator.templates import Templates

# A number is a text's greatest length in code points, a pair the greatest length of a list and what its items are; a name
# with a question mark may be missing.
_TEXT = {"body": 4096}
_BODY = {"text": 1024}
_FILES = {"image": {"id": 64, "caption?": 1024}, "document": {"id": 64, "caption?": 1024, "filename?": 240}}
_SECTION = {"title?": 24, "rows": (10, {"id": 200, "title": 24, "description?": 72})}
_INTERACTIVE: dict[Any, dict[str, Any]] = {
    "button": {"body": _BODY, "action": {"buttons": (3, {"reply": {"id": 256, "title": 20}})}},
    "list": {"body": _BODY, "action": {"button": 20, "sections": (10, _SECTION)}},
    "request_contact_info": {"body": _BODY, "action": {"name": 20}},
}


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
    reply_to: str | None = None
    footer: str = ""
    media_id: str | None = None
    filename: str | None = None
    mime_type: str | None = None
    size: int | None = None


def read_message(body: dict[str, Any], templates: Templates, media: MediaShelf) -> Outgoing:
    """Check the body of POST /{phone_number_id}/messages, all but its recipient.

    Raises GraphError 100 for a missing or mistyped field, 131009 for a value out of its limits, 131051 for a type
    that the program does not send, 132000 and its neighbours for templates.
    """
    if body.get("messaging_product") != "whatsapp" or body.get("recipient_type", "individual") != "individual":
        raise GraphError(100, "(#100) messaging_product whatsapp and recipient_type individual are required.")
    _check(body, {"biz_opaque_callback_data?": 512}, "", 100)
    message = _read(body, body.get("type", "text"), templates, media)
    if "context" in body:
        _check(body["context"], {"message_id": 512}, "context")
        message.reply_to = body["context"]["message_id"]
    return message


def _read(body: dict[str, Any], kind: Any, templates: Templates, media: MediaShelf) -> Outgoing:
    if kind not in ("text", "template", "interactive", *_FILES):
        raise GraphError(131051, "Param type is not one that is sent from here")
    content = body.get(kind)
    if kind == "text":
        _check(content, _TEXT, kind, 100)
        return Outgoing(kind, body["text"]["body"])
    _check(content, _FILES.get(kind, {}), kind)
    if kind in _FILES:
        file = media.get(body[kind]["id"])
        if file is None or file.mime_type.startswith("image/") != (kind == "image"):
            raise GraphError(131053, f"Param {kind}['id'] is no uploaded file of this kind")
        name = body[kind].get("filename") or file.filename
        return Outgoing(
            kind,
            body[kind].get("caption", ""),
            media_id=file.id,
            filename=name,
            mime_type=file.mime_type,
            size=len(file.content),
        )
    if kind == "template":
        known, text, buttons = templates.render(body[kind])
        category = known.category.lower()
        return Outgoing(kind, text, buttons, template=known.name, category=category, footer=known.footer)
    if (shape := _INTERACTIVE.get(body[kind].get("type"))) is None:
        raise GraphError(
            131009, "interactive['type'] is not one that is sent from here (button, list, request_contact_info)"
        )
    _check(content, shape, kind)
    text, action = body[kind]["body"]["text"], body[kind]["action"]
    if body[kind]["type"] == "button":
        buttons = [Option(**button["reply"]) for button in action["buttons"]]
        _unique([button.title for button in buttons], [button.id for button in buttons])
        return Outgoing(kind, text, buttons=buttons)
    if body[kind]["type"] == "request_contact_info":
        if action["name"] != "request_contact_info":
            raise GraphError(100, "interactive['action']['name'] must be request_contact_info")
        return Outgoing(kind, text)
    rows = [Option(**row) for section in action["sections"] for row in section["rows"]]
    if len(rows) > 10:
        raise GraphError(131009, f"a list takes at most 10 rows in total, not {len(rows)}")
    _unique([row.id for row in rows])
    return Outgoing(kind, text, rows=rows, list_label=action["button"])


def _check(value: Any, shape: Any, path: str, too_long: int = 131009) -> None:
    match shape:
        case int():
            if not isinstance(value, str) or not value.strip():
                raise GraphError(100, f"The parameter {path} is required and must be a non-empty string.")
            if len(value) > shape:
                raise GraphError(too_long, f"Param {path} must be at most {shape} characters long.")
        case (int(most), inner):
            if not isinstance(value, list) or not value:
                raise GraphError(100, f"The parameter {path} is required and must be an array of objects.")
            if len(value) > most:
                raise GraphError(131009, f"{path} takes at most {most} items, not {len(value)}")
            for item in value:
                _check(item, inner, path)
        case _:
            if not isinstance(value, dict):
                raise GraphError(100, f"The parameter {path} is required and must be an object.")
            for name, inner in shape.items():
                if not name.endswith("?") or value.get(name[:-1]):
                    _check(value.get(name.rstrip("?")), inner, f"{path}['{name.rstrip('?')}']", too_long)


def _unique(*lists: list[str]) -> None:
    if any(len(set(values)) < len(values) for values in lists):
        raise GraphError(131009, "titles of buttons and all ids must be unique within a message")
