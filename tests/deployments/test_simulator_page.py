"""What the phone page promises: its files, its stream of news, what it shows of the lead, and who may give orders."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from deployments.simulator.app import create_app
from deployments.simulator.behind import NO_STORE, NOBODY, Behind, CannotTell
from deployments.simulator.bills import BILLS
from deployments.simulator.changes import Changes
from deployments.simulator.hosting import PAGE
from deployments.simulator.phones import NewPhone, Phone, PhoneBook
from deployments.simulator.photos import bill_photo
from deployments.simulator.settings import SimulatorSettings
from deployments.simulator.templates import TemplateShelf
from deployments.simulator.tour import Runs
from flows.adapters.store.leads import LeadStore
from flows.domain import Outcome, Stage
from flows.settings import ROOT
from flows.shown.words import OUTCOMES, RUN_STATES, RUN_STATUSES, SAID, STAGES
from tests.flows.adapters.conftest import Desk
from tests.flows.adapters.deliveries import Person, says
from tests.http_double import WebhookDouble, serve

NUMBER_ID = "480000000000001"
_numbers = count(970_000_001)


@pytest.fixture(scope="module")
def webhook() -> Iterator[WebhookDouble]:
    with WebhookDouble() as webhook:
        yield webhook


@pytest.fixture(scope="module")
def http(webhook: WebhookDouble) -> Iterator[httpx.Client]:
    settings = SimulatorSettings(webhook_url=webhook.url, deliver_delay=0)
    with serve(create_app(settings)) as base, httpx.Client(base_url=base, trust_env=False, timeout=10) as http:
        yield http


def new_phone(http: httpx.Client, **fields: Any) -> dict[str, Any]:
    order = {"name": "Marina Alves", "phone": f"+5581{next(_numbers)}"} | fields
    return http.post("/simulator/phones", json=order).raise_for_status().json()


# the page


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(http: httpx.Client) -> None:
    page = http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page.text)
    for source in re.findall(r'(?:src|href)="(?!data:|#)([^"]+)"', page.text):
        assert source.startswith("/page/"), source
        assert http.get(source).status_code == 200, source


@pytest.mark.parametrize(
    ("heading", "name"), [("Welcome", "prosseguir_com_solicitacao"), ("Reminder", "retomar_conversa")]
)
def test_the_simulated_templates_are_those_that_docs_meta_registers(heading: str, name: str) -> None:
    (section,) = re.findall(
        rf"(?ms)^\*\*{heading}\*\*.*?(?=^\*\*|^## |^Why |^Meta )", (ROOT / "docs/meta.md").read_text("utf-8")
    )
    rows = dict(re.findall(r"(?m)^\| (name|category|body|footer|button) \| (.+) \|$", section))
    written = {row: re.findall(r"`([^`]+)`", text) for row, text in rows.items()}
    (template,) = [template for template in TemplateShelf() if template.name == name]
    assert written["name"] == [template.name]
    assert written["body"] == [template.body]
    assert written.get("footer", []) == [part for part in (template.footer,) if part]
    assert written["button"] == template.buttons
    assert template.category.title() in rows["category"]


def test_the_form_comes_from_the_webhook_and_may_be_posted_there_and_nowhere_else(
    http: httpx.Client, webhook: WebhookDouble
) -> None:
    origin = webhook.url.removesuffix("/webhook")
    assert http.get("/simulator/surroundings").json()["form_url"] == f"{origin}/leads"
    policy = http.get("/").headers["content-security-policy"]
    assert f"connect-src 'self' {origin};" in policy and f"script-src 'self' {origin};" in policy


@pytest.mark.parametrize("file", sorted(PAGE.iterdir()), ids=lambda file: file.name)
def test_a_file_of_the_page_names_no_foreign_host_and_builds_no_html_from_text(file: Any) -> None:
    text = file.read_text("utf-8").replace("http://www.w3.org", "")
    assert not re.search(r"https?://\w", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)


@pytest.mark.parametrize("name", ["app.py", "..%2Fapp.py", "%2E%2E/settings.py", "none.js"])
def test_only_the_files_of_the_page_are_served(http: httpx.Client, name: str) -> None:
    assert http.get(f"/page/{name}").status_code in (401, 404)


# the stream


class Stream:
    """An open event stream, read until what is wanted came."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()
        self.last_id = ""

    def next(self) -> tuple[str, dict[str, Any]]:
        name, data = "", {}
        for line in self._lines:
            field, _, value = line.partition(": ")
            match field:
                case "event":
                    name = value
                case "data":
                    data = json.loads(value)
                case "id":
                    self.last_id = value
                case "" if name:
                    return name, data
        raise AssertionError("the stream ended")

    def until(self, name: str, **wanted: Any) -> dict[str, Any]:
        for _ in range(500):
            came, data = self.next()
            if came == name and all(data.get(key) == value for key, value in wanted.items()):
                return data
        raise AssertionError(f"no {name} with {wanted}")


@contextlib.contextmanager
def stream(http: httpx.Client, last_id: str = "") -> Iterator[Stream]:
    headers = {"last-event-id": last_id} if last_id else {}
    with http.stream("GET", "/simulator/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response)


def test_a_message_its_ticks_and_its_answer_are_told_as_they_happen(http: httpx.Client) -> None:
    with stream(http) as news:
        assert news.next()[1]["fresh"] is True
        news.until("ready")
        phone = new_phone(http)
        news.until("phone", id=phone["id"], window_open=False)
        http.post(f"/simulator/phones/{phone['id']}/messages", json={"text": "oi"})
        delivered = news.until("bubble", phone_id=phone["id"], status="delivered")
        assert (delivered["seq"], delivered["text"], delivered["from"]) == (1, "oi", "lead")
        seen = {"messaging_product": "whatsapp", "status": "read", "message_id": delivered["wamid"]}
        graph(http, seen | {"typing_indicator": {"type": "text"}})
        news.until("bubble", seq=1, status="read", ticks=2)
        assert news.until("phone", id=phone["id"], typing=True)["typing_until"] > time.time()
        graph(http, {"messaging_product": "whatsapp", "to": phone["phone"], "type": "text", "text": {"body": "Olá!"}})
        assert news.until("bubble", seq=2, status="read")["from"] == "us"


def graph(http: httpx.Client, body: dict[str, Any]) -> None:
    headers = {"authorization": "Bearer simulator-token"}
    http.post(f"/v25.0/{NUMBER_ID}/messages", json=body, headers=headers).raise_for_status()


def test_a_page_that_was_away_gets_what_it_missed_and_nothing_twice(http: httpx.Client) -> None:
    phone = new_phone(http)
    with stream(http) as news:
        news.until("ready")
        http.post(f"/simulator/phones/{phone['id']}/messages", json={"text": "um"})
        news.until("bubble", text="um", status="delivered")
        known = news.last_id
    http.post(f"/simulator/phones/{phone['id']}/messages", json={"text": "dois"})
    with stream(http, known) as news:
        assert news.next() == ("hello", {"fresh": False, "now": pytest.approx(time.time(), abs=5)})
        told = [news.next() for _ in range(2)]
    assert [data.get("text", "") for name, data in told if name == "bubble"] == ["dois"]


@pytest.mark.parametrize("last_id", ["0badc0de.7", "nonsense", "0badc0de.", "."])
def test_a_page_from_before_a_restart_begins_anew(http: httpx.Client, last_id: str) -> None:
    phone = new_phone(http)
    with stream(http, last_id) as news:
        assert news.next()[1]["fresh"] is True
        news.until("phone", id=phone["id"])


def test_a_fault_is_told_when_it_is_planned_and_when_it_is_used_up(http: httpx.Client) -> None:
    phone = new_phone(http)
    with stream(http) as news:
        news.until("ready")
        http.post("/simulator/faults", json={"drop": {"answer": "500", "times": 1}})
        assert news.until("faults")["drop"]["times"] == 1
        body = {"messaging_product": "whatsapp", "to": phone["phone"], "type": "text", "text": {"body": "Olá!"}}
        with pytest.raises(httpx.HTTPStatusError):
            graph(http, body)
        assert news.until("faults")["drop"] is None


def test_changes_are_told_once_each_in_the_order_of_the_latest() -> None:
    changes = Changes()
    for key in (("phone", "p1"), ("bubble", "p1", 1), ("phone", "p1")):
        changes.note(*key)
    assert changes.after(0) == [(2, ("bubble", "p1", 1)), (3, ("phone", "p1"))]
    assert changes.after(2) == [(3, ("phone", "p1"))]
    assert changes.after(3) == []


# who may give orders

SELF = "http://127.0.0.1:8090"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # a script
        ({"host": "127.0.0.1:8090", "origin": SELF}, 200),
        ({"host": "127.0.0.1:8090", "origin": SELF, "sec-fetch-site": "same-origin"}, 200),
        ({"host": "localhost:8090", "origin": "http://localhost:8090"}, 200),
        ({"host": "[::1]:8090", "origin": "http://[::1]:8090"}, 200),
        ({"host": "simulator:8090"}, 200),
        ({"host": "127.0.0.1:8090", "origin": "https://evil.example"}, 403),
        ({"host": "127.0.0.1:8090", "origin": "http://127.0.0.1:3000"}, 403),
        ({"host": "127.0.0.1:8090", "origin": "null"}, 403),
        ({"host": "127.0.0.1:8090", "sec-fetch-site": "cross-site"}, 403),
        # a foreign name that was made to point here
        ({"host": "evil.example:8090", "origin": "http://evil.example:8090"}, 403),
        ({"host": "127.0.0.1.evil.example:8090"}, 403),
    ],
    ids=str,
)
def test_the_control_api_takes_orders_from_scripts_and_its_own_page_only(
    http: httpx.Client, headers: dict[str, str], status: int
) -> None:
    assert http.delete("/simulator/faults", headers=headers).status_code == status


def test_a_foreign_host_name_may_not_even_read(http: httpx.Client) -> None:
    assert http.get("/simulator/phones", headers={"host": "evil.example:8090"}).status_code == 403
    assert http.get("/", headers={"host": "evil.example:8090"}).status_code == 403


# pictures and files


def test_a_sample_bill_can_be_sent_as_a_photo(http: httpx.Client, webhook: WebhookDouble) -> None:
    phone = new_phone(http)
    order = {"type": "image", "bill": "celpe"}
    sent = http.post(f"/simulator/phones/{phone['id']}/messages", json=order).raise_for_status().json()
    (delivery,) = webhook.wait_for(lambda received: sent["media_id"].encode() in received.raw)
    assert delivery.change["value"]["messages"][0]["image"]["mime_type"] == "image/jpeg"
    seen = http.get(f"/simulator/media/{sent['media_id']}")
    assert seen.headers["content-type"] == "image/jpeg"
    assert seen.content == bill_photo("celpe")
    with Image.open(io.BytesIO(seen.content)) as photo:
        assert photo.size == (1200, 1600)
        # paper in the middle, the table round it
        assert min(photo.getpixel((600, 1400))) > 150 > max(photo.getpixel((8, 800)))  # type: ignore[arg-type, type-var]
    assert len(seen.content) < 400_000


def test_each_sample_bill_has_a_photo_of_its_own() -> None:
    assert len({bill_photo(name) for name in BILLS}) == len(BILLS)


@pytest.mark.parametrize(
    ("mime_type", "shown_as", "disposition"),
    [
        ("image/png", "image/png", "inline"),
        ("application/pdf", "application/pdf", "inline"),
        ("text/html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_that_could_run_is_saved_and_not_shown(
    http: httpx.Client, mime_type: str, shown_as: str, disposition: str
) -> None:
    phone = new_phone(http)
    order = {"type": "document", "content": "PGI+b2k8L2I+", "mime_type": mime_type, "filename": "a"}
    sent = http.post(f"/simulator/phones/{phone['id']}/messages", json=order).raise_for_status().json()
    seen = http.get(f"/simulator/media/{sent['media_id']}")
    assert seen.headers["content-type"] == shown_as
    assert seen.headers["content-disposition"] == disposition
    assert seen.headers["x-content-type-options"] == "nosniff"


# behind the phone


def test_without_a_store_the_page_says_so(http: httpx.Client) -> None:
    phone = new_phone(http)
    assert http.get(f"/simulator/phones/{phone['id']}/behind").json()["problem"] == NO_STORE
    refused = http.post(f"/simulator/phones/{phone['id']}/two-hours")
    assert (refused.status_code, refused.json()["detail"]) == (409, NO_STORE)
    assert http.get("/simulator/phones/p404/behind").status_code == 404


class Scene(Desk):
    """A phone, and the lead behind it in a real store."""

    def behind(self, question: str, within: float = 5.0, runs: Runs | None = None) -> Any:
        """What `Behind.view` or `Behind.silence` says, or the text of its refusal."""

        async def ask() -> Any:
            store = LeadStore.postgres(self.url, listen=False)
            addresses = {"prefect": "http://127.0.0.1:4200", "ops": "http://127.0.0.1:8000/"}
            async with Behind(store, within=within, runs=runs, **addresses) as behind:
                try:
                    return await getattr(behind, question)(self.phone)
                except CannotTell as refusal:
                    return str(refusal)

        return self.run(ask())

    @cached_property
    def phone(self) -> Phone:
        return PhoneBook().put(NewPhone(phone=f"+5581{next(_numbers)}"))

    @property
    def person(self) -> Person:
        return Person(self.phone.user_id, self.phone.phone)


@pytest.fixture
def scene(migrated: str, runner: asyncio.Runner) -> Iterator[Scene]:
    store = LeadStore.postgres(migrated, listen=False)
    runner.run(store.__aenter__())
    connection = runner.run(asyncpg.connect(migrated))
    yield Scene(store, runner.run, connection, migrated)
    runner.run(connection.close())
    runner.run(store.__aexit__(None, None, None))


def test_the_page_links_to_the_run_and_to_the_operators_page(scene: Scene) -> None:
    (dispatch,) = scene.receive(says(scene.person))
    run = scene.claim(dispatch.lead_id, flow_run_id=(flow_run := uuid4())).run_id
    view = scene.behind("view")
    assert view["ops_url"] == f"http://127.0.0.1:8000/ops/leads/{dispatch.lead_id}"
    assert view["run"]["url"] == f"http://127.0.0.1:4200/runs/flow-run/{flow_run}"
    assert (view["stage"], view["stage_means"], view["problem"]) == ("INITIAL", STAGES[Stage.INITIAL], None)
    for status in ("requested", "active", "parked", "waking", "finished"):
        scene.change("update runs set status = $2 where id = $1", run, status)
        assert (scene.behind("view")["run"]["state"]) == RUN_STATUSES[status]


@pytest.mark.parametrize("outcome", Outcome)
def test_how_a_run_ended_is_told_in_words(scene: Scene, outcome: Outcome) -> None:
    dispatch = scene.form(scene.person, consent=True)
    claim = scene.claim(dispatch.lead_id, "lead-activation")
    scene.run(scene.store.finish(claim, outcome, unless_unanswered=False))
    assert scene.behind("view")["run"]["outcome"] == OUTCOMES[outcome]


def test_the_tours_steps_are_ticked_off_by_what_the_store_knows(scene: Scene) -> None:
    done = [False] * 5
    scene.form(scene.person, consent=True)
    done[0] = True
    assert scene.behind("view")["steps"] == done
    claim = scene.parked(says(scene.person))
    done[1] = True
    view = scene.behind("view")
    assert view["steps"] == done
    # the countdown is the store's: two hours from when the run was laid to rest
    assert view["reminds_at"] == pytest.approx(time.time() + 7200, abs=30)
    scene.change(
        "insert into energy_bills (lead_id, storage_path, mime_type, size_bytes, sha256) values ($1, 'a', 'image/png', 1, 'x')",
        claim.lead_id,
    )
    done[2] = True
    assert scene.behind("view")["steps"] == done
    assert scene.run(scene.operations.take_over(claim.lead_id, "ana")).outcome == "done"
    done[4] = True
    view = scene.behind("view")
    assert (view["steps"], view["reminds_at"]) == (done, None)
    scene.end(claim.lead_id)
    assert scene.behind("view")["steps"] == [True] * 5


def test_what_happened_is_told_in_order_with_the_runs_states_and_without_a_word_of_the_lead(scene: Scene) -> None:
    claim = scene.parked(says(scene.person, "segredo"))
    flow_run = str(scene.state_of(claim.run_id)["flow_run_id"])
    seconds = datetime.now(UTC) - timedelta(days=1)
    states = [("Suspended", 3, None), ("Pending", 2, None), ("Scheduled", 1, None), ("Completed", 4, "Chegou ao fim.")]
    app = FastAPI()

    @app.get("/api/flow_run_states/")
    async def history(flow_run_id: str) -> list[dict[str, Any]]:
        at = [(name, (seconds + timedelta(seconds=n)).isoformat(), said) for name, n, said in states]
        known = [{"name": name, "timestamp": moment, "message": said} for name, moment, said in at]
        return known if flow_run_id == flow_run else []

    with serve(app) as prefect:
        happened = scene.behind("view", runs=Runs(f"{prefect}/api"))["happened"]
    assert [each["at"] for each in happened] == sorted(each["at"] for each in happened)
    run = [(each["what"], each["detail"]) for each in happened if each["side"] == "run"]
    assert run == [
        (RUN_STATES["Scheduled"], ""),
        (RUN_STATES["Suspended"], ""),
        (RUN_STATES["Completed"], "Chegou ao fim."),
    ]
    assert {"lead", "us"} <= {each["side"] for each in happened}
    assert "segredo" not in json.dumps(happened)
    # away, Prefect is missed by nobody: what the store knows is shown
    assert {each["side"] for each in scene.behind("view", runs=Runs(f"{prefect}/api"))["happened"]} >= {"lead", "us"}


def test_two_hours_pass_as_soon_as_the_run_waits_and_are_the_reminder_of_that_run(scene: Scene) -> None:
    claim = scene.parked(says(scene.person))
    assert scene.behind("silence") is None
    assert scene.claim(claim.lead_id, flow_run_id=scene.state_of(claim.run_id)["flow_run_id"]).asked
    assert scene.actions(claim.lead_id) == [("simulador", "remind_now")]


def test_why_no_two_hours_pass_is_said_in_the_operators_words(scene: Scene) -> None:
    assert scene.behind("silence") == NOBODY
    assert scene.behind("view")["problem"] == NOBODY
    dispatch = scene.form(scene.person, consent=True)
    assert scene.behind("silence") == SAID["remind_now.never_wrote"][1]
    scene.receive(says(scene.person))
    scene.claim(dispatch.lead_id)
    assert scene.behind("silence", within=0.5) == SAID["remind_now.busy"][1]
    assert scene.behind("view")["problem"] is None


def test_when_the_store_is_away_the_page_says_so(migrated: str, runner: asyncio.Runner) -> None:
    scene = Scene(None, runner.run, None, "postgresql://postgres@127.0.0.1:9/leads")  # type: ignore[arg-type]
    assert scene.behind("view")["problem"].startswith("O banco de leads não responde.")
