"""What Prefect shows of a run: which tags, which timeline, and that nothing of it can cost the lead anything."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.adapters.prices import cost, total
from flows.adapters.store.sheets import TimelineRow
from flows.assistant.mind import Spent
from flows.conversing.showing import show_outcome, show_run, tags
from flows.domain import Lead, Outcome, Qualification, Stage
from flows.shown.formats import number
from flows.shown.timeline import timeline_page
from flows.shown.words import OUTCOMES, STAGES, code_meaning
from tests.flows.conversing.test_attachments import Desk, desk

__all__ = ["desk"]

NOW = datetime(2026, 11, 21, 15, 4, 5, tzinfo=UTC)
LEAD = Lead(id=UUID(int=7), stage=Stage.PLANS_SENT, qualification=Qualification.QUALIFIED, name="Zuleica Quaresma")
BASE = {"stage:PLANS_SENT", "qualification:QUALIFIED"}


def row(kind: str, minutes: float = 0, **detail: Any) -> TimelineRow:
    return TimelineRow(at=NOW + timedelta(minutes=minutes), kind=kind, detail=detail)


@pytest.mark.parametrize(
    ("lead", "rows", "before", "outcome", "expected"),
    [
        ({}, [], [], None, BASE),
        ({}, [], [], Outcome.SILENT, BASE | {"outcome:silent"}),
        ({}, [], ["mine", "stage:INITIAL", "outcome:silent", "taken-over"], None, BASE | {"mine"}),
        ({"taken_over_at": NOW}, [], [], "taken_over", BASE | {"taken-over", "outcome:taken_over"}),
        ({}, [row("failed", code=131047)], [], None, BASE | {"send-failed"}),
        ({}, [row("failed", -9, code=131047)], [], None, BASE),
        ({}, [row("turn", by="rules", fallback="down")], [], None, BASE | {"model-fallback"}),
        ({}, [row("turn", by="gpt-4.1-mini", fallback=None)], ["model-fallback"], None, BASE | {"model-fallback"}),
        ({}, [row("handoff", reason="needs_review")], [], None, BASE | {"handed-over"}),
        (
            {"stage": Stage.INTERESTED},
            [],
            [],
            "interested",
            {"stage:INTERESTED", "qualification:QUALIFIED", "handed-over", "outcome:interested"},
        ),
    ],
    ids=[
        "waiting",
        "ended",
        "others stay",
        "taken over",
        "failed",
        "failed in an earlier run",
        "saved",
        "saved before",
        "handed over",
        "goodbye after a hand-over",
    ],
)
def test_a_runs_tags_say_what_happened_to_it_and_leave_other_tags_alone(
    lead: dict[str, Any], rows: list[TimelineRow], before: list[str], outcome: Outcome | None, expected: set[str]
) -> None:
    since = NOW - timedelta(minutes=5)
    assert tags(before, LEAD.model_copy(update=lead), rows, since=since, outcome=outcome) == expected


TURN = {
    "by": "gpt-4.1-mini-2025-04-14",
    "messages": 2,
    "stage": "PLANS_SENT",
    "seconds": 1.3,
    "tokens_in": 2500,
    "tokens_out": 100,
    "fallback": None,
    "broken": ["saving_in_money"],
}


@pytest.mark.parametrize(
    ("happened", "line"),
    [
        (row("inbound", type="text"), "| 21/11 12:04:05 | mensagem da pessoa | texto |"),
        (
            row("turn", **TURN),
            "| turno da assistente | gpt-4.1-mini-2025-04-14, 1,3 s, 2.500 + 100 tokens, "
            "regras refeitas: saving_in_money, planos enviados |",
        ),
        (
            row("turn", by="rules", seconds=0.4, fallback="slow"),
            "| regras, 0,4 s, **as regras valeram no lugar do modelo** (demorou demais) |",
        ),
        (
            row("stage", **{"from": "BILL_PROCESSED", "to": "PLANS_SENT"}),
            "| etapa | conta de luz lida → planos enviados |",
        ),
        (row("failed", code=131047), f"| falha no envio | código 131047, {code_meaning(131047)} |"),
        (row("handoff", reason="plan_chosen"), "| passada a uma pessoa | escolheu um plano |"),
        (row("action", action="take_over", operator="Zuleica"), "| ação da equipe | assumiu a conversa |"),
        (row("inbound", type="text", text="xilofone"), "| mensagem da pessoa | texto |"),
    ],
    ids=["inbound", "model", "fallback", "stage", "failed", "handoff", "action", "unknown keys"],
)
def test_the_timeline_tells_each_kind_of_thing_in_words_and_nothing_personal(happened: TimelineRow, line: str) -> None:
    drawn = timeline_page(LEAD, [happened], outcome=None, ops_url=None)
    assert line in drawn
    for personal in ("Zuleica", "xilofone"):
        assert personal not in drawn


def test_the_timeline_sums_up_what_the_assistant_took_and_links_to_the_operators_page() -> None:
    turns = [row("turn", **TURN), row("turn", 1, by="rules", seconds=0.5)]
    drawn = timeline_page(LEAD, turns, outcome=Outcome.SILENT, ops_url="https://serena.example/")
    assert "**Turnos da assistente:** 2 em 1,8 s; 2.500 tokens de entrada, 100 de saída; cerca de US$ 0,0012" in drawn
    assert f"(https://serena.example/ops/leads/{LEAD.id})" in drawn
    assert OUTCOMES[Outcome.SILENT] in drawn
    assert "](http" not in timeline_page(LEAD, turns, outcome=None, ops_url=None)


def test_what_a_model_cost_is_said_only_as_far_as_its_price_is_known() -> None:
    assert cost("of-another-house", 1000, 1000) is None
    assert total([("gpt-4.1", 1_000_000, 0), ("rules", 0, 0)]) == (2, True)
    assert total([("gpt-4.1", 1_000_000, 0), ("rules", 500, 10)]) == (2, False)


def test_what_was_read_from_a_cache_costs_less_and_a_dated_model_costs_what_its_family_does() -> None:
    fresh, cached = cost("gpt-4.1", 1_000_000, 0), cost("gpt-4.1-2025-04-14", 1_000_000, 0, cached=500_000)
    assert fresh == 2 and cached is not None and 1 < cached < fresh


def test_a_turn_that_asked_two_models_costs_what_both_cost_and_nothing_is_guessed() -> None:
    dear, cheap, unknown = (
        Spent(1, 1000, 100, cost=cost(name, 1000, 100)) for name in ("gpt-4.1", "gpt-4.1-mini", "of-another-house")
    )
    assert dear.cost is not None and cheap.cost is not None and (Spent() + dear + cheap).cost == dear.cost + cheap.cost
    assert (dear + unknown).cost is None and (Spent() + Spent()).cost is None


def test_every_stage_has_its_word_and_every_code_is_explained_or_said_to_be_unknown() -> None:
    assert list(STAGES) == list(Stage)
    assert code_meaning("131047") == code_meaning(131047) != code_meaning(999999)
    assert code_meaning(None) == code_meaning("none") == "sem código"
    assert number(1234.56, 1) == "1.234,6"


@pytest.mark.parametrize("what", ["a conversation", "an activation"])
def test_a_prefect_that_is_away_is_a_line_in_the_log_and_nothing_else(
    desk: Desk, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def go() -> None:
        # in here, because the fixtures' loop has a context of its own
        with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
            async with desk.work() as work:
                await (show_run(work, Outcome.SILENT) if what == "a conversation" else show_outcome(work, Outcome.SENT))
                assert work.tags == frozenset()

    with caplog.at_level(logging.WARNING):
        desk.run(go())
    assert [record.name for record in caplog.records if record.levelno >= logging.WARNING] == [
        "flows.conversing.showing"
    ]
