"""What no outgoing message may do, whoever wrote it: checked by code on every message of every scripted lead.

`manners` holds promises, percentages, voice and WhatsApp's limits. Here are the rules that need the
conversation: what is known, what was asked before, what the world answered, what has ended (docs/domain.md 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from flows.assistant.hear.amounts import numbers_in
from flows.brazil.folding import fold, unaccent
from flows.brazil.money import parse
from flows.domain import Content, InboundMessage, Lead, Plan, Qualification, Stage
from tests.evals.manners import odd, offered

MINIMUM = Decimal(200)
_SHINGLE = 6


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ASKS = {
    "place": re.compile(
        r"\b(?:qual|que|quais|em qual|de qual)\b.*\b(?:cidade|municipio|estado)\b|\bde onde\b(?! paramos)|\bonde (?:voce )?mora\b"
        r"|\b(?:conta|luz) (?:e|fica) (?:de|em)\b|\bqual e a (?:sua|certa)\b|\bnome da cidade\b"
    ),
    "bill": re.compile(
        r"\b(?:mand\w+|envi\w+|tir\w+|encaminh\w+)\b.*\b(?:foto|pdf|contas?(?: de luz)?|fatura|outr[ao]|de novo|por aqui)\b"
    ),
    "amount": re.compile(r"\bquanto\b.*\b(?:pag\w+|vem|gast\w+)\b|\b(?:qual|que) .*\bvalor\b.*\bconta\b"),
    "utility": re.compile(r"\bqual\b.*\b(?:distribuidora|concessionaria)\b|\bqual dest[ae]s aparece\b"),
    "plan": re.compile(r"\bqual\b.*\b(?:planos?|deles|prefere)\b"),
    "name": re.compile(r"\b(?:seu nome|com quem (?:eu )?falo|como (?:voce )?se chama)\b"),
}
_DEMANDS_BILL = re.compile(r"\b(?:falta so|preciso d[ae]|so falta) (?:a )?(?:sua )?(?:conta|fatura)\b")
# "Oi, estou por aqui" answers somebody who asks whether we are.
_INTRODUCES = re.compile(r"\bmeu nome e\b|^(?:oi|ola|opa)\b(?!, estou por aqui)")
_TECHNICAL = re.compile(
    r"\b(?:erro (?:interno|de sistema|d[oe] servidor|\d{3})|exce[cp]\w*ao|exceptions?|time ?out|apis?|banco de dados"
    r"|database|servidor(?:es)?|backend|traceback|json|https?|webhook|tokens?|status \d{3}|internal|server|null"
    r"|prompts?|sistema fora|fora do ar|instrucoes internas)\b"
)
_NOT_SERVED = re.compile(
    r"\bnao (?:\w+ ){0,2}(?:atend\w+|cobr\w+|temos (?:plano|cobertura))\b|\bsem cobertura\b|\bnao (?:ha|tem) (?:\w+ )?planos?\b"
)
_CALLS = re.compile(
    r"\b(?:uma pessoa|um consultor|alguem)(?: da (?:serena|equipe|nossa equipe))? "
    r"(?:(?:fala|entra em contato|liga|confere)\b|vai te (?:chamar|ligar|procurar))"
)
_QUALIFIED = re.compile(r"(?<!nao )\bpre ?-?qualificad[oa]\b|\bpre qualificad[oa]\b")
_MONEY = re.compile(r"R\$\s*\d[\d.]*(?:,\d{2})?")
_FIGURE = re.compile(r"\d[\d.]*(?:,\d{1,2})?")
_OURS = _words(
    "a o as os e de do da em no na um uma que para por com sem se voce me te seu sua nao sim ja mais mas ou como quando "
    "qual isso esse essa aqui ate so tem ser pode sobre conta luz plano planos por nada combinado certo tudo bem"
)
_THEIRS = _words(
    "the is are you your and with for this that can please what have will hello sorry how not usted hola gracias pero "
    "muy con es una del tu ciudad factura el los las"
)


@dataclass(frozen=True)
class Sent:
    """One message of ours and all that it may be held to. `earlier` are our messages before it, oldest first."""

    content: Content
    earlier: tuple[Content, ...]
    messages: tuple[InboundMessage, ...]
    before: Lead
    after: Lead
    plans: tuple[Plan, ...]
    outage: bool
    place_known: bool
    bill_known: bool
    utility_known: bool
    handed_over: bool
    amounts: frozenset[Decimal]
    may_ask: tuple[str, ...]
    # The lead wrote just what they wrote before, and may hear just the same.
    lead_repeats: bool = False
    reminder: bool = False


def questions(text: str) -> list[str]:
    """Return the sentences of a message that ask, folded."""
    return [fold(s) for s in re.split(r"(?<=[.!?:])\s+|\n+", text) if s.rstrip(" 😊⚡*_").endswith("?")]


def seen(content: Content) -> str:
    """Return all that a lead reads in a message: text, then one line for each choice."""
    choices = [b.title for b in content.buttons] + [f"{r.title} {r.description}".strip() for r in content.rows]
    return "\n".join([content.text, *choices])


def broken(sent: Sent) -> list[str]:
    """Return the names of the rules that a message breaks; empty when it is as it should be."""
    benefits = [benefit for plan in sent.plans for benefit in plan.benefits]
    found = odd(sent.content, percents=offered(sent.plans), benefits=benefits)
    folded = unaccent(re.sub(r"https?://\S+", " ", seen(sent.content)))
    found += _language(folded)
    found += _memory(sent)
    found += _truth(sent, folded)
    found += _echo(sent, fold(folded))
    return list(dict.fromkeys(found))


def _language(folded: str) -> Iterator[str]:
    if match := _TECHNICAL.search(folded):
        yield f"technical:{match[0]}"
    words = re.findall(r"[a-z]+", folded)
    ours, theirs = sum(w in _OURS for w in words), sum(w in _THEIRS for w in words)
    if theirs > ours or (len(words) > 6 and ours == 0):
        yield "not_portuguese"


def _memory(sent: Sent) -> Iterator[str]:
    """What is known is not asked, what was said is not said again in the same words."""
    asked = questions(sent.content.text)
    known = {
        "place": sent.place_known,
        "bill": sent.bill_known,
        "amount": sent.before.invoice_amount is not None,
        "utility": sent.utility_known,
        # A person who checks the bill is told before any plan is chosen; with the plan the lead becomes interested.
        "plan": sent.handed_over and Stage.INTERESTED in (sent.before.stage, sent.after.stage),
        "name": bool(sent.before.name),
    }
    for topic, is_known in known.items():
        if is_known and topic not in sent.may_ask and any(_ASKS[topic].search(question) for question in asked):
            yield f"asks_known:{topic}"
    if sent.bill_known and "bill" not in sent.may_ask and _DEMANDS_BILL.search(fold(sent.content.text)):
        yield "asks_known:bill"
    if sent.earlier and _INTRODUCES.search(unaccent(sent.content.text)):
        yield "greets_again"
    last_two = [questions(content.text)[-1:] for content in sent.earlier[-2:]]
    if asked and len(last_two) == 2 and all(last == asked[-1:] for last in last_two):
        yield "same_question_three_times"
    if sent.earlier and sent.earlier[-1].text == sent.content.text and not sent.lead_repeats:
        yield "same_message_twice"


def _truth(sent: Sent, folded: str) -> Iterator[str]:
    """What is told is what happened."""
    if sent.outage and _NOT_SERVED.search(folded):
        yield "outage_told_as_no_coverage"
    if _CALLS.search(folded) and not sent.handed_over:
        yield "call_promised_to_nobody"
    if _QUALIFIED.search(folded) and sent.after.qualification is not Qualification.QUALIFIED:
        yield "qualified_too_early"
    typed = [figure for m in sent.messages for figure in (m.text, *_FIGURE.findall(m.text))]
    said = [amount for text in typed for amount in numbers_in(text)]
    lead = [a for a in (sent.before.invoice_amount, sent.after.invoice_amount) if a is not None]
    allowed = {MINIMUM, *sent.amounts, *said, *lead}
    for money in _MONEY.findall(sent.content.text):
        value = parse(money)
        if value is not None and value not in allowed and not any(money in b for p in sent.plans for b in p.benefits):
            yield f"amount_not_known:{value}"
    ended = sent.after.stage.closed or sent.after.opted_out_at is not None
    selling = any(_ASKS[topic].search(q) for topic in ("place", "bill", "plan") for q in questions(sent.content.text))
    if ended and (sent.reminder or selling):
        yield "proactive_after_the_end"


def _echo(sent: Sent, words: str) -> Iterator[str]:
    """Nobody's own sentence comes back to them: what is hostile must not get our name under it."""
    ours = f" {words} "
    for message in sent.messages:
        typed = fold(message.text).split() if message.payload is None else []
        if any(f" {' '.join(typed[i : i + _SHINGLE])} " in ours for i in range(len(typed) - _SHINGLE + 1)):
            yield "echoes_the_lead"
            return
