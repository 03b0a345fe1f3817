"""The state machine that Hypothesis drives: each rule is one thing that may happen next."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, ClassVar

import asyncpg
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.protocol.clients import Client
from tests.protocol.prefect import FlowRun
from tests.protocol.world import PEOPLE, World

TEXTS = ("oi", "oi", "oi", "pare", "pessoa", "veneno", "mata")
PASSES = [
    timedelta(seconds=4),
    timedelta(seconds=40),
    timedelta(minutes=4),
    timedelta(hours=2, minutes=20),
    timedelta(hours=25),
]
LEAPS = [timedelta(days=-1), timedelta(hours=-1), timedelta(hours=1), timedelta(days=1)]
BEFALLS = ["once", "once", "once", "twice", "refused", "dies"]
PREFECT = ["once", "once", "lost", "cut", "dies"]
WHATSAPP = ["once", "once", "lost", "cut", "then dies", "131056", "190", "131026", "131047", "131050", "dies"]
FAILURES = [131026, 131047, 131042, 131049, 131050, 131056]

people = some.integers(0, len(PEOPLE) - 1)
which = some.integers(0, 5)


class Protocol(RuleBasedStateMachine):
    """`connection` is to a database of `store.prepare`; `loop` runs everything. What ends all else (an erasure, a clock that is
    set) is `rare`, or little else would happen."""

    connection: ClassVar[asyncpg.Connection]
    loop: ClassVar[asyncio.Runner]

    def __init__(self) -> None:
        super().__init__()
        self.rare = 0
        self.world = World(self.connection)
        self.run(self.world.transport.open())

    def run(self, do: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run(do)

    def client(self, n: int) -> Client:
        return self.world.clients[n % len(self.world.clients)]

    def flow_run(self, n: int) -> FlowRun:
        runs = list(self.world.prefect.runs.values())
        return runs[n % len(runs)]

    # people and WhatsApp

    @initialize(text=some.sampled_from(TEXTS))
    def somebody_writes(self, text: str) -> None:
        self.run(self.world.writes(0, text, False))

    @rule(person=people, text=some.sampled_from(TEXTS), hidden=some.booleans())
    def writes(self, person: int, text: str, hidden: bool) -> None:
        self.run(self.world.writes(person, text, hidden))

    @rule(n=which)
    def meta_delivers_again(self, n: int) -> None:
        self.run(self.world.redeliver(n))

    @rule(person=people)
    def sends_the_form(self, person: int) -> None:
        self.run(self.world.form(person))

    @precondition(lambda self: self.world.whatsapp.log)
    @rule(n=which, name=some.sampled_from(["sent", "delivered", "read", "failed"]), code=some.sampled_from(FAILURES))
    def whatsapp_tells(self, n: int, name: str, code: int) -> None:
        log = self.world.whatsapp.log
        self.run(self.world.tell(log[-1 - n % len(log)], name, code if name == "failed" else None))

    # processes

    @precondition(lambda self: self.world.clients)
    @rule(
        n=which,
        store=some.sampled_from(BEFALLS),
        prefect=some.sampled_from(PREFECT),
        whatsapp=some.sampled_from(WHATSAPP),
    )
    def one_statement(self, n: int, store: str, prefect: str, whatsapp: str) -> None:
        client = self.client(n)
        kind = str(client.at)
        befalls = prefect if kind.startswith("prefect") else whatsapp if kind == "whatsapp" else store
        if kind == "waits":
            befalls = "news" if store == "twice" else store
        self.run(self.world.step(client, befalls))

    @precondition(lambda self: self.world.clients)
    @rule(n=which)
    def goes_on_to_the_end(self, n: int) -> None:
        self.run(self.world.to_the_end(self.client(n)))

    @precondition(lambda self: self.world.clients)
    @rule()
    def all_go_on_to_the_end(self) -> None:
        while self.world.clients:
            self.run(self.world.to_the_end(self.world.clients[0]))

    @precondition(lambda self: self.world.prefect.scheduled())
    @rule(n=which, worker=some.sampled_from(["worker 0", "worker 1"]))
    def a_worker_takes(self, n: int, worker: str) -> None:
        runs = self.world.prefect.scheduled()
        self.run(self.world.take(runs[n % len(runs)], worker))

    @precondition(lambda self: self.world.clients)
    @rule(process=some.sampled_from(["webhook", "worker 0", "worker 1"]))
    def is_killed(self, process: str) -> None:
        for client in [client for client in self.world.clients if client.process == process]:
            self.run(self.world.kill(client))

    @precondition(lambda self: any(client.claim for client in self.world.clients))
    @rule(process=some.sampled_from(["worker 0", "worker 1"]))
    def renews(self, process: str) -> None:
        self.run(self.world.renew(process))

    @rule()
    def dispatcher_looks(self) -> None:
        self.run(self.world.dispatcher_round())

    @rule()
    def dispatcher_ends_what_is_left(self) -> None:
        self.run(self.world.end_left())

    @precondition(lambda self: any(run.state.is_paused() for run in self.world.prefect.runs.values()))
    @rule()
    def silence_automation(self) -> None:
        self.world.automation()

    # time

    @rule(by=some.sampled_from(PASSES))
    def time_passes(self, by: timedelta) -> None:
        self.world.advance(by)

    @precondition(lambda self: self.rare < 4)
    @rule(by=some.sampled_from(LEAPS))
    def the_clock_is_set(self, by: timedelta) -> None:
        self.rare += 1
        self.world.leap(by)

    # operators

    @precondition(lambda self: self.world.prefect.runs)
    @rule(n=which, button=some.sampled_from(["Resume", "Remind", "Cancel", "Retry", "Fail", "Delete"]))
    def presses_in_prefect(self, n: int, button: str) -> None:
        self.world.press(self.flow_run(n), button)

    @rule(
        person=people,
        what=some.sampled_from(["take over", "give back", "give back and answer", "write", "remind", "remind again"]),
    )
    def operates(self, person: int, what: str) -> None:
        self.run(self.world.operate(person, what))

    @precondition(lambda self: self.rare < 4)
    @rule(person=people)
    def erases(self, person: int) -> None:
        self.rare += 1
        self.run(self.world.erase(person))

    # what holds

    @invariant()
    def holds(self) -> None:
        self.world.check_answers()
        self.run(self.world.check_runs())

    def teardown(self) -> None:
        try:
            self.run(self._settles())
        finally:
            self.run(self.world.close())

    async def _settles(self) -> None:
        await self.world.settle()
        self.world.check_answers()
        await self.world.check_settled()
        await self.world.check_erased()


__all__ = ["Protocol"]
