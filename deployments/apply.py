"""Tells Prefect what there is: the work pool, the deployments of `prefect.yaml`, and the two-hour automation.

`python -m deployments.apply`; running it again changes only what differs.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from typing import Any

import httpx
import yaml
from prefect.automations import Automation
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists
from prefect.flows import Flow

from flows import settings
from flows.errors import Fix
from flows.settings import ROOT


async def apply() -> list[str]:
    """Applies everything to the configured Prefect API; returns one line per thing. Raises Fix when it is away."""
    options, conversation = settings.read(settings.Worker), settings.read(settings.Conversation)
    lines = []
    try:
        async with get_client() as client:
            lines.append(await _work_pool(client, options.prefect_work_pool))
            for entry in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]:
                lines.append(await _deployment(entry, options.prefect_work_pool))
            for entry in yaml.safe_load((ROOT / "deployments" / "automations.yaml").read_text()):
                entry["trigger"]["within"] = conversation.reminder_after_seconds
                lines.append(await _automation(client, entry))
    except httpx.TransportError as exc:
        raise Fix(f"Prefect's API does not answer ({type(exc).__name__}); check PREFECT_API_URL") from None
    return lines


async def _work_pool(client: PrefectClient, name: str) -> str:
    from deployments.worker import InProcessWorker

    pool = WorkPoolCreate(
        name=name, type=InProcessWorker.type, description="Serena Qualifier's conversations.",
        base_job_template=InProcessWorker.get_default_base_job_template(),
    )  # fmt: skip
    try:
        await client.create_work_pool(pool)
    except ObjectAlreadyExists:
        return f"work pool {name}: there"
    return f"work pool {name}: created"


async def _deployment(entry: dict[str, Any], pool: str) -> str:
    path, _, name = entry["entrypoint"].partition(":")
    found: Flow[..., Any] = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
    deployment = await found.ato_deployment(
        name=entry["name"], description=entry["description"], work_pool_name=pool,
        enforce_parameter_schema=entry["enforce_parameter_schema"],
    )  # fmt: skip
    deployment.entrypoint = entry["entrypoint"]
    await deployment.aapply()
    return f"deployment {found.name}/{entry['name']}: applied"


async def _automation(client: PrefectClient, entry: dict[str, Any]) -> str:
    wanted = Automation.model_validate(entry)
    found = await client.read_automations_by_name(wanted.name)
    if not found:
        await wanted.acreate()
        return f"automation {wanted.name}: created, {entry['trigger']['within']:g} s"
    first, *rest = found
    for other in rest:
        # two timers would wake a run twice
        await client.delete_automation(other.id)
    if first.trigger.model_dump(exclude={"id"}) == wanted.trigger.model_dump(exclude={"id"}) and first.enabled:
        return f"automation {wanted.name}: there, {entry['trigger']['within']:g} s"
    await client.update_automation(first.id, wanted)
    return f"automation {wanted.name}: changed to {entry['trigger']['within']:g} s"


def main() -> int:
    try:
        with settings.local_prefect():
            print("\n".join(asyncio.run(apply())))
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
