"""The guided tour: which of its five steps have happened, the run's timeline in our words, and an operator to look over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

import httpx
from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import SecretStr

from flows.adapters.store.sheets import LeadSheet, RunRow, TimelineRow
from flows.shown.timeline import told
from flows.shown.words import RUN_STATES

# Seconds; the page asks again soon.
PATIENCE = 3.0
NEWEST = 60
_SIDES = {"inbound": "lead", "sent": "us", "template": "us", "reminder": "us", "failed": "bad", "action": "team"}
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')

router = APIRouter(prefix="/simulator")


def steps(sheet: LeadSheet) -> list[bool]:
    """Fill, tap, send the bill, watch the run, take over: each true once the store knows of it. Whoever writes first needs no
    form; a run was watched when it woke up by itself and reminded, or came to its end."""
    run = conversation_run(sheet)
    wrote = any(message.who == "user" for message in sheet.messages)
    return [
        bool(sheet.forms) or wrote,
        wrote,
        bool(sheet.bills),
        sheet.last_reminder is not None or (run is not None and run.status == "finished"),
        any(action.action == "take_over" for action in sheet.actions),
    ]


def conversation_run(sheet: LeadSheet) -> RunRow | None:
    """The newest run of the conversation, once it has an id in Prefect."""
    return next((run for run in sheet.runs if run.flow == "conversation" and run.flow_run_id), None)


def reminds_at(sheet: LeadSheet) -> float | None:
    """When silence is long enough, in Unix seconds; None while the run is awake, and where nobody is to be reminded."""
    run = conversation_run(sheet)
    said = sheet.last_reminder is not None and not sheet.last_reminder.answered
    if run is None or run.status != "parked" or run.wake_due_at is None or said:
        return None
    if sheet.taken_over_at or sheet.opted_out_at or not sheet.stage.reminded:
        return None
    return run.wake_due_at.timestamp()


def happened(rows: Sequence[TimelineRow], states: Sequence[tuple[datetime, str, str]]) -> list[dict[str, Any]]:
    """What the store and Prefect know of a conversation, as one list, oldest first; `at` in Unix seconds."""
    # what a turn cost and who heard it stands on the operators' page
    rows = [row for row in rows if row.kind != "turn"]
    both = [
        (at, _SIDES.get(row.kind, "step"), what, detail)
        for row, (at, what, detail) in zip(rows, told(rows), strict=True)
    ]
    both += [(at, "run", what, detail) for at, what, detail in states]
    return [
        {"at": at.timestamp(), "side": side, "what": what, "detail": detail}
        for at, side, what, detail in sorted(both, key=lambda each: each[0])
    ]


class Runs:
    """Prefect's API, asked how a run went. `api` and `login` (`name:password`) as Prefect's own client takes them."""

    def __init__(self, api: str | None = None, login: str | None = None) -> None:
        self._api = api
        name, _, password = (login or "").partition(":")
        self.client = httpx.AsyncClient(timeout=PATIENCE, auth=(name, password) if password else None)

    async def states(self, flow_run_id: UUID) -> list[tuple[datetime, str, str]]:
        """The run's states so far, each in words and with what it says; none while Prefect does not answer, which its own page shows better."""
        if self._api is None:
            return []
        try:
            answer = await self.client.get(f"{self._api}/flow_run_states/", params={"flow_run_id": str(flow_run_id)})
            found = answer.raise_for_status().json()
        except httpx.HTTPError:
            return []
        return [
            (datetime.fromisoformat(state["timestamp"]), RUN_STATES[state["name"]], state["message"] or "")
            for state in found
            if state["name"] in RUN_STATES
        ]


class Operator:
    """A login at the operators' pages, made as a browser makes it, and lent to whoever opens the tour on this machine."""

    def __init__(self, webhook: str, login: SecretStr) -> None:
        self._origin = urljoin(webhook, "/").rstrip("/")
        name, _, password = login.get_secret_value().partition(":")
        self._fields = {"name": name, "password": password}
        self.client = httpx.AsyncClient(base_url=self._origin, timeout=PATIENCE)

    async def cookies(self) -> list[tuple[str, str]]:
        """Names and values of the cookies that are the login. Raises httpx.HTTPError."""
        page = await self.client.get("/ops/login")
        if page.is_success and (found := _CSRF.search(page.text)):
            answer = await self.client.post(
                "/ops/login", data=self._fields | {"csrf": found[1]}, headers={"origin": self._origin}
            )
            if answer.status_code != 303:
                answer.raise_for_status()
        return [(cookie.name, cookie.value or "") for cookie in self.client.cookies.jar]


@router.post("/operator", status_code=204)
async def sign_in(request: Request, response: Response) -> None:
    """This browser is the demo's operator from now on: cookies know no ports, so what is set here for /ops goes to the webhook.
    404 where no operator is known, 502 where they are not let in."""
    operator: Operator | None = request.app.state.operator
    if operator is None:
        raise HTTPException(404, "SIMULATOR_OPERATOR is not set")
    try:
        for name, value in await operator.cookies():
            response.set_cookie(name, value, path="/ops", httponly=True, samesite="lax")
    except httpx.HTTPError as error:
        raise HTTPException(502, f"the operators' pages let nobody in ({type(error).__name__})") from None
