"""The message templates registered with the simulated account, and what a send of one must bring along."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from deployments.simulator.chat import Tappable
from deployments.simulator.graph_errors import GraphError


class RegisteredTemplate(BaseModel):
    """A template with positional parameters `{{1}}`, `{{2}}`, … in its body and quick-reply buttons."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,512}$")
    language: str = "pt_BR"
    category: Literal["UTILITY", "MARKETING", "AUTHENTICATION"] = "UTILITY"
    body: str = Field(max_length=1024)
    footer: str = Field(default="", max_length=60)
    buttons: list[str] = Field(default=[], max_length=10)

    @property
    def parameters(self) -> int:
        return len(set(re.findall(r"\{\{\d+\}\}", self.body)))

    def listing(self) -> dict[str, Any]:
        """The template as GET /{waba_id}/message_templates lists it."""
        components: list[dict[str, Any]] = [{"type": "BODY", "text": self.body}]
        if self.footer:
            components.append({"type": "FOOTER", "text": self.footer})
        if self.buttons:
            replies = [{"type": "QUICK_REPLY", "text": label} for label in self.buttons]
            components.append({"type": "BUTTONS", "buttons": replies})
        number = int.from_bytes(hashlib.sha256(f"{self.name}/{self.language}".encode()).digest()[:6])
        return self.model_dump(include={"name", "language", "category"}) | {
            "status": "APPROVED",
            "id": str(10**15 + number),
            "parameter_format": "POSITIONAL",
            "components": components,
        }


class TemplateShelf:
    """Registered templates by name and language; those of templates.toml are there from the start."""

    def __init__(self) -> None:
        self._registered: dict[tuple[str, str], RegisteredTemplate] = {}
        for each in tomllib.loads(Path(__file__).with_name("templates.toml").read_text("utf-8"))["template"]:
            self.register(RegisteredTemplate(**each))

    def __iter__(self) -> Iterator[RegisteredTemplate]:
        return iter(self._registered.values())

    def register(self, template: RegisteredTemplate) -> None:
        self._registered[template.name, template.language] = template

    def render(self, template: dict[str, Any]) -> tuple[RegisteredTemplate, str, list[Tappable]]:
        """Check the `template` object of a send; give the template, the text a person reads, and its buttons.

        Raises GraphError 132001, 132000, 132012, 131008 or 100, as Meta does.
        """
        match template:
            case {"name": str(name), "language": {"code": str(code)}}:
                known = self._registered.get((name, code))
            case _:
                raise GraphError(131008, "template['name'] and template['language']['code'] are required")
        if known is None:
            raise GraphError(132001, f"template name ({name}) does not exist in {code}")
        values: list[str] = []
        # Without a payload at send time a tap carries the label twice (docs/whatsapp.md 2.2).
        buttons = [Tappable(id=label, title=label) for label in known.buttons]
        for part in template.get("components") or ():
            match part:
                case {"type": "body", "parameters": list(parameters)}:
                    values += map(_value, parameters)
                case {"type": "button", "sub_type": "quick_reply", "index": str(index), "parameters": [tapped]}:
                    if not index.isdigit() or int(index) >= len(buttons):
                        raise GraphError(132000, f"buttons: this template has {len(buttons)}, index {index} is none")
                    buttons[int(index)].id = str(tapped.get("payload"))
                case _:
                    raise GraphError(132012, "this template takes body parameters and quick_reply buttons")
        if len(values) != known.parameters:
            raise GraphError(132000, f"body: {len(values)} localizable_params, {known.parameters} expected")
        text = re.sub(r"\{\{(\d+)\}\}", lambda place: values[int(place[1]) - 1], known.body)
        return known, text, buttons


def _value(parameter: Any) -> str:
    """The text of a positional parameter."""
    match parameter:
        case {"parameter_name": _}:
            raise GraphError(132012, "body: parameters must be positional")
        case {"type": "text", "text": str(value)} if value.strip():
            if re.search(r"[\n\t]| {5,}", value):
                raise GraphError(100, "Param text cannot have new lines, tabs or more than 4 consecutive spaces")
            return value
        case {"type": "text"}:
            raise GraphError(131008, "body: a parameter has no text")
    raise GraphError(132012, "body: parameters must be of type text")
