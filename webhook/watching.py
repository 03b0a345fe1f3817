"""What goes wrong in Prefect, as news in the store: runs that failed, workers that died without a word, no worker at all."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.adapters.store.company import FailedRun, StoppedWorker
from flows.adapters.store.leads import LeadStore
from flows.shown.words import FLOWS
from webhook.dispatch import Dispatcher

# What failed or stopped while nobody looked is news for so long.
_BACK = timedelta(days=1)


class Watch:
    """Looks every `every` seconds. A worker counts as stopped once Prefect has called it that for two more looks: after an
    outage of its own Prefect calls all of them so, until each has said that it lives."""

    def __init__(self, store: LeadStore, dispatcher: Dispatcher, pool: str, every: float) -> None:
        self._store, self._dispatcher, self._pool, self._every = store, dispatcher, pool, every
        self._flows: dict[str, str] = {}
        self._gone: dict[str, float] = {}

    async def look(self) -> int:
        """Returns 0: what it finds is told from the store. Raises TryAgain, OutcomeUnknown, Fix."""
        since = datetime.now(UTC) - _BACK
        await self._store.company.note_failed_runs(await self._failed(since))
        workers = await self._dispatcher.ask(f"/work_pools/{self._pool}/workers/filter", {"limit": 200})
        stopped = {row["name"]: row for row in workers if row["status"] == "OFFLINE"}
        alive = len(workers) - len(stopped)
        now = time.monotonic()
        self._gone = {name: self._gone.get(name, now) for name in (*stopped, *([] if alive else [""]))}
        sure = {name for name, at in self._gone.items() if now - at >= 2 * self._every}
        if alive or "" in sure:
            found = [
                StoppedWorker(at=row["last_heartbeat_time"], subject=name)
                for name, row in stopped.items()
                if name in sure
            ]
            await self._store.company.note_workers([worker for worker in found if worker.at > since], alive)
        return 0

    async def _failed(self, since: datetime) -> list[FailedRun]:
        asked: dict[str, Any] = {
            "flows": {"name": {"any_": list(FLOWS)}},
            "flow_runs": {
                "state": {"type": {"any_": ["FAILED", "CRASHED"]}},
                "end_time": {"after_": since.isoformat()},
            },
            "sort": "END_TIME_DESC",
            "limit": 200,
        }
        runs = await self._dispatcher.ask("/flow_runs/filter", asked)
        if not runs:
            return []
        if not {run["flow_id"] for run in runs} <= self._flows.keys():
            flows = await self._dispatcher.ask("/flows/filter", {"flows": {"name": {"any_": list(FLOWS)}}})
            self._flows = {flow["id"]: flow["name"] for flow in flows}
        return [
            FailedRun(
                at=run["end_time"], subject=f"{self._flows.get(run['flow_id'], '')}:{run['id']}", what=run["state_type"]
            )
            for run in runs
        ]
