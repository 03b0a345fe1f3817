"""A run that should have reported gets what its state in Prefect calls for, and no silence is lost with a run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.adapters.store.leads import Claim
from tests.http_double import Answer, answer
from tests.webhook.dispatch.conftest import LEASE, Desk, wanted
from webhook.dispatch import Done

DOWN = answer({"detail": "starting"}, 500)
A_PROXY = Answer(200, b"<html>Bad gateway</html>", {"content-type": "text/html"})


@pytest.mark.parametrize(
    ("type", "name", "age", "expected"),
    [
        ("SCHEDULED", None, 0, Done.LEFT_ALONE),
        ("SCHEDULED", "Late", 600, Done.LEFT_ALONE),
        ("SCHEDULED", "AwaitingRetry", 0, Done.LEFT_ALONE),
        ("PENDING", None, 5, Done.LEFT_ALONE),
        ("PENDING", None, 30, Done.RESCHEDULED),
        ("RUNNING", None, 5, Done.LEFT_ALONE),
        ("RUNNING", None, 30, Done.RESCHEDULED),
        ("RUNNING", "Retrying", 600, Done.RESCHEDULED),
        ("CANCELLING", None, 5, Done.LEFT_ALONE),
        ("CANCELLING", None, 30, Done.REPLACED),
        ("PAUSED", "Suspended", 60, Done.RESUMED),
        ("CANCELLED", None, 5, Done.REPLACED),
        ("CRASHED", None, 5, Done.REPLACED),
        ("FAILED", "TimedOut", 5, Done.REPLACED),
        ("COMPLETED", None, 5, Done.REPLACED),
    ],
)
def test_a_run_that_should_have_reported_gets_what_its_state_calls_for(
    desk: Desk, type: str, name: str | None, age: int, expected: Done
) -> None:
    started, flow_run_id, _ = desk.running(f"BR.{type}{name}{age}")
    started = started.model_copy(update={"flow_run_id": flow_run_id})
    desk.prefect.set(flow_run_id, type, name, age=timedelta(seconds=age))
    assert desk.does(wanted(started, "lease")) is expected
    replaced = desk.row(started)["flow_run_id"] != flow_run_id
    assert replaced == (expected is Done.REPLACED)
    rescheduled = [(run_id, body["state"]["type"], body["force"]) for run_id, body in desk.prefect.states_set]
    assert rescheduled == ([(flow_run_id, "SCHEDULED", True)] if expected is Done.RESCHEDULED else [])


def test_a_run_that_claimed_since_it_began_and_lost_its_lease_is_rescheduled_at_once(desk: Desk) -> None:
    started, flow_run_id, _ = desk.running("BR.lost")
    desk.prefect.set(flow_run_id, "RUNNING", age=timedelta(seconds=5))
    desk.sql("update runs set lease_expires_at = now() - interval '1 second' where id = $1", started.run_id)
    desk.all_due()
    (found,) = desk.runner.run(desk.store.due())
    assert (found.run_id, found.reason) == (started.run_id, "lease")
    assert desk.does(found) is Done.RESCHEDULED


@pytest.mark.parametrize("reason", ["message", "lease"])
def test_a_run_that_begins_again_is_not_disturbed_for_an_older_claim(desk: Desk, reason: str) -> None:
    """A worker has just taken it, resumed or rescheduled; it claims in a moment."""
    started, flow_run_id, _ = desk.running(f"BR.begins{reason}")
    desk.sql("update runs set claimed_at = now() - interval '1 minute' where id = $1", started.run_id)
    if reason == "message":
        desk.sql("update runs set status = 'waking' where id = $1", started.run_id)
    desk.prefect.set(flow_run_id, "RUNNING", age=timedelta(seconds=5))
    desk.all_due()
    (found,) = desk.runner.run(desk.store.due())
    assert found.reason == reason
    assert desk.does(found) is Done.LEFT_ALONE
    assert not desk.prefect.states_set


def test_a_burst_that_is_just_starting_is_left_alone(desk: Desk) -> None:
    """Forty who write within a second: Prefect calls their runs Running before they have claimed anything."""
    starts = [desk.hears() for _ in range(40)]
    for start in starts:
        desk.does(start)
        desk.prefect.set(desk.prefect.created[-1][0], "RUNNING", age=timedelta(seconds=3))
    desk.all_due()
    found = desk.runner.run(desk.store.due())
    assert {one.run_id for one in found} == {start.run_id for start in starts}
    assert {desk.does(one) for one in found} == {Done.LEFT_ALONE}
    assert not desk.prefect.states_set


def test_a_run_that_prefect_never_heard_of_is_started(desk: Desk) -> None:
    start = desk.hears()
    assert desk.does(wanted(start, "message")) is Done.STARTED


def test_a_run_that_prefect_forgot_is_replaced(desk: Desk) -> None:
    started, flow_run_id, _ = desk.running("BR.forgotten")
    del desk.prefect.runs[flow_run_id]
    assert desk.does(wanted(started.model_copy(update={"flow_run_id": flow_run_id}), "lease")) is Done.REPLACED


def test_an_overdue_silence_resumes_as_silence(desk: Desk) -> None:
    started, flow_run_id = desk.suspended("BR.silent")
    assert desk.does(wanted(started, "silence")) is Done.RESUMED
    assert desk.prefect.resumed == [(flow_run_id, {})]


@pytest.mark.parametrize("became", ["CANCELLED", "FAILED", "CRASHED", "COMPLETED", "deleted"])
def test_a_silence_is_kept_whatever_became_of_the_prefect_run(desk: Desk, became: str) -> None:
    started, flow_run_id = desk.suspended(f"BR.silent.{became}")
    if became == "deleted":
        del desk.prefect.runs[flow_run_id]
    else:
        desk.prefect.set(flow_run_id, became)
    desk.sql(
        "update runs set wake_due_at = t, next_dispatch_at = t from (select now() - interval '1 hour') h(t) where id = $1",
        started.run_id,
    )
    (silence,) = desk.runner.run(desk.store.due())
    assert (silence.run_id, silence.reason) == (started.run_id, "silence")
    assert desk.does(silence) is Done.REPLACED
    again = desk.prefect.created[-1][0]
    assert desk.row(started)["flow_run_id"] == again != flow_run_id
    claim = desk.runner.run(desk.store.claim("conversation", started.lead_id, again, LEASE))
    assert isinstance(claim, Claim) and claim.woken, "the new run knows that it is for the silence"


def test_a_cancelled_conversation_still_answers_who_wrote_meanwhile(desk: Desk) -> None:
    started, flow_run_id = desk.suspended("BR.wrote")
    desk.prefect.set(flow_run_id, "CANCELLED")
    desk.hears("BR.wrote")
    assert desk.does(wanted(started, "silence")) is Done.REPLACED
    assert desk.row(started)["flow_run_id"] == desk.prefect.created[-1][0]
