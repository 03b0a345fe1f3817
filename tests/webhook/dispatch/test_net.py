"""What failed is done later, what hangs is given up, and no run stands in Prefect for ever."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest

from flows.domain import Outcome
from flows.errors import TryAgain
from tests.http_double import HANGS, Answer, answer
from tests.prefect_double import PrefectDouble
from tests.webhook.dispatch.conftest import Desk
from webhook.dispatch import Dispatcher, Done

DOWN = answer({"detail": "starting"}, 500)
A_PROXY = Answer(200, b"<html>Bad gateway</html>", {"content-type": "text/html"})


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
