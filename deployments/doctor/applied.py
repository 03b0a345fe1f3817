"""What `python -m deployments.apply` put into Prefect: the work pool, the deployments of prefect.yaml, the automations."""

from __future__ import annotations

from prefect.automations import Automation
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import WorkQueueFilter
from prefect.client.schemas.sorting import AutomationSort
from prefect.exceptions import ObjectNotFound

from deployments import apply
from deployments.doctor.notes import Notes, Trouble
from deployments.worker import InProcessWorker
from flows import settings
from flows.errors import Fix

# What goes without each automation.
_WITHOUT = {
    "silence": "reminders come minutes late, from the dispatcher",
    "news": "nobody is told of hand-overs, faults of the account, failed runs and stopped workers",
}


async def work_pool(notes: Notes, client: PrefectClient, name: str) -> None:
    """There, of our type, not paused, without a limit that is lower than the workers'."""
    try:
        pool = await client.read_work_pool(name)
    except ObjectNotFound:
        raise Trouble("work pool.missing", name=name) from None
    if pool.type != InProcessWorker.type:
        raise Trouble("work pool.type", name=name, type=pool.type, wanted=InProcessWorker.type)
    notes.say("work pool.paused" if pool.is_paused else "work pool.right", name=name, type=pool.type)
    if pool.concurrency_limit is not None:
        notes.say("work pool.limited", name=name, limit=pool.concurrency_limit)
    for queue in await client.read_work_queues(name, WorkQueueFilter(), limit=50, offset=0):
        if queue.is_paused and not pool.is_paused:
            notes.say("work pool.queue", name=name, queue=queue.name)


async def deployments(notes: Notes, client: PrefectClient, pool: str) -> None:
    """Each entry of prefect.yaml is there and as written. Flow and deployment have one name."""
    for entry in apply.deployments_wanted():
        about = f"deployment {entry['name']}"
        try:
            found = await client.read_deployment_by_name(f"{entry['name']}/{entry['name']}")
        except ObjectNotFound:
            notes.say("deployment.missing", about=about)
            continue
        differing = [name.removesuffix("_name") for name in apply.deployment_changes(entry, found, pool)]
        # A schedule switched off in the UI is an operator's decision and no difference.
        ours = {(each["cron"], each["timezone"]) for each in entry.get("schedules", ())}
        schedules = [each.schedule for each in found.schedules]
        if ours != {(getattr(each, "cron", ""), getattr(each, "timezone", None)) for each in schedules}:
            differing.append("schedule")
        if differing:
            notes.say("deployment.differs", about=about, names=", ".join(differing))
        elif found.paused:
            notes.say("deployment.paused", about=about)
        elif (limit := found.global_concurrency_limit) is not None:
            notes.say("deployment.limited", about=about, limit=limit.limit)
        else:
            notes.say("deployment.right", about=about)


async def look_at_automations(
    notes: Notes, client: PrefectClient, options: settings.Worker, conversation: settings.Conversation
) -> None:
    """A line per automation of ours (there, alone, enabled, of the right duration, as automations.yaml has it), and one
    for any other that resumes runs."""
    try:
        wanted = await apply.automations(client, options, conversation)
    except Fix as exc:
        raise Trouble("automation.no_block", what=exc) from None
    for automation, given in wanted:
        if given:
            await _automation(notes, client, automation)
    ours = {automation.name for automation, _ in wanted}
    for other in await client.read_automations(sort=AutomationSort.NAME_ASC, limit=200):
        resumes = any(action.type == "resume-flow-run" for action in other.actions)
        if other.name not in ours and other.enabled and resumes:
            notes.say("automation.foreign", about=f"automation {other.name}")


async def _automation(notes: Notes, client: PrefectClient, wanted: Automation) -> None:
    found = await client.read_automations_by_name(wanted.name)
    about, without = f"automation {wanted.name}", _WITHOUT[wanted.name]
    if len(found) > 1:
        notes.say("automation.twice", about=about, count=len(found))
    elif not found:
        notes.say("automation.missing", about=about, without=without)
    elif names := apply.differing(found[0], wanted):
        notes.say("automation.differs", about=about, without=without, names=", ".join(names))
    else:
        notes.say("automation.right", about=about, seconds=apply.within(wanted).total_seconds())
