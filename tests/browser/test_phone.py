"""The simulator's phone, used by hand: the journey of `test_story.py` played by clicking, on the real stack."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from deployments.local.stack import Stack
from tests.browser.conftest import NewPage

SOON = 25_000  # milliseconds; a turn takes one or two seconds, on a busy machine more
_numbers = count(int(time.time()) % 10_000_000)


@dataclass
class Desk:
    """The page as a visitor sees it: a form or a phone, and beside it the run and the operator."""

    page: Page
    stack: Stack

    @property
    def chat(self) -> Locator:
        return self.page.get_by_role("log", name="Mensagens")

    @property
    def ours(self) -> Locator:
        """Messages of Serena's on the phone."""
        return self.chat.locator(".message.theirs")

    @property
    def mine(self) -> Locator:
        return self.chat.locator(".message.mine")

    def open(self) -> Desk:
        self.page.goto(self.stack.simulator)
        return self

    def fill(self, name: str = "Marina Alves") -> str:
        """Fills the form for a person of Recife; gives the number's last four digits."""
        number = f"{next(_numbers):07d}"
        self.page.get_by_label("Nome completo").fill(name)
        self.page.get_by_label("WhatsApp com DDD").fill(f"(81) 98{number[:3]}-{number[3:]}")
        self.page.get_by_label("Cidade").fill("Recife")
        self.page.get_by_label("Estado").select_option("PE")
        self.page.get_by_label("Valor da conta").fill("R$ 412,37")
        self.page.get_by_label(re.compile("Autorizo")).check()
        return number[3:]

    def send_form(self) -> None:
        self.page.get_by_role("button", name="Quero economizar").click()

    def tap(self, label: str) -> None:
        self.chat.get_by_role("button", name=label).click()

    def write(self, text: str) -> None:
        self.page.get_by_role("textbox", name="Mensagem").fill(text)
        self.page.get_by_role("button", name="Enviar", exact=True).click()

    def hears(self, number: int, text: str) -> None:
        """The message of ours with this number, from 1, holds the text."""
        expect(self.ours.nth(number - 1)).to_contain_text(text, timeout=SOON)

    def new_lead(self, name: str, kind: str = "Com número de telefone") -> None:
        self.page.get_by_role("button", name="Novo lead").click()
        sheet = self.page.get_by_role("dialog", name="Novo lead")
        sheet.get_by_label("Nome no WhatsApp").fill(name)
        sheet.get_by_label(kind).check()
        sheet.get_by_role("button", name="Criar").click()
        expect(self.page.locator("#phone-owner")).to_have_text(f"Celular de {name}")

    @property
    def phones(self) -> Locator:
        return self.page.get_by_role("combobox", name="Formulário ou celular")

    def named(self, name: str) -> Locator:
        """The newest phone of somebody with this name, among those to choose from."""
        return self.phones.locator("option").filter(has_text=name).first

    def turn_to(self, name: str) -> None:
        self.phones.select_option(self.named(name).get_attribute("value"))

    def choose(self, row: str) -> None:
        """Takes one of the rows of the list that is open, and sends it."""
        sheet = self.page.get_by_role("dialog", name="Ver planos")
        sheet.get_by_role("radio", name=re.compile(row)).check()
        sheet.get_by_role("button", name="Enviar").click()

    def run(self) -> dict[str, str]:
        """The flow run that the page links to, as Prefect knows it."""
        link = self.page.get_by_role("link", name="Ver no Prefect")
        expect(link).to_have_attribute("href", re.compile(r"/runs/flow-run/[0-9a-f-]{36}$"), timeout=SOON)
        run_id = str(link.get_attribute("href")).rsplit("/", 1)[1]
        return dict(httpx.get(f"{self.stack.env['PREFECT_API_URL']}/flow_runs/{run_id}").raise_for_status().json())


@pytest.fixture
def desk(page: Page, stack: Stack) -> Iterator[Desk]:
    yield Desk(page, stack).open()
    httpx.delete(f"{stack.simulator}/simulator/faults").raise_for_status()


def test_the_story_is_played_by_clicking(desk: Desk) -> None:
    last_digits = desk.fill()
    desk.send_form()
    # the phone of that number opens itself
    expect(desk.page.locator("#phone-number")).to_contain_text(last_digits, timeout=SOON)
    desk.hears(1, "Olá, Marina!")
    desk.hears(1, "Se não foi você, responda PARAR.")
    desk.tap("Ativar Perfil")
    desk.hears(2, "Recife")
    expect(desk.chat.get_by_role("button", name="Ativar Perfil")).to_be_disabled()
    desk.tap("Sim, é aqui")
    desk.hears(3, "CELPE")
    desk.page.get_by_role("button", name="Anexar").click()
    desk.page.get_by_role("button", name="NEOENERGIA PERNAMBUCO: enviar PDF").click()
    expect(desk.mine.last).to_contain_text("conta-celpe.pdf")
    desk.hears(4, "412,37")
    desk.tap("Sim, está certo")
    desk.hears(5, "%")
    desk.tap("Ver planos")
    desk.choose("16% de desconto")
    desk.hears(6, "consultor")
    expect(desk.mine.last).to_contain_text("16% de desconto")
    # we have read what the person wrote, and the open phone has read what we wrote; ticks have only their own
    for side, ticks in ((desk.mine, 1), (desk.ours, 0)):
        expect(side.last).to_have_attribute("data-status", "read", timeout=SOON)
        expect(side.last.locator(".ticks")).to_have_count(ticks)
    expect(desk.page.locator("#stage")).to_have_text("escolheu um plano", timeout=SOON)
    expect(desk.page.locator("#ops-link")).to_have_attribute(
        "href", re.compile(rf"^{re.escape(desk.stack.webhook)}/ops/leads/[0-9a-f-]{{36}}$")
    )
    assert desk.run()["name"].startswith("conversation-")


def test_what_the_webhook_refuses_stands_at_the_fields(desk: Desk, tolerated: list[str]) -> None:
    tolerated.append("status of 422")
    page = desk.page
    page.get_by_label("WhatsApp com DDD").fill("123")
    page.get_by_label("Valor da conta").fill("muito")
    desk.send_form()
    expect(page.locator("#serena-name-error")).to_have_text("Informe seu nome completo.")
    expect(page.locator("#serena-phone-error")).not_to_be_empty()
    expect(page.locator("#serena-invoice_amount-error")).to_contain_text("350,00")
    expect(page.locator("#serena-consent-error")).to_contain_text("autorize o contato")
    name = page.get_by_label("Nome completo")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    # the messages make the form higher than its column; the first of them is in sight
    expect(page.locator("#serena-name-error")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("alert").filter(has_text="Confira")).to_have_text("Confira os 4 campos indicados.")
    name.fill("Marina Alves")
    expect(page.locator("#serena-name-error")).to_be_empty()
    expect(page.locator("#serena-phone-error")).not_to_be_empty()


def test_what_is_marked_as_optional_may_be_left_out_and_nothing_else(desk: Desk) -> None:
    page = desk.page
    fields = page.locator("#landing .field:has(input:not([type=radio], [type=checkbox]), select)")
    marked = fields.filter(has=page.locator("small", has_text="opcional")).locator("input, select")
    expect(marked).to_have_count(3)  # the form comes with a script of its own
    assert marked.evaluate_all("fields => fields.map(field => field.name)") == [
        "city",
        "state",
        "invoice_amount",
    ]
    desk.fill("Rita Souza")
    page.get_by_label("Cidade").fill("")
    page.get_by_label("Estado").select_option("")
    page.get_by_label("Valor da conta").fill("")
    desk.send_form()
    desk.hears(1, "Olá, Rita!")


HIDDEN_BELOW = "(log => log.scrollHeight - log.scrollTop - log.clientHeight)(document.getElementById('chat'))"


def hidden_below(desk: Desk) -> float:
    """Pixels of the chat that only scrolling shows, after the page has drawn itself twice."""
    frames = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    return float(desk.page.evaluate(f"async () => {{ await {frames}; return {HIDDEN_BELOW} }}"))


def shows_its_end(desk: Desk) -> None:
    desk.page.wait_for_function(f"() => {HIDDEN_BELOW} < 1")


def long_chat(stack: Stack, name: str) -> str:
    """A phone whose chat is higher than the phone; gives its id."""
    with httpx.Client(base_url=stack.simulator, timeout=30) as http:
        phone = str(http.post("/simulator/phones", json={"name": name}).raise_for_status().json()["id"])
        texts = [f"linha {number}" for number in range(1, 31)]
        http.post(f"/simulator/phones/{phone}/burst", json={"texts": texts}).raise_for_status()
        answered = http.get(f"/simulator/phones/{phone}/chat", params={"after": len(texts), "wait": 25}).json()
        assert answered, "the burst was not answered"
    return phone


def opens_at_its_end(desk: Desk, phone: str) -> None:
    desk.page.goto(f"{desk.stack.simulator}#{phone}")
    desk.page.reload()
    expect(desk.ours.first).to_be_attached()
    shows_its_end(desk)


def test_a_long_chat_opens_and_reloads_at_its_very_end(desk: Desk, stack: Stack) -> None:
    phone = long_chat(stack, "Lia Campos")
    for _ in range(3):
        opens_at_its_end(desk, phone)
        expect(desk.page.locator("#phone-owner")).to_have_text("Celular de Lia Campos")


def test_who_scrolled_up_is_left_alone_when_the_page_changes_its_height(desk: Desk, stack: Stack) -> None:
    opens_at_its_end(desk, long_chat(stack, "Nina Braga"))
    desk.page.set_viewport_size({"width": 1280, "height": 700})
    shows_its_end(desk)
    desk.chat.hover()
    desk.page.mouse.wheel(0, -300)
    desk.page.wait_for_function(f"() => {HIDDEN_BELOW} > 200")
    desk.page.set_viewport_size({"width": 1280, "height": 640})
    assert hidden_below(desk) > 200, "whoever reads something older is left there"


def test_a_chat_moved_up_by_the_browser_itself_keeps_to_its_end(desk: Desk, stack: Stack) -> None:
    """The browser moves a chat up that got shorter, and says so in the next frame, when its window may have shrunk."""
    opens_at_its_end(desk, long_chat(stack, "Rosa Melo"))
    for _ in range(3):
        hidden = desk.chat.evaluate(
            """async log => {
              const frame = () => new Promise(done => requestAnimationFrame(done));
              const task = () => new Promise(done => setTimeout(done));
              const height = log.clientHeight;
              log.lastChild.style.marginBottom = "60px";
              log.scrollTop = log.scrollHeight;
              await frame(); await frame(); await frame();
              log.lastChild.style.marginBottom = "";
              await task();
              log.style.flex = "none";
              log.style.height = `${height - 40}px`;
              return log.scrollHeight - log.scrollTop - log.clientHeight;
            }"""
        )
        assert hidden > 30, "nothing was hidden, so nothing is tested"
        shows_its_end(desk)


def test_a_lead_without_a_number_writes_first_and_is_reminded_when_two_hours_pass(desk: Desk) -> None:
    desk.new_lead("Caio Prado", "Sem número")
    expect(desk.page.locator("#phone-number")).to_contain_text("número oculto")
    desk.write("oi")
    desk.hears(1, "assistente virtual")
    greeted = time.monotonic()
    run = desk.run()
    desk.page.get_by_role("button", name="Duas horas passam").click()
    expect(desk.page.locator("#two-hours-answer")).to_contain_text("Passaram duas horas", timeout=SOON)
    desk.hears(2, "Caio")
    assert time.monotonic() - greeted < float(desk.stack.env["REMINDER_AFTER_SECONDS"]), "not the real timer"
    assert desk.run()["id"] == run["id"], "the reminder comes from the same flow run"


def test_a_note_about_two_hours_goes_when_the_chat_goes_on(desk: Desk, tolerated: list[str]) -> None:
    tolerated.append("status of 409")
    desk.fill("Olga Dias")
    desk.send_form()
    desk.hears(1, "Olá, Olga!")
    expect(desk.page.locator("#run-outcome")).to_contain_text("mensagem de boas-vindas", timeout=SOON)
    expect(desk.page.locator("#window-detail")).to_contain_text("ainda não escreveu")
    desk.page.get_by_role("button", name="Duas horas passam").click()
    note = desk.page.locator("#two-hours-answer")
    expect(note).to_contain_text("não há o que lembrar", timeout=SOON)
    desk.tap("Ativar Perfil")
    expect(note).to_be_empty()
    expect(desk.page.locator("#window-detail")).to_contain_text("a Serena não sabe disso")


def test_two_leads_side_by_side_keep_their_chats_and_unread_messages_apart(desk: Desk) -> None:
    desk.new_lead("Ana Prado")
    desk.write("oi")
    expect(desk.mine).to_have_count(1)
    desk.new_lead("Beto Lima")
    expect(desk.chat.locator(".message")).to_have_count(0)
    desk.page.get_by_role("textbox", name="Mensagem").fill("meio escrito")
    expect(desk.named("Ana Prado")).to_contain_text("(1)", timeout=SOON)
    desk.turn_to("Ana Prado")
    desk.hears(1, "Oi, Ana!")
    expect(desk.named("Ana Prado")).not_to_contain_text("(1)")
    expect(desk.ours.first).to_have_attribute("data-status", "read", timeout=SOON)
    expect(desk.page.get_by_role("textbox", name="Mensagem")).to_have_value("")
    desk.turn_to("Beto Lima")
    expect(desk.page.get_by_role("textbox", name="Mensagem")).to_have_value("meio escrito")


def test_a_failure_is_seen_while_it_is_on_and_one_click_ends_it(desk: Desk) -> None:
    limit = desk.page.get_by_role("switch", name=re.compile("Limite de envios"), include_hidden=True)
    desk.page.get_by_role("button", name="Falhas").click()
    limit.click()
    desk.page.keyboard.press("Escape")
    band = desk.page.locator("#faults-on")
    expect(band).to_contain_text("Limite de envios atingido")
    desk.new_lead("Dora Nunes")
    desk.write("oi")
    expect(desk.page.locator("#timeline")).to_contain_text(
        "130429 (limite de envios por segundo atingido)", timeout=SOON
    )
    expect(desk.ours).to_have_count(0)
    desk.page.get_by_role("button", name="Desligar tudo").click()
    expect(band).to_be_hidden()
    expect(limit).to_have_attribute("aria-checked", "false")
    desk.hears(1, "assistente virtual")


def test_everything_can_be_done_from_the_keyboard(desk: Desk) -> None:
    page = desk.page

    def tab_to(target: Locator) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError("Tab never reaches it")

    tab_to(page.get_by_role("button", name="Novo lead"))
    page.keyboard.press("Enter")
    tab_to(page.get_by_label("Nome no WhatsApp"))
    page.keyboard.type("Elisa Rocha")
    page.keyboard.press("Enter")
    expect(page.locator("#phone-owner")).to_have_text("Celular de Elisa Rocha")
    expect(page.get_by_role("textbox", name="Mensagem")).to_be_focused()
    page.keyboard.type("moro em Recife, PE")
    page.keyboard.press("Enter")
    desk.hears(1, "CELPE")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Anexar")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page.get_by_role("button", name="NEOENERGIA PERNAMBUCO: enviar foto"))
    page.keyboard.press("Enter")
    photo = desk.chat.get_by_role("img", name="Foto enviada")
    expect(photo).to_be_visible()
    expect(photo).to_have_js_property("naturalWidth", 1200)
    desk.new_lead("Fábio Reis")
    desk.phones.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#phone-owner")).to_have_text("Celular de Elisa Rocha")


def test_on_a_small_screen_the_phone_comes_forward_by_itself(new_page: NewPage, stack: Stack) -> None:
    desk = Desk(new_page(360, 740), stack).open()
    desk.fill("Gil Tavares")
    expect(desk.chat).to_be_hidden()
    desk.send_form()
    desk.hears(1, "Olá, Gil!")
    expect(desk.chat.get_by_role("button", name="Ativar Perfil")).to_be_in_viewport()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 360
    desk.page.get_by_role("button", name="Execução", exact=True).click()
    expect(desk.chat).to_be_hidden()
    desk.page.get_by_role("button", name="Ir ao celular").click()
    expect(desk.chat).to_be_visible()
    desk.page.get_by_role("button", name="Execução", exact=True).click()
    expect(desk.page.get_by_role("list", name="O que aconteceu")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Duas horas passam")).to_be_visible()
    expect(desk.chat).to_be_hidden()


def test_a_number_without_whatsapp_can_neither_hear_nor_write(desk: Desk) -> None:
    desk.new_lead("Hugo Paz", "Número sem WhatsApp")
    expect(desk.page.get_by_text("Este número não tem WhatsApp")).to_be_visible()
    expect(desk.page.get_by_role("textbox", name="Mensagem")).to_be_disabled()
    expect(desk.page.locator("#behind-problem")).to_contain_text("Ainda não há lead", timeout=SOON)
    expect(desk.page.get_by_role("button", name="Duas horas passam")).to_be_disabled()


def test_what_leads_and_we_write_is_shown_as_text_and_never_run(desk: Desk) -> None:
    desk.new_lead("Iara Melo")
    desk.write("*forte* _leve_ 2*3*4 https://exemplo.com.br/a. <img src=x onerror=alert(1)>")
    bubble = desk.mine.first
    expect(bubble.locator("strong")).to_have_text("forte")
    expect(bubble.locator("em")).to_have_text("leve")
    expect(bubble.locator("a")).to_have_attribute("href", "https://exemplo.com.br/a")
    expect(bubble).to_contain_text("2*3*4")
    expect(bubble).to_contain_text("<img src=x onerror=alert(1)>")
    expect(bubble.locator("img")).to_have_count(0)
