"""The anonymous key of a Supabase project opens nothing of what operators and the company do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from flows.adapters.store.company import Company, CrmEvent
from flows.adapters.store.leads import LeadStore
from flows.adapters.store.operations import Operations
from flows.adapters.store.wishes import Wish, WishedPlace
from flows.errors import Fix
from tests.flows.adapters.conftest import in_hours
from tests.statements import asked
from tests.supabase_double import ANON_KEY

LOOKS: list[tuple[str, Callable[[Any], Awaitable[Any]]]] = [
    ("funnel", lambda o: o.funnel(in_hours(-1), in_hours(0))),
    ("filters", lambda o: o.filters()),
    ("days", lambda o: o.days(date(2026, 1, 1), date(2026, 1, 2))),
    ("dashboard", lambda o: o.dashboard(in_hours(-1), in_hours(0))),
    ("leads", lambda o: o.leads()),
    ("queue", lambda o: o.queue("x")),
    ("pulse", lambda o: o.pulse([uuid4()])),
    ("sheet", lambda o: o.sheet(uuid4())),
    ("actions", lambda o: o.actions()),
    ("report", lambda o: o.report(in_hours(-1), in_hours(0))),
    ("gauges", lambda o: o.gauges()),
    ("timeline", lambda o: o.timeline(uuid4())),
    ("take_over", lambda o: o.take_over(uuid4(), "x")),
    ("take_over", lambda o: o.take_over(uuid4(), "x", held_by="y")),
    ("give_back", lambda o: o.give_back(uuid4(), "x", answer=True)),
    ("write", lambda o: o.write(uuid4(), "x", "k", "t")),
    ("remind_now", lambda o: o.remind_now(uuid4(), "x")),
    ("contacted", lambda o: o.contacted(uuid4(), "x", "sold")),
    ("assign", lambda o: o.assign(uuid4(), "x", "y", None)),
    ("lapse", lambda o: o.lapse(timedelta(days=999))),
    ("note", lambda o: o.note(uuid4(), "x", "k", "t")),
    ("call_back", lambda o: o.call_back(uuid4(), "x", None)),
    ("edit", lambda o: o.edit(uuid4(), "x", {})),
    ("read_bill", lambda o: o.read_bill(uuid4(), "x", uuid4(), {})),
    ("replies", lambda o: o.replies()),
    ("save_reply", lambda o: o.save_reply("x", uuid4(), "t", None)),
    ("send", lambda o: o.send(uuid4(), "x", "k", "t", content={"text": "t"})),
    ("export", lambda o: o.export(uuid4(), "x")),
    ("erase", lambda o: o.erase(uuid4(), "x")),
    ("record", lambda o: o.record("x", "login")),
    ("turns", lambda o: o.turns(uuid4())),
    ("recorded_turns", lambda o: o.recorded_turns(lead=uuid4())),
]
AN_EVENT = CrmEvent(id=uuid4(), kind="lead.created", lead_id=uuid4(), happened_at=in_hours(0))
COMPANY: list[tuple[str, Callable[[Company], Awaitable[Any]]]] = [
    ("account", lambda c: c.account()),
    ("account_mended", lambda c: c.account_mended("x", "account", "1", "status")),
    ("note_own_number", lambda c: c.note_own_number("551131230000")),
    ("claim_news", lambda c: c.claim_news(timedelta(0), timedelta(0))),
    ("told_news", lambda c: c.told_news(uuid4())),
    ("put_off_news", lambda c: c.put_off_news(uuid4(), unsure=False)),
    ("note_failed_runs", lambda c: c.note_failed_runs([])),
    ("note_workers", lambda c: c.note_workers([], 1)),
    ("measure_spend", lambda c: c.measure_spend()),
    ("spend", lambda c: c.spend()),
    ("due_crm_events", lambda c: c.due_crm_events([])),
    ("crm_tried", lambda c: c.crm_tried(AN_EVENT, delivered=True, status=200, problem=None)),
    ("crm", lambda c: c.crm()),
    ("crm_again", lambda c: c.crm_again("x")),
    ("wished_places", lambda c: c.wished_places()),
    ("wishes_for", lambda c: c.wishes_for(WishedPlace(place=2611606, wishes=1, since=in_hours(0)))),
    ("queue_notice", lambda c: c.queue_notice(Wish(id=uuid4(), lead_id=uuid4()), {})),
    ("forget", lambda c: c.forget("events", 8)),
    ("files_to_remove", lambda c: c.files_to_remove()),
    ("files_removed", lambda c: c.files_removed(["x"])),
    ("listed_erasures", lambda c: c.listed_erasures()),
    ("erase_listed", lambda c: c.erase_listed(["x"])),
]


def test_every_function_is_tried_with_the_anonymous_key() -> None:
    named = {name for name in vars(Operations) if not name.startswith("_") and name != "find"}
    company = {name for name in vars(Company) if not name.startswith("_")}
    assert {name for name, _ in COMPANY} == company
    assert {name for name, _ in LOOKS} == named  # find asks find_lead, tried with the other transports' tests


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in LOOKS])
def test_the_anonymous_key_opens_none_of_the_operators_functions(
    supabase_url: str, runner: asyncio.Runner, call: Callable[[Operations], Awaitable[Any]]
) -> None:
    async def scenario() -> None:
        async with LeadStore.supabase(supabase_url, ANON_KEY) as store:
            await call(store.operations)

    with pytest.raises(Fix, match="42501"):
        runner.run(scenario())


@pytest.mark.parametrize("call", [pytest.param(call, id=name) for name, call in COMPANY])
def test_nor_what_the_company_answers_for(
    supabase_url: str, runner: asyncio.Runner, call: Callable[[Company], Awaitable[Any]]
) -> None:
    async def scenario() -> None:
        async with LeadStore.supabase(supabase_url, ANON_KEY) as store:
            await call(store.company)

    with pytest.raises(Fix, match="42501"):
        runner.run(scenario())


@pytest.mark.parametrize(
    "table",
    [
        "operator_actions",
        "operators",
        "turns",
        "erased_events",
        "erased_files",
        "account_states",
        "news",
        "telling",
        "spend_days",
        "crm_events",
        "erasures",
    ],
)
def test_the_anonymous_role_reads_none_of_the_operators_tables(
    contract_database: str, runner: asyncio.Runner, table: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        runner.run(asked(contract_database, f"select * from {table}", server_settings={"role": "anon"}))
