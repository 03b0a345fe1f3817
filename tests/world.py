"""The running stack from outside, with the questions that tests ask of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg
import httpx

from deployments.local.stack import Stack
from flows.domain import Outcome
from tests.people import Person
from webhook.signature import sign


def outcome_of(run: dict[str, Any]) -> Outcome | None:
    """How a run ended, which its tag says; None while it goes on. All keep the name that Prefect gives their state."""
    if run["state"]["type"] != "COMPLETED":
        return None
    assert run["state"]["name"] == "Completed"
    (outcome,) = (Outcome(tag.removeprefix("outcome:")) for tag in run["tags"] if tag.startswith("outcome:"))
    return outcome


class World:
    """The running stack from outside, with the questions that tests ask of Prefect and the store."""

    def __init__(self, stack: Stack, runner: asyncio.Runner) -> None:
        self.stack, self.run = stack, runner.run
        self.simulator = httpx.Client(base_url=stack.simulator, timeout=30)
        self.webhook = httpx.Client(base_url=stack.webhook, timeout=30)
        self.prefect = httpx.Client(base_url=stack.env["PREFECT_API_URL"], timeout=30)
        self.silence = float(stack.env["REMINDER_AFTER_SECONDS"])
        self._store: asyncpg.Connection | None = None

    def person(self, **attributes: Any) -> Person:
        return Person.with_phone(self.simulator, **attributes)

    def fault(self, **plan: Any) -> None:
        self.simulator.post("/simulator/faults", json=plan).raise_for_status()

    def sql(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Over one connection that is kept: what is waited for is asked many times."""

        async def ask() -> list[asyncpg.Record]:
            if self._store is None or self._store.is_closed():
                # without prepared statements, which would outlive a change of the schema
                self._store = await asyncpg.connect(self.stack.env["DATABASE_URL"], statement_cache_size=0)
            return await self._store.fetch(query, *arguments)

        return self.run(ask())

    def close(self) -> None:
        for client in (self.simulator, self.webhook, self.prefect):
            client.close()
        if self._store is not None:
            self.run(self._store.close())

    def lead_of(self, person: Person) -> str:
        return str(self.sql("select lead_id from lead_user_ids where wa_user_id = $1", person.bsuid)[0]["lead_id"])

    def lead_by(self, phone: str) -> str:
        return str(self.sql("select id from leads where phone_number = $1", phone)[0]["id"])

    def runs_of(self, person: Person) -> list[dict[str, Any]]:
        if not self.sql("select 1 from lead_user_ids where wa_user_id = $1", person.bsuid):
            return []
        name = f"conversation-{self.lead_of(person)[:8]}"
        return list(self.prefect.post("/flow_runs/filter", json={"flow_runs": {"name": {"like_": name}}}).json())

    def state_of(self, person: Person) -> str:
        """The state of the only run; "none yet" before there is one."""
        runs = self.runs_of(person)
        assert len(runs) <= 1
        return str(runs[0]["state"]["name"]) if runs else "none yet"

    def outcome_of(self, person: Person) -> Outcome | None:
        """How the only run ended; None before that."""
        runs = self.runs_of(person)
        assert len(runs) <= 1
        return outcome_of(runs[0]) if runs else None

    def waits_of(self, person: Person) -> int:
        """How often the person's conversations were suspended."""
        return sum(row["wait"] for row in self.sql("select wait from runs where lead_id = $1", self.lead_of(person)))

    def due_of(self, person: Person) -> datetime:
        """When the silence that the person's run waits for would end, by the store."""
        query = "select wake_due_at as at from runs where lead_id = $1 and status = 'parked'"
        found: datetime = self.sql(query, self.lead_of(person))[0]["at"]
        return found

    def reminded_at(self, person: Person) -> datetime:
        """When the person's newest reminder was decided."""
        query = "select max(created_at) as at from lead_messages where lead_id = $1 and dedupe_key like 'reminder:%'"
        found: datetime = self.sql(query, self.lead_of(person))[0]["at"]
        return found

    def task_names(self, run_id: str) -> list[str]:
        found = self.prefect.post("/task_runs/filter", json={"flow_runs": {"id": {"any_": [run_id]}}}).json()
        return [task["name"].split(" ")[0] for task in found]

    def until(self, what: str, question: Callable[[], bool], within: float = 40.0) -> None:
        deadline = time.monotonic() + within
        while not question():
            assert time.monotonic() < deadline, f"not within {within} s: {what}"
            time.sleep(0.2)

    def suspended(self, person: Person) -> None:
        seen: list[str] = []

        def is_suspended() -> bool:
            seen.append(self.state_of(person))
            return seen[-1] == "Suspended"

        try:
            self.until("the run is suspended", is_suspended)
        except AssertionError as late:
            late.add_note(f"its states were {list(dict.fromkeys(seen))}")
            raise

    def deliver(self, body: dict[str, Any], **headers: str) -> int:
        raw = json.dumps(body).encode()
        signed = {"x-hub-signature-256": sign(raw, self.stack.env["WHATSAPP_APP_SECRET"]), **headers}
        return self.webhook.post("/webhook", content=raw, headers=signed).status_code


def filled(name: str, person: Person, **more: str) -> dict[str, object]:
    place = {"cidade": "Recife", "estado": "PE", "consentimentoLGPD": True}
    return {"nomeCompleto": name, "whatsapp": person.phone, **place, **more}
