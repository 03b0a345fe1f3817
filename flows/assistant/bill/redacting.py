"""A bill's text with everything personal replaced by something invented of the same form, so that it reads as before.

Amounts, dates, kWh, labels and the company stay. Codes keep what they prove and get new check digits; the same name or number
is replaced alike wherever it stands.
"""

from __future__ import annotations

import random
import re

from flows.assistant.bill import parties, utilities
from flows.assistant.bill.fields import read_text
from flows.assistant.bill.figures import document, is_national
from flows.assistant.bill.model import BillFields
from flows.assistant.bill.paycodes import renewed
from flows.assistant.bill.stream import Label, Line, Stream, Value, lines_of
from flows.brazil.folding import fold
from flows.domain import STATE_CODES

_GIVEN = ("MARINA", "TEREZA", "OSVALDO", "LUCIA", "HEITOR", "NAIR", "SILVIO", "IVONE", "MOACIR", "ELZA")
_FAMILY = (
    "ALVES",
    "BARROS",
    "CUNHA",
    "DUARTE",
    "FARIAS",
    "GOMES",
    "LEITE",
    "MOURA",
    "NEVES",
    "PRADO",
    "ROCHA",
    "TELES",
)
_PARTICLES = frozenset(
    ["de", "da", "do", "das", "dos", "e", "me", "ltda", "epp", "eireli", "mei", "sa", "s", "a", "cia"]
)
_STREETS = ("DAS FLORES", "DO SOL", "DA PAZ", "DAS ACACIAS", "BOA VISTA")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\(\d{2}\)\s?\d{4,5}[ -]?\d{4}\b|(?<!\d)9\d{4}-\d{4}(?!\d)")
_LONG = re.compile(r"(?<![\d.,/\-])\d{6,15}(?![\d]|[.,/]\d)")
# Not a meter's reading, which its consumption depends on.
_IDENTIFIES = re.compile(r"\d{1,3}/\d{5,9}(?:-\d)?|\d{5,15}(?:-\d)?")
_CEP = re.compile(r"(?<!\d)(\d{2})\d{3}-\d{3}(?![\d-])|(?<=CEP )(\d{2})\d{6}(?!\d)|(?<=CEP: )(\d{2})\d{6}(?!\d)")
# The first digits show what kind of number it is (companies/*.toml).
_KEPT = 2
# What follows a street on its line and stays: the city with its UF, the CEP.
_BEHIND = re.compile(
    rf"[\s,-]+(?:[^\W\d_](?:[^\W\d_]|[' ])*[ /-]+(?:{'|'.join(sorted(set(STATE_CODES.values())))})\b(?: .*)?"
    r"|(?:CEP|Cep)\b.*|\d{5}-?\d{3}\b.*)$"
)
_QUARTER = re.compile(r"[A-ZÀ-Ü][A-ZÀ-Ü .'/-]{3,40}")


def redacted(text: str, chance: random.Random | None = None) -> str:
    """The lines of a bill without its persons, numbers and addresses. Raises `ValueError` for what is no bill."""
    chance = chance or random.Random()
    found = read_text(text)
    if not isinstance(found, BillFields):
        raise ValueError("only the text of an electricity bill can be redacted")
    codes: list[str] = []

    def put_away(code: str) -> str:
        codes.append(code)
        return f"⟦{len(codes) - 1}⟧"

    text = renewed("\n".join(line.text for line in lines_of(text)), lambda size: _digits(size, chance), put_away)
    lines = lines_of(text)
    for old, new in _numbers(lines, chance).items():
        text = re.sub(rf"(?<!\d){re.escape(old)}(?!\d)", new, text)
    text = _EMAIL.sub("pessoa@example.com", _PHONE.sub("(81) 90000-0000", text))
    text = _unaddressed(text, found, chance)
    text = _unnamed(text, found, chance)
    return re.sub(r"⟦(\d+)⟧", lambda m: codes[int(m[1])], text)


def _numbers(lines: tuple[Line, ...], chance: random.Random) -> dict[str, str]:
    """Each personal number as printed, and what stands there instead."""
    made: dict[str, str] = {}
    for line in lines:
        for hit in parties.documents(line.text):
            bare, kind = document(hit)
            if not (kind == "cnpj" and utilities.by_cnpj(bare)):
                made.setdefault(hit, _document(hit, kind, chance))
    near: Label | None = None
    for token in Stream(lines).tokens:
        if isinstance(token, Label):
            near = token if token.type == "id" else None
        elif isinstance(token, Value) and near and token.line - near.line <= 4 and _identifies(token):
            made.setdefault(token.text, _number(token.text, chance))
    for hit in _LONG.findall("\n".join(line.text for line in lines)):
        made.setdefault(hit, _number(hit, chance))
    return made


def _identifies(value: Value) -> bool:
    return value.type == "id" and bool(_IDENTIFIES.fullmatch(value.text) or is_national(value.text))


def _document(printed: str, kind: str | None, chance: random.Random) -> str:
    """Another document with the same marks; a whole one has check digits that are right."""
    if kind == "cpf" or (kind == "invalid" and sum(map(str.isdigit, printed)) == 11):
        new = _cpf(chance)
    elif kind == "cnpj":
        new = _cnpj(chance)
    else:
        new = _digits(14, chance)
    shown, covers = iter(new), "xX" if kind == "masked" else ""
    return "".join(next(shown) if c.isalnum() and c not in covers else c for c in printed)


def _number(printed: str, chance: random.Random) -> str:
    kept = len(re.sub(r"\D", "", printed)) - 5 if is_national(printed) else 0
    made, at = "", 0
    for char in printed:
        if char.isdigit():
            fixed = at >= kept if kept else at < _KEPT
            made += char if fixed else _digits(1, chance)
            at += 1
        else:
            made += char
    return made


def _unnamed(text: str, found: BillFields, chance: random.Random) -> str:
    """The text with every word of the holder's name replaced, but for lines with a city: it may be called like a person."""
    words = [w for w in re.findall(r"[^\W\d_]{2,}", found.holder_name or "") if w.lower() not in _PARTICLES]
    names = dict(zip(map(fold, words), [chance.choice(_GIVEN), *chance.sample(_FAMILY, len(_FAMILY))], strict=False))
    return "\n".join(
        line if parties.is_place(line) else re.sub(r"[^\W\d_]{2,}", lambda m: _like(m[0], names.get(fold(m[0]))), line)
        for line in text.splitlines()
    )


def _unaddressed(text: str, found: BillFields, chance: random.Random) -> str:
    """The text with streets, quarters and CEPs replaced; the city stays, for it says which company's bill it is."""
    lines = lines_of(text)
    made, inside = [], 0
    for number, line in enumerate(lines):
        shown = line.text
        below_name = (
            number > 0 and found.holder_name is not None and lines[number - 1].text.startswith(found.holder_name)
        )
        street = not parties.is_of_company(lines, number) and parties.is_street(line.plain, bare=below_name)
        inside = 3 if street else inside - 1
        if street:
            head = re.match(r"(?:endere[cç]o[^:]*: ?)?", shown, re.IGNORECASE)
            start = head.end() if head else 0
            kind = shown[start:].split()[0]
            tail = _BEHIND.search(shown)
            first = f"{kind} " if parties.is_street(f"{fold(kind)} x") else ""
            shown = (
                f"{shown[:start]}{first}{chance.choice(_STREETS)} {chance.randrange(10, 999)}{tail[0] if tail else ''}"
            )
        elif inside > 0 and _QUARTER.fullmatch(shown) and not parties.is_place(shown) and not Stream((line,)).tokens:
            shown = "CENTRO"
        if not parties.is_of_company(lines, number, cnpj=False):
            shown = _CEP.sub(
                lambda m: f"{next(filter(None, m.groups()))}{_digits(3, chance)}-{_digits(3, chance)}", shown
            )
        made.append(shown)
    return "\n".join(made)


def _like(old: str, new: str | None) -> str:
    """The new word in the old one's letters; the old one itself where there is no new one."""
    return old if new is None else new if old.isupper() else new.title() if old[:1].isupper() else new.lower()


def _digits(size: int, chance: random.Random) -> str:
    return "".join(chance.choice("123456789") for _ in range(size))


def _cpf(chance: random.Random) -> str:
    body = _digits(9, chance)
    for length in (10, 11):
        rest = sum(int(digit) * (length - at) for at, digit in enumerate(body)) % 11
        body += "0" if rest < 2 else str(11 - rest)
    return body


def _cnpj(chance: random.Random) -> str:
    body = _digits(8, chance) + "0001"
    for _ in range(2):
        rest = sum(int(digit) * (2 + at % 8) for at, digit in enumerate(reversed(body))) % 11
        body += "0" if rest < 2 else str(11 - rest)
    return body
