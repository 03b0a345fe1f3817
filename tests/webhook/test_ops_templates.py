"""After 24 hours: the approved templates, read from Meta's list, filled in and sent by a person."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.adapters.templates import Templates, sendable
from tests.deployments.examined import RIGHT, WABA
from tests.graph_double import GraphDouble, template, welcome
from tests.http_double import Answer, answer
from tests.webhook.operators import Browser, Office, office, seen
from webhook.ops.shelf import Shelf

LISTED = f"{WABA}/message_templates"
OFFER = template("oferta_do_mes", text="Oi, {{1}}! Em {{2}} há um plano novo.", category="MARKETING")


@pytest.fixture(scope="module")
def meta() -> Iterator[GraphDouble]:
    with GraphDouble(RIGHT["WHATSAPP_API_TOKEN"]) as found:
        found.instead[LISTED] = answer({"data": [welcome(), template("retomar_conversa"), OFFER]})
        yield found


@pytest.fixture(scope="module")
def environment(meta: GraphDouble) -> dict[str, str]:
    return {key: value for key, value in RIGHT.items() if key.startswith("WHATSAPP_")} | {
        "WHATSAPP_BASE_URL": meta.url,
        "WHATSAPP_BUSINESS_ACCOUNT_ID": WABA,
    }


def yesterday(desk: Office, **columns: Any) -> str:
    """A lead who last wrote more than 24 hours ago."""
    lead = desk.lead(**columns)
    desk.sql("update leads set last_inbound_at = now() - interval '25 hours' where id = $1::text::uuid", lead)
    return lead


def test_a_person_sends_a_template_and_it_goes_by_the_rule_of_all_messages(desk: Office, ana: Browser) -> None:
    lead = yesterday(desk, name="Marina Alves")
    assert "quem assume só pode enviar um modelo aprovado" in seen(ana.get(f"/ops/leads/{lead}"))
    assert "Assuma a conversa" in ana.after(
        ana.does(lead, "template", key="a-key-of-ours", name="oferta_do_mes", language="pt_BR", v1="a", v2="b")
    )
    ana.does(lead, "take-over")
    page = ana.get(f"/ops/leads/{lead}")
    for part in (
        "oferta_do_mes marketing, cobrado pelo WhatsApp",
        "retomar_conversa utilidade, cobrado",
        "Texto livre volta a ser possível",
    ):
        assert part in seen(page), part
    assert "prosseguir_com_solicitacao" not in page.text and 'name="v1" value="Marina"' in page.text
    assert 'id="text"' not in page.text

    wanted = {"name": "oferta_do_mes", "language": "pt_BR", "v1": "Marina\n", "v2": " Recife  e\tOlinda"}
    for _ in range(2):
        assert "Modelo na fila de envio." in ana.after(ana.does(lead, "template", **wanted | {"key": "one-key-1"}))
    (row,) = desk.sql(
        "select id, template, message_content, author from lead_messages where template is not null and lead_id = $1::text::uuid",
        lead,
    )
    assert json.loads(row["template"]) == {
        "name": "oferta_do_mes",
        "language": "pt_BR",
        "body": ["Marina", "Recife e Olinda"],
        "buttons": [],
    }
    assert (row["message_content"], row["author"]) == ("Oi, Marina! Em Recife e Olinda há um plano novo.", "ana")
    assert "Modelo aprovado (modelo oferta_do_mes)" in seen(ana.get(f"/ops/leads/{lead}"))
    # the last look before the call
    (sent,) = desk.sql("select begin_send($1, null)->>'outcome' as outcome", row["id"])
    assert sent["outcome"] == "send"
    desk.sql("update leads set opted_out_at = now() where id = $1::text::uuid", lead)
    desk.sql("update lead_messages set delivery_status = 'queued' where id = $1", row["id"])
    (sent,) = desk.sql("select begin_send($1, null)->>'outcome' as outcome", row["id"])
    assert sent["outcome"] == "failed", "who stopped our messages in the meantime gets none"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": "oferta_do_mes", "language": "pt_BR", "v1": "Marina"}, "Preencha todas as lacunas"),
        ({"name": "oferta_do_mes", "language": "en_US", "v1": "a", "v2": "b"}, "não está mais aprovado"),
        ({"name": "prosseguir_com_solicitacao", "language": "pt_BR", "v1": "a"}, "não está mais aprovado"),
    ],
)
def test_what_is_not_offered_is_not_sent(desk: Office, ana: Browser, fields: dict[str, str], why: str) -> None:
    lead = yesterday(desk)
    ana.does(lead, "take-over")
    assert why in ana.after(ana.does(lead, "template", **fields | {"key": "another-key"}))
    assert desk.sql("select 1 from lead_messages where template is not null and lead_id = $1::text::uuid", lead) == []


@pytest.fixture
def away(meta: GraphDouble) -> Iterator[None]:
    """Meta lists nothing."""
    kept, meta.instead[LISTED] = meta.instead[LISTED], Answer(500)
    yield
    meta.instead[LISTED] = kept


@pytest.mark.usefixtures("away")
def test_while_the_list_was_never_read_the_page_says_so(
    fresh: str, runner: asyncio.Runner, tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    with office(fresh, runner, tmp_path) as desk, Browser.of("ana", desk) as browser:
        lead = yesterday(desk)
        browser.does(lead, "take-over")
        page = browser.get(f"/ops/leads/{lead}")
        assert page.status_code == 200 and "não pôde ser lida no WhatsApp" in seen(page)


def test_while_the_list_cannot_be_read_the_old_one_still_serves(runner: asyncio.Runner, meta: GraphDouble) -> None:
    clock = 1000.0

    async def look() -> list[list[str]]:
        nonlocal clock
        async with Templates(
            base_url=meta.url, api_version="v23.0", account=WABA, token=RIGHT["WHATSAPP_API_TOKEN"]
        ) as source:
            shelf, kept, seen = Shelf(source, without="x", clock=lambda: clock), meta.instead[LISTED], []
            for passes, listed in ((0.0, kept), (301.0, Answer(500)), (21.0, answer({"data": [OFFER]}))):
                clock, meta.instead[LISTED] = clock + passes, listed
                try:
                    found = await shelf.templates()
                finally:
                    meta.instead[LISTED] = kept
                assert found is not None
                seen.append([each.name for each in found])
            return seen

    first, old, new = runner.run(look())
    assert "retomar_conversa" in first and old == first and new == ["oferta_do_mes"]


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "PAUSED"},
        {"category": "AUTHENTICATION"},
        {"parameter_format": "NAMED"},
        {"components": [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Oi"}]},
        {"components": [{"type": "HEADER", "format": "TEXT", "text": "Oi, {{1}}"}, {"type": "BODY", "text": "Oi"}]},
        {
            "components": [
                {"type": "BODY", "text": "Oi"},
                {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "x"}]},
            ]
        },
        {"components": [{"type": "BODY", "text": "Oi {{2}}"}]},
        {"components": []},
    ],
)
def test_a_template_that_needs_more_than_words_is_not_offered(changes: dict[str, Any]) -> None:
    assert sendable([template("x") | changes, None, "x"]) == []
    (found,) = sendable([template("x", buttons=("Sim",), text="Oi, {{1}}, {{2}} e {{1}}")])
    assert (found.gaps, found.category, found.buttons) == (2, "utility", ("Sim",))
    assert found.filled(["a", "b"]) == "Oi, a, b e a"
