"""What the store is asked costs by what is open, or by what is looked at, whatever it holds beside."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from tests.benchmarks.grown import CALLS, call, seed

SMALL, LARGE = 10_000, 60_000
OPEN = {"unanswered": 300, "parked": 2_000, "queued": 1_000}


@pytest.fixture(scope="module")
def sizes(made: Callable[[str], str], runner: asyncio.Runner) -> dict[int, str]:
    """Two stores in which the same is open, one of them with many more leads of the past."""

    urls = {leads: made(f"size{leads}") for leads in (SMALL, LARGE)}
    for leads, url in urls.items():
        runner.run(seed(url, leads, **OPEN))
    return urls


@dataclass(frozen=True)
class Cost:
    """What one call does, planning left aside: pages touched, rows looked at at every step of every plan inside it, and
    the tables that it reads as a whole."""

    pages: int
    rows: int
    whole: frozenset[str]


async def _cost(url: str, name: str, leads: int, number: int) -> Cost:
    """Nothing of the call is kept."""
    connection = await asyncpg.connect(url)
    plans: list[str] = []
    connection.add_log_listener(lambda _, message: plans.append(message.message))
    try:
        # superusers may; it tells of the statements inside a function, which EXPLAIN does not
        await connection.execute("load 'auto_explain'")
        # the first calls of a connection read the catalogue, and kill what is dead in an index
        for told in (False, False, True):
            transaction = connection.transaction()
            await transaction.start()
            if told:
                for setting in (
                    "log_min_duration = 0",
                    "log_analyze = on",
                    "log_nested_statements = on",
                    "log_buffers = on",
                    "log_timing = off",
                    "log_format = json",
                ):
                    await connection.execute(f"set local auto_explain.{setting}")
                await connection.execute("set local client_min_messages = log")
                plans.clear()
            await connection.fetchval(call(name, number, leads, unanswered=OPEN["unanswered"]))
            await transaction.rollback()
    finally:
        await connection.close()
    (*inner, outer) = [json.loads(plan.split("plan:\n", 1)[1])["Plan"] for plan in plans if "plan:\n" in plan]
    nodes = [node for plan in (*inner, outer) for node in _nodes(plan)]
    return Cost(
        pages=outer["Shared Hit Blocks"] + outer["Shared Read Blocks"],
        rows=round(sum(_looked_at(node) for node in nodes)),
        whole=frozenset(
            # a table of a handful of rows is no large one
            node["Relation Name"]
            for node in nodes
            if node["Node Type"] == "Seq Scan" and _looked_at(node) > 10
        ),
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


def _looked_at(node: dict[str, Any]) -> float:
    removed = sum(value for key, value in node.items() if key.startswith("Rows Removed by"))
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])


# Of a day long ago the planner takes, in a store of this size, what is cheaper than a look for each lead: all of a step.
# `make bench ARGS="--only grown"` measures it.
@pytest.mark.parametrize("name", sorted({*CALLS} - {"report of the oldest day"}))
def test_a_call_costs_as_much_in_a_large_store_as_in_a_small_one(
    sizes: dict[int, str], runner: asyncio.Runner, name: str
) -> None:
    # about the same leads, who are of the same days in both
    small, large = (runner.run(_cost(sizes[leads], name, leads, SMALL // 2 + 7)) for leads in (SMALL, LARGE))
    assert large.whole == frozenset()
    # an index of six times as many rows may be a level deeper
    assert large.pages <= small.pages * 1.35 + 20, (small, large)
    assert large.rows <= small.rows * 1.2 + 20, (small, large)


def test_the_dispatcher_looks_at_a_few_rows_for_each_that_is_open(
    sizes: dict[int, str], runner: asyncio.Runner
) -> None:
    """And not at all that are parked for each that is unanswered, which touches few pages."""
    cost = runner.run(_cost(sizes[LARGE], "dispatcher", LARGE, 1))
    assert cost.rows < 15 * (OPEN["unanswered"] + 50), cost
    assert cost.pages < 25 * (OPEN["unanswered"] + 50), cost


def test_the_dispatcher_hands_out_what_is_due_of_a_large_store(sizes: dict[int, str], runner: asyncio.Runner) -> None:
    async def found() -> list[int]:
        connection = await asyncpg.connect(sizes[LARGE])
        try:
            rounds = [json.loads(await connection.fetchval("select due_runs(50, 60)")) for _ in range(7)]
        finally:
            await connection.close()
        assert len({one["run_id"] for each in rounds for one in each}) == sum(len(each) for each in rounds)
        return [len(each) for each in rounds]

    # and of what is queued the hundredth part that is not past its day
    assert runner.run(found()) == [50] * 6 + [OPEN["queued"] // 100]
