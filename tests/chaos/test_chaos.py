"""A short chaos on the tests' own stack; `make chaos` is the long one, with every fault and a stack of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from deployments.local.processes import stop
from deployments.local.stack import Stack
from tests.chaos.faults import KINDS, draw
from tests.chaos.local import WORKERS, Ground
from tests.chaos.running import suffer_all

# Here no line can be cut, and Prefect's start would take most of the time.
_WITH = {"kill webhook", "kill worker", "kill worker-2", "stop worker", "stop worker-2", "refused graph", "plans plans"}
_WITHOUT = {f"{kind} {target}" for kind, (targets, _, _) in KINDS.items() for target in targets} - _WITH


def test_the_faults_of_a_seed_are_always_the_same_and_befall_nobody_twice_at_once() -> None:
    faults = draw(7, 200, 600.0)
    assert faults == draw(7, 200, 600.0) != draw(8, 200, 600.0)
    assert {fault.kind for fault in faults} == set(KINDS)
    assert all(fault.name in _WITH for fault in draw(7, 50, 60.0, without=_WITHOUT))
    for target in ("worker", "webhook", "prefect"):
        killed = [fault for fault in faults if fault.target == target and fault.kind in ("kill", "stop")]
        for one, other in zip(killed, killed[1:], strict=False):
            assert one.at + one.seconds < other.at


@pytest.fixture
def ground(stack: Stack, runner: asyncio.Runner) -> Iterator[Ground]:
    """The stack with two workers, which wait for the status of an uncertain send for longer than anything here lasts."""
    patient = Stack(stack.data, {**stack.env, "UNCERTAIN_SECONDS": "25"}, stack.children, stack.metrics)
    here = Ground(stack, observed={**stack.env, "SIMULATOR": stack.simulator})
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


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_while_processes_die_and_vendors_refuse_every_message_is_answered_once(
    ground: Ground, runner: asyncio.Runner
) -> None:
    faults = draw(5, 7, 10.0, without=_WITHOUT)
    verdict = runner.run(suffer_all(ground, faults, 5, print, silent=False))
    assert verdict.wrong == []
    assert verdict.messages > len(faults)
