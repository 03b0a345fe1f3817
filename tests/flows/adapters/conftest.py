"""The lead store over both transports, on one real database that looks like a Supabase project."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from flows.adapters.store import database
from flows.adapters.store.company import NewsRow
from flows.adapters.store.leads import Claim, Dispatch, LeadStore
from flows.adapters.store.operations import Operations
from flows.domain import Content, Outcome, Reply, Why
from tests.flows.adapters.deliveries import Person, says
from tests.supabase_double import SERVICE_KEY, like_a_new_project, supabase_over

LEASE = timedelta(seconds=60)
ROOMY = {"welcomes_per_hour": 1_000_000, "crm": True}
"""Starting rules under which the tests of one session are not too many, and a CRM is told."""


@dataclass(frozen=True)
class Desk:
    """A store with the event loop it lives in and a direct connection for what only a test may see or change."""

    store: LeadStore
    run: Callable[[Coroutine[Any, Any, Any]], Any]
    connection: asyncpg.Connection
    url: str

    @property
    def operations(self) -> Operations:
        return self.store.operations

    def untold(self) -> list[NewsRow]:
        """What people have to know and were not told yet, oldest first."""
        news = self.run(self.store.company.account(1000)).news
        return [row for row in reversed(news) if row.serious and row.told_at is None]

    def together(self, *calls: Coroutine[Any, Any, Any], errors: bool = False) -> list[Any]:
        """All calls at the same time, over as many connections as the transport has."""

        async def gathered() -> list[Any]:
            return await asyncio.gather(*calls, return_exceptions=errors)

        return self.run(gathered())

    def rows(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        return self.run(self.connection.fetch(query, *arguments))

    def change(self, statement: str, *arguments: Any) -> None:
        """What no function does: rows made older than they are, for instance."""
        self.run(self.connection.execute(statement, *arguments))

    def cell(self, query: str, *arguments: Any) -> Any:
        return self.run(self.connection.fetchval(query, *arguments))

    def receive(self, *deliveries: list[dict[str, Any]]) -> list[Dispatch]:
        """Stores the events as one delivery; what their conversations need."""
        events = [event for delivery in deliveries for event in delivery]
        return list(self.run(self.store.receive(events)).dispatch)

    def lead_of(self, person: Person) -> UUID:
        lead = self.run(self.store.find_lead(phone=person.phone, bsuid=person.bsuid))
        assert lead is not None
        return UUID(str(lead.id))

    def leads_of(self, *people: Person) -> set[UUID]:
        """The ids of all leads that any identifier of these people leads to."""
        return {
            row["id"]
            for row in self.rows(
                "select id from leads where phone_number = any($1) or wa_user_id = any($2)"
                " or id in (select lead_id from lead_user_ids where wa_user_id = any($2))",
                [p.phone for p in people if p.phone],
                [p.bsuid for p in people if p.bsuid],
            )
        }

    def form(self, person: Person, **fields: Any) -> Dispatch:
        return self.run(self.store.save_form({"phone": person.phone, "name": "Marina Alves", **fields}))

    def template(self, lead_id: UUID) -> UUID:
        """The welcome template is wanted for this lead, as by a form of its own; not sent yet."""
        template = {"name": "boas_vindas", "language": "pt_BR", "body": ["Marina"], "buttons": ["ATIVAR_PERFIL"]}
        return self.started(lead_id, f"template:{uuid4()}", "", template)

    def started(self, lead_id: UUID, key: str, text: str, template: dict[str, Any] | None = None) -> UUID:
        """A message that was wanted when it might go, whatever is so by now."""
        queued = self.cell(
            "select queue_started($1, null, $2, $3, null, $4::text::jsonb)",
            lead_id,
            key,
            text,
            json.dumps(template) if template else None,
        )
        assert isinstance(queued, UUID)
        return queued

    def leaves(self, message_id: UUID, *, again: int | None = None) -> str:
        """The call to WhatsApp for a template is made; gives the payload that only the phone gets to know."""
        out = self.run(self.store.begin_send(message_id, again=again))
        assert out.outcome == "send" and out.template is not None
        (payload,) = out.template["buttons"]
        return str(payload)

    def arrived(self, message_id: UUID, wamid: str | None = None, *, attempt: int = 1) -> str:
        """WhatsApp's answer to that call; gives the wamid."""
        wamid = wamid or f"wamid.out.{uuid4().hex}"
        self.run(self.store.record_send(message_id, "accepted", attempt=attempt, wamid=wamid))
        return wamid

    def welcomed(self, lead_id: UUID) -> tuple[str, str]:
        """The template went to this lead's phone: the payload on its button, and its wamid."""
        message = self.template(lead_id)
        payload = self.leaves(message)
        return payload, self.arrived(message)

    def forgets_bills(self) -> set[str]:
        """The retention of bills runs; the files that are to be deleted then."""
        self.run(self.store.company.forget("bills", 30))
        return set(self.run(self.store.company.files_to_remove(10_000)))

    def claim(self, lead_id: UUID, flow: str = "conversation", flow_run_id: UUID | None = None) -> Claim:
        claim = self.run(self.store.claim(flow, lead_id, flow_run_id or uuid4(), LEASE))
        assert isinstance(claim, Claim), claim
        return claim

    def unanswered(self, lead_id: UUID) -> tuple[Any, ...]:
        return self.run(self.store.drain(lead_id)).messages

    def answer(self, claim: Claim, **reply: Any) -> UUID | None:
        """One turn that answers everything unanswered; gives the message to send."""
        said = Reply(**{"content": Content(text="Qual é a sua cidade?"), **reply})
        return self.run(self.store.commit_turn(claim, self.unanswered(claim.lead_id), said))

    def turn(self, claim: Claim, who: Person, why: Why, **reply: Any) -> UUID | None:
        """One more turn with a record of how it came about: the lead writes, the assistant answers."""
        self.receive(says(who))
        return self.answer(claim, why=why, **reply)

    def sent(self, message_id: UUID | None, wamid: str | None = None) -> str:
        """Sends one message as WhatsApp accepts it; gives its wamid."""
        assert message_id is not None
        wamid = wamid or f"wamid.out.{uuid4().hex}"
        assert self.run(self.store.begin_send(message_id)).outcome == "send"
        self.run(self.store.record_send(message_id, "accepted", attempt=1, wamid=wamid))
        return wamid

    def conversation(self, *messages: list[dict[str, Any]]) -> Claim:
        """A lead who wrote, with a live run that has not answered yet."""
        (dispatch,) = self.receive(*messages)
        return self.claim(dispatch.lead_id)

    def parked(self, *messages: list[dict[str, Any]]) -> Claim:
        """A lead who wrote and was answered, whose run is laid to rest for two hours."""
        claim = self.conversation(*messages)
        self.sent(self.answer(claim))
        assert self.run(self.store.park(claim, in_hours(2))) == 1
        return claim

    def taken_over(self, *messages: list[dict[str, Any]], operator: str = "ana") -> UUID:
        """A lead who wrote, was answered and is now with a person; its run has ended."""
        claim = self.parked(*messages)
        assert self.run(self.operations.take_over(claim.lead_id, operator)).outcome == "done"
        self.end(claim.lead_id)
        return claim.lead_id

    def actions(self, lead_id: UUID) -> list[tuple[str, str]]:
        """Who did what with this lead, newest first."""
        sheet = self.run(self.operations.sheet(lead_id))
        assert sheet is not None
        return [(action.operator, action.action) for action in sheet.actions]

    def end(self, lead_id: UUID, outcome: Outcome = Outcome.TAKEN_OVER) -> None:
        """The conversation's open run is claimed by its flow run, and ends."""
        run = self.rows("select flow_run_id from runs where lead_id = $1 and status <> 'finished'", lead_id)
        assert self.run(self.store.finish(self.claim(lead_id, flow_run_id=run[0]["flow_run_id"]), outcome))

    def state_of(self, run_id: UUID | None) -> asyncpg.Record:
        return self.rows("select * from runs where id = $1", run_id)[0]


def known(desk: Desk, lead_id: Any) -> tuple[str | None, str | None]:
    lead = desk.run(desk.store.lead(lead_id))
    return lead.wa_user_id, lead.phone_number


def said(desk: Desk, lead_id: Any) -> list[str]:
    return [line.text for line in desk.run(desk.store.transcript(lead_id)) if line.who == "user"]


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


@contextmanager
def store_of_its_own(url: str, runner: asyncio.Runner) -> Iterator[Desk]:
    """Over a database of a file's own, for tests that count or delete everything."""
    with opened(LeadStore.postgres(url, listen=False), url, runner) as desk:
        yield desk


@contextmanager
def opened(store: LeadStore, url: str, runner: asyncio.Runner) -> Iterator[Desk]:
    runner.run(store.__aenter__())
    connection = runner.run(asyncpg.connect(url))
    try:
        yield Desk(store, runner.run, connection, url)
    finally:
        runner.run(connection.close())
        runner.run(store.__aexit__())


async def _without_fsync(url: str) -> None:
    """A crash of the test server may lose the last commits; nothing here looks after one, and most of the time is theirs."""
    connection = await asyncpg.connect(url)
    await connection.execute("alter database contract set synchronous_commit = off")
    await connection.close()


@pytest.fixture(scope="session")
def contract_database(postgres: str, runner: asyncio.Runner) -> str:
    """One database for the whole contract; tests use people of their own."""
    url = database.url_of(postgres, "contract")
    runner.run(database.ensure_database(url))
    runner.run(like_a_new_project(url))
    runner.run(database.migrate(url))
    runner.run(_without_fsync(url))
    return url


@pytest.fixture(scope="session")
def supabase_url(contract_database: str) -> Iterator[str]:
    with supabase_over(contract_database) as url:
        yield url


@pytest.fixture(scope="session", params=["postgres", "supabase"])
def desk(request: pytest.FixtureRequest, contract_database: str, runner: asyncio.Runner) -> Iterator[Desk]:
    if request.param == "postgres":
        store = LeadStore.postgres(contract_database)
    else:
        store = LeadStore.supabase(request.getfixturevalue("supabase_url"), SERVICE_KEY, poll_seconds=0.05)
    with opened(store, contract_database, runner) as found:
        runner.run(store.set_starting_rules(ROOMY))
        yield found
