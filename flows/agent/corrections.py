"""What a lead says of the data that were read back: right, wrong, another value, another bill (domain.md 2.1, 9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from flows.agent.hearing import Heard
from flows.agent.intents import Intent, looks_like_question
from flows.agent.naming import named, same
from flows.brazil.folding import fold
from flows.brazil.money import parse

_NOTHING_WRONG = re.compile(
    r"\bnada (?:de )?errad\w+|\bnao (?:tem|ha|vi|achei) (?:nada|erros?|nenhum)\b"
    r"|(?<!nao )\b(?:esta|ta) (?:tudo |bem )?(?:cert[oa]|certinh[oa]|corret[oa]|ok)\b"
)
_WRONG = re.compile(
    r"\berrad[oa]s?\b|\bincorret\w+|\bdiferentes?\b|\btrocad[oa]s?\b|\b(?:algum|um|tem|ha) (?:erro|engano)\b"
    r"|^(?:um )?erro\b"
    r"|\bnao (?:e|eh|era|foi|sao|esta|ta|bate|batem|confere|conferem|deu|veio|fecha|se chama)\b"
)
_RIGHT = re.compile(
    r"^(?:\w+ ){0,5}(?:certinh[oa]s?|cert[oa]s?|corret[oa]s?|confere|conferem|bate|batem|ok)"
    r"(?: (?:sim|mesmo|moca|obrigad[oa]))*$|^(?:e )?(?:iso|issu)$"
)
_ANOTHER_BILL = re.compile(
    r"\b(?:mandei|enviei|passei|anexei|foi|era) (?:\w+ ){0,2}(?:conta |fatura |arquivo |foto )?"
    r"(?:errad[oa]|trocad[oa])\b"
    r"|\b(?:conta|fatura) errada\b|\bnao (?:e|eh|era) (?:a |essa )?(?:minha conta|essa conta|a conta)\b"
    r"|\b(?:ess[ae]|est[ae])(?: conta| fatura)? nao (?:e|eh) (?:a )?(?:minha|certa)\b"
    r"|\b(?:vou |posso |deixa eu )?(?:mand|envi)(?:ar|o|arei) (?:a |o )?(?:outr[oa]|cert[oa]|nov[oa])\b"
)
# "A conta está errada" speaks of what is on the bill.
_DATA_WRONG = re.compile(r"\b(?:esta|ta|veio) errad")
_SENDS = re.compile(r"\b(?:mand|envi)(?:o|a|ar|arei|e|em)\b|\boutra (?:conta|fatura)\b")
_TOPICS = {
    "total": re.compile(r"\b(?:valor|total|preco|quantia|reais|dinheiro)\b"),
    "holder": re.compile(r"\b(?:nome|titular|dono|dona|pessoa|chama|chamo)\b"),
    "utility": re.compile(r"\b(?:distribuidora|concessionaria|companhia|empresa)\b"),
    "place": re.compile(r"\b(?:cidade|estado|endereco|lugar|municipio)\b"),
    "due_date": re.compile(r"\b(?:vencimento|vence|data|dia|mes|referencia)\b"),
    "other": re.compile(r"\b(?:tudo|outr[oa]s?|consumo|kwh|leitura|numero|dados?)\b"),
}
_BARE = re.compile(r"^(?:nao )?(?:e|eh|foi|era|deu|veio|sao|o certo e|na verdade e|uns)? ?(?:de |r )?[\d ]+$")
# A bare number as small as a day of the month is no value of a bill.
_LEAST_BARE = 32
_REFUSES = re.compile(
    r"\bnao (?:\w+ )?(?:quer|aceita|concorda|topa|assina|autoriza|vai|participa|da|pode)\b|\bfaleceu\b|\bmorreu\b"
)
_UNSURE = re.compile(
    r"\b(?:vou|preciso|tenho que|deixa eu) (?:\w+ )?(?:ver|perguntar|falar|conversar|checar)\b"
    r"|\bnao sei\b|\btalvez\b|\bacho que\b"
)
_SIGNS = re.compile(r"\b(?:concorda|aceita|topa|assina|assinar|autoriza|participa)\b")
_AGREES = re.compile(
    r"\b(?:concorda|aceita|topa|assina|autoriza|participa|quer|sabe|pode)\b|\bsem problemas?\b"
    r"|\btranquil[oa]\b|\bde boa\b"
)
_SAME_PERSON = re.compile(
    r"\b(?:sou eu|meu nome de (?:casad|solteir)|o titular e eu|sou (?:o |a )?(?:titular|don[oa]))\b"
)


@dataclass(frozen=True)
class Said:
    """`values` are the lead's own: `total` (reais, as text) and `utility`. `topics` name what they speak of."""

    right: bool
    wrong: bool
    another_bill: bool
    values: dict[str, str]
    topics: tuple[str, ...]


def read(heard: Heard, total: Decimal | None, utility: str | None, state: str | None) -> Said:
    """Read a burst as an answer to "está certo?"; `total` (reais) and `utility` are what was read on the bill."""
    texts = [text for text in heard.texts if not looks_like_question(text)]
    folded = [fold(text) for text in texts]
    tapped = heard.tapped("bill")
    values, agrees = _values(heard, texts, total, utility, state)
    clauses = [fold(clause) for text in texts for clause in re.split(r"[.,;!\n]", text)]
    fine = any(_NOTHING_WRONG.search(clause) for clause in clauses)
    wrong = not fine and (tapped == "wrong" or any(_WRONG.search(said) for said in folded))
    wrong = wrong or (not fine and Intent.DENY in heard.intents)
    right = tapped == "ok" or fine or agrees or Intent.CONFIRM in heard.intents or any(map(_RIGHT.search, folded))
    another = any(_ANOTHER_BILL.search(said) and not _DATA_WRONG.search(said) for said in folded)
    topics = tuple(topic for topic, pattern in _TOPICS.items() if any(pattern.search(said) for said in folded))
    return Said(right and not wrong, wrong, another, values, tuple(dict.fromkeys((*values, *topics))))


def speaks_of_sending(heard: Heard) -> bool:
    """Tell whether somebody asks for leave, or announces, to send another bill."""
    return any(_SENDS.search(fold(text)) for text in heard.texts)


def speaks_of_holder(heard: Heard) -> bool:
    """Tell whether somebody says of another person that they would sign, or would not, before being asked."""
    return any(_SIGNS.search(fold(text)) for text in heard.texts if not looks_like_question(text))


def agreement(heard: Heard) -> str | None:
    """Return `yes`, `no` or `unsure` for what was said of a holder who has to sign; None when nothing was."""
    said = " ".join(fold(text) for text in heard.texts if not looks_like_question(text))
    if Intent.DENY in heard.intents or _REFUSES.search(said):
        return "no"
    if _UNSURE.search(said) or Intent.SEND_BILL_LATER in heard.intents:
        return "unsure"
    yes = Intent.CONFIRM in heard.intents or _AGREES.search(said) or _SAME_PERSON.search(said)
    return "yes" if yes else None


def _values(
    heard: Heard, texts: list[str], total: Decimal | None, utility: str | None, state: str | None
) -> tuple[dict[str, str], bool]:
    """Return the values that differ from the bill's, and whether one was named that is the same."""
    values, agrees = {}, False
    amount = heard.amount if texts else None
    for text in texts if amount is None else ():
        bare = parse(text) if _BARE.match(fold(text)) else None
        amount = bare if bare is not None and bare >= _LEAST_BARE else amount
    if amount is not None:
        agrees = amount == total
        if not agrees:
            values["total"] = str(amount)
    for text in texts:
        if company := named(text, state):
            fits = same(company.name, utility, state)
            agrees |= fits is True
            if fits is not True:
                values["utility"] = company.name
    return values, agrees
