"""Which plan of the list a person decides for: by number, place, percentage, name or commitment (docs/domain.md 2.1, step 9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from flows.assistant.hear.amounts import NUMBER_WORDS, WORDS, number_of
from flows.assistant.hear.listing import (
    BINDING,
    BOUND,
    DECIDES,
    EXCLUDED,
    FIGURE,
    FIRST_BILL,
    FREE,
    LEAST,
    LEAST_TIME,
    MIDDLE,
    MOST,
    MOST_TIME,
    NAMES_ONE,
    NONE,
    NOT_A_PICK,
    NOT_TELLING,
    OF_A_FIGURE,
    OF_ANOTHER,
    ORDINAL,
    OTHER,
    PERCENT,
    REFUSES,
    SOMEBODY_ELSE,
    TEEN,
    TELLS_OF_IT,
    THE_BEST,
    TIME,
    WANTS_ANOTHER,
    WEIGHS,
    Pick,
    by_name,
    by_number,
    excluded,
    of_another_term,
    plain_percent,
    wants_unlisted,
)
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.utterance import Clause, Utterance
from flows.assistant.meaning import Item, Meaning, Question
from flows.brazil.folding import fold
from flows.domain import Offer

M = Meaning


def choices(one: Utterance, scene: Scene) -> Iterator[Item]:
    """Yield the plan that a message decides for, or that it wants none of them."""
    if not (offers := scene.offers):
        return (yield from (Item(M.SHOW_PLANS, c.quote, c.message) for c in one.clauses if wants_unlisted(c)))
    last = none = doubt = None
    for clause in (*one.clauses, *((one.whole,) if len(one.clauses) > 1 else ())):
        whole = len(one.clauses) > 1 and clause is one.whole
        if whole and (last is not None or none is not None):
            break
        if len(clause.words) > 40 or OF_ANOTHER.search(clause.said):
            continue
        if scene.chooses and THE_BEST.match(clause.said) and not clause.asks:
            # Best for whom? What sets them apart is told, as to whoever is in doubt.
            doubt = Item(M.UNSURE, clause.quote, clause.message, about=Question.PLAN)
            continue
        pick = _pick(clause, offers, scene) if scene.chooses or NAMES_ONE.search(clause.said) else None
        if pick and (none is None or NAMES_ONE.search(clause.said)):
            plan = next((offer.plan_id for offer in offers if offer.position == pick.position), None)
            # Of two in one breath neither is meant yet, unless the second takes the first back.
            agrees = last is None or last.plan == plan or bool(_TAKES_BACK.search(one.whole.said))
            # "O premium tem pegadinha", "o de 14 não prende né": what is said of a plan is no word for it.
            told = TELLS_OF_IT.search(NOT_A_PICK.sub("", clause.said)) or _BUT.search(one.whole.said)
            told = told if not DECIDES.search(one.whole.said) else None
            last = Item(M.CHOICE, pick.quote, clause.message, certain=pick.certain and agrees and not told, plan=plan)
        elif scene.chooses and not whole and none is None:
            if not clause.asks and len(clause.words) <= 8 and _another_percent(clause, offers):
                none = Item(M.NONE_OF_THEM, clause.quote, clause.message)
            elif match := _none_in(clause, offers):
                none = Item(M.NONE_OF_THEM, clause.quoted(match), clause.message)
    if last is None:
        yield from filter(None, (none or doubt,))
    else:
        of_another = scene.state.bill is not None and scene.state.bill.holder == "match"
        if contradicts(one, last, offers) or (of_another and SOMEBODY_ELSE.search(one.whole.said)):
            # "Plano 1 quero. Prender não": what is said of it does not hold of it, so it is asked back.
            last = replace(last, certain=False)
        if any(c.asks and _ABOUT_IT.search(c.said) for c in one.clauses) and not DECIDES.search(one.whole.said):
            # "Esse do meio, se eu sair antes pago alguma coisa?" asks about it first.
            last = replace(last, certain=False)
        doubts = any(WEIGHS.search(c.said) for c in one.clauses)
        yield replace(
            last, certain=last.certain and not (doubts and len(one.clauses) > 1 and not DECIDES.search(one.whole.said))
        )


def contradicts(one: Utterance, item: Item, offers: tuple[Offer, ...]) -> bool:
    """Tell whether a message wants not to be tied, and names a plan that ties; or wants another percentage than it has."""
    plan = next((offer for offer in offers if offer.plan_id == item.plan), None)
    said = one.whole.said
    if plan is None:
        return False
    free = (FREE.search(said) or BINDING.search(said) or _NOT_TIED.search(said)) and not _MINDS_NOT.search(said)
    percents = {
        plain_percent(value) for value in (*PERCENT.findall(said), *re.findall(r"\b[od]e? de (\d\d)\b(?! mes)", said))
    }
    other = bool(percents) and plain_percent(plan.percent) not in percents and bool(_with_percents(percents, offers))
    return bool(free and plan.fidelity_months > 0) or other or of_another_term(said, plan, offers)


# "Esse de 36 meses, se eu mudar de casa fico presa?", "o do meio, tem multa?": asked of it before it is chosen.
_ABOUT_IT = re.compile(
    r"^(?:e |mas )*(?:se|caso|quando) (?:eu|a gente)\b|\b(?:multa|fidelidade|taxa|prende|amarra|pres[oa]|sair|saio|cancelar|cancelo|transfere|mudar|reajuste|quanto (?:tempo|desconto|da|fica)|e bom|vale a pena|compensa|tem que)\b"
)
_BUT = re.compile(r"\b(?:mas|porem|so que)\b")
_NOT_TIED = re.compile(r"\b(?:prender|amarrar|fidelidade|contrato|prazo|pres[oa]|amarrad[oa]) nao\b")
_TAKES_BACK = re.compile(
    r"(?<!^)\b(?:na verdade|(?:ou )?melhor|alias|digo|quer dizer|pensando bem|mudei|desculpa|errei|ops|nao|agora|entao|prefiro|muda|troca)\b"
)
# "Não ligo de ficar preso", "não tem problema se prender".
_MINDS_NOT = re.compile(
    r"\bnao (?:ligo|me importo|me incomodo|tem problema|me preocupo|vejo problema)\b|\bpode prender\b"
)
# "Aquele que", "o da primeira fatura": one of them is pointed at.
_NAMES_IT = re.compile(
    r"^(?:(?:e|quero|vou|fico com|prefiro|com|no|pode ser) )*(?:o|esse|aquele|no) (?:plano )?(?:que|com|d[aeo])\b|\b(?:quero|prefiro|fico com|escolho)\b"
)


def _none_in(clause: Clause, offers: tuple[Offer, ...]) -> re.Match[str] | None:
    if (match := NONE.search(clause.said)) is None or _percent_listed(clause, offers):
        return None
    return match if not clause.asks or re.search(r"\b(?:outr[oa]s?|nenhum|\d|so isso|melhor)", match[0]) else None


def _pick(clause: Clause, offers: tuple[Offer, ...], scene: Scene) -> Pick | None:
    if FIRST_BILL.search(clause.said) and not clause.asks and not REFUSES.search(clause.said):
        # "Aquele que a primeira conta vocês pagam."
        paid = [offer.position for offer in offers if any("fatura" in fold(benefit) for benefit in offer.benefits)]
        sure = bool(_NAMES_IT.search(clause.said)) or _by_percent(clause, offers) == set(paid)
        return Pick(paid[0], sure, clause.quote) if len(paid) == 1 else None
    said = re.sub(r" +", " ", NOT_A_PICK.sub(" ", clause.said)).strip()
    if not said or WANTS_ANOTHER.search(said):
        return None
    decides = bool(DECIDES.search(said))
    if (clause.asks and not decides) or (WEIGHS.search(said) and not decides):
        return None
    many = len(offers)
    if out := excluded(said, many) | _excluded_names(said, offers):
        left = [offer.position for offer in offers if offer.position not in out]
        positive = _by_attribute(re.sub(EXCLUDED, " ", said), offers) if len(left) != 1 else None
        if positive and positive[0] not in out:
            return Pick(positive[0], positive[1], clause.quote)
        return Pick(left[0], False, clause.quote) if len(left) == 1 else None
    if BINDING.search(said) and not clause.asks:
        # "Não quero ficar presa": where one plan alone binds nobody, it is proposed.
        unbound = [offer.position for offer in offers if offer.fidelity_months == 0]
        return Pick(unbound[0], False, clause.quote) if len(unbound) == 1 else None
    if REFUSES.search(said):
        free = _by_attribute(said, offers) if FREE.search(said) or LEAST_TIME.search(said) else None
        return Pick(free[0], False, clause.quote) if free and not re.search(r"\bnao quero (?:o |a )", said) else None
    attribute = _by_attribute(said, offers)
    named = by_number(said, many) if decides else set()
    if attribute and len(named) == 1 and 1 <= (said_one := next(iter(named))) <= many and ORDINAL.search(said):
        # "O segundo, que tem menos contrato": the place on the list is said; a reason that fits no comparison is asked back.
        months = [offer.fidelity_months for offer in sorted(offers, key=lambda offer: offer.position)]
        shorter = bool(LEAST_TIME.search(said)) and months[said_one - 1] < max(months)
        return Pick(said_one, attribute[0] == said_one or shorter, clause.quote)
    if attribute:
        guessed = bool(re.search(r"\b(?:acho que|talvez|parece|deve ser)\b", said)) and not decides
        return Pick(attribute[0], attribute[1] and not guessed, clause.quote)
    numbers = _by_percent(clause, offers) or by_number(said, many)
    if len(numbers) == 1 and 1 <= (only := next(iter(numbers))) <= many:
        return Pick(only, True, clause.quote)
    if not numbers or max(numbers) > many:
        figures = _by_figure(said, offers)
        if len(figures) == 1:
            return Pick(figures.pop(), True, clause.quote)
    if len(names := by_name(clause, tuple(offer.name for offer in offers))) == 1 and (
        decides or len(clause.words) <= 5
    ):
        return Pick(names.pop(), True, clause.quote)
    if (
        len(numbers) == 1
        and many < max(numbers) < 10
        and (decides or len(clause.words) <= 3)
        and not PERCENT.search(said)
    ):
        return Pick(0, True, clause.quote)
    if many == 2 and OTHER.search(said):
        return _the_other(clause, offers, scene)
    return None


def _the_other(clause: Clause, offers: tuple[Offer, ...], scene: Scene) -> Pick | None:
    """ "O outro" of two: the one that is neither proposed nor chosen; where none is, nobody knows which."""
    of = scene.state.proposed or scene.state.chosen
    rest = [offer.position for offer in offers if of is not None and offer.plan_id != of]
    return Pick(rest[0], True, clause.quote) if len(rest) == 1 else None


def _by_attribute(said: str, offers: tuple[Offer, ...]) -> tuple[int, bool] | None:
    """Return the one plan that has what was named, and whether that is plain; comparing is a guess, asked back."""
    if FREE.search(said):
        fits = [offer.position for offer in offers if offer.fidelity_months == 0]
        return (fits[0], True) if len(fits) == 1 else None
    if time := TIME.search(said):
        count = int(time["count"]) if time["count"].isdigit() else int(number_of(time["count"]) or 0)
        months = count * 12 if time["unit"].startswith("ano") else count
        fits = [offer.position for offer in offers if offer.fidelity_months == months]
        return (
            (fits[0], True)
            if len(fits) == 1 and not re.search(r"\b(?:nao|muito tempo|demais|muito|muita|tanto|longo)\b", said)
            else None
        )
    if LEAST_TIME.search(said):
        least = min(offer.fidelity_months for offer in offers)
        fits = [offer.position for offer in offers if offer.fidelity_months == least]
        return (fits[0], False) if len(fits) == 1 else None
    if MOST_TIME.search(said):
        most = max(offer.fidelity_months for offer in offers)
        fits = [offer.position for offer in offers if offer.fidelity_months == most]
        return (fits[0], False) if len(fits) == 1 else None
    if MOST.search(said):
        best = max(offer.discount for offer in offers)
        fits = [offer.position for offer in offers if offer.discount == best]
        return (fits[0], bool(_PLAINLY_MOST.search(said))) if len(fits) == 1 else None
    if LEAST.search(said):
        least_off = min(offer.discount for offer in offers)
        fits = [offer.position for offer in offers if offer.discount == least_off]
        return (fits[0], False) if len(fits) == 1 else None
    if MIDDLE.search(said) and len(offers) == 3:
        return 2, True
    if BOUND.search(said):
        bound = [offer.position for offer in offers if offer.fidelity_months > 0]
        return (bound[0], True) if len(bound) == 1 else None
    return None


# "O de maior desconto" names one plan of the list as plainly as "o sem fidelidade"; "o melhor" weighs.
_PLAINLY_MOST = re.compile(
    r"^(?!.*\b(?:melhor|barato|acho|talvez)\b).*\b(?:maior (?:desconto|porcentagem|percentual)|desconto maior|(?:da|tem|tiver|der|oferece) mais desconto|(?:desconta|abate|economiza) mais|(?:fech[ao]|quero|bota|vou de|vou querer|pode ser) n?o maior$)\b"
)


def _by_percent(clause: Clause, offers: tuple[Offer, ...]) -> set[int]:
    wanted = {plain_percent(value) for value in PERCENT.findall(clause.said)}
    wanted |= {
        plain_percent(value) for value in _spoken_percents(clause.said) if re.search(r"por ?cento|%", clause.said)
    }
    return _with_percents(wanted, offers)


def _by_figure(said: str, offers: tuple[Offer, ...]) -> set[int]:
    """ "O de 18", "dezesseis", "o de sessenta": a number that is no position and one plan's percentage or months, in a short text."""
    if len(said.split()) > 10:
        return set()
    wanted = {plain_percent(value) for value in FIGURE.findall(said)}
    spoken = {number_of(match[0]) for match in NUMBER_WORDS.finditer(said)}
    wanted |= set(_spoken_percents(said)) | {str(number) for number in spoken if number and number > 20}
    if len(wanted) != 1:
        return set()
    return _with_percents(wanted, offers) or {o.position for o in offers if str(o.fidelity_months) in wanted}


def _with_percents(wanted: set[str], offers: tuple[Offer, ...]) -> set[int]:
    if len(wanted) != 1:
        return set()
    return {offer.position for offer in offers if plain_percent(offer.percent) in wanted}


def _percent_listed(clause: Clause, offers: tuple[Offer, ...]) -> bool:
    return bool(_with_percents({plain_percent(value) for value in PERCENT.findall(clause.said)}, offers))


def _another_percent(clause: Clause, offers: tuple[Offer, ...]) -> bool:
    """ "O de 20%", "o de 24", where no plan has it: what a plan has was taken before."""
    return (
        bool(re.search(r"^(?:\w+ )*(?:o|um|com|a|plano)(?: plano)? (?:de |d)?\d", clause.said))
        and bool(PERCENT.search(clause.said))
        and not _percent_listed(clause, offers)
    ) or bool(OF_A_FIGURE.match(clause.said))


def _spoken_percents(said: str) -> Iterator[str]:
    for match in TEEN.finditer(said):
        words = match[0].split()
        value = sum(WORDS[word] for word in words if word != "e" and word in WORDS)
        yield f"{value}.5" if "meio" in words else str(value)


def _excluded_names(said: str, offers: tuple[Offer, ...]) -> set[int]:
    """ "Nem o premium nem o básico": the plans whose own word stands behind a no."""
    words = {(offer.position, word) for offer in offers for word in set(fold(offer.name).split()) - NOT_TELLING}
    return {position for position, word in words if re.search(_EXCEPT + re.escape(word) + r"\b", said)}


_EXCEPT = (
    r"\b(?:nem|menos|tirando|exceto|fora|nao quero|nao gostei d)(?: |)(?:o |a |do |da |esse |ess[ea] )?(?:plano )?"
)
