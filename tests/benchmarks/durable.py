"""The engine that people would pick instead: the same turn as a small program on DBOS, an optional extra.

A signed delivery becomes a durable workflow per lead, which waits up to two hours for the next message, decides in one step and
sends in another. It does what makes the engines comparable and no more: see `LEFT_OUT`.

Started by the benchmark as a process, `python -m tests.benchmarks.durable PORT`, with the environment of the local stack.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response

from deployments.local.processes import free_port, start, stop, until_answers
from deployments.local.stack import Stack
from flows.adapters.store import database
from flows.settings import ROOT
from webhook.signature import SignatureVerdict, verify

INSTALL = "DBOS is not installed, so it is left out: `.venv/bin/pip install 'serena-qualifier[dbos]'` brings it"
LEFT_OUT = (
    "DBOS's program keeps no lead store, drops statuses, marks nothing as read, looks up its answer in a table of four, forms no"
    " bursts, sends no reminder and has no page for operators; its workflows stay in memory, where ours suspend."
)
WAIT_SECONDS = 2 * 60 * 60
_ANSWERS = {"placas": "Não precisa.", "fidelidade": "Depende do plano.", "quem": "A Serena Energia.", "como": "Assim."}


def installed() -> bool:
    return importlib.util.find_spec("dbos") is not None


@contextlib.asynccontextmanager
async def running(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """The program on the stack's Postgres, and a client of a simulator that delivers to it instead of to ours."""
    await database.ensure_database(stack.env["DATABASE_URL"].replace("/serena?", "/dbos?"))
    port, simulator = free_port(0), free_port(0)
    env = stack.env | {"WHATSAPP_BASE_URL": f"http://127.0.0.1:{simulator}"}
    logs = stack.data / "logs"
    command = ["-m", "tests.benchmarks.durable", str(port)]
    program = start("bench-dbos", command, env=env, log=logs / "bench-dbos.log", cwd=ROOT)
    to = ["--port", str(simulator), "--webhook-url", f"http://127.0.0.1:{port}/webhook"]
    world = start("bench-world", ["-m", "deployments.simulator", *to], env=env, log=logs / "bench-world.log", cwd=ROOT)
    try:
        await until_answers(program, f"http://127.0.0.1:{port}/health", within=60)
        await until_answers(world, f"{env['WHATSAPP_BASE_URL']}/simulator/phones", within=60)
        async with httpx.AsyncClient(base_url=env["WHATSAPP_BASE_URL"], timeout=60, trust_env=False) as http:
            yield http
    finally:
        await stop(program)
        await stop(world)


def serve(port: int) -> None:
    from dbos import DBOS, SetWorkflowID

    url = os.environ["DATABASE_URL"].replace("/serena?", "/dbos?")
    DBOS(config={"name": "bench-dbos", "system_database_url": url, "log_level": "WARNING"})
    secrets = [os.environ["WHATSAPP_APP_SECRET"]]
    whatsapp = httpx.AsyncClient(
        base_url=f"{os.environ['WHATSAPP_BASE_URL']}/v25.0/{os.environ['WHATSAPP_PHONE_NUMBER_ID']}",
        headers={"authorization": f"Bearer {os.environ['WHATSAPP_API_TOKEN']}"},
        timeout=20,
    )

    @DBOS.step()
    async def decide(text: str) -> str:
        return next((answer for word, answer in _ANSWERS.items() if word in text), "Olá! Como posso ajudar?")

    @DBOS.step()
    async def send(to: str, text: str) -> None:
        body = {"messaging_product": "whatsapp", "to": f"+{to}", "type": "text", "text": {"body": text}}
        (await whatsapp.post("/messages", json=body)).raise_for_status()

    @DBOS.workflow()
    async def conversation(lead: str, message: str | None) -> None:
        while message is not None:
            await send(lead, await decide(message))
            message = await DBOS.recv_async(timeout_seconds=WAIT_SECONDS)

    app, talking = FastAPI(), set[str]()

    @app.post("/webhook")
    async def receive(request: Request) -> Response:
        body = await request.body()
        if verify(body, request.headers.get("x-hub-signature-256"), secrets) is not SignatureVerdict.GENUINE:
            return Response(status_code=403)
        for message in _messages(json.loads(body)):
            lead, text = message["from"], message["text"]["body"]
            if lead in talking:
                await DBOS.send_async(lead, text, idempotency_key=message["id"])
                continue
            # the first one goes along with the start: a second start under this id would change nothing
            talking.add(lead)
            with SetWorkflowID(lead):
                await DBOS.start_workflow_async(conversation, lead, text)
        return Response(status_code=200)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    DBOS.launch()
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


def _messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    changes = [change for entry in body["entry"] for change in entry["changes"]]
    return [message for change in changes for message in change["value"].get("messages", ())]


if __name__ == "__main__":
    serve(int(sys.argv[1]))
