"""What is said of a bill that was read back: total R$ 412,30, Neoenergia Pernambuco, due on the 20th."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flows.assistant.meaning import Field, Meaning
from tests.flows.assistant.hear.saying import any_of, heard, reading_back, scene, sure


@pytest.mark.parametrize(
    "said",
    [
        "tá certo",
        "tá certim",
        "tudo nos conforme",
        "bah tri certo",
        "uau, acertou tudo",
        "perfecto, todo bien",
        "yes, correct",
        "confere",
        "ESTÁ CORRETISSIMO",
        "tá tudo certo sim é isso aí mesmo",
        "nada errado",
        "ah sobre os dados tá certo sim",
        "412,30 mesmo",
        "certo",
    ],
)
def test_it_is_right(said: str) -> None:
    assert sure(heard(said, reading_back())) & {"bill_right", "yes"} and "bill_wrong" not in any_of(
        heard(said, reading_back())
    )


@pytest.mark.parametrize(
    ("said", "field", "amount"),
    [
        ("não é 412, é 450", Field.TOTAL, "450"),
        ("o valor tá errado", Field.TOTAL, None),
        ("o certo é 398,75", Field.TOTAL, "398.75"),
        ("o nome tá errado", Field.HOLDER, None),
        ("a cidade não é essa", Field.PLACE, None),
        ("vence dia 25", Field.DUE_DATE, None),
        ("tá errado", Field.OTHER, None),
        ("não é celpe, é coelba", Field.UTILITY, None),
    ],
)
def test_it_is_wrong_and_where(said: str, field: Field, amount: str | None) -> None:
    items = [item for item in heard(said, reading_back()).of(Meaning.BILL_WRONG)]
    assert [item.field for item in items] == [field]
    assert items[0].amount == (Decimal(amount).quantize(Decimal("0.01")) if amount else None)


def test_what_is_wrong_was_asked() -> None:
    for said, field in (("o valor", Field.TOTAL), ("o nome", Field.HOLDER), ("é 450", Field.TOTAL)):
        item = heard(said, reading_back("bill_wrong")).last(Meaning.BILL_WRONG)
        assert item is not None and item.field is field


def test_a_later_message_takes_it_back() -> None:
    assert "bill_wrong" not in any_of(heard(("tá errado", "ah não pera, tá certo sim"), reading_back()))


@pytest.mark.parametrize(
    "said", ["mandei a conta errada", "vou mandar outra", "essa não é minha conta", "essa é antiga"]
)
def test_another_bill(said: str) -> None:
    assert "other_bill" in sure(heard(said, reading_back()))


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("vem uns 450", "450"),
        ("pago 480 por mês", "480"),
        ("3 unidades somando uns 9 mil", "9000"),
        ("quatrocentos e vinte reais", "420"),
        ("R$ 1.245,67", "1245.67"),
        ("a conta dá uns 600", "600"),
    ],
)
def test_what_the_bill_costs(said: str, amount: str) -> None:
    item = heard(said, scene("place")).last(Meaning.AMOUNT)
    assert item is not None and item.certain and item.amount == Decimal(amount)


def test_four_hundred_and_some_is_a_guess() -> None:
    item = heard("vem quatrocentos e poucos").last(Meaning.AMOUNT)
    assert item is not None and not item.certain


@pytest.mark.parametrize(
    "said",
    [
        "480 menos 12% dá quanto?",
        "dá uns 50 reais a menos?",
        "meu cpf é 529.982.247-25",
        "moro no 302",
        "tenho 45 anos",
        "minha vizinha perdeu 3 mil",
        "81 99888-7766",
    ],
)
def test_no_amount(said: str) -> None:
    assert "amount" not in sure(heard(said, scene("place")))
