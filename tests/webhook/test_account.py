"""What Meta tells of templates, numbers and the account, as facts and news: the shapes of its own reference (docs/whatsapp.md 1.5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.webhook import delivery
from webhook.payload import events

STATUS, QUALITY, CATEGORY = (
    "message_template_status_update",
    "message_template_quality_update",
    "template_category_update",
)
NUMBER, ACCOUNT, ALERTS = "phone_number_quality_update", "account_update", "account_alerts"
TEMPLATE = {"message_template_id": 1, "message_template_name": "ola", "message_template_language": "pt-BR"}
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
BIZ = "RESTRICTED_BIZ_INITIATED_MESSAGING"


def heard(field: str, value: dict[str, Any], *, ours: str | None = None, time: Any = 1795300000) -> dict[str, Any]:
    body = delivery({"field": field, "value": value})
    body["entry"][0]["time"] = time
    (event,) = events(body, phone_number_id="480000000000001", account_id=ours, now=NOW)
    return event


@pytest.mark.parametrize(
    ("field", "value", "about", "facts", "what", "serious"),
    [
        (
            STATUS,
            TEMPLATE | {"event": "APPROVED", "message_template_category": "UTILITY", "reason": "NONE"},
            "template",
            {"status": "APPROVED", "category": "UTILITY"},
            "APPROVED",
            False,
        ),
        (
            STATUS,
            TEMPLATE
            | {"event": "PAUSED", "reason": "NONE", "other_info": {"title": "FIRST_PAUSE", "description": "x"}},
            "template",
            {"status": "PAUSED"},
            "PAUSED",
            True,
        ),
        (
            STATUS,
            TEMPLATE | {"event": "LOCKED", "other_info": {"title": "UNPAUSE"}},
            "template",
            {"status": "APPROVED"},
            "LOCKED",
            False,
        ),
        (STATUS, TEMPLATE | {"event": "LOCKED"}, "template", {}, "LOCKED", True),
        (STATUS, TEMPLATE | {"event": "REINSTATED"}, "template", {"status": "APPROVED"}, "REINSTATED", False),
        (
            STATUS,
            TEMPLATE | {"event": "REJECTED", "reason": "INVALID_FORMAT"},
            "template",
            {"status": "REJECTED"},
            "REJECTED",
            True,
        ),
        (STATUS, TEMPLATE | {"event": "A_NEW_ONE"}, "template", {"status": "A_NEW_ONE"}, "A_NEW_ONE", True),
        (
            QUALITY,
            TEMPLATE | {"previous_quality_score": "GREEN", "new_quality_score": "RED"},
            "template",
            {"quality": "RED"},
            "QUALITY_RED",
            True,
        ),
        # Meta's own example shows it under the other field
        (
            STATUS,
            TEMPLATE | {"previous_quality_score": "RED", "new_quality_score": "GREEN"},
            "template",
            {"quality": "GREEN"},
            "QUALITY_GREEN",
            False,
        ),
        (
            CATEGORY,
            TEMPLATE | {"previous_category": "UTILITY", "new_category": "MARKETING"},
            "template",
            {"category": "MARKETING"},
            "CATEGORY_MARKETING",
            True,
        ),
        (
            CATEGORY,
            TEMPLATE
            | {"new_category": "UTILITY", "correct_category": "MARKETING", "category_update_timestamp": 1795400000},
            "template",
            {"category": "UTILITY", "next_category": "MARKETING"},
            "CATEGORY_WILL_BE_MARKETING",
            True,
        ),
        (
            NUMBER,
            {"display_phone_number": "+55 11 3123-0000", "event": "FLAGGED", "current_limit": "TIER_2K"},
            "number",
            {"quality": "FLAGGED"},
            "FLAGGED",
            True,
        ),
        (
            NUMBER,
            {"display_phone_number": "551131230000", "event": "UNFLAGGED"},
            "number",
            {"quality": "OK"},
            "UNFLAGGED",
            False,
        ),
        (
            NUMBER,
            {
                "display_phone_number": "551131230000",
                "event": "DOWNGRADE",
                "max_daily_conversations_per_business": "TIER_250",
            },
            "account",
            {"limit": "250"},
            "DOWNGRADE",
            True,
        ),
        (
            NUMBER,
            {"display_phone_number": "551131230000", "event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_UNLIMITED"},
            "account",
            {},
            "THROUGHPUT_UPGRADE",
            False,
        ),
        (
            "business_capability_update",
            {"max_daily_conversations_per_business": 2000, "max_phone_numbers_per_waba": 25},
            "account",
            {"limit": "2000"},
            "LIMIT",
            False,
        ),
        (
            "business_capability_update",
            {"max_daily_conversation_per_phone": -1},
            "account",
            {"limit": "2147483647"},
            "LIMIT",
            False,
        ),
        (
            ACCOUNT,
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
            "account",
            {"status": "DISABLED"},
            "DISABLED_UPDATE",
            True,
        ),
        (
            ACCOUNT,
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}},
            "account",
            {"status": "OK"},
            "DISABLED_UPDATE",
            False,
        ),
        (
            ACCOUNT,
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [
                    {"restriction_type": BIZ, "expiration": "1795400000"},
                    {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"},
                ],
            },
            "account",
            {f"restricted:{BIZ}": "yes"},
            "ACCOUNT_RESTRICTION",
            True,
        ),
        (
            ACCOUNT,
            {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "ADULT"}},
            "account",
            {},
            "ACCOUNT_VIOLATION",
            True,
        ),
        (ACCOUNT, {"event": "PARTNER_ADDED"}, "account", {}, "PARTNER_ADDED", False),
        (
            ALERTS,
            {
                "entity_type": "BUSINESS",
                "alert_info": {
                    "alert_severity": "WARNING",
                    "alert_status": "ACTIVE",
                    "alert_type": "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED",
                    "alert_description": "Serena Ltda …",
                },
            },
            "account",
            {},
            "INCREASED_CAPABILITIES_ELIGIBILITY_DEFERRED",
            True,
        ),
        (
            ALERTS,
            {"alert_severity": "INFORMATIONAL", "alert_status": "NONE", "alert_type": "OBA_APPROVED"},
            "account",
            {},
            "OBA_APPROVED",
            False,
        ),
        ("account_review_update", {"decision": "REJECTED"}, "account", {}, "REVIEW_REJECTED", True),
    ],
)
def test_each_kind_of_news(
    field: str, value: dict[str, Any], about: str, facts: dict[str, str], what: str, serious: bool
) -> None:
    event = heard(field, value)
    told = (event["kind"], event["about"], event["facts"], event["what"], event["serious"])
    assert told == ("account", about, facts, what, serious)
    subject = {"template": "ola:pt_BR", "number": "551131230000", "account": "390000000000001"}[about]
    if value.get("display_phone_number") != "+55 11 3123-0000":
        assert event["subject"] == subject
    # nothing of Meta's free text, which names the business, travels on
    assert "Serena" not in str({key: said for key, said in event.items() if key != "raw"})


def test_the_same_news_at_another_time_is_another_event_and_a_redelivery_is_not() -> None:
    paused = TEMPLATE | {"event": "PAUSED"}
    first, again, later = (heard(STATUS, paused, time=time)["key"] for time in (1795300000, 1795300000, 1795400000))
    assert first == again != later


def test_a_restriction_knows_until_when() -> None:
    value = {
        "event": "ACCOUNT_RESTRICTION",
        "restriction_info": [{"restriction_type": BIZ, "expiration": "1795400000"}],
    }
    until = heard(ACCOUNT, value)["detail"]["until"][f"restricted:{BIZ}"]
    assert datetime.fromisoformat(until) == datetime.fromtimestamp(1795400000, UTC)


@pytest.mark.parametrize("value", [{}, {"event": 7.5}, {"event": "não <b>"}, {"event": "PAUSED"}, TEMPLATE])
def test_what_says_nothing_is_kept_and_not_acted_on(value: dict[str, Any]) -> None:
    assert (heard(STATUS, value)["kind"], heard(STATUS, value)["reason"]) == ("other", "unreadable")


def test_the_news_of_another_account_of_the_same_app_are_not_ours() -> None:
    value = TEMPLATE | {"event": "PAUSED"}
    assert heard(STATUS, value, ours="390000000000001")["kind"] == "account"
    assert heard(STATUS, value, ours="390000000000002")["reason"] == "other_account"


def test_the_history_of_a_shared_number_is_kept_and_never_read() -> None:
    thread = {"id": "5511987650001", "messages": [{"id": "wamid.old", "text": {"body": "segredo"}, "type": "text"}]}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": "480000000000001"},
        "history": [{"threads": [thread]}],
    }
    event = heard("history", value)
    assert (event["kind"], event["reason"]) == ("other", "unhandled_field")
