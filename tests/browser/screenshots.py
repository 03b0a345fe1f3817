"""Makes the pictures in docs/images: starts the local stack, plays a story by clicking, and photographs every page.

`python -m tests.browser.screenshots [DIRECTORY]`, or `make screenshots`.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deployments.local.__main__ import DEMO_TIMES
from deployments.local.processes import free_port
from deployments.local.stack import Stack, running
from flows.settings import ROOT
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.test_phone import SOON, Desk

DESKTOP, PHONE = (1280, 900), (390, 844)
# As in the demo, where two hours are a minute.
TIMES = DEMO_TIMES | {"BURST_SECONDS": "0.5", "LINGER_SECONDS": "3", "FORM_RATE_PER_MINUTE": "100"}
OTHERS = (
    ("José Antônio Gonçalves", ("oi", "moro em Belo Horizonte, MG")),
    ("Carlos Eduardo Peçanha", ("boa tarde, sou de Goiânia GO", "quero falar com uma pessoa")),
)


class Album:
    """Writes pictures small: 256 colours are enough for pages, and make a third of the size."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """`whole` photographs the page to its end, at most twice the window's height."""
        size = page.viewport_size or {"width": DESKTOP[0], "height": DESKTOP[1]}
        page.wait_for_load_state("networkidle") if whole else page.wait_for_timeout(400)
        taken = page.screenshot(full_page=whole, animations="disabled", caret="initial")
        with Image.open(io.BytesIO(taken)) as image:
            image = image.convert("RGB").crop((0, 0, image.width, min(image.height, 2 * size["height"])))
            # all colours: in a palette the shadow around the phone turns into rings
            image.save(self.directory / f"{name}.png", optimize=True)
        print(f"  {name}.png", flush=True)


def opened(browser: Browser, size: tuple[int, int], cookies: list[dict[str, object]] | None = None) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="pt-BR",
        timezone_id="America/Sao_Paulo",
        reduced_motion="reduce",
    )
    if cookies:
        context.add_cookies(cookies)  # type: ignore[arg-type]
    context.set_default_timeout(SOON)
    return context.new_page()


def others(stack: Stack) -> None:
    """Leads that were here before, so that queue and list show more than one."""
    with httpx.Client(base_url=stack.simulator, timeout=30) as http:
        for name, texts in OTHERS:
            phone = http.post("/simulator/phones", json={"name": name}).raise_for_status().json()["id"]
            for number, text in enumerate(texts, start=1):
                http.post(f"/simulator/phones/{phone}/messages", json={"text": text}).raise_for_status()
                for _ in range(20):
                    chat = http.get(f"/simulator/phones/{phone}/chat", params={"after": 2 * number - 1, "wait": 2})
                    if chat.json():
                        break


def tour(browser: Browser, stack: Stack, album: Album) -> None:
    """Marina's story through the five steps on a desktop, and what a phone shows of it."""
    desk = Desk(opened(browser, DESKTOP), stack).open()
    operator = desk.page.frame_locator("iframe")
    expect(operator.locator("#queue-title")).to_be_visible(timeout=SOON)
    album.take(desk.page, "tour-form")
    desk.fill("Marina Alves da Conceição")
    desk.send_form()
    desk.hears(1, "Olá, Marina!")
    desk.tap("Ativar Perfil")
    desk.hears(2, "Recife")
    desk.tap("Sim, é aqui")
    desk.hears(3, "CELPE")
    desk.page.get_by_role("button", name="Anexar").click()
    album.take(desk.page, "tour-bills")
    desk.page.get_by_role("button", name="NEOENERGIA PERNAMBUCO: enviar PDF").click()
    desk.hears(4, "412,37")
    desk.tap("Sim, está certo")
    desk.hears(5, "%")
    expect(desk.page.get_by_role("timer")).to_be_visible(timeout=SOON)
    album.take(desk.page, "tour")
    small = Desk(opened(browser, PHONE), stack)
    small.page.goto(desk.page.url)
    small.hears(5, "%")
    album.take(small.page, "tour-phone-mobile")
    small.page.get_by_role("button", name="Ver a execução").click()
    album.take(small.page, "tour-run-mobile")
    desk.tap("Ver planos")
    album.take(desk.page, "tour-plans")
    desk.choose("16% de desconto")
    expect(desk.ours.last).to_contain_text("consultor", timeout=SOON)
    expect(desk.page.locator("#stage")).to_have_text("escolheu um plano")
    operator.get_by_role("button", name="Assumir a conversa").click()
    operator.get_by_role("textbox", name="Escrever ao lead").fill("Oi, Marina! Aqui é a Ana, da Serena.")
    operator.get_by_role("button", name="Enviar", exact=True).click()
    expect(desk.ours.last).to_contain_text("Aqui é a Ana", timeout=SOON)
    expect(desk.page.locator("#steps .done")).to_have_count(5, timeout=SOON)
    album.take(desk.page, "tour-operator")
    operator.get_by_role("button", name="Devolver").first.click()


def operators(browser: Browser, stack: Stack, album: Album) -> None:
    """Login, overview, list and Marina's page, each at both widths."""
    name, password = stack.operator
    page = opened(browser, DESKTOP)
    page.goto(f"{stack.webhook}/ops")
    album.take(page, "ops-login")
    page.locator("[name=name]").fill(name)
    page.locator("[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{stack.webhook}/ops")
    small = opened(browser, PHONE)
    small.goto(f"{stack.webhook}/ops")
    album.take(small, "ops-login-mobile")
    small = opened(browser, PHONE, [dict(cookie) for cookie in page.context.cookies()])
    for path, picture in (("/ops", "ops-queue"), ("/ops/dashboard", "ops-dashboard"), ("/ops/leads", "ops-leads")):
        for shown, suffix in ((page, ""), (small, "-mobile")):
            visit(shown, f"{stack.webhook}{path}")
            album.take(shown, picture + suffix, whole=suffix == "")
    marina = page.get_by_role("link", name="Marina Alves").first.get_attribute("href")
    visit(page, f"{stack.webhook}{marina}")
    album.take(page, "ops-lead", whole=True)
    visit(small, page.url)
    album.take(small, "ops-lead-mobile")


def visit(page: Page, address: str) -> None:
    """Opens a page. Raises RuntimeError instead of letting an error be photographed."""
    answer = page.goto(address)
    if answer is None or not answer.ok:
        raise RuntimeError(f"{address} was answered {answer.status if answer else 'not at all'}")


def main(arguments: list[str]) -> int:
    executable = chromium()
    if executable is None:
        print("there is no Chromium: install the package chromium, or set CHROMIUM to its path", file=sys.stderr)
        return 1
    album = Album(Path(arguments[0]) if arguments else ROOT / "docs" / "images")
    ports = {name: free_port(0) for name in ("webhook", "prefect", "simulator")}
    with tempfile.TemporaryDirectory(prefix="screenshots-") as data, asyncio.Runner() as runner:
        stack = running(Path(data), extra=TIMES, ports=ports)
        up = runner.run(stack.__aenter__())
        try:
            others(up)
            # Playwright's event loop ends with the block, before ours goes on
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
                tour(browser, up, album)
                operators(browser, up, album)
                browser.close()
        finally:
            runner.run(stack.__aexit__(None, None, None))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
