"""Every entry, change and item of a delivery becomes an event, whatever stands beside it."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from flows.domain import Inbound
from tests.webhook import NOW, NUMBER_ID, change, delivery, fixture
from webhook.payload import UnreadablePayload, events

KINDS = {"message", "number_changed", "status", "user_id_update", "user_preferences", "account_error", "other"}


def parsed(body: Any) -> list[dict[str, Any]]:
    return events(body, phone_number_id=NUMBER_ID, now=NOW)


def text(wamid: str, bsuid: str | None = "BR.1", **more: Any) -> dict[str, Any]:
    sender = {"from_user_id": bsuid} if bsuid else {}
    return {"id": wamid, **sender, "timestamp": "1795300000", "type": "text", "text": {"body": wamid}, **more}


def keys(found: list[dict[str, Any]]) -> list[str]:
    return [event["key"] for event in found]


def test_the_two_recorded_envelopes_are_read() -> None:
    (known,) = parsed(fixture("envelopes")["with_phone"])
    (hidden,) = parsed(fixture("envelopes")["bsuid_only"])
    assert (known["phone"], known["bsuid"]) == ("+5511987650001", "BR.9000000000000000001")
    assert (hidden["phone"], hidden["bsuid"]) == (None, "BR.9000000000000000002")
    assert (hidden["profile_name"], hidden["username"]) == ("Caio", "@caio.ribeiro")
    assert (known["text"], hidden["text"]) == ("Bom dia, vocês abrem no sábado?", "Oi!")


def test_entries_changes_and_messages_are_all_read_in_order() -> None:
    first = delivery(change(messages=[text("a"), text("b")]), change(messages=[text("c")]))
    second = delivery(change(messages=[text("d")]), fixture("changes")["user_id_update"])
    first["entry"] += second["entry"]
    assert keys(parsed(first)) == ["m:a", "m:b", "m:c", "m:d", "u:BR.9000000000000000001:BR.9000000000000000077"]


def test_one_value_may_hold_messages_statuses_and_errors() -> None:
    statuses = fixture("statuses")["delivered"]["statuses"]
    errors = fixture("changes")["account_error"]["value"]["errors"]
    found = parsed(delivery(change(messages=[text("a")], statuses=statuses, errors=errors)))
    assert [event["kind"] for event in found] == ["message", "status", "account_error"]


def test_contacts_are_matched_by_id_and_never_by_position() -> None:
    contacts = [
        {"user_id": "BR.2", "wa_id": "5511987650002", "profile": {"name": "Bia"}},
        {"wa_id": "5511987650003", "profile": {"name": "Caio"}},
        {"user_id": "BR.1", "profile": {"name": "Ana"}},
    ]
    messages = [
        text("ana", "BR.1"),
        text("bia", "BR.2"),
        text("caio", None, **{"from": "5511987650003"}),
        text("dora", "BR.4", **{"from": "5511987650002"}),
        text("eva", "BR.5"),
    ]
    found = parsed(delivery(change(contacts=contacts, messages=messages)))
    assert [event["profile_name"] for event in found] == ["Ana", "Bia", "Caio", None, None]
    assert [event["bsuid"] for event in found] == ["BR.1", "BR.2", None, "BR.4", "BR.5"]
    phones = [None, "+5511987650002", "+5511987650003", "+5511987650002", None]
    assert [event["phone"] for event in found] == phones


def test_the_contact_supplies_the_id_that_the_message_lacks() -> None:
    contact = {"user_id": "BR.3", "wa_id": "5511987650003"}
    message = text("a", None, **{"from": "5511987650003"})
    (event,) = parsed(delivery(change(contacts=[None, contact], messages=[message])))
    assert (event["bsuid"], event["phone"]) == ("BR.3", "+5511987650003")


@pytest.mark.parametrize("bad", [None, 7, "text", [], {}, {"id": ""}, {"id": 5}, {"id": "x" * 5_000}, {"type": "text"}])
def test_a_bad_item_does_not_lose_its_siblings(bad: Any) -> None:
    value = {name: [bad] for name in ("statuses", "contacts")} | {"messages": [text("a"), bad, text("b")]}
    found = parsed(delivery(change(**value), {"field": "messages"}, change(messages=[text("c")])))
    assert [event["key"] for event in found if event["kind"] == "message"] == ["m:a", "m:b", "m:c"]
    kept = [event for event in found if event["kind"] == "other"]
    assert [event["reason"] for event in kept] == ["unreadable"] * 3
    assert kept[0]["raw"] == bad


def test_a_change_of_another_number_is_kept_and_not_acted_on() -> None:
    statuses = fixture("statuses")["delivered"]["statuses"]
    body = delivery(change("999", messages=[text("a"), {}], statuses=statuses, errors=[{"code": 1}]))
    found = parsed(body)
    assert {(event["kind"], event["field"], event["reason"]) for event in found} == {
        ("other", "messages", "other_number")
    }
    assert found[0]["key"] == "xm:a"
    assert len(set(keys(found))) == 4
    assert events(body, phone_number_id=None, now=NOW)[0]["kind"] == "message"


def test_a_delivered_status_carries_our_tracker_and_its_price() -> None:
    (event,) = parsed(delivery({"field": "messages", "value": fixture("statuses")["delivered"]}))
    raw = fixture("statuses")["delivered"]["statuses"][0]
    assert event == {
        "kind": "status",
        "key": "s:wamid.NOSSA0001:delivered",
        "wamid": "wamid.NOSSA0001",
        "status": "delivered",
        "tracker": "outbox:8841",
        "at": "2026-11-21T22:30:00+00:00",
        "error_code": None,
        "pricing_category": "service",
        "pricing_type": "regular",
        "recipient_user_id": "BR.9000000000000000002",
        "raw": raw,
    }


def test_a_failed_status_without_contacts_carries_its_code() -> None:
    (event,) = parsed(delivery({"field": "messages", "value": fixture("statuses")["failed_to_phone"]}))
    assert (event["key"], event["error_code"]) == ("s:wamid.NOSSA0008:failed", 131047)
    assert event["recipient_user_id"] is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"status": "never_seen"}, {"status": "never_seen", "key": "s:w:never_seen"}),
        ({"recipient_participant_user_id": "BR.7"}, {"key": "s:w:sent:BR.7"}),
        ({"errors": [{"code": 131026, "error_data": "a plain string"}]}, {"error_code": 131026}),
        ({"errors": ["?", {"title": "no code"}, {"code": "131050"}]}, {"error_code": 131050}),
        ({"errors": [{"code": 10**12}, {"code": True}]}, {"error_code": None}),
        ({"pricing": {"type": "new_kind", "category": 5}}, {"pricing_type": "new_kind", "pricing_category": "5"}),
        ({"pricing": "none"}, {"pricing_type": None}),
    ],
)
def test_statuses_are_an_open_set(more: dict[str, Any], expected: dict[str, Any]) -> None:
    (event,) = parsed(delivery(change(statuses=[{"id": "w", "status": "sent", **more}])))
    assert event.items() >= expected.items()


def test_an_account_error_is_an_event() -> None:
    (event,) = parsed(delivery(fixture("changes")["account_error"]))
    assert (event["kind"], event["error_code"]) == ("account_error", 130429)
    assert re.fullmatch(r"e:[0-9a-f]{64}", event["key"])


def test_a_changed_bsuid_links_the_old_to_the_new() -> None:
    update = fixture("changes")["user_id_update"]
    (event,) = parsed(delivery(update))
    assert event == {
        "kind": "user_id_update",
        "key": "u:BR.9000000000000000001:BR.9000000000000000077",
        "previous": "BR.9000000000000000001",
        "current": "BR.9000000000000000077",
        "phone": "+5511987659999",
        "wa_id": "5511987659999",
        "at": "2026-11-21T22:28:20+00:00",
        "raw": update["value"]["user_id_update"][0],
    }
    del update["value"]["user_id_update"][0]["wa_id"]
    assert parsed(delivery(update))[0]["phone"] is None
    update["value"]["user_id_update"][0]["user_id"] = "BR.9"
    assert parsed(delivery(update))[0]["kind"] == "other"


def test_a_preference_tells_who_stopped_what() -> None:
    preference = fixture("changes")["user_preferences"]
    (event,) = parsed(delivery(preference))
    expected = {"kind": "user_preferences", "bsuid": "BR.9000000000000000001", "phone": "+5511987650001"}
    assert event.items() >= expected.items()
    assert (event["category"], event["value"]) == ("marketing_messages", "stop")
    assert event["at"] == "2026-11-21T22:31:40+00:00"
    assert re.fullmatch(r"p:[0-9a-f]{64}", event["key"])
    preference["value"]["metadata"]["phone_number_id"] = "999"
    assert parsed(delivery(preference))[0]["reason"] == "other_number"


@pytest.mark.parametrize("field", ["account_settings_update", "calls", "history", "never_seen"])
def test_an_unknown_field_is_kept(field: str) -> None:
    found = parsed(delivery({"field": field, "value": {"a": 1}}, change(messages=[text("a")])))
    assert (found[0]["kind"], found[0]["field"], found[0]["reason"]) == ("other", field, "unhandled_field")
    assert re.fullmatch(r"h:[0-9a-f]{64}", found[0]["key"])
    assert keys(found)[1] == "m:a"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "object"),
        ({"object": "page", "entry": []}, "object"),
        ({"object": "whatsapp_business_account"}, "unreadable"),
        ({"object": "whatsapp_business_account", "entry": {}}, "unreadable"),
        ({"object": "whatsapp_business_account", "entry": [None]}, "unreadable"),
        ({"object": "whatsapp_business_account", "entry": [{"changes": 1}]}, "unreadable"),
        (delivery(change()), "empty"),
    ],
)
def test_a_body_that_is_not_ours_or_not_whole_is_kept(body: dict[str, Any], reason: str) -> None:
    (event,) = parsed(body)
    assert (event["kind"], event["reason"]) == ("other", reason)


@pytest.mark.parametrize("body", [None, [], "text", 1])
def test_a_body_that_is_not_an_object_is_refused(body: Any) -> None:
    with pytest.raises(UnreadablePayload):
        parsed(body)


def test_equal_content_has_an_equal_key_however_it_is_ordered() -> None:
    one, other = {"field": "x", "value": {"a": 1, "b": 2}}, {"value": {"b": 2, "a": 1}, "field": "x"}
    assert keys(parsed(delivery(one))) == keys(parsed(delivery(other)))


def test_escaped_and_raw_letters_are_the_same_message() -> None:
    body = delivery(change(messages=[text("a", text={"body": "não 👍"})]))
    for escaped in (True, False):
        assert parsed(json.loads(json.dumps(body, ensure_ascii=escaped)))[0]["text"] == "não 👍"


def test_what_postgres_refuses_is_taken_out() -> None:
    body = "a\0b\ud83dc" + "d" * 20_000
    message = text("wa\0mid", text={"body": body}, **{"k\0": [float("inf"), float("nan"), 2**80, "\0"]})
    (event,) = parsed(delivery(change(messages=[message])))
    assert event["key"] == "m:wamid"
    assert event["text"] == "ab\ufffdc" + "d" * 9_996
    assert event["raw"]["text"]["body"] == event["text"]
    assert event["raw"]["k"] == [None, None, str(2**80), ""]


def test_a_deep_nesting_does_not_exhaust_the_stack() -> None:
    deep: list[Any] = []
    for _ in range(900):
        deep = [deep]
    found = parsed(delivery({"field": "deep", "value": {"deep": deep}}, change(messages=[text("a", deep=deep)])))
    assert keys(found)[1] == "m:a"
    json.dumps(found)


def test_the_body_given_is_left_as_it_was() -> None:
    body = delivery(change(messages=[text("a\0")]))
    before = copy.deepcopy(body)
    parsed(body)
    assert body == before


def _bodies() -> list[dict[str, Any]]:
    examples = fixture("messages").values()
    contacts = [{"user_id": f"BR.900000000000000000{n}", "wa_id": f"551198765000{n}", "profile": {}} for n in (1, 2)]
    statuses = [{"field": "messages", "value": value} for value in fixture("statuses").values()]
    return [
        *fixture("envelopes").values(),
        *(delivery(change(contacts=contacts, messages=[example])) for example in examples),
        delivery(*fixture("changes").values(), *statuses),
    ]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) inside a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)


def test_no_mutation_of_a_payload_is_fatal() -> None:
    """Thousands of broken deliveries, always the same ones: each is read into events that JSON and Postgres take."""
    chance = random.Random(20261122)
    odd = [None, True, 0, -1, 2**70, 1e308, float("nan"), "", "\0", "\ud800", "x" * 3_000, [], [None], {}, {"id": 1}]
    bodies = _bodies()
    for _ in range(5_000):
        body = copy.deepcopy(chance.choice(bodies))
        for _ in range(chance.randint(1, 3)):
            container, key = chance.choice(list(_places(body)) or [(body, "object")])
            match chance.randrange(4):
                case 0 if isinstance(container, dict):
                    container.pop(key, None)
                case 1 if isinstance(container, list):
                    container.append(copy.deepcopy(chance.choice(odd)))
                case 2 if key in container or isinstance(container, list):
                    container[key] = [container[key]]
                case _:
                    container[key] = copy.deepcopy(chance.choice(odd))
        found = parsed(body)
        assert found or body["entry"] == [] or all(entry["changes"] == [] for entry in body["entry"])
        for event in found:
            assert event["kind"] in KINDS
            assert 2 < len(event["key"].encode()) < 2_700
            assert event["kind"] != "message" or Inbound(event["type"])
            numbers = [event.get(name) for name in ("phone", "old_phone", "new_phone", "shared_phone")]
            assert all(number is None or re.fullmatch(r"\+[1-9][0-9]{7,14}", number) for number in numbers)
        stored = json.dumps(found, allow_nan=False)
        assert "\\u0000" not in stored and "\\ud800" not in stored
