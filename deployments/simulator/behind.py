"""What a person with a phone cannot see: the lead behind it, its flow run, and the two hours that pass at a wish."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import TYPE_CHECKING, Annotated, Any, Self

from fastapi import APIRouter, Depends, HTTPException, Request

from deployments.simulator import tour
from deployments.simulator.phones import Phone
from deployments.simulator.world import PhoneDep
from flows import settings
from flows.errors import SerenaError
from flows.shown.words import OUTCOMES, RUN_STATUSES, SAID, STAGES

if TYPE_CHECKING:
    from flows.adapters.store.leads import LeadStore
    from flows.adapters.store.sheets import LeadSheet

# A run lingers a minute in memory before it is parked, and may be in the middle of a turn.
PARKED_WITHIN = 120.0
NO_STORE = "O banco de leads não está configurado aqui (DATABASE_URL)."
STORE_AWAY = "O banco de leads não responde."
NOBODY = "Ainda não há lead com este número: envie o formulário ou escreva uma mensagem."
OPERATOR = "simulador"

router = APIRouter(prefix="/simulator/phones/{phone_id}")


class CannotTell(Exception):
    """The store does not answer, or there is nothing to do; the text is for the person at the page."""


class Behind:
    """The lead store, asked only when the page wants to know. Open with `async with`. `prefect` and `ops` are addresses
    that a browser reaches."""

    def __init__(
        self,
        store: LeadStore | None = None,
        *,
        prefect: str | None = None,
        ops: str | None = None,
        runs: tour.Runs | None = None,
        within: float = PARKED_WITHIN,
    ) -> None:
        self._store, self._within, self._runs = store, within, runs or tour.Runs()
        self._prefect, self._ops = ((url or "").rstrip("/") for url in (prefect, ops))
        self._opening = asyncio.Lock()
        self._stack = contextlib.AsyncExitStack()
        self._open = False

    @classmethod
    def from_environment(cls) -> Self:
        """As the local stack and compose configure it: DATABASE_URL (or Supabase), OPS_URL, OPS_PREFECT_URL,
        and Prefect's own PREFECT_API_URL and PREFECT_API_AUTH_STRING.

        Without a configured store there is none: the simulator starts no database of its own.
        """
        from flows.conversing.stores import open_store

        group, ops = settings.read(settings.Store), settings.read(settings.Ops)
        configured = group.database_url is not None or group.supabase_url is not None
        store = open_store(group, listen=False, connections=2) if configured else None
        runs = tour.Runs(os.environ.get("PREFECT_API_URL"), os.environ.get("PREFECT_API_AUTH_STRING"))
        return cls(store, prefect=ops.ops_prefect_url, ops=ops.ops_url, runs=runs)

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._runs.client)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def sheet(self, phone: Phone) -> tuple[LeadStore, LeadSheet]:
        """The open store, and in it the lead of this phone. Raises CannotTell."""
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
        return self._store, found

    async def view(self, phone: Phone) -> dict[str, Any]:
        """What the page shows beside the phone: links, stage, how the run stands and went, and the tour's steps. `problem` says
        what could not be found out."""
        try:
            store, sheet = await self.sheet(phone)
            rows = await store.operations.timeline(sheet.id, tour.NEWEST)
        except (CannotTell, SerenaError) as problem:
            return {"lead_id": None, "stage": None, "run": None, "problem": str(problem)}
        run = tour.conversation_run(sheet)
        states = await self._runs.states(run.flow_run_id) if run and run.flow_run_id else []
        return {
            "lead_id": str(sheet.id),
            "stage": sheet.stage,
            "stage_means": STAGES[sheet.stage],
            "taken_over_by": sheet.taken_over_by,
            "ops_url": f"{self._ops}/ops/leads/{sheet.id}" if self._ops else None,
            "run": self._run(sheet),
            "steps": tour.steps(sheet),
            "reminds_at": tour.reminds_at(sheet),
            "happened": tour.happened(rows, states),
            "problem": None,
        }

    def _run(self, sheet: LeadSheet) -> dict[str, Any] | None:
        """The conversation's run if there is one, else the activation's."""
        runs = sorted((run for run in sheet.runs if run.flow_run_id), key=lambda run: run.flow != "conversation")
        if not runs:
            return None
        url = f"{self._prefect}/runs/flow-run/{runs[0].flow_run_id}" if self._prefect else None
        outcome = OUTCOMES[runs[0].outcome] if runs[0].outcome else None
        return {
            "id": str(runs[0].flow_run_id),
            "url": url,
            "state": RUN_STATUSES[runs[0].status],
            "outcome": outcome,
        }

    async def silence(self, phone: Phone) -> None:
        """The two hours are over: by the store's clock they are not, so it is an operator's reminder, as soon as the run
        waits. Raises CannotTell."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._within
        store, sheet = await self.sheet(phone)
        while (outcome := (await store.operations.remind_now(sheet.id, OPERATOR)).outcome) == "busy":
            if loop.time() > give_up_at:
                break
            await asyncio.sleep(0.3)
        if outcome != "done":
            raise CannotTell(SAID[f"remind_now.{outcome}"][1])


async def _behind(request: Request) -> Behind:
    return request.app.state.behind


BehindDep = Annotated[Behind, Depends(_behind)]


@router.get("/behind")
async def look_behind(phone: PhoneDep, behind: BehindDep) -> dict[str, Any]:
    """The lead of this phone, its flow run and where to look at both; `problem` instead of what cannot be found out."""
    return await behind.view(phone)


@router.post("/two-hours", status_code=204)
async def let_two_hours_pass(phone: PhoneDep, behind: BehindDep) -> None:
    """The silence happens now. Answers when the run is to remind, at most two minutes later; 409 says why not."""
    try:
        await behind.silence(phone)
    except CannotTell as problem:
        raise HTTPException(409, str(problem)) from None
