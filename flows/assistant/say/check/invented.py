"""Every figure must stand in the acts or follow from the plans: digits, number words, shares, money, names in bold."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.assistant.bill import utilities
from flows.assistant.say.check.clauses import Clause, Text, folded, words
from flows.assistant.say.check.ground import Ground
from flows.assistant.say.check.numbers import found, numbers

# "cinquentinha", "vintão", "dezoitão"
_TALK = re.compile(
    r"\b(?:dez|quinze|vint|trint|quarent|cinquent|sessent|setent|oitent|novent|dezoit|dezess|cenz|cent|duzent|trezent|quinhent|mil)"
    r"(?:inh[ao]|ao|ona|zinh[ao]|zao|eiro)s?\b|\b(?:dezenas?|duzias?|centenas?|milhar(?:es)?)\b"
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
        for start, end, value in found(clause.text):
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
            key = utilities.fold_name(word)
            if utilities.is_named_in(word) and f" {key} " not in says and f" {key} " not in wrote:
                yield "utility_name"


def _promised(clause: Clause, start: int, end: int) -> bool:
    """Tell whether a number that only the lead used is made ours: a percentage or a sum that nobody denies."""
    after = clause.text[end:].lstrip()
    measured = after.startswith(("%", "por cento", "porcento", "reais", "conto", "mes")) or clause.text[
        :start
    ].rstrip().endswith("r$")
    return measured and not clause.asks and not clause.denied(start, end)
