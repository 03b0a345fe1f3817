"""The box for unpaid bills is printed on almost every bill; only what stands in it counts."""

from __future__ import annotations

import pytest

from flows.assistant.bill import BillFields, Flag, read_text
from tests.flows.assistant.bill.layouts import CEMIG, COPEL, EQUATORIAL_GO, LAYOUTS, NEOENERGIA_PE, Layout

BOXES = [
    "REAVISO DE VENCIMENTO",
    "* REAVISO DE VENCIMENTO *",
    "REAVISO DE CONTAS VENCIDAS",
    "FATURAS VENCIDAS",
    "FATURAS EM ATRASO",
    "CONTAS EM ABERTO",
    "Débitos anteriores",
    "NOTIFICAÇÃO DE DÉBITO",
    "AVISO DE SUSPENSÃO",
    "Reaviso de débito",
]
TAXES = (
    "TRIBUTOS BASE DE CÁLCULO ALÍQUOTA VALOR\nPIS 371,24 0,84 3,11\nCOFINS 371,24 3,87 14,36\nICMS 412,37 20,50 84,53"
)
STUB = "MÊS/ANO VENCIMENTO TOTAL A PAGAR\n10/2026 02/12/2026 412,37"


def overdue(printed: str, layout: Layout = NEOENERGIA_PE, *, at: int | None = None) -> bool:
    rows = layout.text.splitlines()
    place = len(rows) if at is None else at
    found = read_text("\n".join([*rows[:place], *printed.splitlines(), *rows[place:]]))
    assert isinstance(found, BillFields)
    return Flag.OVERDUE_NOTICE in found.flags


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(
    "inside",
    [
        "",
        "Não há",
        "NENHUMA",
        "Nada consta",
        "---",
        "R$ 0,00",
        "MÊS/ANO VENCIMENTO VALOR\nNão há débitos",
        "Até a emissão desta fatura você não possui débitos para esse código de cliente",
        TAXES,
        STUB,
        "AUTENTICAÇÃO MECÂNICA\n08/2026 512,33",
        "10/2026 02/12/2026 412,37",
    ],
)
def test_an_empty_or_denied_box_is_no_debt(box: str, inside: str) -> None:
    for joined in ("\n", ": "):
        assert not overdue(f"{box}{joined}{inside}")


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize(
    "inside",
    [
        "08/2026 18/09/2026 512,33",
        "MÊS/ANO VENCIMENTO VALOR\n08/2026 18/09/2026 512,33\n07/2026 18/08/2026 498,10",
        "AGO/26 R$ 512,33",
        "08/2026\n18/09/2026\n512,33",
        "NOTIFICAÇÃO: 1 FATURA VENCIDA: MÊS 8/2026 VALOR TOTAL: R$ 506,94",
    ],
)
def test_a_box_with_an_earlier_bill_in_it_is_a_debt(box: str, inside: str) -> None:
    for joined in ("\n", ": "):
        assert overdue(f"{box}{joined}{inside}")


@pytest.mark.parametrize(
    "sentence",
    [
        "O pagamento desta conta não quita débitos anteriores. Para estes, estão sujeitas penalidades legais vigentes (multas) e/ou\n"
        "atualização financeira (juros) baseadas no vencimento das mesmas.",
        "O pagamento desta fatura não liquida débitos anteriores 08/2026 R$ 512,33",
        "Não há débitos anteriores.",
        "Débitos anteriores: R$ 0,00",
        "O não pagamento sujeita a unidade à suspensão do fornecimento.",
        "Em caso de atraso, a unidade fica sujeita a corte.",
        "Caso existam faturas vencidas, negocie em nossos canais.",
        "Parabéns! Até a emissão desta fatura não constavam débitos vencidos.",
        "Esta unidade consumidora não possui faturas em aberto.",
        "Se houver débitos anteriores, a ligação poderá ser suspensa.",
        "Faturas em atraso podem ser parceladas em até 12 vezes.",
        "Multa por atraso 2% e juros de 1% ao mês serão cobrados na próxima fatura.",
        "MULTA CONTA ANTERIOR 08/2026 7,12",
        "Desconsidere o reaviso caso o pagamento já tenha sido efetuado.",
    ],
)
@pytest.mark.parametrize("layout", [NEOENERGIA_PE, CEMIG, EQUATORIAL_GO, COPEL], ids=lambda layout: layout.name)
def test_sentences_that_stand_on_every_bill_are_no_debt(layout: Layout, sentence: str) -> None:
    for at in (None, len(layout.text.splitlines()) // 2):
        assert not overdue(sentence, layout, at=at)


@pytest.mark.parametrize(
    "sentence",
    [
        "Débitos anteriores: R$ 512,33",
        "UNIDADE SUJEITA A CORTE. SUJEITO A CORTE A PARTIR DE 30/11/2026",
        "Constam débitos vencidos nesta unidade consumidora.",
        "Existem 2 faturas em atraso para este cliente",
        "ESTA UNIDADE CONSUMIDORA ESTÁ SUJEITA À SUSPENSÃO DE FORNECIMENTO A PARTIR DE 30/11/2026 PELO NÃO PAGAMENTO DA(S) FATURA(S)\n"
        "REF. 08/2026, R$ 312,64",
        "FATURAS EM ATRASO: 2",
        "Informamos que a fatura de 08/2026 no valor de R$ 233,10 não foi paga.",
        "Até esta data não identificamos o pagamento da conta vencida em 10/08/2026.",
        "DÉBITOS: 08/2026 R$ 512,33 07/2026 R$ 498,10",
    ],
)
def test_a_stated_debt_is_one(sentence: str) -> None:
    assert overdue(sentence)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
@pytest.mark.parametrize("box", BOXES[:4])
def test_the_box_between_other_parts_of_the_page_takes_nothing_from_them(layout: Layout, box: str) -> None:
    """Every place on a page is tried, by the boxes in turn."""
    before = read_text(layout.text)
    assert isinstance(before, BillFields)
    for at in range(8 + BOXES.index(box), len(layout.text.splitlines()), 4):
        if layout.text.splitlines()[at - 1].startswith("Débitos anteriores"):
            continue
        assert overdue(box, layout, at=at) == (Flag.OVERDUE_NOTICE in before.flags), at
