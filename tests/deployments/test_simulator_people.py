"""To a test the simulator is a person's phone, a vendor that fails on demand, and the plans API."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from datetime import date
from typing import Any

import httpx
import pypdf
import pytest

from deployments.simulator.bills import BILLS, bill_pdf
from deployments.simulator.dialling import account_key, bsuid, dialled, plausible
from tests.deployments.simulation import PLANS_TOKEN, TOKEN, Kit, buttons, kit, rows, template, world

__all__ = ["kit", "world"]


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


# to a test it is a person's phone


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


# bills and plans


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
    assert fetched.content.startswith(b"%PDF-")
    assert base64.b64encode(hashlib.sha256(fetched.content).digest()).decode() == message["sha256"]


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
