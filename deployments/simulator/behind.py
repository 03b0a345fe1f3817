"""What a person with a phone cannot see: the lead behind it, its flow run, and the two hours that pass at a wish."""

from __future__ import annotations

import asyncio
import contextlib
import os
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import httpx
from fastapi import APIRouter, Depends, HTTPException, Request

from deployments.simulator.phones import Phone
from flows import settings
from flows.domain import Outcome
from flows.errors import SerenaError
from flows.shown.words import OUTCOMES, STAGES, code_meaning

if TYPE_CHECKING:
    from flows.adapters.store.leads import LeadStore
    from flows.adapters.store.sheets import LeadSheet, MessageRow, RunRow

# A run lingers a minute in memory before it suspends, and may be in the middle of a turn.
SUSPENDED_WITHIN = 120.0
NO_STORE = "O banco de leads não está configurado aqui (DATABASE_URL)."
STORE_AWAY = "O banco de leads não responde."
PREFECT_AWAY = "O Prefect não responde."
NOBODY = "Ainda não há lead com este número: envie o formulário ou escreva uma mensagem."
NOT_WAITING = "Nenhuma conversa espera por esta pessoa agora."
ENDED = "A conversa terminou; a próxima mensagem abre outra."
STILL_BUSY = "A conversa não ficou em espera a tempo; tente de novo."
# Prefect's states in words: by the names that tell more than the type, then by the type. Ours name only how a run ended.
_STATES = {
    "Suspended": "em espera (suspensa)",
    "Resuming": "retomando",
    "Late": "atrasada",
    "AwaitingRetry": "vai recomeçar",
    "Retrying": "recomeçando",
}
_STATE_TYPES = {
    "SCHEDULED": "vai começar",
    "PENDING": "vai começar",
    "RUNNING": "em andamento",
    "PAUSED": "em espera",
    "COMPLETED": "terminou",
    "FAILED": "falhou",
    "CRASHED": "caiu",
    "CANCELLING": "sendo cancelada",
    "CANCELLED": "cancelada",
}

router = APIRouter(prefix="/simulator/phones/{phone_id}")


class CannotTell(Exception):
    """Store or Prefect do not answer, or there is nothing to do; the text is for the person at the page."""


class Behind:
    """The lead store and Prefect's API, each asked only when the page wants to know. Open with `async with`.

    `prefect_ui` and `ops` are addresses that a browser reaches.
    """

    def __init__(
        self,
        store: LeadStore | None = None,
        *,
        prefect_api: str = "",
        prefect_auth: str = "",
        prefect_ui: str | None = None,
        ops: str | None = None,
        within: float = SUSPENDED_WITHIN,
    ) -> None:
        self._store, self._within = store, within
        self._prefect_ui = (prefect_ui or prefect_api.removesuffix("/").removesuffix("/api")).rstrip("/")
        self._ops = ops.rstrip("/") if ops else None
        user, _, password = prefect_auth.partition(":")
        auth = httpx.BasicAuth(user, password) if prefect_auth else None
        # Not Prefect's own client: importing it takes longer than the whole simulator, for two calls.
        self._prefect = httpx.AsyncClient(base_url=prefect_api, auth=auth, timeout=5.0, trust_env=False)
        self._opening = asyncio.Lock()
        self._stack = contextlib.AsyncExitStack()
        self._open = False

    @classmethod
    def from_environment(cls) -> Self:
        """As the local stack and compose configure it: DATABASE_URL (or Supabase), PREFECT_API_URL, OPS_URL.

        Without a configured store there is none: the simulator starts no database of its own.
        """
        from flows.conversing.stores import open_store

        group, ops = settings.read(settings.Store), settings.read(settings.Ops)
        configured = group.database_url is not None or group.supabase_url is not None
        options = {} if group.supabase_url else {"listen": False, "connections": 2}
        return cls(
            open_store(group, **options) if configured else None,
            prefect_api=os.environ.get("PREFECT_API_URL", ""),
            prefect_auth=os.environ.get("PREFECT_API_AUTH_STRING", ""),
            prefect_ui=ops.ops_prefect_url,
            ops=ops.ops_url,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        await self._prefect.aclose()

    async def sheet(self, phone: Phone) -> LeadSheet:
        """The lead of this phone. Raises CannotTell."""
        if self._store is None:
            raise CannotTell(NO_STORE)
        try:
            # opened late, so that a simulator starts without its database, and again after it was away
            async with self._opening:
                if not self._open:
                    await self._stack.enter_async_context(self._store)
                    self._open = True
            operations = self._store.operations
            found = await operations.find(bsuid=phone.user_id) or await operations.find(phone=phone.phone)
        except SerenaError as error:
            raise CannotTell(f"{STORE_AWAY} ({error})") from None
        if found is None:
            raise CannotTell(NOBODY)
        return found

    async def view(self, phone: Phone) -> dict[str, Any]:
        """What the page shows beside the phone: links, stage, the run's state, and messages that did not arrive.

        `problem` says what could not be found out; what could be is there all the same.
        """
        view: dict[str, Any] = {"lead_id": None, "stage": None, "stage_means": None, "ops_url": None, "run": None}
        view["unsent"] = []
        try:
            sheet = await self.sheet(phone)
            view |= {"lead_id": str(sheet.id), "stage": sheet.stage, "taken_over_by": sheet.taken_over_by}
            view["stage_means"] = STAGES[sheet.stage]
            view["ops_url"] = f"{self._ops}/ops/leads/{sheet.id}" if self._ops else None
            view["unsent"] = [
                {
                    "status": m.delivery_status,
                    "code": m.error_code,
                    "means": code_meaning(m.error_code),
                    "attempts": m.attempts,
                }
                for m in sheet.messages
                if m.who != "user" and _stuck(m)
            ]
            if run := _newest(sheet):
                view["run"] = {
                    "id": str(run.flow_run_id),
                    "flow": run.flow,
                    "url": None,
                    "state": None,
                    "outcome": None,
                }
                if self._prefect_ui:
                    view["run"]["url"] = f"{self._prefect_ui}/runs/flow-run/{run.flow_run_id}"
                state = await self._state(run.flow_run_id)
                view["run"] |= {"state": _state_means(state), "outcome": _outcome_means(state, run.outcome)}
        except CannotTell as problem:
            return view | {"problem": str(problem)}
        return view | {"problem": None}

    async def silence(self, phone: Phone) -> str:
        """The two hours are over: a resume, as Prefect's automation makes it, as soon as the run is suspended. By the store's
        clock they are not over, so it is the operator's resume, with *remind now*. Gives the flow run's id. Raises
        CannotTell."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._within
        while loop.time() < give_up_at:
            run = _conversation(await self.sheet(phone))
            if run is not None and run.flow_run_id is not None:
                state = await self._state(run.flow_run_id)
                if state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                    raise CannotTell(ENDED)
                if state["type"] == "PAUSED" and await self._resumed(run.flow_run_id):
                    return str(run.flow_run_id)
            await asyncio.sleep(0.3)
        raise CannotTell(STILL_BUSY)

    async def _state(self, run_id: UUID | None) -> dict[str, Any]:
        try:
            answer = await self._prefect.get(f"/flow_runs/{run_id}")
            answer.raise_for_status()
            return dict(answer.json()["state"])
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise CannotTell(f"{PREFECT_AWAY} ({_named(error)})") from None

    async def _resumed(self, run_id: UUID) -> bool:
        """False when Prefect refuses: something else resumed the run in this moment."""
        try:
            answer = await self._prefect.post(f"/flow_runs/{run_id}/resume", json={"run_input": {"remind_now": True}})
            answer.raise_for_status()
            return bool(answer.json()["status"] == "ACCEPT")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise CannotTell(f"{PREFECT_AWAY} ({_named(error)})") from None


def _state_means(state: dict[str, Any]) -> str:
    """A state in words that operators read; a name that nobody explained here is never shown."""
    return _STATES.get(state["name"]) or _STATE_TYPES.get(state["type"], "sem explicação aqui")


def _outcome_means(state: dict[str, Any], outcome: Outcome | None) -> str | None:
    """How a run ended, in the words of `flows.shown.words`."""
    return OUTCOMES[outcome] if outcome and state["type"] in ("COMPLETED", "FAILED") else None


def _named(error: Exception) -> str:
    return f"HTTP {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else type(error).__name__


def _stuck(message: MessageRow) -> bool:
    """Whether it is worth a word: every message is on its way for a moment, that is none."""
    if message.delivery_status in ("queued", "sending"):
        return message.error_code is not None or message.attempts > 1
    return message.delivery_status in ("uncertain", "failed")


def _newest(sheet: LeadSheet) -> RunRow | None:
    """The run to look at: the conversation's if there is one, else the activation's."""
    known = [run for run in sheet.runs if run.flow_run_id is not None]
    return next((run for run in known if run.flow == "conversation"), known[0] if known else None)


def _conversation(sheet: LeadSheet) -> RunRow | None:
    """The open conversation. Raises CannotTell when there is none, or nothing will wake it with silence."""
    run = next((run for run in sheet.runs if run.flow == "conversation"), None)
    if run is None:
        raise CannotTell(NOT_WAITING)
    if run.status == "finished":
        raise CannotTell(ENDED)
    return run


async def _behind(request: Request) -> Behind:
    return request.app.state.behind


async def _phone(phone_id: str, request: Request) -> Phone:
    phone = request.app.state.world.phones.get(phone_id)
    if phone is None:
        raise HTTPException(404, f"there is no phone {phone_id}")
    return phone


@router.get("/behind")
async def look_behind(
    phone: Annotated[Phone, Depends(_phone)], behind: Annotated[Behind, Depends(_behind)]
) -> dict[str, Any]:
    """The lead of this phone, its flow run and where to look at both; `problem` instead of what cannot be found out."""
    return await behind.view(phone)


@router.post("/two-hours")
async def let_two_hours_pass(
    phone: Annotated[Phone, Depends(_phone)], behind: Annotated[Behind, Depends(_behind)]
) -> dict[str, str]:
    """The silence happens now. Answers when the run was resumed, at most two minutes later; 409 says why not."""
    try:
        return {"flow_run_id": await behind.silence(phone)}
    except CannotTell as problem:
        raise HTTPException(409, str(problem)) from None
