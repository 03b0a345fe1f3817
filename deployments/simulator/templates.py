"""The message templates registered with the simulated account, and what a send of one must bring along."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, Field

from deployments.simulator.chat import Option
from deployments.simulator.graph_errors import GraphError


class Template(BaseModel):
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
        body: dict[str, Any] = {"type": "BODY", "text": self.body}
        if self.parameters:
            body["example"] = {"body_text": [["Marina"] * self.parameters]}
        components = [body]
        if self.footer:
            components.append({"type": "FOOTER", "text": self.footer})
        if self.buttons:
            components.append(
                {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": t} for t in self.buttons]}
            )
        number = int.from_bytes(hashlib.sha256(f"{self.name}/{self.language}".encode()).digest()[:6])
        return self.model_dump(include={"name", "language", "category"}) | {
            "status": "APPROVED",
            "id": str(10**15 + number),
            "parameter_format": "POSITIONAL",
            "components": components,
        }


class Templates:
    """Registered templates by name and language; the two the product uses are there from the start, as
    docs/meta.md 5 has them registered."""

    def __init__(self) -> None:
        self._registered: dict[tuple[str, str], Template] = {}
        self.register(
            Template(
                name="prosseguir_com_solicitacao",
                body=(
                    "Olá, {{1}}! Recebemos no site da Serena Energia o seu pedido de análise da conta de luz. "
                    "Para continuar o seu atendimento por aqui, toque no botão abaixo."
                ),
                footer="Se não foi você, responda PARAR.",
                buttons=["Ativar Perfil"],
            )
        )
        self.register(
            Template(
                name="retomar_conversa",
                body=(
                    "Olá, {{1}}! O seu pedido de análise da conta de luz na Serena Energia está aguardando a sua "
                    "resposta. Para continuar, é só responder esta mensagem."
                ),
            )
        )

    def __iter__(self) -> Iterator[Template]:
        return iter(self._registered.values())

    def register(self, template: Template) -> None:
        self._registered[template.name, template.language] = template

    def render(self, template: dict[str, Any]) -> tuple[Template, str, list[Option]]:
        """Check the `template` object of a send; give the template, the text a person reads, and its buttons.

        Raises GraphError 132001, 132000, 132012, 131008 or 100, as Meta does.
        """
        name, language = template.get("name"), template.get("language")
        if not isinstance(name, str) or not isinstance(language, dict):
            raise GraphError(131008, "template['name'] and template['language']['code'] are required")
        code = language.get("code")
        known = self._registered.get((name, code)) if isinstance(code, str) else None
        if known is None:
            raise GraphError(132001, f"template name ({name}) does not exist in {code}")
        components = template.get("components") or []
        if not isinstance(components, list) or not all(isinstance(part, dict) for part in components):
            raise GraphError(100, "template['components'] must be an array of objects")
        return known, _body_text(known, components), _buttons(known, components)


def _body_text(template: Template, components: list[dict[str, Any]]) -> str:
    lists = [part.get("parameters") or [] for part in components if part.get("type") == "body"]
    if not all(isinstance(given, list) for given in lists):
        raise GraphError(100, "body: parameters must be an array")
    parameters = [parameter for given in lists for parameter in given]
    if len(parameters) != template.parameters:
        raise GraphError(
            132000,
            f"body: number of localizable_params ({len(parameters)}) does not match "
            f"the expected number of params ({template.parameters})",
        )
    text = template.body
    for position, parameter in enumerate(parameters, start=1):
        if not isinstance(parameter, dict) or parameter.get("type") != "text" or "parameter_name" in parameter:
            raise GraphError(132012, f"body: parameter {position} must be positional and of type text")
        value = parameter.get("text")
        if not isinstance(value, str) or not value.strip():
            raise GraphError(131008, f"body: parameter {position} has no text")
        if re.search(r"[\n\t]| {5,}", value):
            raise GraphError(100, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
        text = text.replace(f"{{{{{position}}}}}", value)
    return text


def _buttons(template: Template, components: list[dict[str, Any]]) -> list[Option]:
    # Without a payload at send time a tap carries the label twice (docs/whatsapp.md 2.2).
    buttons = [Option(id=label, title=label) for label in template.buttons]
    for part in components:
        if part.get("type") == "body":
            continue
        index = part.get("index")
        if part.get("type") != "button" or part.get("sub_type") != "quick_reply" or not isinstance(index, str):
            raise GraphError(132012, "this template takes body parameters and quick_reply buttons with a string index")
        if not index.isdigit() or int(index) >= len(buttons):
            raise GraphError(
                132000, f"buttons: this template has {len(buttons)} buttons, index {index} is none of them"
            )
        match part.get("parameters"):
            case [{"type": "payload", "payload": str(payload)}]:
                buttons[int(index)].id = payload
            case _:
                raise GraphError(132012, f"buttons: button {index} takes one parameter of type payload")
    return buttons
