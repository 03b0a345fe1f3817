"""What `python -m deployments.apply` put into Prefect: the work pool, and the deployments of prefect.yaml."""

from __future__ import annotations

from typing import Any

import yaml
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import WorkQueueFilter
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from deployments.doctor.report import Notes, Trouble
from flows.settings import ROOT

APPLY = "python -m deployments.apply"
POOL_TYPE = "in-process"  # InProcessWorker's; its module would import all flows, which takes longer than all checks


async def work_pool(notes: Notes, client: PrefectClient, name: str) -> None:
    """There, of our type, not paused, without a limit that is lower than the workers'."""
    try:
        pool = await client.read_work_pool(name)
    except ObjectNotFound:
        raise Trouble(f"{name} does not exist", APPLY) from None
    if pool.type != POOL_TYPE:
        raise Trouble(
            f"{name} is of type {pool.type}, not {POOL_TYPE}: our workers cannot serve it",
            f"prefect work-pool delete {name}, then {APPLY}",
        )
    if pool.is_paused:
        notes.fail(
            "work pool", f"{name} is paused: no conversation starts or goes on", f"prefect work-pool resume {name}"
        )
    else:
        notes.ok("work pool", f"{name} is there, of type {pool.type}")
    if pool.concurrency_limit is not None:
        notes.warn(
            "work pool",
            f"{name} runs {pool.concurrency_limit} conversations at once, whatever the workers could",
            f"prefect work-pool clear-concurrency-limit {name}, unless that is meant",
        )
    for queue in await client.read_work_queues(name, WorkQueueFilter(), limit=50, offset=0):
        if queue.is_paused and not pool.is_paused:
            notes.fail(
                "work pool",
                f"its queue {queue.name} is paused: runs in it do not start",
                f"prefect work-queue resume {queue.name} --pool {name}",
            )


async def deployments(notes: Notes, client: PrefectClient, pool: str) -> None:
    """Each entry of prefect.yaml is there and as written. Flow and deployment have one name."""
    for entry in yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]:
        subject = f"deployment {entry['name']}"
        try:
            found = await client.read_deployment_by_name(f"{entry['name']}/{entry['name']}")
        except ObjectNotFound:
            notes.fail(subject, "is not in Prefect", APPLY)
            continue
        if differing := _differing(entry, found, pool):
            notes.fail(subject, f"differs from prefect.yaml in {', '.join(differing)}", APPLY)
        elif found.paused:
            notes.warn(
                subject, "is paused: its schedule starts nothing", "switch it on again in Prefect's UI (Deployments)"
            )
        elif (limit := found.global_concurrency_limit) is not None:
            notes.warn(
                subject,
                f"runs {limit.limit} at once at most: other leads wait",
                "remove the limit in Prefect's UI",
            )
        else:
            notes.ok(subject, "is there, as prefect.yaml has it")


def _differing(entry: dict[str, Any], found: DeploymentResponse, pool: str) -> list[str]:
    wanted = {
        "entrypoint": entry["entrypoint"],
        "description": entry["description"],
        "work_pool_name": pool,
        "enforce_parameter_schema": entry["enforce_parameter_schema"],
        "tags": entry["tags"],
    }
    differing = [name.removesuffix("_name") for name, value in wanted.items() if getattr(found, name) != value]
    # A schedule switched off in the UI is an operator's decision and no difference.
    ours = sorted((each["cron"], each.get("timezone")) for each in _schedules(entry))
    theirs = sorted(
        (getattr(each.schedule, "cron", ""), getattr(each.schedule, "timezone", None)) for each in found.schedules
    )
    return differing + (["schedule"] if ours != theirs else [])


def _schedules(entry: dict[str, Any]) -> list[dict[str, Any]]:
    one = entry.get("schedule")
    return [*entry.get("schedules", ()), *([one] if one else [])]
