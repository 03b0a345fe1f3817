"""A store, a dispatcher over it, and the Prefect it talks to, for tests of what is handed on."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.adapters.store.leads import Claim, Dispatch, LeadStore
from flows.domain import Reply
from tests.http_double import Answer, answer
from tests.prefect_double import PrefectDouble
from tests.statements import asked
from webhook.dispatch import Dispatcher, Done

LEASE = timedelta(minutes=1)
DOWN = answer({"detail": "starting"}, 500)
A_PROXY = Answer(200, b"<html>Bad gateway</html>", {"content-type": "text/html"})


class Desk:
    """A store, a dispatcher over it, and the Prefect it talks to; its methods are what the outside world does."""

    def __init__(self, runner: asyncio.Runner, url: str, prefect: PrefectDouble, **options: Any) -> None:
        self.runner, self.url, self.prefect = runner, url, prefect
        self.store = LeadStore.postgres(url, listen=False)
        self.dispatcher = Dispatcher(self.store, **options)

    def __enter__(self) -> Desk:
        self.runner.run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.run(self.dispatcher.__aexit__())
        self.runner.run(self.store.__aexit__())

    async def _open(self) -> None:
        await self.store.__aenter__()
        # the client takes its address once, when it opens
        with temporary_settings({PREFECT_API_URL: self.prefect.api}):
            await self.dispatcher.__aenter__()

    def hears(self, bsuid: str | None = None) -> Dispatch:
        """Somebody writes; what the store wants done for it."""
        name = uuid.uuid4().hex
        message = {
            "kind": "message",
            "key": f"m:{name}",
            "wamid": name,
            "type": "text",
            "text": "oi",
            "payload": None,
            "media": None,
            "location": None,
            "bsuid": bsuid or f"BR.{name}",
            "phone": None,
            "wa_id": None,
            "profile_name": None,
            "username": None,
            "reply_to": None,
            "at": None,
            "wants_answer": True,
            "raw": {},
        }
        (dispatch,) = self.runner.run(self.store.receive([message])).dispatch
        return dispatch

    def does(self, dispatch: Dispatch) -> Done:
        return self.runner.run(self.dispatcher.carry_out(dispatch))

    def running(self, bsuid: str) -> tuple[Dispatch, UUID, Claim]:
        """A conversation whose flow run has claimed the lead: its start, the flow run, the claim."""
        started = self.hears(bsuid)
        assert self.does(started) is Done.STARTED
        flow_run_id = self.prefect.created[-1][0]
        claim = self.runner.run(self.store.claim("conversation", started.lead_id, flow_run_id, LEASE))
        assert isinstance(claim, Claim)
        return started, flow_run_id, claim

    def suspended(self, bsuid: str) -> tuple[Dispatch, UUID]:
        """A conversation that has answered all there was, and waits suspended."""
        started, flow_run_id, claim = self.running(bsuid)
        self.runner.run(self._answers_and_parks(claim))
        self.prefect.set(flow_run_id, "PAUSED", "Suspended")
        return started.model_copy(update={"flow_run_id": flow_run_id}), flow_run_id

    async def _answers_and_parks(self, claim: Claim) -> None:
        drained = await self.store.drain(claim.lead_id)
        await self.store.commit_turn(claim, drained.messages, Reply(content=None))
        assert await self.store.park(claim, datetime.now(UTC) + timedelta(hours=2)) is not None

    def row(self, dispatch: Dispatch) -> asyncpg.Record:
        (row,) = self.sql("select * from runs where id = $1", dispatch.run_id)
        return row

    def sql(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        return self.runner.run(asked(self.url, statement, *arguments))

    def all_due(self) -> None:
        self.sql("update runs set next_dispatch_at = now() - interval '1 hour'")


@pytest.fixture(scope="package")
def url(made: Callable[[str], str]) -> str:
    """A database of these files' own: what is due in it is due to their tests."""
    # of one process several times: groups of other files may run between theirs
    return made(f"dispatching_{uuid.uuid4().hex[:6]}")


@pytest.fixture
def prefect() -> Iterator[PrefectDouble]:
    with PrefectDouble() as double:
        yield double


@pytest.fixture
def desk(runner: asyncio.Runner, url: str, prefect: PrefectDouble) -> Iterator[Desk]:
    with Desk(runner, url, prefect, every=0.02) as desk:
        desk.sql("update runs set status = 'finished', outcome = 'test over' where status <> 'finished'")
        desk.sql("update lead_messages set answered_at = now() where answered_at is null")
        yield desk


def wanted(dispatch: Dispatch, reason: str, action: str = "revive") -> Dispatch:
    return dispatch.model_copy(update={"action": action, "reason": reason})
