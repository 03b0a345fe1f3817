"""The doctor and Prefect, on the running stack: all right as it is; then each thing broken, named, and put back."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import prefect
import pytest
import yaml
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from deployments.apply import apply
from deployments.doctor import running
from deployments.doctor.notes import LineStatus, Notes, Trouble
from deployments.local.stack import Stack
from flows.settings import ROOT
from tests.deployments.examined import Seen, look
from tests.http_double import Answer, HttpDouble, Request, answer
from tests.statements import asked
from tests.world import World

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
Breaking = Callable[[httpx.Client], None]


def examined(stack: Stack, **environment: str) -> Seen:
    with temporary_settings({PREFECT_API_URL: stack.env["PREFECT_API_URL"]}):
        return look("prefect", stack.env | environment)


def test_the_running_stack_is_right_in_every_line(stack: Stack, tmp_path: Path) -> None:
    """As an operator would run it, in another terminal."""
    given = {**os.environ, **stack.env, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "deployments.doctor", "--json"],
        env=given,
        text=True,
        capture_output=True,
        timeout=90,
        cwd=tmp_path,
    )
    told = json.loads(done.stdout)
    wrong = [line for line in told["lines"] if line["status"] not in ("ok", "skip")]
    # other tests of this session leave silent and stuck leads behind; that is what `waiting` and `runs` are for
    assert [line for line in wrong if line["subject"] not in ("waiting", "runs")] == []
    assert done.returncode == 0, done.stderr
    assert {line["group"] for line in told["lines"]} == {"variables", "store", "prefect", "graph", "model", "plans"}
    secrets = [value for name, value in stack.env.items() if name.endswith(("TOKEN", "SECRET"))]
    assert not [secret for secret in secrets if secret in done.stdout + done.stderr]


@contextmanager
def prefect_of(stack: Stack) -> Iterator[httpx.Client]:
    """Prefect's API, as an operator's clicks in the UI reach it."""
    with httpx.Client(base_url=stack.env["PREFECT_API_URL"], timeout=30) as client:
        yield client


def automation_of(client: httpx.Client) -> dict[str, Any]:
    found = client.post("/automations/filter", json={}).json()
    return next(each for each in found if each["name"] == "silence")


def ours(automation: dict[str, Any]) -> dict[str, Any]:
    """An automation as it was written, without what the server adds."""
    return {name: automation[name] for name in ("name", "description", "enabled", "trigger", "actions", "tags")}


def changed(client: httpx.Client, **changes: Any) -> None:
    there = automation_of(client)
    client.put(f"/automations/{there['id']}", json=ours(there) | changes).raise_for_status()


def duplicated(client: httpx.Client) -> None:
    client.post("/automations/", json=ours(automation_of(client))).raise_for_status()


def another_resumes(client: httpx.Client) -> None:
    there = automation_of(client)
    # what it listens for never happens here
    trigger = there["trigger"] | {"after": ["test.never"], "expect": ["test.never-either"]}
    other = {"name": "meddling", "enabled": True, "trigger": trigger, "actions": there["actions"]}
    client.post("/automations/", json=other).raise_for_status()


def deployment(client: httpx.Client, **changes: Any) -> None:
    found = client.get("/deployments/name/daily-report/daily-report").json()
    client.patch(f"/deployments/{found['id']}", json=changes).raise_for_status()


def without_deployment(client: httpx.Client) -> None:
    found = client.get("/deployments/name/daily-report/daily-report").json()
    client.delete(f"/deployments/{found['id']}").raise_for_status()


def pool(client: httpx.Client, **changes: Any) -> None:
    client.patch("/work_pools/serena", json=changes).raise_for_status()


def queue(client: httpx.Client, **changes: Any) -> None:
    client.patch("/work_pools/serena/queues/default", json=changes).raise_for_status()


BREAKAGES: list[tuple[str, Breaking, tuple[str, str, str, str]]] = [
    (
        "the pool is paused",
        lambda c: pool(c, is_paused=True),
        ("FAIL", "work pool", "is paused", "prefect work-pool resume serena"),
    ),
    (
        "the pool has a limit",
        lambda c: pool(c, concurrency_limit=3),
        ("warn", "work pool", "3 conversations at once", "clear-concurrency-limit"),
    ),
    (
        "the queue is paused",
        lambda c: queue(c, is_paused=True),
        ("FAIL", "work pool", "its queue default is paused", "prefect work-queue resume"),
    ),
    (
        "the automation is disabled",
        lambda c: changed(c, enabled=False),
        ("FAIL", "automation silence", "in enabled", "deployments.apply"),
    ),
    (
        "the automation waits too long",
        lambda c: changed(c, trigger=automation_of(c)["trigger"] | {"within": 99}),
        ("FAIL", "automation silence", "in trigger", "deployments.apply"),
    ),
    (
        "the automation listens elsewhere",
        lambda c: changed(c, trigger=automation_of(c)["trigger"] | {"expect": ["prefect.flow-run.Failed"]}),
        ("FAIL", "automation silence", "in trigger", "deployments.apply"),
    ),
    (
        "the automation does something else",
        lambda c: changed(c, actions=[{"type": "do-nothing"}]),
        ("FAIL", "automation silence", "in actions", "deployments.apply"),
    ),
    (
        "the automation is there twice",
        duplicated,
        ("FAIL", "automation silence", "exists 2 times", "deployments.apply"),
    ),
    (
        "the automation is gone",
        lambda c: c.delete(f"/automations/{automation_of(c)['id']}").raise_for_status() and None,
        ("FAIL", "automation silence", "does not exist", "deployments.apply"),
    ),
    ("another automation resumes runs", another_resumes, ("warn", "automation meddling", "resumes runs", "disable it")),
    (
        "a deployment was edited",
        lambda c: deployment(c, description="edited"),
        ("FAIL", "deployment daily-report", "in description", "deployments.apply"),
    ),
    (
        "a deployment was paused",
        lambda c: deployment(c, paused=True),
        ("warn", "deployment daily-report", "is paused", "Deployments"),
    ),
    (
        "a deployment is gone",
        without_deployment,
        ("FAIL", "deployment daily-report", "is not in Prefect", "deployments.apply"),
    ),
]


@pytest.mark.parametrize(("broken", "wanted"), [row[1:] for row in BREAKAGES], ids=[row[0] for row in BREAKAGES])
def test_something_broken_in_prefect_is_named_with_its_cure(
    stack: Stack, broken: Breaking, wanted: tuple[str, str, str, str]
) -> None:
    with prefect_of(stack) as client:
        before = automation_of(client)
        try:
            broken(client)
            examined(stack).has(*wanted)
        finally:
            put_back(stack, client, before)


def test_after_all_that_everything_is_right_again(stack: Stack) -> None:
    assert [line for line in examined(stack).lines if line.subject != "runs" and line.status is not LineStatus.OK] == []


def put_back(stack: Stack, client: httpx.Client, automation: dict[str, Any]) -> None:
    """By hand what an operator did by hand; what is gone, by the command that the doctor's advice names."""
    pool(client, is_paused=False, concurrency_limit=None)
    queue(client, is_paused=False)
    there = {each["id"] for each in client.post("/automations/filter", json={}).json()}
    for other in there - {automation["id"]}:
        client.delete(f"/automations/{other}").raise_for_status()
    deployed = client.get("/deployments/name/daily-report/daily-report")
    if automation["id"] in there and deployed.is_success:
        client.put(f"/automations/{automation['id']}", json=ours(automation)).raise_for_status()
        described = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
        text = next(each["description"] for each in described if each["name"] == "daily-report")
        deployment(client, paused=False, description=text)
        return
    with temporary_settings({PREFECT_API_URL: stack.env["PREFECT_API_URL"]}), pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMINDER_AFTER_SECONDS", stack.env["REMINDER_AFTER_SECONDS"])
        asyncio.run(apply())  # the session's loop keeps a context of its own, without these settings


def test_a_pool_that_is_not_ours_is_named(stack: Stack) -> None:
    seen = examined(stack, PREFECT_WORK_POOL="nowhere")
    seen.has("FAIL", "work pool", "nowhere does not exist", "deployments.apply")
    seen.has("FAIL", "deployment conversation", "work_pool", "deployments.apply")
    seen.has("skip", "workers", "skipped: the work pool does not exist")
    with prefect_of(stack) as client:
        client.post("/work_pools/", json={"name": "of-processes", "type": "process"}).raise_for_status()
        try:
            seen = examined(stack, PREFECT_WORK_POOL="of-processes")
        finally:
            client.delete("/work_pools/of-processes").raise_for_status()
    seen.has("FAIL", "work pool", "of type process, not in-process", "prefect work-pool delete of-processes")
    seen.has("FAIL", "workers", "none is alive: nobody answers", "deployments.worker")


def test_runs_that_are_late_or_stuck_are_counted(stack: Stack, world: World) -> None:
    with prefect_of(stack) as client:
        deployed = client.get("/deployments/name/daily-report/daily-report").json()["id"]
        at = {"scheduled_time": "2090-01-01T00:00:00Z"}  # no worker takes it
        planned = {"state": {"type": "SCHEDULED", "state_details": at}}
        late, stuck = (
            client.post(f"/deployments/{deployed}/create_flow_run", json=planned).json()["id"] for _ in range(2)
        )
        try:
            for run, state in (
                (late, {"type": "SCHEDULED", "name": "Late", "state_details": at}),
                (stuck, {"type": "PENDING"}),
            ):
                client.post(f"/flow_runs/{run}/set_state", json={"state": state, "force": True}).raise_for_status()
            prefect_sql(stack, world, stuck)
            seen = examined(stack)
        finally:
            for run in (late, stuck):
                client.delete(f"/flow_runs/{run}").raise_for_status()
    seen.has("warn", "runs", "should have started and wait for a worker", "WORKER_LIMIT")
    seen.has("warn", "runs", "stuck in Running or Pending", "dispatcher")


def prefect_sql(stack: Stack, world: World, run: str) -> None:
    """Its state becomes an hour old, in Prefect's own database."""
    url = stack.env["PREFECT_API_DATABASE_CONNECTION_URL"].replace("+asyncpg", "")
    aged = (
        "update flow_run_state set timestamp = now() - interval '1 hour'"
        " where id = (select state_id from flow_run where id = $1)"
    )
    world.run(asked(url, aged, run))


class Server(HttpDouble):
    """A Prefect API that only tells its version, behind a password."""

    def __init__(self, version: str, *, password: str | None = None) -> None:
        super().__init__()
        self._version, self._password = version, password

    def usual(self, request: Request) -> Answer:
        if self._password and not request.headers.get("authorization", "").startswith("Basic "):
            return answer({"exception_message": "Unauthorized"}, 401)
        return answer(self._version) if request.path == "/api/admin/version" else Answer(404)


def at(url: str | None, **more: str) -> Seen:
    changes: dict[Any, Any] = {PREFECT_API_URL: url}
    with temporary_settings(changes | ({PREFECT_API_AUTH_STRING: more["auth"]} if more else {})):
        return look("prefect", {})


@pytest.mark.parametrize(
    ("version", "status", "what"),
    [
        ("2.20.1", "FAIL", "they do not fit"),
        ("3.0.0", "warn", "older than the client"),
        ("3.99.0", "ok", "version 3.99.0"),
    ],
)
def test_the_servers_version_is_compared_with_ours(version: str, status: str, what: str) -> None:
    with Server(version) as server:
        at(f"{server.url}/api").has(status, "API", what)


def test_a_server_that_wants_a_password_names_the_variable() -> None:
    with Server(prefect.__version__, password="right") as server:
        seen = at(f"{server.url}/api")
        seen.has("FAIL", "API", "refuses us (HTTP 401)", "PREFECT_API_AUTH_STRING")
        for subject in ("deployments", "work pool", "automation", "workers", "runs"):
            seen.has("skip", subject, "skipped: Prefect's API has to be mended first")
        assert len(server.requests) == 1
        at(f"{server.url}/api", auth="serena:right").has("ok", "API", "answers")


def test_an_address_where_no_prefect_answers_is_one_line(stack: Stack) -> None:
    at("http://127.0.0.1:9/api").has("FAIL", "API", "http://127.0.0.1:9/api does not answer", "PREFECT_API_URL")
    at(None).has("FAIL", "prefect", "PREFECT_API_URL is not set", "http://HOST:4200/api")
    without_api = at(stack.env["PREFECT_API_URL"].removesuffix("/api"))
    without_api.has("FAIL", "API", "", "ends in /api")


@pytest.mark.parametrize(
    ("health", "status", "what"),
    [
        ({"status": "ok"}, "ok", "as many on the way"),
        ({"status": "ok", "forwarded": "0 of 1 are believed"}, "warn", "0 of 1 are believed"),
        (["x"], "ok", ""),
    ],
)
def test_the_proxies_before_the_webhook_are_compared(
    monkeypatch: pytest.MonkeyPatch, health: Any, status: str, what: str
) -> None:
    with HttpDouble() as webhook:
        webhook.then(answer(health))
        monkeypatch.setenv("OPS_URL", webhook.url)
        notes = Notes("prefect", str, variables_shown=True)
        asyncio.run(running.proxies(notes))
    ((line),) = notes.lines
    assert (line.status, line.subject) == (status, "proxies") and what in line.what


def test_without_a_public_address_nobody_asks_for_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("", "http://127.0.0.1:9"):
        monkeypatch.setenv("OPS_URL", url)
        with pytest.raises(Trouble):
            asyncio.run(running.proxies(Notes("prefect", str, variables_shown=True)))
