"""How each field of the form is read: a value that may be stored, or `Wrong` with a message for the lead.

Rules: docs/domain.md 3.2; customer kinds: docs/domain.md 3.1; money: docs/domain.md 5.3. A reader gets text with its spaces
collapsed, never empty, and returns the columns it found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flows.brazil import money, phones

_KINDS = {
    "natural": ("natural", "casa", "minhacasa", "residencial", "residencia", "residential", "pf", "pessoafisica"),
    "juridical": ("juridical", "empresa", "minhaempresa", "comercial", "industrial", "pj", "pessoajuridica"),
}
_KIND_OF = {spelling: kind for kind, spellings in _KINDS.items() for spelling in spellings}

# Two numbers, or a limit before one: "R$201 - R$500", "de 200 a 500", "Acima de R$500". A band is not a number.
_BAND = re.compile(
    r"\d\s*(?:reais)?\s*(?:[-–—]|\b(?:a|e|ou|até)\b)\s*(?:R\$)?\s*\d"
    r"|^\W*(?:acima|abaixo|até|entre|mais de|menos de|maior|menor|a partir)\b.*\d",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^@\s]{1,64}@((?:[^@\s.]+\.)+[^@\s.]{2,})")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PARTICLES = frozenset({"de", "da", "do", "das", "dos", "e"})
_MOST = Decimal("9999999.99")
_LONGEST_LABEL = 80
_LONGEST_NAME, _LONGEST_WORD = 80, 30
# A dot ends a word (Jr.) or stands between initials (J.R.); between longer parts it makes an address of them.
_LINK = re.compile(r"\w\w\.\w|\.\w\w|\.\.|^\.")

UFS = {
    "AC": "acre",
    "AL": "alagoas",
    "AM": "amazonas",
    "AP": "amapa",
    "BA": "bahia",
    "CE": "ceara",
    "DF": "distritofederal",
    "ES": "espiritosanto",
    "GO": "goias",
    "MA": "maranhao",
    "MG": "minasgerais",
    "MS": "matogrossodosul",
    "MT": "matogrosso",
    "PA": "para",
    "PB": "paraiba",
    "PE": "pernambuco",
    "PI": "piaui",
    "PR": "parana",
    "RJ": "riodejaneiro",
    "RN": "riograndedonorte",
    "RO": "rondonia",
    "RR": "roraima",
    "RS": "riograndedosul",
    "SC": "santacatarina",
    "SE": "sergipe",
    "SP": "saopaulo",
    "TO": "tocantins",
}
_UF_OF = {plain: uf for uf, name in UFS.items() for plain in (name, uf.lower())}


class Wrong(ValueError):
    """A field cannot be accepted; the text says to the lead what to write instead."""


def compared(text: str) -> str:
    """Reduce text to its unaccented lower-case letters and digits, for comparing: `Valor_Conta` is `valorconta`."""
    return "".join(ch for ch in unicodedata.normalize("NFKD", text).casefold() if ch.isalnum())


def amount_of_number(number: float) -> dict[str, Any]:
    """Read a bill value, in reais, that came as a JSON number (an int is one of these)."""
    return {"invoice_amount": _amount(Decimal(number))}


def _name(text: str) -> dict[str, Any]:
    if not 3 <= len(text) <= _LONGEST_NAME or max(map(len, text.split())) > _LONGEST_WORD:
        raise Wrong(f"Informe seu nome completo, com 3 a {_LONGEST_NAME} letras.")
    # Our number says it to whoever has the phone: "Olá, golpe-serena.com!" is an advertisement, and a link in WhatsApp.
    if _LINK.search(text):
        raise Wrong("Informe seu nome completo, sem endereço de internet.")
    # Combining marks belong to letters that have no single code point.
    if not all(ch.isalpha() or ch in " -'’.‐" or unicodedata.combining(ch) for ch in text):
        raise Wrong("Use apenas letras, espaços, hífen, apóstrofo e ponto no nome.")
    if not any(ch.isalpha() for ch in text):
        raise Wrong("Informe seu nome completo, com letras.")
    return {"name": text}


def _email(text: str) -> dict[str, Any]:
    match = _EMAIL.fullmatch(text) if len(text) <= 254 else None
    if match is None:
        raise Wrong("Informe um e-mail válido, por exemplo nome@exemplo.com.br, ou deixe em branco.")
    return {"email": text[: match.start(1)] + match[1].lower()}


def _phone(text: str) -> dict[str, Any]:
    try:
        return {"phone": phones.canonical(text)}
    except phones.InvalidPhone as invalid:
        raise Wrong(str(invalid)) from None


def _invoice(text: str) -> dict[str, Any]:
    if len(text) <= _LONGEST_LABEL:
        # The amount first: "200 reais e 50 centavos" has two numbers too.
        if (amount := money.parse(text)) is not None:
            return {"invoice_amount": _amount(amount)}
        if _BAND.search(text):
            return {"invoice_band": text}
    raise Wrong("Informe o valor da conta de luz em reais, por exemplo 350,00.")


def _amount(amount: Decimal) -> Decimal:
    # A small bill is accepted: the bill itself decides later (docs/domain.md 1.3), and the lead is not lost here.
    if not amount.is_finite() or not 0 < amount <= _MOST:
        raise Wrong("Informe o valor da conta de luz em reais, maior que zero.")
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _client_type(text: str) -> dict[str, Any]:
    # Unknown stays unknown and is asked; the old rule took every unknown word for a home.
    return {"client_type": _KIND_OF.get(compared(text))}


def _city(text: str) -> dict[str, Any]:
    if len(text) > 120:
        raise Wrong("O nome da cidade é longo demais.")
    if _SLUG.fullmatch(text):
        text = text.replace("-", " ")
    elif not (text.islower() or text.isupper()):
        return {"city": text}
    words = text.lower().split()
    return {"city": " ".join(w if i and w in _PARTICLES else w.capitalize() for i, w in enumerate(words))}


def _state(text: str) -> dict[str, Any]:
    uf = _UF_OF.get(compared(text))
    return {"state": uf} if uf else {"state_text": text[:_LONGEST_LABEL]}


READERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "name": _name,
    "email": _email,
    "phone": _phone,
    "invoice_amount": _invoice,
    "client_type": _client_type,
    "city": _city,
    "state": _state,
    "consent_text_version": lambda text: {"consent_text_version": text[:_LONGEST_LABEL]},
    "source": lambda text: {"source": text[:_LONGEST_LABEL]},
}
"""A reader for each field of text; consent and the hidden field are read by the form itself."""
