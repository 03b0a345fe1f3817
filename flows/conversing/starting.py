"""The rules for what we start ourselves, out of the settings and the calendar into the store, where `may_start` goes by them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flows import settings
from flows.adapters.store.leads import LeadStore
from flows.brazil.calendar import SAO_PAULO, national_holidays

# Written anew whenever a service starts; nobody lets one run for longer.
_YEARS = 5


async def keep_rules(store: LeadStore, *, now: datetime | None = None) -> None:
    """Writes the rules down. Every service does it at its start; commands and pages only go by them."""
    year = (now or datetime.now(UTC)).astimezone(SAO_PAULO).year
    await store.set_starting_rules(rules(settings.read(settings.Conversation), year))


def rules(options: settings.Conversation, year: int) -> dict[str, Any]:
    """The rules as deployments/database/migrations has them (`starting_rules`); the holidays from `year` on."""
    return {
        "welcomes_per_hour": options.welcomes_per_hour,
        "welcomes_per_network": options.welcomes_per_network,
        "welcome_again_days": options.welcome_again_days,
        "quiet": _quiet(options, year) if options.quiet_hours != "off" else None,
    }


def _quiet(options: settings.Conversation, year: int) -> dict[str, Any]:
    begins, _, ends = options.quiet_hours.partition("-")
    days = national_holidays(range(year, year + _YEARS)) if "holidays" in options.quiet_days else ()
    return {
        "from": f"{int(begins):02}:00",
        "until": f"{int(ends):02}:00",
        "kinds": list(options.quiet_kinds),
        "sundays": "sundays" in options.quiet_days,
        "days": [day.isoformat() for day in days],
    }
