"""The form a lead fills, read in every spelling it ever had, with one clear message for each field that is wrong.

Spellings and rules: docs/domain.md 3.1 and 3.2. The messages are read by the lead, so they are Portuguese.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from webhook.form.fields import READERS, Wrong, amount_of_number, compared
from webhook.storable import cleaned_text


@dataclass(frozen=True)
class FormField:
    """What may be sent as a field, for whoever keeps a page: `about` in their words, `also` other spellings that are read."""

    about: str
    example: Any
    also: tuple[str, ...] = ()
    required: bool = False
    types: tuple[str, ...] = ("string", "null")


# Compared by `plain`: one spelling stands for `valor_conta_luz`, `valorContaLuz` and the sheet's `Valor Conta Luz`.
FIELDS: dict[str, FormField] = {
    "name": FormField(
        "Nome completo, de 3 a 80 letras.", "Marina Alves", ("nomeCompleto", "nome", "lead_name"), required=True
    ),
    "phone": FormField(
        "WhatsApp com DDD, escrito de qualquer jeito.",
        "(81) 98877-6655",
        ("whatsapp", "lead_phone", "phone_number"),
        required=True,
    ),
    "consent": FormField(
        "Autorização da pessoa para o contato (LGPD): true, ou a caixa marcada de um formulário HTML (on, 1, sim).",
        True,
        ("consentimentoLGPD",),
        required=True,
        types=("boolean", "string"),
    ),
    "consent_text_version": FormField(
        "Qual texto de autorização a pessoa leu; fica guardado com a data.",
        "pagina-1",
        ("consentVersion", "versaoConsentimento"),
    ),
    "city": FormField("Cidade da conta de luz.", "Recife", ("cidade",)),
    "state": FormField("Estado: a sigla ou o nome.", "PE", ("estado",)),
    "invoice_amount": FormField(
        "Valor da conta de luz em reais: texto, número, ou uma faixa como “R$ 201 - R$ 500”.",
        "412,37",
        ("valorContaLuz", "valorConta", "account_value", "faixaConta"),
        types=("string", "number", "null"),
    ),
    "client_type": FormField("casa (ou PF) ou empresa (ou PJ).", "casa", ("tipoCliente",)),
    "email": FormField("E-mail; a Serena não pede.", "marina@example.com", ("lead_email",)),
    "source": FormField("De onde a pessoa veio, até 80 caracteres.", "campanha-novembro", ("utm_source", "origem")),
    "website": FormField("Armadilha para robôs: um campo que as pessoas não veem. Deixe vazio.", ""),
    # Sent by old pages and used for nothing: the clock of a browser is not evidence.
    "timestamp": FormField("Ignorado.", "", ("data_hora",)),
}
_FIELD_OF = {compared(spelling): name for name, field in FIELDS.items() for spelling in (name, *field.also)}

_REQUIRED = {
    "name": "Informe seu nome completo.",
    "phone": "Informe seu WhatsApp com DDD.",
}
_YES = frozenset({"true", "on", "1", "sim"})
# A sender chooses the keys, so what is kept of unknown ones is bounded.
_MOST_EXTRA, _LONGEST_EXTRA = 20, 40


class Honeypot(Exception):
    """The field that people do not see was filled: a program sent this form."""


class FormRejected(ValueError):
    """The form cannot be accepted. `errors` maps our field names to messages for the lead, all of them at once."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(f"form rejected: {', '.join(sorted(errors))}")
        self.errors = errors


class LeadForm(BaseModel):
    """An accepted form. `phone` is E.164, `invoice_amount` in reais, `extra` only the names of unknown keys."""

    model_config = ConfigDict(frozen=True)

    name: str
    phone: str
    email: str | None = None
    city: str | None = None
    state: str | None = None
    state_text: str | None = None
    """What was written as the state when it is none of the 27; the conversation asks again."""
    client_type: Literal["natural", "juridical"] | None = None
    invoice_amount: Decimal | None = None
    invoice_band: str | None = None
    consent: bool
    consent_text_version: str | None = None
    source: str | None = None
    extra: list[str] = []


def parse_form(data: Mapping[str, Any], *, consent_required: bool = True) -> LeadForm:
    """Read a submitted form, JSON or HTML, into a LeadForm.

    Raises Honeypot when the hidden field `website` is filled, and FormRejected with every message at once. An optional
    field that is missing is None, never a placeholder. With `consent_required=False` consent is read, not demanded.
    """
    given, extra = _by_field(data)
    if given.get("website"):
        raise Honeypot("the hidden field is filled")
    read: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in READERS:
        try:
            read |= _read(field, given.get(field))
        except Wrong as wrong:
            errors[field] = str(wrong)
    consent = _is_yes(given.get("consent"))
    if consent_required and not consent:
        errors["consent"] = "Para continuar, autorize o contato da Serena pelo WhatsApp."
    if errors:
        raise FormRejected(errors)
    return LeadForm(**read, consent=consent, extra=extra)


def _by_field(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Sort the values by our field names, the first that is not empty winning, and list the names of unknown keys."""
    given: dict[str, Any] = {}
    extra: list[str] = []
    for key, value in data.items():
        field = _FIELD_OF.get(compared(str(key)))
        if field is None:
            extra.append(cleaned_text(str(key))[:_LONGEST_EXTRA])
        elif _is_absent(given.get(field)):
            given[field] = value
    return given, extra[:_MOST_EXTRA]


def _read(field: str, value: Any) -> dict[str, Any]:
    if field == "invoice_amount" and isinstance(value, int | float) and not isinstance(value, bool):
        return amount_of_number(value)
    if value is not None and not isinstance(value, str):
        raise Wrong("Valor em formato inesperado: escreva um texto.")
    text = unicodedata.normalize("NFC", cleaned_text(value or ""))
    # Pasted text brings invisible characters along, and nobody would understand why the name is refused.
    text = " ".join("".join(ch for ch in text if ch.isprintable() or ch.isspace()).split())
    if text:
        return READERS[field](text)
    if field in _REQUIRED:
        raise Wrong(_REQUIRED[field])
    return {}


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_yes(value: Any) -> bool:
    """Only a clear yes is consent: JSON's true, or what a plain HTML form sends for a ticked box."""
    return value is True or (isinstance(value, str) and value.strip().lower() in _YES)
