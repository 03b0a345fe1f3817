"""Texts and code held together: every key used exists, every key written is used, every text keeps to the voice."""

from __future__ import annotations

import ast
import string
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

import flows.agent
from flows.agent.claims import broken_rules, offered
from flows.agent.playbook import reminder
from flows.agent.words import called, clip, discounts, faq, numbered, offers_of, plain, plan_name, rows_of, texts
from flows.domain import Content, Lead, Plan, Stage

SOURCES = sorted(Path(flows.agent.__file__).parent.glob("*.py"))
# What the code fills in; a text with other braces would fail in front of a lead.
FILLED = {
    "name": "Maria", "persona": "Sílvia", "url": "https://exemplo.com.br/privacidade", "city": "Recife", "state": "PE",
    "utility": "CELPE", "names": "CPFL, ENEL", "count": "3", "low": "14", "high": "18", "percent": "18",
    "deadline": "em até 1 dia útil", "minimum": "R$ 200", "amount": "R$ 250,00", "position": "1", "months": "36",
    "fidelity": "sem fidelidade", "what": "o valor total", "month": "11/2026", "date": "10/12", "bill": "Olinda/PE",
    "known": "Recife/PE",
}  # fmt: skip
ALLOWED = {Decimal(14), Decimal(18)}


def literals() -> set[str]:
    """Every string constant of the agent's code."""
    nodes = (node for path in SOURCES for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def plan(discount: str = "0.14", *, id: int = 1, name: str = "Plano A-14%", months: int = 0, **more: object) -> Plan:
    return Plan(plan_id=id, name=name, utility="CELPE", discount=Decimal(discount), fidelity_months=months, **more)


def test_every_text_is_used_and_every_text_used_exists() -> None:
    written = set(texts()) | set(texts("reminder"))
    sections = {key.partition(".")[0] for key in written}
    used = {s for s in literals() if s.partition(".")[0] in sections and s.partition(".")[2].isidentifier()}
    assert used == written


@pytest.mark.parametrize("key", sorted(set(texts())))
def test_every_text_keeps_the_rules_when_filled_in(key: str) -> None:
    text = texts()[key]
    assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= set(FILLED)
    assert broken_rules(Content(text=text.format(**FILLED)), percents=ALLOWED) == []
    assert text == text.strip() and text.count("*") % 2 == 0


def test_button_titles_fit() -> None:
    assert all(0 < len(text) <= 20 for key, text in texts().items() if key.startswith("buttons."))


@pytest.mark.parametrize("id", sorted(faq()))
def test_every_reviewed_answer_says_only_what_may_be_said_and_asks_nothing(id: str) -> None:
    entry = faq()[id]
    assert broken_rules(Content(text=entry.answer), percents=()) == []
    assert "?" not in entry.answer and len(entry.answer) <= 320
    assert len(entry.questions) >= 3 and entry.risk in {"safe", "careful", "high"}
    assert entry.source.startswith("domain.md 7, row ")


def test_there_is_one_answer_for_each_of_the_twenty_topics() -> None:
    rows = [int(entry.source.removeprefix("domain.md 7, row ").split(";")[0]) for entry in faq().values()]
    assert rows == list(range(1, 21))


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("sequence", [1, 2, 3])
@pytest.mark.parametrize("name", ["Maria das Dores", None, "JOSÉ", "😊"])
def test_a_reminder_is_short_honest_and_does_not_greet_again(stage: Stage, sequence: int, name: str | None) -> None:
    content = reminder(Lead(id=uuid4(), stage=stage, name=name), sequence=sequence)
    assert 50 <= len(content.text) <= 1000
    assert broken_rules(content, percents=()) == []
    assert not content.text.startswith(("Oi", "Olá"))
    assert content.text[0].isupper()
    assert ("Maria, " in content.text) == (name == "Maria das Dores")


def test_reminders_differ_by_stage_and_by_number() -> None:
    def say(stage: Stage, sequence: int) -> str:
        return reminder(Lead(id=uuid4(), stage=stage), sequence=sequence).text

    assert "cidade" in say(Stage.AWAITING_PLACE, 1)
    assert "conta de luz" in say(Stage.AWAITING_BILL, 1)
    assert "planos" in say(Stage.PLANS_SENT, 1)
    read_back = Lead(id=uuid4(), stage=Stage.BILL_PROCESSED, memory={"asked": "bill_ok"})
    aside = read_back.model_copy(update={"memory": {"asked": "person", "resume": "bill_ok"}})
    assert "dados estão certos" in reminder(read_back).text and reminder(aside) == reminder(read_back)
    assert "dados" not in say(Stage.BILL_PROCESSED, 1)
    assert "insistir" in say(Stage.AWAITING_BILL, 2)
    assert "última" in say(Stage.AWAITING_BILL, 3)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Maria Silva", "Maria"),
        ("MARIA SILVA", "Maria"),
        ("joão", "João"),
        ("D'Ávila Souza", "D'Ávila"),
        ("Ana-Clara Reis", "Ana-Clara"),
        ("McArthur", "McArthur"),
        ("*Maria* {x}", None),
        ("5581999887766", None),
        ("😊 Bia", None),
        ("M", None),
        ("", None),
        (None, None),
        ("Supercalifragilisticoexpialidoso", None),
        ("Dona Francisca", "Francisca"),
        ("Dr. Paulo Sá", "Paulo"),
        ("Dra Ana", "Ana"),
        ("SEU ZÉ", "Zé"),
        ("Dona", None),
        ("Padaria do Zé", None),
        ("Lojas Silva", None),
        ("Hospital São Lucas", None),
        ("Silva & Filhos Ltda", None),
        ("Virgílio Sá", "Virgílio"),
    ],
)
def test_a_lead_is_called_by_a_name_or_by_none(name: str | None, first: str | None) -> None:
    assert called(Lead(id=uuid4(), name=name)) == first


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Plano Básico-14%", "Plano Básico"),
        ("Plano Básico - 14 %", "Plano Básico"),
        ("Plano Ouro (18,5%)", "Plano Ouro"),
        ("Plano 60 meses", "Plano 60 meses"),
        ("Plano *Top* `x`\nnovo", "Plano Top x novo"),
        ("14%", "Plano 1"),
        ("Plano " + "muito " * 20, "Plano muito muito muito muito muito…"),
    ],
)
def test_a_plan_is_named_without_a_percentage_of_its_own(name: str, shown: str) -> None:
    assert plan_name(plan(name=name)) == shown
    assert len(plan_name(plan(name=name))) <= 40


def test_at_most_three_plans_the_best_discount_first() -> None:
    plans = [plan("0.14", id=1), plan("0.18", id=2, months=60), plan("0.16", id=3), plan("0.18", id=4, months=36)]
    assert [(o.position, o.plan_id) for o in offers_of(plans)] == [(1, 4), (2, 2), (3, 3)]


def test_the_list_says_discount_commitment_and_benefits_on_one_line_each() -> None:
    offers = offers_of([
        plan("0.145", id=1, name="Plano Leve", months=0),
        plan("0.18", id=2, name="Plano Ouro-18%", months=60, benefits=("Primeira fatura paga pela Serena.",)),
        plan("0.2", id=3, name="Plano Mês", months=1),
    ])  # fmt: skip
    assert numbered(offers) == (
        "1. *Plano Mês*: 20% de desconto, fidelidade de 1 mês\n"
        "2. *Plano Ouro*: 18% de desconto, fidelidade de 60 meses · Primeira fatura paga pela Serena\n"
        "3. *Plano Leve*: 14,5% de desconto, sem fidelidade"
    )


def test_rows_fit_whatsapp_with_the_longest_names() -> None:
    long = "Benefício muito comprido que a API escreveu sem pensar em telas pequenas " * 3
    plans = [plan(d, id=10**9 + n, name="Nome " * 30, months=120, benefits=(long, long)) for n, d in
             enumerate(("0.123456", "0.175", "1"))]  # fmt: skip
    content = Content(text=numbered(offers_of(plans)), rows=rows_of(offers_of(plans)))
    assert broken_rules(content, percents=offered(plans), benefits=[long]) == []
    assert len(content.text) < 750


def test_the_news_counts_plans_and_names_only_their_discounts() -> None:
    three = [plan("0.14"), plan("0.18"), plan("0.16")]
    assert discounts(three).endswith("*3 planos* por lá, com desconto de 14% a 18%.")
    assert discounts([plan("0.16"), plan("0.16")]).endswith("*2 planos* por lá, com desconto de 16%.")
    assert discounts([plan("0.16")]).endswith("*um plano* por lá, com desconto de 16%.")


def test_clip_and_plain_keep_bold_and_lines_whole() -> None:
    assert clip("uma frase comprida demais", 15) == "uma frase…"
    assert clip("Paralelepípedo", 8) == "Paralel…"
    assert plain("*CELPE*\n_teste_ {x}") == "CELPE teste x"
