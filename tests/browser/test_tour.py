"""The demo as a guided tour: five steps, ticked off as they happen, with the phone, the run and the operator in sight."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from deployments.local.stack import Stack
from tests.browser.conftest import NewPage
from tests.browser.test_inbox import hurts
from tests.browser.test_phone import SOON, Desk


def done(page: Page, count: int) -> None:
    """So many steps are ticked off, the first of them first, and the next is pointed at."""
    expect(page.locator("#steps .done")).to_have_count(count, timeout=SOON)
    marks = page.locator("#steps li").evaluate_all("items => items.map(item => item.className)")
    assert marks == ["done"] * count + [""] * (5 - count)
    expect(page.locator("#steps [aria-current=step]")).to_have_count(1 if count < 5 else 0)


def test_a_visitor_is_led_through_all_five_steps_by_what_really_happens(
    page: Page, stack: Stack, tolerated: list[str]
) -> None:
    tolerated.append("Blocked autofocusing")  # the operator's composer, which lies in a frame here
    desk = Desk(page, stack).open()
    operator = page.frame_locator("iframe")
    done(page, 0)
    expect(operator.locator("#queue-title")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Preencher com um exemplo").click()
    page.keyboard.press("Enter")
    desk.hears(1, "Olá")
    done(page, 1)
    desk.tap("Ativar Perfil")
    done(page, 2)
    desk.tap("Sim, é aqui")
    desk.hears(3, "conta")
    page.get_by_role("button", name="Anexar").click()
    page.get_by_role("button", name=re.compile("enviar PDF")).first.click()
    done(page, 3)
    run = desk.run()
    # the run sleeps, and how long it will is in sight
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"o lembrete sai em 0:0\d"), timeout=SOON)
    timeline = page.get_by_role("list", name="O que aconteceu")
    expect(timeline).to_contain_text("dorme: nenhum processo a segura")
    done(page, 4)
    expect(timeline).to_contain_text("lembrete")
    expect(timeline).to_contain_text("é acordada")
    assert run["name"].startswith("conversation-")
    assert desk.run()["id"] == run["id"], "what it asked, the silence and the reminder are one flow run"
    operator.get_by_role("button", name="Assumir a conversa").click()
    done(page, 5)
    operator.get_by_role("textbox", name="Escrever ao lead").fill("Oi! Aqui é a Ana, da Serena.")
    operator.get_by_role("button", name="Enviar", exact=True).click()
    expect(desk.ours.last).to_contain_text("Aqui é a Ana", timeout=SOON)


def test_a_photo_of_a_sample_bill_is_really_read(page: Page, stack: Stack) -> None:
    desk = Desk(page, stack).open()
    desk.new_lead("Vera Lins")
    desk.write("moro em Recife, PE")
    desk.hears(1, "CELPE")
    page.get_by_role("button", name="Anexar").click()
    expect(page.locator("#photos-unread")).to_be_hidden()
    page.get_by_role("button", name="NEOENERGIA PERNAMBUCO: enviar foto").click()
    expect(desk.ours.last).to_contain_text("412,37", timeout=2 * SOON)


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (640, 450), (820, 1100), (1280, 900)])
def test_the_tour_fits_every_screen_and_axe_finds_nothing_serious(
    new_page: NewPage, stack: Stack, width: int, height: int
) -> None:
    desk = Desk(new_page(width, height), stack).open()
    page = desk.page
    expect(page.locator("iframe")).to_be_attached(timeout=SOON)
    assert hurts(page) == []
    desk.new_lead(f"Lia {width}")
    desk.write("oi")
    desk.hears(1, "assistente virtual")
    for room in ("Celular", "Execução", "Operador"):
        if width < 1180:
            page.get_by_role("button", name=room).and_(page.locator(".rooms button")).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, room
        assert hurts(page) == [], room
    side_by_side = [page.locator(f"#{room}").is_visible() for room in ("phone-room", "run-room", "ops-room")]
    assert side_by_side == ([True] * 3 if width >= 1180 else [False, False, True])


def test_a_list_is_a_sheet_in_the_phone_and_escape_leaves_it(page: Page, stack: Stack) -> None:
    desk = Desk(page, stack).open()
    desk.new_lead("Rui Sá")
    page.get_by_role("button", name="Anexar").click()
    sheet = page.get_by_role("dialog", name="Enviar")
    phone, inside = page.locator("#phone").bounding_box(), sheet.bounding_box()
    assert phone and inside
    assert phone["x"] <= inside["x"] and inside["x"] + inside["width"] <= phone["x"] + phone["width"]
    expect(page.locator("#composer")).to_have_js_property("inert", True)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("button", name="Anexar")).to_be_focused()


def test_only_this_page_is_lent_the_operator(stack: Stack) -> None:
    """The cookie is set where a browser asks for this page's sake, and opens the operators' pages."""
    lent = httpx.post(f"{stack.simulator}/simulator/operator")
    assert lent.status_code == 204
    assert httpx.get(f"{stack.webhook}/ops", cookies=dict(lent.cookies)).status_code == 200
    # a browser counts this machine's two names as two sites, so the page goes by one
    other_name = httpx.get(stack.simulator, headers={"host": f"localhost:{urlsplit(stack.simulator).port}"})
    assert (other_name.status_code, other_name.headers["location"]) == (307, f"{stack.simulator}/")
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    refused = httpx.post(f"{stack.simulator}/simulator/operator", headers=foreign)
    assert (refused.status_code, dict(refused.cookies)) == (403, {})
