"""JSON log lines: one object each, whoever speaks, and nothing in them that an exception held."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from deployments.local.processes import Child, stop
from flows import settings
from flows.errors import TryAgain
from flows.shown.logs import JsonLines
from tests.world import World

SECRET = "Marina +5581988776655"


def line(message: object = "hello", *arguments: object, name: str = "serena.test", **more: Any) -> dict[str, Any]:
    """What the formatter makes of a record."""
    extra, level = more.pop("extra", {}), more.pop("level", logging.INFO)
    record = logging.LogRecord(name, level, __file__, 1, message, arguments, more.pop("exc_info", None))
    record.__dict__.update(extra)
    text = JsonLines().format(record)
    assert "\n" not in text
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def raised(exc: BaseException, cause: BaseException | None = None) -> tuple[Any, Any, Any]:
    person = SECRET  # a local, as in a frame of ours
    try:
        try:
            raise exc from cause
        finally:
            assert person
    except BaseException:
        return sys.exc_info()  # type: ignore[return-value]


def test_a_line_tells_when_who_how_grave_and_what() -> None:
    said = line("%d messages\nof run %s", 3, "r1", level=logging.WARNING)
    assert (said["level"], said["logger"], said["message"]) == ("WARNING", "serena.test", "3 messages\nof run r1")
    assert str(datetime.fromisoformat(said["time"]).tzinfo) == "UTC"
    assert set(said) == {"time", "level", "logger", "message"}


def test_a_run_is_named_when_the_record_knows_it() -> None:
    flow_run, task_run = str(uuid4()), uuid4()
    said = line(extra={"flow_run_id": flow_run, "task_run_id": task_run, "flow_run_name": "conversation-1"})
    assert (said["flow_run_id"], said["task_run_id"]) == (flow_run, str(task_run))
    assert "flow_run_name" not in said


def test_an_exception_is_its_type_and_its_frames() -> None:
    said = line("broke", exc_info=raised(ValueError(SECRET), LookupError(SECRET)))
    assert said["error"]["type"] == "ValueError"
    assert said["error"]["frames"][-1].startswith("tests/flows/shown/test_logs.py:")
    assert said["error"]["frames"][-1].endswith(" raised")
    assert said["error"]["after"]["type"] == "LookupError"


def test_a_group_names_what_is_in_it() -> None:
    said = line("broke", exc_info=raised(ExceptionGroup(SECRET, [ValueError(SECRET), TryAgain("away")])))
    assert [each["type"] for each in said["error"]["of"]] == ["ValueError", "flows.errors.TryAgain"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"message": "broke", "exc_info": raised(ValueError(SECRET))}, "broke"),
        ({"message": ValueError(SECRET)}, "ValueError"),
        (
            {"message": "Encountered exception during execution: %r", "arguments": [ValueError(SECRET)]},
            "Encountered exception during execution: ValueError",
        ),
        ({"message": "%s away", "arguments": [ExceptionGroup("all", [ValueError(SECRET)])]}, "ExceptionGroup away"),
        (
            {
                "message": "Finished in state Failed('Flow run encountered an exception: ValueError: " + SECRET + "')",
                "name": "prefect.flow_runs",
            },
            "Finished in state Failed",
        ),
        (
            {
                "message": "Crash detected! Execution was interrupted: ValueError: " + SECRET,
                "name": "prefect.task_runs",
            },
            "Crash detected!",
        ),
        (
            {
                "message": "Task exception was never retrieved\nfuture: <Task exception=ValueError('" + SECRET + "')>",
                "name": "asyncio",
            },
            "Task exception was never retrieved",
        ),
        (
            {
                "message": f"Task run failed with exception: {ValueError(SECRET)!r} - Retries are exhausted",
                "name": "prefect.task_runs",
            },
            "Task run failed with exception",
        ),
        (
            {
                "message": f"a library says: {SECRET}",
                "name": "library",
                "exc_info": raised(KeyError(1), ValueError(SECRET)),
            },
            "a library says: ValueError",
        ),
        ({"message": "%d apples", "arguments": [SECRET]}, "%d apples (not formatted)"),
    ],
    ids=["frames", "bare", "repr", "group", "state", "crash", "task", "retries", "library", "misformed"],
)
def test_what_an_exception_held_is_not_in_the_line(given: dict[str, Any], message: str) -> None:
    said = line(given.pop("message"), *given.pop("arguments", []), **given)
    assert said["message"] == message
    assert "Marina" not in json.dumps(said) and "5581988776655" not in json.dumps(said)


def test_an_error_of_ours_speaks_because_it_holds_codes_only() -> None:
    assert line("put off: %s", TryAgain("code 131056"))["message"] == "put off: code 131056"
    finished = line("Finished in state Completed('Silent after 1 reminder')", name="prefect.flow_runs")
    assert finished["message"].startswith("Finished in state Completed")


# whole processes

SCRIPT = """
import asyncio, logging, sys, threading, warnings
from prefect import flow, task, get_run_logger
from flows import settings
from flows.shown import logs
from flows.errors import TryAgain

assert logs.set_up(settings.Watching(log_format="json"))
SECRET = "Marina +5581988776655"

@task
async def broken():
    raise ValueError(SECRET)

@flow
async def breaking():
    get_run_logger().info("said in a run")
    logging.getLogger("flows.test").info("said beside it")
    print("printed")
    await broken()

try:
    asyncio.run(breaking())
except ValueError:
    logging.getLogger("serena.test").exception("over")
logging.getLogger("prefect.workers").error("as a worker")
warnings.warn("warned")
logs.set_up(settings.Watching(log_format="json"))
thread = threading.Thread(target=lambda: {}[SECRET])
thread.start()
thread.join()
sys.stderr.write("--- Logging error ---\\n")
raise LookupError(SECRET)
"""


def parsed(text: str) -> list[dict[str, Any]]:
    """Every line. Raises when one is not an object with what all have."""
    lines = [json.loads(each) for each in text.splitlines()]
    assert all({"time", "level", "logger", "message"} <= each.keys() for each in lines)
    return lines


def test_a_real_flow_that_breaks_over_personal_data_does_not_tell_it(world: World) -> None:
    """Prefect's engine writes the exception into several messages of its own; each has to lose it."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("Marina +5581988776655", "a made-up secret")],
        text=True,
        capture_output=True,
        timeout=120,
        cwd=settings.ROOT,
        env={**os.environ, **world.stack.env},
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "made-up" not in ended.stderr
    lines = parsed(ended.stderr)
    messages = {each["message"] for each in lines}
    assert {"said in a run", "said beside it", "printed", "over", "as a worker", "--- Logging error ---"} <= messages
    assert {"uncaught LookupError", "uncaught KeyError"} <= messages
    assert any("warned" in message for message in messages)
    assert any("Finished in state Failed" in message for message in messages)
    (within,) = {each["flow_run_id"] for each in lines if each["message"] in ("said in a run", "said beside it")}
    assert UUID(within)
    (over,) = [each for each in lines if each["message"] == "over"]
    assert over["error"]["type"] == "ValueError"
    assert any(frame.endswith(" broken") for frame in over["error"]["frames"])


@pytest.fixture
def json_worker(world: World) -> Iterator[Child]:
    """A worker with LOG_FORMAT=json, the only one for a while: the stack's own holds its breath, which takes less time
    than starting anew."""
    stack, without = world.stack, world.stack.env
    try:
        stack.env = {**without, "LOG_FORMAT": "json"}
        child = world.run(stack.start_worker("worker-json"))
        stack.children["worker"].process.send_signal(signal.SIGSTOP)
        yield child
    finally:
        stack.env = without
        stack.children["worker"].process.send_signal(signal.SIGCONT)
        if (started := stack.children.pop("worker-json", None)) is not None:
            world.run(stop(started))


def test_the_worker_writes_json_from_its_first_line_to_its_last(world: World, json_worker: Child) -> None:
    marina = world.person()
    marina.write("oi, moro em Recife")
    marina.hears()
    (run,) = world.runs_of(marina)
    world.suspended(marina)
    world.run(stop(json_worker))
    text = json_worker.log.read_text()
    lines = parsed(text)
    assert any("started!" in each["message"] for each in lines), "what Prefect prints"
    assert any("stopping" in each["message"] for each in lines), "what we print"
    assert "answered; stage" in " ".join(each["message"] for each in lines if each.get("flow_run_id") == run["id"])
    assert {"prefect.flow_runs", "prefect.task_runs", "stdout"} <= {each["logger"] for each in lines}
    assert marina.phone not in text and "moro em" not in text and "Marina" not in text


def test_text_is_as_it_was() -> None:
    script = "from flows import settings; from flows.shown import logs; assert not logs.set_up(settings.Watching()); print('plain')"
    ended = subprocess.run(
        [sys.executable, "-c", script], text=True, capture_output=True, cwd=settings.ROOT, timeout=60
    )
    assert (ended.stdout, ended.stderr) == ("plain\n", "")
