"""Whether a text is an electricity bill at all, or another paper, or nothing readable (docs/domain.md 5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from flows.assistant.bill import utilities
from flows.assistant.bill.figures import Line

_SIGNS: tuple[tuple[int, str], ...] = (
    (
        3,
        r"nf3-?e|nota fiscal[ /]*(?:d[ae] )?(?:fatura |conta )?(?:d[ae] )?energia|(?:conta"
        r"|fatura) d[ae] (?:energia|luz)",
    ),
    (2, r"\d ?kwh\b|\bkwh\b"),
    (2, r"energia eletrica|energia ativa"),
    (1, r"vencimento|vence em"),
    (1, r"total a pagar|valor a pagar|valor da (?:fatura|conta)|total da (?:fatura|conta)"),
    (2, r"unidade consumidora|instalacao|(?<![a-z])uc(?![a-z])|conta contrato|seu codigo"),
    (1, r"leitura (?:anterior|atual)|proxima leitura"),
    (1, r"bandeira|tusd"),
    (1, r"medidor"),
    (2, r"ilum\w*\.? ?publ|\bcip\b|\bcosip\b|contrib\w*\.? ?ilum"),
    (1, r"\bicms\b"),
    (1, r"consumo"),
    (2, r"monofasic|bifasic|trifasic|\bb[123]\b"),
    (1, r"historico d[eo] consumo|consumo dos ultimos"),
)
_OTHERS: tuple[tuple[int, str], ...] = (
    (9, r"\besgoto|saneamento|\bm3\b|agua e esgoto|conta de agua|fatura de agua"),
    (
        9,
        r"comprovante de (?:pagamento|transferencia|pix|agendamento|residencia)|pagamento efetuado|pix enviado"
        r"|autenticacao bancaria",
    ),
    (9, r"proposta comercial|orcamento|kit (?:fotovoltaico|solar)|payback|modulos? fotovoltaico|inversor"),
    (
        9,
        r"gas natural|gas canalizado|franquia de internet|plano de dados|banda larga|linha movel|fatura do cartao"
        r"|limite de credito|pagamento minimo",
    ),
    (
        9,
        r"curriculo|experiencia profissional|contrato de (?:locacao|prestacao|adesao|trabalho)|certidao"
        r"|carteira nacional|boletim|declaracao de imposto",
    ),
    (6, r"\biptu\b|\bipva\b|condominio|taxa condominial|mensalidade|matricula escolar|receita medica"),
)
_ENOUGH = 7
_WORDS = re.compile(r"[a-z]{3,}")
_COMMON = frozenset(
    [
        "que",
        "para",
        "com",
        "por",
        "uma",
        "dos",
        "das",
        "nao",
        "mais",
        "como",
        "conta",
        "valor",
        "data",
        "total",
        "nome",
        "cliente",
        "rua",
        "cpf",
        "cnpj",
        "energia",
        "mes",
        "de",
        "da",
        "do",
        "em",
    ]
)


def kind_of(lines: Sequence[Line], *, proved: bool) -> Literal["other_document", "not_document", "unreadable"] | None:
    """None for an electricity bill; else what the text is instead. `proved`: a code of energy is on the page."""
    plain = "\n".join(line.plain for line in lines)
    if not readable(plain):
        return "unreadable"
    bill = sum(weight for weight, pattern in _SIGNS if re.search(pattern, plain))
    shown = "\n".join(line.text for line in lines)
    named = isinstance(utilities.find(shown), utilities.Utility)
    energy = bool(re.search(r"kwh|energia|\bluz\b", plain))
    other = sum(weight for weight, pattern in _OTHERS if re.search(pattern, plain))
    if other:
        # Receipts and offers name the distribuidora and its codes too; then only a bill's own sections count. A bill
        # mentions much (a condominium as address, advice about water), so it must be clearly more of a bill.
        return None if energy and bill > other else "other_document"
    bill += (3 if named else 0) + (4 if proved else 0)
    return None if energy and bill >= _ENOUGH else "other_document"


def readable(plain: str) -> bool:
    """False for the text of a scan and for fonts whose letters the PDF does not name."""
    words = _WORDS.findall(plain)
    if sum(map(len, words)) < 40 or len(words) < 8:
        return False
    return any(word in _COMMON for word in words) or sum(
        word[0] in "aeiou" or word[1] in "aeiou" for word in words
    ) * 2 > len(words)
