"""What we ask the platform to send, checked as Meta checks it (docs/whatsapp.md 5.2 and 5.7): the types that the program sends."""

from __future__ import annotations

from typing import Any

from deployments.simulator.chat import Bubble, Tappable
from deployments.simulator.graph_errors import GraphError
from deployments.simulator.media import MediaShelf
from deployments.simulator.templates import TemplateShelf

# A number is a text's greatest length in code points, a pair the greatest length of a list and what its items are; a name
# with a question mark may be missing.
_BODY = {"text": 1024}
_SHAPES: dict[Any, dict[str, Any]] = {
    "text": {"body": 4096},
    "image": {"id": 64, "caption?": 1024},
    "document": {"id": 64, "caption?": 1024, "filename?": 240},
    "template": {},
    "interactive": {},
}
_SECTION = {"title?": 24, "rows": (10, {"id": 200, "title": 24, "description?": 72})}
_INTERACTIVE: dict[Any, dict[str, Any]] = {
    "button": {"body": _BODY, "action": {"buttons": (3, {"reply": {"id": 256, "title": 20}})}},
    "list": {"body": _BODY, "action": {"button": 20, "sections": (10, _SECTION)}},
    "request_contact_info": {"body": _BODY, "action": {"name": 20}},
}


def read_message(body: dict[str, Any], templates: TemplateShelf, media: MediaShelf) -> Bubble:
    """The bubble of a body of POST /{phone_number_id}/messages, checked in all but its recipient.

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


def _read(body: dict[str, Any], kind: Any, templates: TemplateShelf, media: MediaShelf) -> Bubble:
    if kind not in tuple(_SHAPES):
        raise GraphError(131051, "Param type is not one that is sent from here")
    content: Any = body.get(kind)
    _check(content, _SHAPES[kind], kind, 100 if kind == "text" else 131009)
    bubble = Bubble(from_="us", type=kind)
    match kind:
        case "text":
            bubble.text = content["body"]
        case "template":
            known, bubble.text, bubble.buttons = templates.render(content)
            bubble.template, bubble.category, bubble.footer = known.name, known.category.lower(), known.footer
        case "interactive":
            _tappable(content, bubble)
        case _:
            file = media.get(content["id"])
            if file is None or file.mime_type.startswith("image/") != (kind == "image"):
                raise GraphError(131053, f"Param {kind}['id'] is no uploaded file of this kind")
            bubble.text, bubble.filename = content.get("caption", ""), content.get("filename") or file.filename
            bubble.media_id, bubble.mime_type, bubble.size = file.id, file.mime_type, len(file.content)
    return bubble


def _tappable(content: dict[str, Any], bubble: Bubble) -> None:
    kind = content.get("type")
    if (shape := _INTERACTIVE.get(kind)) is None:
        known = ", ".join(_INTERACTIVE)
        raise GraphError(131009, f"interactive['type'] is not one that is sent from here ({known})")
    _check(content, shape, "interactive")
    action, bubble.text = content["action"], content["body"]["text"]
    if kind == "button":
        bubble.buttons = [Tappable(**button["reply"]) for button in action["buttons"]]
        _unique([button.title for button in bubble.buttons], [button.id for button in bubble.buttons])
    elif kind == "list":
        bubble.rows = [Tappable(**row) for section in action["sections"] for row in section["rows"]]
        bubble.list_label = action["button"]
        if len(bubble.rows) > 10:
            raise GraphError(131009, f"a list takes at most 10 rows in total, not {len(bubble.rows)}")
        _unique([row.id for row in bubble.rows])
    elif action["name"] != kind:
        raise GraphError(100, f"interactive['action']['name'] must be {kind}")


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
