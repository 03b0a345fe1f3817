"""Days and hours as people in Brazil keep them: the zone, national holidays, and when a promised call comes or is late."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from flows.brazil.folding import fold
from flows.domain import Contact

# The calendar that operators and most leads live by; a bill's day hangs on it, whatever the machine's own zone is.
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
_WORKING_DAYS = re.compile(r"(\d+) dias? ute?is|(\d+) dia util")
_HOURS = re.compile(r"(\d+) ?h(?:oras?)?\b")
# Where a promise names no time that is understood here, a call this late is late by anybody's measure.
_LATE_ANYHOW = 3
_SATURDAY = 5
# When the team is there, on working days in São Paulo.
OPENS, CLOSES = time(9), time(18)


def is_working_day(day: date) -> bool:
    """Tell whether people work on a day: Monday to Friday, and no national holiday."""
    return day.weekday() < _SATURDAY and day not in _national()


def working_moment(at: datetime) -> datetime:
    """Return the next moment at which somebody works: `at` itself, or when the next working day begins."""
    local = at.astimezone(SAO_PAULO)
    while not is_working_day(local.date()) or local.time() >= CLOSES:
        local = datetime.combine(local.date() + timedelta(days=1), OPENS, SAO_PAULO)
    return max(local, datetime.combine(local.date(), OPENS, SAO_PAULO))


def due_by(asked_at: datetime, deadline: str) -> datetime:
    """Return by when the team should have called who was promised it then with these words ("em até 1 dia útil").

    The team's clock runs while somebody works: from the next such moment on, a day is a working day (24 hours are one, too),
    and what is left of hours is counted within opening hours.
    """
    days, hours = _promised(deadline)
    days += hours // 24
    due, left = working_moment(asked_at), timedelta(hours=hours % 24)
    while days > 0:
        due += timedelta(days=1)
        days -= is_working_day(due.date())
    while left > (room := datetime.combine(due.date(), CLOSES, SAO_PAULO) - due):
        due, left = working_moment(due + room), left - room
    return due + left


def contact(deadline: str, asked_at: datetime, now: datetime) -> Contact:
    """Return when the team speaks with who was promised it then with these words, and how far they are true."""
    _, hours = _promised(deadline)
    promised, begins = Contact(deadline, asked_at, now, due_by(asked_at, deadline)), working_moment(asked_at)
    if hours:
        return replace(promised, holds=promised.due == asked_at + timedelta(hours=hours))
    counted = begins != asked_at and _WORKING_DAYS.search(fold(deadline))
    return replace(promised, begins=begins) if counted else promised


def _promised(deadline: str) -> tuple[int, int]:
    """Return the working days, or the hours, that words like "em até 1 dia útil" promise."""
    said = fold(deadline)
    if hours := _HOURS.search(said):
        return 0, int(hours[1])
    days = _WORKING_DAYS.search(said)
    return int(days[1] or days[2]) if days else _LATE_ANYHOW, 0


def national_holidays(years: Iterable[int]) -> list[date]:
    """Return the national holidays of some years, in order."""
    return sorted(holidays.country_holidays("BR", years=years))


@cache
def _national() -> holidays.HolidayBase:
    return holidays.country_holidays("BR")
