"""The whole stack: chats under way, from suspended, forms, bursts of new leads; each beside the engines one could pick instead.

Of everything that is compared several rounds are played, ours and theirs in turns.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Mapping

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.local.processes import says, start, stop
from deployments.local.stack import Stack
from flows.settings import ROOT
from tests.benchmarks.figures import Figure, once, spread
from tests.benchmarks.leads import Lead, talk
from tests.benchmarks.processor import Spent, spent

CROWD = 30
SEVERAL, TURNS = 8, 20


async def warm(
    stack: Stack, ours: httpx.AsyncClient, others: Mapping[str, httpx.AsyncClient], rounds: int
) -> list[Figure]:
    """One lead in a chat that is under way, who reads a moment before writing on; then eight at once who do not, for
    the throughput. Each client leads to a simulator that delivers to one of the programs."""
    clients = {"ours": ours, **others}
    seconds: dict[str, list[list[float]]] = {name: [] for name in clients}
    rates: dict[str, list[float]] = {name: [] for name in clients}
    chats = {name: await Lead.new(http) for name, http in clients.items()}
    used = Spent()
    for lead in chats.values():
        await lead.says("oi")
        await talk(lead, 4)  # the first turns pay for imports and plans
    for _ in range(rounds):
        for name, http in clients.items():
            seconds[name].append(await talk(chats[name], 20, reading=0.5))
            rate, processor = await _rate(stack, http)
            rates[name].append(rate)
            if http is ours:
                used.update(processor)
    all_at_once = once(
        "turns per second, 8 leads at once", rates.pop("ours"), "/s", 40, beside=rates, more_is_better=True
    )
    return [
        *spread("message → reply sent, chat under way", seconds.pop("ours"), p50=0.015, p95=0.04, beside=seconds),
        all_at_once,
        *(Figure(f"… of {name}'s", all_at_once.ratio(name), "", 1, more_is_better=True) for name in others),
        used.figure("processor for one of these turns", rounds * SEVERAL * TURNS),
    ]


async def _rate(stack: Stack, http: httpx.AsyncClient) -> tuple[float, Spent]:
    """Turns a second, and what ours spent meanwhile."""
    several = [await Lead.new(http) for _ in range(SEVERAL)]
    await asyncio.gather(*(each.says("oi") for each in several))
    before, began = spent(stack), time.perf_counter()
    taken = await asyncio.gather(*(talk(each, TURNS) for each in several))
    return sum(map(len, taken)) / (time.perf_counter() - began), spent(stack) - before


async def beside_pictures(http: httpx.AsyncClient, files: int = 20, rounds: int = 2) -> list[Figure]:
    """One chat under way alone, and while that many people have sent a photo of their bill at once, by turns: a machine that
    others use, too, is as busy for the one as for the other."""
    lead = await Lead.new(http)
    await lead.says("oi")
    await talk(lead, 4)
    quiet: list[list[float]] = []
    busy: list[list[float]] = []
    for _ in range(rounds):
        quiet.append(await talk(lead, 40, reading=0.25))
        busy.append([])
        senders = [await Lead.new(http) for _ in range(files)]
        for one in senders:
            await one.says("oi")
        reading = asyncio.gather(*(one.sends_photo() for one in senders))
        while not reading.done():
            busy[-1] += await talk(lead, 1, reading=0.25)
        await reading
    what = f"chat under way while {files} photos are read"
    p50, p95 = spread(what, busy, beside={"quiet": quiet})
    return [p50, p95, Figure(f"{what}: its p95 by that of the quiet one", 1 / p95.ratio("quiet"), "×", 1.5)]


async def forms(stack: Stack, http: httpx.AsyncClient, count: int = 20) -> list[Figure]:
    """From the posted form to the template's call, one form after the other."""
    seconds = []
    async with httpx.AsyncClient(base_url=stack.webhook, timeout=30) as webhook:
        for _ in range(count):
            lead = await Lead.new(http)
            form = {"name": "Marina Alves", "phone": lead.phone, "consent": True}
            began = time.time()
            (await webhook.post("/leads", json=form)).raise_for_status()
            seconds.append((await lead.hears())["at"] - began)
    return spread("form posted → template sent", [seconds])


async def suspended(stack: Stack, http: httpx.AsyncClient, served: Served | None, rounds: int) -> list[Figure]:
    """Leads whose run is suspended write again, one after the other."""
    seconds: list[list[float]] = []
    theirs: list[list[float]] = []
    for _ in range(rounds):
        leads = [await Lead.new(http) for _ in range(10)]
        for lead in leads:
            await lead.says("oi")
        await _until_suspended(stack, len(leads) * (len(seconds) + 1))
        seconds.append([await lead.says("precisa instalar placas?") for lead in leads])
        await asyncio.sleep(2)  # their runs suspend once more
        if served:
            theirs.append([await served.resumed() for _ in range(2)])
    beside = {"flow.serve()": theirs} if served else {}
    return spread("message → reply sent, from suspended", seconds, p50=0.12, p95=0.3, beside=beside)


async def burst(
    stack: Stack, ours: httpx.AsyncClient, others: Mapping[str, httpx.AsyncClient], served: Served | None, rounds: int
) -> list[Figure]:
    """First messages: a few one after the other, then thirty people at the same moment, until the last has its reply."""
    clients = {"ours": ours, **others}
    first: dict[str, list[list[float]]] = {name: [] for name in clients}
    each: dict[str, list[list[float]]] = {name: [] for name in clients}
    last: dict[str, list[float]] = {name: [] for name in clients}
    for http in clients.values():
        await (await Lead.new(http)).says("oi")  # which pays for imports
    used = Spent()
    for _ in range(rounds):
        for name, http in clients.items():
            before = spent(stack)
            first[name].append([await (await Lead.new(http)).says("oi") for _ in range(5)])
            leads = [await Lead.new(http) for _ in range(CROWD)]
            began = time.perf_counter()
            each[name].append(list(await asyncio.gather(*(lead.says("oi", within=300) for lead in leads))))
            last[name].append(time.perf_counter() - began)
            await asyncio.sleep(5)  # what was put off until after the replies is nobody else's
            if http is ours:
                used.update(spent(stack) - before)
        if served:
            first.setdefault(Served.NAME, []).append([await served.first() for _ in range(2)])
            last.setdefault(Served.NAME, []).append(await served.crowd())
    return [
        *spread("first message → reply sent", first.pop("ours"), p50=0.15, beside=first),
        once(f"{CROWD} first messages at once → last reply", last.pop("ours"), "s", 3, beside=last),
        *spread("… each of them", each.pop("ours"), beside=each),
        used.figure("processor for a first message, answered and suspended", rounds * (CROWD + 5)),
    ]


class Served:
    """Prefect's own way, `flow.serve()` (serving.py): a message creates a run or resumes one."""

    NAME = "flow.serve()"

    def __init__(self, http: httpx.AsyncClient, client: PrefectClient, deployment: uuid.UUID) -> None:
        self._http, self._client, self._deployment = http, client, deployment

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, stack: Stack, http: httpx.AsyncClient) -> AsyncIterator[Served]:
        log = stack.data / "logs" / "bench-served.log"
        child = start("bench-served", ["-m", "tests.benchmarks.serving"], env=stack.env, log=log, cwd=ROOT)
        try:
            await says(child, "Your flow", within=60)
            with temporary_settings({PREFECT_API_URL: stack.env["PREFECT_API_URL"]}):
                async with get_client() as client:
                    deployment = await client.read_deployment_by_name("bench-served/bench-served")
                    yield cls(http, client, deployment.id)
        finally:
            await stop(child, within=30)

    async def first(self) -> float:
        """Created → reply, in seconds."""
        return (await self._created(await self._open()))[1]

    async def resumed(self) -> float:
        """Resumed → reply, in seconds."""
        lead = await self._open()
        run, _ = await self._created(lead)
        while not (await self._client.read_flow_run(run)).state.is_paused():  # type: ignore[union-attr]
            await asyncio.sleep(0.2)
        began = time.time()
        await self._client.resume_flow_run(run, run_input={"text": "oi"})
        return float((await lead.hears(300))["at"] - began)

    async def crowd(self) -> float:
        """Thirty created at once → the last reply, in seconds."""
        leads = [await self._open() for _ in range(CROWD)]
        began = time.perf_counter()
        await asyncio.gather(*(self._created(lead) for lead in leads))
        return time.perf_counter() - began

    async def _created(self, lead: Lead) -> tuple[uuid.UUID, float]:
        began = time.time()
        run = await self._client.create_flow_run_from_deployment(self._deployment, parameters={"to": lead.phone})
        return run.id, float((await lead.hears(300))["at"] - began)

    async def _open(self) -> Lead:
        """A lead whose 24-hour window is open, so that this program may write."""
        lead = await Lead.new(self._http)
        await self._http.post(f"/simulator/phones/{lead.id}/window", json={"close": False})
        return lead


async def _until_suspended(stack: Stack, count: int, within: float = 120) -> None:
    asked = {"flow_runs": {"state": {"name": {"any_": ["Suspended"]}}}, "flows": {"name": {"any_": ["conversation"]}}}
    async with httpx.AsyncClient(base_url=stack.env["PREFECT_API_URL"], timeout=30) as prefect, asyncio.timeout(within):
        while int((await prefect.post("/flow_runs/count", json=asked)).json()) < count:
            await asyncio.sleep(0.3)
