"""What a sentence says of the plans, held against the plans: whose discount, whose commitment, which has most or least."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from flows.assistant.say.check.clauses import Text, folded, words
from flows.assistant.say.check.ground import Ground
from flows.assistant.say.check.numbers import numbers
from flows.assistant.say.names import plain, plan_name
from flows.domain import Offer

_ORDINALS = (("primeiro", "1"), ("segundo", "2"), ("terceiro", "3"))
_PART = re.compile(r"[,;:.]|\b(?:e|mas|ja|enquanto|porem|so que)\b (?=o |os )|\bmas\b")
_EVERY = re.compile(r"\b(?:todos|tod[ao]s eles|qualquer (?:um|plano)|cada um|os (?:tres|dois|3|2)|ambos)\b")
_NONE = re.compile(r"\b(?:nenhum|nem um)\b")
_FREE = re.compile(
    r"\bsem (?:fidelidade|prazo|amarra\w*|carencia)\b|\bnao (?:tem|ha|exige|pede|possui) (?:\w+ )?(?:fidelidade|prazo|carencia)\b"
    r"|\bnao (?:te |lhe )?(?:prende|amarra|segura)\w*|\bfidelidade zero\b|\bfica livre\b"
)
_BOUND = re.compile(r"\b(?:tem|com|exige|pede) (?:\w+ )?(?:fidelidade|prazo)\b|\b(?:prende|amarra|segura)\w*\b")
_MOST = re.compile(r"\b(?:maior|mais alto|melhor) (?:\w+ )?(?:desconto|percentual|abatimento)\b|\bmais desconta\b")
_LEAST = re.compile(r"\b(?:menor|mais baixo) (?:\w+ )?(?:desconto|percentual|abatimento)\b")
_LONGEST = re.compile(
    r"\b(?:maior|mais longa?) (?:\w+ )?(?:fidelidade|prazo|tempo)\b|\b(?:fidelidade|prazo|tempo) (?:\w+ )?(?:maior|mais (?:longa?|comprid[ao]|alta))\b"
)
_SHORTEST = re.compile(
    r"\b(?:menor|mais curt[ao]) (?:\w+ )?(?:fidelidade|prazo|tempo)\b|\b(?:fidelidade|prazo|tempo) (?:\w+ )?(?:menor|mais (?:curt[ao]|baixa))\b"
)
_SAME = re.compile(
    r"\b(?:mesm[oa]|igual|iguais) (?:\w+ )?(?:desconto|percentual|prazo|fidelidade)\b|\b(?:desconto|prazo|fidelidade)s? (?:eh |sao )?(?:tudo |todos |todas )?igua(?:l|is)\b|\btudo igual\b"
)
_MONTHS = re.compile(r"(\d{1,3}|\b[a-z]+\b)\s+(?:mes|meses)\b|(\d{1,2}|\b[a-z]+\b)\s+anos?\b")
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*(?:%|por cento\b)")
Test = Callable[[Offer], bool]


def contradicted(text: Text, ground: Ground) -> Iterator[str]:
    """Yield `plan` for each sentence that gives a plan what it has not."""
    offers = ground.offers
    if not offers:
        return
    for sentence in text.sentences:
        # Folded, "é" and "e" would be one word, and only one of them parts what is said of two plans.
        told = folded(sentence.raw.replace(" é ", " eh "))
        if (_SAME.search(told) and not _are_same(told, offers)) or _any_wrong(told, ground):
            yield "plan"


def _any_wrong(told: str, ground: Ground) -> bool:
    carried: list[Offer] = []
    for part in filter(str.strip, _PART.split(told)):
        carried = _subjects(part, ground.offers) or carried
        spoken = carried or _asked_about(part, ground)
        if spoken and not all(test(offer) for test in _tests(part, ground.offers) for offer in spoken):
            return True
    return False


def _subjects(part: str, offers: Sequence[Offer]) -> list[Offer]:
    """Return the plans that a part speaks of by name, place on the list, percentage, or all of them."""
    if _EVERY.search(part) or _NONE.search(part):
        return list(offers)
    named = [offer for offer in offers if _own_words(offer, offers) & set(words(part))]
    if named:
        return named
    placed = [
        offer
        for offer in offers
        if any(re.search(rf"\b(?:o|no|do|plano|opcao) {way}\b", part) for way in _places(offer, offers))
    ]
    if placed:
        return placed
    percents = {Decimal(p.replace(",", ".")) for p in _PERCENT.findall(part)}
    return [offer for offer in offers if {offer.discount * 100} == percents] if len(percents) == 1 else []


def _are_same(sentence: str, offers: Sequence[Offer]) -> bool:
    spoken = _subjects(sentence, offers) or list(offers)
    terms = "prazo" in sentence or "fidelidade" in sentence
    return len({offer.fidelity_months if terms else offer.discount for offer in spoken}) == 1


def _asked_about(part: str, ground: Ground) -> list[Offer]:
    """Return the plan that the lead asked about, where an answer names none ("não tem não")."""
    named = [offer for line in ground.lead for offer in _subjects(folded(line), ground.offers)]
    return named if len(set(named)) == 1 else []


def _tests(part: str, offers: Sequence[Offer]) -> Iterator[Test]:
    best, worst = max(o.discount for o in offers), min(o.discount for o in offers)
    longest, shortest = max(o.fidelity_months for o in offers), min(o.fidelity_months for o in offers)
    none = bool(_NONE.search(part))
    if _FREE.search(part):
        yield (lambda o: o.fidelity_months > 0) if none else (lambda o: o.fidelity_months == 0)
    elif none and re.search(r"\b(?:tem|ha|exige) (?:\w+ )?(?:prazo|fidelidade)\b", part):
        yield lambda o: o.fidelity_months == 0
    elif _BOUND.search(part) and not none and not re.search(r"\bnao\b", part):
        yield lambda o: o.fidelity_months > 0
    if re.search(r"\bnao\b", part):
        return
    if _MOST.search(part):
        yield lambda o: o.discount == best
    if _LEAST.search(part):
        yield lambda o: o.discount == worst
    if _LONGEST.search(part):
        yield lambda o: o.fidelity_months == longest
    if _SHORTEST.search(part):
        yield lambda o: o.fidelity_months == shortest
    yield from _figures(part)
    yield from _benefits(part, offers)


def _figures(part: str) -> Iterator[Test]:
    percents = {Decimal(p.replace(",", ".")) for p in _PERCENT.findall(part)}
    if len(percents) == 1:
        yield lambda o: {o.discount * 100} == percents
    months = {n for m, _ in _MONTHS.findall(part) if m for n in numbers(m)} | {
        n * 12 for _, y in _MONTHS.findall(part) if y for n in numbers(y)
    }
    if len(months) == 1:
        yield lambda o: {Decimal(o.fidelity_months)} == months


def _benefits(part: str, offers: Sequence[Offer]) -> Iterator[Test]:
    for benefit in {b for offer in offers for b in offer.benefits if b.strip()}:
        told = " ".join(words(folded(plain(benefit, 200))))
        first = " ".join(told.split()[:3])
        if first and first in " ".join(words(part)):
            yield _with_benefit(benefit)


def _with_benefit(benefit: str) -> Test:
    return lambda offer: benefit in offer.benefits


def _own_words(offer: Offer, offers: Sequence[Offer]) -> set[str]:
    """The words of a plan's name that no other plan's name has."""
    own = set(words(folded(plan_name(offer, offer.position)))) - {"plano"}
    for other in offers:
        if other != offer:
            own -= set(words(folded(plan_name(other, other.position))))
    return own


def _places(offer: Offer, offers: Sequence[Offer]) -> Iterator[str]:
    yield from _ORDINALS[offer.position - 1] if offer.position <= len(_ORDINALS) else ()
    if offer == offers[-1]:
        yield "ultimo"
    if len(offers) == 3 and offer == offers[1]:
        yield "do meio"
        yield "meio"
