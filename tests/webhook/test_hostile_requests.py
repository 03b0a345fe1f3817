"""Strangers' requests to the service as it runs: no path, field, body or header is answered with 5xx."""

from __future__ import annotations

import asyncio
import json
import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as some
from schemathesis import GenerationMode

from flows.adapters.store import database
from tests.prefect_double import PrefectDouble
from tests.test_hostile import anything, mutated, odd, words
from tests.webhook.operators import Browser, Office, field, office
from tests.webhook.service import Service, running

patient = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
def service(postgres: str, runner: asyncio.Runner) -> Iterator[Service]:
    url = postgres.replace("/serena?", "/hostile?")
    runner.run(database.ensure_database(url))
    runner.run(database.migrate(url))
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


@patient
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
    refused = service.sql("select payload from webhook_events where kind = 'refused'")
    assert not refused, refused[0]["payload"]


# operators' pages


@pytest.fixture(scope="module")
def desk(postgres: str, runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(postgres, runner, tmp_path_factory.mktemp("bills"), "ops_hostile") as found:
        yield found


@pytest.fixture(scope="module")
def ana(desk: Office) -> Iterator[Browser]:
    browser = Browser(desk)
    assert browser.logs_in("ana").status_code == 303
    yield browser
    browser.http.close()


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


PAGES = (
    "/ops",
    "/ops/leads",
    "/ops/login",
    "/ops/leads/{lead}",
    "/ops/leads/{lead}/messages",
    "/ops/leads/{lead}/erase",
    "/ops/leads/{lead}/bills/{lead}",
)
queries = some.dictionaries(
    some.sampled_from(["stage", "q", "waiting", "after", "m", "all", "next", "ended", "left", "seen"]) | odd,
    some.one_of(words, some.sampled_from(["1", "PLANS_SENT", "2026-11-30T00:00:00Z~", "9" * 400])), max_size=4,
)  # fmt: skip


def spelled(fields: dict[str, str]) -> str:
    """As a query or a form has them, with half emojis as no browser writes them."""
    return "&".join(f"{quote(k, errors='surrogatepass')}={quote(v, errors='surrogatepass')}" for k, v in fields.items())


@patient
@given(page=some.sampled_from(PAGES), query=queries, id=some.one_of(some.just(None), odd))
def test_no_query_breaks_a_page(ana: Browser, lead: str, page: str, query: dict[str, str], id: str | None) -> None:
    path = page.format(lead=lead if id is None else quote(id, safe="", errors="surrogatepass"))
    # what a request line has no room for is uvicorn's business
    response = ana.http.get(f"{path}?{spelled(query)[:4000]}")
    assert response.status_code < 500, response.text


ACTIONS = {
    "take-over": ("from",), "give-back": ("answer",), "remind": ("again",), "contacted": ("unerased",),
    "write": ("text", "key"), "export": (), "erase": ("confirmation",),
}  # fmt: skip


@patient
@given(action=some.sampled_from(sorted(ACTIONS)), data=some.data(), own=some.booleans())
def test_no_field_of_a_form_breaks_a_page(
    ana: Browser, lead: str, action: str, data: some.DataObject, own: bool
) -> None:
    page = ana.get(f"/ops/leads/{lead}")
    names = some.sampled_from(ACTIONS[action]) | odd if ACTIONS[action] else odd
    fields = data.draw(some.dictionaries(names, words, max_size=5))
    if own:
        fields["csrf"] = field(page, "csrf")
    response = ana.post(f"/ops/leads/{lead}/{action}", spelled(fields).encode())
    assert response.status_code < 500, response.text


@patient
@given(raw=some.one_of(some.binary(max_size=300), some.text(string.printable, max_size=300).map(str.encode)))
def test_no_bytes_in_place_of_a_form_break_the_login(desk: Office, raw: bytes) -> None:
    browser = Browser(desk)
    try:
        assert browser.post("/ops/login", raw).status_code < 500
    finally:
        browser.http.close()
