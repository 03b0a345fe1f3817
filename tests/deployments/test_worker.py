"""The worker against a Prefect that fails: one run's trouble is not the worker's end, since all runs end with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, WorkPool
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from prefect.states import Scheduled

from deployments.worker import InProcessWorker
from deployments.worker.pages import refuse_pages
from deployments.worker.quiet import quieten
from flows import settings
from tests.http_double import Answer, answer
from tests.openai_double import A_PAGE
from tests.prefect_double import NOT_PAUSED, PrefectDouble

AWAY = answer({"exception_message": "Internal Server Error"}, 500)


@pytest.fixture
def prefect() -> Iterator[PrefectDouble]:
    with PrefectDouble() as double:
        yield double


@asynccontextmanager
async def _worker(prefect: PrefectDouble) -> Any:
    with temporary_settings({PREFECT_API_URL: prefect.api, PREFECT_CLIENT_MAX_RETRIES: 0}):
        worker = InProcessWorker(work_pool_name="serena")
        async with get_client() as client:
            worker._client = client
            yield worker


@pytest.mark.parametrize("trouble", [AWAY, answer({"detail": "Flow run not found"}, 404), answer("no json", 200)])
@pytest.mark.parametrize("news", [("_take",), ("_let_go", "prefect.flow-run.Paused")], ids=["taken", "let go"])
def test_news_of_a_run_that_cannot_be_read_is_left_to_the_poll(
    prefect: PrefectDouble, trouble: Answer, news: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    flow_run_id = uuid4()

    async def hear() -> None:
        async with _worker(prefect) as worker:
            prefect.then(trouble)
            await getattr(worker, news[0])(flow_run_id, *news[1:])

    with caplog.at_level(logging.WARNING, "serena.worker"):
        asyncio.run(hear())
    assert f"flow run {flow_run_id} could not be read" in caplog.text


@pytest.mark.parametrize("paused", [True, False])
def test_a_paused_pool_gives_no_runs_at_the_news_of_them(prefect: PrefectDouble, paused: bool) -> None:
    async def hear() -> None:
        async with _worker(prefect) as worker:
            worker._work_pool = WorkPool(name="serena", type=worker.type, default_queue_id=uuid4(), is_paused=paused)
            await worker._take(uuid4())

    asyncio.run(hear())
    asked = [request.path for request in prefect.requests if "/flow_runs/" in request.path]
    assert bool(asked) is not paused


def test_a_run_that_another_worker_has_is_no_news(prefect: PrefectDouble, caplog: pytest.LogCaptureFixture) -> None:
    run = FlowRun(id=uuid4(), flow_id=uuid4(), name="conversation-1", state=Scheduled())
    said = logging.getLogger("prefect.flow_runs.worker")

    async def too_late() -> bool:
        async with _worker(prefect) as worker:
            prefect.then(answer({"detail": "CSRF protection is disabled."}, 422), NOT_PAUSED)
            return bool(await worker._propose_pending_state(run))

    with caplog.at_level(logging.INFO, said.name), temporary_settings({PREFECT_LOGGING_TO_API_ENABLED: False}):
        said.addHandler(caplog.handler)
        try:
            assert asyncio.run(too_late()) is False
            assert "Aborted submission" in caplog.text, "Prefect words it in another way now"
            caplog.clear()
            quieten()
            assert asyncio.run(too_late()) is False
            assert caplog.text == ""
        finally:
            said.removeHandler(caplog.handler)
            for name in ("prefect.flow_runs", said.name, "prefect.task_runs", "prefect.engine", "prefect.flow_engine"):
                logging.getLogger(name).filters.clear()
            for name in ("httpx", "httpcore", "pywa"):
                logging.getLogger(name).setLevel(logging.NOTSET)


def test_prefect_failing_around_a_run_ends_neither_the_worker_nor_its_other_runs(
    prefect: PrefectDouble, caplog: pytest.LogCaptureFixture
) -> None:
    # The double lets it become Pending, and knows no flows.
    run = FlowRun(id=uuid4(), flow_id=uuid4(), name="conversation-1", state=Scheduled())

    async def submit() -> None:
        async with _worker(prefect) as worker:
            worker._runtime = _Open()
            await worker._submit_run(run)
            assert not worker._tasks
            async with asyncio.timeout(1):
                for _ in range(settings.read(settings.Worker).worker_starts):
                    await worker._starts.acquire()  # every place to start was given back

    asyncio.run(submit())
    assert f"flow run {run.id} was not brought to its end" in caplog.text
    assert [state["state"]["name"] for _, state in prefect.states_set] == ["Pending"]


def test_a_run_that_rests_again_by_the_time_it_is_taken_does_not_end_the_worker(prefect: PrefectDouble) -> None:
    """Two workers hear of a resumed run; the faster one has it suspended again before the other asks for it. What Prefect's
    client raises then is no Exception: it ended the whole worker, and every conversation in it."""
    run = FlowRun(id=uuid4(), flow_id=uuid4(), name="conversation-1", state=Scheduled())
    details = {"type": "reject_details", "reason": "This run cannot transition to PENDING from PAUSED."}
    rests = {"type": "PAUSED", "name": "Suspended", "state_details": {}}

    async def submit() -> None:
        async with _worker(prefect) as worker:
            worker._runtime = _Open()
            no_csrf = answer({"detail": "CSRF protection is disabled."}, 422)
            prefect.then(no_csrf, answer({"state": rests, "status": "REJECT", "details": details}))
            await worker._submit_run(run)
            assert not worker._tasks

    asyncio.run(submit())


def test_a_page_in_prefects_place_does_not_end_the_worker(prefect: PrefectDouble) -> None:
    """What the loops that the worker stands on cannot read ends them, but what did not arrive they ask for again."""

    async def poll() -> None:
        async with _worker(prefect) as worker:
            refuse_pages(worker.client)
            prefect.then(A_PAGE)
            await worker.client.read_work_pool("serena")

    with pytest.raises(httpx.TransportError):
        asyncio.run(poll())


class _Open:
    """As much of a runtime as taking a run asks for."""

    closing = asyncio.Event()
