"""Applying the register of deployments to a real Prefect server: what it changes, and what it leaves to operators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.apply import apply
from flows.errors import Fix
from flows.settings import ROOT
from tests.http_double import Answer, HttpDouble, Request
from tests.world import World

CRON = {"cron": "0 8 * * *", "timezone": "America/Sao_Paulo"}


class Register:
    """The deployment `daily-report` on the server, as an operator's browser sees it."""

    def __init__(self, world: World) -> None:
        self.world, self.api = world, world.prefect

    def apply(self) -> list[str]:
        async def go() -> list[str]:
            with temporary_settings({PREFECT_API_URL: self.world.stack.env["PREFECT_API_URL"]}):
                return await apply()

        lines: list[str] = self.world.run(go())
        return lines

    @property
    def deployment(self) -> dict[str, Any]:
        return dict(self.api.get("/deployments/name/daily-report/daily-report").raise_for_status().json())

    @property
    def schedules(self) -> dict[str | None, dict[str, Any]]:
        return {row["slug"]: row for row in self.deployment["schedules"]}

    def change(self, slug: str, **fields: Any) -> None:
        path = f"/deployments/{self.deployment['id']}/schedules/{self.schedules[slug]['id']}"
        self.api.patch(path, json=fields).raise_for_status()

    def add(self, **schedule: Any) -> None:
        self.api.post(f"/deployments/{self.deployment['id']}/schedules", json=[schedule]).raise_for_status()


@pytest.fixture
def register(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    monkeypatch.setenv("REMINDER_AFTER_SECONDS", world.stack.env["REMINDER_AFTER_SECONDS"])
    register = Register(world)
    yield register
    for slug in register.schedules:
        if slug != "every-morning":
            path = f"/deployments/{register.deployment['id']}/schedules/{register.schedules[slug]['id']}"
            world.prefect.delete(path).raise_for_status()
    register.change("every-morning", active=True)
    register.api.patch(f"/deployments/{register.deployment['id']}", json={"paused": False}).raise_for_status()


def test_the_report_is_scheduled_every_morning_in_sao_paulo_and_applying_again_changes_nothing(
    register: Register,
) -> None:
    before = register.schedules
    (row,) = before.values()
    assert (row["active"], row["schedule"]["cron"], row["schedule"]["timezone"]) == (True, *CRON.values())
    lines = register.apply()
    assert register.schedules == before
    off = {line for line in lines if ": off, " in line}
    assert off == {"automation news: off, PREFECT_NOTIFICATION_BLOCK is empty"}
    assert {line.split(": ")[1].split(",")[0] for line in lines if line not in off} == {"there"}, lines


def test_a_changed_schedule_is_changed_back_and_what_an_operator_paused_or_added_stays(register: Register) -> None:
    (row,) = register.schedules.values()
    register.change("every-morning", schedule=CRON | {"cron": "30 6 * * 1"}, active=False)
    register.add(schedule=CRON | {"cron": "0 18 * * 5"}, active=True)
    register.add(schedule=CRON, active=True, slug="of-an-older-release")
    register.api.post(f"/deployments/{register.deployment['id']}/pause_deployment").raise_for_status()
    register.api.patch(f"/deployments/{register.deployment['id']}", json={"description": "?"}).raise_for_status()
    lines = register.apply()
    after = register.schedules
    assert sorted(map(str, after)) == ["None", "every-morning"], "ours once, the operator's own, not the old one"
    assert after["every-morning"]["id"] == row["id"]
    assert after["every-morning"]["schedule"]["cron"] == CRON["cron"]
    assert after["every-morning"]["active"] is False
    assert after[None]["schedule"]["cron"] == "0 18 * * 5"
    assert register.deployment["paused"] is True
    assert register.deployment["description"].startswith("Yesterday's figures")
    assert "deployment daily-report/daily-report: changed (description)" in lines


class Team(HttpDouble):
    """Where the team reads what Prefect notifies it of: apprise's `json://` posts title and message."""

    def usual(self, request: Request) -> Answer:
        return Answer()

    def messages(self) -> list[str]:
        return [f"{request.json['title']}\n{request.json['message']}" for request in self.requests]

    def hears(self, *words: str) -> bool:
        return all(any(word in message for message in self.messages()) for word in words)


def saved(world: World, block: Any, name: str) -> str:
    async def save() -> str:
        with temporary_settings({PREFECT_API_URL: world.stack.env["PREFECT_API_URL"]}):
            return str(await block.asave(name, overwrite=True))

    return str(world.run(save()))


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # apprise's
def test_people_are_told_of_hand_overs_faults_failed_reports_and_a_stopped_worker_once_each_in_ids_and_links(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = register.world
    with Team() as team:
        # a block of Slack's hands any other address of apprise's to apprise
        saved(world, SlackWebhook(url=team.url.replace("http://", "json://")), "team")
        monkeypatch.setenv("PREFECT_NOTIFICATION_BLOCK", "slack-webhook/team")
        assert register.apply()[-1].startswith("automation news: created")
        assert register.apply()[-1].startswith("automation news: there")
        try:
            # as of a worker that was killed: one sign of life, then none
            beat = {"name": "host-12", "heartbeat_interval_seconds": 1}
            world.prefect.post("/work_pools/serena/workers/heartbeat", json=beat).raise_for_status()
            world.fault(sends={"code": 131031, "times": 1})  # a code is news once an hour, and another test has its own
            marina, rui = world.person(name="Marina Alves"), world.person(name="Rui Prado")
            marina.write("quero falar com uma pessoa")
            rui.write("oi, quero falar com uma pessoa")
            world.until("both are known", lambda: all(world.runs_of(person) for person in (marina, rui)))
            leads = [world.lead_of(person) for person in (marina, rui)]
            failed = {"type": "FAILED", "name": "Failed", "message": "O nome dela é Marina."}
            report = {"flow_id": register.deployment["flow_id"], "name": "daily-report-2026-11-29", "state": failed}
            run = world.prefect.post("/flow_runs/", json=report).raise_for_status().json()["id"]
            told = [*leads, "código 131031", run, "host-12"]
            world.until("the team is told of all", lambda: team.hears(*told), 90)
            heard = len(team.requests)
            ines = world.person()
            ines.write("quero falar com uma pessoa")
            world.until("the next message", lambda: bool(world.runs_of(ines)) and team.hears(world.lead_of(ines)), 90)
            assert len(team.requests) > heard
        finally:
            monkeypatch.delenv("PREFECT_NOTIFICATION_BLOCK")
            assert register.apply()[-1] == "automation news: off, PREFECT_NOTIFICATION_BLOCK is empty"
        everything = "\n".join(team.messages())
    for each in told:
        assert everything.count(each) == 1, (each, everything)
    assert f"/ops/leads/{leads[0]}" in everything and f"/runs/flow-run/{run}" in everything
    for said in ("Marina", "Rui", marina.phone, rui.phone):
        assert said.lstrip("+") not in everything
    found = world.prefect.post("/automations/filter", json={}).json()
    assert "news" not in [automation["name"] for automation in found]


def test_a_notification_block_that_is_not_there_is_named(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_NOTIFICATION_BLOCK", "slack-webhook/nobody")
    with pytest.raises(Fix, match="no block slack-webhook/nobody"):
        register.apply()


def test_everything_in_prefect_says_what_it_is(register: Register) -> None:
    day = register.deployment["parameter_openapi_schema"]["properties"]["day"]
    assert day["description"].startswith("The calendar day")
    assert register.deployment["tags"] == ["serena"]
    found = register.world.prefect.post("/automations/filter", json={}).json()
    assert all(automation["description"] for automation in found)


# What happens, the event, what it is about and what it says of it.
EVENTS = [
    ("quero falar com uma pessoa", "serena.lead.handed-over", "serena.lead.", "reason", "asked_for_person"),
    ("pare", "serena.lead.opted-out", "serena.lead.", "by", "lead"),
    ("oi", "serena.account.fault", "serena.account.", "code", "131042"),
]


@pytest.mark.parametrize(("text", "event", "about", "key", "says"), EVENTS, ids=[event for _, event, *_ in EVENTS])
def test_an_automation_may_hang_on_an_event_of_ours(
    register: Register, text: str, event: str, about: str, key: str, says: str
) -> None:
    """The automation that docs/prefect.md shows, word for word for a hand-over, with a block of this test."""
    world = register.world
    with Team() as team:
        block = CustomWebhookNotificationBlock(name="x", url=f"{team.url}/told", json_data={"body": "{{body}}"})
        shown = yaml.safe_load((ROOT / "docs" / "prefect.md").read_text("utf-8").split("```yaml\n")[1].split("```")[0])
        shown["trigger"] |= {"expect": [event], "match": {"prefect.resource.id": f"{about}*"}}
        (action,) = shown["actions"]
        action |= {"block_document_id": saved(world, block, "told"), "body": action["body"].replace("reason", key)}
        made = world.prefect.post("/automations/", json=shown).raise_for_status().json()["id"]
        try:
            if key == "code":
                world.fault(sends={"code": int(says), "times": 1})
            marina = world.person()
            marina.write(text)
            world.until("somebody is told", lambda: bool(team.requests))
        finally:
            world.prefect.delete(f"/automations/{made}").raise_for_status()
        (named, said) = team.requests[0].json["body"].split(": ")
        assert named.startswith(about) and said == says
        assert about != "serena.lead." or named == f"serena.lead.{world.lead_of(marina)}"
