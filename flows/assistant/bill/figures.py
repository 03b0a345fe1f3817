"""Printed lines, and values in them: money, kWh, dates, months, CPF and CNPJ, installation numbers (docs/domain.md 5.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from brutils import is_valid_cnpj, is_valid_cpf

from flows.brazil import money
from flows.brazil.folding import unaccent

_MONTHS = ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez")
_REST = ["eiro", "ereiro", "co", "il", "o", "ho", "ho", "sto", "embro", "ubro", "embro", "embro"]
# Some systems print a history in English ("DEC.25"); the other months begin alike in both languages.
_ENGLISH = {"feb": 2, "apr": 4, "may": 5, "aug": 8, "sep": 9, "oct": 10, "dec": 12}
_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)} | _ENGLISH
MONTH_NAME = "(?:" + "|".join([*(f"{m}(?:{r})?" for m, r in zip(_MONTHS, _REST, strict=True)), *_ENGLISH]) + ")"
# A year of two digits needs a mark before it, or none at all: "OUT 26" in a history is October with 26 kWh.
MONTH = (
    rf"(?:\b{MONTH_NAME}(?:\s?[/.\-]\s?(?:20\d\d|\d\d)|\s+(?:de\s+)?20\d\d|(?:20)?[1-4]\d)(?![\d,]|[./]\d)"
    rf"|(?<![\d/.])(?:0?[1-9]|1[0-2])\s?/\s?20\d\d(?![\d/]))"
)
DATE = r"(?:(?<![\d/.])\d{1,2}([/.\-])\d{1,2}\1(?:20\d\d|\d\d)(?![\d/]|[.,\-]\d)|(?<!\d)20\d\d-\d\d-\d\d(?!\d))"
_MONTH, _DATE = re.compile(MONTH), re.compile(DATE)
_KWH = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+|\d{1,7})(?:,(\d{1,6}))?(?![\d.,]*\d)")
_NULLS = {
    "",
    "nao identificado",
    "nao_identificado",
    "null",
    "none",
    "n/a",
    "na",
    "-",
    "--",
    "nao informado",
    "nao consta",
}
_COVERS = "*xX•●#"
# N.NNN.NNN.NNN.NNN-NN, perhaps without its leading zeros (REN ANEEL 1.095/2024).
_NATIONAL = re.compile(r"\d{1,3}(?:\.\d{3}){1,4}-\d{2}")


@dataclass(frozen=True)
class Line:
    """One line as printed, and the same folded letter by letter, so that positions agree."""

    text: str
    plain: str


def given(text: str | None) -> str | None:
    """The text without outer blanks, or None for what a model writes when it found nothing (docs/domain.md 5.3)."""
    said = " ".join((text or "").split())
    return None if unaccent(said).strip(" .") in _NULLS else said


def amount(text: str | None) -> Decimal | None:
    """Reais of one printed value: `R$ 1.245,67`, `R$****187,20`."""
    return money.parse(re.sub(r"[*•]+", " ", text)) if text and len(text) < 60 else None


def kwh(text: str | None) -> int | None:
    """kWh as printed: `1.234 kWh` is 1234, `380,00` is 380; None without exactly one number."""
    if not text or len(text) > 60 or "-" in text:
        return None
    found = [m for m in _KWH.finditer(unaccent(text).replace("kwh", " "))]
    if len(found) != 1:
        return None
    whole, cents = found[0].groups()
    # "187,000" has three decimals; "1,186" is how a reader from abroad writes thousands.
    thousands = cents is not None and len(cents) == 3 and cents != "000" and "." not in whole and len(whole) <= 3
    return int(whole + cents) if thousands else int(whole.replace(".", ""))


def day(text: str | None) -> date | None:
    """A date: DD/MM/AAAA, DD/MM/AA, DD.MM.AAAA, DD-MM-AAAA or ISO; None when there is not exactly one."""
    if not text or len(text) > 60:
        return None
    found = [_date(m[0]) for m in _DATE.finditer(text)]
    return found[0] if len(found) == 1 else None


def month(text: str | None) -> date | None:
    """The first day of a printed month: `DEZ/2024`, `12/2024`, `Dezembro de 2024`, or of the last date in it."""
    if not text or len(text) > 60:
        return None
    plain = unaccent(text)
    if found := _MONTH.search(plain):
        return _month(found[0])
    dates = [d for d in (_date(m[0]) for m in _DATE.finditer(plain)) if d]
    return dates[-1].replace(day=1) if dates else None


def document(text: str | None) -> tuple[str | None, Literal["cpf", "cnpj", "masked", "invalid"] | None]:
    """The characters of a CPF or CNPJ and what they are. Of a masked one only the visible digits are kept."""
    said = (text or "").strip().upper()
    if not said or len(said) > 40:
        return None, None
    bare = re.sub(r"[^0-9A-Z]", "", said)
    # An X may be a letter of the CNPJ of 2026; whoever covers something covers more than one character.
    if any(c in _COVERS for c in said) and ("XX" in bare or not is_valid_cnpj(bare)):
        visible = re.sub(r"\D", "", said)
        return (visible, "masked") if visible else (None, "masked")
    if is_valid_cpf(bare):
        return bare, "cpf"
    # brutils 2.5 checks the alphanumeric CNPJ of 2026 (IN RFB 2.229/2024) with the official example.
    if is_valid_cnpj(bare):
        return bare, "cnpj"
    return (bare, "invalid") if bare and any(c.isdigit() for c in bare) else (None, None)


def installation(text: str | None) -> str | None:
    """Digits of an installation number, leading zeros kept; None unless there are 3 to 15 of them."""
    bare = re.sub(r"[.\-/\s]", "", text or "")
    return bare if bare.isascii() and bare.isdigit() and 3 <= len(bare) <= 15 and bare.strip("0") else None


def comparable_installation(text: str | None) -> str | None:
    """The number as two sources are compared: 15 digits, because paper may drop the leading zeros."""
    digits = installation(text)
    return digits.zfill(15) if digits else None


def is_national(text: str) -> bool:
    """True for the form of the national number of 2026: `0.012.345.678.039-21`, `101.059-21`."""
    return _NATIONAL.fullmatch(text.strip()) is not None


def _date(printed: str) -> date | None:
    parts = [int(p) for p in re.split(r"[/.\-]", printed)]
    year, number, of_month = parts if parts[0] > 31 else reversed(parts)
    try:
        return date(year + 2000 if year < 100 else year, number, of_month)
    except ValueError:
        return None


def _month(printed: str) -> date | None:
    year = int(re.findall(r"\d+", printed)[-1])
    number = _NUMBERS[printed[:3]] if printed[0].isalpha() else int(re.split(r"\D", printed)[0])
    return date(year + 2000 if year < 100 else year, number, 1)
