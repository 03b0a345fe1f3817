"""What the simulator promises: to a sender it is Meta, to our webhook it is Meta, to a test it is a person's phone."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import time
from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any

import httpx
import pypdf
import pytest
from pydantic import SecretStr

from deployments.simulator.app import create_app
from deployments.simulator.bills import BILLS, bill_pdf
from deployments.simulator.numbers import account_key, bsuid, dialled, plausible
from deployments.simulator.settings import SimulatorSettings
from deployments.simulator.testing import Received, WebhookDouble, serve
from webhook.signature import sign

SECRET, TOKEN, PLANS_TOKEN = "secret-of-the-test", "token-of-the-test", "plans-token-of-the-test"
NUMBER_ID, WABA = "480000000000001", "390000000000001"
_numbers = count(980_000_001)


class Clock:
    """The time of day, and how far the test has moved it on."""

    offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


class Kit:
    """The hands of a test: the Graph API as our product calls it, the control API, and the webhook's memory."""

    def __init__(self, http: httpx.Client, webhook: WebhookDouble, clock: Clock) -> None:
        self.http, self.webhook, self.clock = http, webhook, clock

    def phone(self, *, writes: bool = True, **fields: Any) -> dict[str, Any]:
        """A new phone; with `writes` its window is open."""
        made = self.control("phones", {"name": "Marina Alves", "phone": f"+5581{next(_numbers)}"} | fields)
        if writes:
            self.control(f"phones/{made['id']}/window", {"close": False})
        return made

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = (
            self.http.get(f"/simulator/{path}") if body is None else self.http.post(f"/simulator/{path}", json=body)
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def write(self, phone: dict[str, Any], **order: Any) -> dict[str, Any]:
        return self.control(f"phones/{phone['id']}/messages", order)

    def chat(self, phone: dict[str, Any], after: int = 0, wait: float = 0) -> list[dict[str, Any]]:
        return self.control(f"phones/{phone['id']}/chat?after={after}&wait={wait}")

    def post(
        self, body: dict[str, Any], *, token: str = TOKEN, version: str = "v25.0", **options: Any
    ) -> httpx.Response:
        path = f"/{version}/{NUMBER_ID}/messages"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.post(path, json={"messaging_product": "whatsapp"} | body, headers=headers, **options)

    def send(self, phone: dict[str, Any], **body: Any) -> str:
        """Send a text, or what `body` says, to the phone's number; the wamid."""
        answer = self.post({"to": phone["phone"], "type": "text", "text": {"body": "Olá!"}} | body)
        assert answer.status_code == 200, answer.text
        return answer.json()["messages"][0]["id"]

    def value_with(self, wamid: str) -> dict[str, Any]:
        """The webhook value that carries this inbound message."""

        def carries(received: Received) -> bool:
            return wamid in [message["id"] for message in received.change["value"].get("messages", [])]

        return self.webhook.wait_for(carries)[0].change["value"]

    def message(self, wamid: str) -> dict[str, Any]:
        return next(m for m in self.value_with(wamid)["messages"] if m["id"] == wamid)

    def status_values(self, wamid: str, number: int) -> list[dict[str, Any]]:
        def reports(received: Received) -> bool:
            return wamid in [status["id"] for status in received.change["value"].get("statuses", [])]

        return [received.change["value"] for received in self.webhook.wait_for(reports, number)]

    def statuses(self, wamid: str, number: int = 3) -> list[dict[str, Any]]:
        return [value["statuses"][0] for value in self.status_values(wamid, number)]


@pytest.fixture(scope="module")
def world() -> Iterator[Kit]:
    clock = Clock()
    with WebhookDouble() as webhook:
        settings = SimulatorSettings(
            webhook_url=webhook.url,
            app_secret=SecretStr(SECRET),
            token=SecretStr(TOKEN),
            plans_token=SecretStr(PLANS_TOKEN),
            deliver_delay=0,
            retry_first=0.01,
            retry_longest=0.04,
        )
        with serve(create_app(settings, clock)) as base, httpx.Client(base_url=base, trust_env=False) as http:
            yield Kit(http, webhook, clock)


@pytest.fixture
def kit(world: Kit) -> Iterator[Kit]:
    yield world
    world.http.delete("/simulator/faults")
    world.clock.offset = 0.0


def buttons(*titles: str, body: str = "Escolha") -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": f"b:{n}", "title": title}} for n, title in enumerate(titles)]
    interactive = {"type": "button", "body": {"text": body}, "action": {"buttons": replies}}
    return {"type": "interactive", "interactive": interactive}


def rows(*titles: str, label: str = "Ver planos", description: str = "sem fidelidade") -> dict[str, Any]:
    items = [{"id": f"r:{n}", "title": title, "description": description} for n, title in enumerate(titles)]
    action = {"button": label, "sections": [{"title": "Planos", "rows": items}]}
    return {"type": "interactive", "interactive": {"type": "list", "body": {"text": "Planos"}, "action": action}}


def template(name: str, *values: str, payload: str | None = None, language: str = "pt_BR") -> dict[str, Any]:
    components: list[dict[str, Any]] = [{"type": "body", "parameters": [{"type": "text", "text": v} for v in values]}]
    if payload:
        tap = [{"type": "payload", "payload": payload}]
        components.append({"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": tap})
    content = {"name": name, "language": {"code": language}, "components": components}
    return {"type": "template", "template": content}


# --- to our webhook it is Meta ---------------------------------------------------------------------------------


def test_a_webhook_is_signed_over_its_raw_bytes_and_escapes_accents(kit: Kit) -> None:
    wamid = kit.write(kit.phone(), text="São João às 9h")["wamid"]
    kit.value_with(wamid)
    delivery = next(r for r in kit.webhook.received if wamid.encode() in r.raw)
    assert delivery.headers["x-hub-signature-256"] == sign(delivery.raw, SECRET)
    assert b"S\\u00e3o" in delivery.raw


def test_a_text_arrives_in_metas_envelope(kit: Kit) -> None:
    phone = kit.phone()
    wamid = kit.write(phone, text="Bom dia")["wamid"]
    value = kit.value_with(wamid)
    timestamp = value["messages"][0].pop("timestamp")
    assert re.fullmatch(r"\d{10}", timestamp)
    assert re.fullmatch(r"BR\.\d{19}", phone["user_id"])
    assert value == {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551131230000", "phone_number_id": NUMBER_ID},
        "contacts": [{"profile": {"name": "Marina Alves"}, "wa_id": phone["wa_id"], "user_id": phone["user_id"]}],
        "messages": [
            {
                "from": phone["wa_id"],
                "from_user_id": phone["user_id"],
                "id": wamid,
                "type": "text",
                "text": {"body": "Bom dia"},
            }
        ],
    }


def test_a_withheld_number_is_absent_from_message_and_contact(kit: Kit) -> None:
    phone = kit.phone(show_phone=False, username="@caio.ribeiro")
    value = kit.value_with(kit.write(phone, text="Oi")["wamid"])
    assert "from" not in value["messages"][0]
    assert value["contacts"] == [
        {"profile": {"name": "Marina Alves", "username": "@caio.ribeiro"}, "user_id": phone["user_id"]}
    ]


@pytest.mark.parametrize(
    ("order", "content"),
    [
        ({"type": "location", "latitude": -8.05, "longitude": -34.9}, {"latitude": -8.05, "longitude": -34.9}),
        ({"type": "button_reply", "id": "b:1", "title": "Sim"}, {"type": "button_reply"}),
        ({"type": "list_reply", "id": "r:1", "title": "Plano", "description": "x"}, {"type": "list_reply"}),
        ({"type": "button", "text": "Ativar Perfil"}, {"payload": "Ativar Perfil", "text": "Ativar Perfil"}),
        ({"type": "reaction", "emoji": "❤️", "message_id": "wamid.X"}, {"emoji": "❤️", "message_id": "wamid.X"}),
        ({"type": "reaction", "emoji": "", "message_id": "wamid.X"}, {"message_id": "wamid.X"}),
        ({"type": "unsupported", "unsupported": "gif"}, {"type": "gif"}),
        ({"type": "sticker"}, {"mime_type": "image/webp", "animated": False}),
        ({"type": "audio"}, {"mime_type": "audio/ogg; codecs=opus", "voice": True}),
        ({"type": "image", "caption": "minha conta"}, {"mime_type": "image/png", "caption": "minha conta"}),
    ],
)
def test_each_kind_of_message_has_metas_shape(kit: Kit, order: dict[str, Any], content: dict[str, Any]) -> None:
    message = kit.message(kit.write(kit.phone(), **order)["wamid"])
    kind = message["type"]
    assert kind == ("interactive" if order["type"].endswith("_reply") else order["type"])
    assert content.items() <= message[kind].items()
    assert kind != "unsupported" or message["errors"][0]["code"] == 131051
    assert "caption" in content or "caption" not in message[kind]


def test_shared_contacts_are_a_list(kit: Kit) -> None:
    message = kit.message(kit.write(kit.phone(), type="contacts")["wamid"])
    assert message["contacts"][0]["origin"] == "other"


@pytest.mark.parametrize("batched", [True, False])
def test_a_burst_is_one_body_or_several(kit: Kit, batched: bool) -> None:
    phone = kit.phone()
    wamids = kit.control(f"phones/{phone['id']}/burst", {"texts": ["oi", "tudo bem?"], "batched": batched})["wamids"]
    together = [m["id"] for m in kit.value_with(wamids[0])["messages"]]
    assert together == (wamids if batched else wamids[:1])
    assert kit.message(wamids[1])["text"]["body"] == "tudo bem?"
    assert [b["text"] for b in kit.chat(phone)] == ["oi", "tudo bem?"]


@pytest.mark.parametrize("refusal", [503, 500, 403, 202, 204])
def test_whatever_is_not_200_is_delivered_again(kit: Kit, refusal: int) -> None:
    wamid = f"wamid.refused-{refusal}"
    kit.webhook.answer(wamid, refusal, refusal)
    kit.write(kit.phone(), text="de novo", wamid=wamid)
    same = kit.webhook.wait_for(lambda r: wamid.encode() in r.raw, count=3)
    assert [r.answered for r in same] == [refusal, refusal, 200]
    assert len({(r.raw, r.headers["x-hub-signature-256"]) for r in same}) == 1


def test_a_delivery_refused_for_too_long_is_given_up() -> None:
    with WebhookDouble() as webhook:
        settings = SimulatorSettings(webhook_url=webhook.url, retry_first=0.01, retry_longest=0.02, retry_for=0.03)
        webhook.answer("wamid.never", *[503] * 99)
        with serve(create_app(settings)) as base, httpx.Client(base_url=base, trust_env=False) as http:
            phone = http.post("/simulator/phones", json={}).json()
            http.post(f"/simulator/phones/{phone['id']}/messages", json={"text": "oi", "wamid": "wamid.never"})
            webhook.wait_for(lambda r: r.answered == 503, count=2)
    assert SimulatorSettings().retry_for >= 600
    assert 2 <= len(webhook.received) <= 3


def test_a_message_can_be_delivered_more_than_once(kit: Kit) -> None:
    first = kit.write(kit.phone(), text="duas vezes", copies=2)["wamid"]
    assert len(kit.webhook.wait_for(lambda r: first.encode() in r.raw, count=2)) == 2
    kit.control("faults", {"duplicate_webhooks": True})
    second = kit.write(kit.phone(), text="duas vezes")["wamid"]
    assert len(kit.webhook.wait_for(lambda r: second.encode() in r.raw, count=2)) == 2


def test_a_raw_body_is_signed_and_forwarded_byte_for_byte(kit: Kit) -> None:
    kit.webhook.answer("outra coisa", 418)
    raw = '{"object":  "outra coisa", "ã": 1}'.encode()
    answer = kit.http.post("/simulator/webhook", content=raw)
    assert answer.json()["status"] == 418
    received = kit.webhook.wait_for(lambda r: b"outra coisa" in r.raw)
    assert [r.raw for r in received] == [raw]
    assert received[0].headers["x-hub-signature-256"] == sign(raw, SECRET)


def test_a_new_user_id_is_announced_and_the_old_one_answers_nobody(kit: Kit) -> None:
    phone = kit.phone()
    changed = kit.control(f"phones/{phone['id']}/user-id-change", {})
    [received] = kit.webhook.wait_for(lambda r: r.change["field"] == "user_id_update")
    update = received.change["value"]["user_id_update"][0]
    assert update["user_id"] == {"previous": phone["user_id"], "current": changed["user_id"]}
    assert changed["user_id"] != phone["user_id"]
    text = {"type": "text", "text": {"body": "Olá"}}
    assert kit.post(text | {"recipient": phone["user_id"]}).json()["error"]["code"] == 131009
    assert kit.post(text | {"recipient": changed["user_id"]}).status_code == 200


def test_stopping_marketing_is_announced_and_refuses_marketing_templates_only(kit: Kit) -> None:
    phone = kit.phone()
    kit.control("templates", {"name": "promo", "body": "Novidades!", "category": "MARKETING"})
    kit.control(f"phones/{phone['id']}/preferences", {"value": "stop"})
    [received] = kit.webhook.wait_for(lambda r: r.change["field"] == "user_preferences")
    preference = received.change["value"]["user_preferences"][0]
    assert (preference["value"], type(preference["timestamp"])) == ("stop", int)
    assert kit.statuses(kit.send(phone, **template("promo")), 1)[0]["errors"][0]["code"] == 131050
    assert kit.statuses(kit.send(phone, **template("retomar_conversa", "Marina")))[-1]["status"] == "read"


# --- to a sender it is Meta ------------------------------------------------------------------------------------


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
    number = f"+5581{next(_numbers)}"
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
        {"type": "reaction", "reaction": {"message_id": "wamid.X", "emoji": "👍"}},
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
    kit.control("faults", {"unreachable": "http"})
    answer = kit.post({"to": phone["phone"], "text": {"body": "Olá"}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 131026)


def test_the_pair_rate_lets_45_through_and_then_refuses(kit: Kit) -> None:
    kit.control("faults", {"pair_rate": True})
    phone, other = kit.phone(), kit.phone()
    text = {"to": phone["phone"], "text": {"body": "Olá"}}
    assert [kit.post(text).status_code for _ in range(45)] == [200] * 45
    assert kit.post(text).json()["error"]["code"] == 131056
    assert kit.send(other)
    kit.clock.offset = 7
    assert kit.post(text).status_code == 200


def test_reading_and_typing_show_on_the_phone(kit: Kit) -> None:
    phone = kit.phone()
    first, second, third = (kit.write(phone, text=text)["wamid"] for text in ("um", "dois", "três"))
    kit.value_with(third)
    answer = kit.post({"status": "read", "message_id": second, "typing_indicator": {"type": "text"}})
    assert answer.json() == {"success": True}
    assert [b["status"] == "read" for b in kit.chat(phone)] == [True, True, False]
    assert phone["id"] in [typing["phone_id"] for typing in kit.control("typing")]
    kit.send(phone)
    assert kit.control("typing") == []
    kit.post({"status": "read", "message_id": first, "typing_indicator": {"type": "text"}})
    kit.clock.offset = 26
    assert kit.control("typing") == []
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


# --- failures on demand ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "http_status"),
    [(130429, 400), (131056, 400), (131000, 500), (190, 401), (131026, 400), (131047, 400), (2, 503), (131031, 403)],
)
def test_the_next_sends_fail_with_the_chosen_code(kit: Kit, code: int, http_status: int) -> None:
    phone = kit.phone()
    kit.control("faults", {"sends": {"code": code, "times": 2}})
    text = {"to": phone["phone"], "text": {"body": "Olá"}}
    answers = [kit.post(text) for _ in range(3)]
    assert [a.status_code for a in answers] == [http_status, http_status, 200]
    assert answers[0].json()["error"]["code"] == code
    assert len(kit.chat(phone)) == 1


def test_a_hanging_send_was_carried_out_all_the_same(kit: Kit) -> None:
    phone = kit.phone()
    kit.control("faults", {"hang": {"seconds": 1}})
    with pytest.raises(httpx.ReadTimeout):
        kit.post({"to": phone["phone"], "text": {"body": "Olá"}}, timeout=0.2)
    assert len(kit.chat(phone, wait=5)) == 1
    assert kit.statuses(kit.chat(phone)[0]["wamid"])[-1]["status"] == "read"


@pytest.mark.parametrize("answer", ["close", "500"])
def test_a_dropped_send_was_carried_out_all_the_same(kit: Kit, answer: str) -> None:
    phone = kit.phone()
    kit.control("faults", {"drop": {"answer": answer}})
    if answer == "close":
        with pytest.raises(httpx.RemoteProtocolError):
            kit.post({"to": phone["phone"], "text": {"body": "Olá"}})
    else:
        assert kit.post({"to": phone["phone"], "text": {"body": "Olá"}}).status_code == 500
    assert len(kit.chat(phone, wait=5)) == 1
    assert kit.send(phone)


def test_an_accepted_send_can_be_made_to_fail_later(kit: Kit) -> None:
    phone = kit.phone()
    kit.control("faults", {"statuses": {"code": 131049}})
    assert kit.statuses(kit.send(phone), 1)[0]["errors"][0]["code"] == 131049
    assert kit.chat(phone)[0]["error"] == 131049


def test_held_statuses_come_when_they_are_released(kit: Kit) -> None:
    phone = kit.phone()
    kit.control("faults", {"hold_statuses": True})
    wamid = kit.send(phone)
    # A later webhook has arrived, a status of the earlier send has not.
    kit.value_with(kit.write(phone, text="cadê?")["wamid"])
    assert not any(b'"statuses"' in r.raw and wamid.encode() in r.raw for r in kit.webhook.received)
    assert kit.chat(phone)[0]["status"] == "accepted"
    kit.http.delete("/simulator/faults")
    assert [s["status"] for s in kit.statuses(wamid)] == ["sent", "delivered", "read"]


def test_a_misspelt_fault_is_refused(kit: Kit) -> None:
    assert kit.http.post("/simulator/faults", json={"sned": {"code": 1}}).status_code == 422


# --- to a test it is a person's phone --------------------------------------------------------------------------


def test_ticks_follow_the_message_and_read_waits_for_the_person(kit: Kit) -> None:
    phone = kit.phone(reads=False)
    wamid = kit.send(phone)
    kit.statuses(wamid, 2)
    bubble = kit.chat(phone)[0]
    assert (bubble["from"], bubble["status"], bubble["ticks"]) == ("us", "delivered", 2)
    assert kit.control(f"phones/{phone['id']}/open", {}) == {"read": 1}
    assert [s["status"] for s in kit.statuses(wamid)] == ["sent", "delivered", "read"]
    assert kit.chat(phone)[0]["status"] == "read"


def test_a_poll_waits_for_the_next_bubble(kit: Kit) -> None:
    phone = kit.phone()
    kit.send(phone)
    assert [b["seq"] for b in kit.chat(phone, wait=5)] == [1]
    assert kit.chat(phone, after=1, wait=0.05) == []
    kit.write(phone, text="oi")
    assert [(b["seq"], b["from"], b["text"]) for b in kit.chat(phone, after=1, wait=5)] == [(2, "lead", "oi")]


def test_tapping_a_template_button_sends_its_payload(kit: Kit) -> None:
    phone = kit.phone(writes=False)
    ours = kit.send(phone, **template("prosseguir_com_solicitacao", "Marina", payload="ATIVAR_PERFIL"))
    shown = kit.chat(phone)[0]
    assert (shown["template"], shown["buttons"][0]["title"]) == ("prosseguir_com_solicitacao", "Ativar Perfil")
    assert "Olá, Marina!" in shown["text"]
    message = kit.message(kit.write(phone, tap="ativar perfil")["wamid"])
    assert message["type"] == "button"
    assert message["button"] == {"payload": "ATIVAR_PERFIL", "text": "Ativar Perfil"}
    assert message["context"] == {"from": "551131230000", "id": ours}


@pytest.mark.parametrize(
    ("content", "tap", "reply"),
    [
        (buttons("Sim", "Não"), "não", {"type": "button_reply", "button_reply": {"id": "b:1", "title": "Não"}}),
        (
            rows("Básico", "Premium"),
            "r:1",
            {
                "type": "list_reply",
                "list_reply": {"id": "r:1", "title": "Premium", "description": "sem fidelidade"},
            },
        ),
    ],
)
def test_tapping_a_button_or_row_sends_an_interactive_reply(
    kit: Kit, content: dict[str, Any], tap: str, reply: dict[str, Any]
) -> None:
    phone = kit.phone()
    ours = kit.send(phone, **content)
    message = kit.message(kit.write(phone, tap=tap)["wamid"])
    assert (message["type"], message["interactive"], message["context"]["id"]) == ("interactive", reply, ours)
    assert kit.http.post(f"/simulator/phones/{phone['id']}/messages", json={"tap": "Talvez"}).status_code == 409


def test_user_ids_survive_a_restart_and_numbers_are_read_as_meta_does() -> None:
    assert bsuid("+5531987650002") == bsuid("553187650002") != bsuid("+5531987650003")
    assert account_key("+55 81 3333-4444") == "558133334444"
    assert dialled("+1 555 0100 200", "55") == "15550100200"
    assert dialled("81999990000", "55") == "5581999990000"
    assert not plausible("555581999990000")


# --- bills and plans -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "total", "utility", "place"),
    [
        ("celpe", "R$ 412,37", "NEOENERGIA PERNAMBUCO", "RECIFE - PE"),
        ("cemig", "R$ 187,20", "CEMIG DISTRIBUIÇÃO", "BELO HORIZONTE - MG"),
        ("equatorial", "R$ 1.245,67", "EQUATORIAL GOIÁS", "GOIÂNIA - GO"),
    ],
)
def test_a_sample_bill_is_a_pdf_whose_text_can_be_read(name: Any, total: str, utility: str, place: str) -> None:
    document = pypdf.PdfReader(io.BytesIO(bill_pdf(name, date(2026, 11, 20))), strict=True)
    text = document.pages[0].extract_text()
    for expected in (f"TOTAL A PAGAR: {total}", utility, place, "REFERÊNCIA: OUT/2026", "VENCIMENTO: 30/11/2026"):
        assert expected in text
    assert f"{BILLS[name].consumption:,} kWh".replace(",", ".") in text
    for expected in ("529.982.247-25", BILLS[name].installation, "Ilum. Pública (CIP)", "HISTÓRICO DE CONSUMO"):
        assert expected in text
    assert sum(c.isdigit() for c in BILLS[name].installation) == 15


def test_a_bill_can_be_sent_as_a_document(kit: Kit) -> None:
    message = kit.message(kit.write(kit.phone(), type="document", bill="celpe")["wamid"])["document"]
    assert (message["mime_type"], message["filename"]) == ("application/pdf", "conta-celpe.pdf")
    token = {"Authorization": f"Bearer {TOKEN}"}
    fetched = kit.http.get(kit.http.get(f"/v25.0/{message['id']}", headers=token).json()["url"], headers=token)
    assert fetched.content.startswith(b"%PDF-1.4")
    assert base64.b64encode(hashlib.sha256(fetched.content).digest()).decode() == message["sha256"]


def test_a_bill_can_be_looked_at(kit: Kit) -> None:
    assert kit.http.get("/simulator/bills/cemig.pdf").content.startswith(b"%PDF-1.4")
    assert kit.http.get("/simulator/bills/light.pdf").status_code == 422


def ask_plans(kit: Kit, path: str, token: str = PLANS_TOKEN, **query: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return kit.http.get(f"/distribuited-generation/{path}", params=query, headers=headers, timeout=1)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"city": "Recife", "state": "PE"}, [("CELPE", 2611606, "RECIFE", True)]),
        ({"city": "sao  paulo", "state": "sp"}, [("ENEL SP", 3550308, "SÃO PAULO", False)]),
        ({"ibge_code": 5208707}, [("EQUATORIAL GO", 5208707, "GOIÂNIA", True)]),
        (
            {"city": "EXTREMA", "state": "MG"},
            [("CEMIG", 3125101, "EXTREMA", True), ("ENERGISA SUL SUDESTE", 3125101, "EXTREMA", True)],
        ),
        ({"city": "Recife", "state": "XX"}, []),
    ],
)
def test_operation_areas_are_found_whatever_the_accents_and_case(
    kit: Kit, query: dict[str, Any], found: list[tuple[Any, ...]]
) -> None:
    areas = ask_plans(kit, "operation-areas", **query).json()
    keys = ("energyUtilityName", "ibgeCode", "city", "energyUtilityQualified")
    assert [tuple(area[key] for key in keys) for area in areas] == found
    assert all(re.fullmatch(r"[0-9a-f-]{36}", area["energyUtilityPublicId"]) for area in areas)


def test_plans_come_by_utility_in_the_shape_of_the_api(kit: Kit) -> None:
    area = ask_plans(kit, "operation-areas", city="Olinda", state="PE").json()[0]
    # The utility's id wins over a city that is given too.
    query = {"energy_utility_public_id": area["energyUtilityPublicId"], "city": "Salvador", "state": "BA"}
    answer = ask_plans(kit, "plans", **query).json()
    assert [item["energyUtilityName"] for item in answer] == ["CELPE"]
    basic, middle, premium = answer[0]["plans"]
    assert basic == {
        "id": 489,
        "name": "Plano Básico-14%",
        "fidelityMonths": 0,
        "discount": "0.14",
        "offeredBenefits": [],
    }
    assert (middle["discount"], middle["fidelityMonths"]) == ("0.16", 36)
    assert (premium["id"], premium["discount"], premium["fidelityMonths"]) == (556, "0.18", 60)
    assert list(premium["offeredBenefits"][0]) == ["description"]
    assert ask_plans(kit, "plans", city="Fortaleza", state="CE").json() == [
        {"energyUtilityName": "ENEL CE", "plans": []}
    ]
    assert ask_plans(kit, "plans", city="Lugar Nenhum", state="PE").json() == []


def test_the_plans_api_checks_its_token_and_its_query(kit: Kit) -> None:
    assert ask_plans(kit, "plans", token=TOKEN, city="Recife", state="PE").status_code == 401
    assert ask_plans(kit, "plans", city="Recife").status_code == 400


def test_the_plans_api_fails_on_demand(kit: Kit) -> None:
    place = {"city": "Recife", "state": "PE"}
    good = ask_plans(kit, "plans", **place).json()
    kit.control("faults", {"plans": {"kind": "500", "times": 1}})
    assert [ask_plans(kit, "plans", **place).status_code for _ in range(2)] == [500, 200]
    kit.control("faults", {"plans": {"kind": "429", "retry_after": 7}})
    limited = ask_plans(kit, "operation-areas", **place)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    kit.control("faults", {"plans": {"kind": "wrapped"}})
    assert ask_plans(kit, "plans", **place).json() == {"result": good}
    kit.control("faults", {"plans": {"kind": "timeout", "seconds": 2}})
    with pytest.raises(httpx.ReadTimeout):
        ask_plans(kit, "plans", **place)
    kit.control("faults", {"plans": None})
    assert ask_plans(kit, "plans", **place).json() == good


def test_a_user_id_nobody_has_heard_of_gets_a_phone_and_an_open_window(kit: Kit) -> None:
    answer = kit.post({"recipient": "BR.9000000000000000001", "type": "text", "text": {"body": "Olá"}})
    assert answer.json()["contacts"] == [{"input": "BR.9000000000000000001", "user_id": "BR.9000000000000000001"}]
    (phone,) = [p for p in kit.control("phones") if p["user_id"] == "BR.9000000000000000001"]
    assert (phone["window_open"], phone["show_phone"]) == (True, False)
