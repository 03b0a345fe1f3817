"""A simulator in this process, and the hands of a test: the Graph API as our product calls it, the control API, the webhook."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from deployments.simulator.app import create_app
from deployments.simulator.settings import SimulatorSettings
from deployments.simulator.world import World
from tests.http_double import Received, WebhookDouble, serve

SECRET, TOKEN, PLANS_TOKEN = "secret-of-the-test", "token-of-the-test", "plans-token-of-the-test"
NUMBER_ID, WABA = "480000000000001", "390000000000001"
numbers = count(980_000_001)


class Clock:
    """The time of day, and how far the test has moved it on."""

    offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


class Kit:
    """The hands of a test: the Graph API as our product calls it, the control API, and the webhook's memory."""

    def __init__(self, http: httpx.Client, webhook: WebhookDouble, clock: Clock, world: World) -> None:
        self.http, self.webhook, self.clock, self.world = http, webhook, clock, world

    def phone(self, *, writes: bool = True, **fields: Any) -> dict[str, Any]:
        """A new phone; with `writes` its window is open."""
        made = self.control("phones", {"name": "Marina Alves", "phone": f"+5581{next(numbers)}"} | fields)
        if writes:
            self.control(f"phones/{made['id']}/window", {"close": False})
        return made

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = (
            self.http.get(f"/simulator/{path}") if body is None else self.http.post(f"/simulator/{path}", json=body)
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def write(self, phone: dict[str, Any], **order: Any) -> dict[str, Any]:
        return self.control(f"phones/{phone['id']}/messages", order)

    def chat(self, phone: dict[str, Any], after: int = 0, wait: float = 0) -> list[dict[str, Any]]:
        return self.control(f"phones/{phone['id']}/chat?after={after}&wait={wait}")

    def post(
        self, body: dict[str, Any], *, token: str = TOKEN, version: str = "v25.0", **options: Any
    ) -> httpx.Response:
        path = f"/{version}/{NUMBER_ID}/messages"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.post(path, json={"messaging_product": "whatsapp"} | body, headers=headers, **options)

    def send(self, phone: dict[str, Any], **body: Any) -> str:
        """Send a text, or what `body` says, to the phone's number; the wamid."""
        answer = self.post({"to": phone["phone"], "type": "text", "text": {"body": "Olá!"}} | body)
        assert answer.status_code == 200, answer.text
        return answer.json()["messages"][0]["id"]

    def value_with(self, wamid: str) -> dict[str, Any]:
        """The webhook value that carries this inbound message."""

        def carries(received: Received) -> bool:
            return wamid in [message["id"] for message in received.change["value"].get("messages", [])]

        return self.webhook.wait_for(carries)[0].change["value"]

    def message(self, wamid: str) -> dict[str, Any]:
        return next(m for m in self.value_with(wamid)["messages"] if m["id"] == wamid)

    def status_values(self, wamid: str, number: int) -> list[dict[str, Any]]:
        def reports(received: Received) -> bool:
            return wamid in [status["id"] for status in received.change["value"].get("statuses", [])]

        return [received.change["value"] for received in self.webhook.wait_for(reports, number)]

    def statuses(self, wamid: str, number: int = 3) -> list[dict[str, Any]]:
        return [value["statuses"][0] for value in self.status_values(wamid, number)]


@pytest.fixture(scope="module")
def world() -> Iterator[Kit]:
    clock = Clock()
    with WebhookDouble() as webhook:
        settings = SimulatorSettings(
            webhook_url=webhook.url,
            app_secret=SecretStr(SECRET),
            token=SecretStr(TOKEN),
            plans_token=SecretStr(PLANS_TOKEN),
            deliver_delay=0,
            retry_first=0.01,
            retry_longest=0.04,
        )
        app = create_app(settings, clock)
        with serve(app) as base, httpx.Client(base_url=base, trust_env=False) as http:
            yield Kit(http, webhook, clock, app.state.world)


@pytest.fixture
def kit(world: Kit) -> Iterator[Kit]:
    yield world
    world.http.delete("/simulator/faults")
    world.clock.offset = 0.0


def buttons(*titles: str, body: str = "Escolha") -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": f"b:{n}", "title": title}} for n, title in enumerate(titles)]
    interactive = {"type": "button", "body": {"text": body}, "action": {"buttons": replies}}
    return {"type": "interactive", "interactive": interactive}


def rows(*titles: str, label: str = "Ver planos", description: str = "sem fidelidade") -> dict[str, Any]:
    items = [{"id": f"r:{n}", "title": title, "description": description} for n, title in enumerate(titles)]
    action = {"button": label, "sections": [{"title": "Planos", "rows": items}]}
    return {"type": "interactive", "interactive": {"type": "list", "body": {"text": "Planos"}, "action": action}}


def template(name: str, *values: str, payload: str | None = None, language: str = "pt_BR") -> dict[str, Any]:
    components: list[dict[str, Any]] = [{"type": "body", "parameters": [{"type": "text", "text": v} for v in values]}]
    if payload:
        tap = [{"type": "payload", "payload": payload}]
        components.append({"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": tap})
    content = {"name": name, "language": {"code": language}, "components": components}
    return {"type": "template", "template": content}
