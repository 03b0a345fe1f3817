"""Who is told of the account: Prefect, once for each piece of news, also when it was away as that came."""

from __future__ import annotations

from tests.webhook import delivery
from tests.webhook.operators import Browser, Office, field, seen

PAUSED = {"event": "PAUSED", "message_template_name": "boas_vindas", "message_template_language": "pt_BR"}


def told(desk: Office) -> int:
    """How often Prefect was told of something."""
    return sum(request.path.endswith("/events") for request in desk.prefect.requests)


def hears(desk: Office, value: dict[str, object], time: int) -> None:
    body = delivery({"field": "message_template_status_update", "value": value})
    body["entry"][0]["time"] = time
    assert desk.service.delivers(body).status_code == 200


def test_a_paused_template_is_told_to_prefect_shown_to_people_and_gone_when_approved(
    desk: Office, ana: Browser
) -> None:
    desk.prefect.refuses = {"/events": 1}  # away at first: it is told at the next try
    hears(desk, PAUSED, 1795300000)
    desk.prefect.wait_until(lambda: desk.prefect.events, 30)
    (message, event) = desk.prefect.events
    assert told(desk) == 2
    assert (message["event"], message["payload"]) == (
        "serena.news",
        {
            "subject": "Serena: 1 aviso da conta do WhatsApp",
            "body": "Modelo boas_vindas: pausado por reclamações de quem recebeu; o WhatsApp libera sozinho em algumas horas,"
            " ou depois de uma edição",
        },
    )
    assert (event["event"], event["resource"]["prefect.resource.id"]) == (
        "serena.account.fault",
        "serena.account.480000000000001",
    )
    assert event["payload"] == {"kind": "template", "subject": "boas_vindas:pt_BR", "what": "PAUSED"}
    assert "veja a página Empresa" in seen(ana.get("/ops"))
    overview = seen(ana.get("/ops/dashboard"))
    assert "A conta do WhatsApp" in overview and "modelo boas_vindas pausado" in overview
    page = seen(ana.get("/ops/company"))
    assert "impede" in page and "modelo boas_vindas: pausado" in page
    hears(desk, PAUSED | {"event": "APPROVED"}, 1795400000)
    assert "A conta do WhatsApp" not in seen(ana.get("/ops/dashboard"))
    assert "veja a página Empresa" not in seen(ana.get("/ops"))
    # nothing of that was news to whoever watches: what is comes next, and alone
    hears(desk, PAUSED | {"message_template_name": "retomar_conversa"}, 1795400001)
    desk.prefect.wait_until(lambda: desk.prefect.events[2:], 30)
    assert [each["payload"]["subject"] for each in desk.prefect.events[3:]] == ["retomar_conversa:pt_BR"]
    assert told(desk) == 3


def test_what_is_said_of_another_number_is_told_by_number_and_holds_up_nothing(desk: Office, ana: Browser) -> None:
    desk.sql("delete from account_states")
    desk.lead()  # a delivery to our own number names it
    for number, ours in (("5521998760000", False), ("551131230000", True)):
        value = {"display_phone_number": number, "event": "FLAGGED", "current_limit": "TIER_2K"}
        assert (
            desk.service.delivers(delivery({"field": "phone_number_quality_update", "value": value})).status_code == 200
        )
        page = seen(ana.get("/ops/company"))
        assert f"número {number}: qualidade baixa, em risco" in page
        assert ("impede" in page) == ours
        desk.prefect.wait_until(lambda number=number: number in str(desk.prefect.events), 30)  # type: ignore[misc]
    desk.sql("delete from account_states")


def test_a_person_marks_it_as_mended(desk: Office, ana: Browser) -> None:
    hears(desk, PAUSED, 1795500000)
    fields = {"kind": "template", "subject": "boas_vindas:pt_BR", "fact": "status"}
    csrf = field(ana.get("/ops/company"), "csrf")
    assert "O aviso saiu" in ana.after(ana.post("/ops/company/mended", {"csrf": csrf, **fields}))
    assert "Este aviso já não existe" in ana.after(ana.post("/ops/company/mended", {"csrf": csrf, **fields}))
    assert ana.post("/ops/company/mended", {"csrf": "wrong", **fields}).status_code == 403


def test_the_register_of_processing_shows_what_is_kept_and_for_how_long(desk: Office, ana: Browser) -> None:
    page = seen(ana.get("/ops/company/register"))
    assert "LGPD, art. 37" in page and "730 dias" in page and "Meta (WhatsApp)" in page
    assert "energy_bills" in page and "30 dias" in page


def test_an_export_to_read_is_a_page_with_everything(desk: Office, ana: Browser) -> None:
    lead = desk.lead("quero pagar <b>menos</b>")
    given = ana.does(lead, "export", **{"as": "page"})
    assert given.headers["content-disposition"].endswith('.html"')
    assert "quero pagar &lt;b&gt;menos&lt;/b&gt;" in given.text and "De quem" in given.text
    assert ana.does(lead, "export").json()["lead_messages"][0]["message_content"] == "quero pagar <b>menos</b>"
