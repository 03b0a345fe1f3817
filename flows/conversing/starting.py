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
    account = settings.account_names()
    written = rules(settings.read(settings.Conversation), year)
    await store.set_starting_rules(
        written
        | {"templates": templates(account), "spend": spend(settings.read(settings.Spend))}
        | {"crm": settings.read(settings.Crm).crm_webhook_url is not None}
    )


def spend(options: settings.Spend) -> dict[str, Any]:
    """Prices and limits as `spend_between` and `measure_spend` take them; money is text, so that none is rounded."""
    return {
        "prices": {category: str(price) for category, price in options.whatsapp_prices.items()},
        "usd": str(options.usd_in_reais),
        "tokens": [str(price) for price in options.token_prices] or [None, None],
        "soft": None if options.spend_soft_limit is None else str(options.spend_soft_limit),
        "hard": None if options.spend_hard_limit is None else str(options.spend_hard_limit),
    }


def templates(account: settings.WhatsApp) -> dict[str, Any]:
    """What would go out, by what it is for; `reopening` where the 24-hour window is closed."""
    names = {
        "welcome": account.whatsapp_welcome_template_name,
        "reopening": account.whatsapp_reminder_template_name,
        "notice": account.whatsapp_notice_template_name,
    }
    language = account.whatsapp_template_language
    return {use: {"name": name, "language": language} for use, name in names.items() if name}


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
