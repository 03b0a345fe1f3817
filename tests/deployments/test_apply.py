"""Applying the register of deployments to a real Prefect server: what it changes, and what it leaves to operators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.apply import apply
from tests.test_story import World, world

__all__ = ["world"]

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
    assert all(line.split(": ")[1].split(",")[0] == "there" for line in lines), lines


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
