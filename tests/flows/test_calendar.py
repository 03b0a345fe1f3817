"""When a promised call comes, and is late, by the days and hours on which people in Brazil work; and how a lead is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from flows.assistant.say.wording import called_when
from flows.brazil.calendar import SAO_PAULO, contact, due_by, is_working_day

DAY, SECOND = "em até 1 dia útil", timedelta(seconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO).astimezone(UTC)


def test_holidays_and_weekends_are_no_working_days() -> None:
    assert [is_working_day(date(2026, 12, day)) for day in (24, 25, 26, 27, 28)] == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("deadline", "came", "until"),
    [
        (DAY, "2026-11-23T12:00", "2026-11-24T12:00"),
        (DAY, "2026-11-27T09:30", "2026-11-30T09:30"),
        (DAY, "2026-11-27T20:00", "2026-12-01T09:00"),
        (DAY, "2026-11-28T10:00", "2026-12-01T09:00"),
        (DAY, "2026-12-24T15:00", "2026-12-28T15:00"),
        ("em até 2 dias úteis", "2026-11-24T07:00", "2026-11-26T09:00"),
        ("em 24 horas", "2026-11-27T12:00", "2026-11-30T12:00"),
        ("em até 4h", "2026-11-23T10:00", "2026-11-23T14:00"),
        ("em até 4 horas", "2026-11-27T16:00", "2026-11-30T11:00"),
        ("em até 1 hora", "2026-11-23T03:00", "2026-11-23T10:00"),
        ("em até 11 horas", "2026-11-26T17:00", "2026-11-30T10:00"),
        ("em breve", "2026-11-23T12:00", "2026-11-26T12:00"),
    ],
)
def test_the_teams_clock_runs_while_somebody_works(deadline: str, came: str, until: str) -> None:
    assert due_by(at(came), deadline) == at(until)
    assert [contact(deadline, at(came), at(until) + late).overdue for late in (-SECOND, SECOND)] == [False, True]


@pytest.mark.parametrize(
    ("deadline", "asked", "told", "words"),
    [
        # a Monday at work
        (DAY, "2026-11-23T12:00", None, DAY),
        (DAY, "2026-11-23T12:00", "2026-11-23T16:00", f"{DAY}, a contar do seu pedido"),
        ("em até 2 horas", "2026-11-23T12:00", None, "em até 2 horas"),
        # in the evening, on a Friday, before a holiday: no sooner than it was promised
        (DAY, "2026-11-23T20:00", None, f"{DAY} (a contar de amanhã de manhã)"),
        (DAY, "2026-11-24T08:59", None, f"{DAY} (a contar de hoje de manhã)"),
        (DAY, "2026-11-27T20:00", None, f"{DAY} (a contar de segunda-feira de manhã)"),
        (DAY, "2026-12-24T18:00", None, f"{DAY} (a contar de segunda-feira de manhã)"),
        (DAY, "2026-11-27T20:00", "2026-11-28T10:00", "até terça-feira de manhã"),
        (DAY, "2026-11-27T20:00", "2026-12-01T08:00", "até hoje de manhã"),
        # hours that would end when nobody is there
        ("em até 2 horas", "2026-11-23T17:30", None, "até amanhã de manhã"),
        ("em até 2 horas", "2026-11-23T17:30", "2026-11-24T09:10", "até hoje de manhã"),
        ("em até 2 horas", "2026-11-23T22:00", None, "até amanhã de manhã"),
        ("em até 4 horas", "2026-11-22T22:00", None, "até amanhã à tarde"),
        ("em até 2 horas", "2026-11-24T07:00", None, "até hoje de manhã"),
        ("em até 24 horas", "2026-11-27T14:00", None, "até segunda-feira à tarde"),
        ("em até 120 horas", "2026-12-24T14:00", None, "até o dia 04/01 à tarde"),
        # words that name no time are said as they are, at any hour
        ("assim que possível", "2026-11-27T20:00", None, "assim que possível"),
    ],
)
def test_a_lead_is_told_when_somebody_calls_and_no_sooner(
    deadline: str, asked: str, told: str | None, words: str
) -> None:
    assert called_when(contact(deadline, at(asked), at(told or asked))) == words
