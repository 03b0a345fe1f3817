"""One person has one number, however it was typed or delivered (docs/domain.md 7)."""

from __future__ import annotations

import re

import pytest

from flows.brazil.phones import InvalidPhone, canonical, from_whatsapp, is_landline, national_digits, state_of_number


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("+5581999887766", "+5581999887766"),
        ("5581999887766", "+5581999887766"),
        ("81999887766", "+5581999887766"),
        ("(81) 99988-7766", "+5581999887766"),
        ("81 99988 7766", "+5581999887766"),
        ("81.99988.7766", "+5581999887766"),
        ("  81 9 9988-7766 ", "+5581999887766"),
        ("+55 (81) 99988-7766", "+5581999887766"),
        ("\u202a+55 81 99988-7766\u202c", "+5581999887766"),
        ("8199887766", "+5581999887766"),
        ("558199887766", "+5581999887766"),
        ("+55 81 9988-7766", "+5581999887766"),
        ("081999887766", "+5581999887766"),
        ("0 41 81 99988-7766", "+5581999887766"),
        ("0 15 81 3333-4444", "+558133334444"),
        ("00 55 81 99988-7766", "+5581999887766"),
        ("8133334444", "+558133334444"),
        ("558133334444", "+558133334444"),
        # DDD 55 is Santa Maria/RS, not the country.
        ("55999887766", "+5555999887766"),
        ("5599887766", "+5555999887766"),
        ("5532212345", "+555532212345"),
        ("5555999887766", "+5555999887766"),
        ("555599887766", "+5555999887766"),
        ("+55 55 99988-7766", "+5555999887766"),
        ("055999887766", "+5555999887766"),
    ],
)
def test_every_way_to_write_a_number_gives_the_same_one(raw: str, expected: str) -> None:
    assert canonical(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "abc",
        "81 9998B-7766",
        "99988-7766",
        "999887766",
        "123",
        "819998877661234",
        "20999887766",
        "00999887766",
        "(23) 99988-7766",
        "81899887766",
        "81099887766",
        "8109887766",
        "8119887766",
        "81999999999",
        "8188888888",
        "8133333333",
        "00000000000",
        "11111111111",
        "+1 202 555 0143",
        "+351 912 345 678",
        "0054 11 4321 1234",
        "+5581",
        "81+999887766",
        "maria@example.com",
        "81 99988-7766 ou 81 98877-6655",
    ],
)
def test_what_is_no_brazilian_number_is_refused_without_repeating_it(raw: str) -> None:
    with pytest.raises(InvalidPhone) as refused:
        canonical(raw)
    message = str(refused.value)
    assert message.endswith(".") and message[0].isupper()
    assert not raw.strip() or raw.strip() not in message
    assert not re.search(r"\d{6}", message.replace("99999-0000", ""))


def test_a_foreign_number_needs_its_own_hint() -> None:
    assert canonical("912 345 678", country_hint="PT") == "+351912345678"
    assert canonical("+351 912 345 678", country_hint="PT") == "+351912345678"
    with pytest.raises(InvalidPhone):
        canonical("12", country_hint="PT")


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("5581999887766", "+5581999887766"),
        ("558199887766", "+5581999887766"),
        ("+558199887766", "+5581999887766"),
        ("555599887766", "+5555999887766"),
        ("558133334444", "+558133334444"),
        ("5511999999999", "+5511999999999"),
        ("5520999887766", "+5520999887766"),
        ("351912345678", "+351912345678"),
        ("12025550143", "+12025550143"),
        ("55", "+55"),
        ("", "+"),
        ("BR.1A2B", "+12"),
    ],
)
def test_a_sender_is_always_accepted(digits: str, expected: str) -> None:
    assert from_whatsapp(digits) == expected


def test_form_and_sender_meet_in_one_number() -> None:
    assert canonical("(31) 8877-6655") == from_whatsapp("553188776655") == from_whatsapp("5531988776655")


@pytest.mark.parametrize(
    ("phone", "state"),
    [
        ("+5581999887766", "PE"),
        ("+5511999887766", "SP"),
        ("+5555999887766", "RS"),
        ("+5561999887766", "DF"),
        ("+5597999887766", "AM"),
        ("+558133334444", "PE"),
        ("+5520999887766", None),
        ("+351912345678", None),
        ("+", None),
    ],
)
def test_the_ddd_hints_at_the_state(phone: str, state: str | None) -> None:
    assert state_of_number(phone) == state


def test_there_are_67_area_codes() -> None:
    known = [ddd for ddd in range(100) if state_of_number(f"+55{ddd:02}999887766")]
    assert len(known) == 67
    assert {20, 23, 25, 26, 29, 30, 36, 39, 40, 50, 52, 56, 57, 58, 59, 60, 70, 72, 76, 78, 80, 90}.isdisjoint(known)


def test_a_landline_is_kept_and_told_apart() -> None:
    assert is_landline("+558133334444")
    assert not is_landline("+5581999887766")
    assert not is_landline("+351213334444")


def test_the_partner_gets_national_digits() -> None:
    assert national_digits("+5581999887766") == "81999887766"
    assert national_digits("+5555999887766") == "55999887766"
    assert national_digits("+558133334444") == "8133334444"
    assert national_digits("+351912345678") == "351912345678"
