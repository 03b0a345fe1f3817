"""The baseline: the same conversation in the way that Prefect's own tutorial shows, a flow behind `flow.serve()`.

Started as a process by the benchmark. A message creates a run, which replies and suspends; the next one resumes it, and
it replies again. It does what ours does in the least code: no store, no reminder, nothing that could not be lost.
"""

from __future__ import annotations

import os

import httpx
from prefect import flow, task
from prefect.cache_policies import INPUTS, RUN_ID
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput


class Reply(RunInput):
    text: str = ""


@flow(name="bench-served")
async def served(to: str) -> None:
    await send(to, "primeira resposta")
    await suspend_flow_run(wait_for_input=Reply, timeout=3600, key="wait-1")
    await send(to, "segunda resposta")


# A resumed run begins at its first line; a persisted result is Prefect's way not to do a task twice.
@task(persist_result=True, cache_policy=INPUTS + RUN_ID)
async def send(to: str, text: str) -> None:
    async with httpx.AsyncClient(timeout=20) as client:
        answer = await client.post(
            f"{os.environ['WHATSAPP_BASE_URL']}/v25.0/{os.environ['WHATSAPP_PHONE_NUMBER_ID']}/messages",
            headers={"authorization": f"Bearer {os.environ['WHATSAPP_API_TOKEN']}"},
            json={"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": text}},
        )
        answer.raise_for_status()


if __name__ == "__main__":
    served.serve(name="bench-served", limit=10)
