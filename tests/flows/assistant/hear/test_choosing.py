"""How people choose one of three plans: 18 % for 60 months, 16 % for 36, 14 % without commitment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flows.assistant.hear import Scene
from flows.assistant.meaning import Meaning
from flows.domain import Line, Offer
from tests.flows.assistant.hear.saying import THREE, TWO, any_of, choosing, heard, scene, sure


def picked(said: str | tuple[str, ...], **more: object) -> tuple[int, bool] | None:
    """Position and certainty of what was chosen."""
    item = heard(said, choosing(**more)).last(Meaning.CHOICE)  # type: ignore[arg-type]
    return None if item is None else ((item.plan or 100) - 100, item.certain)


@pytest.mark.parametrize(
    ("said", "position"),
    [
        ("1", 1),
        ("o 2", 2),
        ("opção três", 3),
        ("OPCAO 2", 2),
        ("o do meio", 2),
        ("o último", 3),
        ("o de 16", 2),
        ("16%", 2),
        ("o de dezesseis", 2),
        ("dezoito por cento", 1),
        ("o sem fidelidade", 3),
        ("o que não prende", 3),
        ("quero o que não tem prazo", 3),
        ("o de 36 meses", 2),
        ("o de cinco anos", 1),
        ("o premium", 1),
        ("o básico", 3),
        ("fico com o segundo", 2),
        ("vou de 2", 2),
        ("então o 3", 3),
        ("tri, o de 16", 2),
        ("2 mesmo", 2),
        ("the second one", 2),
        ("el segundo", 2),
        ("o segundo pras duas casas", 2),
        ("o 2, obrigado", 2),
        ("vamos no sem fidelidade pq não sabemos o dia de amanhã", 3),
        ("vixe cinco anos é muito tempo eu quero o que não tem prazo", 3),
    ],
)
def test_a_plain_choice(said: str, position: int) -> None:
    assert picked(said) == (position, True)


@pytest.mark.parametrize(
    ("said", "position"),
    [("nem o 1 nem o 3", 2), ("o mais barato", 1), ("o de menor prazo", 3), ("nem o premium nem o básico", 2)],
)
def test_a_choice_by_exclusion_or_comparison_is_a_guess(said: str, position: int) -> None:
    assert picked(said) == (position, False)


@pytest.mark.parametrize(
    "said",
    [
        "o 2 tem fidelidade?",
        "qual a diferença do 1 pro 2?",
        "não quero o primeiro não",
        "entre o 1 e o 2",
        "o 1 ou o 2",
        "um segundo",
        "segunda eu vejo",
        "segunda via",
        "me dá 1 minuto",
        "tenho 2 filhos",
        "minha vizinha pegou o plano 2",
        "qual é melhor?",
        "60 meses é muita coisa",
        "quero falar com alguém",
        "posso cancelar o 3 quando quiser?",
        "oi",
        "o 1 não, muito tempo",
    ],
)
def test_no_choice(said: str) -> None:
    assert picked(said) is None


def test_the_last_word_counts() -> None:
    assert picked(("o 1", "não pera", "o 2")) == (2, True)
    assert picked("o que me prende 5 anos, óbvio... que não. o sem fidelidade") == (3, True)


def test_a_number_that_is_not_on_the_list_names_no_plan() -> None:
    item = heard("quero o 4", choosing()).last(Meaning.CHOICE)
    assert item is not None and item.plan is None


@pytest.mark.parametrize("said", ["nenhum", "nenhum desses", "só fecho com 30%", "o de 20%", "tem outro melhor?"])
def test_none_of_them(said: str) -> None:
    assert "none_of_them" in any_of(heard(said, choosing())) and picked(said) is None


def test_the_other_of_two_is_known_where_one_was_asked_back() -> None:
    assert picked("o outro", plans=TWO, proposed=101) == (2, True)
    assert picked("o outro", plans=TWO) is None


def test_without_a_list_a_number_chooses_nothing() -> None:
    assert not heard("2", scene("bill")).items


@pytest.mark.parametrize("said", ["o melhor", "quero o melhor", "me manda o melhor aí"])
def test_the_best_one_is_a_doubt_and_no_choice(said: str) -> None:
    [item] = heard(said, choosing()).items
    assert (item.meaning.value, item.about) == ("unsure", "plan")


def test_a_figure_that_no_plan_has_is_none_of_them() -> None:
    assert {"none_of_them"} == any_of(heard("o de 24", choosing())) == any_of(heard("quero o de 20 meses", choosing()))
    assert "choice" in sure(heard("o melhor, o 2", choosing()))
    assert {"choice"} == any_of(heard("o de 16", choosing())) == any_of(heard("o de 36 meses", choosing()))


def test_who_comes_back_next_week_asks_for_no_call() -> None:
    assert any_of(heard("vou apresentar na assembleia e retorno semana que vem", choosing())) == {"later"}
    assert "call_at" in any_of(heard("quero um retorno semana que vem", choosing()))


# What is asked, weighed, told of somebody or of something else chooses nothing: a plan that nobody wanted would be booked.
NO_CHOICE = """
o premium é bom?
o de 18 tem multa?
meu vizinho tem o de 16
minha amiga pegou o de 18
o 2 é 3 anos né?
não gostei do 2
o 1 prende muito
36 meses é muito tempo
60 meses deus me livre
cinco anos nem casamento
e se eu escolher o 2?
qual a diferença do 1 pro 2
entre o 1 e o 2 qual é melhor
o primeiro ou o segundo?
tô entre o do meio e o último
tenho 2 casas
moro com 3 pessoas
são 16 horas agora
ligo às 18
às 14 eu falo com você
dia 18 eu recebo
pago uns 60 reais
minha conta veio 360
só tenho 18 anos
meu filho tem 16
eu tenho 60 anos
faz 36 anos que moro aqui
gostei dos três
qualquer um dos dois
os dois primeiros são iguais?
e o terceiro, prende?
o de 14 é o sem fidelidade?
não quero ficar 60 meses
nem o 1 nem o 2 nem o 3
vou pensar no de 18
talvez o 2
depois eu escolho o 2 ou o 3
meu marido acha o 2 melhor mas eu não
o consultor pode me explicar o 2?
me explica o premium
fala mais do intermediário
o básico é o pior né
esse desconto de 18 é todo mês?
18% de quanto?
o desconto do primeiro é maior né
a primeira fatura quem paga?
vocês pagam a primeira conta mesmo?
o segundo tem taxa?
se eu pegar o 1 e sair antes?
posso trocar do 2 pro 1 depois?
ele escolheria o 2 mas morreu
já falei com 2 atendentes
é a segunda vez que pergunto
na segunda eu respondo
segunda feira te falo
quinta eu decido
um minuto
primeiro quero saber se é seguro
em primeiro lugar boa tarde
o outro rapaz falou que era 20%
o do meu pai é qual?
esse aí
isso
vou no banco e já volto
vou no mercado
fico com medo
fico com a conta atual
quero o meu dinheiro
quero o telefone de vocês
bota fé
pode por favor explicar?
o de cima aqui do prédio tem
vizinho de baixo
embaixo da conta tem um código
deixa eu ver o de baixo com calma
em cima da mesa
o topo
será que o 2 é bom
será que fico com o 1
ficou caro o 2
""".strip().splitlines()


@pytest.mark.parametrize("said", NO_CHOICE)
def test_what_is_asked_weighed_or_told_chooses_nothing(said: str) -> None:
    assert "choice" not in sure(heard(said, choosing()))


@pytest.mark.parametrize(
    ("said", "plan"),
    [
        ("o de 60", 1),
        ("vou no de trinta e seis", 2),
        ("o q disconta mais", 1),
        ("o de 14 mesmo", 3),
        ("deu 3x1 pro que dá 16", 2),
        ("me põe no que tá em cima de todos", 1),
        ("meu marido escolheu o terceiro", 3),
        ("naquele que num tem amarração nenhuma", 3),
        ("a diferença de 2 pontos compensa. opção 16%", 2),
        ("bota eu nesse de 18 q n vou me mudar tão cedo", 1),
    ],
)
def test_a_plan_is_chosen_by_what_it_has(said: str, plan: int) -> None:
    assert picked(said) == (plan, True)


def _after(before: str, plans: tuple[Offer, ...]) -> Scene:
    line = Line(who="user", type="text", text=before, at=datetime(2026, 11, 30, tzinfo=UTC))
    return replace(choosing(plans=plans), lines=(line,))


@pytest.mark.parametrize(
    "said", ["vou nesse", "quero ele", "mesmo assim é ele que eu escolho", "fico com esse que perguntei"]
)
def test_a_plan_is_chosen_by_pointing_back_at_it(said: str) -> None:
    chosen = heard(said, _after("o de 18 tem multa?", THREE)).last(Meaning.CHOICE)
    assert chosen is not None and chosen.certain and chosen.plan == THREE[0].plan_id


@pytest.mark.parametrize(
    "said",
    ["não quero esse", "não fico com ele", "não é esse que eu quero", "talvez eu fique com ele", "se eu fico com ele"],
)
def test_who_points_back_at_a_plan_and_refuses_it_chooses_nothing(said: str) -> None:
    assert "choice" not in sure(heard(said, _after("o de 18 tem multa?", THREE)))


@pytest.mark.parametrize("said", ["fico com o outro", "então prefiro o outro plano"])
def test_the_other_of_two_plans_is_chosen_by_what_was_said_of_the_first(said: str) -> None:
    chosen = heard(said, _after("o de 17 é bom?", TWO)).last(Meaning.CHOICE)
    assert chosen is not None and chosen.plan == TWO[1].plan_id


@pytest.mark.parametrize(
    "said", ["muda pro outro assunto", "quero o outro rapaz", "vou no outro banco", "não quero o outro"]
)
def test_another_thing_is_no_other_plan(said: str) -> None:
    assert "choice" not in sure(heard(said, _after("o de 17 é bom?", TWO)))
