"""Yes, no and "I do not know", in everybody's words."""

from __future__ import annotations

import pytest

from flows.assistant.hear import leaned, read
from flows.assistant.meaning import Meaning
from tests.flows.assistant.hear.saying import RECIFE, any_of, choosing, heard, message, reading_back, scene, sure

HERE = scene("confirm_place", form=(RECIFE,))


@pytest.mark.parametrize(
    "said",
    [
        "sim",
        "siim",
        "SIM",
        "s",
        "isso",
        "isso mesmo",
        "é",
        "é sim",
        "é aqui mesmo",
        "sim, ainda é",
        "ainda é",
        "aham",
        "ss",
        "positivo",
        "com certeza",
        "sim senhora",
        "claro",
        "confirmo",
        "ok",
        "tá certo",
        "exato",
        "uai, é sô",
        "oxe, é sim",
        "yes",
        "👍",
        "moro lá ainda",
        "Oi! Sim",
        "bom dia, é isso",
        "nada mudou, é sim",
        "sí, claro",
    ],
)
def test_a_yes_to_what_was_asked(said: str) -> None:
    assert "yes" in sure(heard(said, HERE)) and "no" not in any_of(heard(said, HERE))


@pytest.mark.parametrize(
    "said",
    [
        "não",
        "n",
        "naum",
        "NÃO",
        "não é",
        "não é não",
        "negativo",
        "é não",
        "não moro mais lá",
        "nada disso",
        "de jeito nenhum",
        "num é",
        "errado",
        "claro que não",
        "👎",
    ],
)
def test_a_no_to_what_was_asked(said: str) -> None:
    assert "no" in sure(heard(said, HERE)) and "yes" not in any_of(heard(said, HERE))


@pytest.mark.parametrize(
    "said", ["não sei", "sei lá", "talvez", "não faço ideia", "não tenho certeza", "tanto faz", "acho que é"]
)
def test_who_does_not_know_is_unsure(said: str) -> None:
    assert "unsure" in any_of(heard(said, HERE)) and "no" not in any_of(heard(said, HERE))


@pytest.mark.parametrize(
    "said",
    [
        "sim?",
        "isso ai e golpe ne",
        "claro, porque eu adoro mandar minha conta pra estranho",
        "não sei tirar foto",
        "nao entendi",
    ],
)
def test_words_that_only_look_like_an_answer(said: str) -> None:
    assert not any_of(heard(said, HERE)) & {"yes", "no"}


def test_a_resembling_town_beside_a_yes_is_none() -> None:
    """Measured: "sim, ainda é" was Pindamonhangaba."""
    for said in ("sim, ainda é", "sim ainda e", "é sim ainda", "sim, é isso aí"):
        assert "place" not in any_of(heard(said, HERE))


def test_a_reaction_answers_the_question_it_is_put_to() -> None:
    from flows.assistant.hear import read
    from flows.assistant.meaning import Meaning, Question
    from flows.domain import Inbound

    for emoji, meaning in (
        ("👍", Meaning.YES),
        ("❤️", Meaning.YES),
        ("🙏", Meaning.YES),
        ("👏", Meaning.YES),
        ("😍", Meaning.YES),
        ("👎", Meaning.NO),
    ):
        (item,) = read((message(emoji, kind=Inbound.REACTION, about="notice"),), HERE).items
        assert (item.meaning, item.about, item.certain) == (meaning, Question.NOTICE, True)
    assert not read((message("👍", kind=Inbound.REACTION),), HERE).items
    assert not read((message("", kind=Inbound.REACTION, about="notice"),), HERE).items
    assert not read((message("", kind=Inbound.STICKER),), HERE).items


def test_a_quoted_reply_answers_what_it_quotes() -> None:
    from flows.assistant.hear import read
    from flows.assistant.meaning import Question

    for said in ("sim", "não", "não sei"):
        item = read((message(said, about="notice"),), scene("bill")).items[0]
        assert item.about is Question.NOTICE


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("pode avisar", "notice"),
        ("me avisa", "notice"),
        ("sim", "yes"),
        ("quero sim", "yes"),
        ("não precisa", "no"),
        ("dispenso", "no"),
    ],
)
def test_the_offer_to_be_told(said: str, means: str) -> None:
    assert means in sure(heard(said, scene("notice", place=RECIFE)))


@pytest.mark.parametrize(
    ("said", "means"), [("o contrato", "cancel"), ("só as mensagens", "stop"), ("nenhum dos dois", "no")]
)
def test_our_messages_or_a_contract(said: str, means: str) -> None:
    assert means in sure(heard(said, scene("cancel")))


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("ela aceita", "holder_agrees"),
        ("já falei com ele, ele assina", "holder_agrees"),
        ("ele não quer", "holder_refuses"),
        ("sim", "yes"),
        ("vou perguntar pra ela", "unsure"),
        ("sou eu a titular", "holder_me"),
    ],
)
def test_whether_the_holder_agrees(said: str, means: str) -> None:
    assert means in any_of(heard(said, reading_back("holder")))


def test_a_plan_asked_back_is_confirmed_or_not() -> None:
    assert "yes" in sure(heard("esse mesmo", choosing("confirm_plan", proposed=102)))
    assert "no" in sure(heard("não, não é esse", choosing("confirm_plan", proposed=102)))


OFFERED = scene("notice", place=2600054)


@pytest.mark.parametrize(
    "said",
    [
        "sim",
        "pode avisar",
        "quero sim",
        "ok",
        "tá bom, me avisa",
        "pode ser",
        "sim, moro aqui",
        "quero, meu nome é Ana",
    ],
)
def test_news_are_wanted_in_words_for_them(said: str) -> None:
    assert {"yes", "notice"} & sure(heard(said, OFFERED))


@pytest.mark.parametrize(
    "said",
    [
        "é no meu nome sim",
        "blz vou pedir a foto pra ela",
        "tenho placa sim",
        "moro lá sim",
        "ok mas quanto custa?",
        "blz, amanhã te mando",
        "a conta é minha sim",
        "ele vai mandar sim",
        "ainda não tenho conta de lá",
        "não é meu não",
        "não tenho foto agora",
        "não moro nessa casa",
        "ainda não tenho foto",
        "beleza, quando tiver eu chamo",
    ],
)
def test_what_is_told_of_something_else_is_no_consent_and_no_refusal(said: str) -> None:
    assert not {"yes", "no", "notice"} & any_of(heard(said, OFFERED))


@pytest.mark.parametrize(
    "said",
    [
        "segue a conta",
        "aqui a conta",
        "tá bom toma",
        "foto",
        "baixei o pdf",
        "Encaminho a fatura.",
        "vou mandando",
        "olha a foto aí",
        "tá",
        "enviando",
        "achei a conta",
        "la vai",
    ],
)
def test_who_is_about_to_send_agrees_to_send(said: str) -> None:
    assert "yes" in sure(heard(said, scene("bill")))


@pytest.mark.parametrize(
    "said",
    [
        "segue o valor: 300",
        "a foto não abre",
        "conta alta",
        "aqui a conta vem alta",
        "vai a conta no meu nome?",
        "tá caro",
    ],
)
def test_what_only_speaks_of_the_bill_does_not(said: str) -> None:
    assert "yes" not in any_of(heard(said, scene("bill")))


def test_the_verb_that_stops_us_is_not_the_state() -> None:
    for at in (scene("bill"), choosing(), reading_back(), OFFERED, scene("place", told=frozenset({Meaning.UPSET}))):
        assert "stop" in sure(heard("para", at)) and "stop" in sure(heard("Para com isso", at)), at.asked
    for said, at in (
        ("pará", scene("bill")),
        ("para", scene("place")),
        ("para quê?", scene("bill")),
        ("para mim", choosing()),
    ):
        assert "stop" not in any_of(heard(said, at)), said


def test_a_yes_to_the_bill_is_a_yes_with_slang_and_with_a_wish_to_go_on() -> None:
    for said in ("tá", "tá sussa", "fechou", "top", "bora", "tda certo", "show"):
        assert {"yes", "bill_right"} & sure(heard(said, reading_back())), said


FAULTS_AND_WONDER = """
errado
tá errado o valor
não é esse valor
meu nome tá errado
não reconheço essa conta
essa conta não é minha
o valor é 380
veio 512
é quase isso
o vencimento é dia 10
quero apagar tudo
para com isso
não quero mais
sai fora
que conta é essa
como conseguiram isso
apaga essa foto
não autorizo
vou processar vocês
não sou o Antônio
quem é Martín?
a cidade tá errada
isso aí é de outra casa
mandei a conta errada
peraí
calma
não entendi
hein?
oi?
você leu outra conta
tá faltando coisa
falta a taxa
cadê o consumo
menos o nome
tudo menos o valor
só que mudou
mudou de titular
era 412 agora é 500
deu 300 esse mês
pode excluir
pode apagar
podem deletar
quero mandar a conta de 2 meses atrás
""".strip().splitlines()


@pytest.mark.parametrize("said", FAULTS_AND_WONDER)
def test_who_names_a_fault_or_wonders_leans_to_no_yes(said: str) -> None:
    at = reading_back()
    burst = (message(said),)
    assert not leaned(read(burst, at), burst, at).means(Meaning.YES, Meaning.BILL_RIGHT)
    assert Meaning.BILL_RIGHT not in leaned(read(burst, at), burst, at)


@pytest.mark.parametrize(
    "said",
    ["os dados tão nos eixos viu", "é essa aí a facada", "foi esse o valor mermo, misericórdia", "igual ta na conta"],
)
def test_an_answer_that_no_rule_reads_leans_by_its_words(said: str) -> None:
    burst, at = (message(said),), reading_back()
    assert leaned(read(burst, at), burst, at).means(Meaning.YES, Meaning.BILL_RIGHT)
