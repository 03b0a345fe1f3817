"""Every figure in a model's text must have been read or known: numbers, number words, and which plan has what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation

from flows.agent.percentages import percentages
from flows.agent.words import plain
from flows.brazil.folding import unaccent
from flows.domain import Offer

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_WORDS = {
    word: value
    for value, word in enumerate(
        ["dez", "onze", "doze", "treze", "quatorze", "quinze", "dezesseis", "dezessete", "dezoito", "dezenove"], start=10
    )
} | {
    "catorze": 14, "vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70,
    "oitenta": 80, "noventa": 90, "cem": 100, "cento": 100, "duzentos": 200, "trezentos": 300, "quatrocentos": 400,
    "quinhentos": 500, "seiscentos": 600, "setecentos": 700, "oitocentos": 800, "novecentos": 900,
}  # fmt: skip
_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")
# Small number words are everyday language ("um minuto"), except where they measure a promise.
_SMALL = re.compile(
    r"\b(?:dois|duas|tres|quatro|cinco|seis|sete|oito|nove|mil|varios|varias|alguns|algumas|poucos|poucas)\s+"
    r"(?:mil\s+)?(?:reais|contos?|pilas?|pratas|por\s*cento|porcento|mes(?:es)?|anos?|dias?|horas?|semanas?)\b"
)
_SHARE = re.compile(
    r"\b(?:metade|dobro|triplo|meia conta|um (?:terco|quarto|quinto|decimo)|(?:dois|tres) (?:tercos|quartos))\b"
)
_MONTHS = re.compile(r"(\d{1,3})\s*mes(?:es)?\b")


def numbers(text: str) -> frozenset[Decimal]:
    """Return every number written in figures, thousands and decimals as Brazilians write them."""
    return frozenset(value for token in _TOKEN.findall(unaccent(text)) if (value := _value(token)) is not None)


def unknown(text: str, allowed: frozenset[Decimal]) -> Iterator[str]:
    """Yield `number_unknown:…` for each figure, number word and share in a text that is not allowed."""
    folded = unaccent(text)
    for value in sorted(numbers(text) - allowed):
        yield f"number_unknown:{value}"
    for word in sorted(set(_WORD.findall(folded))):
        if Decimal(_WORDS[word]) not in allowed:
            yield f"number_unknown:{_WORDS[word]}"
    if _SMALL.search(folded) or _SHARE.search(folded):
        yield "number_unknown:in_words"


def mixed_up(text: str, offers: Iterable[Offer]) -> bool:
    """Tell whether a sentence gives a plan's discount with another plan's commitment or benefit."""
    offers = tuple(offers)
    for sentence in re.split(r"(?<=[.!?;])\s+|\n", unaccent(text)):
        percents = set(percentages(sentence))
        if len(percents) != 1:
            continue
        meant = [offer for offer in offers if {offer.discount * 100} == percents]
        months = {int(n) for n in _MONTHS.findall(sentence)}
        if "sem fidelidade" in sentence:
            months.add(0)
        benefits = {b for offer in offers for b in _benefits(offer) if b in sentence}
        if not any(months <= {offer.fidelity_months} and benefits <= _benefits(offer) for offer in meant):
            return True
    return False


def of_offers(offers: Iterable[Offer]) -> frozenset[Decimal]:
    """Return the numbers that may be said of these plans: discount, commitment, position, and those in benefits."""
    said: set[Decimal] = set()
    for offer in offers:
        said |= {offer.discount * 100, Decimal(offer.fidelity_months), Decimal(offer.position)}
        said |= {number for benefit in offer.benefits for number in numbers(benefit)}
    return frozenset(said)


def _benefits(offer: Offer) -> set[str]:
    return {unaccent(plain(b, 120)).rstrip(".") for b in offer.benefits if len(b.strip()) > 3}


def _value(token: str) -> Decimal | None:
    plain_number = token.replace(".", "") if _THOUSANDS.fullmatch(token) else token
    try:
        return Decimal(plain_number.replace(",", ".")).normalize()
    except InvalidOperation:
        # "1.2.3" is a version or a date; it is compared as its digits.
        return Decimal(re.sub(r"\D", "", token))
