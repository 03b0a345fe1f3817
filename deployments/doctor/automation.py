"""Prefect's timer of silence: there, alone, enabled, of the right duration, and exactly as automations.yaml has it."""

from __future__ import annotations

from datetime import timedelta

import yaml
from prefect.automations import Automation
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.sorting import AutomationSort

from deployments.doctor.report import Notes
from flows import settings
from flows.settings import ROOT

APPLY = "python -m deployments.apply"


async def look(notes: Notes, client: PrefectClient, conversation: settings.Conversation) -> None:
    """One line per automation of ours, and one for any other that resumes runs."""
    entries = yaml.safe_load((ROOT / "deployments" / "automations.yaml").read_text("utf-8"))
    ours = {entry["name"] for entry in entries}
    for entry in entries:
        entry["trigger"]["within"] = conversation.reminder_after_seconds
        await _one(notes, client, Automation.model_validate(entry), conversation.reminder_after)
    for other in await client.read_automations(sort=AutomationSort.NAME_ASC, limit=200):
        resumes = any(action.type == "resume-flow-run" for action in other.actions)
        if other.name not in ours and other.enabled and resumes:
            notes.warn(
                f"automation {other.name}", "is not ours and resumes runs: leads may be reminded early",
                "disable it in Prefect's UI, unless it is meant for other flows",
            )  # fmt: skip


async def _one(notes: Notes, client: PrefectClient, wanted: Automation, after: timedelta) -> None:
    subject = f"automation {wanted.name}"
    found = await client.read_automations_by_name(wanted.name)
    if not found:
        notes.fail(subject, "does not exist: reminders come minutes late, from the dispatcher", APPLY)
        return
    if len(found) > 1:
        notes.fail(
            subject, f"exists {len(found)} times: each silence wakes a run as often", f"{APPLY} removes the others"
        )
        return
    there = found[0]
    within = getattr(there.trigger, "within", None)
    if not there.enabled:
        notes.fail(subject, "is disabled: reminders come minutes late, from the dispatcher", f"{APPLY} enables it")
    elif within != after:
        shown = f"{within.total_seconds():g}" if isinstance(within, timedelta) else "no"
        notes.fail(
            subject, f"waits {shown} s, REMINDER_AFTER_SECONDS says {after.total_seconds():g}",
            f"{APPLY} (with the workers' REMINDER_AFTER_SECONDS)",
        )  # fmt: skip
    elif there.trigger.model_dump(exclude={"id"}) != wanted.trigger.model_dump(exclude={"id"}):
        notes.fail(subject, "has another trigger than deployments/automations.yaml", APPLY)
    elif [action.type for action in there.actions] != [action.type for action in wanted.actions]:
        notes.fail(
            subject, "does something else than resume the run", f"delete it in Prefect's UI (Automations), then {APPLY}"
        )
    else:
        notes.ok(subject, f"is there, enabled, after {after.total_seconds():g} s")
