"""Prefect gets what the store decided, once: a flow run that starts, or the one that waits and is resumed."""

from __future__ import annotations

import uuid

import pytest

from flows.errors import Fix, TryAgain
from tests.http_double import Answer, answer
from tests.prefect_double import NOT_PAUSED
from tests.webhook.dispatch.conftest import Desk, wanted
from webhook.dispatch import Done

DOWN = answer({"detail": "starting"}, 500)
A_PROXY = Answer(200, b"<html>Bad gateway</html>", {"content-type": "text/html"})


# starting


def test_a_start_creates_one_flow_run_that_holds_nothing_but_ids(desk: Desk) -> None:
    start = desk.hears()
    assert desk.does(start) is Done.STARTED
    ((flow_run_id, body),) = desk.prefect.created
    assert body["parameters"] == {"lead_id": str(start.lead_id)}
    assert body["idempotency_key"] == f"{start.run_id}:0"
    assert body["name"] == f"conversation-{str(start.lead_id)[:8]}"
    assert desk.row(start)["flow_run_id"] == flow_run_id


def test_starting_twice_is_one_flow_run(desk: Desk) -> None:
    start = desk.hears()
    assert [desk.does(start), desk.does(start)] == [Done.STARTED, Done.STARTED]
    assert len(desk.prefect.keys) == 1
    assert len({flow_run_id for flow_run_id, _ in desk.prefect.created}) == 1


@pytest.mark.parametrize("ended", ["COMPLETED", "CANCELLED", "CRASHED", "FAILED"])
def test_a_start_that_finds_its_flow_run_ended_makes_another(desk: Desk, ended: str) -> None:
    start = desk.hears()
    desk.does(start)
    desk.prefect.set(desk.prefect.created[0][0], ended)
    assert desk.does(start) is Done.REPLACED
    flow_run_id, body = desk.prefect.created[-1]
    assert body["idempotency_key"] == f"{start.run_id}:1"
    assert body["name"].endswith("-1")
    assert (desk.row(start)["generation"], desk.row(start)["flow_run_id"]) == (1, flow_run_id)


def test_what_the_store_has_finished_is_not_replaced(desk: Desk) -> None:
    start = desk.hears()
    desk.does(start)
    desk.prefect.set(desk.prefect.created[0][0], "COMPLETED")
    desk.sql("update runs set status = 'finished' where id = $1", start.run_id)
    assert desk.does(start) is Done.LEFT_ALONE
    assert len(desk.prefect.keys) == 1


def test_a_missing_deployment_says_what_to_do(desk: Desk) -> None:
    del desk.prefect.deployments["conversation"]
    with pytest.raises(Fix, match="deployments.apply"):
        desk.does(desk.hears())


def test_a_deployment_that_was_applied_anew_is_looked_up_again(desk: Desk) -> None:
    desk.does(desk.hears())
    desk.prefect.deployments["conversation"] = uuid.uuid4()
    start = desk.hears()
    with pytest.raises(TryAgain, match="404"):
        desk.does(start)
    assert desk.does(start) is Done.STARTED


@pytest.mark.parametrize("trouble", [DOWN, A_PROXY], ids=["500", "not Prefect"])
@pytest.mark.parametrize("call", ["deployment", "creation"])
def test_an_answer_that_is_not_prefects_is_tried_again(desk: Desk, trouble: Answer, call: str) -> None:
    if call == "creation":
        desk.does(desk.hears())
    start = desk.hears()
    desk.prefect.then(trouble)
    with pytest.raises(TryAgain):
        desk.does(start)
    assert desk.does(start) is Done.STARTED


# resuming


def test_a_message_resumes_the_suspended_run(desk: Desk) -> None:
    _, flow_run_id = desk.suspended("BR.resumed")
    resume = desk.hears("BR.resumed")
    assert (resume.action, resume.flow_run_id) == ("resume", flow_run_id)
    assert desk.does(resume) is Done.RESUMED
    assert desk.prefect.resumed == [(flow_run_id, {})]
    assert desk.prefect.runs[flow_run_id]["name"] == "Resuming"


def test_a_run_between_parking_and_suspended_is_tried_again_briefly(desk: Desk) -> None:
    _, flow_run_id = desk.suspended("BR.soon")
    resume = desk.hears("BR.soon")
    desk.prefect.then(NOT_PAUSED, NOT_PAUSED)
    assert desk.does(resume) is Done.RESUMED
    assert [request.path for request in desk.prefect.requests[-3:]] == [f"/api/flow_runs/{flow_run_id}/resume"] * 3


def test_a_run_that_does_not_suspend_is_left_to_the_dispatcher(desk: Desk) -> None:
    started, flow_run_id = desk.suspended("BR.busy")
    resume = desk.hears("BR.busy")
    desk.prefect.set(flow_run_id, "RUNNING")
    assert desk.does(resume) is Done.NOT_PAUSED
    assert {run_id for run_id, _ in desk.prefect.resumed} == {flow_run_id}
    assert desk.row(started)["status"] == "waking", "so it comes up again"


def test_a_suspension_that_timed_out_is_replaced(desk: Desk) -> None:
    started, flow_run_id = desk.suspended("BR.late")
    desk.prefect.overdue.add(flow_run_id)
    assert desk.does(desk.hears("BR.late")) is Done.REPLACED
    assert desk.row(started)["flow_run_id"] == desk.prefect.created[-1][0] != flow_run_id


def test_a_run_suspended_without_its_form_is_scheduled_past_it(desk: Desk) -> None:
    _, flow_run_id = desk.suspended("BR.formless")
    desk.prefect.formless.add(flow_run_id)
    assert desk.does(desk.hears("BR.formless")) is Done.RESUMED
    assert desk.prefect.runs[flow_run_id]["name"] == "Resuming"
    ((scheduled, body),) = [each for each in desk.prefect.states_set if each[0] == flow_run_id]
    assert (scheduled, body["state"]["type"], body["force"]) == (flow_run_id, "SCHEDULED", True)


@pytest.mark.parametrize("status", [500, 404])
def test_a_run_deleted_in_prefect_is_replaced(desk: Desk, status: int) -> None:
    """Prefect 3.9.1 answers 500 to resuming a run it does not have; the 404 it means is taken as well."""
    started, flow_run_id = desk.suspended(f"BR.gone{status}")
    del desk.prefect.runs[flow_run_id]
    if status == 404:
        desk.prefect.then(answer({"detail": "Flow run not found"}, 404))
    assert desk.does(desk.hears(f"BR.gone{status}")) is Done.REPLACED
    assert desk.row(started)["flow_run_id"] == desk.prefect.created[-1][0]


def test_an_error_of_prefect_does_not_cost_a_run_that_is_there(desk: Desk) -> None:
    started, flow_run_id = desk.suspended("BR.error")
    resume = desk.hears("BR.error")
    desk.prefect.then(DOWN)
    with pytest.raises(Exception, match="500"):
        desk.does(resume)
    assert desk.row(started)["flow_run_id"] == flow_run_id
    assert desk.does(resume) is Done.RESUMED


def test_resuming_what_never_started_starts_it(desk: Desk) -> None:
    start = desk.hears()
    assert desk.does(wanted(start, "message", "resume")) is Done.STARTED
