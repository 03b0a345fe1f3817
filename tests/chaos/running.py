"""Leads talk, faults befall the stack one after the other and side by side, and when all is over everybody is counted."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

import httpx

from deployments.local.processes import DidNotStart
from tests.chaos.faults import Fault
from tests.chaos.leads import Newcomer, talkers
from tests.chaos.local import Ground
from tests.chaos.observer import PUT_OFF, WITHIN, Befell, Verdict, at_rest, observe
from tests.people import Person

# How long after the last word of anybody everything may take to come to rest, beyond the reminder's own time; seconds.
_REST = 150.0
# One of these is a person who comes and falls silent, so that silences end at all times.
_FAULTS_PER_NEWCOMER = 2


async def suffer_all(
    here: Ground,
    faults: Sequence[Fault],
    leads: int,
    say: Callable[[str], None],
    *,
    within: float = WITHIN,
    silent: bool = True,
) -> Verdict:
    """Plays the faults and returns what the observer counted; `within`: seconds in which all is answered after a fault;
    `silent`: until every silence has ended too, on a stack that nobody else uses."""
    befell: list[Befell] = []
    newcomers: list[Newcomer] = []
    troubles: list[str] = []
    clock = asyncio.get_running_loop().time
    simulator_url, webhook_url = here.observed["SIMULATOR"], here.stack.webhook
    # a connection each: one that is kept may end just as the simulator goes on after a stop
    alone = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=simulator_url, timeout=60, limits=alone) as simulator:
        crowd, enough = await asyncio.to_thread(talkers, simulator, leads, hasty=True), threading.Event()
        for each in crowd:
            each.start(enough)
        began = clock()

        async def suffer(fault: Fault) -> None:
            await asyncio.sleep(began + fault.at - clock())
            start = time.time()
            try:
                await here.suffer(fault)
            except DidNotStart as exc:
                troubles.append(f"{fault.name}: {exc}")
            except Exception as exc:  # the harness's own failure must not pass for the product's success
                troubles.append(f"{fault.name}: the fault itself failed ({type(exc).__name__}: {exc})")
            befell.append(
                Befell(fault.kind, fault.name, start, time.time(), PUT_OFF if fault.kind == "failed" else 0.0)
            )
            say(f"{fault.name} ({befell[-1].ended - start:.1f} s)")

        async def come(fault: Fault, number: int) -> None:
            await asyncio.sleep(began + fault.at - clock())
            newcomer = Newcomer(await asyncio.to_thread(Person.with_phone, simulator))
            newcomers.append(newcomer)
            newcomer.start(webhook_url, by_form=number % 2 == 1)

        coming = faults[::_FAULTS_PER_NEWCOMER]
        await asyncio.gather(*map(suffer, faults), *(come(fault, number) for number, fault in enumerate(coming)))
        enough.set()
        for each in [*crowd, *newcomers]:
            await asyncio.to_thread(each.join)
            if each.trouble:
                troubles.append(f"{each.person.id} broke off: {each.trouble}")
        say("all faults are over and everybody is silent")
        reminder_after = float(here.observed["REMINDER_AFTER_SECONDS"])
        if not await at_rest(here.observed["DATABASE_URL"], _REST + within + 2 * reminder_after, silent=silent):
            troubles.append("the store did not come to rest")
        say("the store is at rest")
        await (here.settled() if silent else asyncio.sleep(2.0))
    people = [each.person.id for each in [*crowd, *newcomers]]

    async def seen() -> Verdict:
        return await observe(
            here.observed["DATABASE_URL"],
            here.observed["PREFECT_API_URL"],
            simulator_url,
            befell,
            people=people,
            patience=float(here.observed["UNCERTAIN_SECONDS"]),
            within=within,
            silent=silent,
        )

    verdict, deadline = await seen(), clock() + _REST
    while verdict.wrong and not silent and clock() < deadline:
        # A silence may end at this very moment; what was lost, or sent twice, stays so.
        await asyncio.sleep(1.0)
        verdict = await seen()
    verdict.wrong[:0] = troubles
    return verdict
