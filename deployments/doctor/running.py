"""What runs: workers that are alive, runs that should have started or ended long ago, the way to the webhook."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter
from prefect.client.schemas.objects import FlowRun, StateType, WorkerStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import PrefectHTTPStatusError

from deployments.doctor import reaching
from deployments.doctor.notes import Notes, Trouble
from flows import settings

# A run that waits longer than LINGER_SECONDS suspends, and a turn has limits of its own; Pending lasts milliseconds.
STUCK: dict[StateType, timedelta] = {StateType.RUNNING: timedelta(minutes=30), StateType.PENDING: timedelta(minutes=2)}


async def workers(notes: Notes, client: PrefectClient, pool: str) -> None:
    """At least one is online; old entries of workers that ended are nothing."""
    try:
        found = await client.read_workers_for_work_pool(pool, offset=0, limit=200)
    except PrefectHTTPStatusError as exc:
        if exc.response.status_code != 404:
            raise
        raise Trouble("workers.no_pool") from None
    online = [worker for worker in found if worker.status is WorkerStatus.ONLINE]
    beats = [worker.last_heartbeat_time for worker in online or found if worker.last_heartbeat_time]
    last = _ago(max(beats)) if beats else ""
    if not online:
        raise Trouble("workers.none", last=last and f", the last heartbeat came {last}")
    notes.say("workers.right", count=len(online), last=last)


async def look_at_runs(notes: Notes, client: PrefectClient, pool: str) -> None:
    """None late, none stuck."""
    in_pool = WorkPoolFilter.model_validate({"name": {"any_": [pool]}})
    with_name = FlowRunFilter.model_validate({"state": {"name": {"any_": ["Late"]}}})
    if late := await client.count_flow_runs(work_pool_filter=in_pool, flow_run_filter=with_name):
        notes.say("runs.late", count=late)
    now = datetime.now(UTC)
    of_type = FlowRunFilter.model_validate({"state": {"type": {"any_": list(STUCK)}}})
    order = FlowRunSort.EXPECTED_START_TIME_ASC
    found = await client.read_flow_runs(work_pool_filter=in_pool, flow_run_filter=of_type, sort=order, limit=200)
    stuck = [run for run in found if _since(run, now) > STUCK.get(run.state_type or StateType.RUNNING, timedelta.max)]
    if stuck:
        notes.say("runs.stuck", count=len(stuck), names=", ".join(str(run.name) for run in stuck[:3]))
    if not (late or stuck):
        notes.say("runs.right", count=len(found))


async def proxies(notes: Notes) -> None:
    """The webhook believes as many proxies as there are on the way from its public address; its `/health` tells."""
    url = notes.read(settings.Ops).ops_url
    if url is None:
        raise Trouble("proxies.unknown")
    try:
        async with reaching.client() as client:
            told = (await client.get(f"{url.rstrip('/')}/health")).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise Trouble("proxies.silent") from None
    believed = told.get("forwarded") if isinstance(told, dict) else None
    notes.say("proxies.wrong" if believed else "proxies.right", believed=believed)


def _since(run: FlowRun, now: datetime) -> timedelta:
    return now - run.state.timestamp if run.state else timedelta(0)


def _ago(moment: datetime) -> str:
    seconds = (datetime.now(UTC) - moment).total_seconds()
    return f"{seconds:.0f} s ago" if seconds < 600 else f"{seconds / 60:.0f} minutes ago"
