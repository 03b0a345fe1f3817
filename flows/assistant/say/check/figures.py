"""Every figure must stand in the acts or follow from the plans: digits, number words, shares, money, names in bold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from flows.assistant.bill import utilities
from flows.assistant.say.check.clauses import Clause, Text, folded, words
from flows.assistant.say.check.ground import Ground

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_UNITS = (
    "um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete "
    "dezoito dezenove"
)
_VALUES = {word: value for value, word in enumerate(_UNITS.split(), start=1)} | {
    "uma": 1, "duas": 2, "catorze": 14, "vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70,
    "oitenta": 80, "noventa": 90, "cem": 100, "cento": 100, "duzentos": 200, "trezentos": 300, "quatrocentos": 400, "quinhentos": 500,
    "seiscentos": 600, "setecentos": 700, "oitocentos": 800, "novecentos": 900, "mil": 1000,
}  # fmt: skip
# "cinquentinha", "vintão", "dezoitão"
_TALK = re.compile(
    r"\b(?:dez|quinze|vint|trint|quarent|cinquent|sessent|setent|oitent|novent|dezoit|dezess|cenz|cent|duzent|trezent|quinhent|mil)"
    r"(?:inh[ao]|ao|ona|zinh[ao]|zao|eiro)s?\b|\b(?:dezenas?|duzias?|centenas?|milhar(?:es)?)\b"
)
_SMALL = range(1, 10)
# What a small number word counts where it is a promise and not talk ("um minuto", "as duas").
_MEASURES = re.compile(
    r"^(?:mil|reais|contos?|pilas?|pratas|por|porcento|mes|meses|anos?|dias?|horas?|semanas?|vezes|em cada|de cada|pontos?|contas? (?:sa|ve|e |de))"
)
_SHARE = re.compile(
    r"\b(?:metade|dobro|triplo|(?:um|uma) (?:terco|quinto|sexto|setimo|oitavo|nono|decimo|quarto d[aeo])|(?:dois|tres) (?:tercos|quartos|quintos)"
    r"|(?:quinta|quarta|terca|sexta|decima|boa|grande|maior) parte|quase um (?:terco|quarto|quinto|sexto)|ao meio|no meio(?! do)|meio a meio"
    r"|mei[ao][ -](?:conta|fatura|luz|entrada|preco|valor|boleto)|quase (?:nada|zero|tudo|metade)|um mes (?:sim|voce paga)|mes sim)\b"
)
_MONEY = re.compile(r"\br\$|\b(?:reais|contos?|pilas?|pratas|mangos?|dinheirao|dinheirinho)\b")
_BOLD = re.compile(r"\*([^*\n]{2,60})\*")
_PLAN = re.compile(r"\b[Pp]lanos?\s+\*?((?:[A-ZÁÉÍÓÚÂÊÔÃÕÇ][\w-]*)(?:\s+[A-ZÁÉÍÓÚÂÊÔÃÕÇ][\w-]*)*)")
_COMMANDS = frozenset(
    {
        "parar",
        "atendente",
        "apagar meus dados",
        "quero continuar",
        "falar com uma pessoa",
        "oi",
        "camera",
        "documento",
        "compartilhar",
        "foto",
        "pdf",
    }
)


def unknown(text: Text, ground: Ground) -> Iterator[str]:
    """Yield the code of each figure and name that has no ground."""
    ours, theirs = numbers(ground.says.folded), numbers(ground.wrote.folded)
    years = {months / 12 for months in ours if months and months % 12 == 0}
    for clause in text.clauses:
        for start, end, value in _found(clause.text):
            if value in ours | years:
                continue
            if value not in theirs or _promised(clause, start, end):
                yield "number"
        for pattern in (_SHARE, _TALK):
            for match in pattern.finditer(clause.text):
                told = match[0] in ground.says.folded or (match[0] in ground.wrote.folded and clause.asks)
                if not (told or clause.denied(match.start(), match.end())):
                    yield "share"
        for match in _MONEY.finditer(clause.text):
            if not (
                match[0] in ground.says.folded
                or clause.denied(match.start(), match.end())
                or clause.left_open(match.start())
            ):
                yield "money"
    yield from _names(text, ground)


def numbers(text: str) -> frozenset[Decimal]:
    """Return every number in a folded text, in figures or in words, thousands and decimals as Brazilians write them."""
    return frozenset(value for _, _, value in _found(text, small=True))


def _names(text: Text, ground: Ground) -> Iterator[str]:
    says, wrote = f" {' '.join(words(ground.says.folded))} ", f" {' '.join(words(ground.wrote.folded))} "
    for name in _BOLD.findall(text.raw):
        key = " ".join(words(folded(name)))
        if key and key not in _COMMANDS and f" {key} " not in says and f" {key} " not in wrote:
            yield "name"
    for name in _PLAN.findall(text.raw):
        if f" {' '.join(words(folded(name)))} " not in says:
            yield "plan_name"
    for sentence in text.sentences:
        for word in re.findall(r"\b[A-Z][\wÀ-ÿ]{2,}(?: [A-Z][\wÀ-ÿ]{2,})*", sentence.raw):
            key = utilities.fold(word)
            if utilities.is_named_in(word) and f" {key} " not in says and f" {key} " not in wrote:
                yield "utility_name"


def _promised(clause: Clause, start: int, end: int) -> bool:
    """Tell whether a number that only the lead used is made ours: a percentage or a sum that nobody denies."""
    after = clause.text[end:].lstrip()
    measured = after.startswith(("%", "por cento", "porcento", "reais", "conto", "mes")) or clause.text[
        :start
    ].rstrip().endswith("r$")
    return measured and not clause.asks and not clause.denied(start, end)


def _found(text: str, *, small: bool = False) -> Iterator[tuple[int, int, Decimal]]:
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
