"""A delivery is answered at once whoever is away, and readiness says who is."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.http_double import HANGS
from tests.prefect_double import PrefectDouble
from tests.webhook.service import name, running, said, text


def test_a_message_starts_its_conversation_in_prefect(url: str, runner: asyncio.Runner) -> None:
    with PrefectDouble() as prefect, running(url, runner, prefect=prefect.api) as service:
        wamid = name()
        service.delivers(said(text(wamid))).raise_for_status()
        prefect.wait_until(lambda: prefect.created)
        assert prefect.created[0][1]["parameters"] == {"lead_id": str(service.message(wamid)["lead_id"])}
        service.delivers(said(text(wamid))).raise_for_status()
        again = name()
        service.delivers(said(text(again))).raise_for_status()
        prefect.wait_until(lambda: len(prefect.created) == 2)
        assert prefect.created[1][1]["parameters"] == {"lead_id": str(service.message(again)["lead_id"])}


def test_a_prefect_that_hangs_does_not_delay_the_answer(url: str, runner: asyncio.Runner) -> None:
    with PrefectDouble() as prefect, running(url, runner, prefect=prefect.api) as service:
        prefect.then(*[HANGS] * 100)
        service.delivers(said(text(name()))).raise_for_status()
        prefect.wait_until(lambda: prefect.requests)
        began = time.monotonic()
        for _ in range(20):
            assert service.delivers(said(text(name()))).status_code == 200
        assert time.monotonic() - began < 5
        assert not prefect.created


def test_while_the_store_is_away_meta_keeps_the_delivery(fresh: str, runner: asyncio.Runner) -> None:
    database_name = fresh.partition("?")[0].rsplit("/", 1)[1]
    server = fresh.replace(f"/{database_name}?", "/postgres?")
    wamid = name()
    with running(fresh, runner) as service:
        service.delivers(said(text(name()))).raise_for_status()
        service.sql(f'alter database "{database_name}" allow_connections false', url=server)
        service.sql(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1", database_name, url=server
        )
        assert service.delivers(said(text(wamid))).status_code == 503
        form = {"name": "Maria da Silva", "phone": "81999887766", "consent": True}
        refused = service.http.post("/leads", json=form)
        assert (refused.status_code, set(refused.json())) == (503, {"error"})
        unready = service.http.get("/ready")
        assert unready.status_code == 503
        assert unready.json()["store"] != "ok"
        assert service.http.get("/health").status_code == 200
        service.sql(f'alter database "{database_name}" allow_connections true', url=server)
        assert service.delivers(said(text(wamid))).status_code == 200
        assert service.message(wamid)
        assert service.http.post("/leads", json=form).status_code == 202


def test_a_store_without_its_functions_keeps_nothing_and_says_so(fresh: str, runner: asyncio.Runner) -> None:
    with running(fresh, runner) as service:
        service.sql("drop function receive_delivery(jsonb)")
        assert service.delivers(said(text(name()))).status_code == 503


def test_readiness_names_what_is_away(url: str, runner: asyncio.Runner) -> None:
    with running(url, runner) as service:
        alone = service.http.get("/ready")
    assert (alone.status_code, alone.json()["store"]) == (503, "ok")
    assert "Prefect" in alone.json()["prefect"]
    with PrefectDouble() as prefect, running(url, runner, prefect=prefect.api) as complete:
        answer = complete.http.get("/ready")
        assert (answer.status_code, answer.json()) == (200, {"store": "ok", "prefect": "ok", "dispatcher": "ok"})


def test_a_store_that_can_only_be_read_is_not_ready(fresh: str, runner: asyncio.Runner) -> None:
    """A replica after a fail-over, or a disk that is full: reading goes on as if nothing were wrong."""
    with running(fresh, runner) as service:
        name = fresh.split("?")[0].rsplit("/", 1)[1]
        service.sql(f"alter database {name} set default_transaction_read_only = on")
        service.sql(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            f" where datname = '{name}' and pid <> pg_backend_pid()"
        )
        assert "25006" in service.http.get("/ready").json()["store"]


_DUE = (
    "create or replace function due_runs(p_limit int, p_overdue_seconds double precision)"
    " returns jsonb language sql as $$ select {} $$"
)


@pytest.mark.parametrize("trouble", ["store", "answer", "nothing is handed on"])
def test_readiness_tells_of_a_dispatcher_that_manages_no_round(
    fresh: str, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Store and Prefect answer a ping, and still nobody is started, woken or reminded."""
    monkeypatch.setattr("webhook.dispatch._STANDS_AFTER", 0.5)
    with (
        PrefectDouble() as prefect,
        running(fresh, runner, prefect=prefect.api, dispatch_every_seconds=0.05) as service,
    ):
        time.sleep(1)
        assert service.http.get("/ready").json() == {"store": "ok", "prefect": "ok", "dispatcher": "ok"}
        match trouble:
            case "store":
                service.sql("alter function due_runs(int, double precision) rename to due_runs_elsewhere")
            case "answer":
                # not foreseen: nothing that a dispatcher can read
                service.sql(_DUE.format("'[{}]'::jsonb"))
            case _:
                prefect.deployments.clear()
                service.sql(
                    _DUE.format(
                        "jsonb_build_array(jsonb_build_object('action', 'start', 'lead_id', gen_random_uuid(), 'run_id',"
                        " gen_random_uuid(), 'flow', 'conversation', 'flow_run_id', null, 'generation', 0, 'reason', ''))"
                    )
                )
        time.sleep(1.5)
        standing = service.http.get("/ready")
        assert standing.status_code == 503
        assert (standing.json()["store"], standing.json()["prefect"]) == ("ok", "ok")
        assert "no round for" in standing.json()["dispatcher"]
