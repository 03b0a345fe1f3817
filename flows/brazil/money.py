"""Brazilian money: reading what a person types for the value of a bill, and writing it (docs/domain.md 5.3)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")
# Longer runs of bare digits are phones, documents and installation numbers, never the value of a bill.
_TOO_MANY_DIGITS = 8

# Never begun inside another number: that would be wrong, and slow on a pasted page of digits.
_NUMBER = r"(?<![0-9.,])[0-9](?:[0-9.,]*[0-9])?"
_NEGATIVE = re.compile(rf"(?:^|[\s$(])[-−–]\s*(?:r\$\s*)?{_NUMBER}|\bmenos\s+(?:r\$\s*)?[0-9]")
# A limit or a band is not a number: "Acima de R$500" and "R$201 - R$500" stay text (docs/domain.md 1.3, 5.3).
_LIMIT = re.compile(r"\b(?:acima|abaixo|mais|menos|maior|menor|at[eé]|entre|inferior|superior)\b[^0-9]*[0-9]")
_BAND = re.compile(
    rf"{_NUMBER}(?:\s*(?:reais|mil))?\s*(?:[-–—/~]|\ba\b|\be\b|\bou\b|\bat[eé]\b)\s*(?:uns\s+)?(?:r\$\s*)?[0-9]"
)
_THOUSANDS_AND = re.compile(rf"({_NUMBER})\s*mil\s*(?:e\s*)?([1-9][0-9]{{0,2}})(?![0-9.,%])(?:\s*reais)?")
_REAIS_AND_CENTS = re.compile(rf"({_NUMBER})\s*(?:reais|real)\s*(?:e|com)\s*([0-9]{{1,2}})(?:\s*centavos)?\b")
_AMOUNT = re.compile(
    rf"(?P<currency>r\$\s*)?(?<![\w.,/%-])(?P<number>{_NUMBER})(?P<thousand>\s*mil\b(?!h)|k\b)?"
    r"(?P<reais>\s*(?:reais|real|conto|pila)\w*)?"
)
_OTHER_UNIT = re.compile(
    r"\s*(?:%|por cento|kwh|kw|w\b|anos?|m[eê]s\b|meses|dias?|horas?|pessoas?|milh|contas?\b|/\s*[0-9])"
)
_SPACED = re.compile(r"(?<=[0-9])[ \u00a0\u202f](?=[0-9]{3},[0-9]{2}\b)")


def parse(text: str | int | float | Decimal | None) -> Decimal | None:
    """The amount in reais, to the cent, or None when the text holds no single clear, non-negative amount.

    `R$ 1.245,67`, `1,245.67`, `uns 300`, `R$ 280 por mês`, `1,5 mil` are amounts; `quase mil`, bands, limits,
    negatives, percentages and kWh are not.
    """
    if text is None or isinstance(text, bool):
        return None
    if not isinstance(text, str):
        amount = Decimal(str(text))
        return _cents(amount) if amount.is_finite() and 0 <= amount < 10**15 else None
    said = _SPACED.sub("", text.lower())
    if _NEGATIVE.search(said) or _LIMIT.search(said):
        return None
    for pattern, unit in ((_THOUSANDS_AND, 1000), (_REAIS_AND_CENTS, 1)):
        if pair := pattern.search(said):
            whole, rest = _number(pair[1]), Decimal(pair[2])
            return None if whole is None else _cents(whole * unit + (rest if unit > 1 else rest / 100))
    if _BAND.search(said):
        return None
    found = [m for m in _AMOUNT.finditer(said) if m["currency"] or m["reais"] or not _OTHER_UNIT.match(said, m.end())]
    marked = [m for m in found if m["currency"] or m["reais"]]
    candidates = marked or found
    if len(candidates) != 1:
        return None
    only = candidates[0]
    number = _number(only["number"])
    return None if number is None else _cents(number * 1000 if only["thousand"] else number)


def brl(amount: Decimal) -> str:
    """`Decimal("1245.67")` → `R$ 1.245,67`."""
    grouped = f"{amount.quantize(_CENT, ROUND_HALF_UP):,.2f}"
    return "R$ " + grouped.translate(str.maketrans(",.", ".,"))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _number(digits: str) -> Decimal | None:
    """Decide which of `.` and `,` is the decimal mark; None when the grouping makes no sense."""
    if digits.isdigit():
        return Decimal(digits) if len(digits) < _TOO_MANY_DIGITS else None
    mark = max(".,", key=digits.rfind)
    whole, _, tail = digits.rpartition(mark)
    if {".", ","} <= set(digits):
        grouping = "," if mark == "." else "."
        return _joined(whole, grouping, tail) if mark not in whole and len(tail) <= 2 else None
    if len(tail) <= 2:
        # "1.245.67" (a scanner's comma read as a dot) is still 1245,67: every group before the last has three.
        return _joined(whole, mark, tail)
    return _joined(digits, mark, "0")


def _joined(whole: str, grouping: str, tail: str) -> Decimal | None:
    first, *groups = whole.split(grouping)
    if not first.isdigit() or any(len(g) != 3 or not g.isdigit() for g in groups):
        return None
    if groups and (len(first) > 3 or first.startswith("0")):
        return None
    joined = first + "".join(groups)
    return Decimal(f"{joined}.{tail}") if len(joined) < 13 else None
