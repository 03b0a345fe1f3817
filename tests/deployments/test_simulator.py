"""To our webhook the simulator is Meta: what it delivers, signed, and again until it is taken."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest

from deployments.simulator.app import create_app
from deployments.simulator.settings import SimulatorSettings
from deployments.simulator.templates import RegisteredTemplate
from tests.deployments.simulation import NUMBER_ID, SECRET, Kit, kit, template, world
from tests.http_double import WebhookDouble, serve
from webhook.signature import sign

__all__ = ["kit", "world"]


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


def test_a_delivery_refused_for_too_long_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    with WebhookDouble() as webhook:
        settings = SimulatorSettings(webhook_url=webhook.url, retry_first=0.1, retry_for=2.0)
        webhook.answer("wamid.never", *[503] * 99)
        with serve(create_app(settings)) as base, httpx.Client(base_url=base, trust_env=False) as http:
            phone = http.post("/simulator/phones", json={}).json()
            http.post(f"/simulator/phones/{phone['id']}/messages", json={"text": "oi", "wamid": "wamid.never"})
            deadline = time.monotonic() + 30
            while "given up" not in caplog.text:
                assert time.monotonic() < deadline, "it goes on for ever"
                time.sleep(0.05)
            tried = len(webhook.received)
            # what comes after it is delivered, and the other is not tried again
            http.post(f"/simulator/phones/{phone['id']}/messages", json={"text": "oi", "wamid": "wamid.next"})
            webhook.wait_for(lambda r: b"wamid.next" in r.raw)
    assert SimulatorSettings().retry_for >= 600
    assert len(webhook.received) == tried + 1 >= 3


def test_a_message_can_be_delivered_more_than_once(kit: Kit) -> None:
    first = kit.write(kit.phone(), text="duas vezes", copies=2)["wamid"]
    assert len(kit.webhook.wait_for(lambda r: first.encode() in r.raw, count=2)) == 2
    kit.control("faults", {"duplicate_webhooks": True})
    second = kit.write(kit.phone(), text="duas vezes")["wamid"]
    assert len(kit.webhook.wait_for(lambda r: second.encode() in r.raw, count=2)) == 2


def test_stopping_marketing_is_announced_and_refuses_marketing_templates_only(kit: Kit) -> None:
    phone = kit.phone()
    kit.world.templates.register(RegisteredTemplate(name="promo", body="Novidades!", category="MARKETING"))
    kit.control(f"phones/{phone['id']}/preferences", {"value": "stop"})
    [received] = kit.webhook.wait_for(lambda r: r.change["field"] == "user_preferences")
    preference = received.change["value"]["user_preferences"][0]
    assert (preference["value"], type(preference["timestamp"])) == ("stop", int)
    assert kit.statuses(kit.send(phone, **template("promo")), 1)[0]["errors"][0]["code"] == 131050
    assert kit.statuses(kit.send(phone, **template("retomar_conversa", "Marina")))[-1]["status"] == "read"
