"""Numbers in words, and what a bill is said to cost: "uns 450", "quatrocentos e vinte", "9 mil"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from flows.assistant.hear.utterance import Clause, Utterance
from flows.assistant.meaning import Item, Meaning, Question
from flows.brazil.folding import unaccent
from flows.brazil.money import parse

_UNITS = "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete"
WORDS = {word: value for value, word in enumerate(f"{_UNITS} dezoito dezenove".split())}
WORDS |= {"uma": 1, "duas": 2, "catorze": 14, "dezassete": 17, "dezeseis": 16, "dezesete": 17}
WORDS |= {"vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70, "oitenta": 80}
WORDS |= {"noventa": 90, "cem": 100, "cento": 100, "duzentos": 200, "trezentos": 300, "quatrocentos": 400}
WORDS |= {"quinhentos": 500, "seiscentos": 600, "setecentos": 700, "oitocentos": 800, "novecentos": 900}
WORDS |= {
    "trezento": 300,
    "quinhentao": 500,
    "duzentao": 200,
    "trezentao": 300,
    "quatrocentao": 400,
    "milao": 1000,
    "seiscentao": 600,
    "quinhento": 500,
    "cinqenta": 50,
    "duzento": 200,
}
_WORD = "|".join(sorted(WORDS, key=len, reverse=True))
NUMBER_WORDS = re.compile(rf"\b(?:{_WORD}|mil)(?:(?: e)? (?:{_WORD}|mil))*\b")
# What announces the cost of a bill, and what is counted instead.
_COST = re.compile(
    r"\b(?:contas?|fatura|luz|energia|boleto|pago|paga|pagamos|pagando|vem|veio|vindo|vinha|valor|gasto|gastamos|gastando|custa|da (?:uns|mais|em|por|cerca)|da$|dando|ta \d|agora|quinhentao|duzentao|trezentao|quatrocentao|milao|media|mensal|mes|ultima|passada|total|somando|soma|chega|passa|fica|sai|reais|real|conto|contos|pila|pilas|prata|mango|mangos|uns|umas|cerca|torno|faixa|base|aproximadamente|r\$|dolares|the bill|i pay|cuesta|factura)\b"
)
_MARKED = re.compile(
    r"r\$ ?\d|\b(?:reais|real|conto|contos|pila|pilas|prata|pau|paus|mango|mangos|merreis|mil reais|k)\b"
)
_COUNTED = re.compile(
    r" ?(?:%|por cento|porcento|kwh|kw|anos?|mes(?:es)?\b|dias?|horas?|hs?\b|hrs|minutos?|pessoas?|contas?|casas?|unidades?|vez(?:es)?|x\b|parcelas?|lojas?|imoveis|filhos?|quartos?|boletos?|opc\w+|planos?|pontos|via|faturas|apartamentos|medidores|relogios|filiais)\b"
)
_SAVING = re.compile(
    r"\b(?:(?<!mais ou )menos|economi\w+|desconto|descont\w+|abater|abatimento|baixar|multa|golpe|perdeu|perdi|salario|ganho|renda|recebo|aluguel|divida|devendo|devo|pix|acima|abaixo|entre|de \d+ (?:para|a|ate) \d+)\b"
)
# "Meu vizinho paga 200".
_OF_SOMEBODY = re.compile(
    r"\b(?:vizinh[oa]|amig[oa]|coleg[oa]|primo|prima|cunhad[oa]|irm(?:ao|a)|conhecid[oa])\b(?: \w+){0,3} (?:pag\w+|gast\w+|vem|veio|econom\w+)\b"
)
_PAID = re.compile(r"\b(?:veio|vem|vinha|deu|foi|paguei|pago)\b")
# Beside a wage or a debt the bill's own figure is told plainly: "ganho um salário, a luz vem 220".
_OF_THE_BILL = re.compile(
    r"\b(?:luz|conta|fatura|boleto|energia)(?: de luz)? (?:so |ja |me )?(?:vem|veio|vinha|da|custa|e|chega|fica|sai)(?: (?:uns|de|em|por|quase|mais|r\$))* ?\d"
)
_LOOSE = re.compile(
    r" ?(?:e )?(?:pouc[oa]s?|tant[oa]s?|e bordoada|e lá vai|e pedrada|e picos?|e uns quebrados|e alguma coisa|e cacetada|quase|e fumaca|e qualquer coisa|e la vai)\b"
)
# Owed, and no month's bill: "tô devendo 2 meses, 890 reais".
_OWED = re.compile(
    r"\b(?:devendo|devo|dividas?|debitos?|atrasad[oa]s?|vencid[oa]s?|em aberto|parcelamento|parcelad[oa]|acordo|negativad[oa])\b"
)
_ABOUT = re.compile(r"(?:passa d[eo]|mais de|quase|acima de|entre|menos de|ate|perto de|beirando)(?: \w+)? ?$")
_TO = frozenset({" ", " a ", " ou ", " ate "})
_ANY = re.compile(r".*")
# "Quatrocentos e doze reais e trinta", with or without its "centavos".
_CENTS = re.compile(
    rf" (?:reais|real) (?:e |com )?({NUMBER_WORDS.pattern})(?= centavos?\b|$| (?:mesmo|certo|viu|ta|ok))"
)
_LEAST_BARE, _MOST_BILL = 32, 500_000


@dataclass(frozen=True)
class Money:
    """An amount in a clause; `sure` is false for "quatrocentos e poucos"."""

    value: Decimal
    quote: str
    marked: bool
    sure: bool = True


def number_of(words: str) -> Decimal | None:
    """Return the number that number words say: `mil e duzentos` → 1200."""
    total, part, seen = 0, 0, False
    for word in words.split():
        if word == "mil":
            total, part, seen = total + (part or 1) * 1000, 0, True
        elif word in WORDS:
            part, seen = part + WORDS[word], True
    return Decimal(total + part) if seen else None


def _spoken(words: str) -> Decimal | None:
    """As `number_of`, where cents may follow: `quatrocentos e doze e trinta` → 412.30."""
    told = words.split()
    for at in range(2, len(told)):
        before, after = WORDS.get(told[at - 1], 0), WORDS.get(told[at], 0)
        if told[at - 1] == "e":
            before = WORDS.get(told[at - 2], 0)
        # Smaller numbers follow larger ones: "doze e trinta" are two.
        if 0 < before < 20 <= after < 100:
            reais, cents = number_of(" ".join(told[:at])), number_of(" ".join(told[at:]))
            return None if reais is None or cents is None else reais + cents / 100
    return number_of(words)


def _stretch(said: str, start: int, end: int) -> re.Match[str]:
    match = _ANY.match(said, start, end)
    assert match is not None
    return match


def money_in(clause: Clause) -> Money | None:
    """Return the one amount of money in a clause, in figures or words; None where there is none or more than one."""
    said = clause.said
    figures = [
        m for m in re.finditer(r"(?:r\$ )?\d+(?:[.,]\d+)*(?: mil\b| k\b)?", said) if not _COUNTED.match(said, m.end())
    ]
    marked = bool(_MARKED.search(said))
    if figures:
        wanted = [m for m in figures if _MARKED.search(said[max(0, m.start() - 3) : m.end() + 8])] or figures
        if len(wanted) == 2 and said[wanted[0].end() : wanted[1].start()] in _TO and "mil" not in wanted[0][0]:
            # "Vem uns 140 150": at least that much.
            wanted = wanted[:1]
        if len(wanted) != 1:
            return None
        match = wanted[0]
        start, end = clause.span(match)
        value = parse(clause.text[start:end] + (" reais" if marked else ""))
        # "mil e duzentos" after a figure: "9 mil e 500".
        value = value if not re.match(r" mil e \d", said[match.end() - 4 :]) else parse(clause.quote) or value
        if value is None:
            return None
        if match[0].endswith(" mil") and (more := re.match(rf" e ({NUMBER_WORDS.pattern})", said[match.end() :])):
            # "3 mil e duzentos".
            value += number_of(more[1]) or 0
            end = clause.span(_stretch(said, match.start(), match.end() + more.end()))[1]
    else:
        words = [m for m in NUMBER_WORDS.finditer(said) if not _COUNTED.match(said, m.end())]
        words = [m for m in words if (number_of(m[0]) or 0) >= _LEAST_BARE]
        if len(words) != 1:
            return None
        match = words[0]
        spoken = _spoken(match[0])
        if spoken is None:
            return None
        start, end = clause.span(match)
        value = spoken
        if cents := _CENTS.match(said, match.end()):
            value += (number_of(cents[1]) or Decimal(0)) / 100
            end = clause.span(_stretch(said, match.start(), cents.end()))[1]
    sure = not (_LOOSE.match(said, match.end()) or _ABOUT.search(said[: match.start()]))
    return Money(value.quantize(Decimal("0.01")), clause.text[start:end], marked, sure)


def amounts(one: Utterance, asked: Question | None, *, chooses: bool) -> Iterator[Item]:
    """Yield what the bill is said to cost. `chooses`: a plan is being chosen, so that a bare number is none."""
    bare = asked in (Question.BILL, Question.BILL_OK, Question.BILL_WRONG)
    for clause in one.clauses:
        money = money_in(clause)
        if (
            money is None
            or _OF_SOMEBODY.search(clause.said)
            or ((_SAVING.search(clause.said) or _OWED.search(one.whole.said)) and not _OF_THE_BILL.search(clause.said))
            or not _LEAST_BARE <= money.value <= _MOST_BILL
        ):
            continue
        alone = (len(clause.words) <= 3 or NUMBER_WORDS.fullmatch(clause.said)) and bare and not chooses
        if not (
            money.marked
            or alone
            or (
                _COST.search(clause.said) and not (chooses and len(clause.words) <= 3 and not _PAID.search(clause.said))
            )
        ):
            continue
        if re.search(
            r"\bcpf|\brg\b|\bcnpj|\bcep\b|\bsenha|\bnumero\b|\brua\b|\bav\b|\btelefone|\bprotocolo|\bkwh\b|\binstalacao\b|\b20[12]\d\b",
            clause.said,
        ):
            continue
        # "480 menos 12%?", "dá uns 50 reais a menos?": a question reckons, unless it tells what is paid.
        if clause.asks and not re.search(
            r"^(?!.*\b(?:continuar|vou|vai|vao)\b)(?:\w+ ){0,4}(?:pago|gasto|minha conta (?:vem|e|da))\b(?: \w+){0,3} \d",
            clause.said,
        ):
            continue
        yield Item(Meaning.AMOUNT, money.quote, clause.message, certain=money.sure, amount=money.value)


def numbers_in(quote: str) -> Iterator[Decimal]:
    """Yield every number of a quote, in figures and in words, in reais."""
    if (whole := parse(quote)) is not None:
        yield whole
    for match in re.finditer(r"\d[\d.,]*(?:\s*(?:mil|k)\b)?", quote.lower()):
        if (value := parse(match[0].rstrip(".,"))) is not None:
            yield value
    plain = unaccent(quote).lower()
    for match in NUMBER_WORDS.finditer(plain):
        if (value := number_of(match[0])) is not None:
            yield value.quantize(Decimal("0.01"))
            if cents := _CENTS.match(plain, match.end()):
                yield (value + (number_of(cents[1]) or Decimal(0)) / 100).quantize(Decimal("0.01"))
    for match in re.finditer(rf"(\d+) mil e ({NUMBER_WORDS.pattern})", plain):
        yield Decimal(1000 * int(match[1]) + (number_of(match[2]) or 0)).quantize(Decimal("0.01"))
