"""What comes in is counted by result and timed, what waits is sampled, and Prometheus has a port of its own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.local.processes import free_port
from flows import settings
from flows.adapters.store.leads import LeadStore
from flows.shown import metrics
from tests.flows.adapters.deliveries import says, someone
from tests.prefect_double import PrefectDouble
from tests.webhook import change, delivery
from tests.webhook.service import NOBODY, SECRETS, TOKEN, Service, name, running, said, text
from webhook.measuring import SAMPLED, Measuring, keep_sampled
from webhook.signature import sign

FORM = {"nomeCompleto": "Marina Alves", "whatsapp": "+5581988776655", "consentimentoLGPD": True}


def value(sample: str, **labels: str) -> float:
    return metrics.WEBHOOK.get_sample_value(sample, labels) or 0.0


@pytest.fixture(scope="module")
def prefect() -> Iterator[PrefectDouble]:
    with PrefectDouble() as double:
        yield double


@pytest.fixture(scope="module")
def service(migrated: str, runner: asyncio.Runner, prefect: PrefectDouble) -> Iterator[Service]:
    with running(migrated, runner, prefect=prefect.api) as service:
        yield service


@pytest.mark.parametrize(
    ("body", "headers", "result"),
    [
        (b'{"object": "whatsapp_business_account", "entry": []}', {}, "stored"),
        (b"{}", {"x_hub_signature_256": ""}, "unsigned"),
        (b"{}", {"x_hub_signature_256": "sha256=" + "0" * 64}, "forged"),
        (b"not json", {}, "unreadable"),
        (b" " * (4 * 1024 * 1024 + 1), {}, "too_large"),
    ],
    ids=["stored", "unsigned", "forged", "unreadable", "too large"],
)
def test_a_delivery_is_counted_by_what_became_of_it_and_timed(
    service: Service, body: bytes, headers: dict[str, str], result: str
) -> None:
    before = value("serena_deliveries_total", result=result), value("serena_delivery_seconds_count")
    service.delivers(body, **headers)
    assert value("serena_deliveries_total", result=result) == before[0] + 1
    assert value("serena_delivery_seconds_count") == before[1] + 1


def test_metas_handshake_and_health_are_no_deliveries(service: Service) -> None:
    before = value("serena_delivery_seconds_count")
    service.http.get("/webhook", params={"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1"})
    service.http.get("/health")
    assert value("serena_delivery_seconds_count") == before


def test_a_delivery_that_the_store_refuses_is_counted_as_such(fresh: str, runner: asyncio.Runner) -> None:
    before = value("serena_deliveries_total", result="store_away")
    with running(fresh, runner) as service:
        service.sql("drop function receive_delivery")
        assert service.delivers(said(text(f"wamid.{name()}"))).status_code == 503
    assert value("serena_deliveries_total", result="store_away") == before + 1


def test_a_bug_of_ours_is_counted_as_an_error(runner: asyncio.Runner) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("+5581988776655")

    async def post(app: ASGIApp) -> None:
        async def nothing(*_: Any) -> Any:
            raise AssertionError("nothing is read or written")

        await app({"type": "http", "method": "POST", "path": "/webhook/"}, nothing, nothing)

    before = value("serena_deliveries_total", result="error")
    with pytest.raises(LookupError):
        runner.run(post(Measuring(broken)))
    assert value("serena_deliveries_total", result="error") == before + 1


def test_events_are_counted_by_kind_and_failed_statuses_by_code(service: Service) -> None:
    failed = {"id": f"wamid.{name()}", "status": "failed", "timestamp": "1795300000", "errors": [{"code": 131042}]}
    odd = {"id": f"wamid.{name()}", "status": "held_for_quality", "timestamp": "1795300000", "errors": [{"code": -7}]}
    body = said(text(f"wamid.{name()}"), statuses=[failed, odd], errors=[{"code": 131031}])
    wanted = {
        ("serena_events_total", "kind", "message"): 2,
        ("serena_events_total", "kind", "status"): 4,
        ("serena_events_total", "kind", "account_error"): 2,
        ("serena_events_stored_total", "result", "stored"): 4,
        ("serena_events_stored_total", "result", "duplicate"): 4,
        ("serena_account_errors_total", "code", "131031"): 2,
    }
    before = {key: value(key[0], **{key[1]: key[2]}) for key in wanted}
    statuses = [{"status": "failed", "code": "131042"}, {"status": "other", "code": "other"}]
    statuses_before = [value("serena_statuses_total", **labels) for labels in statuses]
    for _ in range(2):
        service.delivers(body).raise_for_status()
    assert {key: value(key[0], **{key[1]: key[2]}) - before[key] for key in wanted} == wanted
    assert [value("serena_statuses_total", **labels) for labels in statuses] == [n + 2 for n in statuses_before]


@pytest.mark.parametrize(
    ("form", "headers", "result"),
    [
        (FORM, {}, "accepted"),
        ({"nome": ""}, {}, "rejected"),
        (FORM | {"website": "http://spam.example"}, {}, "robot"),
        (FORM, {"origin": "https://elsewhere.example"}, "foreign_origin"),
        ([], {}, "unreadable"),
    ],
    ids=["accepted", "rejected", "robot", "foreign", "unreadable"],
)
def test_a_form_is_counted_by_what_became_of_it(
    service: Service, form: Any, headers: dict[str, str], result: str
) -> None:
    before = value("serena_forms_total", result=result), value("serena_form_seconds_count")
    service.http.post("/leads", json=form, headers=headers)
    assert value("serena_forms_total", result=result) == before[0] + 1
    assert value("serena_form_seconds_count") == before[1] + 1


def test_what_prefect_was_asked_is_counted_with_what_came_of_it(
    service: Service, prefect: PrefectDouble, migrated: str, runner: asyncio.Runner
) -> None:
    def started() -> float:
        return value("serena_dispatches_total", action="start", result="started")

    def failed() -> float:
        return value("serena_dispatches_total", action="start", result="failed")

    before = started()
    service.delivers(said(text(f"wamid.{name()}")))
    prefect.wait_until(lambda: started() > before)
    with running(migrated, runner, prefect=NOBODY) as away:
        before = failed()
        away.http.post("/leads", json=FORM | {"whatsapp": "+5581977665544"})
        prefect.wait_until(lambda: failed() > before)


def test_what_waits_in_the_store_is_sampled(fresh: str, runner: asyncio.Runner) -> None:
    async def sampled_once(store: LeadStore) -> None:
        SAMPLED.set(0)
        sampling = asyncio.create_task(keep_sampled(store, every=0.01))
        while value("serena_sampled_timestamp_seconds") == 0:
            await asyncio.sleep(0.01)
        sampling.cancel()
        await asyncio.gather(sampling, return_exceptions=True)

    async def look() -> None:
        async with LeadStore.postgres(fresh, listen=False) as store:
            await sampled_once(store)
            assert value("serena_unanswered_messages") == 0
            await store.receive(says(someone()))
            await sampled_once(store)

    runner.run(look())
    assert value("serena_unanswered_messages") == 1
    assert 0 < value("serena_oldest_unanswered_seconds") < 30
    assert value("serena_runs", status="requested") == 1
    assert (
        value("serena_runs", status="parked") == value("serena_open_handoffs") == value("serena_unsent_messages") == 0
    )
    assert value("serena_store_reachable") == 1
    assert value("serena_sampled_timestamp_seconds") == pytest.approx(time.time(), abs=30)


def test_a_store_that_does_not_answer_is_seen(runner: asyncio.Runner) -> None:
    async def ask() -> None:
        asking = asyncio.create_task(keep_sampled(LeadStore.postgres("postgresql://127.0.0.1:9/none", listen=False)))
        while value("serena_store_reachable") == 1:
            await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    metrics.store_answers(True)
    runner.run(asyncio.wait_for(ask(), 10))
    assert value("serena_store_reachable") == 0


# the process


def environment(url: str, port: int, shown: int, **more: str) -> dict[str, str]:
    return {
        **{n: v for n, v in os.environ.items() if n not in settings.environment(settings.Webhook, settings.Store)},
        "DATABASE_URL": url,
        "WHATSAPP_APP_SECRET": SECRETS[0],
        "WHATSAPP_VERIFY_TOKEN": TOKEN,
        "WHATSAPP_PHONE_NUMBER_ID": "480000000000001",
        "WEBHOOK_HOST": "127.0.0.1",
        "WEBHOOK_PORT": str(port),
        "METRICS_PORT": str(shown),
        "PREFECT_API_URL": NOBODY,
        "FORM_ORIGINS": "https://serena.example",
        **more,
    }


def test_the_service_shows_its_metrics_apart_from_the_world_and_logs_json(migrated: str) -> None:
    port, shown = free_port(0), free_port(0)
    process = subprocess.Popen(
        [sys.executable, "-m", "webhook.app"],
        env=environment(migrated, port, shown, LOG_FORMAT="json"),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=settings.ROOT,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    try:
        while "startup complete" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], f"it ended: {lines}"
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as http:
            body = json.dumps(delivery(change(messages=[text(f"wamid.{name()}", "segredo")]))).encode()
            http.post("/webhook", content=body, headers={"x-hub-signature-256": sign(body, SECRETS[0])})
            http.post("/webhook", content=body, headers={"x-hub-signature-256": sign(body, "wrong")})
            http.post("/leads", json=FORM | {"whatsapp": "+5581966554433"})
            assert http.get("/metrics").status_code == 404
        # each attempt to start a run at the absent Prefect fails, and is logged
        page, deadline = "", time.monotonic() + 20
        while not re.search(r'serena_dispatches_total{action="start",result="failed"} [2-9]', page):
            assert time.monotonic() < deadline, page
            page = httpx.get(f"http://127.0.0.1:{shown}/metrics", trust_env=False).text
    finally:
        process.terminate()
        lines += process.communicate(timeout=20)[0].splitlines()
    assert 'serena_deliveries_total{result="stored"} 1.0' in page
    assert 'serena_deliveries_total{result="forged"} 1.0' in page
    assert 'serena_delivery_seconds_bucket{le="0.05"}' in page
    assert "serena_turns_total" not in page, "the worker's metrics are the worker's"
    parsed = [json.loads(line) for line in lines if line]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in parsed)
    assert {"uvicorn.error", "serena.webhook", "flows.shown.scraping"} <= {line["logger"] for line in parsed}
    assert any(line["message"].startswith("start of run") and "failed" in line["message"] for line in parsed)
    assert all(datetime.fromisoformat(line["time"]).utcoffset() is not None for line in parsed)
    assert not any(secret in line for line in lines for secret in ("segredo", "Marina", "81966554433"))


def test_a_taken_metrics_port_ends_the_service_with_its_name(migrated: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "webhook.app"],
            env=environment(migrated, free_port(0), port, LOG_FORMAT="json"),
            text=True,
            capture_output=True,
            cwd=settings.ROOT,
            timeout=60,
        )
    assert ended.returncode == 1
    told = json.loads(ended.stderr)["message"]
    assert told.startswith(f"the webhook cannot start: METRICS_PORT {port} on METRICS_HOST 127.0.0.1 cannot be used")
