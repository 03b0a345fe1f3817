"""Each type of message says what the person saw or typed, and nothing that they did not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.webhook import NOW, NUMBER_ID, change, delivery, fixture
from webhook.payload import events

PERSON = {"profile": {"name": "Marina Alves"}, "wa_id": "5511987650001", "user_id": "BR.9000000000000000001"}
HIDDEN = {"profile": {"name": "Caio", "username": "@caio.ribeiro"}, "user_id": "BR.9000000000000000002"}
UNSUPPORTED = {"type": "unsupported", "text": "", "wants_answer": True}

EXPECTED: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": "Quero marcar um horário"},
    "image": {"type": "image", "text": "Foto do produto"},
    "document_pdf": {"type": "document", "text": "Comprovante"},
    "voice_note": {"type": "audio", "text": ""},
    "audio_file": {"type": "audio", "text": ""},
    "video": {"type": "video", "text": "Veja o defeito"},
    "sticker": {"type": "sticker", "wants_answer": False},
    "location": {
        "type": "location",
        "text": "",
        "location": {
            "latitude": -23.5614,
            "longitude": -46.6559,
            "name": "Padaria Exemplo",
            "address": "Av. Paulista, 1000, São Paulo",
        },
    },
    "contacts_shared": {"type": "contacts", "text": ""},
    "contacts_from_request": {"type": "contacts", "text": "", "shared_phone": "+5531987650002"},
    "reaction": {"type": "reaction", "text": "👍", "reply_to": "wamid.NOSSA0001", "wants_answer": False},
    "reaction_removed": {"type": "reaction", "text": "", "reply_to": "wamid.NOSSA0001", "wants_answer": False},
    "template_quick_reply": {
        "type": "button",
        "text": "Confirmar",
        "payload": "confirmar:ped-4711",
        "reply_to": "wamid.NOSSA0002",
    },
    "interactive_button_reply": {"type": "button", "text": "Sábado 10h", "payload": "horario:10h"},
    "interactive_list_reply": {"type": "button", "text": "Corte", "payload": "serv:corte"},
    "interactive_flow_reply": UNSUPPORTED,
    "order": {"type": "order", "text": "Entregar à tarde"},
    "unsupported": UNSUPPORTED,
    "from_ad": {"type": "text", "text": "Quero saber da promoção"},
    "reply_to_ours": {"type": "text", "text": "Esse mesmo", "reply_to": "wamid.NOSSA0006"},
    "asked_from_product": {"type": "text", "text": "Ainda tem?"},
    "forwarded": {"type": "text", "text": "Olha isso", "reply_to": None},
    "forwarded_many": {"type": "text", "text": "Corrente", "reply_to": None},
    "edit_coexistence": {
        "type": "text",
        "text": "Quero marcar dois horários",
        "reply_to": "M0",
        "replaces": "wamid.A01",
    },
    "revoke_coexistence": {"type": "system", "text": "", "wants_answer": False, "replaces": "wamid.A01"},
}
KEYS = {
    *("kind", "key", "wamid", "type", "text", "payload", "media", "location", "bsuid", "phone", "wa_id"),
    *("profile_name", "username", "reply_to", "replaces", "at", "wants_answer", "referral", "raw"),
}


def one(message: dict[str, Any], contact: dict[str, Any] | None = PERSON) -> dict[str, Any]:
    contacts = {"contacts": [contact]} if contact else {}
    (event,) = events(delivery(change(messages=[message], **contacts)), phone_number_id=NUMBER_ID, now=NOW)
    return event


def written(**content: Any) -> dict[str, Any]:
    """A message of Marina's with this content."""
    return {"from": PERSON["wa_id"], "from_user_id": PERSON["user_id"], "id": "wamid.T1", **content}


@pytest.mark.parametrize(
    "edit",
    [
        None,
        {},
        {"original_message_id": "wamid.A01"},
        {"original_message_id": "wamid.A01", "message": "45"},
        {"original_message_id": "wamid.A01", "message": {}},
        {"original_message_id": "wamid.A01", "message": {"type": "image", "image": {"caption": "a conta"}}},
        {"original_message_id": "wamid.A01", "message": {"type": "edit", "edit": {"message": {"type": "text"}}}},
        {"original_message_id": "wamid.A01", "message": {"type": "reaction", "reaction": {"emoji": "👍"}}},
    ],
)
def test_an_edit_that_cannot_be_read_takes_nothing_away(edit: Any) -> None:
    event = one(written(type="edit", edit=edit))
    assert (event["type"], event["replaces"], event["wants_answer"]) == ("system", None, False)


def test_every_recorded_example_is_expected_somewhere() -> None:
    assert set(fixture("messages")) == set(EXPECTED) | {"system_changed_number", "system_changed_user_id"}


@pytest.mark.parametrize("with_phone", [True, False], ids=["phone", "BSUID only"])
@pytest.mark.parametrize("name", EXPECTED)
def test_each_type_is_read(name: str, with_phone: bool) -> None:
    message = fixture("messages")[name]
    contact = dict(PERSON if with_phone else HIDDEN, user_id=message["from_user_id"])
    if with_phone:
        message["from"] = PERSON["wa_id"]
    event = one(message, contact)
    assert event.items() >= {"wants_answer": True, "payload": None, **EXPECTED[name]}.items()
    assert set(event) - {"shared_phone"} == KEYS
    assert event["kind"] == "message"
    assert event["key"] == f"m:{message['id']}"
    assert event["wamid"] == message["id"]
    assert event["bsuid"] == message["from_user_id"]
    assert event["phone"] == ("+5511987650001" if with_phone else None)
    assert event["wa_id"] == ("5511987650001" if with_phone else None)
    assert event["profile_name"] == contact["profile"]["name"]
    assert event["username"] == contact["profile"].get("username")
    assert event["at"].startswith("2026-11-21T") and event["at"].endswith("+00:00")
    assert event["raw"] == message


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("image", {"id": "710000000000001", "mime_type": "image/jpeg", "filename": None}),
        ("document_pdf", {"id": "710000000000002", "mime_type": "application/pdf", "filename": "comprovante.pdf"}),
        ("voice_note", {"id": "710000000000003", "mime_type": "audio/ogg", "voice": True}),
        ("audio_file", {"id": "710000000000004", "mime_type": "audio/mpeg", "voice": False}),
        ("sticker", {"id": "710000000000006", "mime_type": "image/webp"}),
    ],
)
def test_a_file_keeps_its_id_and_its_bare_mime_type(name: str, media: dict[str, Any]) -> None:
    message = fixture("messages")[name]
    event = one(message)
    assert event["media"].items() >= media.items()
    assert event["media"]["sha256"] == message[message["type"]]["sha256"]


def test_a_picture_without_a_caption_says_nothing() -> None:
    event = one(written(type="image", image={"id": "7", "mime_type": "image/png"}))
    assert (event["text"], event["media"]["mime_type"]) == ("", "image/png")


@pytest.mark.parametrize(
    "content",
    [
        {"type": "interactive"},
        {"type": "interactive", "interactive": {"type": "call_permission_reply", "call_permission_reply": {}}},
        {"type": "interactive", "interactive": {"type": "button_reply"}},
        {"type": "poll", "poll": {"question": "?"}},
        {"type": "something_new", "something_new": {"a": 1}},
        {"type": "text"},
        {"type": "text", "text": "not an object"},
        {"type": "image", "image": {"caption": "no id"}},
        {"type": "button", "button": {}},
        {"type": "location", "location": {"latitude": "north", "longitude": 1}},
        {"type": "location", "location": {"latitude": 91, "longitude": 1}},
        {"type": "text", "text": {"body": "x"}, "errors": [{"code": 131060, "title": "unavailable"}]},
        {"text": {"body": "without a type"}},
    ],
)
def test_what_cannot_be_understood_is_still_answered(content: dict[str, Any]) -> None:
    event = one(written(**content))
    assert event.items() >= {"kind": "message", **UNSUPPORTED}.items()


@pytest.mark.parametrize(
    ("button", "text", "payload"),
    [
        ({"text": "Ativar Perfil", "payload": "ATIVAR_PERFIL"}, "Ativar Perfil", "ATIVAR_PERFIL"),
        ({"payload": "Ativar Perfil"}, "Ativar Perfil", "Ativar Perfil"),
        ({"text": "Ativar Perfil"}, "Ativar Perfil", None),
    ],
)
def test_the_text_of_a_tap_is_its_label_and_its_id_stays_apart(
    button: dict[str, str], text: str, payload: str | None
) -> None:
    event = one(written(type="button", button=button))
    assert (event["type"], event["text"], event["payload"]) == ("button", text, payload)


_NUMBER = {"wa_id": "553187650002"}
_OWN_CARD = {"origin": "contact_request", "phones": [_NUMBER]}


@pytest.mark.parametrize(
    ("content", "proven"),
    [
        ({"contacts": [{"origin": "contact_request", "phones": [{"wa_id": "553187650002"}]}]}, "+5531987650002"),
        ({"origin": "contact_request", "contacts": [{"phones": [{"wa_id": "553187650002"}]}]}, "+5531987650002"),
        ({"contacts": [{"origin": "other", "phones": [{"wa_id": "553187650002"}]}]}, None),
        ({"contacts": [{"phones": [{"wa_id": "553187650002"}]}]}, None),
        ({"contacts": [{"origin": "contact_request", "phones": [{"phone": "+55 31 98765-0002"}]}]}, None),
        ({"contacts": [{"origin": "contact_request"}]}, None),
        ({"contacts": []}, None),
        # made to look like our button's by somebody who has another's card
        ({"origin": "contact_request", "contacts": [{"origin": "other", "phones": [_NUMBER]}]}, None),
        ({"contacts": [{"origin": "contact_request", "vcard": "BEGIN:VCARD", "phones": [_NUMBER]}]}, None),
        ({"contacts": [{"origin": "contact_request", "phones": [_NUMBER, {"wa_id": "553187650003"}]}]}, None),
        ({"contacts": [{"origin": "other", "phones": [_NUMBER]}, _OWN_CARD]}, None),
        ({"contacts": [_OWN_CARD], "context": {"forwarded": True}}, None),
        ({"contacts": [_OWN_CARD], "context": {"frequently_forwarded": True}}, None),
        ({"contacts": [_OWN_CARD], "context": {"id": "wamid.OURS"}}, "+5531987650002"),
    ],
)
def test_only_our_own_button_proves_a_number(content: dict[str, Any], proven: str | None) -> None:
    event = one(written(type="contacts", **content))
    assert event["type"] == "contacts"
    assert event.get("shared_phone") == proven


def test_a_changed_number_is_an_event_of_its_own() -> None:
    event = one(fixture("messages")["system_changed_number"], contact=None)
    expected = {
        "kind": "number_changed",
        "key": "n:wamid.A18",
        "bsuid": None,
        "old_phone": "+5511987650001",
        "new_phone": "+5511987659999",
        "new_wa_id": "5511987659999",
        "at": "2026-11-21T22:26:58+00:00",
    }
    assert event == expected | {"raw": fixture("messages")["system_changed_number"]}


@pytest.mark.parametrize(
    ("system", "reason"),
    [
        ({"type": "user_changed_user_id", "user_id": "BR.9"}, "system:user_changed_user_id"),
        ({"type": "customer_identity_changed", "identity": {}}, "system:customer_identity_changed"),
        ({"type": "user_changed_number"}, "system:user_changed_number"),
        (None, "system:unknown"),
    ],
)
def test_other_system_messages_are_only_kept(system: dict[str, Any] | None, reason: str) -> None:
    event = one({"id": "wamid.S", "type": "system", "system": system}, contact=None)
    assert (event["kind"], event["reason"], event["key"]) == ("other", reason, "xm:wamid.S")


@pytest.mark.parametrize("sender", [{}, {"from": "not-a-number"}, {"from": ""}, {"from": None, "from_user_id": []}])
def test_a_message_of_nobody_is_only_kept(sender: dict[str, Any]) -> None:
    event = one({"id": "wamid.N", "type": "text", "text": {"body": "oi"}, **sender})
    assert (event["kind"], event["reason"], event["key"]) == ("other", "no_sender", "xm:wamid.N")


def test_a_group_message_is_only_kept() -> None:
    event = one(written(type="text", text={"body": "oi"}, group_id="120363000000000001@g.us"))
    assert (event["kind"], event["reason"], event["key"]) == ("other", "group", "xm:wamid.T1")


def test_an_account_without_the_ninth_digit_gets_it_in_the_phone_and_keeps_its_id() -> None:
    event = one(written(type="text", text={"body": "oi"}) | {"from": "553187650002"})
    assert (event["phone"], event["wa_id"]) == ("+5531987650002", "553187650002")


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("1795300001", "2026-11-21T22:26:41+00:00"),
        (1795300001, "2026-11-21T22:26:41+00:00"),
        ("1795430000", "2026-11-23T10:33:20+00:00"),
        ("1795500000", None),
        ("1795300001000", None),
        (10**30, None),
        ("yesterday", None),
        ("٣", None),
        ("", None),
        ("0", None),
        (-5, None),
        (None, None),
        (True, None),
        ([], None),
        (float("nan"), None),
    ],
)
def test_a_time_that_cannot_be_is_left_to_the_store(timestamp: Any, at: str | None) -> None:
    assert one(written(type="text", text={"body": "oi"}, timestamp=timestamp))["at"] == at
