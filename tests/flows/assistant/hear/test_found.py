"""What simulated leads found misheard (30 November 2026): each once as they wrote it, and its kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.assistant.meaning import Meaning, Owner, Question
from flows.assistant.place import places
from flows.assistant.state import Area, Ended
from tests.flows.assistant.hear.saying import (
    BILL,
    OLINDA,
    RECIFE,
    any_of,
    choosing,
    heard,
    reading_back,
    scene,
    sure,
    where,
)

M, Q = Meaning, Question
OFFER = scene("person", resume=Q.BILL, place=RECIFE)
NOT_SERVED = scene("notice", place=RECIFE, coverage=Area.NOT_SERVED)
HOLDER = scene("holder", place=RECIFE, bill=BILL)
WISHES = {"notice", "person", "stop", "erase", "cancel", "go_on", "yes", "show_plans"}


@pytest.mark.parametrize("said", [("agora não,", "continua"), ("aogra não,", "continua"), "agora não, continua"])
def test_a_no_in_its_own_message_stays_a_no(said: str | tuple[str, ...]) -> None:
    assert sure(heard(said, OFFER)) == {"no", "go_on"}


@pytest.mark.parametrize("at", [NOT_SERVED, OFFER, scene("bill"), scene("erase", resume=Q.BILL)])
@pytest.mark.parametrize(
    "said",
    [
        "deixa, não preccisa avisar",
        "nao presisa me avisar",
        "nem precisa avisar",
        "precisa avisar não",
        "não prcisa chamar ninguem",
        "n precisa me avsiar",
        "nao quro atendente",
        "não precissa de atendente",
        "não carece avisar nao",
        "não presisa apagar meus dados",
        ("não,", "precisa avisar"),
        "não qero ser avisado",
    ],
)
def test_nothing_after_a_no_is_wished_for(said: str | tuple[str, ...], at: object) -> None:
    assert not any_of(heard(said, at)) & WISHES  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("não entendi nada, quero falar com uma pessoa", "person"),
        ("não quero mais, me tira dessa lista", "stop"),
        ("não tem uma pessoa aí pra conversar?", "person"),
        ("não quero mais quero falar com um atendente", "person"),
        ("não esquece de me avisar", "notice"),
        ("não quero mais me tira da lista", "stop"),
    ],
)
def test_a_no_takes_back_only_what_it_denies(said: str, meaning: str) -> None:
    assert meaning in sure(heard(said, scene("bill")))


@pytest.mark.parametrize(
    "said",
    [
        "eu moro em Niterói, mas a conta é da casa da minha mãe em Reciife PE",
        "eu moro em Niterói, mas a conta é da casa da minha mãe em Rcife",
        ("eu moro em Niterói,", "mas a conta é da casa da minha mãe em Reciife PE"),
    ],
)
@pytest.mark.parametrize("at", [scene(), scene("place"), scene("confirm_place", form=(RECIFE,))])
def test_a_mistyped_place_of_the_bill_is_asked_back_before_a_home_counts(said: str, at: object) -> None:
    found = [where(item) for item in heard(said, at).of(M.PLACE)]  # type: ignore[arg-type]
    assert found == ["Recife?/bill"]


@pytest.mark.parametrize(
    "said",
    [
        "a neoenergia vai cortar minha luz por causa disso?",
        "vou continuar pagando 412 pra neoenergia?",
        "a conta de 412 vem da celpe ainda?",
        "a celpe corta minha luz se eu entrar nisso",
    ],
)
def test_a_question_answers_nothing(said: str) -> None:
    assert not any_of(heard(said, reading_back())) & {"utility", "amount", "bill_right", "bill_wrong", "yes", "no"}


@pytest.mark.parametrize("said", ["a conta ficou na outra bolsa, à noite eu te passo", "deixei na bolsa"])
def test_a_bag_is_no_social_aid(said: str) -> None:
    assert "low_income" not in any_of(heard(said, scene("bill")))


@pytest.mark.parametrize(
    "said",
    [
        "com certeza, foi ela que pediu pra eu ver isso",
        "foi ela q pediu",
        "foi ele que preencheu o formulario",
        "Sou sócio, posso assinar",
    ],
)
def test_who_asked_for_it_agrees(said: str) -> None:
    assert "holder_agrees" in sure(heard(said, HOLDER)) and "wrong_person" not in any_of(heard(said, HOLDER))


@pytest.mark.parametrize("said", ["de jeito nenhum ele assina", "nunca que ela assina"])
def test_a_holder_who_never_signs_does_not_agree(said: str) -> None:
    assert "holder_agrees" not in any_of(heard(said, HOLDER))


@pytest.mark.parametrize(
    ("said", "plan"),
    [
        ("quero o 1", 101),
        ("pensando bem prefiro o sem fidelidade", 103),
        ("o 2", 102),
        ("plano 2", 102),
        ("2", None),
        ("450", None),
        ("um", None),
        ("só 2 minutos", None),
    ],
)
def test_a_plan_is_chosen_whatever_waits_but_never_by_a_bare_number(said: str, plan: int | None) -> None:
    item = heard(said, choosing("bill")).last(M.CHOICE)
    assert (item.plan if item else None) == plan


@pytest.mark.parametrize(
    ("said", "plan", "certain"),
    [
        ("pode por o de 18%", 101, True),
        ("quero o de maior desconto", 101, True),
        ("manda o de desconto maior, quero esse", 101, True),
        ("NAO QUERO FICAR AMARRADA", 103, False),
        ("ah então eu vou querer o segundo né que tem menos tempo de contrato", 102, True),
    ],
)
def test_plans_as_leads_named_them(said: str, plan: int, certain: bool) -> None:
    item = heard(said, choosing()).last(M.CHOICE)
    assert item is not None and (item.plan, item.certain) == (plan, certain)


@pytest.mark.parametrize(
    "said",
    ["desisto do plano", "olha, desisto, não quero mais o plano", "não quero mais o plano", "quero cancelar o plano"],
)
def test_who_only_chose_withdraws_and_has_no_contract_to_end(said: str) -> None:
    after = choosing(None, ended=Ended.HANDED_OVER, chosen=101)  # type: ignore[arg-type]
    assert sure(heard(said, after)) == {"decline"}


def test_a_contract_is_still_ended() -> None:
    assert "cancel" in sure(heard("quero cancelar meu contrato", scene()))


@pytest.mark.parametrize("asked", ["confirm_place", "bill_ok", "holder", "notice", "person", "erase", "confirm_plan"])
@pytest.mark.parametrize(
    ("said", "meaning"), [("1", "yes"), ("a primeira", "yes"), ("2", "no"), ("a segunda", "no"), ("opção 2", "no")]
)
def test_a_number_is_the_button_it_points_at(asked: str, said: str, meaning: str) -> None:
    assert sure(heard(said, scene(asked, form=(RECIFE,), bill=BILL))) == {meaning}


def test_a_number_is_the_entry_of_a_list_it_points_at() -> None:
    two = scene("utility", place=4314902, utilities=("CEEE EQUATORIAL", "RGE SUL"))
    assert heard("a segunda", two).items[0].utility == "RGE SUL"
    torn = scene("bill_place", place=RECIFE, bill=replace(BILL, place=OLINDA))
    assert heard("1", torn).items[0].places == (RECIFE,) and heard("2", torn).items[0].places == (OLINDA,)


@pytest.mark.parametrize("said", [".", "…", "...", "?", "?!"])
def test_marks_alone_call_for_us(said: str) -> None:
    assert sure(heard(said, scene("confirm_place", form=(RECIFE,)))) == {"waiting"}


def test_the_next_place_is_asked_for_and_named() -> None:
    reading = heard("que pena 😢 e palhoça?", NOT_SERVED)
    item, asks = reading.last(M.PLACE), reading.last(M.QUESTION)
    assert item is not None and item.owner is Owner.BILL and asks is not None and asks.faq == "atende_minha_cidade"
    other = heard("e na casa da minha mãe em olinda?", NOT_SERVED).last(M.PLACE)
    assert other is not None and other.owner is Owner.BILL


def test_a_notice_carries_its_place() -> None:
    floripa = places.in_state("Florianópolis", "SC")
    item = heard("blz ela te chama. mas me avisa qdo chegar em floripa", NOT_SERVED).last(M.NOTICE)
    assert floripa is not None and item is not None and item.places == (floripa.ibge_code,)


@pytest.mark.parametrize(
    ("said", "asked", "meaning"),
    [
        ("mando quando chegar em casa", "bill", "later"),
        ("preciso fazer umas contas antes de escolher", "plan", "later"),
        ("espera o carteiro trazer a nova que eu te envio", "bill", "later"),
        ("é esse mesmo que eu quero", "confirm_plan", "yes"),
        ("esse meesmo kkk", "confirm_plan", "yes"),
        ("não quero mandar minha conta, tenho medo", "bill", "wont_send"),
        ("oi, me arrependi, dá pra continuar?", None, "go_on"),
        ("ela conocrda sim", "holder", "holder_agrees"),
        ("certísimo", "bill_ok", "bill_right"),
        ("posirivo", "bill_ok", "yes"),
        ("já trnho contrato com vcs", "bill", "customer"),
        ("tá cetro", "bill_ok", "bill_right"),
        ("vleuu", "bill", "thanks"),
    ],
)
def test_what_was_missed(said: str, asked: str | None, meaning: str) -> None:
    assert meaning in sure(heard(said, scene(asked, bill=BILL if asked == "bill_ok" else None)))


@pytest.mark.parametrize(
    "said", ["Bom dia, tudo na paz?", "opa, tudo certo por ai?", "oi, é aqui que fala do desconto da energia?"]
)
def test_a_greeting_asks_nothing(said: str) -> None:
    assert "question" not in any_of(heard(said))


@pytest.mark.parametrize(
    ("said", "faq"),
    [
        ("não entendo de porcentagem, fala em dinheiro", "desconto_em_reais"),
        ("da uns 50 reais a menos?", "desconto_em_reais"),
        ("faz a conta pra mim", "desconto_em_reais"),
        ("E MELHOR O 1 OU O 2 ME AJUDE", "qual_o_melhor"),
        ("qual vc me indica", "qual_o_melhor"),
    ],
)
def test_questions_without_a_mark(said: str, faq: str) -> None:
    item = heard(said, choosing()).last(M.QUESTION)
    assert item is not None and item.faq == faq and M.CHOICE not in heard(said, choosing())
