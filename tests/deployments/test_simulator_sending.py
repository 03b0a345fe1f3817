"""To a sender the simulator is Meta: what it accepts, refuses, and reports."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tests.deployments.simulation import NUMBER_ID, TOKEN, WABA, Kit, buttons, kit, numbers, rows, template, world

__all__ = ["kit", "world"]


def test_an_accepted_send_is_answered_and_followed_by_three_statuses_in_order(kit: Kit) -> None:
    phone = kit.phone()
    sent = kit.post({"to": phone["phone"], "text": {"body": "Olá"}, "biz_opaque_callback_data": "outbox:1"}).json()
    wamid = sent["messages"][0]["id"]
    assert sent["contacts"] == [{"input": phone["phone"], "wa_id": phone["wa_id"]}]
    values = kit.status_values(wamid, 3)
    statuses = [value["statuses"][0] for value in values]
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    for status in statuses:
        assert status["recipient_user_id"] == phone["user_id"]
        assert status["recipient_id"] == phone["wa_id"]
        assert status["biz_opaque_callback_data"] == "outbox:1"
    pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}
    assert [status.get("pricing") for status in statuses] == [pricing, pricing, None]
    assert values[0]["contacts"][0]["user_id"] == phone["user_id"]


def test_a_user_id_is_answered_without_a_number(kit: Kit) -> None:
    phone = kit.phone(show_phone=False)
    sent = kit.post({"recipient": phone["user_id"], "text": {"body": "Olá"}}).json()
    assert sent["contacts"] == [{"input": phone["user_id"], "user_id": phone["user_id"]}]
    values = kit.status_values(sent["messages"][0]["id"], 3)
    assert all("recipient_id" not in v["statuses"][0] and "wa_id" not in v["contacts"][0] for v in values)
    assert "username" not in values[0]["contacts"][0]["profile"]
    assert values[1]["contacts"][0]["profile"]["username"]


def test_to_wins_over_recipient(kit: Kit) -> None:
    addressed, other = kit.phone(), kit.phone()
    kit.post({"to": addressed["phone"], "recipient": other["user_id"], "text": {"body": "Olá"}})
    assert (len(kit.chat(addressed)), len(kit.chat(other))) == (1, 0)


def test_the_canonical_number_may_lack_the_ninth_digit(kit: Kit) -> None:
    phone = kit.phone(phone="+5531987650002", wa_id="553187650002")
    for spelling in ("+5531987650002", "+55 31 8765-0002"):
        sent = kit.post({"to": spelling, "text": {"body": "Olá"}}).json()
        assert sent["contacts"] == [{"input": spelling, "wa_id": "553187650002"}]
    assert kit.message(kit.write(phone, text="oi")["wamid"])["from"] == "553187650002"


def test_a_number_without_plus_gets_the_country_code_and_reaches_nobody(kit: Kit) -> None:
    phone = kit.phone()
    sent = kit.post({"to": phone["phone"].removeprefix("+"), "text": {"body": "Olá"}}).json()
    assert sent["contacts"][0]["wa_id"] == "55" + phone["wa_id"]
    assert kit.statuses(sent["messages"][0]["id"], 1)[0]["errors"][0]["code"] == 131026
    assert kit.chat(phone) == []


def test_an_unknown_number_gets_a_phone_of_its_own(kit: Kit) -> None:
    number = f"+5581{next(numbers)}"
    kit.send({"phone": number}, **template("retomar_conversa", "Rosa"))
    phone = next(p for p in kit.control("phones") if p["phone"] == number)
    assert (phone["name"], phone["whatsapp"], phone["window_open"]) == ("Lead", True, False)
    assert kit.control("phones", {"phone": number, "name": "Rosa"})["id"] == phone["id"]


@pytest.mark.parametrize(
    ("body", "code", "http_status"),
    [
        ({"messaging_product": "sms"}, 100, 400),
        ({"to": None}, 100, 400),
        ({"to": "BR.9000000000000000001"}, 131009, 400),
        ({"to": None, "recipient": "not a user id"}, 131009, 400),
        ({"to": "+551131230000"}, 131021, 400),
        ({"type": "poll"}, 131051, 400),
        ({"text": "solto"}, 100, 400),
        ({"text": {"body": " "}}, 100, 400),
        ({"text": {"body": "x" * 4097}}, 100, 400),
        ({"biz_opaque_callback_data": "x" * 513}, 100, 400),
        (buttons(), 100, 400),
        (buttons("a", "b", "c", "d"), 131009, 400),
        (buttons("x" * 21), 131009, 400),
        (buttons("igual", "igual"), 131009, 400),
        (buttons("a", body="x" * 1025), 131009, 400),
        (rows(*[f"Plano {n}" for n in range(11)]), 131009, 400),
        (rows("x" * 25), 131009, 400),
        (rows("Plano", description="x" * 73), 131009, 400),
        (rows("Plano", label="x" * 21), 131009, 400),
        (template("nao_existe", "Marina"), 132001, 404),
        (template("prosseguir_com_solicitacao", "Marina", language="pt-BR"), 132001, 404),
        (template("prosseguir_com_solicitacao"), 132000, 400),
        (template("prosseguir_com_solicitacao", "Marina", "Recife"), 132000, 400),
        (template("prosseguir_com_solicitacao", ""), 131008, 400),
        (template("prosseguir_com_solicitacao", "Marina\nAlves"), 100, 400),
        (template("retomar_conversa", "Marina", payload="X"), 132000, 400),
    ],
)
def test_what_meta_refuses_is_refused(kit: Kit, body: dict[str, Any], code: int, http_status: int) -> None:
    phone = kit.phone()
    answer = kit.post({"to": phone["phone"], "type": "text", "text": {"body": "Olá"}} | body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (http_status, code), error
    assert error["type"] == "OAuthException"
    assert error["fbtrace_id"]
    assert error["error_data"]["details"]
    assert kit.chat(phone) == []


@pytest.mark.parametrize(
    "body",
    [
        {"text": {"body": "x" * 4096}},
        buttons("x" * 20, "b", "c", body="x" * 1024),
        rows(*[f"{n}".ljust(24, "x") for n in range(10)], label="x" * 20, description="x" * 72),
        template("prosseguir_com_solicitacao", "Marina", payload="ATIVAR_PERFIL"),
    ],
)
def test_what_fits_the_limits_is_accepted(kit: Kit, body: dict[str, Any]) -> None:
    assert kit.send(kit.phone(), **body).startswith("wamid.")


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
def test_a_wrong_token_is_error_190(kit: Kit, token: str) -> None:
    answer = kit.post({"to": "+5581999990000", "text": {"body": "Olá"}}, token=token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


@pytest.mark.parametrize(("version", "status"), [("v22.0", 200), ("v26.0", 200), ("latest", 404), ("v1", 404)])
def test_any_version_number_is_served(kit: Kit, version: str, status: int) -> None:
    assert kit.post({"to": kit.phone()["phone"], "text": {"body": "Olá"}}, version=version).status_code == status


def test_a_wrong_phone_number_id_is_refused(kit: Kit) -> None:
    answer = kit.http.post("/v25.0/1/messages", json={}, headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.json()["error"]["error_subcode"]) == (400, 33)


def test_outside_the_window_free_text_fails_later_and_a_template_passes(kit: Kit) -> None:
    phone = kit.phone(writes=False)
    failed = kit.status_values(kit.send(phone, biz_opaque_callback_data="outbox:2"), 1)[0]
    status = failed["statuses"][0]
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131047)
    assert (status["recipient_id"], status["biz_opaque_callback_data"]) == (phone["wa_id"], "outbox:2")
    assert "contacts" not in failed
    assert "recipient_user_id" not in status
    passed = kit.statuses(kit.send(phone, **template("prosseguir_com_solicitacao", "Marina")))
    assert passed[0]["pricing"]["category"] == "utility"


def test_a_message_opens_the_window_for_24_hours(kit: Kit) -> None:
    phone = kit.phone(writes=False)
    kit.write(phone, text="oi")
    assert kit.statuses(kit.send(phone))[0]["status"] == "sent"
    kit.clock.offset = 24 * 3600 + 1
    assert kit.statuses(kit.send(phone), 1)[0]["errors"][0]["code"] == 131047
    kit.write(phone, text="oi")
    assert kit.control(f"phones/{phone['id']}/window", {"close": True})["window_open"] is False
    assert kit.statuses(kit.send(phone), 1)[0]["errors"][0]["code"] == 131047


def test_a_person_without_whatsapp_is_reported_later_or_at_once(kit: Kit) -> None:
    phone = kit.phone(whatsapp=False)
    assert kit.statuses(kit.send(phone), 1)[0]["errors"][0]["code"] == 131026
    kit.control("faults", {"sends": {"code": 131026}})
    answer = kit.post({"to": phone["phone"], "text": {"body": "Olá"}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 131026)


def test_reading_and_typing_show_on_the_phone(kit: Kit) -> None:
    phone = kit.phone()
    first, second, third = (kit.write(phone, text=text)["wamid"] for text in ("um", "dois", "três"))
    kit.value_with(third)
    answer = kit.post({"status": "read", "message_id": second, "typing_indicator": {"type": "text"}})
    assert answer.json() == {"success": True}
    assert [b["status"] == "read" for b in kit.chat(phone)] == [True, True, False]
    assert kit.control(f"phones/{phone['id']}")["typing"]
    kit.send(phone)
    assert not kit.control(f"phones/{phone['id']}")["typing"]
    kit.post({"status": "read", "message_id": first, "typing_indicator": {"type": "text"}})
    kit.clock.offset = 26
    assert not kit.control(f"phones/{phone['id']}")["typing"]
    assert kit.post({"status": "read", "message_id": "outra coisa"}).status_code == 400


def test_the_account_can_be_read(kit: Kit) -> None:
    def get(path: str) -> Any:
        return kit.http.get(f"/v25.0/{path}", headers={"Authorization": f"Bearer {TOKEN}"}).json()

    number = get(f"{NUMBER_ID}?fields=id,display_phone_number,verified_name,quality_rating")
    assert (number["id"], number["quality_rating"]) == (NUMBER_ID, "GREEN")
    listed = {item["name"]: item for item in get(f"{WABA}/message_templates")["data"]}
    welcome = listed["prosseguir_com_solicitacao"]
    assert (welcome["language"], welcome["status"]) == ("pt_BR", "APPROVED")
    assert welcome["components"][1:] == [
        {"type": "FOOTER", "text": "Se não foi você, responda PARAR."},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Ativar Perfil"}]},
    ]
    assert len(listed["retomar_conversa"]["components"]) == 1
    assert get(f"{WABA}/subscribed_apps")["data"]


def test_media_is_fetched_with_the_token_within_five_minutes(kit: Kit) -> None:
    content = b"\x89PNG made-up"
    order = {"type": "image", "content": base64.b64encode(content).decode(), "mime_type": "image/png"}
    image = kit.message(kit.write(kit.phone(), **order)["wamid"])["image"]
    token = {"Authorization": f"Bearer {TOKEN}"}
    listing = kit.http.get(f"/v25.0/{image['id']}", headers=token).json()
    assert listing["sha256"] == image["sha256"] == base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert (listing["mime_type"], listing["file_size"], listing["messaging_product"]) == ("image/png", 12, "whatsapp")
    assert kit.http.get(listing["url"]).status_code == 401
    fetched = kit.http.get(listing["url"], headers=token)
    assert (fetched.content, fetched.headers["content-type"]) == (content, "image/png")
    kit.clock.offset = 301
    assert kit.http.get(listing["url"], headers=token).status_code == 404
    renewed = kit.http.get(f"/v25.0/{image['id']}", headers=token).json()["url"]
    assert kit.http.get(renewed, headers=token).status_code == 200
    assert kit.http.get("/v25.0/710000000000000", headers=token).status_code == 400
