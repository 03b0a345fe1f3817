"""What a model's message may not do, checked on every message before it may leave (domain.md 1.5, 10.5).

The rules of `claims` hold for all texts of ours. A model's text must besides say only figures that were read or known
in this turn, tell only what the journey really did, and ask only what is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from pydantic import ValidationError

from flows.agent import figures, manners
from flows.agent.claims import broken_rules, offered
from flows.agent.directive import PLANS_MARK, visible
from flows.agent.model import Answer
from flows.agent.rehearsal import Step
from flows.agent.words import numbered, say
from flows.brazil.folding import fold, unaccent
from flows.domain import Content, Qualification, Turn

_PROMISES = {
    "zeroed": r"\bzer(?:a|ar|ada|ado|ando|amos|o)\b|\bisent\w+|\bnunca mais\b[^\n]{0,20}\bpag\w+"
    r"|\bnao (?:vai |ira |tera (?:que|de) )?pag\w+ (?:mais )?(?:nada|conta|luz|energia)\b|\bsem pagar\b",
    "without_cost": r"\bsem (?:nenhum |nenhuma |qualquer )?(?:custos?|taxas?|mensalidades?|multas?|burocracia|riscos?)\b",
    "whole_bill": r"\b(?:conta|fatura|boleto) (?:inteir[ao]|tod[ao]|total|complet[ao])\b|\btod[ao] (?:a|o) (?:conta|fatura)\b",
    "certain": r"\bcom certeza (?:voce|vc|a sua|o seu|vai)\b|\bpromet\w+|\bassegur\w+|\b(?:eu )?(?:te )?dou (?:um|o|mais)\b"
    r"|\bconsegui (?:um|mais|para voce)\b|\bdesconto (?:especial|extra|exclusivo|maior so)\b|\bliber(?:ei|ado|amos)\b",
    "action_not_done": r"\b(?:apaguei|exclui|cancelei|agendei|liguei|desliguei|transferi|cadastrei|enviei|"
    r"alterei|aprovei|ativei|contratei|assinei)\b",
    "plan_not_ours": r"\b(?:cupom|cashback|voucher|pontos|sorteio|premio)\b",
}  # fmt: skip
_FORBIDDEN = {name: re.compile(pattern) for name, pattern in _PROMISES.items()}
_CALLS = re.compile(
    r"\b(?:avisei|chamei|acionei|encaminhei|repassei|passei)\b|\bconsultor\w* (?:\w+ ){0,3}(?:vai|vao|ira|fala|entra"
    r"|liga|chama|retorna)\w* (?:\w+ ){0,2}(?:contato|voce|ligar|chamar|falar|retornar|te)\b"
    r"|\b(?:vai|vao|ira) (?:te )?(?:ligar|chamar|procurar|contatar)\b|\bentra\w* em contato\b"
)
_DEADLINE = re.compile(
    r"\bhoje(?: mesmo| ainda)?\b|\bamanha\b|\bem (?:breve|instantes|minutos|poucos?)\b|\bdias? ut(?:il|eis)\b"
    r"|\bsemana que vem\b|\bmes que vem\b|\bna hora\b|\bimediat\w+"
)
_QUALIFIED = re.compile(r"\b(?:pre-?\s?)?qualificad[oa]\b|\belegive(?:l|is)\b|\baceit[oa] no programa\b")
_NOT_SERVED = re.compile(
    r"\bnao (?:\w+ ){0,2}(?:atend\w+|cobr\w+|cheg(?:amos|ou)|temos (?:plano|cobertura))\b|\bfora d[aeo] (?:area|cobertura)"
    r"|\bsem cobertura\b|\bnao (?:ha|tem|existe\w*) (?:\w+ )?planos?\b"
)
_SERVED = re.compile(r"\batend(?:emos|id[ao])\b|\btemos (?:\w+ ){0,2}planos?\b|\bha (?:\w+ )?planos?\b|\bboa noticia\b")
_UNCONFIRMED = re.compile(
    r"\ba confirmar\b|\bser confirmad|\bconfirm\w+ (?:\w+ ){0,3}condicoes|\bcondicoes\b[^\n]*\bconfirm"
)


@dataclass(frozen=True)
class Guard:
    """Turns a model's answer into a message, or names the rules it breaks."""

    told: str
    deadline: str
    link: str | None

    def message(self, answer: Answer, step: Step, turn: Turn) -> tuple[Content | None, list[str]]:
        """Return the message and no broken rules, or no message and the names of the rules (codes and figures)."""
        body = _tidy(answer.text)
        if not body:
            return None, ["text_length"]
        unknown = [id for id in answer.choices if id not in {choice.id for choice in step.choices}]
        broken = [*(["choice_not_allowed"] if unknown else []), *self._of_text(body, step, turn)]
        try:
            content = _composed(body, step, set(answer.choices))
        except ValidationError:
            return None, [*broken, "text_length"]
        plans = (*step.spoken_of, *step.reply.offers)
        benefits = [benefit for plan in plans for benefit in plan.benefits]
        broken += broken_rules(content, percents=offered(plans), benefits=benefits)
        return (None, list(dict.fromkeys(broken))) if broken else (content, [])

    def _of_text(self, body: str, step: Step, turn: Turn) -> Iterator[str]:
        folded = unaccent(body)
        yield from figures.unknown(body, self._figures(step))
        only = broken_rules(Content(text=body[:4096]), percents=offered(step.spoken_of))
        yield from (rule for rule in only if rule.startswith("percent_not_offered"))
        if figures.mixed_up(body, step.spoken_of):
            yield "plan_mixed_up"
        reference = unaccent(step.reference)
        yield from (name for name, pattern in _FORBIDDEN.items() if _says(pattern, folded, reference))
        yield from self._of_state(folded, step)
        yield from manners.odd(body, step, self.told, self.link)
        said = [line.text for line in turn.transcript if line.who != "user"][-1:]
        if any(fold(body) == fold(line) for line in said):
            yield "repeats_itself"

    def _of_state(self, folded: str, step: Step) -> Iterator[str]:
        """Hold the text to what the journey did: nobody is called, served or qualified by a sentence."""
        reply, coverage, reference = step.reply, step.known("coverage"), unaccent(step.reference)
        called = reply.handoff is not None
        if not called and _says(_CALLS, folded, reference):
            yield "claims_handover"
        if _says(_DEADLINE, folded.replace(unaccent(self.deadline), " ") if called else folded, reference):
            yield "deadline_not_ours"
        if _QUALIFIED.search(folded) and reply.qualification is not Qualification.QUALIFIED:
            yield "qualified_too_early"
        denies = coverage not in {"not_served", "no_plan"} and _says(_NOT_SERVED, folded, reference)
        affirms = coverage not in {"served", "no_plan"} and _says(_SERVED, _NOT_SERVED.sub(" ", folded), reference)
        if denies or affirms:
            yield "coverage_mistaken"
        speaks_of_plans = bool(step.offers) and bool(figures.numbers(folded) & figures.of_offers(step.offers))
        if step.served and step.served.stale and speaks_of_plans and not _UNCONFIRMED.search(folded):
            yield "stale_not_said"

    def _figures(self, step: Step) -> frozenset[Decimal]:
        lead, reply = step.lead, step.reply
        amounts = [reply.facts.get("invoice_amount"), lead.invoice_amount]
        known = {Decimal(str(amount)).normalize() for amount in amounts if amount is not None}
        known |= figures.numbers(step.reference) | figures.of_offers(step.spoken_of)
        return frozenset(number.normalize() for number in known | {Decimal(p.position) for p in lead.offers})


def _says(pattern: re.Pattern[str], folded: str, reference: str) -> bool:
    """Tell whether a text says something forbidden that the reviewed text of this step does not say word for word."""
    return any(match[0] not in reference for match in pattern.finditer(folded))


def _tidy(text: str) -> str:
    """Return the text without stray spaces and invisible characters, which could hide a figure from these rules."""
    lines = [" ".join(line.split()) for line in visible(text).strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _composed(body: str, step: Step, wanted: set[str]) -> Content:
    """Put the parts of a message together. Raises pydantic's ValidationError when it would be too long."""
    if step.reply.offers:
        body = _with_plans(body, step)
    if step.question and "?" not in body:
        body = f"{body}\n\n{step.question}"
    content = step.reply.content
    text = f"{step.greeting}\n\n{body}" if step.greeting else body
    if content is None:
        return Content(text=text)
    return Content(
        text=text,
        buttons=tuple(b for b in content.buttons if not wanted or b.id in wanted),
        rows=tuple(r for r in content.rows if not wanted or r.id in wanted),
        list_label=content.list_label,
    )


def _with_plans(body: str, step: Step) -> str:
    """Put the numbered list where the model wants it, else before its last paragraph."""
    scope = say("plans.scope")
    if not (step.served and not step.served.stale):
        scope += " " + say("coverage.stale")
    listed = f"{numbered(step.reply.offers)}\n\n{scope}"
    if PLANS_MARK in body:
        return re.sub(r"\n{3,}", "\n\n", body.replace(PLANS_MARK, f"\n{listed}\n", 1)).strip()
    before, gap, last = body.rpartition("\n\n")
    return f"{before}\n\n{listed}\n\n{last}" if gap else f"{body}\n\n{listed}"
