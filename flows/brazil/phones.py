"""Phone numbers: one canonical E.164 form, whatever a form or WhatsApp sent (docs/domain.md 7)."""

from __future__ import annotations

import re

import phonenumbers

_UF_BY_DDD = {
    **dict.fromkeys(range(11, 20), "SP"),
    **dict.fromkeys((21, 22, 24), "RJ"),
    **dict.fromkeys((27, 28), "ES"),
    **dict.fromkeys((31, 32, 33, 34, 35, 37, 38), "MG"),
    **dict.fromkeys(range(41, 47), "PR"),
    **dict.fromkeys((47, 48, 49), "SC"),
    **dict.fromkeys((51, 53, 54, 55), "RS"),
    **dict.fromkeys((62, 64), "GO"),
    **dict.fromkeys((65, 66), "MT"),
    **dict.fromkeys((71, 73, 74, 75, 77), "BA"),
    **dict.fromkeys((81, 87), "PE"),
    **dict.fromkeys((85, 88), "CE"),
    **dict.fromkeys((86, 89), "PI"),
    **dict.fromkeys((91, 93, 94), "PA"),
    **dict.fromkeys((92, 97), "AM"),
    **dict.fromkeys((98, 99), "MA"),
    **{61: "DF", 63: "TO", 67: "MS", 68: "AC", 69: "RO", 79: "SE", 82: "AL", 83: "PB", 84: "RN", 95: "RR", 96: "AP"},
}
_ALLOWED = re.compile(r"[\d\s().\-/+]+")
# Copying from a contact card brings invisible marks along; they are not the person's mistake.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NO_SUCH_DDD = "Esse DDD não existe. Confira os dois primeiros números do telefone."
_PARTS = re.compile(r"\+55(\d{2})(\d{8,9})")


class InvalidPhone(ValueError):
    """The number cannot be used. The message is for the person filling the form and never repeats the number."""


def canonical(raw: str, *, country_hint: str = "BR") -> str:
    """E.164 of what a person typed: `(81) 99988-7766` → `+5581999887766`.

    Brazilian rules go by length, never by prefix, because 55 is also the DDD of Santa Maria/RS (docs/domain.md 7.1).
    A number with another country's code is refused, unless `country_hint` names that country. Raises InvalidPhone.
    """
    text = _INVISIBLE.sub("", raw).strip()
    if not text:
        raise InvalidPhone("Informe o seu número de WhatsApp com DDD.")
    if not _ALLOWED.fullmatch(text) or "+" in text[1:]:
        raise InvalidPhone("O telefone deve ter apenas números. Exemplo: (81) 99999-0000.")
    digits = re.sub(r"\D", "", text)
    if country_hint == "BR" and digits.startswith("00") and len(digits) in (10, 11):
        # "(00) 98877-6655" has the length of a number with its DDD: nobody means an international prefix there.
        raise InvalidPhone(_NO_SUCH_DDD)
    international = text.startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00") if digits.startswith("00") else digits
    if country_hint != "BR":
        return _foreign(digits, international, country_hint)
    if international:
        if not digits.startswith("55"):
            raise InvalidPhone("Por enquanto só atendemos números do Brasil. Informe um número com DDD.")
        digits = digits[2:]
    elif len(digits) in (12, 13) and digits.startswith("55"):
        digits = digits[2:]
    return "+55" + _national(digits)


def from_whatsapp(digits: str) -> str:
    """E.164 of a `wa_id` or `from`; a Brazilian mobile from before the ninth digit gets it (docs/domain.md 7.2).

    Never raises: Meta's word is taken for numbers we would refuse on a form, so they come back as `+digits`.
    """
    only = re.sub(r"\D", "", digits)
    if only.startswith("55") and len(only) in (12, 13):
        try:
            return "+55" + _national(only[2:])
        except InvalidPhone:
            return "+" + only
    return "+" + only


def state_of_number(phone: str) -> str | None:
    """UF of the DDD, as a hint only: people move and keep their number. None when the number is not Brazilian."""
    parts = _PARTS.fullmatch(phone)
    return _UF_BY_DDD.get(int(parts[1])) if parts else None


def is_landline(phone: str) -> bool:
    """True for a canonical Brazilian number with eight local digits; WhatsApp Business allows those."""
    parts = _PARTS.fullmatch(phone)
    return parts is not None and len(parts[2]) == 8 and parts[2][0] in "2345"


def national_digits(phone: str) -> str:
    """Digits without `+55`, as the partnership API wants `mobilePhone` (docs/domain.md 4.4); foreign ones in full."""
    return phone.removeprefix("+55") if _PARTS.fullmatch(phone) else phone.removeprefix("+")


def _national(digits: str) -> str:
    """DDD and local number, ninth digit included, of Brazilian digits without the country code."""
    if digits.startswith("0"):
        digits = digits[1:]
        # Trunk 0 and a two-digit carrier (`0 41 81 99988-7766`): only when what remains has the right length.
        if len(digits) in (12, 13) and not _plausible(digits):
            digits = digits[2:]
    if len(digits) in (8, 9):
        raise InvalidPhone("Faltou o DDD. Informe o número completo, por exemplo (81) 99999-0000.")
    if len(digits) not in (10, 11):
        raise InvalidPhone("O telefone deve ter DDD e 8 ou 9 dígitos. Exemplo: (81) 99999-0000.")
    ddd, local = digits[:2], digits[2:]
    if int(ddd) not in _UF_BY_DDD:
        raise InvalidPhone(_NO_SUCH_DDD)
    if len(set(local)) == 1:
        raise InvalidPhone("Esse telefone não parece válido. Confira o número, por favor.")
    if len(local) == 9 and local[0] != "9":
        raise InvalidPhone("Celular tem 9 dígitos e começa com 9. Confira o número, por favor.")
    if len(local) == 8 and local[0] in "6789":
        local = "9" + local
    if len(local) == 8 and local[0] not in "2345":
        raise InvalidPhone("Esse telefone não parece válido. Confira o número, por favor.")
    return ddd + local


def _plausible(digits: str) -> bool:
    return len(digits) in (10, 11) and int(digits[:2]) in _UF_BY_DDD


def _foreign(digits: str, international: bool, country: str) -> str:
    try:
        number = phonenumbers.parse(("+" if international else "") + digits, country)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhone("Não reconheci esse telefone. Informe com o código do país.") from error
    if not phonenumbers.is_valid_number_for_region(number, country):
        raise InvalidPhone("Não reconheci esse telefone. Informe com o código do país.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
