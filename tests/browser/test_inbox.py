"""The inbox as a team works in it: two operators side by side, and nobody reloads a page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.webhook.operators import PASSWORDS, Office, office
from tests.webhook.service import said, text


@pytest.fixture(scope="module")
def desk(url: str, runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(url, runner, tmp_path_factory.mktemp("bills")) as found:
        yield found


@pytest.fixture(autouse=True)
def empty(desk: Office) -> None:
    """Each test begins with an empty queue."""
    desk.sql("delete from leads")


def address(desk: Office, path: str) -> str:
    return str(desk.service.http.base_url).rstrip("/") + path


def signed_in(page: Page, desk: Office, who: str = "ana") -> Page:
    page.goto(address(desk, "/ops"))
    page.get_by_label("Nome").fill(who)
    page.get_by_label("Senha").fill(PASSWORDS[who])
    page.get_by_role("button", name="Entrar").click()
    return ready(page)


def waits(desk: Office, name: str, reason: str = "asked_for_person", **columns: Any) -> str:
    lead = desk.lead("oi, moro em Recife", name=name, **columns)
    desk.handoff(lead, reason)
    return lead


def writes_again(desk: Office, lead: str, words: str) -> None:
    """The lead writes while a person has the conversation."""
    (row,) = desk.sql("select wa_user_id from leads where id = $1::text::uuid", lead)
    wamid = f"wamid.{words.encode().hex()}"
    assert desk.service.delivers(said(text(wamid, words, bsuid=row["wa_user_id"]))).status_code == 200


def ready(page: Page, path: str = "/ops") -> Page:
    """The page of this address hears keys."""
    page.wait_for_url(re.compile(f"{re.escape(path)}.*$"))
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    return page


def hurts(page: Page) -> list[tuple[str, str]]:
    """What axe finds that keeps somebody from using the page."""
    found = Axe().run(page).response["violations"]
    return [
        (each["id"], str(each["nodes"][0]["target"])) for each in found if each["impact"] in ("serious", "critical")
    ]


def test_who_takes_over_writes_at_once_and_colleagues_see_it_the_moment_it_happens(
    new_page: NewPage, desk: Office
) -> None:
    lead = waits(desk, "Marina Alves", phone_number="+5581987650001")
    ana, rui = signed_in(new_page(), desk), signed_in(new_page(), desk, "rui")
    queue = rui.get_by_role("list").filter(has_text="Marina Alves")
    expect(queue).to_contain_text("de ninguém")
    ana.get_by_role("link", name="Marina Alves").click()
    ready(ana, lead).keyboard.press("a")
    field = ana.get_by_label("Escrever ao lead")
    expect(field).to_be_focused()
    box = field.bounding_box()
    assert box is not None and box["y"] + box["height"] <= 900, "one writes without scrolling"
    expect(queue).to_contain_text("com ana")
    expect(ana.get_by_role("link", name="+55 81 98765-0001").first).to_have_attribute("href", "tel:+5581987650001")

    # what comes meanwhile comes into the page and takes nothing from who is typing
    ana.keyboard.type("Olá, Marina")
    writes_again(desk, lead, "tem alguém aí?")
    expect(ana.get_by_role("log", name="Mensagens")).to_contain_text("tem alguém aí?")
    expect(field).to_have_value("Olá, Marina")
    expect(field).to_be_focused()
    ana.keyboard.press("Enter")
    expect(field).to_have_value("Olá, Marina\n")
    ana.get_by_label("Enviar com").select_option("enter")
    field.fill("Olá, Marina!")
    field.press("Enter")
    expect(ana.get_by_role("log", name="Mensagens")).to_contain_text("Olá, Marina!")
    expect(field).to_be_focused()

    # a colleague takes it: what was being typed is not lost, and nobody may think that it went
    ana.keyboard.type("Só um momento")
    rui.goto(address(desk, f"/ops/leads/{lead}"))
    rui.get_by_role("button", name="Assumir de ana").click()
    expect(rui.get_by_label("Escrever ao lead")).to_be_focused()
    expect(ana.get_by_role("button", name="Assumir de rui")).to_be_visible()
    expect(ana.get_by_label("Sua mensagem, que não saiu")).to_have_value("Só um momento")
    assert [
        row["message_content"] for row in desk.sql("select message_content from lead_messages where author = 'ana'")
    ] == ["Olá, Marina!"]


def test_a_hand_over_calls_who_is_not_looking(new_page: NewPage, desk: Office) -> None:
    ana, rui = signed_in(new_page(), desk), signed_in(new_page(), desk, "rui")
    ana.context.grant_permissions(["notifications"])
    ana.evaluate(
        "() => { window.told = []; window.Notification = class { static permission = 'granted';"
        " constructor(title, options) { window.told.push(title + ' ' + JSON.stringify(options)); } };"
        " document.hasFocus = () => false; }"
    )
    expect(ana).to_have_title("Fila · Serena")
    lead = waits(desk, "Zuleica Prado")
    expect(ana).to_have_title("(1) Fila · Serena")
    expect(ana.locator("link[rel=icon]")).to_have_attribute("href", "/ops/icon/1.svg")
    expect(ana.locator("#announce")).to_have_text("Alguém aguarda uma pessoa")
    told = ana.evaluate("window.told")
    assert len(told) == 1 and lead in told[0] and "Zuleica" not in told[0], "outside of the page stands no name"
    assert desk.service.http.get("/ops/icon/99.svg").status_code == 404

    # an answer calls who has the conversation, and nobody else
    rui.goto(address(desk, f"/ops/leads/{lead}"))
    rui.get_by_role("button", name="Assumir a conversa").click()
    expect(rui.get_by_label("Escrever ao lead")).to_be_focused()
    expect(ana.get_by_role("list").filter(has_text="Zuleica Prado")).to_contain_text("com rui")
    writes_again(desk, lead, "oi de novo?")
    expect(rui.locator("html")).to_have_attribute("data-rang", f"answer {lead}")
    # ana is called next by what calls everybody, and by nothing in between
    other = waits(desk, "Bia Prado")
    expect(ana.locator("html")).to_have_attribute("data-rang", f"handoff {other}")
    told = ana.evaluate("window.told")
    assert len(told) == 2 and other in told[1]


def test_a_page_whose_login_ended_says_so_and_a_lead_that_was_erased_is_gone(
    new_page: NewPage, desk: Office, tolerated: list[str]
) -> None:
    tolerated.append("status of 404")
    erased, lead = waits(desk, "Marina Alves"), waits(desk, "Bia Prado")
    ana = signed_in(new_page(), desk)
    ana.goto(address(desk, f"/ops/leads/{erased}"))
    ready(ana, erased)
    desk.sql("delete from leads where id = $1::text::uuid", erased)
    expect(ana.get_by_role("heading", name="Página não encontrada")).to_be_visible()

    ana.goto(address(desk, f"/ops/leads/{lead}"))
    ready(ana, lead)
    elsewhere = new_page()  # the same login
    elsewhere.context.add_cookies([{**each} for each in ana.context.cookies()])
    elsewhere.goto(address(desk, "/ops"))
    ready(elsewhere).get_by_role("button", name="Sair").click()
    expect(elsewhere.get_by_text("Você saiu.")).to_be_visible()
    writes_again(desk, lead, "tem alguém aí?")
    expect(ana.get_by_text("Sua sessão terminou. Entre de novo.")).to_be_visible()


def test_the_queue_goes_by_keyboard_and_shows_whose_it_is(new_page: NewPage, desk: Office) -> None:
    for name in ("Alda Um", "Bia Dois", "Caio Três"):
        waits(desk, name)
    ana = signed_in(new_page(), desk)
    ana.keyboard.press("j")
    expect(ana.get_by_role("link", name="Alda Um")).to_be_focused()
    ana.keyboard.press("j")
    ana.keyboard.press("k")
    ana.keyboard.press("j")
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("heading", name="Bia Dois")).to_be_visible()
    ready(ana, "/ops/leads/").keyboard.press("a")
    expect(ana.get_by_label("Escrever ao lead")).to_be_focused()
    ana.keyboard.type("ja")  # letters in a field are letters
    expect(ana.get_by_label("Escrever ao lead")).to_have_value("ja")
    ana.get_by_role("link", name="Comigo 1").click()
    expect(ana.get_by_role("link", name="Bia Dois")).to_be_visible()
    expect(ana.get_by_role("link", name="Alda Um")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (640, 450), (1280, 900)])
def test_every_page_fits_and_keeps_nobody_out(new_page: NewPage, desk: Office, width: int, height: int) -> None:
    lead = waits(desk, "Maximiliano Albuquerque de Vasconcelos e Silva")
    page = signed_in(new_page(width=width, height=height), desk)
    for path in (
        "/ops",
        f"/ops/leads/{lead}",
        "/ops/leads",
        "/ops/dashboard",
        f"/ops/leads/{lead}/erase",
        "/ops/log",
        "/ops/me",
        "/ops/company",
        "/ops/company/register",
        "/ops/people",
    ):
        page.goto(address(desk, path))
        assert hurts(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
    # the link, and the page behind it
    page.get_by_label("Nome para entrar").fill(f"Maximiliano Albuquerque de Vasconcelos e Silva {width}")
    page.get_by_role("button", name="Fazer o convite").click()
    link = page.get_by_label("Link", exact=True)
    expect(link).to_be_focused()
    for path in (None, link.input_value()):
        if path:
            page.goto(path)
            expect(page.get_by_label("Nova senha", exact=True)).to_be_visible()
        assert hurts(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
    page.goto(address(desk, f"/ops/leads/{lead}"))
    page.get_by_role("button", name="Assumir a conversa").click()
    field = page.get_by_label("Escrever ao lead")
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport(ratio=1)
    assert hurts(page) == []
