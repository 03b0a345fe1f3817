"""A small month, and Prefect's model held to Prefect. `python -m tests.month` plays the whole one."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from deployments.local.stack import Stack
from flows.settings import ROOT
from tests.month.script import SCRIPT, see, seen
from tests.world import World


def _month(*arguments: str) -> str:
    """In a process of its own: there Prefect's functions are the model's."""
    command = (sys.executable, "-m", "tests.month", "--houses", "1", *arguments)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout


def test_eight_days_of_thirty_leads_keep_every_promise() -> None:
    said = _month("--leads", "30", "--days", "8", "--seed", "4")
    assert " 0 reminders" not in said
    assert re.search(r"[1-9]\d* killed, [1-9]\d* red send_message", said), f"nothing went wrong in it: {said}"


@pytest.fixture
def watched(stack: Stack, runner: asyncio.Runner) -> Iterator[str]:
    url = stack.env["DATABASE_URL"]
    runner.run(see(url))
    yield url
    runner.run(see(url, stop=True))


def test_the_store_goes_through_the_same_with_prefect_and_with_its_model(
    world: World, watched: str, runner: asyncio.Runner
) -> None:
    marina = world.person()
    for step in SCRIPT:
        if times := step.get("refused"):
            world.fault(sends={"code": 130429, "times": times})
        run = next((run for run in world.runs_of(marina) if run["state"]["name"] == "Suspended"), None)
        before = world.waits_of(marina) if run else 0
        if step.get("fails"):
            assert run
            state = {"state": {"type": "FAILED", "name": "Failed"}, "force": True}
            world.prefect.post(f"/flow_runs/{run['id']}/set_state", json=state).raise_for_status()
        if "resumed" in step:
            assert run
            body = {"run_input": step["resumed"]} if step["resumed"] else None
            world.prefect.post(f"/flow_runs/{run['id']}/resume", json=body).raise_for_status()
        if "writes" in step:
            marina.write(step["writes"])

        def rests(before: int = before) -> bool:
            runs = world.runs_of(marina)
            done = bool(world.sql(_FINISHED, world.lead_of(marina))) if runs else False
            suspended = any(run["state"]["name"] == "Suspended" for run in runs)
            return done or (suspended and world.waits_of(marina) == before + 1)

        world.until(f"everything rests after {step}", rests, within=60)
    real = runner.run(seen(watched, marina.bsuid))
    assert real == json.loads(_month("--script").splitlines()[-1])


_FINISHED = "select 1 from runs where lead_id = $1 and status = 'finished'"
