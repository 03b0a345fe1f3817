"""A small Prefect server: deployments, flow runs, and the calls that the dispatcher makes, remembered in order."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from prefect import __version__ as prefect_version

from flows.shown.words import FLOWS
from tests.http_double import Answer, HttpDouble, Request, answer

NOT_FOUND = answer({"detail": "Not found"}, 404)


class PrefectDouble(HttpDouble):
    """Its answers are those of Prefect 3.9.1, down to the 500 for resuming a run that does not exist."""

    def __init__(self) -> None:
        super().__init__()
        self.deployments = {name: uuid4() for name in ("conversation", "lead-activation")}
        self.runs: dict[UUID, dict[str, Any]] = {}
        self.keys: dict[str, UUID] = {}
        # Bodies of the calls, with the flow run's id.
        self.created: list[tuple[UUID, dict[str, Any]]] = []
        self.resumed: list[tuple[UUID, dict[str, Any]]] = []
        self.events: list[dict[str, Any]] = []
        self.states_set: list[tuple[UUID, dict[str, Any]]] = []
        self.flows = {name: str(uuid4()) for name in FLOWS}
        self.failed: list[dict[str, Any]] = []
        self.workers = [worker("one")]
        # A run whose suspension outlived its own timeout: resuming it fails it.
        self.overdue: set[UUID] = set()
        self.formless: set[UUID] = set()  # suspended, but the form for the input was never stored
        self.refuses: dict[str, int] = {}  # by path: the next so many are answered with 500
        self.mute = 0  # the next so many events are taken, and answered with 500 all the same
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        super().__enter__()
        # a dispatcher that is closed hangs up in the middle of an answer, which is no news
        self._server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        return self

    @property
    def api(self) -> str:
        """The value for PREFECT_API_URL."""
        return f"{self.url}/api"

    def set(self, run_id: UUID, type: str, name: str | None = None, *, age: timedelta = timedelta()) -> None:
        """The flow run entered this state `age` ago; `type` as in Prefect, `PAUSED`."""
        self.runs[run_id] = _state(type, name, age)

    def wait_until(self, holds: Callable[[], object], seconds: float = 15.0) -> None:
        """Returns as soon as it holds. Raises AssertionError."""
        deadline = time.monotonic() + seconds
        with self._news:
            while not holds():
                assert time.monotonic() < deadline, f"not within {seconds} s"
                # woken by the next request; but what is waited for may be a consequence of it, or a request that hangs
                self._news.wait(0.05)

    def usual(self, request: Request) -> Answer:
        with self._news:
            try:
                return self._route(request)
            finally:
                self._news.notify_all()

    def _route(self, request: Request) -> Answer:
        path = request.path.removeprefix("/api")
        if self.refuses.get(path, 0) > 0:
            self.refuses[path] -= 1
            return answer({"detail": "starting"}, 500)
        if path == "/health":
            return answer(True)
        if path == "/admin/version":
            return answer(prefect_version)
        if path == "/events":
            self.events += request.json
            if self.mute > 0:
                self.mute -= 1
                return answer({"detail": "it was taken, and nobody hears so"}, 500)
            return Answer(204)
        if path == "/csrf-token":
            return answer({"detail": "CSRF protection is disabled."}, 422)
        if named := re.fullmatch(r"/deployments/name/([\w-]+)/([\w-]+)", path):
            return self._deployment(named[1])
        if posted := re.fullmatch(r"/deployments/([0-9a-f-]{36})/create_flow_run", path):
            return self._create(UUID(posted[1]), request.json)
        if found := re.fullmatch(r"/flow_runs/([0-9a-f-]{36})(/\w+)?", path):
            run_id = UUID(found[1])
            match found[2]:
                case None:
                    return answer(self._run(run_id)) if run_id in self.runs else NOT_FOUND
                case "/resume":
                    return self._resume(run_id, request.json)
                case "/set_state":
                    self.states_set.append((run_id, request.json))
                    self.runs[run_id] = _state(request.json["state"]["type"], request.json["state"]["name"])
                    return _orchestrated("ACCEPT", self.runs[run_id])
        if path == "/flows/filter":
            return answer([{"id": flow_id, "name": name} for name, flow_id in self.flows.items()])
        if path == "/work_pools/serena/workers/filter":
            return answer(self.workers)
        if path == "/flow_runs/filter":
            asked = request.json["flow_runs"]
            if "end_time" in asked:
                return answer(self.failed)
            types = asked["state"]["type"]["any_"]
            ids = [UUID(run_id) for run_id in asked["id"]["any_"]]
            return answer([self._run(i) for i in ids if i in self.runs and self.runs[i]["type"] in types])
        return NOT_FOUND

    def _deployment(self, name: str) -> Answer:
        if name not in self.deployments:
            return NOT_FOUND
        return answer({"id": str(self.deployments[name]), "name": name, "flow_id": str(uuid4())})

    def _create(self, deployment_id: UUID, body: dict[str, Any]) -> Answer:
        if deployment_id not in self.deployments.values():
            return NOT_FOUND
        key = body["idempotency_key"]
        if key not in self.keys:
            self.keys[key] = uuid4()
            self.set(self.keys[key], "SCHEDULED")
        self.created.append((self.keys[key], body))
        return answer(self._run(self.keys[key]), 201)

    def _resume(self, run_id: UUID, body: dict[str, Any]) -> Answer:
        self.resumed.append((run_id, body["run_input"]))
        if run_id not in self.runs:
            return answer({"exception_message": "Internal Server Error"}, 500)
        was, overdue = self.runs[run_id]["type"], run_id in self.overdue
        status, became = resumed(was, formless=run_id in self.formless, overdue=overdue)
        if became is None:
            return _orchestrated(status, None)
        if became != was:
            self.runs[run_id] = _state(became, "Resuming" if status == "ACCEPT" else None)
        return _orchestrated(status, self.runs[run_id])

    def _run(self, run_id: UUID) -> dict[str, Any]:
        return {"id": str(run_id), "flow_id": str(uuid4()), "name": "of-the-double", "state": self.runs[run_id]}


def worker(name: str, status: str = "ONLINE") -> dict[str, Any]:
    return {"name": name, "status": status, "last_heartbeat_time": datetime.now(UTC).isoformat()}


def resumed(was: str, *, formless: bool = False, overdue: bool = False) -> tuple[str, str | None]:
    """What Prefect answers to a resume of a run whose state is of this type: the status, and the type of the state that it
    names, in which the run is from then on; None: it names none, and the run stays what it was. `formless`: nothing is known
    of the input that it waits for; `overdue`: its suspension's own timeout is over. Held to Prefect by tests/test_breaking_story.py."""
    if was != "PAUSED":
        return "ABORT", None
    if formless:
        return "REJECT", "PAUSED"
    return ("REJECT", "FAILED") if overdue else ("ACCEPT", "SCHEDULED")


NOT_PAUSED = answer({"state": None, "status": "ABORT", "details": {"type": "abort_details", "reason": "not paused"}})


def _orchestrated(status: str, state: dict[str, Any] | None) -> Answer:
    return answer({"state": state, "status": status, "details": {"type": f"{status.lower()}_details"}})


def _state(type: str, name: str | None = None, age: timedelta = timedelta()) -> dict[str, Any]:
    entered = (datetime.now(UTC) - age).isoformat()
    return {"id": str(uuid4()), "type": type, "name": name or type.capitalize(), "timestamp": entered}
