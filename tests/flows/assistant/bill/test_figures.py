"""Single printed values: numbers that mislead, and codes that check themselves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from flows.assistant.bill.figures import amount, comparable_installation, day, document, given, installation, kwh, month
from flows.assistant.bill.paycodes import access_key, payment
from tests.flows.assistant.bill.paper import boleto, collection, key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("450", 450),
        ("450 kWh", 450),
        ("1.234 kWh", 1234),
        ("380,00", 380),
        ("2.204,000000", 2204),
        ("0", 0),
        ("1,186", 1186),
        ("187,000", 187),
        ("-290", None),
        ("", None),
        ("muito", None),
        ("450 a 500", None),
        (None, None),
    ],
)
def test_kwh_as_printed(text: str | None, expected: int | None) -> None:
    assert kwh(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R$ 1.245,67", "1245.67"),
        ("R$***1.245,67", "1245.67"),
        ("550.00", "550"),
        ("1,245.67", "1245.67"),
        ("", None),
        ("-3,00", None),
        ("desconto de 90 %", None),
    ],
)
def test_money_as_printed(text: str, expected: str | None) -> None:
    assert amount(text) == (Decimal(expected) if expected else None)


@pytest.mark.parametrize("text", ["02/12/2026", "2/12/26", "02.12.2026", "02-12-2026", "2026-12-02"])
def test_a_date_in_every_notation(text: str) -> None:
    assert day(text) == date(2026, 12, 2)


@pytest.mark.parametrize("text", ["31/02/2026", "00/10/2026", "", "12/2026", "10/10/2026 a 11/11/2026"])
def test_what_is_not_one_date_is_none(text: str) -> None:
    assert day(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "OUT/2026",
        "10/2026",
        "OUTUBRO/2026",
        "Outubro de 2026",
        "out/26",
        "OUT-26",
        "Outubro / 2026",
        "01/10/2026 a 31/10/2026",
    ],
)
def test_a_month_in_every_notation(text: str) -> None:
    assert month(text) == date(2026, 10, 1)


_NAMES = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"


@pytest.mark.parametrize("name", _NAMES.upper().split(" "))
def test_every_month_has_a_name_and_a_short_one(name: str) -> None:
    long, short = month(f"{name}/2026"), month(f"{name[:3]}/26")
    assert long == short and long is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("529.982.247-25", ("52998224725", "cpf")),
        ("123.456.789-09", ("12345678909", "cpf")),
        ("123.456.789-00", ("12345678900", "invalid")),
        ("12345678901", ("12345678901", "invalid")),
        ("111.111.111-11", ("11111111111", "invalid")),
        ("11.222.333/0001-81", ("11222333000181", "cnpj")),
        ("12.345.678/0001-90", ("12345678000190", "invalid")),
        ("12.ABC.345/01DE-35", ("12ABC34501DE35", "cnpj")),
        ("12.abc.345/01de-35", ("12ABC34501DE35", "cnpj")),
        ("12.ABC.345/01DE-36", ("12ABC34501DE36", "invalid")),
        ("B4.K7T.2X1/0001-72", ("B4K7T2X1000172", "cnpj")),
        ("B4.XXX.2X1/0001-72", ("421000172", "masked")),
        ("***.456.789-**", ("456789", "masked")),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_cpf_and_cnpj(text: str | None, expected: tuple[str | None, str | None]) -> None:
    assert document(text) == expected


@pytest.mark.parametrize("said", ["NÃO_IDENTIFICADO", "null", "N/A", "", " ", "não informado", "-", None])
def test_what_a_model_writes_for_nothing_is_nothing(said: str | None) -> None:
    assert given(said) is None


def test_installation_numbers_keep_zeros_and_compare_with_the_national_form() -> None:
    assert installation("0.012.345.678.039-21") == "001234567803921"
    assert comparable_installation("101.059-21") == comparable_installation("0.000.000.101.059-21") == "000000010105921"
    assert [installation(t) for t in ("12", "1234567890123456", "abc", "000", None)] == [None] * 5


@pytest.mark.parametrize("kind", "68")
def test_a_collection_code_carries_the_amount(kind: str) -> None:
    for shown in ("{0}-{1}", "{0}{1}", "{0} {1}"):
        found = payment(collection("412.37", kind=kind, shown=shown))
        assert found and (found.amount, found.energy) == (Decimal("412.37"), True)


@pytest.mark.parametrize("kind", "79")
def test_a_code_in_another_unit_carries_no_reais(kind: str) -> None:
    found = payment(collection("412.37", kind=kind))
    assert found and found.amount is None


def test_each_digit_of_a_code_is_guarded() -> None:
    """One changed digit is always noticed by the modulo-10 form; so is a changed key or boleto, but for rare twins."""
    digits = payment(collection("412.37")).digits  # type: ignore[union-attr]
    for at in range(1, 48):
        changed = digits[:at] + str((int(digits[at]) + 1) % 10) + digits[at + 1 :]
        assert payment(changed) is None, at


def test_a_boleto_after_the_factor_began_anew() -> None:
    found = payment(boleto("444.44", date(2026, 11, 12)))
    assert found and (found.amount, found.due_date, found.energy) == (Decimal("444.44"), date(2026, 11, 12), False)


def test_an_access_key_names_state_month_and_emitter() -> None:
    text = key("26", date(2026, 10, 1), "10835932000108")
    found = access_key(text)
    assert found and (found.state, found.month, found.cnpj) == ("PE", date(2026, 10, 1), "10835932000108")
    assert access_key(text[:-1] + str((int(text[-1]) + 1) % 10)) is None
    assert access_key(text.replace(" ", "")[:20] + "55" + text.replace(" ", "")[22:]) is None
