"""Finds every percentage in a Portuguese text: figures, number words, ranges, and a bare "desconto de 95"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

_UNITS = "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete"
_WORDS = {word: value for value, word in enumerate(f"{_UNITS} dezoito dezenove".split())}
_WORDS |= {"uma": 1, "duas": 2, "catorze": 14, "cem": 100, "cento": 100}
_WORDS |= {"vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50}
_WORDS |= {"sessenta": 60, "setenta": 70, "oitenta": 80, "noventa": 90}

_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_SPOKEN = rf"(?:(?:{_WORD}|meio|virgula|e)\s+)*?(?:{_WORD}|meio)"
_FIGURE = r"\d+(?:[.,]\d+)?"
_NUMBER = rf"(?:{_FIGURE}|\b{_SPOKEN})"
_SIGN = r"(?:[%％٪﹪]|por\s*cento\b|porcento\b|pontos?\s+percentua(?:l|is)\b|p\.p\.)"
_JOIN = r"(?:a|ate|ou|e|-|–|—|/)"
_WITH_SIGN = re.compile(rf"(?P<low>{_NUMBER})\s*{_JOIN}\s*(?P<high>{_NUMBER})\s*{_SIGN}|(?P<one>{_NUMBER})\s*{_SIGN}")
# "desconto de 95" promises as much as "desconto de 95%"; a number of months or reais after it does not.
_BARE = re.compile(
    rf"\bdescontos?\s+(?:(?:de|ate|total|maximo|medio)\s+)*(?P<one>{_FIGURE})"
    rf"(?!\d|[.,]\d|\s*{_SIGN}|\s*(?:mes|ano|dia|reais|plano))"
)


def percentages(folded: str) -> Iterator[Decimal]:
    """Yield each percentage of a folded text (lower case, no accents), in percent points and in order of kind."""
    for match in _WITH_SIGN.finditer(folded):
        # Number words joined by "e" are one number ("vinte e um por cento"), figures joined by it are two.
        if match["one"] is None and not _digits(match["low"]) and not _digits(match["high"]):
            joined = re.sub(rf"\s*{_SIGN}$", "", match[0])
            if re.fullmatch(_SPOKEN, joined):
                yield _value(joined)
                continue
        yield from (_value(match[part]) for part in ("low", "high", "one") if match[part])
    yield from (_value(match["one"]) for match in _BARE.finditer(folded))


def _digits(number: str) -> bool:
    return number[0].isdigit()


def _value(number: str) -> Decimal:
    if _digits(number):
        return Decimal(number.replace(",", "."))
    whole, _, part = number.partition("virgula")
    total = Decimal(sum(_WORDS.get(word, 0) for word in whole.split()))
    if part:
        return Decimal(f"{total}.{''.join(str(_WORDS.get(word, 0)) for word in part.split())}")
    return total + (Decimal("0.5") if "meio" in whole.split() else 0)
