"""What WhatsApp tells of the account itself, as the event the store takes: facts about a template, a number or the account,
the news in Meta's own word, and whether a person has to know (docs/whatsapp.md 1.5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from webhook.message import instant
from webhook.shapes import Maybe, Several, Shape, Short, Word
from webhook.storable import fingerprint


class OtherInfo(Shape):
    title: Word = None


class TemplateChange(Shape):
    """The value of the three fields that tell of a template."""

    event: Word = None
    message_template_name: Short = None
    message_template_language: Short = None
    message_template_category: Word = None
    reason: Word = None
    other_info: Maybe[OtherInfo] = None
    new_quality_score: Word = None
    previous_category: Word = None
    new_category: Word = None
    correct_category: Word = None
    category_update_timestamp: Any = None


class Ban(Shape):
    waba_ban_state: Word = None


class Restriction(Shape):
    restriction_type: Word = None
    expiration: Any = None


class Violation(Shape):
    violation_type: Word = None


class Alert(Shape):
    alert_type: Word = None
    alert_severity: Word = None
    alert_status: Word = None


class AccountChange(Alert):
    """The value of the fields that tell of a number or the account; older alerts have theirs without `alert_info`."""

    event: Word = None
    decision: Word = None
    display_phone_number: Word = None
    current_limit: Any = None
    max_daily_conversations_per_business: Any = None
    max_daily_conversation_per_phone: Any = None
    ban_info: Maybe[Ban] = None
    restriction_info: Several[Restriction] = []
    violation_info: Maybe[Violation] = None
    alert_info: Maybe[Alert] = None


Told = tuple[str, str, dict[str, str], str, dict[str, Any], bool]
"""About what, its subject, facts, Meta's word, details, and whether it is serious."""

UNLIMITED = 2**31 - 1
# What a status says beside its own name; None: nothing about whether the template may be sent.
_STATUSES = {
    "REINSTATED": "APPROVED",
    "UNARCHIVED": "APPROVED",
    "LOCKED": None,
    "UNLOCKED": None,
    "LIMIT_EXCEEDED": None,
}
_TITLES = {
    "FIRST_PAUSE": "PAUSED",
    "SECOND_PAUSE": "PAUSED",
    "RATE_LIMITING_PAUSE": "PAUSED",
    "UNPAUSE": "APPROVED",
    "DISABLED": "DISABLED",
}
_PLAIN = frozenset({"APPROVED", "REINSTATED", "UNARCHIVED", "UNLOCKED", "PENDING"})
_BANS = {"DISABLE": "DISABLED", "SCHEDULE_FOR_DISABLE": "AT_RISK", "REINSTATE": "OK"}
_LOST = frozenset(
    {"ACCOUNT_DELETED", "ACCOUNT_VIOLATION", "PARTNER_REMOVED", "PARTNER_APP_UNINSTALLED", "ACCOUNT_OFFBOARDED"}
)
_CODE = re.compile(r"[A-Za-z0-9_]{1,64}")


def account_event(
    field: str, change: dict[str, Any], waba: str | None, at: Any, now: datetime
) -> dict[str, Any] | None:
    """Return the event for one change; None when it says nothing that we know how to read. `at`: Meta's Unix seconds."""
    value = change["value"]
    told = _READ[field](value, waba or "")
    if told is None:
        return None
    about, subject, facts, what, detail, serious = told
    return {
        "kind": "account",
        # the same news at another time is another event: a template is paused twice
        "key": f"a:{fingerprint([field, value, at])}",
        "about": about,
        "subject": subject,
        "facts": {name: fact for name, fact in facts.items() if fact},
        "what": what,
        "detail": {name: said for name, said in detail.items() if said},
        "serious": serious,
        "at": instant(at, now),
        "raw": change,
    }


def _template(value: dict[str, Any], _: str) -> Told | None:
    """Status and quality; Meta's example shows the second under the first's field."""
    found = TemplateChange.model_validate(value)
    if not found.message_template_name or not found.message_template_language:
        return None
    subject = f"{found.message_template_name}:{found.message_template_language.replace('-', '_')}"
    if (quality := _code(found.new_quality_score)) is not None:
        return "template", subject, {"quality": quality}, f"QUALITY_{quality}", {}, quality in ("RED", "YELLOW")
    if (event := _code(found.event)) is None:
        return None
    title = _code(found.other_info.title) if found.other_info else None
    status = _TITLES.get(title or "") or _STATUSES.get(event, event)
    facts = {"status": status or "", "category": (_code(found.message_template_category) or "").upper()}
    reason = next((r for r in (_code(found.reason), title) if r and r != "NONE"), None)
    return "template", subject, facts, event, {"reason": reason}, event not in _PLAIN and status != "APPROVED"


def _category(value: dict[str, Any], _: str) -> Told | None:
    """Moved already, or to be moved: then `new_category` is the one it still has."""
    found = TemplateChange.model_validate(value)
    category, coming = (_code(one) for one in (found.new_category, found.correct_category))
    if not found.message_template_name or not found.message_template_language or not category:
        return None
    subject = f"{found.message_template_name}:{found.message_template_language.replace('-', '_')}"
    facts = {"category": category.upper(), "next_category": (coming or "").upper()}
    what = f"CATEGORY_WILL_BE_{coming}" if coming else f"CATEGORY_{category}"
    when = _unix(found.category_update_timestamp)
    return "template", subject, facts, what.upper(), {"from": _code(found.previous_category), "when": when}, True


def _number(value: dict[str, Any], waba: str) -> Told | None:
    found = AccountChange.model_validate(value)
    event, digits = _code(found.event), re.sub(r"\D", "", found.display_phone_number or "")
    if event is None:
        return None
    limit = _limit(found.max_daily_conversations_per_business)
    if limit is None and "THROUGHPUT" not in event:
        limit = _limit(found.current_limit)
    if event in ("FLAGGED", "UNFLAGGED"):
        return "number", digits, {"quality": "OK" if event == "UNFLAGGED" else event}, event, {}, event == "FLAGGED"
    return "account", waba, {"limit": limit or ""}, event, {"limit": limit}, event == "DOWNGRADE"


def _capability(value: dict[str, Any], waba: str) -> Told | None:
    found = AccountChange.model_validate(value)
    limit = _limit(found.max_daily_conversations_per_business) or _limit(found.max_daily_conversation_per_phone)
    return ("account", waba, {"limit": limit}, "LIMIT", {"limit": limit}, False) if limit else None


def _account(value: dict[str, Any], waba: str) -> Told | None:
    found = AccountChange.model_validate(value)
    if (event := _code(found.event)) is None:
        return None
    facts: dict[str, str] = {}
    detail: dict[str, Any] = {}
    serious = event in _LOST
    if found.ban_info and (state := _code(found.ban_info.waba_ban_state)):
        facts["status"], detail["state"] = _BANS.get(state, state), state
        serious = facts["status"] != "OK"
    elif event == "ACCOUNT_DELETED":
        facts["status"] = "DISABLED"
    elif event == "ACCOUNT_RECONNECTED":
        facts["status"] = "OK"
    for each in found.restriction_info:
        # what people write to us, and what we answer, goes on under the other kinds (adding numbers, say)
        if (kind := _code(each.restriction_type)) and "INITIATED" in kind:
            facts[f"restricted:{kind}"] = "yes"
            detail.setdefault("until", {})[f"restricted:{kind}"] = _unix(each.expiration)
        serious = True
    if found.violation_info:
        detail["violation"] = _code(found.violation_info.violation_type)
    return "account", waba, facts, event, detail, serious


def _alert(value: dict[str, Any], waba: str) -> Told | None:
    found = AccountChange.model_validate(value)
    alert = found.alert_info or found
    if (kind := _code(alert.alert_type)) is None:
        return None
    severity = _code(alert.alert_severity) or ""
    serious = severity in ("WARNING", "CRITICAL") and alert.alert_status != "NONE"
    return "account", waba, {}, kind, {"severity": severity}, serious


def _review(value: dict[str, Any], waba: str) -> Told | None:
    decision = _code(AccountChange.model_validate(value).decision)
    return ("account", waba, {}, f"REVIEW_{decision}", {}, decision == "REJECTED") if decision else None


_READ: dict[str, Callable[[dict[str, Any], str], Told | None]] = {
    "message_template_status_update": _template,
    "message_template_quality_update": _template,
    "template_category_update": _category,
    "phone_number_quality_update": _number,
    "business_capability_update": _capability,
    "account_update": _account,
    "account_alerts": _alert,
    "account_review_update": _review,
}
FIELDS = frozenset(_READ)


def _code(value: str | None) -> str | None:
    """A word of Meta's, fit for a page and a notification: what is none comes from nobody who tells us anything."""
    return value if value and _CODE.fullmatch(value) else None


def _limit(value: Any) -> str | None:
    """People a day, from `TIER_2K`, 2000 or -1; None for what says no number."""
    text = str(value).upper() if isinstance(value, int | str) else ""
    if text in ("-1", "TIER_UNLIMITED"):
        return str(UNLIMITED)
    found = re.fullmatch(r"(?:TIER_)?(\d{1,7})(K?)", text)
    return str(int(found[1]) * (1000 if found[2] else 1)) if found else None


def _unix(value: Any) -> str | None:
    """An instant to come, unlike those that `message.instant` reads."""
    text = str(value) if isinstance(value, int | str) else ""
    return datetime.fromtimestamp(int(text), UTC).isoformat() if re.fullmatch(r"\d{9,10}", text) else None
