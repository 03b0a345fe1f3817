"""The landing page's form: saved with its proof of consent before anything can fail, and not for robots or strangers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.http_double import HANGS, Answer, answer
from tests.prefect_double import PrefectDouble
from tests.webhook.service import SECRETS, Service, name, running, said, text

PAGE = "https://serena.example"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def prefect() -> Iterator[PrefectDouble]:
    with PrefectDouble() as double:
        yield double


@pytest.fixture(scope="module")
def service(url: str, runner: asyncio.Runner, prefect: PrefectDouble) -> Iterator[Service]:
    with running(url, runner, prefect=prefect.api) as service:
        yield service


_numbers = Random(7)


def form(**fields: Any) -> dict[str, Any]:
    """A complete form of somebody new."""
    number = f"(81) 9{_numbers.randrange(10**8):08d}"
    return {"name": "Maria da Silva", "phone": number, "consent": True} | fields


def lead(service: Service, phone: str) -> asyncpg.Record | None:
    digits = "".join(ch for ch in phone if ch.isdigit())
    rows = service.sql("select * from leads where phone_number = $1", f"+55{digits}")
    return rows[0] if rows else None


def made_for(service: Service, prefect: PrefectDouble, sent: dict[str, Any]) -> list[tuple[UUID, dict[str, Any]]]:
    """The flow runs that were created for this form's lead."""
    row = lead(service, sent["phone"])
    wanted = {"lead_id": str(row["id"])} if row else None
    return [made for made in prefect.created if made[1]["parameters"] == wanted]


# accepted


@pytest.mark.parametrize(
    "spelled",
    [
        {
            "nomeCompleto": "Ana Lima",
            "whatsapp": None,
            "valorContaLuz": "R$ 1.250,00",
            "tipoCliente": "casa",
            "cidade": "rio-branco",
            "estado": "acre",
            "consentimentoLGPD": True,
            "email": "Ana@Exemplo.COM.BR",
        },
        {
            "lead_name": "Ana Lima",
            "lead_phone": None,
            "account_value": 1250,
            "client_type": "PF",
            "city": "Rio Branco",
            "state": "AC",
            "consent": "on",
            "lead_email": "Ana@exemplo.com.br",
        },
        {
            "Nome Completo": "Ana  Lima",
            "WhatsApp": None,
            "Valor Conta Luz": "1.250,00",
            "Tipo Cliente": "residencial",
            "Cidade": "RIO BRANCO",
            "Estado": "ac",
            "consent": "sim",
            "email": "Ana@exemplo.com.br",
            "Data/Hora": "hoje",
        },
    ],
    ids=["page", "workflow", "sheet"],
)
def test_every_spelling_of_the_form_is_the_same_lead(service: Service, spelled: dict[str, Any]) -> None:
    phone = form()["phone"]
    sent = {key: phone if value is None else value for key, value in spelled.items()}
    accepted = service.http.post("/leads", json=sent)
    assert accepted.status_code == 202
    row = lead(service, phone)
    assert row is not None
    assert (row["name"], row["city"], row["state"], row["client_type"]) == ("Ana Lima", "Rio Branco", "AC", "natural")
    assert (row["email"], row["invoice_amount"]) == ("Ana@exemplo.com.br", 1250)


def test_the_answer_tells_a_stranger_nothing_about_whoever_has_the_number(
    service: Service, prefect: PrefectDouble
) -> None:
    """Anybody may post anybody's number: no id, and the same answer whether we know the number or not."""
    sent = form()
    first = service.http.post("/leads", json=sent)
    prefect.wait_until(lambda: made_for(service, prefect, sent))
    again = service.http.post("/leads", json=sent)
    assert first.json() == again.json() == {"message": "Lead capture accepted"}
    row = lead(service, sent["phone"])
    ((flow_run_id, body),) = made_for(service, prefect, sent)
    assert body["parameters"] == {"lead_id": str(row["id"])}
    for answer_ in (first, again):
        told = answer_.text + str(answer_.headers)
        assert str(row["id"]) not in told and str(flow_run_id) not in told


def test_a_repeat_is_the_same_lead_and_the_same_run(service: Service, prefect: PrefectDouble) -> None:
    sent = form()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: service.http.post("/leads", json=sent), range(12)))
    assert {accepted.status_code for accepted in answers} == {202}
    assert len({accepted.text for accepted in answers}) == 1
    prefect.wait_until(lambda: made_for(service, prefect, sent))
    assert len({flow_run_id for flow_run_id, _ in made_for(service, prefect, sent)}) == 1


def test_a_plain_html_form_is_read(service: Service) -> None:
    sent = form(consent="on", name="João D'Ávila")
    for kind in (FORM, f"{FORM}; charset=utf-8", FORM.upper()):
        accepted = service.http.post("/leads", data=sent, headers={"content-type": kind})
        assert accepted.status_code == 202, kind
    assert lead(service, sent["phone"])["name"] == "João D'Ávila"


def test_consent_is_stored_with_its_evidence_and_without_the_address(service: Service) -> None:
    sent = form(consent_text_version="2026-11")
    page = {"referer": f"{PAGE}/economize?email=m@x.com#form", "user-agent": "Firefox " + "x" * 5_000}
    service.http.post("/leads", json=sent, headers=page).raise_for_status()
    lead_id = lead(service, sent["phone"])["id"]
    (consent,) = service.sql("select * from lead_consents where lead_id = $1", lead_id)
    assert (consent["kind"], consent["granted"], consent["text_version"]) == ("whatsapp_contact", True, "2026-11")
    assert json.loads(consent["evidence"]) == {
        "origin": f"{PAGE}/economize",
        "user_agent": ("Firefox " + "x" * 5_000)[:200],
        "address_hash": hmac.new(SECRETS[0].encode(), b"127.0.0.1", hashlib.sha256).hexdigest(),
    }
    (whole,) = service.sql("select row_to_json(l)::text as row from leads l where id = $1", lead_id)
    assert "127.0.0.1" not in whole["row"] + consent["evidence"]


def test_names_of_unknown_keys_are_counted_and_their_values_are_not_kept(service: Service) -> None:
    sent = form(cpf="12345678900", rg="x")
    service.http.post("/leads", json=sent).raise_for_status()
    row = lead(service, sent["phone"])
    assert json.loads(row["additional_data"])["form_keys"] == ["cpf", "rg"]
    assert "12345678900" not in str(dict(row))


# refused


def test_each_wrong_field_has_its_own_message(service: Service) -> None:
    sent = {
        "name": "X1",
        "phone": "123",
        "email": "a@b",
        "invoice_amount": "muito",
        "city": "x" * 121,
        "consent": False,
    }
    refused = service.http.post("/leads", json=sent)
    assert refused.status_code == 422
    errors = refused.json()["errors"]
    assert set(errors) == set(sent)
    assert len(set(errors.values())) == len(sent)
    assert refused.json()["error"] in errors.values()
    assert set(service.http.post("/leads", json={}).json()["errors"]) == {"name", "phone", "consent"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"[" * 8_000,
        b'{"name":' + b"[" * 8_000,
        b'{"phone":' + b"9" * 9_000,
    ],
    ids=["empty", "cut", "list", "null", "text", "bytes", "deep", "deep inside", "endless number"],
)
def test_what_is_not_a_form_is_refused(service: Service, body: bytes) -> None:
    refused = service.http.post("/leads", content=body)
    assert (refused.status_code, list(refused.json())) == (400, ["error"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ["Maria Silva"]),
        ("name", {"first": "Maria"}),
        ("name", "\ud800\ud800\ud800"),
        ("name", "M" * 10_000),
        ("name", "<script>alert(1)</script>"),
        ("name", "😀😀😀"),
        ("phone", 81999887766),
        ("phone", [81, 999887766]),
        ("phone", "+55"),
        ("phone", "٠٨١٩٩٩٨٨٧٧٦٦"),
        ("phone", "+1 202 555 0100"),
        ("email", "a@b.com\r\nBcc: z@y.com"),
        ("email", ["a@b.com"]),
        ("invoice_amount", float("nan")),
        ("invoice_amount", float("inf")),
        ("invoice_amount", 10**4_000),
        ("invoice_amount", -1),
        ("invoice_amount", True),
        ("invoice_amount", []),
        ("consent", 1),
        ("consent", ["true"]),
        ("city", {"name": "Recife"}),
    ],
)
def test_hostile_fields_are_named_not_stored(service: Service, field: str, value: Any) -> None:
    sent = form(**{field: value})
    refused = service.http.post("/leads", content=json.dumps(sent))
    assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])
    if field != "phone":
        assert lead(service, sent["phone"]) is None


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("name", "Maria\u202e da\u200b Silva", "Maria da Silva"),
        ("source", "a\0b\ud800", "ab\ufffd"),
        ("city", "\0", None),
    ],
)
def test_what_a_database_cannot_hold_is_cleaned(service: Service, field: str, value: str, stored: str | None) -> None:
    sent = form(**{field: value})
    assert service.http.post("/leads", content=json.dumps(sent)).status_code == 202
    assert lead(service, sent["phone"])[field] == stored


def test_a_form_over_its_limit_is_refused_with_and_without_its_length(service: Service) -> None:
    long = b" " * (16 * 1024 + 1)
    assert service.http.post("/leads", content=long).status_code == 413
    assert service.http.post("/leads", content=(long[:1000] for _ in range(17))).status_code == 413


def test_a_robot_is_thanked_and_forgotten(service: Service, prefect: PrefectDouble) -> None:
    sent, before = form(website="https://spam.example"), len(prefect.created)
    thanked = service.http.post("/leads", json=sent)
    assert (thanked.status_code, thanked.json()["message"]) == (202, "Lead capture accepted")
    assert lead(service, sent["phone"]) is None
    assert len(prefect.created) == before


# who may send


def test_our_page_may_read_the_answer(service: Service) -> None:
    accepted = service.http.post("/leads", json=form(), headers={"origin": PAGE})
    assert (accepted.status_code, accepted.headers["access-control-allow-origin"]) == (202, PAGE)
    refused = service.http.post("/leads", json={}, headers={"origin": PAGE})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (422, PAGE)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", f"{PAGE}.evil.example", PAGE.replace("https", "http"), f"{PAGE}:8443"]
)
def test_a_foreign_page_may_not_send_not_even_a_plain_form(service: Service, origin: str) -> None:
    sent = form(consent="on")
    refused = service.http.post("/leads", data=sent, headers={"origin": origin})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    assert lead(service, sent["phone"]) is None


@pytest.mark.parametrize(
    ("origin", "method", "allowed"),
    [(PAGE, "POST", True), (PAGE, "DELETE", False), ("https://evil.example", "POST", False)],
)
def test_the_preflight_allows_our_page_to_post_json(service: Service, origin: str, method: str, allowed: bool) -> None:
    asked = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": "content-type",
    }
    answered = service.http.options("/leads", headers=asked)
    assert (answered.status_code == 200) == allowed
    if allowed:
        assert answered.headers["access-control-allow-origin"] == PAGE
        assert "content-type" in answered.headers["access-control-allow-headers"].lower()


def statuses(service: Service, *forwarded: str) -> list[int]:
    return [
        service.http.post("/leads", json={}, headers={"x-forwarded-for": line} if line else {}).status_code
        for line in forwarded
    ]


def test_without_trusted_proxies_nobody_chooses_the_address_that_is_counted(url: str, runner: asyncio.Runner) -> None:
    """uvicorn itself would believe the header of a caller on 127.0.0.1."""
    with running(url, runner, form_rate_per_minute=2) as service:
        assert statuses(service, "203.0.113.1", "203.0.113.2", "203.0.113.3", "") == [422, 422, 429, 429]
        refused = service.http.post("/leads", json=form(), headers={"origin": PAGE})
        assert (refused.status_code, list(refused.json())) == (429, ["error"])
        assert refused.headers["access-control-allow-origin"] == PAGE


def test_behind_a_trusted_proxy_each_address_has_its_rate(url: str, runner: asyncio.Runner) -> None:
    with running(url, runner, form_rate_per_minute=1, form_trusted_proxies=1) as service:
        assert statuses(service, "203.0.113.1", "203.0.113.2", "203.0.113.1") == [422, 422, 429]
        assert statuses(service, "6.6.6.6, 203.0.113.1", "7.7.7.7, 203.0.113.2") == [429, 429]
        twice = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.1")]
        assert service.http.post("/leads", json={}, headers=twice).status_code == 429
        assert statuses(service, "203.0.113.1:1", "203.0.113.1:2", "[2001:db8::1]:9", "2001:db8::2") == [
            429,
            429,
            422,
            429,
        ]


def sent_from(service: Service, address: str, **fields: Any) -> asyncpg.Record:
    """What is kept of a form from there: its row, by the phone that it names."""
    sent = form(**fields)
    service.http.post("/leads", json=sent, headers={"x-forwarded-for": address}).raise_for_status()
    (row,) = service.sql("select * from lead_forms where lead_id = $1", lead(service, sent["phone"])["id"])
    return row


def test_many_numbers_from_one_network_are_kept_and_only_so_many_written_to(fresh: str, runner: asyncio.Runner) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WELCOMES_PER_NETWORK", "2")
        with running(fresh, runner, form_trusted_proxies=1) as service:
            here = [sent_from(service, f"203.0.113.{n}:{n}") for n in range(1, 5)]
            assert [row["reason"] for row in here] == [None, None, "network_limit", "network_limit"]
            there = [sent_from(service, f"2001:db8:1:{n}::9") for n in range(3)]
            assert [row["reason"] for row in there] == [None, None, "network_limit"]
            assert sent_from(service, "198.51.100.7")["started"]
            assert "203.0.113" not in str([dict(row) for row in here])
            # what names nobody's network counts for the whole alone
            assert all(sent_from(service, "10.0.0.1")["started"] for _ in range(4))


def test_a_form_on_an_opted_out_number_is_answered_like_any_other_and_starts_nothing(
    service: Service, prefect: PrefectDouble
) -> None:
    sent = form()
    digits = "55" + "".join(ch for ch in sent["phone"] if ch.isdigit())
    service.delivers(said(text(name(), "oi", **{"from": digits}))).raise_for_status()
    service.sql("update lead_messages set answered_at = now()")
    service.sql("update leads set opted_out_at = now() where phone_number = $1", f"+{digits}")
    answered = service.http.post("/leads", json=sent)
    assert (answered.status_code, answered.json()) == (202, {"message": "Lead capture accepted"})
    row = lead(service, sent["phone"])
    assert row["opted_out_at"] is not None
    assert service.sql("select 1 from runs where lead_id = $1 and flow = 'lead-activation'", row["id"]) == []


# Prefect is away


def test_without_prefect_the_lead_is_saved_and_started_later(fresh: str, runner: asyncio.Runner) -> None:
    with (
        PrefectDouble() as prefect,
        running(fresh, runner, prefect=prefect.api, dispatch_every_seconds=0.05) as service,
    ):
        prefect.then(answer({"detail": "starting"}, 500))
        sent = form()
        assert service.http.post("/leads", json=sent).status_code == 202
        prefect.wait_until(lambda: prefect.requests)
        assert not prefect.created
        service.sql("update runs set next_dispatch_at = now() - interval '1 minute'")
        prefect.wait_until(lambda: prefect.created)
        assert prefect.created[0][1]["parameters"] == {"lead_id": str(lead(service, sent["phone"])["id"])}
        prefect.wait_until(lambda: service.sql("select flow_run_id from runs")[0]["flow_run_id"])
        assert service.http.post("/leads", json=sent).status_code == 202
        assert len(prefect.keys) == 1


@pytest.mark.parametrize("junk", [b"<html>", b"{}", b"[]", b'{"id": "x"}'])
def test_an_answer_that_is_not_prefects_costs_the_form_nothing(
    junk: bytes, prefect: PrefectDouble, service: Service
) -> None:
    prefect.then(Answer(200, junk))
    assert service.http.post("/leads", json=form()).status_code == 202


def test_a_prefect_that_hangs_costs_the_form_no_time(url: str, runner: asyncio.Runner) -> None:
    with PrefectDouble() as prefect, running(url, runner, prefect=prefect.api) as service:
        prefect.then(HANGS)
        sent = form()
        assert service.http.post("/leads", json=sent, timeout=3).status_code == 202
        assert lead(service, sent["phone"])


def test_the_form_joins_the_lead_who_wrote_first(service: Service) -> None:
    sent, wamid = form(), name()
    digits = "55" + "".join(ch for ch in sent["phone"] if ch.isdigit())
    service.delivers(said(text(wamid, **{"from": digits}))).raise_for_status()
    service.http.post("/leads", json=sent).raise_for_status()
    assert service.message(wamid)["lead_id"] == lead(service, sent["phone"])["id"]
