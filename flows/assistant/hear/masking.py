"""What no model may see of what a lead types: passwords, documents, cards, phones, house addresses. The rest stays."""

from __future__ import annotations

import re

_DIGITS = r"\d(?:[\s.\-/]?\d)"
# A bare "senha" is a word; what follows it is one when it looks like a password or is introduced as one.
_PASSWORD = re.compile(
    r"(?P<label>\b(?:senha|password|contraseña|contrasena|c[oó]digo de acesso|token|pin)\b(?:\s+(?:do|da|de|no|na|para|pra|pro|meu|minha|site|app|aplicativo|celpe|conta|e-?mail|gmail|gov|banco|wi-?fi|cart[aã]o|portal|pdf|arquivo|enel|cemig|coelba|[a-z]{3,12})){0,5}?"
    r"\s*(?:[eé]|eh|:|=|seria|is|es|fica|ta|tá)\s*:?\s*)(?P<value>(?!(?:os|as|o|a|cpf|que|pra|para|meu|minha|essa|esse|segura|fraca|forte|aquela|igual|errada|certa|secreta|de|do|da|n[aã]o|preciso|necess[aá]ria|obrigat[oó]ria|pedida|muito|s[oó])\b)[^\s,;]{3,40})"
    r"|(?P<bare>\b(?:senha|password|login)\s+)(?P<short>(?=[^\s]*\d)[^\s,;]{4,40})",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?P<label>\b(?:login|usu[aá]rio|user)\b(?:\s+\w+){0,2}?\s*(?:\b(?:[eé]|eh)\b|[:=])\s*)(?P<value>[^\s,;]{3,60})",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CNPJ = re.compile(r"(?<!\d)[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/[0-9A-Z]{4}-?\d{2}(?!\d)", re.IGNORECASE)
_LABELLED_CNPJ = re.compile(r"\bcnpj\b\W{0,3}(?:[eé]\s*)?:?\s*\d(?:[\s.\-/]?\d){13}(?!\d)", re.IGNORECASE)
_CEP = re.compile(r"(?:\bcep\b\W{0,12}\d{2}\.?\d{3}[-\s]?\d{3}|(?<![\d-])\d{5}-\d{3}(?![\d-]))", re.IGNORECASE)
_CPF = re.compile(r"(?<![\d.])\d{3}[.\s]?\d{3}[.\s]?\d{3}[-.\s/]?\d{2}(?!\d)")
_LABELLED = re.compile(
    r"(?P<label>\b(?:cpf|c\.p\.f\.?|rg|r\.g\.?|identidade|cnh|habilita[cç][aã]o|pis|nis|t[ií]tulo(?: de eleitor)?|passaporte|documento|cart[aã]o do sus|carteira de (?:identidade|trabalho|motorista))\b(?:[\s:.,?#nº°=-]|\b(?:[eé]|eh|n[uú]mero|do|da|meu|minha|titular|dela|dele)\b){0,12})(?P<value>[0-9xX](?:[\s.\-/]?[0-9xX]){3,})",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<!\d)(?:\d{4}[\s.-]?){3}\d{3,4}(?!\d)")
_CVV = re.compile(
    r"(?P<label>\b(?:cvv|cvc|c[oó]digo de seguran[cç]a|validade)\b\W{0,3}(?:[eé]\s*)?:?\s*)(?P<value>\d{2,4}(?:/\d{2,4})?)",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\d.,])(?:\+?55[\s-]?)?\(?\d{2}\)?[\s-]{0,2}(?:9[\s-]?)?\d{4}[\s.-]?\d{4}(?![\d])|(?<![\d.,/])9\d{4}[\s-]?\d{4}(?![\d])|(?<![\d.,/-])[2-5]\d{3}-\d{4}(?![\d])"
)
_LONG = re.compile(r"(?<![\d.,])\d(?:[\s.\-]?\d){8,}(?![\d,])")
_BIRTH = re.compile(
    r"(?P<label>\b(?:nascid[oa]|nasci(?:mento)?|data de nasc\w*|anivers[aá]rio)\b(?:\s+(?:em|dia|[eé]|de))*\W{0,3})(?P<value>\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4})",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b(?P<street>(?:rua|r\.|avenida|av\.?|travessa|trav\.?|alameda|al\.|pra[cç]a|rodovia|estrada|beco|viela|quadra|qd\.?|conjunto|conj\.?|ladeira|servid[aã]o|largo)\s+(?:(?!\d|(?:uns|umas|deu|d[aá]|vem|veio|vai|pago|valor|conta|tamb[eé]m|ess[ae]|tem|tenho|fica|s[aã]o|custa|chega|quase|mais)\b)[^\s,;.!?]+[\s,]+){0,7}?(?:n[uúº°.]*(?:mero)?\s*)?\d{1,5}(?!\d|\s*(?:reais|%|mil\b|por cento|anos|meses|contas))[a-z]?(?:[\s,]*(?:apto?\.?|apartamento|casa|bloco|bl\.?|fundos|lote|lt\.?|complemento|cs)\s*[\w-]{1,6})*)",
    re.IGNORECASE,
)
_SECRET_WORDS = re.compile(
    r"\b(?:senha|password)\b.{0,40}\b(?:[eé]|eh|s[aã]o)\b.{0,20}\b(?:os?|as)\b.{0,20}\b(?:primeiros?|[uú]ltimos?|d[ií]gitos)\b",
    re.IGNORECASE,
)


def masked(text: str) -> tuple[str, bool]:
    """Return a text without what must stay private, and whether there was something of the kind.

    A CNPJ is public, a CEP says no house, and amounts, places and names are what a consultant needs: they stay.
    Phone numbers are masked for the model, and are no secret that the lead should be warned of.
    """
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x00{len(kept) - 1}\x01"

    hidden = False

    def hide(pattern: re.Pattern[str], mark: str, said: str, *, secret: bool = True) -> str:
        nonlocal hidden

        def put(match: re.Match[str]) -> str:
            groups = match.groupdict()
            return (groups.get("label") or groups.get("bare") or "") + mark

        changed = pattern.sub(put, said)
        hidden = hidden or (secret and changed != said)
        return changed

    said = _CNPJ.sub(keep, text)
    said = _LABELLED_CNPJ.sub(keep, said)
    said = _CEP.sub(keep, said)
    said = hide(_PASSWORD, "[senha]", said)
    said = hide(_LOGIN, "[login]", said)
    said = hide(_MAIL, "[e-mail]", said, secret=False)
    said = hide(_BIRTH, "[data]", said, secret=False)
    said = hide(_STREET, "[endereço]", said)
    said = hide(_LABELLED, "[documento]", said)
    said = hide(_CARD, "[cartão]", said)
    said = hide(_CVV, "[cartão]", said)
    said = _phones_and_cpfs(said)
    hidden = hidden or "[documento]" in said
    said = hide(_LONG, "[número]", said, secret=False)
    return re.sub("\x00(\\d+)\x01", lambda m: kept[int(m[1])], said), hidden


def _phones_and_cpfs(text: str) -> str:
    """Eleven digits are a CPF when its check digits say so or it is written like one, else a phone."""

    def put(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0])
        written_as_cpf = bool(re.fullmatch(r"\d{3}\.\d{3}\.\d{3}[-.\s/]?\d{2}", match[0].strip()))
        return "[documento]" if written_as_cpf or _is_cpf(digits) else match[0]

    return _PHONE.sub("[telefone]", _CPF.sub(put, text))


def _is_cpf(digits: str) -> bool:
    if len(digits) != 11 or len(set(digits)) == 1:
        return False
    for length in (9, 10):
        total = sum(int(digit) * weight for digit, weight in zip(digits, range(length + 1, 1, -1), strict=False))
        if int(digits[length]) != total * 10 % 11 % 10:
            return False
    return True


def without_secrets(text: str) -> str:
    """Return a text as a consultant may read it: what is secret masked, the number to call and the address to write to left."""
    said = masked(text)[0]
    for mark, pattern in (("[telefone]", _PHONE), ("[e-mail]", _MAIL)):
        for kept in [m[0] for m in pattern.finditer(text) if mark in masked(m[0])[0]]:
            said = said.replace(mark, kept, 1)
    return said


def phone_in(text: str) -> bool:
    """Tell whether a text holds a phone number."""
    return "[telefone]" in masked(text)[0]


def mail_in(text: str) -> bool:
    """Tell whether a text holds an e-mail address."""
    return bool(_MAIL.search(text))


def tells_secret(text: str) -> bool:
    """Tell whether a text gives, or describes, something that should not be typed here."""
    return masked(text)[1] or bool(_SECRET_WORDS.search(text))
