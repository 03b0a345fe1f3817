"""What goes wrong in Prefect is news once, and a message to people reaches Prefect once, whatever becomes of a try."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import yaml

from flows.errors import OutcomeUnknown, TryAgain
from flows.settings import ROOT
from flows.shown.words import FLOWS
from tests.prefect_double import PrefectDouble, worker
from tests.webhook.dispatch.conftest import Desk
from tests.webhook.service import NOBODY
from webhook.telling import Teller
from webhook.watching import Watch


@pytest.fixture
def desk(runner: asyncio.Runner, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("OPS_URL", "https://serena.example")
    monkeypatch.setenv("OPS_PREFECT_URL", "https://prefect.example")
    with PrefectDouble() as prefect, Desk(runner, url, prefect, timeout=0.5) as desk:
        yield desk
    for table in ("news", "telling", "leads"):
        desk.sql(f"delete from {table}")


def told(desk: Desk, teller: Teller | None = None) -> list[str]:
    """Tells what there is; the messages that reached Prefect, an id that was seen counted once."""
    while desk.runner.run((teller or Teller(desk.store, desk.dispatcher, "48", every=0)).tell()):
        pass
    messages = {
        event["id"]: event["payload"]["body"] for event in desk.prefect.events if event["event"] == "serena.news"
    }
    return list(messages.values())


def failed(desk: Desk, flow: str, ago: timedelta = timedelta(minutes=1), state: str = "FAILED") -> dict[str, Any]:
    at = (datetime.now(UTC) - ago).isoformat()
    return {"id": str(uuid4()), "flow_id": desk.prefect.flows[flow], "end_time": at, "state_type": state}


def looks(desk: Desk, watch: Watch, times: int = 1) -> None:
    for _ in range(times):
        desk.runner.run(watch.look())


def handed_over(desk: Desk) -> str:
    lead = desk.hears().lead_id
    desk.sql("insert into handoffs (lead_id, reason) values ($1, 'asked_for_person')", lead)
    return str(lead)


def test_runs_that_failed_are_told_once_each_by_the_name_of_their_flow_and_with_a_link(desk: Desk) -> None:
    report, talk = failed(desk, "daily-report"), failed(desk, "conversation", state="CRASHED")
    desk.prefect.failed = [report, talk]
    looks(desk, Watch(desk.store, desk.dispatcher, "serena", 0.0), 3)
    (body,) = told(desk)
    assert f"Execução relatório do dia: falhou https://prefect.example/runs/flow-run/{report['id']}" in body
    assert f"Execução conversa: foi interrompida https://prefect.example/runs/flow-run/{talk['id']}" in body
    looks(desk, Watch(desk.store, desk.dispatcher, "serena", 0.0), 3)
    assert told(desk) == [body]


def test_many_are_a_digest(desk: Desk) -> None:
    desk.prefect.failed = [failed(desk, "conversation") for _ in range(37)]
    leads = [handed_over(desk) for _ in range(12)]
    looks(desk, Watch(desk.store, desk.dispatcher, "serena", 0.0))
    (body,) = told(desk)
    assert body.count("/runs/flow-run/") == 10 and "… e mais 27: https://prefect.example/runs" in body
    assert f"https://serena.example/ops/leads/{leads[0]}" in body and "… e mais 2: https://serena.example/ops" in body
    (event,) = desk.prefect.events
    assert event["payload"]["subject"] == "Serena: 37 execuções que falharam, 12 leads à espera de uma pessoa"


def test_a_worker_that_died_is_told_after_three_looks_and_one_that_said_goodbye_never(desk: Desk) -> None:
    watch = Watch(desk.store, desk.dispatcher, "serena", 0.05)
    desk.prefect.workers = [worker("one"), worker("died", "OFFLINE"), worker("left")]
    looks(desk, watch)
    desk.prefect.workers.pop()
    looks(desk, watch)
    assert told(desk) == []
    desk.runner.run(asyncio.sleep(0.11))
    looks(desk, watch, 2)
    (body,) = told(desk)
    assert body == "Worker died: parou sem se despedir https://serena.example/ops/company"


def test_after_an_outage_of_prefect_nobody_is_told_of_workers_that_speak_again(desk: Desk) -> None:
    watch = Watch(desk.store, desk.dispatcher, "serena", 0.05)
    desk.prefect.workers = [worker("one", "OFFLINE")]
    looks(desk, watch)
    desk.prefect.workers = [worker("one")]
    desk.runner.run(asyncio.sleep(0.11))
    looks(desk, watch, 2)
    assert told(desk) == []


def test_that_no_worker_lives_is_told_once_and_that_one_lives_again(desk: Desk) -> None:
    watch = Watch(desk.store, desk.dispatcher, "serena", 0.0)
    desk.prefect.workers = []
    looks(desk, watch, 3)
    assert told(desk) == ["Worker: nenhum de pé; ninguém é respondido https://serena.example/ops/company"]
    desk.prefect.workers = [worker("new")]
    looks(desk, watch, 3)
    assert told(desk)[1:] == ["Worker: de pé outra vez https://serena.example/ops/company"]


def test_a_message_that_prefect_may_have_taken_comes_again_under_its_id_only(desk: Desk) -> None:
    """Prefect took it and did not say so: whatever is tried, the id is the same, and Prefect takes an id once."""
    lead, teller = handed_over(desk), Teller(desk.store, desk.dispatcher, "48", every=0)
    desk.prefect.mute = 1
    with pytest.raises(OutcomeUnknown):
        desk.runner.run(teller.tell())
    later = handed_over(desk)
    first, second = told(desk, teller)
    assert lead in first and later not in first and later in second
    ids = [request.json[0]["id"] for request in desk.prefect.requests if request.path == "/api/events"]
    assert len(ids) == 3 and ids[0] == ids[1] != ids[2]


def test_while_prefect_is_away_it_waits_and_nothing_is_lost(desk: Desk, url: str, runner: asyncio.Runner) -> None:
    lead = handed_over(desk)
    gone: Any = SimpleNamespace(api=NOBODY)
    with Desk(runner, url, gone, timeout=5) as other, pytest.raises(TryAgain, match="away"):
        other.runner.run(Teller(other.store, other.dispatcher, "48", every=0).tell())
    desk.sql("update telling set since = now() - interval '3 hours'")
    (body,) = told(desk)
    assert lead in body


def test_the_flows_that_are_watched_are_those_that_are_deployed() -> None:
    deployed = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    assert {entry["name"] for entry in deployed} == set(FLOWS)
