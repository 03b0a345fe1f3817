"""The numbers in a text, in figures and in words, as Brazilians write and say them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_UNITS = (
    "um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete "
    "dezoito dezenove"
)
_VALUES = {word: value for value, word in enumerate(_UNITS.split(), start=1)} | {
    "uma": 1,
    "duas": 2,
    "catorze": 14,
    "vinte": 20,
    "trinta": 30,
    "quarenta": 40,
    "cinquenta": 50,
    "sessenta": 60,
    "setenta": 70,
    "oitenta": 80,
    "noventa": 90,
    "cem": 100,
    "cento": 100,
    "duzentos": 200,
    "trezentos": 300,
    "quatrocentos": 400,
    "quinhentos": 500,
    "seiscentos": 600,
    "setecentos": 700,
    "oitocentos": 800,
    "novecentos": 900,
    "mil": 1000,
}
_SMALL = range(1, 10)
# What a small number word counts where it is a promise and not talk ("um minuto", "as duas").
_MEASURES = re.compile(
    r"^(?:mil|reais|contos?|pilas?|pratas|por|porcento|mes|meses|anos?|dias?|horas?|semanas?|vezes|em cada|de cada|pontos?|contas? (?:sa|ve|e |de))"
)


def numbers(text: str) -> frozenset[Decimal]:
    """Return every number in a folded text, in figures or in words, thousands and decimals as Brazilians write them."""
    return frozenset(value for _, _, value in found(text, small=True))


def found(text: str, *, small: bool = False) -> Iterator[tuple[int, int, Decimal]]:
    """Yield numbers with their places. Small number words count only before a measure, unless all are wanted."""
    for match in _TOKEN.finditer(text):
        yield match.start(), match.end(), _value(match[0])
    spoken = list(re.finditer(r"[a-z]+", text))
    n = 0
    while n < len(spoken):
        if spoken[n][0] not in _VALUES:
            n += 1
            continue
        start, total, last = n, 0, None
        while n < len(spoken) and spoken[n][0] in _VALUES:
            value = _VALUES[spoken[n][0]]
            total = total * value if value == 1000 and total else total + value
            last, n = spoken[n], n + 1
            joined = n + 1 < len(spoken) and spoken[n][0] == "e" and spoken[n + 1][0] in _VALUES and value >= 20
            n += 1 if joined else 0
            if not joined and not (
                n < len(spoken) and spoken[n][0] in _VALUES and value < _VALUES[spoken[n][0]] == 1000
            ):
                break
        assert last is not None
        counts = _MEASURES.match(text[last.end() :].lstrip())
        article = spoken[start][0] in ("um", "uma")
        if (
            total not in _SMALL
            or small
            or (counts and not (article and not counts[0].startswith(("por", "real", "ano", "mes", "dia"))))
        ):
            yield spoken[start].start(), last.end(), Decimal(total)


def _value(token: str) -> Decimal:
    plain = token.replace(".", "") if _THOUSANDS.fullmatch(token) else token
    try:
        return Decimal(plain.replace(",", ".")).normalize()
    except InvalidOperation:
        # "1.2.3" is a version or a date; it is compared as its digits.
        return Decimal(re.sub(r"\D", "", token))
