"""What the worker counts, how Prometheus gets it, and that the document about it names what exists."""

from __future__ import annotations

import dataclasses
import re
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from deployments.local.processes import free_port
from flows import settings
from flows.assistant.place.places import Place
from flows.conversing.attachments import TurnTools
from flows.conversing.outside import NoPlans
from flows.domain import Coverage, NotServed, PlansUnavailable, Served, Why
from flows.errors import Fix, OutcomeUnknown, SerenaError, TryAgain, WindowClosed
from flows.shown import metrics
from flows.shown.scraping import serving
from tests.flows.conversing.test_attachments import NOW, Desk, desk
from tests.flows.conversing.test_sending import sent
from tests.graph_double import refusal
from tests.http_double import DROPS, Answer
from tests.world import World
from webhook import measuring
from webhook.dispatch import Done

__all__ = ["desk"]

DOCUMENT = (settings.ROOT / "docs" / "watching.md").read_text("utf-8")
OURS: dict[str, MetricWrapperBase] = {
    metric.describe()[0].name + ("_total" if isinstance(metric, Counter) else ""): metric
    for module in (metrics, measuring)
    for metric in vars(module).values()
    if isinstance(metric, MetricWrapperBase)
}


def value(sample: str, **labels: str) -> float:
    return metrics.WORKER.get_sample_value(sample, labels) or 0.0


# counting


def test_a_turn_is_counted_with_its_time_tokens_fallback_and_broken_rules() -> None:
    why = Why(
        by="rules",
        seconds=1.5,
        tokens_in=900,
        tokens_out=70,
        fallback="slow",
        checks=("promise", "percent_not_offered:33"),
    )
    wanted = [
        ("serena_turns_total", {"by": "rules"}, 1),
        ("serena_turn_seconds_sum", {"by": "rules"}, 1.5),
        ("serena_model_tokens_total", {"direction": "in"}, 900),
        ("serena_model_tokens_total", {"direction": "out"}, 70),
        ("serena_model_fallbacks_total", {"reason": "slow"}, 1),
        ("serena_guard_broken_rules_total", {"rule": "promise"}, 1),
        ("serena_guard_broken_rules_total", {"rule": "percent_not_offered"}, 1),
    ]
    before = [value(name, **labels) for name, labels, _ in wanted]
    metrics.turn(why)
    assert [value(name, **labels) - was for (name, labels, _), was in zip(wanted, before, strict=True)] == [
        change for _, _, change in wanted
    ]


def test_an_answer_falls_into_the_bucket_of_its_seconds() -> None:
    inside, outside = (value("serena_answer_seconds_bucket", le=le) for le in ("2.5", "1.5"))
    metrics.answered(2.0)
    assert value("serena_answer_seconds_bucket", le="2.5") == inside + 1
    assert value("serena_answer_seconds_bucket", le="1.5") == outside


@pytest.mark.parametrize(
    ("first", "raises", "wrote", "result", "code"),
    [
        (None, None, True, "accepted", "none"),
        (refusal(130429), TryAgain, True, "refused", "130429"),
        (refusal(190, 401), Fix, True, "needs_fix", "190"),
        (DROPS, OutcomeUnknown, True, "unknown", "none"),
        (None, WindowClosed, False, "failed", "131047"),
    ],
    ids=["accepted", "refused", "token", "lost", "window"],
)
def test_a_send_is_counted_by_what_whatsapp_said(
    desk: Desk, first: Answer | None, raises: type[SerenaError] | None, wrote: bool, result: str, code: str
) -> None:
    before = value("serena_sends_total", kind="text", result=result, code=code), value("serena_send_seconds_count")
    if first is not None:
        desk.graph.then(first)
    sent(desk, raises, wrote=wrote)
    assert value("serena_sends_total", kind="text", result=result, code=code) == before[0] + 1
    assert value("serena_send_seconds_count") == before[1] + 1


def test_a_question_for_plans_is_counted_by_what_its_answer_is_worth(desk: Desk) -> None:
    celpe = Served(utility="CELPE", plans=())
    found = [celpe, NotServed(), celpe.model_copy(update={"stale": True}), PlansUnavailable()]

    class Known(NoPlans):
        async def coverage(self, *place: Any, **more: Any) -> Coverage:
            return found.pop(0)

    async def reads() -> list[Coverage]:
        async with desk.work() as work:
            work.runtime = dataclasses.replace(work.runtime, plans=Known())
            lead = await work.store.lead(work.lead_id)
            assert lead is not None
            tools = TurnTools(work, lead, today=NOW.date())
            return [await tools.coverage(Place("Recife", "PE", 2611606)) for _ in range(4)]

    before = {result: value("serena_plans_reads_total", result=result) for result in metrics.PLANS_RESULTS}
    assert [type(each) for each in desk.run(reads())] == [Served, NotServed, Served, PlansUnavailable]
    now_counted = {result: value("serena_plans_reads_total", result=result) for result in metrics.PLANS_RESULTS}
    assert {result: now_counted[result] - before[result] for result in before} == {"ok": 2, "stale": 1, "failed": 1}


def test_runs_held_are_counted_when_prometheus_asks() -> None:
    held: dict[int, str] = {}
    metrics.holding(held)
    held[1] = "a run"
    assert value("serena_runs_held") == 1


def test_a_failed_renewal_of_leases_is_counted() -> None:
    before = value("serena_lease_renewals_failed_total")
    metrics.renewal_failed()
    assert value("serena_lease_renewals_failed_total") == before + 1


# showing


def shown(port: int) -> dict[str, Any]:
    page = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    return {family.name: family for family in text_string_to_metric_families(page)}


def test_each_process_shows_its_own_metrics_and_those_of_both() -> None:
    pages: dict[str, set[str]] = {}
    for process in ("webhook", "worker"):
        with serving(process, settings.read(settings.Watching, metrics_port=free_port(0))) as port:
            assert port is not None
            pages[process] = set(shown(port))
    assert {"serena_deliveries", "serena_oldest_unanswered_seconds", "serena_build_info"} <= pages["webhook"]
    assert {"serena_turns", "serena_sends", "serena_build_info"} <= pages["worker"]
    both = {name for name in pages["webhook"] & pages["worker"] if name.startswith("serena_")}
    assert both == {"serena_build_info", "serena_store_reachable"}
    assert {"process_resident_memory_bytes"} <= pages["webhook"] & pages["worker"]


def test_a_taken_port_is_a_fix_that_names_the_variable_and_no_port_serves_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        group = settings.read(settings.Watching, metrics_port=taken.getsockname()[1])
        with pytest.raises(Fix, match=r"METRICS_PORT \d+ .*a port of its own"), serving("worker", group):
            pass
    with serving("worker", settings.Watching(metrics_port=None)) as port:
        assert port is None


def test_a_served_port_is_free_again_afterwards() -> None:
    group = settings.read(settings.Watching, metrics_port=free_port(0))
    for _ in range(2):
        with serving("worker", group) as port:
            assert port == group.metrics_port


def test_the_worker_of_the_stack_shows_what_it_did(world: World) -> None:
    def samples() -> dict[tuple[str, str], float]:
        families = shown(world.stack.metrics["worker"]).values()
        return {(s.name, s.labels.get("result", s.labels.get("by", ""))): s.value for f in families for s in f.samples}

    marina = world.person()
    before = samples()
    marina.write("oi")
    marina.hears()
    world.until(
        "the answer is counted",
        lambda: samples()["serena_answer_seconds_count", ""] > before["serena_answer_seconds_count", ""],
    )
    after = samples()
    assert after["serena_turns_total", "rules"] > before.get(("serena_turns_total", "playbook"), 0)
    assert after["serena_turn_seconds_count", "rules"] > 0
    assert after["serena_sends_total", "accepted"] >= 0
    assert after["serena_event_stream_connected", ""] == after["serena_store_reachable", ""] == 1
    assert after["serena_runs_held", ""] >= 0
    webhook = {s.name: s.value for f in shown(world.stack.metrics["webhook"]).values() for s in f.samples}
    assert webhook["serena_sampled_timestamp_seconds"] > 0, "the store's figures are sampled"


# the document


def table() -> Iterator[tuple[str, set[str]]]:
    for name, labels in re.findall(r"^\| `(serena_\w+)` \|([^|]*)\|", DOCUMENT, re.M):
        yield name, set(re.findall(r"`(\w+)`", labels))


def rules() -> list[dict[str, Any]]:
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.S)]
    return [rule for block in blocks for group in block.get("groups", []) for rule in group["rules"]]


def series() -> dict[str, set[str]]:
    """Every name that an expression may use, with the labels it has."""
    found: dict[str, set[str]] = {}
    for name, metric in OURS.items():
        labels = set(metric._labelnames)
        found[name] = labels
        if metric._type == "histogram":
            found |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
    return found


def test_the_table_names_every_metric_with_its_labels_and_no_other() -> None:
    assert dict(table()) == {name: set(metric._labelnames) for name, metric in OURS.items()}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_asks_for_what_exists_and_says_what_to_do(rule: dict[str, Any]) -> None:
    known, expression = series(), rule["expr"]
    used = re.findall(r"(serena_\w+)(?:\{([^}]*)\})?", expression)
    assert used
    for name, selector in used:
        assert name in known
        for label, quoted in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"([^\"]*)\"", selector or ""):
            assert label in known[name]
            if label == "result":
                assert set(quoted.split("|")) <= results_of(name), name
    assert expression.count("(") == expression.count(")")
    assert set(rule) <= {"alert", "expr", "for", "annotations"}
    assert set(rule["annotations"]) == {"summary", "action"}


def results_of(name: str) -> set[str]:
    """The values that the label `result` can have."""
    return {
        "serena_deliveries_total": set(metrics.DELIVERY_RESULTS.values()),
        "serena_forms_total": {*metrics.FORM_RESULTS.values(), "robot"},
        "serena_dispatches_total": {*(done.replace(" ", "_") for done in Done), "failed"},
        "serena_plans_reads_total": set(metrics.PLANS_RESULTS),
        "serena_sends_total": {*metrics._SEND_RESULTS.values(), "accepted", "interrupted"},
    }[name]


def test_a_code_that_an_alert_waits_for_is_there_before_its_first_time() -> None:
    """`increase()` does not see a series appear with 1."""
    for rule in rules():
        for codes in re.findall(r"serena_sends_total\{code=~\"([^\"]*)\"", rule["expr"]):
            for code in codes.split("|"):
                assert (
                    metrics.WORKER.get_sample_value(
                        "serena_sends_total", {"kind": "text", "result": "needs_fix", "code": code}
                    )
                    is not None
                )
        for codes in re.findall(r"serena_statuses_total\{status=\"failed\", code=~\"([^\"]*)\"", rule["expr"]):
            for code in codes.split("|"):
                assert (
                    metrics.WEBHOOK.get_sample_value("serena_statuses_total", {"status": "failed", "code": code})
                    is not None
                )
