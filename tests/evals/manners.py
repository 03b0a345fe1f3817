"""What no text of ours may hold by itself: promises that nobody may make, percentages that were not read, a wrong voice.

The claims are those of docs/domain.md 1.5, the limits those of docs/whatsapp.md 5.7. Written apart from the check in
`flows.assistant.say`, so that one does not share the other's blind spots. What is denied ("não peço senha") is no claim.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from flows.brazil.folding import unaccent
from flows.domain import Content, Plan

ALLOWED_EMOJI = frozenset("😊⚡")
MOST_EMOJI = 2
MOST_TEXT = 4096

_ENERGY = r"(?:energia|eletricidade|luz|creditos?)"
_SAVING = r"(?:econom\w*|poup\w*|desconto\w*|sobra\w*|ganh\w*|bonus|reduz\w*|reducao|de volta|a menos|barat\w*)"
_MONEY = r"(?:r\$\s*\d|\d[\d.,]*\s*(?:mil\s+)?(?:reais|real\b|conto))"
_BILL = r"(?:conta|fatura|boleto)"
_FRACTION = r"(?:metade|um (?:terco|quarto|quinto))"

# Each rule is looked for inside one sentence of the folded text (lower case, no accents).
_CLAIMS: dict[str, re.Pattern[str]] = {
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
# "Não peço senha, CPF nem pagamento", "sem falar em preço garantido"; a "mas" between takes the denial back.
_DENIED = re.compile(r"\b(?:nao|nem|nunca|jamais|ninguem)\b(?:(?!\bmas\b|\bporem\b)[^.!?;:\n]){0,70}$")

_UNITS = "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete"
_WORDS = {word: value for value, word in enumerate(f"{_UNITS} dezoito dezenove".split())}
_WORDS |= {"uma": 1, "duas": 2, "catorze": 14, "vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "cem": 100}
_SPOKEN = rf"\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b(?:\s+e\s+(?:{'|'.join(_WORDS)})\b)?"
_SIGN = r"(?:[%％٪﹪]|por\s*cento\b|porcento\b|pontos?\s+percentua(?:l|is)\b|p\.p\.)"
_PERCENT = re.compile(
    rf"(?P<low>\d+(?:[.,]\d+)?)\s*(?:a|ate|ou|e|-|–|—|/)\s*(?P<high>\d+(?:[.,]\d+)?)\s*{_SIGN}"
    rf"|(?P<one>\d+(?:[.,]\d+)?|{_SPOKEN})\s*{_SIGN}"
)


def offered(plans: Iterable[Plan]) -> frozenset[Decimal]:
    """Return the percentages that plans allow, in percent points (18, not 0.18)."""
    return frozenset(plan.discount * 100 for plan in plans)


def percentages(folded: str) -> Iterator[Decimal]:
    """Yield each percentage of a folded text, in percent points."""
    for match in _PERCENT.finditer(folded):
        for number in (match["low"], match["high"], match["one"]):
            if number is not None:
                yield _value(number)


def odd(content: Content, *, percents: Collection[Decimal], benefits: Collection[str] = ()) -> list[str]:
    """Return the names of the rules that a message breaks by itself, with the figure where one helps.

    `percents` are percent points of the plans just read. `benefits` are the descriptions of those plans as the API gave
    them: what they say ("Primeira fatura paga pela Serena") may be repeated word for word.
    """
    quoted = sorted((unaccent(benefit) for benefit in benefits if len(benefit.strip()) > 3), key=len, reverse=True)
    texts = [_without_quotes(unaccent(part), quoted) for part in _shown(content)]
    allowed = {Decimal(percent) for percent in percents}
    found = [f"percent_not_offered:{p}" for text in texts for p in percentages(text) if p not in allowed]
    sentences = [s for text in texts for s in re.split(r"(?<=[.!?;])\s+|\n", text) if s]
    found += [rule for rule, pattern in _CLAIMS.items() if any(_claims(pattern, s) for s in sentences)]
    return list(dict.fromkeys([*found, *_voice(content.text), *_limits(content)]))


def _claims(pattern: re.Pattern[str], sentence: str) -> bool:
    return any(not _DENIED.search(sentence[: match.start()]) for match in pattern.finditer(sentence))


def _value(number: str) -> Decimal:
    if number[0].isdigit():
        return Decimal(number.replace(",", "."))
    return Decimal(sum(_WORDS.get(word, 0) for word in number.split()))


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
    cut = [piece.rstrip(". ") if piece.endswith("...") else "" for piece in pieces]
    return "".join(
        " " if len(start) > 7 and any(benefit.startswith(start) for benefit in quoted) else piece
        for piece, start in zip(pieces, cut, strict=True)
    )


def _voice(text: str) -> Iterator[str]:
    emoji = [c for c in text if _is_emoji(c)]
    if len(emoji) > MOST_EMOJI or not set(emoji) <= ALLOWED_EMOJI:
        yield "emoji"
    if re.sub(r"https?://\S+", "", text).count("?") > 1:
        yield "several_questions"
    if "**" in text or re.search(r"^#|\]\(|```", text, re.MULTILINE):
        yield "markdown"
    if re.search(r"\{\w*\}|\[\[", text):
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
