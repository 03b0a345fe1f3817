"""The commands that work alone, against the running stack: each once as a person would run it, in a process."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.domain import Outcome
from tests.people import Person
from tests.world import World


@dataclass
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def process(world: World, module: str, *arguments: str, **env: str | None) -> Done:
    """Runs it in the running stack's environment, changed by `env`; None takes a variable out."""
    # where a command starts a Prefect of its own, that one's log is not wanted
    of_server = {"PREFECT_SERVER_LOGGING_LEVEL": None}
    wanted = {**os.environ, **world.stack.env, **of_server, **env}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=wanted, text=True, capture_output=True, timeout=240, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def command(world: World, module: str, *arguments: str, **env: str) -> Done:
    """The same in this process, where what counts is what it does: importing Prefect costs most of a short command."""
    out, err = io.StringIO(), io.StringIO()
    logged = logging.StreamHandler(err)
    with (
        pytest.MonkeyPatch.context() as patch,
        temporary_settings({PREFECT_API_URL: world.stack.env["PREFECT_API_URL"]}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        for name, value in {**world.stack.env, **env}.items():
            patch.setenv(name, value)
        logging.getLogger().addHandler(logged)
        try:
            code = importlib.import_module(module).main([*arguments])
        except SystemExit as ended:
            code = ended.code
        finally:
            logging.getLogger().removeHandler(logged)
    with warnings.catch_warnings():
        # Prefect's engine leaves a connection to the collector, which would find it in another test.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture
def short_path() -> Iterator[Path]:
    """An own TMPDIR that leaves room for the path of a Unix socket; pytest's does not everywhere."""
    with tempfile.TemporaryDirectory(prefix="desk") as directory:
        yield Path(directory)


def conversations(world: World) -> int:
    """How many runs of the flow Prefect knows, by hand or not."""
    return int(world.prefect.post("/flow_runs/count", json={"flows": {"name": {"any_": ["conversation"]}}}).json())


def without_a_reminder_of_its_own(world: World, marina: Person) -> str:
    """Ends the conversation before its silence does, however slow the machine is; gives the lead's id."""
    world.suspended(marina)
    (run,) = world.runs_of(marina)
    cancel = {"state": {"type": "CANCELLED", "name": "Cancelled"}, "force": True}
    world.prefect.post(f"/flow_runs/{run['id']}/set_state", json=cancel).raise_for_status()
    lead = world.lead_of(marina)
    world.sql(
        "update runs set wake_due_at = now() + interval '1 hour', next_dispatch_at = now() + interval '1 hour'"
        " where lead_id = $1",
        lead,
    )
    return lead


def test_a_reminder_by_hand_is_shown_sent_once_and_refused_the_second_time(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    without_a_reminder_of_its_own(world, marina)
    shown = command(world, "flows.reminder", "--user-id", marina.bsuid, "--dry-run")
    assert shown.returncode == 0
    assert len(shown.stdout.strip()) >= 50
    marina.hears_nothing(0.5)
    sent = command(world, "flows.reminder", "--phone", marina.phone)
    assert sent.returncode == 0, sent.stderr
    assert marina.hears() == shown.stdout.strip()
    again = command(world, "flows.reminder", "--phone", marina.phone)
    assert again.returncode == 3
    assert "refused" in again.stderr
    for output in (sent, again):
        assert marina.phone not in output.stderr + output.stdout


def test_a_reminder_by_hand_after_the_conversations_own_has_to_be_meant(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    marina.hears(within=world.silence + 20)
    refused = command(world, "flows.reminder", "--user-id", marina.bsuid)
    assert (refused.returncode, "--again" in refused.stderr) == (3, True), refused.stderr
    marina.hears_nothing(0.5)
    sent = command(world, "flows.reminder", "--user-id", marina.bsuid, "--again")
    assert sent.returncode == 0, sent.stderr
    marina.hears()
    marina.write("moro em Recife, PE")
    assert "CELPE" in marina.hears()


def test_a_reminder_outside_the_window_needs_a_template(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    lead = without_a_reminder_of_its_own(world, marina)
    world.sql("update leads set last_inbound_at = now() - interval '25 hours' where id = $1", lead)
    refused = command(world, "flows.reminder", "--user-id", marina.bsuid, WHATSAPP_REMINDER_TEMPLATE_NAME="")
    assert refused.returncode == 3
    assert "WHATSAPP_REMINDER_TEMPLATE_NAME" in refused.stderr
    sent = command(world, "flows.reminder", "--user-id", marina.bsuid)
    assert sent.returncode == 0, sent.stderr
    marina.hears()
    assert marina.replies[-1]["template"] == "retomar_conversa"


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("--phone", "123"), 2, "--phone"),
        (("--phone", "+55 81 99999-0001"), 5, "no such lead"),
        (("--user-id", "BR.404"), 5, "no such lead"),
        ((), 2, "required"),
    ],
)
def test_a_reminder_for_nobody_is_refused_with_its_own_exit_code(
    world: World, arguments: tuple[str, ...], code: int, text: str
) -> None:
    done = command(world, "flows.reminder", *arguments)
    assert (done.returncode, text in done.stderr) == (code, True), done.stderr


def test_who_stopped_messages_is_not_reminded_by_hand(world: World) -> None:
    marina = world.person()
    marina.write("parar")
    marina.hears()
    done = command(world, "flows.reminder", "--user-id", marina.bsuid)
    assert done.returncode == 3
    marina.hears_nothing(0.5)


def test_activation_runs_from_a_terminal(world: World) -> None:
    marina = world.person()
    done = command(world, "flows.activation", "--phone", marina.phone, "--name", "Marina Alves")
    assert done.returncode == 0, done.stderr
    marina.hears()
    assert marina.replies[0]["type"] == "template"
    again = command(world, "flows.activation", "--phone", marina.phone, "--name", "Marina Alves")
    assert (again.returncode, "nothing to do" in again.stdout) == (0, True)


def test_only_a_consent_that_somebody_vouches_for_ends_a_stop(world: World) -> None:
    marina = world.person()
    marina.write("parar")
    marina.hears()
    world.until("the conversation is over", lambda: world.outcome_of(marina) is Outcome.OPTED_OUT)
    given = ("flows.activation", "--phone", marina.phone, "--name", "Marina Alves")
    refused = command(world, *given)
    assert (refused.returncode, "opted_out" in refused.stderr) == (3, True), refused.stderr
    shown = command(world, "flows.reminder", "--user-id", marina.bsuid, "--dry-run")
    assert (shown.returncode, shown.stdout, "opted_out" in shown.stderr) == (3, "", True)
    marina.hears_nothing(0.5)
    evidence = (
        "select evidence::text as said from lead_consents where kind = 'whatsapp_contact' and granted and lead_id = $1"
    )
    assert world.sql(evidence, world.lead_of(marina)) == []
    sent = command(world, *given, "--consent", "loja de Recife, 30/11, balcão")
    assert sent.returncode == 0, sent.stderr
    marina.hears()
    (kept,) = world.sql(evidence, world.lead_of(marina))
    assert "loja de Recife" in kept["said"]


def test_who_was_handed_over_is_not_reminded_by_hand(world: World) -> None:
    marina = world.person()
    marina.write("quero falar com uma pessoa")
    marina.hears()
    for more in ((), ("--dry-run",), ("--again",)):
        refused = command(world, "flows.reminder", "--user-id", marina.bsuid, *more)
        assert (refused.returncode, "closed" in refused.stderr) == (3, True), refused.stderr
    marina.hears_nothing(0.5)


def test_a_conversation_at_a_desk_prints_what_is_said_and_leaves_nothing_anywhere(
    world: World, short_path: Path
) -> None:
    phone = world.person().phone
    before = (world.sql("select count(*) from leads"), conversations(world))
    arguments = ("--phone", phone, "--say", "oi", "--say", "moro em Recife, PE", "--remind-after", "1")
    own = {"TMPDIR": str(short_path), "PREFECT_LOGGING_LEVEL": None, "LOG_FORMAT": "json"}
    done = process(world, "flows.conversation", *arguments, **own)
    assert done.returncode == 0, done.stderr
    assert "assistente virtual" in done.stdout
    assert "CELPE" in done.stdout, "the running stack's plans are asked"
    assert "Consegue me mandar por aqui?" in done.stdout, "the reminder can be seen"
    assert "telemetry" not in done.stderr
    assert (logged := [json.loads(line) for line in done.stderr.splitlines()])
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in logged)
    assert list(short_path.glob("serena-desk-*")) == [], "its store is deleted, so that the next begins anew"
    assert world.sql("select 1 from leads where phone_number = $1", phone) == []
    assert (world.sql("select count(*) from leads"), conversations(world)) == before


def test_a_desk_conversation_stays_in_the_configured_store_where_that_is_said(world: World) -> None:
    phone = world.person().phone
    arguments = ("--configured", "--phone", phone, "--say")
    done = process(world, "flows.conversation", *arguments, "oi", "--say", "moro em Recife, PE")
    assert done.returncode == 0, done.stderr
    assert "CELPE" in done.stdout
    assert "stays" in done.stderr
    assert "Consegue me mandar por aqui?" not in done.stdout, "no reminder was wanted"
    assert len(world.sql("select 1 from leads where phone_number = $1", phone)) == 1
    more = process(world, "flows.conversation", *arguments, "quais os planos?", "--remind-after", "1")
    assert more.returncode == 0, more.stderr
    assert "18%" in more.stdout, "the earlier turns are remembered"


def test_a_desk_sends_nothing_by_whatsapp_from_a_store_that_is_thrown_away(world: World) -> None:
    marina = world.person()
    refused = process(world, "flows.conversation", "--phone", marina.phone, "--say", "oi", "--send")
    assert (refused.returncode, "--configured" in refused.stderr) == (2, True), refused.stderr
    assert marina.replies == []


def test_commands_log_as_json_where_that_is_wanted_and_leave_their_result_to_be_read(world: World) -> None:
    """The conversation at a desk does so above."""
    marina = world.person()
    activated = process(world, "flows.activation", "--phone", marina.phone, "--name", "Marina Alves", LOG_FORMAT="json")
    marina.write("oi")
    without_a_reminder_of_its_own(world, marina)
    shown = process(world, "flows.reminder", "--user-id", marina.bsuid, "--dry-run", LOG_FORMAT="json")
    sent = process(world, "flows.reminder", "--user-id", marina.bsuid, LOG_FORMAT="json")
    reported = process(world, "flows.report", "--day", "2026-11-21", LOG_FORMAT="json")
    nobody = process(world, "flows.reminder", "--user-id", "BR.404", LOG_FORMAT="json")
    broken = process(world, "flows.report", LOG_FORMAT="json", DATABASE_URL="postgresql://nobody@127.0.0.1:9/x")
    done = (activated, shown, sent, reported, nobody, broken)
    assert [each.returncode for each in done] == [0, 0, 0, 0, 5, 4], [each.stderr for each in done]
    logged = [[json.loads(line) for line in each.stderr.splitlines()] for each in done]
    assert all({"time", "level", "logger", "message"} <= line.keys() for lines in logged for line in lines)
    assert [bool(lines) for lines in logged] == [True] * 6
    assert "no such lead in the store" in [line["message"] for line in logged[4]]
    for result, words in (
        (activated, "Completed: "),
        (shown, shown.stdout.strip()),
        (reported, "21/11/2026"),
    ):
        assert words in result.stdout and not result.stdout.startswith("{")
    assert len(shown.stdout.strip()) >= 50
    for each in done:
        assert marina.phone not in each.stderr and "Marina" not in each.stderr


def test_missing_settings_are_named_instead_of_a_traceback(world: World) -> None:
    done = process(world, "webhook.app", WHATSAPP_APP_SECRET="")
    assert done.returncode == 1
    assert "WHATSAPP_APP_SECRET is not set" in done.stderr
    assert "Traceback" not in done.stderr
    done = process(world, "deployments.worker", WHATSAPP_API_TOKEN="")
    assert done.returncode == 1
    assert "WHATSAPP_API_TOKEN is not set" in done.stderr
    assert "Traceback" not in done.stderr
