"""A short chaos on the tests' own stack; `make chaos` is the long one, with every fault and a stack of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from deployments.local.processes import stop
from deployments.local.stack import Stack
from deployments.simulator.faults import FaultPlan
from tests.chaos.faults import KINDS, UNDONE, draw, part
from tests.chaos.local import WORKERS, Ground
from tests.chaos.observer import Befell, seconds_without
from tests.chaos.running import suffer_all

# Here no line can be cut, and Prefect's start would take most of the time.
_WITH = {"kill webhook", "kill worker", "kill worker-2", "stop worker", "stop worker-2", "refused graph", "plans plans"}
_WITHOUT = {f"{kind} {target}" for kind, (targets, _, _) in KINDS.items() for target in targets} - _WITH
_SHORT = draw(83, 7, 10.0, without=_WITHOUT)


def test_the_faults_of_a_seed_are_always_the_same_and_befall_nobody_twice_at_once() -> None:
    faults = draw(7, 200, 600.0)
    assert faults == draw(7, 200, 600.0) != draw(8, 200, 600.0)
    assert {fault.kind for fault in faults} == set(KINDS)
    assert {fault.name for fault in _SHORT} == _WITH
    over: dict[str, float] = {}
    for fault in faults:
        of = part(fault.kind, fault.target)
        assert fault.at > over.get(of, 0.0), fault
        over[of] = fault.at + fault.seconds
    assert len(over) < len(faults) / 5, "each had its turn more than once"


def test_the_simulator_takes_every_fault_and_what_undoes_it() -> None:
    told = [fault.how for fault in draw(7, 2000, 6000.0) if fault.how is not None]
    assert {switch for how in told for switch in how} == {switch for undo in UNDONE.values() for switch in undo}
    for how in [*told, *UNDONE.values()]:
        assert FaultPlan.model_validate(how).model_fields_set == set(how)


def test_what_was_late_is_not_excused_by_a_fault_that_came_after_it() -> None:
    def befell(began: float, ended: float) -> Befell:
        return Befell("cut", "cut store", began, ended)

    faults = [befell(10, 30), befell(20, 25), befell(90, 100), befell(200, 300)]
    assert seconds_without(faults, 0, 95) == 10 + 60
    assert seconds_without(faults, 15, 150) == 60 + 50
    assert seconds_without(faults, 22, 24) == 0
    assert seconds_without([], 5, 12) == 7


@pytest.fixture
def ground(stack: Stack, runner: asyncio.Runner) -> Iterator[Ground]:
    """The stack with two workers, which wait for the status of an uncertain send for longer than anything here lasts."""
    patient = Stack(stack.data, {**stack.env, "UNCERTAIN_SECONDS": "25"}, stack.children, stack.metrics)
    here = Ground(stack, observed={**patient.env, "SIMULATOR": stack.simulator})
    here.launched.update(dict.fromkeys(WORKERS, patient))

    async def begin() -> None:
        await stop(stack.children["worker"])
        await asyncio.gather(*map(here.start, WORKERS))

    async def end() -> None:
        await here.close()
        await asyncio.gather(*(stop(stack.children.pop(name)) for name in WORKERS))
        await stack.start_worker()

    runner.run(begin())
    yield here
    runner.run(end())


def test_while_processes_die_and_vendors_refuse_every_message_is_answered_once(
    ground: Ground, runner: asyncio.Runner
) -> None:
    verdict = runner.run(suffer_all(ground, _SHORT, 5, print, silent=False))
    assert verdict.wrong == []
    assert verdict.messages > verdict.people, "they did not only say hello"
