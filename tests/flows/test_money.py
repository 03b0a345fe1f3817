"""The value of a bill is read as Brazilians write it, or not at all (docs/domain.md 5.3)."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from flows.brazil.money import brl, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R$ 1.245,67", "1245.67"),
        ("1.245,67", "1245.67"),
        ("1245,67", "1245.67"),
        ("R$1245", "1245"),
        ("550.00", "550"),
        ("1,245.67", "1245.67"),
        ("1.245", "1245"),
        ("1,245", "1245"),
        ("1.000.000,00", "1000000"),
        ("1.245.67", "1245.67"),
        ("250,5", "250.5"),
        ("R$\u00a01.245,67", "1245.67"),
        ("R$ 1 245,67", "1245.67"),
        ("r$300", "300"),
        ("300", "300"),
        ("uns 300", "300"),
        ("R$ 280 por mês", "280"),
        ("dá uns 300 e pouco", "300"),
        ("300reais", "300"),
        ("R$ 1.245,67/mês", "1245.67"),
        ("2 mil", "2000"),
        ("1,5 mil", "1500"),
        ("1.5 mil", "1500"),
        ("2 mil e 500", "2500"),
        ("2k", "2000"),
        ("2 mil reais", "2000"),
        ("200 reais e 50 centavos", "200.50"),
        ("minha conta vem 280 reais e gasto 450 kWh", "280"),
        ("conta de 3 quartos, R$ 350,90", "350.90"),
        ("a conta veio 412,37 em maio", "412.37"),
        ("R$ 300,00.", "300"),
        ("  250  ", "250"),
        ("0", "0"),
        ("R$ 350,00 no dia 10", "350"),
        (300, "300"),
        (300.5, "300.5"),
        (0.1, "0.1"),
        (Decimal("412.375"), "412.38"),
        (0, "0"),
    ],
)
def test_an_amount_is_read(text: str | int | float | Decimal, expected: str) -> None:
    assert parse(text) == Decimal(expected)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "oi",
        "quase mil",
        "R$",
        "R$201 - R$500",
        "R$100 - R$200",
        "Acima de R$500",
        "300 a 400",
        "300 ou 400",
        "300/400",
        "entre 300 e 400",
        "mais de 500",
        "menos de 200",
        "até 200",
        "-300",
        "R$ -5,00",
        "- 300",
        "menos 300",
        "450 kWh",
        "16%",
        "16 por cento",
        "10/05/2025",
        "81999887766",
        "(81) 99988-7766",
        "529.982.247-25",
        "12.45,67",
        "1,2345",
        "há 2 anos",
        "2 milhões",
        "moro na casa B2",
        -1,
        -0.5,
        float("nan"),
        float("inf"),
        True,
        Decimal("NaN"),
        Decimal(-1),
    ],
)
def test_what_is_no_single_amount_is_nothing(text: str | float | Decimal | None) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("1245.67", "R$ 1.245,67"),
        ("0", "R$ 0,00"),
        ("200", "R$ 200,00"),
        ("1000000", "R$ 1.000.000,00"),
        ("9.999", "R$ 10,00"),
    ],
)
def test_an_amount_is_written_the_brazilian_way(amount: str, written: str) -> None:
    assert brl(Decimal(amount)) == written


def test_what_is_written_is_read_back() -> None:
    for cents in range(0, 2_000_000, 9_973):
        amount = Decimal(cents) / 100
        assert parse(brl(amount)) == amount


@pytest.mark.parametrize("digits", ["9" * 4096, "1." * 2048, "1,2" * 1300])
def test_a_page_of_digits_costs_milliseconds(digits: str) -> None:
    started = time.perf_counter()
    assert parse(digits) is None
    assert time.perf_counter() - started < 0.5
