"""What an outgoing text may not say: numbers that were not just read, promises, the wrong product, broken limits.

The list of claims is domain.md 1.5; the limits are whatsapp-cloud-api.md 8.4. It guards the playbook's own texts in
tests and a model's texts at run time, so it prefers a false alarm to a missed promise.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from flows.agent.percentages import percentages
from flows.agent.words import plain
from flows.brazil.folding import unaccent
from flows.domain import Content, Plan

ALLOWED_EMOJI = frozenset("😊⚡")
MOST_EMOJI = 2
MOST_TEXT = 4096
MOST_TEXT_WITH_CHOICES = 1024

_ENERGY = r"(?:energia|eletricidade|luz|creditos?)"
_SAVING = r"(?:econom\w*|poup\w*|desconto\w*|sobra\w*|ganh\w*|bonus|reduz\w*|reducao|de volta|a menos|barat\w*)"
_MONEY = r"(?:r\$\s*\d|\d[\d.,]*\s*(?:mil\s+)?(?:reais|real\b|conto))"
_BILL = r"(?:conta|fatura|boleto)"
_FRACTION = r"(?:metade|um (?:terco|quarto|quinto))"

# Each rule is looked for inside one sentence of the folded text (lower case, no accents).
_FORBIDDEN: dict[str, re.Pattern[str]] = {
    rule: re.compile(pattern)
    for rule, pattern in {
        "sells_energy": rf"\b(?:vend|revend|compr)\w*\b[^\n]{{0,40}}\b{_ENERGY}\b|\bcomercializ\w+|\bfornecedor\w*"
        rf"|\b{_ENERGY}\b[^\n]{{0,20}}\bmais barat[ao]",
        "approved": r"\b(?:pre-?\s?)?aprova(?:d[oa]s?|mos|cao|r|vel)?\b|\bcontrato (?:fechado|garantido)",
        "free": r"\bgratis\b|\bgratuit\w+|\bde graca\b|\bcusto zero\b|\bsem (?:nenhum )?custo\b|\bbrinde"
        rf"|\b(?:primeira|1a|1ª) {_BILL}\b[^\n]{{0,30}}\b(?:paga|zerad\w+|isent\w+|por nossa conta)",
        "saving_in_money": rf"{_MONEY}[^\n]*\b{_SAVING}|\b{_SAVING}\b[^\n]*{_MONEY}",
        "fraction_promised": rf"\b{_FRACTION} (?:d[aoe]|n[ao])\b|\b(?:pel[ao]|em|cort\w+) (?:n?a )?{_FRACTION}\b",
        "wrong_product": r"\btelhado|\bfinancia\w+|\bpayback\b|\bretorno d[oe] investimento|\bvalorizacao\b"
        r"|\bvaloriz\w+ [^\n]{0,10}imovel|\binstalamos\b|\bseus? (?:proprios? )?paine(?:l|is)\b|\bfotovoltaic\w+",
        "start_promised": r"\b(?:proxim[ao]|primeir[ao]|mes que vem|ja n[ao])\b[^\n]{0,40}\b(?:desconto|econom\w+)"
        r"|\b(?:desconto|econom\w+)\b[^\n]{0,40}\b(?:ja n[ao]|n?[ao] proxim[ao]|mes que vem|imediat\w+)",
        "guaranteed": r"\bgarant\w+",
        "everywhere": r"\btodo o (?:brasil|pais|territorio)|\bqualquer (?:cidade|lugar) do (?:brasil|pais)"
        r"|\bmais de [\d.]+ (?:mil )?(?:cidades|municipios)",
        "no_exit_fee": r"\bsem (?:multa|taxa de cancelamento)|\bcancel\w+ (?:quando|a qualquer)|\bnao (?:ha|tem) multa",
        "ignore_a_bill": rf"\b(?:descart\w+|ignor\w+|desconsider\w+|nao (?:precisa )?pag\w+|jog\w+ fora)\b"
        rf"[^\n]{{0,30}}\b{_BILL}\b",
        "one_or_two_bills": rf"\b(?:unic[ao]|apenas uma|so uma|um so|uma so|duas|dois) {_BILL}s?\b",
        "free_of_flags": r"\b(?:livre|fim|isent\w+) d[aeo]s?\b[^\n]{0,15}\bbandeiras?\b|\bsem bandeiras?\b",
        "hurry": r"\bultim[ao]s? (?:vagas?|chances?|horas?|dias)|\bso hoje\b|\bcorr[ae]\b"
        r"|\bimperdivel|\bvagas limitadas",
        "asks_sensitive": r"\bcpf\b|\brg\b|\bsenhas?\b|\bestado civil\b|\bdados bancarios\b",
        "technical": r"\b(?:error|exception|timeout|traceback|database|api|json|null|none|undefined|http 5\d\d)\b",
    }.items()
}


def offered(plans: Iterable[Plan]) -> frozenset[Decimal]:
    """Return the percentages that plans allow, in percent points (18, not 0.18), to pass as `percents`."""
    return frozenset(plan.discount * 100 for plan in plans)


def broken_rules(content: Content, *, percents: Collection[Decimal], benefits: Collection[str] = ()) -> list[str]:
    """Return the names of the rules that a message breaks, with the figure where one helps; empty means it may go out.

    `percents` are percent points of the plans just read (see `offered`). `benefits` are the descriptions of those
    plans as the API gave them: what they say ("primeira fatura paga pela Serena") may be repeated word for word.
    """
    shown = list(_shown(content))
    quoted = sorted((unaccent(plain(b, 400)) for b in benefits if len(b.strip()) > 3), key=len, reverse=True)
    promised = [_without_quotes(unaccent(part), quoted) for part in shown]
    sentences = [s for part in promised for s in re.split(r"(?<=[.!?;])\s+|\n", part) if s]
    broken = [f"percent_not_offered:{p}" for p in _unknown_percents(promised, percents)]
    broken += [rule for rule, pattern in _FORBIDDEN.items() if any(pattern.search(s) for s in sentences)]
    return list(dict.fromkeys([*broken, *_voice(content.text), *_limits(content)]))


def _shown(content: Content) -> Iterator[str]:
    """Yield every piece of text that the lead reads."""
    yield content.text
    for button in content.buttons:
        yield button.title
    for row in content.rows:
        yield row.title
        yield row.description
    if content.rows:
        yield content.list_label


def _without_quotes(text: str, quoted: list[str]) -> str:
    """Leave out the benefits that a listed plan really has, whole or cut off with an ellipsis as in a list row."""
    for benefit in quoted:
        text = text.replace(benefit, " ")
    # Folding writes the ellipsis as three dots.
    pieces = re.split(r"( · |\n)", text)
    cut = [p.rstrip(". ") if p.endswith("...") else "" for p in pieces]
    return "".join(
        " " if len(c) > 7 and any(b.startswith(c) for b in quoted) else p for p, c in zip(pieces, cut, strict=True)
    )


def _unknown_percents(texts: Iterable[str], percents: Collection[Decimal]) -> Iterator[Decimal]:
    allowed = {Decimal(p) for p in percents}
    for text in texts:
        yield from (p for p in percentages(text) if p not in allowed)


def _voice(text: str) -> Iterator[str]:
    without_links = re.sub(r"https?://\S+", "", text)
    emoji = [c for c in text if _is_emoji(c)]
    if len(emoji) > MOST_EMOJI or not set(emoji) <= ALLOWED_EMOJI:
        yield "emoji"
    if without_links.count("?") > 1:
        yield "several_questions"
    if "**" in text or re.search(r"^#|\]\(|```", text, re.MULTILINE):
        yield "markdown"
    if re.search(r"\{\w*\}", text):
        yield "placeholder"


def _is_emoji(character: str) -> bool:
    # Pictographs, dingbats and arrows-with-colour live in these blocks; bullets, dashes and accents do not.
    return ord(character) >= 0x1F000 or 0x2600 <= ord(character) <= 0x27BF or 0x2B00 <= ord(character) <= 0x2BFF


def _limits(content: Content) -> Iterator[str]:
    """Check what WhatsApp would refuse; `Content` checks most of it, but not content built without validation."""
    titles = [*(b.title for b in content.buttons), *(r.title for r in content.rows)]
    ids = [*(b.id for b in content.buttons), *(r.id for r in content.rows)]
    if not content.text.strip() or len(content.text) > MOST_TEXT:
        yield "text_length"
    if len(content.buttons) > 3 or any(len(b.title) > 20 or len(b.id) > 256 for b in content.buttons):
        yield "buttons"
    if len(content.rows) > 10 or any(
        len(r.title) > 24 or len(r.description) > 72 or len(r.id) > 200 for r in content.rows
    ):
        yield "rows"
    if content.rows and (content.buttons or not 0 < len(content.list_label) <= 20):
        yield "rows"
    if len(set(titles)) < len(titles) or len(set(ids)) < len(ids) or not all(t.strip() for t in titles):
        yield "choices_not_distinct"
