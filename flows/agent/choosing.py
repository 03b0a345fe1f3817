"""Which entry of a numbered list a person picks, however they say it (domain.md 2.1, step 12)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flows.agent.asking import looks_like_question
from flows.brazil.folding import fold, spoken, unaccent

_NUMBERS = {
    "um": 1, "uma": 1, "dois": 2, "duas": 2, "tres": 3, "quatro": 4, "cinco": 5, "seis": 6, "sete": 7, "oito": 8,
    "nove": 9, "dez": 10,
}  # fmt: skip
_ORDINALS = {
    "primeir": 1, "segund": 2, "terceir": 3, "quart": 4, "quint": 5, "sext": 6, "setim": 7, "oitav": 8, "non": 9,
    "decim": 10,
}  # fmt: skip
_STEMS = {number: stem for stem, number in _ORDINALS.items()}
_LABEL = r"(?:planos?|opcao|opcoes|numero|num|nr|n|item|alternativa|proposta|oferta|distribuidora|cidade)"
_WANT = (
    r"(?:quero|queria|gostaria d[eo]|prefiro|escolho|escolhi|escolheria|fico com|ficaria com|ficamos com|"
    r"(?:vou |quero |queria |gostaria de )?ficar com|vou (?:de|com|querer|no|na|pelo)|pode ser|seria|"
    r"gostei d[oa]|me interess\w+ (?:n?[oa]|pel[oa])|interesse n[oa]|e|eh|acho que|manda|bora(?: de)?|pega|"
    r"contrata\w*|fechar? (?:com|n)?|"
    r"aceito|pelo|pela|fechado|sim|ok|entao|marca)"
)
_POLITE = (
    r"(?:por favor|pfv|pf|pls|mesmo|obrigad[oa]|entao|sim|ok|eu|acho|que|quero|e|isso|ai|ne|mais|melhor|gostei|"
    r"esse|essa|valeu|vlw|tks|thx|obg|brigad(?:a|o|ao)|grat[oa]|blz|beleza|vai|ta|ta bom|certo|fechado|combinado|"
    r"me interess\w+|parece|bom dia|boa tarde|boa noite|para mim|pra mim|moco|moca)"
)
_VALUE = rf"(?:[0-9]{{1,2}}|{'|'.join(_NUMBERS)})"
_ALONE = re.compile(
    rf"^(?:(?:{_WANT}|{_POLITE}|o|a|no|na|ola|oi|nao) )*(?:{_LABEL} )?(?P<value>{_VALUE})(?: {_POLITE})*$"
)
_LABELLED = re.compile(
    rf"\b{_LABEL} (?:de )?(?:numero |n )?(?P<value>{_VALUE})\b(?! (?:%|reais|mil|meses|anos|contas))"
)
_WANTED = re.compile(
    rf"\b{_WANT} (?:{_POLITE} )*(?:o|a|no|na|d[eo]) (?P<value>{_VALUE})\b(?! (?:%|por cento|reais|mil|mes|"
    rf"meses|anos|de|contas|desconto))"
)
_ORDINAL = re.compile(
    rf"(?:^|\b(?:o|a|no|na|pelo|pela|do|da|{_WANT}|opcao|plano) )(?P<which>{'|'.join(_ORDINALS)})[oa]\b"
    rf"(?=$| (?:{_LABEL}|{_POLITE}|com|tem|que|da lista|d[ae]ss[ae])\b)(?! que (?:eu|nao))"
)
_LAST = re.compile(rf"(?:^|\b(?:o|a|no|na|pelo|pela|{_WANT}) )ultim[oa]\b(?=$| (?:{_LABEL}|{_POLITE}|da lista)\b)")
_WEEKDAY = re.compile(
    r"\b(?:segunda|terca|quarta|quinta|sexta)s?(?: feira)\b|\b(?:na|ate|ate a|toda|proxima|nesta|desta) "
    r"(?:segunda|quarta|quinta|sexta)\b"
)
_SECOND_COPY = re.compile(
    r"\bsegunda via\b|\bprimeir[ao] (?:conta|fatura|vez|lugar|mes|boleto|coisa)\b|\bultim[ao]s? (?:conta|"
    r"fatura|mes|boleto|vez)\w*"
)
_LONGEST_PICK = 10
_REFUSES = re.compile(
    r"\bnao (?:quero|gostei|me interess\w+|prefiro|aceito|seria|e|entendi|sei|vou)\b|\b(?:nenhum|nenhuma|"
    r"nem|tirando|exceto|duvidas?)\b"
    r"|(?<!pelo )(?<!ao )\bmenos\b(?! (?:tempo|fidelidade|contrato|prazo|meses|anos|pres[oa]|amarrad[oa]|burocracia))"
)
_DECIDES = re.compile(
    r"\b(?:quero|escolho|escolhi|fico com|ficar com|ficamos com|prefiro|vou (?:de|com|querer)|"
    r"pode ser|fechado|aceito)\b"
)
_PERCENT = re.compile(r"([0-9]{1,2}(?:[.,][0-9]+)?) ?(?:%|por ?cento)")
_FIGURE = re.compile(
    r"(?<![0-9.,$])([0-9]{1,2}(?:[.,][0-9]+)?)(?![0-9.,]|\s*(?:reais|mil|mes|ano|dia|h\b|hora|conta|de\b))"
)
_NUMBERED_ORDINAL = re.compile(r"\b([1-9]|10)([oa])\b")
# What a percentage without its sign stands after: "o de 18", "quero o 18", or nothing but polite words.
_BARE_PERCENT = re.compile(
    rf"^(?:(?:{_WANT}|{_POLITE}|{_LABEL}|o|a|no|na|d[eo]|com|desconto) )*(?:[0-9]{{1,2}}(?: [0-9])?)(?: {_POLITE})*$"
)
_THE_ONLY_ONE = re.compile(
    rf"^(?:(?:{_POLITE}) )*(?:{_WANT} )?(?:ess[ea]|este|esta)(?: (?:plano|mesmo|ai|sim|opcao))*(?: {_POLITE})*$"
)


def choice(text: str, how_many: int, names: Sequence[str] = (), percents: Sequence[str] = ()) -> int | None:
    """The position, from 1, of the entry that `text` picks from a list of `how_many`, or None when it is not clear.

    `names` are the entries as the person saw them, `percents` their discounts (`18`, `14,5`) where the names do not
    say them: then "o de 18" picks, too. Years, amounts, phones, weekdays and "não quero o 2" pick nothing.
    """
    # "a 2ª" and "o 1º" are ordinals, so that "a 2ª via" and "na 2ª feira" stay what they are.
    said = _NUMBERED_ORDINAL.sub(lambda m: _STEMS[int(m[1])] + m[2], spoken(text))
    if not said or how_many < 1:
        return None
    said = _SECOND_COPY.sub(" ", _WEEKDAY.sub(" ", said)).strip()
    said = re.sub(r" +", " ", said)
    offered = _offered(names, percents)
    found = _by_percent(text, offered) or _by_name(said, names) or _by_number(said, how_many)
    found = found if found and max(found) <= how_many else _by_bare_percent(text, said, offered)
    # "entre o 1 e o 2" are two picks, so none; "o 2 tem fidelidade?" asks about an entry without taking it.
    if len(found) != 1 or _REFUSES.search(said) or (looks_like_question(text) and not _DECIDES.search(said)):
        return None
    picked = found.pop()
    return picked if 1 <= picked <= how_many else None


def _by_number(said: str, how_many: int) -> set[int]:
    # A bare pick is short, and longer texts would have too many ways to be read as polite words.
    alone = (_ALONE,) if len(said.split()) <= _LONGEST_PICK else ()
    for pattern in (*alone, _LABELLED, _WANTED):
        if hits := [m["value"] for m in pattern.finditer(said)]:
            values = {_NUMBERS.get(hit) or int(hit) for hit in hits}
            # "opção 1 ou 2", "o 1 e o 2": a second small number in the text makes it unclear.
            others = {int(n) for n in re.findall(r"\b[1-9]\b", said)}
            return values | others if pattern is not _ALONE else values
    if ordinals := {_ORDINALS[m["which"]] for m in _ORDINAL.finditer(said)}:
        return ordinals
    if _LAST.search(said):
        return {how_many}
    if how_many == 3 and re.search(r"^(?:quero |prefiro )?[oa] do meio$", said):
        return {2}
    return {1} if how_many == 1 and alone and _THE_ONLY_ONE.search(said) else set()


def _offered(names: Sequence[str], percents: Sequence[str]) -> list[set[str]]:
    """The discounts of each entry, with a decimal point: those that are given, or else that its name shows."""
    if percents:
        return [{_plain(value)} for value in percents]
    return [{_plain(value) for value in _PERCENT.findall(unaccent(name))} for name in names]


def _plain(value: str) -> str:
    return value.replace(",", ".").removesuffix(".0")


def _by_percent(text: str, offered: list[set[str]]) -> set[int]:
    wanted = {_plain(value) for value in _PERCENT.findall(unaccent(text))}
    if len(wanted) != 1:
        return set()
    return {position for position, values in enumerate(offered, 1) if values & wanted}


def _by_bare_percent(text: str, said: str, offered: list[set[str]]) -> set[int]:
    """ "o de 18", where 18 is no number of the list and exactly one entry's percentage; only in a short text."""
    wanted = {_plain(value) for value in _FIGURE.findall(unaccent(text))}
    if len(wanted) != 1 or len(said.split()) > _LONGEST_PICK or not _BARE_PERCENT.search(said):
        return set()
    found = {position for position, values in enumerate(offered, 1) if values & wanted}
    return found if len(found) == 1 else set()


def _by_name(said: str, names: Sequence[str]) -> set[int]:
    """Whole names first, the longest alone if one contains another; then words that only one entry has."""
    folded = [fold(name) for name in names]
    whole = {i for i, name in enumerate(folded, 1) if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)}
    if whole:
        longest = max(len(folded[i - 1]) for i in whole)
        kept = {i for i in whole if not any(folded[i - 1] in folded[j - 1] and i != j for j in whole)}
        return kept or {i for i in whole if len(folded[i - 1]) == longest}
    words = [set(re.findall(r"[a-z]{2,}", name)) for name in folded]
    spoken = set(said.split()) - _NOT_TELLING
    own = [mine - set().union(*(w for j, w in enumerate(words) if j != i)) for i, mine in enumerate(words)]
    return {i for i, mine in enumerate(own, 1) if mine & spoken}


# Words of a plan's or place's name that people also say without meaning it.
_NOT_TELLING = frozenset({
    "plano", "planos", "de", "do", "da", "com", "sem", "meses", "mes", "anos", "desconto", "fidelidade", "conta",
    "luz", "energia", "serena", "para", "que", "quero", "sim", "nao", "se", "em", "to", "am", "pa", "no", "na", "os",
    "as", "um", "uma", "ou", "sao", "santa", "santo", "rio", "sul", "norte", "nova", "novo", "grande", "boa", "bom",
    "bem", "ok",
})  # fmt: skip
