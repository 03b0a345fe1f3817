"""The labels of Brazilian electricity bills, and the ones that look like them (docs/domain.md 5.1).

A label of weight 0 is a decoy: it takes the values that it announces away from the others.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

Kind = Literal["total", "due", "reference", "installation", "client", "contract", "partner", "meter", "decoy"]
LabelType = Literal["money", "date", "month", "id"]

_OF = r"(?:d[aoe]s? )?"
_NUMBER = r"(?:n(?:umero|ro|[o.º°]{1,2})?\.? ?)"
# "Total a pagar R$ 288,15": there the mark belongs to the amount.
_REAIS = r"(?: ?\(r\$\)| em r\$| r\$(?! *[\d*]))?"

_MONEY: tuple[tuple[float, str], ...] = (
    (10, rf"(?:valor )?total a pagar(?: ate(?: o vencimento)?)?{_REAIS}"),
    (9, rf"valor (?:total )?a pagar(?: ate(?: o vencimento)?)?{_REAIS}|total a ser pago"),
    (8, rf"(?:valor )?total (?:d[ae] )?(?:sua )?(?:fatura|conta|nota fiscal)(?: de (?:luz|energia))?{_REAIS}"),
    (8, rf"valor (?:d[ae] )?(?:sua )?(?:fatura|conta)(?: de (?:luz|energia))?{_REAIS}|valor cobrado{_REAIS}"),
    (7, rf"valor (?:do )?documento{_REAIS}|valor total(?: da nf3?e?)?{_REAIS}"),
    (6, rf"total geral{_REAIS}|total consolidado{_REAIS}"),
    (3, rf"valor ate (?:o|a data d[eo])? ?vencimento{_REAIS}|total{_REAIS}(?= *:? *(?:r\$)? *[\d*])"),
    (0, rf"(?:valor (?:total )?|total )?{_OF}(?:fatura|conta|debito|divida|saldo)s? (?:anterior(?:es)?|vencid[ao]s?"
        rf"|em atraso|em aberto|pendentes?)"),
    (0, r"(?:total |valor )(?:total )?(?:d[aeo]s? |em |com )?(?:faturas?|contas?|valores)? ?(?:debitos?"
        r"|anterior(?:es)?|em atraso|em aberto|vencid[ao]s?|pendentes?)(?: anterior(?:es)?)?"),
    (0, r"debitos?(?: anterior(?:es)?| pendentes?| vencidos?| em aberto)?|(?:saldo|parcela(?:mento)?s?)(?: \d+/\d+"
        r"| anterior(?:es)?| devedor)?"),
    (0, r"(?:valor |total )?(?:a pagar )?(?:ap[o]s|depois d[oe]) (?:o )?vencimento|valor com (?:multa|juros)"
        r"|(?:multa|juros|mora|encargos)(?: por atraso| de mora)?"),
    (0, r"(?:valor |total )(?:d[aeo]s? )?(?:icms|pis|cofins|tributos|impostos|base de calculo|consumo|energia"
        r"|fornecimento|iluminacao|cip|cosip|tusd|te|itens|creditos?|desconto|economia|multa|juros|entrada|parcela"
        r"|compensad[ao]|distribuicao|transmissao|encargos|bandeiras?)\b(?: eletrica)?(?: a compensar)?"),
    (0, r"base de calculo|subtotal|sub-total|desconto|bonus|devolucao|credito"
        r"|total (?:d[aeo]s? )?\d+ ultimos meses|(?:valor )?pago em|ultimo pagamento|fatura anterior"
        r"|conta anterior|mes anterior"),
)  # fmt: skip

_DATE: tuple[tuple[float, str], ...] = (
    (10, r"(?:data (?:de |do )?)?vencimento(?: d[ae] (?:fatura|conta))?|vence em|data limite(?: (?:de"
        r"|para) pagamento)?|pagar ate(?: o dia)?|pagavel ate"),
    (0, r"(?:ate|apos|depois d[oe]) (?:o |a data d[eo] )?vencimento|proximo vencimento|vencimento anterior"
        r"|vencid[ao]s?(?: em)?|vencimento alternativo|melhor data de vencimento"),
    (0, r"(?:data (?:de |da |do )?)?(?:emissao|apresentacao|postagem|processamento|pagamento|entrega"
        r"|autorizacao)(?: em)?|data (?:do )?documento|protocolo de autorizacao"),
    (0, r"(?:data (?:de |da )?)?(?:leitura )(?:anterior|atual)|(?:data (?:de |da )?)?(?:proxima )leitura"
        r"|leit(?:ura)?\.? (?:ant|atu|prox)\.?(?:erior|al)?|(?:data (?:de |da )?)?(?:corte"
        r"|suspensao)(?: a partir de)?"),
)  # fmt: skip

_MONTH: tuple[tuple[float, str], ...] = (
    (10, r"(?:ref(?:erencia)?\.?:? ?)?mes ?/ ?ano(?: (?:de )?ref(?:erencia|\.)?)?|mes (?:de )?(?:ref(?:erencia"
        r"|\.)?)|mes faturado|mes d[ae] (?:fatura|conta)|conta (?:do )?mes"),
    (9, r"\breferente (?:a|ao)(?: (?:o )?mes(?: de)?)?|\breferencia|\bref\.|\bref(?= *:)|\bref(?= +[a-z]{3}[/ ])"
        r"|competencia|fatura (?:do )?mes(?: de)?|conta referente a"),
    (5, r"(?:fatura|conta) de(?= [a-z]{3,9}[/ ])|periodo (?:de )?(?:faturamento|consumo|referencia)"),
    (0, r"(?:debitos?|parcela(?:mento)?|conta|fatura)s? (?:anterior(?:es)?|ref\.?|referentes? a[o]?)|mes anterior"
        r"|ultimo mes|reajuste"),
)  # fmt: skip

_ID: tuple[tuple[float, str], ...] = (
    (11, rf"{_NUMBER}(?:de )?identificacao {_OF}unidade consumidora"),
    (
        10,
        rf"(?:{_NUMBER}|codigo |cod\.? ?)?{_OF}(?:unidade consumidora|instalacao)(?: ?\(uc\))?(?: ?[/-] ?uc\b)?"
        rf"|(?<![a-z])u\.?c\.?(?![a-z])(?: n[o.º°]*)?|{_NUMBER}{_OF}uc\b"
        rf"|(?:{_NUMBER}|codigo |cod\.? ?|conta )?{_OF}(?:cliente|consumidor) ?[/-] ?(?:uc\b|unidade consumidora|instalacao)",
    ),
    (8, r"seu codigo|codigo unico|seu numero"),
)

# Numbers that look like the installation's and are none: a contract filled with one of them is a contract of nobody.
_CLIENT: tuple[tuple[float, str], ...] = (
    (
        8,
        rf"(?:{_NUMBER}|codigo |cod\.? ?|conta ){_OF}(?:cliente|consumidor)|matricula|(?:cliente|consumidor) {_NUMBER}"
        r"|cod\.? ?ident(?:ificacao|\.)?",
    ),
)
_CONTRACT: tuple[tuple[float, str], ...] = ((8, rf"(?:{_NUMBER}{_OF})?conta[ -]?contrato"),)
_PARTNER: tuple[tuple[float, str], ...] = (
    (8, rf"(?:{_NUMBER}|codigo |cod\.? ?)?{_OF}parceiro(?: de negocios?)?|\bpn\b(?= *:? *\d)"),
)
_METER: tuple[tuple[float, str], ...] = (
    (8, rf"(?:{_NUMBER}|codigo |cod\.? ?)?{_OF}medidor(?: n[o.º°]*)?\b|equipamento de medicao"),
)
_OTHER_ID: tuple[tuple[float, str], ...] = (
    (0, rf"(?:{_NUMBER}|codigo |cod\.? ?)?{_OF}(?:equipamento|documento|lacre|poste|transformador|lote"
        rf"|livro|rota|roteiro|fatura|nota fiscal|nf3?-?e?|serie|protocolo|pedido|contrato"
        rf"|boleto|nosso numero|controle|barras|debito automatico|autenticacao|banco|agencia|cfop|telefone"
        rf"|fone)\b(?: n[o.º°]*)?"),
    (0, r"nota fiscal(?: n[o.º°]*)?|serie|nosso numero|constante|leitura (?:anterior|atual)"
        r"|inscricao (?:estadual|municipal)|insc\.? ?(?:est|mun)\w*\.?|cnpj|cpf|cnpj/cpf"
        r"|cpf/cnpj|cep|telefone|fone|ouvidoria|aneel|arsesp|arce|agencia|banco|debito automatico|chave de acesso"
        r"|(?:emissao|hash|reservado ao fisco)"),
    (0, r"(?:endereco|dados|local|titular)(?: d[aeo])? (?:unidade consumidora|instalacao|uc|cliente|consumidor"
        r"|consumo)|endereco|entrega"),
    (0, r"central de (?:atendimento|relacionamento)|atendimento|ligue(?: gratis)?"),
)  # fmt: skip


@cache
def labels(further: tuple[tuple[str, str], ...] = ()) -> tuple[tuple[Kind, LabelType, float, re.Pattern[str]], ...]:
    """Every label, compiled; `further` are (kind, words) that one company prints (companies/*.toml), and outrank the rest."""
    types: dict[str, LabelType] = {"total": "money", "due": "date", "reference": "month"}
    tables: tuple[tuple[str, tuple[tuple[float, str], ...]], ...] = (
        ("total", _MONEY), ("due", _DATE), ("reference", _MONTH), ("installation", _ID), ("client", _CLIENT),
        ("contract", _CONTRACT), ("partner", _PARTNER), ("meter", _METER), ("decoy", _OTHER_ID),
    )  # fmt: skip
    rows = [(kind, weight, pattern) for kind, table in tables for weight, pattern in table]
    rows += [(kind, 11.0, re.escape(words)) for kind, words in further]
    return tuple(
        (
            kind if weight else "decoy",  # type: ignore[misc]
            types.get(kind, "id"),
            weight,
            re.compile(rf"(?<![a-z])(?:{pattern})(?!(?<=[a-z])[a-z])"),
        )
        for kind, weight, pattern in rows
    )
