"""The operators' view by hand: an operator finds a lead, steps in, writes, gives back, and erases, on the real stack."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.world import World

SOON = 25_000  # milliseconds; a turn takes one or two seconds, on a busy machine more


def logs_in(page: Page, world: World) -> None:
    name, password = world.stack.operator
    page.goto(f"{world.stack.webhook}/ops")
    page.get_by_label("Nome").fill(name)
    page.get_by_label("Senha").fill(password)
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("heading", name="Fila").first).to_be_attached()


def shows_sent(world: World, lead: str, options: dict[str, Any]) -> None:
    """A message of ours that offered this, and was read."""
    world.sql(
        "insert into lead_messages (lead_id, message_direction, message_type, message_content, content, delivery_status)"
        " values ($1, 'bot', 'interactive', 'Qual?', $2, 'read')",
        lead,
        json.dumps({"text": "Qual?", **options}),
    )


def test_an_operator_steps_in_and_out_of_a_conversation_and_erases_it(
    page: Page, world: World, tolerated: list[str]
) -> None:
    person = world.person(name="Beatriz Quintana")
    person.write("oi, moro em Recife PE")
    person.hears()
    logs_in(page, world)

    page.get_by_role("link", name="Leads", exact=True).click()
    page.get_by_label("Procurar por nome, telefone, cidade ou código").fill(person.phone[3:])
    page.get_by_role("button", name="Procurar").click()
    page.get_by_role("link", name="Beatriz Quintana").click()
    talk = page.get_by_role("log", name="Mensagens")
    expect(talk.get_by_text("oi, moro em Recife PE")).to_be_visible()
    address = page.url.partition("?")[0]

    page.get_by_role("button", name="Assumir a conversa").click()
    expect(page.get_by_role("status")).to_contain_text("Conversa assumida.")
    person.write("tem alguém aí?")
    expect(talk.get_by_text("tem alguém aí?")).to_be_visible(timeout=SOON)  # the page is not reloaded
    person.hears_nothing(2)

    page.get_by_label("Escrever ao lead").fill("Oi, Beatriz! Aqui é a Ana, da Serena.")
    page.get_by_role("button", name="Enviar", exact=True).click()
    assert person.hears() == "Oi, Beatriz! Aqui é a Ana, da Serena."
    expect(talk.get_by_role("listitem").last).to_contain_text("lida", timeout=SOON)

    page.get_by_text("Enviar foto ou PDF").click()
    photo = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(photo, "JPEG")
    page.get_by_label("Foto (JPEG ou PNG").set_input_files(
        {"name": "placa.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    )
    page.get_by_label("Legenda").fill("Veja a placa")
    page.get_by_role("button", name="Enviar arquivo").click()
    expect(page.get_by_role("status")).to_contain_text("Arquivo na fila de envio.")
    assert person.hears() == "Veja a placa" and person.replies[-1]["type"] == "image"
    talk.get_by_role("listitem").last.get_by_text("Foto", exact=True).click()
    shown = talk.get_by_alt_text("Foto que a equipe enviou")
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("naturalWidth", 40)

    person.write("que bom, e quais planos existem?")
    expect(talk.get_by_text("e quais planos existem?")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Devolver à assistente").click()
    expect(page.get_by_role("status")).to_contain_text("A conversa voltou para a assistente.")
    person.hears()
    # What a bubble offers is a list inside the list: the script that brings it must not take it for messages.
    shows_sent(world, address.rpartition("/")[2], {"buttons": [{"id": "yes", "title": "Quero este"}]})
    offered = talk.get_by_role("list").get_by_text("Quero este")
    expect(offered).to_be_visible(timeout=SOON)
    # It is compared again with what is there when the next message comes: what is known is not brought twice.
    person.write("e tem multa?")
    expect(talk.get_by_text("e tem multa?")).to_be_visible(timeout=SOON)
    person.hears()
    expect(offered).to_have_count(1)
    assert page.evaluate("[...document.querySelectorAll('#bubbles > li')].filter(bubble => !bubble.id).length") == 0

    page.get_by_role("link", name="Apagar…").click()
    page.get_by_label("Para confirmar, digite APAGAR").fill("apagar")
    page.get_by_role("button", name="Apagar para sempre").click()
    expect(page.get_by_role("status")).to_contain_text("Os dados da pessoa foram apagados.")
    tolerated.append("status of 404")
    for path in ("/ops", "/ops/leads", f"/ops/leads?q={person.phone[3:]}", address):
        page.goto(path if path.startswith("http") else world.stack.webhook + path)
        content = page.locator("body")
        for trace in ("Beatriz", f"{person.phone[-8:-4]}-{person.phone[-4:]}", "Recife PE"):
            expect(content).not_to_contain_text(trace)
    expect(page.get_by_role("heading", name="Página não encontrada")).to_be_visible()
    world.until(
        "every run of the lead has ended",
        lambda: all(
            run["state"]["type"] in ("COMPLETED", "CANCELLED")
            for run in world.prefect.post(
                "/flow_runs/filter",
                json={"flow_runs": {"name": {"like_": f"conversation-{address.rpartition('/')[2][:8]}"}}},
            ).json()
        ),
    )


def test_a_bill_that_nobody_could_read_is_read_by_a_person_and_the_journey_goes_on(page: Page, world: World) -> None:
    person = world.person(name="Beatriz Quintana")
    person.write("oi, moro em Recife PE")
    person.hears()
    lead = world.lead_of(person)
    called = "select 1 from handoffs where reason = 'needs_review' and acknowledged_at is null and lead_id = $1"
    for _ in range(5):
        person.does(type="image")
        person.hears()
        if world.sql(called, lead):
            break
    assert world.sql(called, lead), "after some pictures of nothing a person is called"
    logs_in(page, world)
    page.goto(f"{world.stack.webhook}/ops/leads/{lead}")
    page.get_by_role("link", name="Ler a conta").first.click()
    expect(page.get_by_alt_text("Foto da conta de luz que o lead enviou")).to_have_js_property("complete", True)
    for label, value in (
        ("Distribuidora", "CELPE"),
        ("Valor (R$)", "412,37"),
        ("Consumo (kWh)", "402"),
        ("Titular", "Beatriz Quintana"),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Guardar e seguir com a assistente").click()
    expect(page.get_by_role("status")).to_contain_text("A assistente continua a conversa")
    assert "412,37" in person.hears()
    (bill,) = world.sql(
        "select reading->>'outcome' as outcome, read_by from energy_bills where typed is not null and lead_id = $1",
        lead,
    )
    assert bill["read_by"] == "operator" and bill["outcome"] in ("qualified", "review")
    assert not world.sql(called, lead)
    person.write("sim, está certo")
    assert "%" in person.hears(), "the plans"


WHY = {
    "reading": [
        {"meaning": "place", "message": 0, "start": 9, "end": 18, "certain": True, "places": [2611606], "owner": "me"},
        {"meaning": "amount", "message": 0, "start": 21, "end": 33, "certain": False, "amount": "450.00"},
        {"meaning": "fraud_fear", "message": 0, "start": 35, "end": 50, "certain": True},
    ],
    "acts": [{"code": "circumstance.fraud_fear"}, {"code": "coverage.served"}, {"code": "bill.ask"}],
    "asked": "bill",
    "by": "gpt-4.1",
    "voice": "opened",
    "checks": ["saving"],
    "requests": 2,
    "seconds": 2.4,
    "tokens_in": 1900,
    "tokens_out": 80,
    "cost": "0.0031",
}
NOTES = [
    {"about": "call_at", "text": "só depois das 18"},
    {"about": "tenant", "text": "moro de aluguel, mas a conta é minha"},
]


@pytest.mark.parametrize("width", [390, 1280])
def test_why_is_opened_under_a_message_and_stays_open_while_new_ones_come(
    new_page: NewPage, world: World, width: int
) -> None:
    person = world.person(name="Beatriz Quintana")
    person.write("oi, sou do Recife PE e vem uns 450, isso não é golpe?")
    person.hears()
    lead = world.lead_of(person)
    world.sql("update turns set why = $2 where lead_id = $1", lead, json.dumps(WHY))
    world.sql(
        "update leads set memory = memory || $2 where id = $1", lead, json.dumps({"notes": NOTES, "disowned": True})
    )
    world.sql(
        "insert into handoffs (lead_id, reason, summary) values ($1, 'changed', $2)", lead, json.dumps({"notes": NOTES})
    )
    page = new_page(width=width, height=900)
    logs_in(page, world)
    page.goto(f"{world.stack.webhook}/ops/leads/{lead}")
    talk = page.get_by_role("log", name="Mensagens")
    expect(talk.get_by_text("golpe", exact=True)).to_be_hidden()
    talk.get_by_text("por quê").click()
    expect(talk.get_by_text("tem medo de golpe")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for words in ("oi?", "e aí?"):
        person.write(words)
        expect(talk.get_by_text(words, exact=True)).to_be_visible(timeout=SOON)
        expect(talk.get_by_text("tem medo de golpe")).to_be_visible()
        person.hears()


def test_every_page_fits_a_small_phone_and_works_by_keyboard_and_shows_the_bill(
    new_page: NewPage, world: World
) -> None:
    person = world.person(name="Maximiliano Albuquerque de Vasconcelos")
    person.write("oi " + "kkkk" * 60)
    person.hears()
    person.does(type="image", bill="celpe")
    person.hears()
    lead = world.lead_of(person)
    rows = [{"id": str(n), "title": "W" * 24, "description": "desconto de 18% na conta " * 2} for n in range(10)]
    shows_sent(world, lead, {"rows": rows, "list_label": "Ver planos"})
    page = new_page(width=360, height=740)
    name, password = world.stack.operator
    page.goto(f"{world.stack.webhook}/ops/leads/{lead}")
    # The page gives it the focus with the first frame it paints, which a slow machine paints after `goto` returned.
    expect(page.get_by_label("Nome")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Maximiliano")).to_be_visible()
    offered = page.get_by_role("log", name="Mensagens").get_by_role("list").last.get_by_role("listitem")
    expect(offered).to_have_count(10)
    for option in (offered.first, offered.last):
        option.scroll_into_view_if_needed()
        box = option.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 360
    looked = "select 1 from operator_actions where action = 'view_bill' and lead_id = $1"
    assert not world.sql(looked, lead)
    page.get_by_text("Ver a foto").click()
    photo = page.get_by_alt_text("Foto da conta de luz que o lead enviou")
    expect(photo).to_have_js_property("complete", True)
    assert photo.evaluate("image => image.naturalWidth") > 0
    assert len(world.sql(looked, lead)) == 1, "a picture is fetched, and that recorded, when somebody opens it"
    for path in (f"/ops/leads/{lead}", f"/ops/leads/{lead}/erase", "/ops", "/ops/leads"):
        page.goto(world.stack.webhook + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Ir para o conteúdo")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()
