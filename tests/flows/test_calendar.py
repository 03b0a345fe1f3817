"""When a promised call is late, by the days on which people in Brazil work."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from flows.brazil.calendar import SAO_PAULO, due_by, is_working_day, overdue

MONDAY, FRIDAY = datetime(2026, 11, 23, 15, tzinfo=UTC), datetime(2026, 11, 27, 15, tzinfo=UTC)
DAY = "em até 1 dia útil"


@pytest.mark.parametrize(("after", "late"), [(timedelta(hours=20), False), (timedelta(hours=25), True)])
def test_a_working_day_is_counted_from_the_promise(after: timedelta, late: bool) -> None:
    assert overdue(MONDAY, DAY, MONDAY + after) is late


def test_a_weekend_and_a_holiday_are_no_working_days() -> None:
    late = [overdue(FRIDAY, DAY, FRIDAY + timedelta(days=days, hours=1)) for days in range(5)]
    assert late == [False, False, False, True, True]
    assert not is_working_day(date(2026, 12, 25)) and is_working_day(date(2026, 12, 24))


def test_hours_and_several_days_are_understood_and_anything_else_is_late_after_three() -> None:
    def late(deadline: str, **after: int) -> bool:
        return overdue(MONDAY, deadline, MONDAY + timedelta(**after))

    assert (late("em até 48 horas", hours=47), late("em até 48 horas", hours=49)) == (False, True)
    assert (late("em até 2 dias úteis", hours=47), late("em até 2 dias úteis", hours=49)) == (False, True)
    assert (late("em breve", days=2), late("em breve", days=4)) == (False, True)


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
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO)

    assert due_by(at(came).astimezone(UTC), deadline) == at(until)
