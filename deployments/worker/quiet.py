"""What of Prefect's and the vendors' log lines a worker keeps to itself."""

from __future__ import annotations

import logging


class _NoNews(logging.Filter):
    """What Prefect says in every conversation and no operator need read: a suspended run at ERROR, which is the normal
    case; that another worker was faster; and the end of each task, which has a line of ours that says more."""

    _ALWAYS = (
        "Finished in state Suspended",
        # what a run is left in that lost its claim: it begins again, here or on another worker
        "Finished in state Running",
        "Aborted submission of flow run",
    )

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        task_ended = record.name == "prefect.task_runs" and said == "Finished in state Completed()"
        return not (task_ended or said.startswith(self._ALWAYS))


def quieten() -> None:
    """Vendors' request logs name addresses and people; the engine's false alarms would hide real ones."""
    for name in ("httpx", "httpcore", "pywa"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in (
        "prefect.flow_runs",
        "prefect.flow_runs.worker",
        "prefect.task_runs",
        "prefect.engine",
        "prefect.flow_engine",
    ):
        logging.getLogger(name).addFilter(_NoNews())
