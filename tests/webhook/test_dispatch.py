"""Prefect gets what the store decided, once, whatever state Prefect is in; and nothing that failed is forgotten."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.adapters.store import database
from flows.adapters.store.leads import Claim, Dispatch, LeadStore
from flows.domain import Outcome, Reply
from flows.errors import Fix, TryAgain
from tests.http_double import HANGS, Answer, answer
from tests.prefect_double import NOT_PAUSED, PrefectDouble
from webhook.dispatch import Dispatcher, Done

LEASE = timedelta(minutes=1)
DOWN = answer({"detail": "starting"}, 500)
A_PROXY = Answer(200, b"<html>Bad gateway</html>", {"content-type": "text/html"})


class Desk:
    """A store, a dispatcher over it, and the Prefect it talks to; its methods are what the outside world does."""

    def __init__(self, runner: asyncio.Runner, url: str, prefect: PrefectDouble, **options: Any) -> None:
        self.runner, self.url, self.prefect = runner, url, prefect
        self.store = LeadStore.postgres(url, listen=False)
        self.dispatcher = Dispatcher(self.store, **options)

    def __enter__(self) -> Desk:
        self.runner.run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.run(self.dispatcher.__aexit__())
        self.runner.run(self.store.__aexit__())

    async def _open(self) -> None:
        await self.store.__aenter__()
        # the client takes its address once, when it opens
        with temporary_settings({PREFECT_API_URL: self.prefect.api}):
            await self.dispatcher.__aenter__()

    def hears(self, bsuid: str | None = None) -> Dispatch:
        """Somebody writes; what the store wants done for it."""
        name = uuid.uuid4().hex
        message = {
            "kind": "message", "key": f"m:{name}", "wamid": name, "type": "text", "text": "oi", "payload": None,
            "media": None, "location": None, "bsuid": bsuid or f"BR.{name}", "phone": None, "wa_id": None,
            "profile_name": None, "username": None, "reply_to": None, "at": None, "wants_answer": True, "raw": {},
        }  # fmt: skip
        (dispatch,) = self.runner.run(self.store.receive([message])).dispatch
        return dispatch

    def does(self, dispatch: Dispatch) -> Done:
        return self.runner.run(self.dispatcher.carry_out(dispatch))

    def running(self, bsuid: str) -> tuple[Dispatch, UUID, Claim]:
        """A conversation whose flow run has claimed the lead: its start, the flow run, the claim."""
        started = self.hears(bsuid)
        assert self.does(started) is Done.STARTED
        flow_run_id = self.prefect.created[-1][0]
        claim = self.runner.run(self.store.claim("conversation", started.lead_id, flow_run_id, LEASE))
        assert isinstance(claim, Claim)
        return started, flow_run_id, claim

    def suspended(self, bsuid: str) -> tuple[Dispatch, UUID]:
        """A conversation that has answered all there was, and waits suspended."""
        started, flow_run_id, claim = self.running(bsuid)
        self.runner.run(self._answers_and_parks(claim))
        self.prefect.set(flow_run_id, "PAUSED", "Suspended")
        return started.model_copy(update={"flow_run_id": flow_run_id}), flow_run_id

    async def _answers_and_parks(self, claim: Claim) -> None:
        drained = await self.store.drain(claim.lead_id)
        await self.store.commit_turn(claim, drained.messages, Reply(content=None))
        assert await self.store.park(claim, datetime.now(UTC) + timedelta(hours=2)) is not None

    def row(self, dispatch: Dispatch) -> asyncpg.Record:
        (row,) = self.sql("select * from runs where id = $1", dispatch.run_id)
        return row

    def sql(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        async def fetch() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.url)
            try:
                return await connection.fetch(statement, *arguments)
            finally:
                await connection.close()

        return self.runner.run(fetch())

    def all_due(self) -> None:
        self.sql("update runs set next_dispatch_at = now() - interval '1 hour'")


@pytest.fixture(scope="module")
def url(postgres: str, runner: asyncio.Runner) -> str:
    """A database of this file's own: what is due in it is due to these tests."""
    url = postgres.replace("/serena?", "/dispatching?")
    runner.run(database.ensure_database(url))
    runner.run(database.migrate(url))
    return url


@pytest.fixture
def prefect() -> Iterator[PrefectDouble]:
    with PrefectDouble() as double:
        yield double


@pytest.fixture
def desk(runner: asyncio.Runner, url: str, prefect: PrefectDouble) -> Iterator[Desk]:
    with Desk(runner, url, prefect, every=0.02) as desk:
        desk.sql("update runs set status = 'finished', outcome = 'test over' where status <> 'finished'")
        desk.sql("update lead_messages set answered_at = now() where answered_at is null")
        yield desk


def wanted(dispatch: Dispatch, reason: str, action: str = "revive") -> Dispatch:
    return dispatch.model_copy(update={"action": action, "reason": reason})


def looped(desk: Desk, until: Callable[[], object], *others: Dispatcher) -> None:
    """Runs the dispatcher's loop until it holds."""

    async def play() -> None:
        loops = [asyncio.create_task(one.run()) for one in (desk.dispatcher, *others)]
        try:
            await asyncio.to_thread(desk.prefect.wait_until, until)
            assert not any(loop.done() for loop in loops)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    desk.runner.run(play())


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


# reviving


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


# the net


def test_what_failed_stays_due_and_is_done_later(desk: Desk) -> None:
    start = desk.hears()
    desk.prefect.then(DOWN)

    async def play() -> None:
        desk.dispatcher.soon([start])
        await asyncio.to_thread(desk.prefect.wait_until, lambda: desk.prefect.requests)

    desk.runner.run(play())
    assert not desk.prefect.created
    assert desk.row(start)["status"] == "requested"
    desk.all_due()
    looped(desk, lambda: desk.prefect.created)
    assert desk.prefect.created[0][1]["idempotency_key"] == f"{start.run_id}:0"


def test_a_prefect_that_is_not_there_is_an_error_named_for_trying_again(runner: asyncio.Runner, url: str) -> None:
    with PrefectDouble() as closed:
        pass
    with Desk(runner, url, closed) as desk:
        with pytest.raises(TryAgain, match="ConnectError"):
            desk.does(desk.hears())
        with pytest.raises(TryAgain, match="does not answer"):
            runner.run(desk.dispatcher.ping())


@pytest.mark.parametrize("surprise", [A_PROXY, DOWN], ids=["not Prefect", "500"])
def test_one_runs_surprise_does_not_end_the_loop_for_the_others(desk: Desk, surprise: Answer) -> None:
    for name in ("BR.s1", "BR.s2", "BR.s3"):
        _, flow_run_id, _ = desk.running(f"{name}{id(surprise)}")
        desk.prefect.set(flow_run_id, "RUNNING", age=timedelta(minutes=1))
    desk.prefect.then(surprise)
    desk.all_due()
    looped(desk, lambda: len(desk.prefect.states_set) >= 2)


def test_a_store_that_refuses_does_not_end_the_loop(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    start = desk.hears()
    desk.all_due()
    desk.sql("alter function due_runs(int, double precision) rename to due_runs_elsewhere")
    try:
        looped(desk, lambda: "no function due_runs" in caplog.text)
    finally:
        desk.sql("alter function due_runs_elsewhere(int, double precision) rename to due_runs")
    looped(desk, lambda: desk.prefect.created)
    assert desk.prefect.created[0][1]["parameters"] == {"lead_id": str(start.lead_id)}


def test_two_dispatchers_at_once_do_everything_once(desk: Desk) -> None:
    starts = [desk.hears() for _ in range(30)]
    desk.all_due()
    with Desk(desk.runner, desk.url, desk.prefect, every=0.02) as other:
        looped(desk, lambda: len(desk.prefect.created) >= 30, other.dispatcher)
    assert len(desk.prefect.created) == 30
    assert sorted(desk.prefect.keys) == sorted(f"{start.run_id}:0" for start in starts)


def test_while_prefect_hangs_most_of_a_flood_waits_in_the_store(desk: Desk) -> None:
    desk.prefect.then(*[HANGS] * 8)
    start = desk.hears()
    flood = [start.model_copy(update={"run_id": uuid.uuid4()}) for _ in range(1000)]

    async def play() -> int:
        desk.dispatcher.soon(flood)
        return sum(task.get_name().startswith("dispatch-") for task in asyncio.all_tasks())

    assert desk.runner.run(play()) == 200


def test_a_hanging_prefect_is_given_up_after_its_time(
    runner: asyncio.Runner, url: str, prefect: PrefectDouble, caplog: pytest.LogCaptureFixture
) -> None:
    prefect.then(HANGS)
    with Desk(runner, url, prefect, every=0.02, timeout=0.1) as desk:
        desk.hears()
        desk.all_due()
        looped(desk, lambda: "TimeoutError" in caplog.text)
        desk.all_due()
        looped(desk, lambda: prefect.created)


def test_closing_cuts_off_what_is_under_way(runner: asyncio.Runner, url: str, prefect: PrefectDouble) -> None:
    prefect.then(HANGS)
    with Desk(runner, url, prefect) as desk:
        start = desk.hears()

        async def play() -> None:
            desk.dispatcher.soon([start])
            await asyncio.to_thread(prefect.wait_until, lambda: prefect.requests)

        runner.run(play())
    assert not prefect.created


@pytest.mark.parametrize("stands", ["RUNNING", "PAUSED", "SCHEDULED"])
def test_a_run_that_the_store_is_done_with_does_not_stand_in_prefect_for_ever(desk: Desk, stands: str) -> None:
    """Its worker died between the store's last word and Prefect's; or it was suspended as another one took its place."""
    started, flow_run_id, claim = desk.running(f"BR.left-{stands}")
    desk.runner.run(desk.store.finish(claim, Outcome.SILENT, unless_unanswered=False))
    desk.prefect.set(flow_run_id, stands)
    desk.runner.run(desk.dispatcher.end_left())
    assert desk.prefect.runs[flow_run_id]["type"] == stands, "it has a minute to end by itself"
    desk.sql("update flow_runs_left set left_at = left_at - interval '2 minutes'")
    desk.runner.run(desk.dispatcher.end_left())
    assert desk.prefect.runs[flow_run_id]["type"] == "CANCELLED"
    assert desk.sql("select 1 from flow_runs_left where flow_run_id = $1", flow_run_id) == []


def test_runs_that_ended_were_replaced_and_whose_lead_is_gone_are_looked_after_alike(desk: Desk) -> None:
    replaced, old, _ = desk.running("BR.left-replaced")
    assert desk.runner.run(desk.store.replace_run(replaced)) is not None
    erased, gone, _ = desk.running("BR.left-erased")
    desk.sql("delete from leads where id = $1", erased.lead_id)
    ended, done, claim = desk.running("BR.left-ended")
    desk.runner.run(desk.store.finish(claim, Outcome.SILENT, unless_unanswered=False))
    desk.prefect.set(done, "COMPLETED")
    desk.sql("update flow_runs_left set left_at = left_at - interval '2 minutes'")
    desk.runner.run(desk.dispatcher.end_left())
    assert [desk.prefect.runs[run]["type"] for run in (old, gone, done)] == ["CANCELLED", "CANCELLED", "COMPLETED"]


def test_a_run_whose_lead_was_erased_while_prefect_made_it_is_looked_after_too(desk: Desk) -> None:
    start = desk.hears()
    desk.sql("delete from leads where id = $1", start.lead_id)
    assert desk.does(start) is Done.STARTED
    ((flow_run_id, _),) = desk.prefect.created
    desk.prefect.set(flow_run_id, "PENDING")
    desk.sql("update flow_runs_left set left_at = left_at - interval '2 minutes'")
    desk.runner.run(desk.dispatcher.end_left())
    assert desk.prefect.runs[flow_run_id]["type"] == "CANCELLED"


def test_a_run_that_was_begun_again_is_not_ended(desk: Desk) -> None:
    """An operator pressed Retry on it."""
    started, flow_run_id, claim = desk.running("BR.left-again")
    desk.runner.run(desk.store.finish(claim, Outcome.SILENT, unless_unanswered=False))
    desk.sql("update runs set status = 'requested', outcome = null where id = $1", started.run_id)
    desk.sql("update flow_runs_left set left_at = left_at - interval '2 minutes'")
    desk.prefect.set(flow_run_id, "RUNNING")
    desk.runner.run(desk.dispatcher.end_left())
    assert desk.prefect.runs[flow_run_id]["type"] == "RUNNING"
