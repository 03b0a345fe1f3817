"""No code is left without words, and figures are written as Brazilians write them."""

from __future__ import annotations

import typing
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, get_args

import pytest

from flows.adapters.store import acted
from flows.assistant.bill.checks import Criterion, Grade
from flows.assistant.bill.holders import HolderMatch
from flows.assistant.bill.model import Contradiction, Flag, Sighting
from flows.domain import BillReading, Handoff, Inbound
from flows.shown import words
from flows.shown.formats import share
from webhook.ops.pages import ago, size, written_phone


def test_every_code_that_pages_show_has_words() -> None:
    def codes(record: Any, of: str) -> set[str]:
        return set(get_args(typing.get_type_hints(record)[of]))

    def missing(wanted: set[str] | type[StrEnum], known: Any) -> set[str]:
        return {str(code) for code in wanted} - set(known)

    assert not missing(codes(Handoff, "reason"), words.REASONS)
    assert not missing(codes(BillReading, "outcome"), words.READINGS)
    assert not missing(set(get_args(Criterion)), words.CRITERIA)
    assert not missing(set(get_args(Grade)), words.VERDICTS)
    assert not missing({each.value.lower() for each in HolderMatch}, words.HOLDERS)
    assert not missing(Flag, words.FLAGS)
    assert not missing(set(get_args(Sighting.model_fields["by"].annotation)), words.FOUND)
    assert not missing(set(get_args(Sighting.model_fields["sure"].annotation)), words.SURE)
    assert not missing(set(get_args(Contradiction.model_fields["code"].annotation)), words.CODES_OF_BILLS)
    assert not missing(set(Inbound) - {Inbound.TEXT}, words.KINDS)
    refusals = codes(acted.Acted, "outcome") - {"no_such_lead"}
    said_of = {outcome for key in words.SAID for outcome in [key.partition(".")[2]]}
    assert not missing(refusals, said_of)


NOON = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday, 12:00 in São Paulo


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (timedelta(), "há instantes"),
        (timedelta(seconds=59), "há instantes"),
        (timedelta(minutes=5), "há 5 min"),
        (timedelta(minutes=119), "há 1 h"),
        (timedelta(hours=47), "há 47 h"),
        (timedelta(days=9), "há 9 dias"),
        (timedelta(minutes=-90), "em 1 h"),
        (timedelta(seconds=-9), "em instantes"),
    ],
)
def test_how_long_ago_is_said_in_the_unit_that_matters(gap: timedelta, said: str) -> None:
    assert ago(NOON - gap, NOON) == said


def test_numbers_are_written_as_brazilians_write_them() -> None:
    assert (written_phone("+5581988776655"), written_phone("+551133224455"), written_phone("+351911222333")) == (
        "+55 81 98877-6655",
        "+55 11 3322-4455",
        "+351911222333",
    )
    assert (share(1, 3), share(0, 3), share(5, 0)) == ("33%", "0%", None)
    assert (size(20), size(312_000), size(1_440_000)) == ("1 KB", "312 KB", "1,4 MB")
