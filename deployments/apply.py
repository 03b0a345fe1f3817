"""Tells Prefect what there is: the work pool, the deployments of `prefect.yaml` with their schedules, and the automations.

`python -m deployments.apply`; running it again changes only what differs. What an operator paused stays paused.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import yaml
from prefect.automations import Automation
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate, WorkPoolCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.flows import Flow
from prefect.settings import PREFECT_API_URL
from prefect.utilities.callables import parameter_schema
from pydantic import BaseModel

from flows import settings
from flows.errors import Fix
from flows.settings import ROOT
from flows.shown import logs

SAID = ("description", "tags", "enforce_parameter_schema")


async def apply() -> list[str]:
    """Applies everything to the configured Prefect API; returns one line per thing. Raises Fix when it is away."""
    options, conversation = settings.read(settings.Worker), settings.read(settings.Conversation)
    if not PREFECT_API_URL.value():
        # Prefect's client would start a server of its own, apply everything to that, and end it.
        raise Fix("PREFECT_API_URL is not set (the API's address, http://…/api). See .env.example.")
    lines = []
    try:
        async with get_client() as client:
            lines.append(await _work_pool(client, options.prefect_work_pool))
            for entry in deployments_wanted():
                lines += await _deployment(client, entry, options.prefect_work_pool)
            for wanted, given in await automations(client, options, conversation):
                lines.append(await _automation(client, wanted, given))
    except httpx.TransportError as exc:
        raise Fix(f"Prefect's API does not answer ({type(exc).__name__}); check PREFECT_API_URL") from None
    return lines


async def _work_pool(client: PrefectClient, name: str) -> str:
    from deployments.worker import InProcessWorker

    pool = WorkPoolCreate(
        name=name,
        type=InProcessWorker.type,
        description="Serena Qualifier's conversations.",
        base_job_template=InProcessWorker.get_default_base_job_template(),
    )
    try:
        await client.create_work_pool(pool)
    except ObjectAlreadyExists:
        return f"work pool {name}: there"
    return f"work pool {name}: created"


def deployments_wanted() -> list[dict[str, Any]]:
    """The deployments of `prefect.yaml`."""
    return list(yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"])


def flow_of(entry: dict[str, Any]) -> Flow[..., Any]:
    path, _, name = entry["entrypoint"].partition(":")
    found: Flow[..., Any] = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
    return found


def deployment_changes(entry: dict[str, Any], there: DeploymentResponse, pool: str) -> dict[str, Any]:
    """The fields in which the deployment in Prefect is not as the register has it, with what they should be; for the doctor too."""
    found = flow_of(entry)
    wanted = {
        **{field: entry[field] for field in SAID},
        "entrypoint": entry["entrypoint"],
        "version": found.version,
        "work_pool_name": pool,
        "parameter_openapi_schema": parameter_schema(found).model_dump(exclude_unset=True),
    }
    return {field: value for field, value in wanted.items() if getattr(there, field) != value}


async def _deployment(client: PrefectClient, entry: dict[str, Any], pool: str) -> list[str]:
    found = flow_of(entry)
    full_name = f"{found.name}/{entry['name']}"
    try:
        before = await client.read_deployment_by_name(full_name)
    except ObjectNotFound:
        said = {field: entry[field] for field in SAID}
        new = await found.ato_deployment(name=entry["name"], version=found.version, work_pool_name=pool, **said)
        new.entrypoint = entry["entrypoint"]
        deployment_id, line = await new.aapply(), "created"
    else:
        # Not by `aapply`: on an existing deployment it deletes schedules and sets what an operator paused going again.
        deployment_id, line = before.id, "there, paused" if before.paused else "there"
        if differs := deployment_changes(entry, before, pool):
            await client.update_deployment(before.id, DeploymentUpdate(**differs))
            line = f"changed ({', '.join(sorted(differs))})"
    lines = await _schedules(client, deployment_id, full_name, entry.get("schedules", []))
    return [f"deployment {full_name}: {line}", *lines]


async def _schedules(
    client: PrefectClient, deployment_id: UUID, deployment: str, wanted: list[dict[str, Any]]
) -> list[str]:
    """Ours are known by their slugs. Created or changed as the register says, but never switched on or off again, and
    taken away when the register has them no longer; an operator's own, without a slug, are left alone."""
    there = {row.slug: row for row in await client.read_deployment_schedules(deployment_id) if row.slug}
    lines = []
    for entry in wanted:
        cron = CronSchedule(cron=entry["cron"], timezone=entry["timezone"])
        said = f"schedule {entry['slug']} of {deployment}: {{}}, {cron.cron} {cron.timezone}"
        row = there.pop(entry["slug"], None)
        if row is None:
            new = DeploymentScheduleCreate(schedule=cron, active=True, slug=entry["slug"])
            await client.create_deployment_schedules(deployment_id, [new])
            lines.append(said.format("created"))
        elif row.schedule != cron:
            await client.update_deployment_schedule(deployment_id, row.id, schedule=cron)
            lines.append(said.format("changed"))
        else:
            lines.append(said.format("there" if row.active else "there, paused"))
    for slug, row in there.items():
        await client.delete_deployment_schedule(deployment_id, row.id)
        lines.append(f"schedule {slug} of {deployment}: removed")
    return lines


async def automations(
    client: PrefectClient, options: settings.Worker, conversation: settings.Conversation
) -> list[tuple[Automation, bool]]:
    """Each of automations.yaml as these settings want it, and whether they want it at all. Raises Fix when the
    notification block that is named is not in Prefect."""
    block = UUID(int=0)
    if options.prefect_notification_block:
        kind, _, name = options.prefect_notification_block.partition("/")
        try:
            block = (await client.read_block_document_by_name(name, kind, include_secrets=False)).id
        except ObjectNotFound:
            raise Fix(
                f"PREFECT_NOTIFICATION_BLOCK: Prefect has no block {kind}/{name}; make it in the UI (Blocks)"
            ) from None
    wanted = []
    for entry in yaml.safe_load((ROOT / "deployments" / "automations.yaml").read_text("utf-8")):
        if entry["trigger"]["posture"] == "Proactive":
            entry["trigger"]["within"] = conversation.reminder_after_seconds
        notifies = [action for action in entry["actions"] if action["type"] == "send-notification"]
        for action in notifies:
            action["block_document_id"] = block
        wanted.append((Automation.model_validate(entry), not notifies or block.int != 0))
    return wanted


async def _automation(client: PrefectClient, wanted: Automation, given: bool) -> str:
    found = await client.read_automations_by_name(wanted.name)
    said = f"automation {wanted.name}: {{}}, after {within(wanted).total_seconds():g} s"
    for other in found[1:] if given else found:
        # two timers would wake a run twice
        await client.delete_automation(other.id)
    if not given:
        return f"automation {wanted.name}: off, PREFECT_NOTIFICATION_BLOCK is empty"
    if not found:
        await wanted.acreate()
        return said.format("created")
    if not differing(found[0], wanted):
        return said.format("there")
    await client.update_automation(found[0].id, wanted)
    return said.format("changed")


def differing(there: AutomationCore, wanted: AutomationCore) -> list[str]:
    """The parts in which the one is not as the other; for the doctor too."""
    parts = ("description", "enabled", "trigger", "actions")
    return [part for part in parts if _shape(getattr(there, part)) != _shape(getattr(wanted, part))]


def within(automation: AutomationCore) -> timedelta:
    """For how long its trigger waits; a reactive one does not."""
    found = getattr(automation.trigger, "within", None)
    return found if isinstance(found, timedelta) else timedelta(0)


def _shape(value: Any) -> Any:
    """What a trigger or an action says, without the ids that the server gave it."""
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return value.model_dump(exclude={"id"}) if isinstance(value, BaseModel) else value


def main() -> int:
    try:
        logs.set_up(settings.read(settings.Watching))
        with settings.local_prefect():
            print("\n".join(asyncio.run(apply())))
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
