"""What runs: workers that are alive, runs that should have started or ended long ago, the way to the webhook."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType, WorkerStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import PrefectHTTPStatusError

from deployments.doctor import asking
from deployments.doctor.report import Notes, Trouble, Unasked
from flows import settings

START = "python -m deployments.worker (or: docker compose up -d worker)"
# A run that waits longer than LINGER_SECONDS suspends, and a turn has limits of its own; Pending lasts milliseconds.
STUCK: dict[StateType, timedelta] = {StateType.RUNNING: timedelta(minutes=30), StateType.PENDING: timedelta(minutes=2)}


async def workers(notes: Notes, client: PrefectClient, pool: str) -> None:
    """At least one is online; old entries of workers that ended are nothing."""
    try:
        found = await client.read_workers_for_work_pool(pool, offset=0, limit=200)
    except PrefectHTTPStatusError as exc:
        if exc.response.status_code != 404:
            raise
        raise Unasked("the work pool does not exist") from None
    online = [worker for worker in found if worker.status is WorkerStatus.ONLINE]
    beats = [worker.last_heartbeat_time for worker in found if worker.last_heartbeat_time]
    if not online:
        last = f", the last heartbeat came {_ago(max(beats))}" if beats else ""
        raise Trouble(f"none is alive{last}: nobody answers", START)
    newest = max(worker.last_heartbeat_time for worker in online if worker.last_heartbeat_time)
    notes.ok("workers", f"{len(online)} alive, the last heartbeat came {_ago(newest)}")


async def runs(notes: Notes, client: PrefectClient, pool: str) -> None:
    """None late, none stuck."""
    in_pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
    late = await client.count_flow_runs(
        work_pool_filter=in_pool,
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Late"]))),
    )
    if late:
        notes.warn(
            "runs", f"{late} should have started and wait for a worker", "see workers; more of them, or WORKER_LIMIT"
        )
    now = datetime.now(UTC)
    found = await client.read_flow_runs(
        work_pool_filter=in_pool,
        limit=200,
        sort=FlowRunSort.EXPECTED_START_TIME_ASC,
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(STUCK)))),
    )
    stuck = [run for run in found if _since(run, now) > STUCK.get(run.state_type or StateType.RUNNING, timedelta.max)]
    if stuck:
        names = ", ".join(str(run.name) for run in stuck[:3])
        notes.warn(
            "runs",
            f"{len(stuck)} stuck in Running or Pending, for example {names}",
            "the dispatcher replaces a dead worker's run; cancel the others in Prefect's UI",
        )
    if not (late or stuck):
        notes.ok("runs", f"none late, none stuck, {len(found)} under way")


async def proxies(notes: Notes) -> None:
    """The webhook believes as many proxies as there are on the way from its public address; its `/health` tells."""
    url = settings.read(settings.Ops).ops_url
    if url is None:
        raise Unasked("OPS_URL is not set, so nobody knows the webhook's public address")
    try:
        async with httpx.AsyncClient(timeout=asking.TIMEOUT) as client:
            told = (await client.get(f"{url.rstrip('/')}/health")).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise Unasked("the webhook does not answer at OPS_URL") from None
    if isinstance(told, dict) and (believed := told.get("forwarded")):
        notes.warn(
            "proxies",
            f"of the entries in X-Forwarded-For {believed}: visitors count as one, or choose their address",
            "set FORM_TRUSTED_PROXIES to the number of proxies before the webhook",
        )
    else:
        notes.ok("proxies", "as many on the way from OPS_URL as FORM_TRUSTED_PROXIES says")


def _since(run: FlowRun, now: datetime) -> timedelta:
    return now - run.state.timestamp if run.state else timedelta(0)


def _ago(moment: datetime) -> str:
    seconds = (datetime.now(UTC) - moment).total_seconds()
    return f"{seconds:.0f} s ago" if seconds < 600 else f"{seconds / 60:.0f} minutes ago"
