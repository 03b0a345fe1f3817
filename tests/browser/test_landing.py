"""The public page and the form in other sites, used by hand: on a small screen, without a script, by keyboard, from elsewhere."""

from __future__ import annotations

import time
from itertools import count

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from deployments.local.stack import Stack
from tests.browser.conftest import NewPage

_numbers = count(int(time.time()) % 1_000_000)
THANKS = "Recebemos o seu pedido"


def fill(page: Page) -> str:
    """Fills what has to be; gives the number in E.164."""
    line = f"7{next(_numbers):07d}"
    page.get_by_label("Nome completo").fill("Marina Alves")
    page.get_by_label("WhatsApp com DDD").fill(f"(81) 9{line[:4]}-{line[4:]}")
    page.get_by_label("Autorizo").check()
    return f"+55819{line}"


def barriers(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in ("serious", "critical")]


def fits(page: Page) -> None:
    """At each width nothing has to be scrolled sideways, and nothing keeps somebody out."""
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert barriers(page) == []


def test_the_page_fits_keeps_nobody_out_and_says_what_is_wrong_beside_the_field(
    page: Page, stack: Stack, tolerated: list[str]
) -> None:
    tolerated.append("status of 422")
    page.goto(stack.webhook)
    fits(page)
    page.get_by_role("button", name="Quero economizar").press("Enter")
    expect(page.get_by_label("Nome completo")).to_be_focused()
    expect(page.locator("#serena-name-error")).to_have_text("Informe seu nome completo.")
    expect(page.get_by_label("Nome completo")).to_have_attribute("aria-invalid", "true")
    fits(page)
    fill(page)
    expect(page.locator("#serena-name-error")).to_be_empty()
    page.get_by_label("Autorizo").press("Enter")
    expect(page.get_by_role("heading", name=THANKS)).to_be_focused()
    fits(page)
    page.get_by_role("link", name="preencher de novo").click()
    expect(page.get_by_label("Nome completo")).to_have_value("Marina Alves")
    page.goto(f"{stack.webhook}/leads")
    fits(page)


def foreign(page: Page, stack: Stack, address: str) -> None:
    """Takes the form into a page of another site."""
    page.goto(address)
    add = "src => document.body.append(Object.assign(document.createElement('script'), {src}))"
    page.evaluate(add, f"{stack.webhook}/embed.js")
    fill(page)


def test_another_site_takes_the_form_in_and_only_one_of_the_configured_may_send_it(
    page: Page, new_page: NewPage, stack: Stack, tolerated: list[str]
) -> None:
    foreign(page, stack, f"{stack.simulator}/simulator/surroundings")
    assert page.locator(".trap").evaluate("it => it.getBoundingClientRect().width") == 1, "it brings its style"
    page.get_by_role("button", name="Quero economizar").click()
    expect(page.get_by_role("heading", name=THANKS)).to_be_focused()
    tolerated += ["CORS policy", "net::ERR_FAILED", "favicon.ico"]
    stranger = new_page()
    foreign(stranger, stack, f"{stack.env['PREFECT_API_URL']}/health")
    stranger.get_by_role("button", name="Quero economizar").click()
    expect(stranger.get_by_role("alert").filter(has_text="Não conseguimos enviar")).to_be_visible()
    expect(stranger.get_by_role("heading", name=THANKS)).to_have_count(0)
