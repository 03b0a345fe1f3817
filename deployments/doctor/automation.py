"""Prefect's automations of ours: there, alone, enabled, of the right duration, and exactly as automations.yaml has them."""

from __future__ import annotations

from prefect.automations import Automation
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.sorting import AutomationSort

from deployments.apply import automations, within
from deployments.doctor.report import Notes, Trouble
from flows import settings
from flows.errors import Fix

APPLY = "python -m deployments.apply"


# What goes without each.
_WITHOUT = {
    "silence": "reminders come minutes late, from the dispatcher",
    "failed-runs": "nobody is told of failed runs",
    "account-faults": "nobody is told of a paused template or a restricted account",
}


async def look(
    notes: Notes, client: PrefectClient, options: settings.Worker, conversation: settings.Conversation
) -> None:
    """One line per automation of ours, and one for any other that resumes runs."""
    try:
        wanted = await automations(client, options, conversation)
    except Fix as exc:
        raise Trouble(str(exc), "make the block, or empty the variable") from None
    ours = {automation.name for automation, _ in wanted}
    for automation, given in wanted:
        if given:
            await _one(notes, client, automation)
    for other in await client.read_automations(sort=AutomationSort.NAME_ASC, limit=200):
        resumes = any(action.type == "resume-flow-run" for action in other.actions)
        if other.name not in ours and other.enabled and resumes:
            notes.warn(
                f"automation {other.name}",
                "is not ours and resumes runs: leads may be reminded early",
                "disable it in Prefect's UI, unless it is meant for other flows",
            )


async def _one(notes: Notes, client: PrefectClient, wanted: Automation) -> None:
    after, without = within(wanted), _WITHOUT[wanted.name]
    subject = f"automation {wanted.name}"
    found = await client.read_automations_by_name(wanted.name)
    if not found:
        notes.fail(subject, f"does not exist: {without}", APPLY)
        return
    if len(found) > 1:
        notes.fail(subject, f"exists {len(found)} times, and acts as often", f"{APPLY} removes the others")
        return
    there = found[0]
    if not there.enabled:
        notes.fail(subject, f"is disabled: {without}", f"{APPLY} enables it")
    elif within(there) != after:
        notes.fail(
            subject,
            f"waits {within(there).total_seconds():g} s, REMINDER_AFTER_SECONDS says {after.total_seconds():g}",
            f"{APPLY} (with the workers' REMINDER_AFTER_SECONDS)",
        )
    elif there.trigger.model_dump(exclude={"id"}) != wanted.trigger.model_dump(exclude={"id"}):
        notes.fail(subject, "has another trigger than deployments/automations.yaml", APPLY)
    elif [action.type for action in there.actions] != [action.type for action in wanted.actions]:
        notes.fail(
            subject,
            "does something else than automations.yaml says",
            f"delete it in Prefect's UI (Automations), then {APPLY}",
        )
    else:
        notes.ok(subject, f"is there, enabled, after {after.total_seconds():g} s")
