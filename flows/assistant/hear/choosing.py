"""Which plan of the list a person decides for: by number, place, percentage, name or commitment (docs/domain.md 2.1, step 9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from flows.assistant.hear.amounts import WORDS
from flows.assistant.hear.describing import (
    BOUND,
    FIRST_BILL,
    FREE,
    LEAST,
    LEAST_TIME,
    MOST,
    MOST_TIME,
    PERCENT,
    TIME,
    another_percent,
    by_attribute,
    by_figure,
    by_percent,
    percent_listed,
    plain_percent,
    with_percents,
)
from flows.assistant.hear.listing import (
    BINDING,
    DECIDES,
    EXCLUDED,
    NAMES_ONE,
    NONE,
    NOT_A_PICK,
    NOT_TELLING,
    OF_ANOTHER,
    ORDINAL,
    OTHER,
    REFUSES,
    SOMEBODY_ELSE,
    TELLS_OF_IT,
    THE_BEST,
    WANTS_ANOTHER,
    WEIGHS,
    Pick,
    by_name,
    by_number,
    excluded,
    of_another_term,
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
        if pick and last is not None and last.certain and not (pick.certain or _TAKES_BACK.search(one.whole.said)):
            # "O livre, sem prazo. Na idade dela 5 anos é otimismo": what was chosen plainly stands.
            continue
        if pick and (none is None or NAMES_ONE.search(clause.said)):
            plan = next((offer.plan_id for offer in offers if offer.position == pick.position), None)
            # Of two in one breath neither is meant yet, unless the second takes the first back.
            agrees = last is None or last.plan == plan or bool(_TAKES_BACK.search(one.whole.said))
            # "O premium tem pegadinha", "o de 14 não prende né": what is said of a plan is no word for it.
            told = TELLS_OF_IT.search(FREE.sub("", NOT_A_PICK.sub("", clause.said))) or _BUT.search(one.whole.said)
            told = told if not DECIDES.search(one.whole.said) else None
            # "O do prazo maior, porque ganha a primeira conta": two reasons for one plan are no guess.
            twice = last is not None and last.plan == plan
            sure = twice or (pick.certain and agrees and not told)
            last = Item(M.CHOICE, pick.quote, clause.message, certain=sure, plan=plan)
        elif scene.chooses and not whole and none is None:
            if not clause.asks and len(clause.words) <= 8 and another_percent(clause, offers):
                none = Item(M.NONE_OF_THEM, clause.quote, clause.message)
            elif match := _none_in(clause, offers):
                none = Item(M.NONE_OF_THEM, clause.quoted(match), clause.message)
    if last is None:
        yield from filter(None, (none or doubt,))
    else:
        for_holder = not scene.state.told.isdisjoint({M.HOLDER_OTHER, M.HOLDER_AGREES, M.HOLDER_ABSENT})
        of_another = not for_holder and scene.state.bill is not None and scene.state.bill.holder == "match"
        if contradicts(one, last, offers) or (of_another and SOMEBODY_ELSE.search(one.whole.said)):
            # "Plano 1 quero. Prender não": what is said of it does not hold of it, so it is asked back.
            last = replace(last, certain=False)
        if any(c.asks and _ABOUT_IT.search(c.said) for c in one.clauses) and not DECIDES.search(one.whole.said):
            # "Esse do meio, se eu sair antes pago alguma coisa?" asks about it first.
            last = replace(last, certain=False)
        # "A diferença compensa os 36 meses. Opção 12%": what was weighed before is decided.
        begins = one.text.find(last.quote)
        doubts = any(WEIGHS.search(c.said) for c in one.clauses if c.start >= begins)
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
    other = bool(percents) and plain_percent(plan.percent) not in percents and bool(with_percents(percents, offers))
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
    if (match := NONE.search(clause.said)) is None or percent_listed(clause, offers):
        return None
    return match if not clause.asks or re.search(r"\b(?:outr[oa]s?|nenhum|\d|so isso|melhor)", match[0]) else None


# "Naquele que não tem amarração nenhuma" refuses nothing.
_FREE_OF_ALL = re.compile(rf"(?:{FREE.pattern})(?: nenhum\w*)?")
# "15 preso 5 anos ou 12 solto": two are weighed.
_EITHER = re.compile(
    r"\b(?:\d+|d[eo]|[oa]|premium|basico|intermediario|primeiro|segundo|terceiro)\b.* ou .*\b(?:\d+|d[eo]|[oa]|premium|basico|intermediario|primeiro|segundo|terceiro)\b"
)


def _pick(clause: Clause, offers: tuple[Offer, ...], scene: Scene) -> Pick | None:
    said = re.sub(r" +", " ", NOT_A_PICK.sub(" ", clause.said)).strip()
    if not said or WANTS_ANOTHER.search(said):
        return None
    decides = bool(DECIDES.search(said)) and not said.startswith("sera ")
    if _EITHER.search(said) and not decides:
        return None
    if (clause.asks and not decides) or (WEIGHS.search(said) and not decides):
        return None
    many = len(offers)
    if out := excluded(said, many) | _excluded_names(said, offers) | _described_out(said, offers):
        left = [offer.position for offer in offers if offer.position not in out]
        positive = by_attribute(re.sub(EXCLUDED, " ", said), offers) if len(left) != 1 else None
        if positive and positive[0] not in out:
            return Pick(positive[0], positive[1], clause.quote)
        return Pick(left[0], bool(_WHAT_IS_LEFT.search(said)), clause.quote) if len(left) == 1 else None
    if BINDING.search(said) and not clause.asks:
        # "Não quero ficar presa": where one plan alone binds nobody, it is proposed.
        unbound = [offer.position for offer in offers if offer.fidelity_months == 0]
        return Pick(unbound[0], False, clause.quote) if len(unbound) == 1 else None
    if REFUSES.search(_FREE_OF_ALL.sub(" ", said)):
        free = by_attribute(said, offers) if FREE.search(said) or LEAST_TIME.search(said) else None
        return Pick(free[0], False, clause.quote) if free and not re.search(r"\bnao quero (?:o |a )", said) else None
    attribute = by_attribute(said, offers, clause.said)
    named = by_number(said, many) if decides else set()
    if attribute and len(named) == 1 and 1 <= (said_one := next(iter(named))) <= many and ORDINAL.search(said):
        # "O segundo, que tem menos contrato": the place on the list is said; a reason that fits no comparison is asked back.
        months = [offer.fidelity_months for offer in sorted(offers, key=lambda offer: offer.position)]
        shorter = bool(LEAST_TIME.search(said)) and months[said_one - 1] < max(months)
        return Pick(said_one, attribute[0] == said_one or shorter, clause.quote)
    figures = by_percent(clause, offers) or by_figure(said, offers, decides=decides)
    if attribute and figures and attribute[0] not in figures:
        # "O que abate 16 e tem o maior prazo": what is told does not fit together.
        return Pick(min(figures), False, clause.quote)
    if attribute:
        guessed = bool(re.search(r"\b(?:acho que|talvez|parece|deve ser)\b", said)) and not decides
        plain = (
            attribute[1]
            or bool(figures)
            or (bool(FIRST_BILL.search(clause.said)) and bool(_NAMES_IT.search(clause.said)))
        )
        return Pick(attribute[0], plain and not guessed, clause.quote)
    numbers = by_percent(clause, offers) or by_number(said, many)
    if len(numbers) == 1 and 1 <= (only := next(iter(numbers))) <= many:
        return Pick(only, True, clause.quote)
    if (not numbers or max(numbers) > many) and len(figures) == 1:
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


# "Nem esse de cinco anos nem o de desconto menor: o que sobrou."
_WHAT_IS_LEFT = re.compile(r"\b(?:o|no) (?:que|outro que) (?:sobr|rest|fic)\w+\b|\bo restante\b")


def _described_out(said: str, offers: tuple[Offer, ...]) -> set[int]:
    parts = re.split(r"\bnem\b", said)[1:]
    found = [by_attribute(" ".join(part.split()[:7]), offers) for part in parts]
    return {one[0] for one in found if one} if len(parts) > 1 else set()


def _excluded_names(said: str, offers: tuple[Offer, ...]) -> set[int]:
    """ "Nem o premium nem o básico": the plans whose own word stands behind a no."""
    words = {(offer.position, word) for offer in offers for word in set(fold(offer.name).split()) - NOT_TELLING}
    return {position for position, word in words if re.search(_EXCEPT + re.escape(word) + r"\b", said)}


_EXCEPT = (
    r"\b(?:nem|menos|tirando|exceto|fora|nao quero|nao gostei d)(?: |)(?:o |a |do |da |esse |ess[ea] )?(?:plano )?"
)


_UNLISTED = re.compile(
    rf"\b(?:quero|queria|prefiro|(?:me |pode (?:me )?)?(?:poe|bota|coloca|por|botar|colocar|cadastra\w*)|(?:vou|vamos) (?:de|querer|no|ficar com)|fic(?:o|amos) com|fech(?:o|a|amos)(?: com)?|escolho|pode ser|quer) (?:(?:logo|mesmo|so|ja|entao|com) )*(?:o|no|esse|aquele|a opcao|o plano|um plano|plano)(?: plano)? (?:(?:sem|s|com|que) |d[eo] (?:maior|menor|mais|menos|\d|{'|'.join(w for w, n in WORDS.items() if 11 <= n <= 40)})|mais \w+)"
)


_BY_THE_WORD = re.compile(r"\b(?:opcao|plano) (?:de|d[oa]|sem|com|que) ")


def wants_unlisted(clause: Clause) -> bool:
    """Tell whether a plan is wanted by what it has, of whoever saw no list yet: "já quero o sem fidelidade"."""
    said = clause.said
    wants = _UNLISTED.search(said) or (DECIDES.search(said) and _BY_THE_WORD.search(said))
    if clause.asks or not wants or REFUSES.search(_FREE_OF_ALL.sub(" ", said)):
        return False
    ways = (FREE, MOST, LEAST, LEAST_TIME, MOST_TIME, BOUND, PERCENT, TIME)
    return any(way.search(said) for way in ways) or bool(
        re.search(rf"\b(?:o|opcao|plano|nesse|esse) de (?:\d\d|{'|'.join(WORDS)})\b", said)
    )
