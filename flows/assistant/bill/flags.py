"""What a bill says that excludes a lead or needs a person's eye; prose about those things does not count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from flows.assistant.bill.debts import Billed, overdue
from flows.assistant.bill.figures import Line
from flows.assistant.bill.model import Flag

# Advice, conditions and denials: every bill explains the tarifa social and threatens with a cut (docs/domain.md 1.2).
_PROSE = re.compile(
    r"\b(?:cadastr\w+|inscrev\w+|direito|solicit\w+|saiba|consulte|conheca|informe-se|veja|acesse|procure"
    r"|evite|caso|se (?:voce|nao|houver)"
    r"|pode(?:ra|rao|m)?|podera ser|em caso|na hipotese|implica\w*|acarreta\w*|ensej\w+|(?:fica\w*"
    r"|estara\w*) sujeit\w+|sujeita(?:m|ra)? (?:a|o) (?:unidade|consumidor|cliente)|prazo|nao (?:ha|possui"
    r"|existe\w*|consta\w*|tem)"
    r"|sem debitos?|inexist\w+|nada consta|quitad[oa]s?|beneficiari\w+|familias?|programa|adesao|aderir|opte"
    r"|opcao|o nao pagamento"
    r"|para ter|para receber|desde que|regras?|lei|criada|resolucao|conforme|aprovad[oa])\b"
)
_ALWAYS: tuple[tuple[Flag, str], ...] = (
    (
        Flag.TARIFA_SOCIAL,
        r"baixa renda|tarifa social|subsidio (?:de )?tarifa social|\btsee\b|desconto social|luz do povo",
    ),
    (
        Flag.TARIFA_BRANCA,
        r"tarifa branca|modalidade(?: tarifaria)?[ :]+(?:horaria )?branca|\bbranca\b.{0,20}\b(?:ponta|posto)"
        r"|posto tarifario.{0,40}intermediari|consumo (?:ativo )?intermediari",
    ),
    (
        Flag.OWN_GENERATION,
        r"energia (?:ativa |atv\.? )?injetada|en(?:erg(?:ia)?)?\.? ?(?:atv\.?|ativa)? ?inj\b|inj(?:etada)?\.? (?:ouc|muc"
        r"|oouc)|saldo (?:de |da )?(?:geracao|credito\w* de energia)|\bscee+\b|\bgd ?-? ?(?:iii|ii|i|1|2|3)\b"
        r"|energia compensada|credit\w* de energia|(?:micro|mini) ?-?(?:mini)?geracao|geracao (?:propria"
        r"|distribuida)|energia gerada|unidade geradora|sistema de compensacao",
    ),
    (
        Flag.GRUPO_A,
        r"demanda (?:contratada|faturada|ativa|medida)|\bgrupo a\b|(?:sub)?grupo(?: tarifario)?[ :/-]+a[1-4s]\b"
        r"|\ba ?- ?a[1-4]\b|\ba[1-4]a?\b(?=.{0,30}\b(?:horaria|horo|verde|azul|kv|ths|comercial|industrial|poder))"
        r"|\b(?:ths|horo-?sazonal|horaria) ?-? ?(?:verde|azul)|tarifa (?:horaria )?(?:verde|azul)\b|alta tensao"
        r"|media tensao",
    ),
    (Flag.B_OPTANTE, r"\bb ?-? ?optante|optante (?:pelo |do |grupo )*b\b"),
    (Flag.RURAL_IRRIGATION, r"irriga(?:cao|nte)|aquicultura|aquicultor"),
)
_PATTERNS = tuple((flag, re.compile(pattern)) for flag, pattern in _ALWAYS)
_CLASS = re.compile(r"class(?:e|ificacao)|subclasse|modalidade|grupo|tarifa:|tipo de (?:fornecimento|tarifa)")
_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")
_BANDS = ("ponta", "fora ponta", "intermediari")
_GROUP_B = re.compile(r"\bb ?[1-4]\b|\bgrupo b\b|\bb ?- ?b[1-4]\b")


def flags(lines: Sequence[Line], billed: Billed = Billed()) -> tuple[Flag, ...]:
    """The flags that a bill's own data show, each once, in the order of `Flag`."""
    found: set[Flag] = {Flag.OVERDUE_NOTICE} if overdue(lines, billed) is not None else set()
    for number, line in enumerate(lines):
        for flag, pattern in _PATTERNS:
            if flag not in found and (match := pattern.search(line.plain)) and _real(flag, match, lines, number):
                found.add(flag)
    text = "\n".join(line.plain for line in lines)
    if "intermediari" in text and re.search(r"\bponta\b", text) and re.search(r"fora (?:de )?ponta", text):
        found.add(Flag.TARIFA_BRANCA)
    elif re.search(r"\bfora (?:de )?ponta\b", text) and re.search(r"demanda|\ba[34]\b", text):
        found.add(Flag.GRUPO_A)
    return tuple(flag for flag in Flag if flag in found)


def tariff_group(lines: Sequence[Line], found: tuple[Flag, ...]) -> Literal["A", "B"] | None:
    """A for high tension (another product), B for low, None when the bill does not say."""
    if Flag.GRUPO_A in found:
        return "A"
    return "B" if any(_GROUP_B.search(line.plain) for line in lines) else None


def _real(flag: Flag, match: re.Match[str], lines: Sequence[Line], number: int) -> bool:
    plain = lines[number].plain
    if flag in (Flag.RURAL_IRRIGATION, Flag.TARIFA_SOCIAL) and _CLASS.search(plain[: match.start()]):
        return True
    if _PROSE.search(plain) or (
        number and _runs_on(lines[number - 1].plain) and _PROSE.search(lines[number - 1].plain)
    ):
        return False
    amounts = _NUMBERS.findall(plain[match.end() :])
    # "Débitos anteriores: R$ 0,00" and "Energia injetada 0 kWh" say that there is none.
    return not amounts or any(set(a) - set("0.,") for a in amounts)


def _runs_on(plain: str) -> bool:
    """True when a line of prose goes on below it."""
    return len(plain) > 40 and plain[-1:] not in ".:!" and not plain[-1:].isdigit()
