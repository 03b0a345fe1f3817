"""What may not leave the house, and what may."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flows.agent.claims import broken_rules, offered
from flows.domain import Button, Content, Plan, Row

PLANS = (
    Plan(plan_id=1, name="Plano Ouro", utility="CELPE", discount=Decimal("0.18"), fidelity_months=60),
    Plan(plan_id=2, name="Plano Prata", utility="CELPE", discount=Decimal("0.145"), fidelity_months=0),
)
PERCENTS = offered(PLANS)


def broken(text: str, **more: object) -> list[str]:
    return broken_rules(Content(text=text), percents=PERCENTS, **more)


def rules(text: str) -> set[str]:
    return {rule.partition(":")[0] for rule in broken(text)}


@pytest.mark.parametrize(
    "text",
    [
        "O plano tem 18% de desconto.",
        "O plano tem 18 % de desconto.",
        "São dezoito por cento de desconto.",
        "O outro tem 14,5% de desconto.",
        "O outro tem 14.50% de desconto.",
        "São quatorze e meio por cento.",
        "São catorze vírgula cinco por cento.",
        "Os descontos vão de 14,5% a 18%.",
        "Descontos de 14,5 a 18%.",
        "Um desconto de 18, com 60 meses de fidelidade.",
        "O programa começa em contas de R$ 200.",
        "Pode me mandar uma foto ou o PDF da sua conta de luz?",
        "Não precisa instalar placa nem fazer obra.",
        "Os créditos entram com desconto, e a *CELPE* continua a mesma. 😊 ⚡",
        "Seu perfil está *pré-qualificado*.",
        "Veja: https://exemplo.com.br/privacidade?v=2. Tudo bem?",
        "Plano com fidelidade de 36 meses e desconto por 12 meses.",
        "",
    ],
)
def test_an_honest_text_passes(text: str) -> None:
    assert broken(text or "Oi!") == []


@pytest.mark.parametrize(
    "text",
    [
        "Você economiza 95%!",
        "Você economiza 95 % !",
        "Você economiza 95％!",
        "Até noventa e cinco por cento de economia.",
        "Até vinte e um por cento no primeiro ano.",
        "Até vinte  por  cento.",
        "Desconto de até 35.",
        "De 14 a 18% de desconto.",
        "De 14,5 a 20 por cento.",
        "Quinze porcento!",
        "18,5% de desconto",
        "1.8% de desconto",
        "São 21 pontos percentuais.",
        "Energia 100% renovável.",
        "cem por cento digital",
        "Um desconto de 95 na sua conta",
        "DEZESSEIS POR CENTO",
    ],
)
def test_a_percentage_that_no_plan_has_is_caught(text: str) -> None:
    assert "percent_not_offered" in rules(text)


def test_no_plan_means_no_percentage_at_all() -> None:
    assert broken_rules(Content(text="18% de desconto"), percents=()) == ["percent_not_offered:18"]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("sells_energy", "Nós vendemos energia limpa."),
        ("sells_energy", "Compre energia mais barata."),
        ("sells_energy", "É uma compra de energia coletiva."),
        ("sells_energy", "A venda de créditos é simples."),
        ("sells_energy", "A Serena é uma comercializadora."),
        ("sells_energy", "Você só troca de fornecedor."),
        ("approved", "Seu perfil foi aprovado!"),
        ("approved", "Sua conta está APROVADA."),
        ("approved", "Você está pré-aprovado."),
        ("free", "É grátis."),
        ("free", "A primeira fatura é por nossa conta."),
        ("free", "Adesão gratuita."),
        ("free", "A primeira conta é paga pela Serena."),
        ("saving_in_money", "Você economiza R$ 1.000 por ano."),
        ("saving_in_money", "São R$50 de economia por mês."),
        ("saving_in_money", "Dá para poupar 80 reais."),
        ("saving_in_money", "Ganhe R$ 100 por indicação."),
        ("saving_in_money", "Sua conta vem R$ 90 a menos."),
        ("fraction_promised", "Pague metade da conta."),
        ("fraction_promised", "Um terço do valor some."),
        ("wrong_product", "Instalamos no seu telhado."),
        ("wrong_product", "Há financiamento em 60 vezes."),
        ("wrong_product", "O payback é de 5 anos."),
        ("start_promised", "O desconto já na próxima fatura."),
        ("start_promised", "Na próxima conta você já vê o desconto."),
        ("guaranteed", "Desconto garantido por lei."),
        ("everywhere", "Atendemos todo o Brasil."),
        ("no_exit_fee", "Saia quando quiser, sem multa."),
        ("no_exit_fee", "Cancele quando quiser."),
        ("ignore_a_bill", "Pode descartar a conta da distribuidora."),
        ("ignore_a_bill", "Não precisa pagar a fatura antiga."),
        ("one_or_two_bills", "Você recebe uma única fatura."),
        ("one_or_two_bills", "Chega só uma conta."),
        ("free_of_flags", "Fica livre da bandeira vermelha."),
        ("hurry", "São as últimas vagas!"),
        ("asks_sensitive", "Qual é o seu CPF?"),
        ("asks_sensitive", "Me passa a senha do portal da distribuidora?"),
        ("technical", "Deu um timeout na API."),
        ("emoji", "Oi 😊😊😊"),
        ("emoji", "Oi 🚀"),
        ("several_questions", "Tudo bem? Qual a cidade?"),
        ("markdown", "Um **negrito** errado"),
        ("placeholder", "Oi, {name}!"),
    ],
)
def test_a_promise_that_may_not_be_made_is_caught(rule: str, text: str) -> None:
    assert rule in rules(text)


def test_a_benefit_of_a_listed_plan_may_be_repeated_word_for_word_only() -> None:
    benefit = "Primeira fatura grátis, paga pela Serena"
    assert broken(f"1. *Plano Ouro*: 18% de desconto · {benefit}", benefits=[benefit]) == []
    assert broken("A primeira fatura é grátis para todos.", benefits=[benefit]) == ["free"]
    assert broken(f"1. *Plano Ouro*: 18% de desconto · {benefit}") == ["free"]


def test_a_benefit_that_a_list_row_cuts_off_is_still_that_benefit() -> None:
    benefit = "Primeira fatura grátis para quem assina até o fim do mês"
    row = Row(id="plan:1", title="1. 18% de desconto", description="Plano Ouro · Primeira fatura grátis para quem…")
    content = Content(text="Qual você prefere?", rows=(row,))
    assert broken_rules(content, percents=PERCENTS, benefits=[benefit]) == []
    assert broken_rules(content, percents=PERCENTS) == ["free"]


def test_buttons_and_rows_are_read_too() -> None:
    button = Content(text="Escolha", buttons=(Button(id="a", title="Quero 95%"),))
    row = Content(text="Escolha", rows=(Row(id="a", title="Plano", description="até 40% de desconto"),))
    assert broken_rules(button, percents=PERCENTS) == ["percent_not_offered:95"]
    assert broken_rules(row, percents=PERCENTS) == ["percent_not_offered:40"]


def test_what_whatsapp_would_refuse_is_caught_even_in_unvalidated_content() -> None:
    def built(**fields: object) -> Content:
        return Content.model_construct(**{"text": "Oi", "buttons": (), "rows": (), "list_label": "Ver", **fields})

    def button(id: str, title: str) -> Button:
        return Button.model_construct(id=id, title=title)

    same = (button("a", "Sim"), button("b", "Sim"))
    long = (button("a", "x" * 21),)
    rows = tuple(Row(id=str(n), title=str(n)) for n in range(11))
    assert broken_rules(built(text="x" * 4097), percents=()) == ["text_length"]
    assert broken_rules(built(buttons=same), percents=()) == ["choices_not_distinct"]
    assert broken_rules(built(buttons=long), percents=()) == ["buttons"]
    assert broken_rules(built(rows=rows), percents=()) == ["rows"]
    assert broken_rules(built(rows=rows[:2], list_label="x" * 21), percents=()) == ["rows"]
    assert broken_rules(built(text=" "), percents=()) == ["text_length"]
