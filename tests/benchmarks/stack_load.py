"""The whole stack: warm turns, turns from suspended, forms, bursts of new leads; and `flow.serve()` beside it."""

from __future__ import annotations

import asyncio
import time
import uuid

import httpx
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.local.processes import says, start, stop
from deployments.local.stack import Stack
from flows.settings import ROOT
from tests.benchmarks.figures import Figure, percentile, spread
from tests.benchmarks.leads import Lead, talk


async def warm(http: httpx.AsyncClient) -> list[Figure]:
    """One lead in a chat that is under way, who reads a moment before writing on; then several at once who do not, for
    the throughput."""
    lead = await Lead.new(http)
    await lead.says("oi")
    await talk(lead, 4)  # the first turns pay for imports and plans
    seconds = await talk(lead, 40, reading=0.5)
    several = [await Lead.new(http) for _ in range(8)]
    await asyncio.gather(*(each.says("oi") for each in several))
    began = time.perf_counter()
    turns = await asyncio.gather(*(talk(each, 25) for each in several))
    rate = sum(map(len, turns)) / (time.perf_counter() - began)
    return [
        *spread("message → reply sent, chat under way", seconds, p50=0.04, p95=0.15),
        Figure("warm turns per second, 8 leads at once", rate, "/s", 25, more_is_better=True),
    ]


async def beside_pictures(http: httpx.AsyncClient, files: int = 20, rounds: int = 2) -> list[Figure]:
    """One chat under way alone, and while that many people have sent a photo of their bill at once, by turns: a machine that
    others use, too, is as busy for the one as for the other."""
    lead = await Lead.new(http)
    await lead.says("oi")
    await talk(lead, 4)
    quiet, busy = [], []
    for _ in range(rounds):
        quiet += await talk(lead, 40, reading=0.25)
        senders = [await Lead.new(http) for _ in range(files)]
        for one in senders:
            await one.says("oi")
        reading = asyncio.gather(*(one.sends_photo() for one in senders))
        while not reading.done():
            busy += await talk(lead, 1, reading=0.25)
        await reading
    what = f"chat under way while {files} photos are read"
    calm, held = (percentile(seconds, 0.95) for seconds in (quiet, busy))
    note = f"(n={len(quiet)} and {len(busy)})"
    return [
        *spread(what, busy, p50=None, p95=None, baseline=quiet),
        Figure(f"{what}: its p95 by that of the quiet one", held / calm, "×", 1.5, note=note),
    ]


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
    return spread("form posted → template sent", seconds, p50=None, p95=3.0)


async def suspended(stack: Stack, http: httpx.AsyncClient, baseline: list[float], count: int = 20) -> list[Figure]:
    """Leads whose run is suspended write again, one after the other."""
    leads = [await Lead.new(http) for _ in range(count)]
    for lead in leads:
        await lead.says("oi")
    await _until_suspended(stack, count)
    seconds = [await lead.says("precisa instalar placas?") for lead in leads]
    return spread("message → reply sent, from suspended", seconds, p50=0.5, p95=1.5, baseline=baseline)


async def burst(http: httpx.AsyncClient, baseline: float, count: int = 30) -> list[Figure]:
    """That many people write their first message at the same moment: seconds until the last has its reply."""
    leads = [await Lead.new(http) for _ in range(count)]
    began = time.perf_counter()
    seconds = await asyncio.gather(*(lead.says("oi", within=300) for lead in leads))
    last = time.perf_counter() - began
    return [
        Figure(f"{count} first messages at once → last reply", last, "s", 15, baseline),
        *spread("… each of them", seconds, p50=None, p95=None),
    ]


async def served(stack: Stack, http: httpx.AsyncClient, count: int = 5) -> tuple[list[float], list[float], float]:
    """The baseline's seconds: created → reply, resumed → reply, and until the last of 30 created at once has replied."""
    child = start(
        "bench-served",
        ["-m", "tests.benchmarks.serving"],
        env=stack.env,
        log=stack.data / "logs" / "bench-served.log",
        cwd=ROOT,
    )
    try:
        await says(child, "Your flow", within=60)
        with temporary_settings({PREFECT_API_URL: stack.env["PREFECT_API_URL"]}):
            async with get_client() as client:
                deployment = await client.read_deployment_by_name("bench-served/bench-served")

                async def create(lead: Lead) -> tuple[uuid.UUID, float]:
                    began = time.time()
                    run = await client.create_flow_run_from_deployment(deployment.id, parameters={"to": lead.phone})
                    return run.id, (await lead.hears(300))["at"] - began

                first, resumed = [], []
                for _ in range(count):
                    lead = await _open(http)
                    run_id, seconds = await create(lead)
                    first.append(seconds)
                    while not (await client.read_flow_run(run_id)).state.is_paused():  # type: ignore[union-attr]
                        await asyncio.sleep(0.2)
                    began = time.time()
                    await client.resume_flow_run(run_id, run_input={"text": "oi"})
                    resumed.append((await lead.hears(300))["at"] - began)
                crowd = [await _open(http) for _ in range(30)]
                began = time.perf_counter()
                await asyncio.gather(*(create(lead) for lead in crowd))
                return first, resumed, time.perf_counter() - began
    finally:
        await stop(child, within=30)


async def _open(http: httpx.AsyncClient) -> Lead:
    """A lead whose 24-hour window is open, so that the baseline may write."""
    lead = await Lead.new(http)
    await http.post(f"/simulator/phones/{lead.id}/window", json={"close": False})
    return lead


async def _until_suspended(stack: Stack, count: int, within: float = 120) -> None:
    asked = {"flow_runs": {"state": {"name": {"any_": ["Suspended"]}}}, "flows": {"name": {"any_": ["conversation"]}}}
    async with httpx.AsyncClient(base_url=stack.env["PREFECT_API_URL"], timeout=30) as prefect, asyncio.timeout(within):
        while int((await prefect.post("/flow_runs/count", json=asked)).json()) < count:
            await asyncio.sleep(0.3)
