"""Strangers' requests to the service as it runs: no path, field, body or header is answered with 5xx."""

from __future__ import annotations

import asyncio
import json
import re
import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from schemathesis import GenerationMode

from tests.prefect_double import PrefectDouble
from tests.test_hostile import anything, mutated, odd, words
from tests.webhook.operators import Browser, Office, field, routes
from tests.webhook.service import Service, running

patient = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def service(url: str, runner: asyncio.Runner) -> Iterator[Service]:
    with PrefectDouble() as prefect, running(url, runner, prefect=prefect.api) as service:
        yield service


def test_the_public_routes_stand_whatever_is_sent_to_them(service: Service) -> None:
    """By schemathesis, out of what the service tells of itself: fields that are there, missing, of other types, too many."""
    schema = schemathesis.openapi.from_dict(service.http.get("/openapi.json").json())
    asked = 0
    for operation in (found.ok() for found in schema.get_all_operations()):
        kinds = [GenerationMode.POSITIVE] + [GenerationMode.NEGATIVE] * bool(operation.body or operation.query)

        @patient
        @given(case=some.one_of(operation.as_strategy(generation_mode=kind) for kind in kinds))
        def stands(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            response = case.call(base_url=str(service.http.base_url))
            # (Only readiness says 503, of a dispatcher that a test does not let look.)
            assert response.status_code < 500 or case.path == "/ready", response.text

        stands()
    assert asked > 30


@settings(patient, max_examples=150)
@given(body=mutated())
def test_a_signed_delivery_of_any_content_is_taken_or_refused(service: Service, body: Any) -> None:
    try:
        raw = json.dumps(body).encode()
    except ValueError:
        return
    assert service.delivers(raw).status_code in (200, 400)


@patient
@given(
    raw=some.one_of(
        some.binary(max_size=300),
        words.map(lambda text: text.encode("utf-8", "replace")),
        anything.map(repr).map(str.encode),
    )
)
def test_signed_bytes_that_are_no_json_are_refused(service: Service, raw: bytes) -> None:
    assert service.delivers(raw).status_code in (200, 400)


def test_nothing_of_it_was_left_for_a_person_to_look_at_that_the_store_could_not_take(service: Service) -> None:
    """What the parser lets through, the store takes: `refused` is for what nobody thought of."""
    kinds = {row["kind"] for row in service.sql("select distinct kind from webhook_events")}
    assert kinds >= {"message", "status", "account_error", "other"}
    refused = service.sql("select payload from webhook_events where kind = 'refused'")
    assert not refused, refused[0]["payload"]


# operators' pages


@pytest.fixture(scope="module")
def lead(desk: Office) -> str:
    wrote = {
        "id": f"wamid.{uuid4().hex}",
        "from_user_id": "BR.77",
        "timestamp": "1795300000",
        "type": "text",
        "text": {"body": "oi"},
    }
    value = {"metadata": {"phone_number_id": "480000000000001"}, "messages": [wrote]}
    body = {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}
    assert desk.service.delivers(body).status_code == 200
    return str(desk.sql("select lead_id from lead_user_ids where wa_user_id = 'BR.77'")[0]["lead_id"])


queries = some.dictionaries(
    some.sampled_from(
        [
            "stage",
            "stages",
            "q",
            "waiting",
            "after",
            "m",
            "all",
            "next",
            "ended",
            "left",
            "seen",
            "whose",
            "from",
            "until",
            "sort",
            "source",
            "days",
            "failed",
            "reply",
            "lead",
        ]
    )
    | odd,
    some.one_of(words, some.sampled_from(["1", "PLANS_SENT", "2026-11-30", "2026-11-30T00:00:00Z~", "9" * 400])),
    max_size=4,
)


def spelled(fields: dict[str, str]) -> str:
    """As a query or a form has them, with half emojis as no browser writes them."""
    return "&".join(f"{quote(k, errors='surrogatepass')}={quote(v, errors='surrogatepass')}" for k, v in fields.items())


def path_of(route: str, lead: str, id: str | None) -> str:
    """The route's address, of this lead or with something odd in place of each id."""
    return re.sub(r"\{\w+\}", lead if id is None else quote(id, safe="", errors="surrogatepass"), route)


# Every page there is, and every form with its fields: the first test below holds both to the service.
PAGES = (
    "/ops",
    "/ops/company",
    "/ops/company/register",
    "/ops/dashboard",
    "/ops/identity",
    "/ops/identity/back",
    "/ops/invited/{token}",
    "/ops/icon/{waiting}.svg",
    "/ops/leads",
    "/ops/leads.csv",
    "/ops/leads/{lead_id}",
    "/ops/leads/{lead_id}/bills/{bill_id}",
    "/ops/leads/{lead_id}/bills/{bill_id}/read",
    "/ops/leads/{lead_id}/erase",
    "/ops/leads/{lead_id}/files/{message_id}",
    "/ops/live",
    "/ops/log",
    "/ops/login",
    "/ops/me",
    "/ops/people",
    "/ops/replies",
    "/ops/static/{name}",
    "/ops/{rest}",
)
FORMS = {
    "/ops/company/crm-again": ("event",),
    "/ops/company/mended": ("kind", "subject", "fact"),
    "/ops/invited": ("token", "password", "again", "csrf"),
    "/ops/leads/{lead_id}/ask-phone": ("key",),
    "/ops/leads/{lead_id}/assign": ("to", "from"),
    "/ops/leads/{lead_id}/bills/{bill_id}/read": (
        "utility",
        "amount",
        "kwh",
        "month",
        "due",
        "holder",
        "installation",
        "client",
        "contract",
    ),
    "/ops/leads/{lead_id}/call-back": ("at",),
    "/ops/leads/{lead_id}/contacted": ("result", "reason", "at"),
    "/ops/leads/{lead_id}/dismiss-erasure": ("unerased",),
    "/ops/leads/{lead_id}/edit": ("name", "city", "state", "holder"),
    "/ops/leads/{lead_id}/erase": ("confirmation",),
    "/ops/leads/{lead_id}/export": ("as",),
    "/ops/leads/{lead_id}/file": ("key", "caption", "file"),
    "/ops/leads/{lead_id}/give-back": ("answer",),
    "/ops/leads/{lead_id}/note": ("note", "key"),
    "/ops/leads/{lead_id}/remind": ("again",),
    "/ops/leads/{lead_id}/take-over": ("from",),
    "/ops/leads/{lead_id}/template": ("name", "language", "key", "v1"),
    "/ops/leads/{lead_id}/write": ("text", "key"),
    "/ops/login": ("name", "password", "next", "csrf"),
    "/ops/logout": (),
    "/ops/me/end-logins": (),
    "/ops/me/password": ("old", "password", "again"),
    "/ops/people": ("name", "role"),
    "/ops/people/change": ("name", "what", "role"),
    "/ops/replies": ("id", "title", "body"),
    "/ops/replies/{reply_id}/drop": (),
    "/ops/{rest}": ("text",),
}
_LOGINS = ("/ops/login", "/ops/logout")
given_values = some.one_of(
    words,
    some.sampled_from(
        [
            "1",
            "a-key-of-ours",
            "page",
            "ana",
            "answers",
            "Recife",
            "PE",
            "won",
            "lost",
            "call_back",
            "2026-11-30T10:00",
            "2026-11",
            "2026-11-30",
            "412,37",
            "9" * 400,
            str(UUID(int=7)),
        ]
    ),
)


def test_every_page_and_every_form_is_tried(desk: Office) -> None:
    found = routes(desk.service)
    assert {path for method, path in found if method == "GET"} == set(PAGES)
    assert {path for method, path in found if method == "POST"} == set(FORMS)
    assert {method for method, _ in found} == {"GET", "POST"}


@pytest.mark.parametrize("page", PAGES)
def test_no_query_breaks_a_page(ana: Browser, lead: str, page: str) -> None:
    @patient
    @given(query=queries, id=some.one_of(some.just(None), odd))
    def stands(query: dict[str, str], id: str | None) -> None:
        # what a request line has no room for is uvicorn's business; a stream is not read to its end
        with ana.http.stream("GET", f"{path_of(page, lead, id)}?{spelled(query)[:4000]}") as response:
            assert response.status_code < 500, response.status_code

    stands()


@pytest.mark.parametrize("form", sorted(FORMS))
def test_no_field_of_a_form_breaks_a_page(desk: Office, ana: Browser, lead: str, form: str) -> None:
    browser = Browser(desk) if form in _LOGINS else ana
    csrf = field(browser.get("/ops/login" if form in _LOGINS else f"/ops/leads/{lead}"), "csrf")
    names = some.sampled_from(FORMS[form]) | odd if FORMS[form] else odd

    @patient
    @given(
        fields=some.dictionaries(names, given_values, max_size=8),
        own=some.booleans(),
        id=some.one_of(some.just(None), some.just(None), odd),
    )
    def stands(fields: dict[str, str], own: bool, id: str | None) -> None:
        sent = fields | ({"csrf": csrf} if own else {})
        response = browser.post(path_of(form, lead, id), spelled(sent).encode())
        assert response.status_code < 500, response.text

    try:
        stands()
    finally:
        if browser is not ana:
            browser.http.close()
    assert ana.get(f"/ops/leads/{lead}").status_code == 200, "ana is still logged in, and the lead still there"


@patient
@given(raw=some.one_of(some.binary(max_size=300), some.text(string.printable, max_size=300).map(str.encode)))
def test_no_bytes_in_place_of_a_form_break_the_login(desk: Office, raw: bytes) -> None:
    browser = Browser(desk)
    try:
        assert browser.post("/ops/login", raw).status_code < 500
    finally:
        browser.http.close()


@patient
@given(
    pieces=some.lists(
        some.one_of(
            some.binary(max_size=40),
            some.sampled_from(
                [
                    b"--x\r\n",
                    b"\r\n--x--",
                    b"\r\n\r\n",
                    b"%PDF-",
                    b'content-disposition: form-data; name="file"; filename="a"',
                    b'content-disposition: form-data; name="key"',
                    b"content-disposition: \xff; name*=utf-8''%ff",
                    b"\xed\xa0\x80",
                ]
            ),
        ),
        max_size=12,
    ),
    kind=some.sampled_from(
        ["multipart/form-data; boundary=x", "multipart/form-data; boundary*=utf-8''x", "multipart/form-data"]
    ),
)
def test_no_bytes_in_place_of_a_file_break_the_composer(
    ana: Browser, lead: str, pieces: list[bytes], kind: str
) -> None:
    response = ana.post(f"/ops/leads/{lead}/file", b"".join(pieces), content_type=kind)
    assert response.status_code in (303, 400, 403), response.text
