"""Whether a bill says that earlier ones are unpaid. Most bills print the box for it; few have anything in it.

A heading ("REAVISO DE VENCIMENTO", "FATURAS EM ATRASO") is a box, and proves nothing by itself: what counts are entries, an
amount with an earlier month or date. A sentence counts when it states a debt, not when it warns, advises or denies.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flows.assistant.bill.figures import DATE, MONTH, Line, amount, day, month

_OLD = r"(?:vencid[ao]s?|em atraso|atrasad[ao]s?|pendentes?|em aberto|anterior(?:es)?|nao pag[ao]s?)"
_OWED = r"(?:contas?|faturas?|debitos?|mensalidades?|notas? fiscais?|valores|parcelas?)"
_HEADING = re.compile(
    rf"\breavisos?\b|\b(?:aviso|notificacao)(?: de| para| previ[ao])? (?:debitos?|vencimento|corte|suspensao|cobranca)"
    rf"|\b{_OWED}(?:\(s\))? (?:ja |ainda )?{_OLD}|\bdebitos?\(?s?\)? ?:|\bpendencias? (?:financeiras?|anterior(?:es)?)|\bnotificacao ?:"
)
# What begins another part of the page, so that what follows is no entry of the box.
_OTHER_PART = re.compile(
    r"\b(?:historic\w+|kwh|tribut\w+|impostos?|pis|pasep|cofins|icms|base de calc\w*|aliquotas?|medidor\w*|leituras?|itens"
    r"|composicao|demonstrativo|indicadores|bandeiras?|chave de acesso|autenticacao|fisco|codigo de barras|total a pagar|(?:apos|ate) o vencimento|emissao|parcelamento"
    r"|valor a pagar|informac\w+|mensage\w+|mensagem|consumo|classificacao|instalacao|unidade consumidora|cpf|cnpj"
    r"|linha digitavel|pix|banco|agencia|qualidade|tarifas?|dic|fic)\b"
)
_NONE = re.compile(
    r"\bnao (?:ha|existe\w*|consta\w*|possui\w*|tem|foram|foi|houve|apresenta\w*|identific\w+|registr\w+|se aplica)\b"
    r"|\bsem (?:debitos?|pendencias?|faturas?|contas?|registros?|atrasos?)\b"
    r"|\binexist\w+|\bnada consta\b|\bquitad[oa]s?\b|\bnenhum[a]?\b|\bem dia\b|\bisent[oa]\b|\bzero\b"
)
# Warnings, advice and conditions: they are printed on every bill.
_PROSE = re.compile(
    r"\b(?:o|a falta de|o nao) pagamento (?:desta|deste|da presente|dessa)\b|\bnao (?:quita|liquida|implica|significa|isenta"
    r"|comprova|exclui|elimina|abrange|da quitacao)\w*|\bcaso\b|\bse (?:voce|nao|houver|existir\w*|ja)\b|\bem caso de\b|\bhavendo\b"
    r"|\bna hipotese\b|\bpoder(?:a|ao)\b|\bpode\b|\bacarret\w+|\bensej\w+|\bimplica\w*|\bsujeitara\b|\bevite\b|\bconsulte\b"
    r"|\bacesse\b|\bnegocie\b|\bparcele\b|\bsaiba\b|\bsempre que\b|\bprazo de\b|\bresolucao\b|\bfica\w* sujeit\w+|\bestara\w*\b"
    r"|\bsujeita(?:m|ra)? (?:a|o) (?:unidade|consumidor|cliente)\b|\bdesconsidere\b|\bque (?:estej|estiver)\w+\b|\beventua(?:l|is)\b"
)
# What last month's delay cost, which says nothing about today.
_LATE_FEE = re.compile(r"\b(?:multa|juros|mora|correcao|atualizacao|encargos?|parcela\w*|credito|pago|pagamento)\b")
_STATED = re.compile(
    rf"\b(?:consta\w*|existe\w*|ha|possui|foram? (?:identificad|localizad|registrad)\w+|identificamos|verificamos|encontra\w*"
    rf"|permanece\w*)\b.{{0,60}}\b{_OWED}(?:\(s\))?.{{0,40}}\b{_OLD}"
    rf"|\b(?:consta\w*|existe\w*|ha|possui) (?:\d+ )?(?:debitos?|pendencias?)\b"
    rf"|\b(?:pelo|por|motivo:?|devido ao) nao pagamento d[ae]\(?s?\)? (?:{_OWED}|ref)"
    rf"|\bsujeit[oa] a(?:o)? (?:corte|suspensao|desligamento)|\bsera (?:suspens[oa]|cortad[oa]|desligad[oa])\b"
)
_UNPAID = re.compile(
    r"\bnao (?:foi|foram|esta|estao) (?:pag|quitad|liquidad)[ao]s?\b"
    r"|\bnao (?:identificamos|localizamos|registramos|recebemos|consta\w*|foi identificado) (?:o )?pagamento\b"
)
_MONEY = re.compile(r"(?<![\d.,/-])(?:\d{1,3}(?:\.\d{3})+|\d+),\d{2}(?![\d%]|,\d)")
_WHEN = re.compile(
    rf"(?P<month>{MONTH})|(?P<date>{DATE.replace(chr(92) + '1', '(?P=mark)').replace('([/.', '(?P<mark>[/.')})"
)
_COUNTED = re.compile(r"[ .]*: *0*[1-9]\d?(?! *[\d/.,-])")
_COUNT = re.compile(r"\b\d{1,2} (?:fatura|conta|debito|mes)")
_REACH = 6


@dataclass(frozen=True)
class Billed:
    """What this bill itself asks for: an entry with the same month, date or amount is this bill, and no debt."""

    total: Decimal | None = None
    month: date | None = None
    due: date | None = None


def overdue(lines: Sequence[Line], billed: Billed = Billed()) -> int | None:
    """The number of the line that says that earlier bills are unpaid, None when no line does."""
    for number, line in enumerate(lines):
        plain = line.plain
        above = lines[number - 1].plain if number and _runs_on(lines[number - 1].plain) else ""
        if _PROSE.search(plain) or _PROSE.search(above):
            continue
        if _UNPAID.search(plain) and any(_earlier(when, billed) for when in _WHEN.finditer(plain)):
            return number
        if _STATED.search(plain):
            if not _NONE.search(plain):
                return number
        elif (
            (found := _HEADING.search(plain))
            and not _LATE_FEE.search(plain[: found.start()])
            and (_COUNTED.match(plain, found.end()) or _entries(lines, number, found.end(), billed))
        ):
            return number
    return None


def _entries(lines: Sequence[Line], number: int, end: int, billed: Billed) -> bool:
    """True when the box that begins here holds a debt: an amount that is not this bill's, with a month or date before it."""
    box = [lines[number].plain[end:], *(line.plain for line in lines[number + 1 : number + 1 + _REACH])]
    inside: list[str] = []
    for plain in box:
        if _NONE.search(plain) or not _is_entry(plain):
            break
        inside.append(plain)
    shown = "\n".join(inside)
    owed = [a for m in _MONEY.finditer(shown) if (a := amount(m[0])) and a > 0 and a != billed.total]
    return bool(owed) and (_named(shown) or any(_earlier(m, billed) for m in _WHEN.finditer(shown)))


def _is_entry(plain: str) -> bool:
    """True for a row of months, dates, amounts and their headings; any other small number belongs to another table."""
    if _OTHER_PART.search(plain) or _LATE_FEE.search(plain):
        return False
    rest = _MONEY.sub(" ", _WHEN.sub(" ", plain))
    return all(len(digits) >= 6 or _COUNT.search(rest) for digits in re.findall(r"\d+", rest.replace(".", "")))


def _named(rest: str) -> bool:
    """True for an amount right behind the heading: `Débitos anteriores: R$ 512,33`."""
    return re.match(r"[ :.\-]*(?:total )?(?:\(?r\$\)?)?[ :]*[\d.]*\d,\d\d\b", rest) is not None


def _earlier(found: re.Match[str], billed: Billed) -> bool:
    if found["month"]:
        shown = month(found["month"])
        return shown is not None and (billed.month is None or shown < billed.month)
    shown = day(found["date"])
    return (
        shown is not None
        and (billed.due is None or shown < billed.due)
        and not (billed.month and shown > _end(billed.month))
    )


def _end(first: date) -> date:
    """The end of the month after: what fell due later is this bill's, or a reading's."""
    return date(first.year + (first.month + 1) // 12, (first.month + 1) % 12 + 1, 1)


def _runs_on(plain: str) -> bool:
    """True when a line of prose goes on below it."""
    return len(plain) > 40 and plain[-1:] not in ".:!" and not plain[-1:].isdigit()
