"""What anybody sees of the form: its page, the script for other sites, and how to send it; with and without scripts."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.prefect_double import PrefectDouble
from tests.webhook.service import Service, running
from webhook.form import pages
from webhook.form.reading import FIELDS

PRIVACY = "https://serena.example/privacidade?a=1&b=2"
HTML_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def service(url: str, runner: asyncio.Runner) -> Iterator[Service]:
    with pytest.MonkeyPatch.context() as patch, PrefectDouble() as prefect:
        patch.setenv("PRIVACY_NOTICE_URL", PRIVACY)
        with running(url, runner, prefect=prefect.api) as service:
            yield service


def own(service: Service) -> str:
    return str(service.http.base_url).rstrip("/")


def fields_of(html: str) -> set[str]:
    return set(re.findall(r'<(?:input|select)[^>]* name="(\w+)"', html))


def sent_by_a_browser(service: Service, **more: str) -> httpx.Response:
    """The page's form, sent without a script."""
    given = {"name": "Marina Alves", "phone": "(81) 98877-0001", "client_type": "casa", "consent": "on", "website": ""}
    given |= {"consent_text_version": pages.CONSENT_VERSION, "city": "Recife", "state": "PE"} | more
    kept = {name: value for name, value in given.items() if value or name == "website"}
    return service.http.post("/leads", data=kept, headers={**HTML_FORM, "origin": own(service)})


def stored(service: Service, phone: str) -> list[Any]:
    return service.sql("select * from leads where phone_number = $1", phone)


# the page


def test_the_page_has_the_form_its_consent_and_the_privacy_notice_and_nothing_from_elsewhere(service: Service) -> None:
    page = service.http.get("/", params={"utm_source": 'novembro"><b>'})
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert fields_of(page.text) <= set(FIELDS) and {"name", "phone", "consent", "website"} <= fields_of(page.text)
    assert 'value="novembro&#34;&gt;&lt;b&gt;"' in page.text and pages.CONSENT in page.text
    assert 'href="https://serena.example/privacidade?a=1&amp;b=2"' in page.text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', re.sub(r"<a [^>]*>", "", page.text))
    assert loaded and all(each.startswith("/") for each in loaded)
    policy = page.headers["content-security-policy"]
    assert (
        "default-src 'none'" in policy
        and "unsafe" not in policy
        and not re.search(r"style=|<script>|onclick", page.text)
    )
    for each in loaded:
        answer = service.http.get(each)
        assert answer.status_code == 200 and answer.headers["x-content-type-options"] == "nosniff", each
    assert service.http.get("/form/nada.css").status_code == 404


def test_another_text_of_consent_is_another_version() -> None:
    """The version is what the evidence of a consent names: whoever changes the text changes both lines here."""
    assert pages.CONSENT_VERSION == "pagina-1"
    assert hashlib.sha256(pages.CONSENT.encode()).hexdigest()[:16] == "f551905da8a50558"


@pytest.mark.parametrize(
    ("configured", "wanted"),
    [
        ("https://lp.serena.example/conta", "https://lp.serena.example/conta?utm_source=x&b=1"),
        ("https://lp.serena.example/?a=1", "https://lp.serena.example/?a=1&utm_source=x&b=1"),
    ],
)
def test_the_page_may_be_elsewhere(service: Service, configured: str, wanted: str) -> None:
    usual = service.app.state.options
    service.app.state.options = usual.model_copy(update={"form_page_url": configured})
    try:
        moved = service.http.get("/?utm_source=x&b=1")
    finally:
        service.app.state.options = usual
    assert (moved.status_code, moved.headers["location"]) == (302, wanted)


# sent by a browser alone


def test_a_form_sent_without_a_script_is_saved_and_answered_by_a_page(service: Service) -> None:
    answer = sent_by_a_browser(service, source="novembro")
    assert answer.status_code == 202 and "Recebemos o seu pedido" in answer.text and "<form" not in answer.text
    (row,) = stored(service, "+5581988770001")
    assert (row["name"], row["city"], row["source"]) == ("Marina Alves", "Recife", "novembro")
    (consent,) = service.sql("select * from lead_consents where lead_id = $1", row["id"])
    assert pages.CONSENT_VERSION in str(dict(consent)) and own(service) in str(dict(consent))


def test_what_is_wrong_stands_beside_its_field_and_nothing_has_to_be_typed_again(service: Service) -> None:
    answer = sent_by_a_browser(
        service, name='Ana "Bia" <b>', phone="123", state="AC", client_type="empresa", consent=""
    )
    assert answer.status_code == 422 and answer.headers["content-security-policy"]
    for name in ("name", "phone", "consent"):
        assert re.search(rf'id="serena-{name}-error">[^<]+</p>', answer.text), name
    assert re.search(r'id="serena-city-error"></p>', answer.text)
    assert 'value="Ana &#34;Bia&#34; &lt;b&gt;"' in answer.text and 'value="Recife"' in answer.text
    assert "<option selected>AC" in answer.text and 'value="empresa" checked' in answer.text
    assert answer.text.count("autofocus") == 1 and answer.text.count('aria-invalid="true"') == 3


def test_every_refusal_of_a_browsers_form_is_a_page(service: Service) -> None:
    foreign = service.http.post("/leads", data={"name": "x"}, headers={**HTML_FORM, "origin": "https://outra.example"})
    long = sent_by_a_browser(service, city="a" * 20_000)
    for answer, status, words in ((foreign, 403, "Este site não pode"), (long, 413, "grande demais")):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert words in answer.text
    robot = sent_by_a_browser(service, phone="(81) 98877-0002", website="http://spam.example")
    assert robot.status_code == 202 and stored(service, "+5581988770002") == []


def test_only_our_own_page_and_those_that_may_send_the_form(service: Service) -> None:
    order = {"name": "Ana Lima", "phone": "(81) 98877-0003", "consent": True}

    def status(**headers: str) -> int:
        return service.http.post(
            "/leads", json=order, headers={k.replace("_", "-"): v for k, v in headers.items()}
        ).status_code

    port = own(service).rpartition(":")[2]
    assert status(origin=own(service)) == status(origin="https://serena.example") == 202
    # behind a proxy that ends TLS, and behind one that changes our name as well
    assert status(origin="https://conta.example", host="conta.example") == 202
    assert status(origin="https://conta.example", sec_fetch_site="same-origin") == 202
    for origin in (f"http://localhost:{port}", "null", "http://[", "https://serena.example.evil.example"):
        assert status(origin=origin) == 403, origin
    assert status(origin="https://conta.example", sec_fetch_site="cross-site") == 403


# in other sites, and by machines


def test_the_script_for_other_sites_carries_the_same_form_and_may_be_loaded_there(service: Service) -> None:
    script = service.http.get("/embed.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    (parts,) = re.findall(r"const PARTS = (\{.*\});", script.text)
    read = json.loads(parts)
    assert fields_of(read["form"]) == fields_of(service.http.get("/").text) and "Recebemos" in read["done"]
    asked = service.http.options(
        "/leads",
        headers={
            "origin": "https://serena.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        },
    )
    assert asked.status_code == 200 and asked.headers["access-control-allow-origin"] == "https://serena.example"


def test_the_guide_shows_every_field_and_its_examples_are_accepted(service: Service) -> None:
    guide = service.http.get("/leads")
    assert guide.status_code == 200
    for name, field in FIELDS.items():
        assert name == "timestamp" or (
            f"<code>{name}</code>" in guide.text and field.about in guide.text.replace("&#34;", '"')
        )
    assert f"{own(service)}/embed.js" in guide.text
    (body,) = re.findall(r"-d &#39;(.*?)&#39;", guide.text)
    order = json.loads(body.replace("&#34;", '"'))
    assert service.http.post("/leads", json=order).status_code == 202
    (html,) = [one for one in re.findall(r"<code>(.*?)</code>", guide.text, re.DOTALL) if "&lt;form" in one]
    named = set(re.findall(r"name=&#34;(\w+)&#34;", html))
    assert {"name", "phone", "consent", "website"} <= named <= set(FIELDS)


def test_the_description_for_machines_names_what_is_public_and_nothing_else(service: Service) -> None:
    told = service.http.get("/openapi.json").json()
    assert set(told["paths"]) == {"/leads", "/webhook", "/health", "/ready"}
    post = told["paths"]["/leads"]["post"]
    assert set(post["responses"]) == {str(code) for code in pages.ANSWERS}
    for content in post["requestBody"]["content"].values():
        assert set(content["schema"]["properties"]) == set(FIELDS)
        assert content["schema"]["required"] == ["name", "phone", "consent"]
    assert service.http.get("/docs").status_code == service.http.get("/redoc").status_code == 404
