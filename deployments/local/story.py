"""The scripted lead of `make demo`: her story appears in the terminal as a chat while it happens for real."""

from __future__ import annotations

import asyncio
import sys
import textwrap
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from deployments.local.stack import Stack

WIDTH = 64


class Broken(Exception):
    """A step of the story did not happen; the text says which and what was seen instead."""


@dataclass
class StoryPhone:
    """Marina's phone on the simulator, and everything that was shown of her chat so far."""

    api: httpx.AsyncClient
    id: str
    began: float
    seq: int = 0
    ours: list[dict[str, Any]] = field(default_factory=list)

    async def look(self, wait: float) -> None:
        """Prints what is new in the chat, waiting up to `wait` seconds for the first of it."""
        answer = await self.api.get(
            f"/simulator/phones/{self.id}/chat", params={"after": self.seq, "wait": wait}, timeout=wait + 10
        )
        for bubble in answer.json():
            self.seq = bubble["seq"]
            if bubble["from"] == "us":
                self.ours.append(bubble)
            print_bubble(bubble, time.monotonic() - self.began)

    async def expect(self, what: str, *, within: float) -> dict[str, Any]:
        """The next message of ours. Raises Broken when none comes in time."""
        have, deadline = len(self.ours), time.monotonic() + within
        while time.monotonic() < deadline:
            await self.look(min(2.0, max(deadline - time.monotonic(), 0.1)))
            if len(self.ours) > have:
                return self.ours[have]
        raise Broken(f"{what}: nothing came within {within:.0f} s")

    async def quiet(self, seconds: float, what: str) -> None:
        """Nothing of ours may come in this time."""
        have, deadline = len(self.ours), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            await self.look(left)
        if len(self.ours) > have:
            raise Broken(f"{what}: {len(self.ours) - have} more message(s) came")

    async def write(self, **message: Any) -> None:
        (await self.api.post(f"/simulator/phones/{self.id}/messages", json=message)).raise_for_status()
        await self.look(0.5)

    async def burst(self, *texts: str) -> None:
        body = {"texts": list(texts), "batched": False}
        (await self.api.post(f"/simulator/phones/{self.id}/burst", json=body)).raise_for_status()
        await self.look(0.5)


def print_bubble(bubble: dict[str, Any], at: float) -> None:
    """One bubble: ours on the left, Marina's on the right, with what can be tapped below."""
    ours = bubble["from"] == "us"
    text = bubble["text"] or {"document": f"📄 {bubble.get('filename') or 'arquivo'}"}.get(bubble["type"], "…")
    lines = [line for part in text.split("\n") for line in (textwrap.wrap(part, WIDTH) or [""])]
    options = [f"[ {o['title']} ]" for o in bubble["buttons"]] + [
        f"( {o['title']} – {o['description']} )" for o in bubble["rows"]
    ]
    head = f"Serena · {at:5.1f} s" if ours else f"{at:5.1f} s · Marina"
    print(paint(head if ours else head.rjust(WIDTH + 18), 2))
    for line in lines + options:
        print(paint(f"  │ {line}", 32) if ours else paint(line.rjust(WIDTH + 18), 36))
    print(flush=True)


def paint(text: str, colour: int) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if sys.stdout.isatty() else text


def remark(text: str) -> None:
    print(paint(f"• {text}", 33), flush=True)


async def play(stack: Stack) -> bool:
    """The whole journey, step by step. True only if every step happened."""
    print(paint("\nMarina asks on the landing page how to pay less for electricity.", 1), flush=True)
    print(flush=True)
    limits = httpx.Timeout(30.0)
    async with (
        httpx.AsyncClient(base_url=stack.simulator, timeout=limits) as simulator,
        httpx.AsyncClient(base_url=stack.webhook, timeout=limits) as webhook,
        httpx.AsyncClient(base_url=stack.env["PREFECT_API_URL"], timeout=limits) as prefect,
    ):
        try:
            await _story(stack, simulator, webhook, prefect)
        except Broken as exc:
            print(f"\nThe story broke: {exc}\nLogs: {stack.data / 'logs'}", file=sys.stderr)
            return False
        except httpx.HTTPError as exc:
            print(f"\nThe story broke: {type(exc).__name__} {exc}\nLogs: {stack.data / 'logs'}", file=sys.stderr)
            return False
    print(paint("Every step of the story happened.", 1), flush=True)
    return True


async def _story(
    stack: Stack, simulator: httpx.AsyncClient, webhook: httpx.AsyncClient, prefect: httpx.AsyncClient
) -> None:
    # a number of its own each time, so that the story can be told again on the same data
    number = f"819{int(time.time()) % 100_000_000:08d}"
    created = await simulator.post(
        "/simulator/phones", json={"name": "Marina Alves", "phone": f"+55{number}", "username": "@marina.alves"}
    )
    phone = StoryPhone(simulator, created.raise_for_status().json()["id"], time.monotonic())

    form = {
        "nomeCompleto": "Marina Alves",
        "whatsapp": f"({number[:2]}) {number[2:7]}-{number[7:]}",
        "cidade": "Recife",
        "estado": "PE",
        "valorContaLuz": "R$ 412,37",
        "tipoCliente": "casa",
        "consentimentoLGPD": True,
    }
    answer = await webhook.post("/leads", json=form)
    if answer.status_code != 202:
        raise Broken(f"the form was answered {answer.status_code}: {answer.text}")
    again = await webhook.post("/leads", json=form)
    if (again.status_code, again.json()) != (answer.status_code, answer.json()):
        raise Broken("the same form twice was answered in two ways")

    template = await phone.expect("the template", within=30)
    if template["type"] != "template":
        raise Broken(f"the first message is a {template['type']}, not a template")
    # from inside: the form's answer names no lead, since anybody may post anybody's number
    behind = (await simulator.get(f"/simulator/phones/{phone.id}/behind")).raise_for_status().json()
    if behind["run"] is None:
        raise Broken(f"no lead behind the phone: {behind['problem']}")
    lead_id = str(behind["lead_id"])
    remark(f"form sent: 202, lead {lead_id}, flow run {behind['run']['id']}")
    await phone.quiet(2, "the same form twice brought two templates")
    await phone.write(tap="Ativar Perfil")
    await phone.expect("the greeting", within=20)

    remark("three messages in a row; one answer")
    await phone.burst("oi!", "tudo bem?", "é aqui em Recife mesmo, Pernambuco")
    plans = await phone.expect("one answer to the burst", within=20)
    if "CELPE" not in plans["text"]:
        raise Broken("the answer does not name the distribuidora")
    await phone.quiet(3, "the burst was answered more than once")

    remark("the bill, as a PDF; it is read, and Marina confirms what it says")
    await phone.write(type="document", bill="celpe", filename="conta-de-luz.pdf")
    read_back = await phone.expect("what was read on the bill", within=30)
    if "412,37" not in read_back["text"]:
        raise Broken("the bill's total was not read back")
    await phone.write(tap=read_back["buttons"][0]["title"])
    offer = await phone.expect("the plans", within=20)
    if "%" not in offer["text"]:
        raise Broken("the plans came without their discounts")

    silence = float(stack.env["REMINDER_AFTER_SECONDS"])
    remark(f"Marina falls silent; the two hours are {silence:.0f} seconds here")
    await phone.expect("the reminder", within=silence + float(stack.env["LINGER_SECONDS"]) + 40)
    await phone.quiet(2, "more than one reminder")
    run = await _conversation_run(prefect, lead_id)
    await _reminded_in(prefect, run)

    await phone.write(type="text", text="desculpa a demora! ainda dá tempo?")
    await phone.expect("an answer to the late reply", within=20)
    await phone.write(type="text", text="quero o 2")
    chosen = await phone.expect("the hand-over", within=20)
    if "consultor" not in chosen["text"]:
        raise Broken("the hand-over does not mention the consultant")
    await phone.write(type="text", text="muito obrigada!")
    await phone.expect("the goodbye", within=20)

    state = await _settled(prefect, run["id"], float(stack.env["LINGER_SECONDS"]) + 20)
    runs = await _conversation_run(prefect, lead_id)
    if runs["id"] != run["id"]:
        raise Broken("the conversation took more than one flow run")
    remark(f"in Prefect: one run {runs['name']!r}, {state}: {runs['state']['message']}")
    remark(f"{stack.prefect_ui}/runs/flow-run/{run['id']}")


async def _conversation_run(prefect: httpx.AsyncClient, lead_id: str) -> dict[str, Any]:
    """The only conversation run of the lead. Raises Broken for none or several."""
    answer = await prefect.post(
        "/flow_runs/filter",
        json={"flow_runs": {"name": {"like_": f"conversation-{lead_id[:8]}"}}, "sort": "EXPECTED_START_TIME_DESC"},
    )
    runs = answer.raise_for_status().json()
    if len(runs) != 1:
        raise Broken(f"{len(runs)} conversation runs for one lead")
    return dict(runs[0])


async def _reminded_in(prefect: httpx.AsyncClient, run: dict[str, Any]) -> None:
    """The reminder's task belongs to the same run. Task runs reach the API as events, a moment later."""
    for _ in range(40):
        answer = await prefect.post("/task_runs/filter", json={"flow_runs": {"id": {"any_": [run["id"]]}}})
        names = [task["name"] for task in answer.raise_for_status().json()]
        if any(name.startswith("send_reminder_message") for name in names):
            remark("the reminder is a task of the same flow run")
            return
        await asyncio.sleep(0.5)
    raise Broken(f"no send_reminder_message among the run's tasks: {sorted(set(names))}")


async def _settled(prefect: httpx.AsyncClient, run_id: str, within: float) -> str:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        state = (await prefect.get(f"/flow_runs/{run_id}")).raise_for_status().json()["state"]
        if state["type"] == "COMPLETED":
            return str(state["name"])
        await asyncio.sleep(0.5)
    raise Broken(f"the conversation's run is still {state['name']} after the goodbye")
