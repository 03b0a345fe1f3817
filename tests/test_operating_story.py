"""The operators' promises on the real stack: taking over, reminding now, what Prefect shows, and the daily report."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.adapters.store.acted import Acted
from flows.adapters.store.leads import LeadStore
from flows.brazil.calendar import SAO_PAULO
from flows.domain import Outcome
from tests.people import Person
from tests.test_commands import command
from tests.world import World, outcome_of
from webhook.dispatch import Dispatcher


class Operator:
    """Ana, who acts on one lead as the operators' pages do: through the store, and what it wants of Prefect at once."""

    def __init__(self, world: World, person: Person) -> None:
        self.world, self.lead = world, UUID(world.lead_of(person))

    def acts(self, action: str, *arguments: Any, refused: str | None = None, **more: Any) -> Acted:
        async def go() -> Acted:
            env = self.world.stack.env
            with temporary_settings({PREFECT_API_URL: env["PREFECT_API_URL"]}):
                async with LeadStore.postgres(env["DATABASE_URL"], listen=False) as store, Dispatcher(store) as prefect:
                    acted: Acted = await getattr(store.operations, action)(self.lead, "ana", *arguments, **more)
                    if acted.dispatch:
                        await prefect.carry_out(acted.dispatch)
            return acted

        acted: Acted = self.world.run(go())
        assert acted.outcome == (refused or "done")
        return acted

    def last_reminder(self) -> UUID:
        """The id of the newest reminder, as the lead's page names it."""
        newest = "select (last_reminder($1)->>'id')::uuid id"
        return UUID(str(self.world.sql(newest, self.lead)[0]["id"]))

    def unanswered(self) -> int:
        question = (
            "select 1 from lead_messages where lead_id = $1 and message_direction = 'user' and answered_at is null"
        )
        return len(self.world.sql(question, self.lead))


def outcomes(world: World, person: Person) -> list[Outcome | None]:
    """How all conversations of a person ended, newest first; None for one that goes on."""
    runs = sorted(world.runs_of(person), key=lambda run: str(run["created"]), reverse=True)
    return [outcome_of(run) for run in runs]


def newest(world: World, person: Person) -> dict[str, Any]:
    return max(world.runs_of(person), key=lambda run: str(run["created"]))


def artifacts(world: World, key: str) -> list[dict[str, Any]]:
    """Newest first."""
    wanted = {"artifacts": {"key": {"any_": [key]}}, "sort": "UPDATED_DESC"}
    return list(world.prefect.post("/artifacts/filter", json=wanted).raise_for_status().json())


def ended(world: World, person: Person, outcome: Outcome, runs: int) -> None:
    def is_so() -> bool:
        now = outcomes(world, person)
        return len(now) == runs and now[0] is outcome

    world.until(f"{runs} run(s), the newest {outcome}", is_so)


def test_taken_over_while_it_waits_the_assistant_is_silent_but_for_the_law_and_the_person_is_heard(
    world: World,
) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    assert {"stage:AWAITING_PLACE", "qualification:IN_PROGRESS"} <= set(newest(world, marina)["tags"])
    ana = Operator(world, marina)
    ana.acts("take_over")
    ended(world, marina, Outcome.TAKEN_OVER, 1)
    assert {"taken-over", "outcome:taken_over"} <= set(newest(world, marina)["tags"])

    marina.write("moro em Recife, PE")
    ended(world, marina, Outcome.TAKEN_OVER, 2)
    assert ana.unanswered() == 0
    marina.hears_nothing(0.5)

    ana.acts("write", "key-1", "Olá, aqui é a Ana, da Serena.")
    ana.acts("write", "key-1", "Olá, aqui é a Ana, da Serena.")
    assert marina.hears() == "Olá, aqui é a Ana, da Serena."
    marina.hears_nothing(0.5)

    pdf, path = b"%PDF-1.4\n%%EOF\n", f"{ana.lead}/sent-key-2-f.pdf"
    kept = Path(world.stack.env["LOCAL_DATA_DIR"]) / "bills" / path
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pdf)
    file = {"path": path, "mime_type": "application/pdf", "name": "simulação.pdf", "size": len(pdf)}
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for _ in range(2):
        ana.acts("send", "key-2-f", "Veja aqui", content={"text": "Veja aqui", "file": file | {"delete_after": until}})
    assert marina.hears() == "Veja aqui"
    marina.hears_nothing(0.5)
    shown = marina.replies[-1]
    assert (shown["type"], shown["filename"]) == ("document", "simulação.pdf")
    assert world.simulator.get(f"/simulator/media/{shown['media_id']}").content == pdf

    marina.write("pare de me mandar mensagens")
    marina.hears()
    world.until("the run says so", lambda: outcomes(world, marina)[0] is Outcome.OPTED_OUT)
    # silence is no reason to remind anybody here
    assert all("send_reminder_message" not in world.task_names(run["id"]) for run in world.runs_of(marina))


def test_given_back_it_answers_what_came_meanwhile(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    ana = Operator(world, marina)
    ana.acts("take_over")  # the run lingers in the worker's memory
    marina.write("moro em Recife, PE")
    world.until("the message counts as answered", lambda: ana.unanswered() == 0)
    marina.hears_nothing(1)
    ana.acts("give_back", answer=True)
    assert "CELPE" in marina.hears()
    world.until("it waits again", lambda: newest(world, marina)["state"]["name"] == "Suspended")
    assert "taken-over" not in newest(world, marina)["tags"]


def test_a_reminder_now_comes_from_the_run_that_waits_and_from_a_new_one(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    ana, due = Operator(world, marina), world.due_of(marina)
    ana.acts("remind_now")
    first = marina.hears()
    assert world.reminded_at(marina) < due, "the silence did not end it"
    world.suspended(marina)
    # once more, although this conversation has had its only reminder, and only by who saw that one
    ana.acts("remind_now", refused="reminded")
    ana.acts("remind_now", seen=ana.last_reminder())
    marina.hears()
    (run,) = world.runs_of(marina)
    world.until(
        "both tasks are known", lambda: world.task_names(run["id"]).count("send_reminder_message") == 2, within=10
    )
    ana.acts("take_over")
    ended(world, marina, Outcome.TAKEN_OVER, 1)
    ana.acts("give_back", answer=False)
    ana.acts("remind_now", seen=ana.last_reminder())
    assert marina.hears() == first
    assert len(world.runs_of(marina)) == 2


# A worker with settings of its own, for one run. Alone in its process it cannot suspend, and waits out the silence.
_WORKS = """
import asyncio, sys
from uuid import UUID
from flows import settings
from flows.conversation import conversation
from flows.conversing.runtime import open_runtime

async def main():
    options = settings.read(settings.Conversation).model_copy(update={"reminder_after_seconds": 2.0})
    async with open_runtime(conversation=options) as runtime:
        state = await conversation(UUID(sys.argv[1]), return_state=True)
        print(runtime.conversation.reminders, state.name, await state.aresult())

asyncio.run(main())
"""


def test_where_reminders_are_switched_off_one_goes_out_because_a_person_asked_for_it_and_no_other(
    world: World,
) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    lead = world.lead_of(marina)
    # nothing wakes the stack's own worker for her again
    (run,) = world.runs_of(marina)
    world.prefect.delete(f"/flow_runs/{run['id']}").raise_for_status()
    world.sql("update runs set status = 'finished', outcome = 'silent' where lead_id = $1", lead)

    async def asks() -> str:
        async with LeadStore.postgres(world.stack.env["DATABASE_URL"], listen=False) as store:
            return (await store.operations.remind_now(UUID(lead), "ana")).outcome

    assert world.run(asks()) == "done"
    world.sql("update runs set next_dispatch_at = now() + interval '1 hour' where lead_id = $1", lead)
    done = subprocess.run(
        [sys.executable, "-c", _WORKS, lead],
        env={**os.environ, **world.stack.env, "REMINDERS": "0"},
        text=True,
        capture_output=True,
        timeout=90,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "0 Completed silent"), done.stderr
    marina.hears()
    marina.hears_nothing(0.5)
    sent = "select 1 from lead_messages where lead_id = $1 and dedupe_key like 'reminder:%'"
    assert len(world.sql(sent, lead)) == 1, "the silence after it brings none"


def test_a_timeline_tells_the_story_of_a_conversation_without_telling_who_or_what(world: World) -> None:
    marina = world.person(name="Zuleica Quaresma")
    marina.write("oi, meu xilofone desafinou")
    marina.hears()
    world.suspended(marina)
    key = f"conversation-{world.lead_of(marina)}"
    drawn = artifacts(world, key)[0]
    assert drawn["flow_run_id"] == newest(world, marina)["id"]
    for told in (
        "aguardando a pessoa",
        "| mensagem da pessoa | texto |",
        "| resposta |",
        "| turno da assistente | regras, ",
    ):
        assert told in drawn["data"], drawn["data"]
    marina.write("pare de me mandar mensagens")
    marina.hears()
    world.until("the end is drawn", lambda: "não quer mais mensagens" in artifacts(world, key)[0]["data"])
    for secret in ("Zuleica", "xilofone", marina.phone[1:], marina.bsuid):
        assert secret not in str(artifacts(world, key))


def test_a_lead_erased_in_the_middle_of_a_wait_leaves_no_run_behind(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    (run,), ana = world.runs_of(marina), Operator(world, marina)

    async def erase() -> None:
        async with LeadStore.postgres(world.stack.env["DATABASE_URL"], listen=False) as store:
            await store.operations.erase(ana.lead, "ana")

    world.run(erase())
    gone: Callable[[], bool] = lambda: outcome_of(world.prefect.get(f"/flow_runs/{run['id']}").json()) is Outcome.GONE  # noqa: E731
    world.until("the lingering run has ended", gone)


def test_who_asked_is_told_of_plans_by_the_flow_and_their_answer_has_them_read(world: World) -> None:
    """The wish is put in as it stands after "quer que eu te avise?": the simulated partner's places do not change."""
    marina = world.person()
    marina.write("oi")
    marina.hears()
    lead = world.lead_of(marina)
    world.sql(
        "update runs set status = 'finished', outcome = 'not_served', claim = claim + 1 where lead_id = $1", UUID(lead)
    )
    memory = '{"greeted": true, "place": 2611606, "coverage": "not_served"}'
    world.sql("update leads set conversation_state = 'NOT_SERVED', memory = $2 where id = $1", UUID(lead), memory)
    world.sql(
        "insert into lead_consents (lead_id, kind, granted, ibge_code) values ($1, 'coverage_notice', true, 2611606)",
        UUID(lead),
    )
    deployed = world.prefect.get("/deployments/name/notices/notices").json()["id"]
    body = {"parameters": {"place": 2611606}}
    run = world.prefect.post(f"/deployments/{deployed}/create_flow_run", json=body).raise_for_status().json()["id"]
    assert "tivesse plano em Recife, e agora tem" in marina.hears()
    world.until(
        "the run has ended", lambda: world.prefect.get(f"/flow_runs/{run}").json()["state"]["type"] == "COMPLETED"
    )
    assert "1 pessoa avisada" in world.prefect.get(f"/flow_runs/{run}").json()["state"]["message"]
    assert json.loads(artifacts(world, "notices")[0]["data"])[0]["O que houve"] == "avisadas: 1"
    assert world.sql("select ended_by from lead_consents where lead_id = $1", UUID(lead))[0]["ended_by"] == "told"
    marina.write("sim, quero ver")
    assert "CELPE" in marina.hears()
    again = command(world, "flows.notices", "--place", "Recife, PE")
    assert (again.returncode, "nobody waits" in again.stderr) == (5, True), again.stderr


@pytest.mark.parametrize("given", [True, False], ids=["for a day", "for yesterday"])
def test_the_daily_report_leaves_a_table(world: World, given: bool) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    today = datetime.now(UTC).astimezone(SAO_PAULO).date()
    day: date = today if given else today - timedelta(days=1)
    deployment = world.prefect.get("/deployments/name/daily-report/daily-report").json()["id"]
    body = {"parameters": {"day": day.isoformat() if given else None}}
    run = world.prefect.post(f"/deployments/{deployment}/create_flow_run", json=body).raise_for_status().json()["id"]
    world.until(
        "the run has ended", lambda: world.prefect.get(f"/flow_runs/{run}").json()["state"]["type"] == "COMPLETED"
    )
    assert world.prefect.get(f"/flow_runs/{run}").json()["name"] == f"daily-report-{day}"
    table = artifacts(world, "daily-report")[0]
    assert (table["type"], table["flow_run_id"]) == ("table", run)
    assert f"**{day:%d/%m/%Y}**" in table["description"]
    pictures = artifacts(world, "daily-report-pictures")[0]
    assert (pictures["type"], pictures["flow_run_id"]) == ("image", run)
    drawn = base64.b64decode(pictures["data"].removeprefix("data:image/svg+xml;base64,")).decode()
    assert (
        f"{day - timedelta(days=29):%d/%m/%Y} a {day:%d/%m/%Y}" in drawn and "Tempo de resposta da assistente" in drawn
    )
    arrived = next(row for row in json.loads(table["data"]) if row["Indicador"] == "chegaram")
    assert (int(arrived["Valor"].replace(".", "")) > 0) is given


def test_the_report_works_alone_prints_its_figures_and_draws_them(world: World, tmp_path: Path) -> None:
    picture = tmp_path / "fevereiro.png"
    done = command(world, "flows.report", "--day", "2020-02-29", "--png", str(picture))
    assert done.returncode == 0, done.stderr
    with Image.open(picture) as drawn:
        assert drawn.format == "PNG" and drawn.width > 1200
    assert "29/02/2020" in done.stdout
    assert "nenhuma mensagem falhou" in done.stdout
    assert "**29/02/2020**" in artifacts(world, "daily-report")[0]["description"]


def test_a_run_planned_for_tomorrow_is_not_taken_today(world: World) -> None:
    """Prefect announces each planned run at once; a worker that took it would hold it for a day, and lose it."""
    deployed = world.prefect.get("/deployments/name/daily-report/daily-report").json()["id"]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    wanted = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": tomorrow}}}
    run = world.prefect.post(f"/deployments/{deployed}/create_flow_run", json=wanted).json()["id"]
    now = world.prefect.post(f"/deployments/{deployed}/create_flow_run", json={}).json()["id"]
    world.until(
        "a run of today is done", lambda: world.prefect.get(f"/flow_runs/{now}").json()["state"]["type"] == "COMPLETED"
    )
    assert world.prefect.get(f"/flow_runs/{run}").json()["state"]["type"] == "SCHEDULED"
    world.prefect.delete(f"/flow_runs/{run}").raise_for_status()


def test_the_next_mornings_are_planned_and_wait_for_their_time(world: World) -> None:
    deployed = world.prefect.get("/deployments/name/daily-report/daily-report").json()["id"]
    asked = {"deployments": {"id": {"any_": [deployed]}}}

    def planned() -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = world.prefect.post("/flow_runs/filter", json=asked).json()
        return [run for run in runs if run["auto_scheduled"]]

    world.until("Prefect has planned the next reports", lambda: len(planned()) >= 2, within=90)
    for run in planned():
        assert run["state"]["type"] == "SCHEDULED"
        due = datetime.fromisoformat(run["expected_start_time"]).astimezone(SAO_PAULO)
        assert (due.hour, due.minute) == (8, 0)
