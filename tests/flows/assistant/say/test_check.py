"""The rules on a model's words: no lie is grounded, hardly one is even doubted, and careful words are not refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.assistant.decide.acts import Code
from flows.assistant.meaning import Question
from flows.assistant.say.check import Ground, Ruling, check
from flows.assistant.say.check.clauses import Text
from flows.assistant.say.check.comparisons import contradicted
from flows.assistant.say.check.numbers import numbers
from flows.assistant.say.wording import ShownList
from tests.evals.saying import acts_for, measured, read
from tests.flows.assistant.say.acts import OFFERS, act

SAYING = Path(__file__).parents[3] / "evals" / "saying"
ASK = "Pode me mandar a foto ou o PDF da sua última conta de luz?"
BILL = Ground(ASK, ("nossa, a luz tá cara",), asks=Question.BILL)
LISTED = (ShownList(OFFERS).discounts, ShownList(OFFERS).list)
PLAN = Ground(
    "Qual dos planos você prefere? É só responder com o número.", ("hum",), OFFERS, Question.PLAN, besides=LISTED
)


def lies() -> list[dict[str, str]]:
    return [line for name in ("lies", "lies_kept", "lies_more") for line in read(SAYING / f"{name}.jsonl")]


def truths() -> list[dict[str, str]]:
    return [line for name in ("good", "good_kept", "good_more") for line in read(SAYING / f"{name}.jsonl")]


@pytest.mark.parametrize("rich", [False, True], ids=["little is said", "much is said"])
def test_no_lie_leaves_without_a_checker_and_most_are_refused_for_certain(rich: bool) -> None:
    verdicts = [check(line["reply"], measured(line, acts_for(line, None, rich=rich))) for line in lies()]
    assert not [verdict for verdict in verdicts if verdict.outcome is Ruling.GROUNDED]
    assert sum(verdict.outcome is Ruling.REFUSED for verdict in verdicts) >= 0.95 * len(verdicts)


def test_careful_words_are_hardly_ever_refused_for_certain() -> None:
    verdicts = [check(line["reply"], measured(line, acts_for(line, None))) for line in truths()]
    assert sum(verdict.outcome is Ruling.REFUSED for verdict in verdicts) <= 0.02 * len(verdicts)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("A conta cai uns dezoito por cento.", "number"),
        ("Cai um quinto da conta.", "share"),
        ("Sobra uma graninha no fim do mês.", "saving"),
        ("É na faixa.", "free"),
        ("Mês que vem já aparece.", "date"),
        ("Seu cadastro passou na análise.", "approval"),
        ("Pode confiar, eu garanto.", "guarantee"),
        ("Você sai na hora que bem entender.", "exit"),
        ("Não tem multa.", "exit"),
        ("Não precisa mais pagar a distribuidora.", "unpaid_bill"),
        ("Somos parceiros da Celpe.", "company"),
        ("Sua vizinha já participa.", "others"),
        ("O governo apoia.", "authority"),
        ("A gente instala as placas no telhado.", "product"),
        ("Anotei o seu pedido.", "deed"),
        ("Seu lugar já está reservado.", "deed"),
        ("Um consultor vai te ligar.", "contact"),
        ("Atendemos a sua cidade.", "coverage"),
        ("Me passa o seu CPF.", "document"),
        ("Está tudo em www.serena.com.br.", "link"),
        ("Está em serena ponto com.", "link"),
        ("Fui programada para não falar disso.", "leak"),
        ("No problem at all!", "language"),
        ("Deixa de drama.", "rude"),
        ("O *Plano Ouro* serve.", "plan_name"),
        ("A Enel também tem isso.", "utility_name"),
    ],
)
def test_a_claim_that_the_acts_do_not_make_is_refused_by_name(words: str, code: str) -> None:
    verdict = check(f"{words} {ASK}", BILL)
    assert verdict.outcome is Ruling.REFUSED
    assert code in verdict.codes


@pytest.mark.parametrize(
    "words",
    [
        "Não quero te garantir nada sem confirmar.",
        "Não consigo te prometer isso.",
        "Em reais eu não consigo dizer.",
        "Quanto se economiza depende do plano.",
        "Não é de graça.",
        "Mande a foto da conta inteira, por favor.",
        "Não precisa mandar o CPF.",
        "Não posso dizer se o seu cadastro vai ser aprovado.",
        "Sem problema, não se preocupe.",
    ],
)
def test_denials_and_what_is_left_open_are_no_claims(words: str) -> None:
    assert check(f"{words} {ASK}", BILL).outcome is not Ruling.REFUSED


def test_what_the_acts_say_may_be_said_in_other_words() -> None:
    free = Ground(
        "Primeira fatura paga pela Serena, no plano da lista.", ("a primeira vem de graça?",), OFFERS, besides=LISTED
    )
    assert "free" not in check("No Premium a primeira fatura é paga pela Serena.", free).codes
    called = Ground(
        "Já avisei a nossa equipe: uma pessoa fala com você em até 1 dia útil.", deadline="em até 1 dia útil"
    )
    assert check("Avisei a equipe, e uma pessoa fala com você em até 1 dia útil.", called).outcome is not Ruling.REFUSED
    assert check("Avisei a equipe, e uma pessoa fala com você amanhã mesmo.", called).outcome is Ruling.REFUSED


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("O Plano Premium é sem fidelidade.", True),
        ("O Plano Premium tem fidelidade de 60 meses.", False),
        ("O Premium prende por cinco anos.", False),
        ("O Premium prende por três anos.", True),
        ("O Básico tem o maior desconto.", True),
        ("O primeiro tem o maior desconto.", False),
        ("O de 16% é o Intermediário.", False),
        ("O de 14% é o Intermediário.", True),
        ("O Premium tem 18% e 60 meses; o Básico, 14% sem fidelidade.", False),
        ("O Premium tem 14% e o Básico, 18%.", True),
        ("Nenhum deles tem prazo.", True),
        ("Todos têm fidelidade.", True),
        ("O Básico não tem fidelidade.", False),
        ("O prazo é igual nos três.", True),
        ("O Básico vem com a primeira fatura paga pela Serena.", True),
        ("O último é sem fidelidade.", False),
        ("O do meio dá 16%.", False),
    ],
)
def test_what_is_said_of_a_plan_is_held_against_it(words: str, wrong: bool) -> None:
    assert bool(list(contradicted(Text(words), PLAN))) is wrong


def test_an_answer_without_a_plans_name_is_held_against_the_plan_asked_about() -> None:
    asked = Ground(PLAN.said, ("o premium tem fidelidade?",), OFFERS, Question.PLAN, besides=LISTED)
    assert list(contradicted(Text("Não tem fidelidade, não."), asked))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Entendo. Como você está hoje?", "other_question"),
        ("Entendo. Tudo bem por aí?", "question_dropped"),
        ("Entendo.", "question_dropped"),
        ("Quantas pessoas moram aí? Pode me mandar a conta?", "several_questions"),
        ("Costuma pagar a conta em dia?", "other_question"),
    ],
)
def test_the_question_is_the_acts_and_no_other(words: str, code: str) -> None:
    assert code in check(words, BILL).codes


@pytest.mark.parametrize("words", ["Sem pressa, viu?", "Bom dia! Tudo bem?", "Quando der está ótimo, tá bom?"])
def test_a_tag_and_a_courtesy_are_no_questions(words: str) -> None:
    assert check(f"{words} Pode me mandar a foto da sua conta?", BILL).codes == ()


def test_a_request_for_the_same_is_the_question_too() -> None:
    assert "question_dropped" not in check("Por enquanto, me manda a foto da conta.", BILL).codes


@pytest.mark.parametrize(
    "words",
    [
        "O plano é sem fidelidade, pode ficar tranquila!",
        "Passei o seu caso para o Marcelo.",
        "Me conta como é o seu dia.",
    ],
)
def test_an_opening_is_about_the_person_and_asks_for_nothing(words: str) -> None:
    assert check(words, BILL, opening=True).outcome is Ruling.REFUSED


def test_an_opening_asks_nothing() -> None:
    assert check("Puxa, e você está bem?", BILL, opening=True).codes == ("asks",)
    assert check("Puxa, imagino como está pesado!", BILL, opening=True).outcome is Ruling.GROUNDED


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        ("tem multa se cancelar?", "Não tem."),
        ("posso sair quando quiser", "Isso mesmo."),
        ("me liga amanhã", "Ligo amanhã, tudo bem!"),
        ("vocês ligam amanhã então", "Entendi, ligam amanhã."),
        ("quero trinta de desconto", "Que bom, desconto de trinta!"),
        ("então é sem custo né", "Sim, claro!"),
    ],
)
def test_a_lie_of_the_leads_is_not_made_ours(lead: str, words: str) -> None:
    assert check(words, Ground(ASK, (lead,), asks=Question.BILL), opening=True).outcome is not Ruling.GROUNDED


@pytest.mark.parametrize(
    "words",
    [
        "Os créditos abatem tudo da sua conta com desconto, sem obra e sem mudar de distribuidora.",
        "Os créditos já abatem a sua conta com desconto, sem obra e sem mudar de distribuidora.",
        "Quem confirma caso a caso é o consultor, e tarifa social pode se encaixar.",
        "Quem tem tarifa social não pode se encaixar, e quem confirma caso a caso é o consultor.",
    ],
)
def test_what_an_act_says_is_not_made_stronger_or_turned_round(words: str) -> None:
    how = "Você recebe créditos dos nossos parques e eles abatem a sua conta com desconto, sem obra e sem mudar de distribuidora."
    may = "Quem tem tarifa social pode não se encaixar, e quem confirma caso a caso é o consultor."
    assert check(words, Ground(f"{how}\n{may}")).outcome is not Ruling.GROUNDED


@pytest.mark.parametrize("words", ["", "{name}, tudo bem!", "Veja [[PLANOS]]", "Puxa! " * 80])
def test_an_empty_marked_or_endless_opening_is_refused(words: str) -> None:
    assert check(words, BILL, opening=True).outcome is Ruling.REFUSED


def test_hidden_characters_hide_nothing() -> None:
    assert "number" in check(f"Cai １８\u200b％. {ASK}", BILL).codes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("quatrocentos e doze", 412),
        ("dois mil e trezentos", 2300),
        ("r$ 1.245,67", "1245.67"),
        ("vinte e um", 21),
        ("60", 60),
    ],
)
def test_numbers_are_read_in_figures_and_in_words(text: str, value: object) -> None:
    assert str(value) in {f"{number:f}" for number in numbers(text)}


@pytest.mark.parametrize("said", ["Anotei, viu?", "Combinado, tá?", "Recebi sua conta, tudo bem?"])
def test_a_question_beside_words_that_only_end_like_one_is_refused_and_no_error(said: str) -> None:
    verdict = check("Anotei! Qual a sua cidade?", Ground(said))
    assert verdict.outcome is Ruling.REFUSED and "other_question" in verdict.codes


def test_the_ground_knows_plans_that_an_act_carries_without_listing_them() -> None:
    line = {"lead": "hum", "reply": ""}
    ground = measured(line, (act(Code.PLAN_AGAIN, asks=Question.PLAN, offers=OFFERS),))
    assert "fidelidade de 60 meses" in ground.says.folded


def test_a_line_with_a_setup_is_held_against_what_the_assistant_decides_there() -> None:
    line: dict[str, Any] = {"setup": ["oi", "sim"], "lead": "e agora?", "reply": "Entendo."}
    assert [act.code for act in acts_for(line)] == [Code.NEXT_BILL, Code.BILL_AGAIN]
    assert check(line["reply"], measured(line, acts_for(line))).codes == ("question_dropped",)
