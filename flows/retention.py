"""Flow `retention`: what is past its time goes, every hour, in slices; a table of what went stays in Prefect.

Run it alone: `python -m flows.retention`. Exit codes: 0 done, 1 configuration, 4 the lead store or the bills' place does not answer.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from prefect import flow
from prefect.artifacts import TableArtifact
from prefect.client.orchestration import get_client
from prefect.states import Completed, State

from flows import settings
from flows.adapters.files import Files
from flows.adapters.store.company import Kept
from flows.adapters.store.leads import LeadStore
from flows.commands import carried_out
from flows.conversing.erasures import keep_list
from flows.conversing.runtime import opened_store
from flows.conversing.stores import open_files
from flows.conversing.tasks import PATIENT, task_of
from flows.shown.formats import counted, number
from flows.shown.words import KEPT

SLICE = 1000
"""Rows of one statement, at most; each slice is a transaction of its own."""
_MOST_SLICES = 500  # of one kind in one run; the next hour goes on


def terms(group: settings.Store, crm: settings.Crm) -> dict[Kept, int]:
    """For how many days each kind is kept, in the order in which they go; a bill has a day of its own."""
    return {
        "events": group.event_retention_days,
        "messages": group.message_retention_days,
        "runs": group.run_retention_days,
        "leads": group.lead_retention_days,
        "actions": group.action_retention_days,
        "news": group.run_retention_days,
        "crm": crm.crm_retention_days,
        "bills": group.bill_retention_days,
    }


@flow(name="retention", persist_result=False)
async def retention() -> State[Any]:
    """Deletes what is past its time, and leaves the table artifact `retention` where something was."""
    gone = await forget_what_is_past()
    kept = terms(settings.read(settings.Store), settings.read(settings.Crm))
    days: dict[str, int | None] = {what: kept[what] for what in kept} | {"files": None}
    if any(gone.values()):
        rows = [
            {"O quê": KEPT[what], "Prazo (dias)": str(days[what] or "–"), "Apagados": number(count)}
            for what, count in gone.items()
        ]
        table = TableArtifact(
            key="retention", description="O que passou do prazo e foi apagado nesta hora.", table=rows
        )
        async with get_client() as client:
            await table.acreate(client)
    total = sum(gone.values())
    return Completed(message=f"Retenção: {counted(total, 'registro apagado', 'registros apagados')}.")


@task_of("forget_what_is_past", "forget_what_is_past", again_after=PATIENT)
async def forget_what_is_past() -> dict[str, int]:
    """How many of each kind went. Raises TryAgain, Fix; what went by then is gone, and the next try goes on."""
    group = settings.read(settings.Store)
    wanted = terms(group, settings.read(settings.Crm))
    async with opened_store() as store:
        files = open_files(group)
        try:
            gone: dict[str, int] = {what: await forget(store, what, days) for what, days in wanted.items()}
            gone["files"] = await remove_files(store, files)
            await files.tidy()
            await keep_list(store, files)
        finally:
            await files.aclose()
    return gone


async def forget(store: LeadStore, what: Kept, days: int) -> int:
    """All slices of one kind."""
    gone = 0
    for _ in range(_MOST_SLICES):
        slice_ = await store.company.forget(what, days, SLICE)
        gone += slice_.gone
        if not slice_.more:
            break
    return gone


async def remove_files(store: LeadStore, files: Files) -> int:
    """Deletes the files of bills whose rows are gone. What cannot be deleted stays on the store's list for the next hour."""
    gone = 0
    while paths := await store.company.files_to_remove():
        await files.remove(paths)
        await store.company.files_removed(paths)
        gone += len(paths)
    return gone


def main() -> int:
    return carried_out(_tidied)


def _tidied() -> int:
    state: State[Any] = asyncio.run(_run())
    print(state.message)
    return 0 if state.is_completed() else 4


async def _run() -> State[Any]:
    return await retention(return_state=True)


if __name__ == "__main__":
    sys.exit(main())
