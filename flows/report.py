"""Flow `daily-report`: one day's figures as a table in Prefect, every morning for the day before.

Run it alone: `python -m flows.report --day 2026-11-21`; with `--png` the pictures of the days up to it come as a file too.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import ImageArtifact, TableArtifact
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.states import Completed, State

from flows.adapters.store.totals import Report
from flows.brazil.calendar import SAO_PAULO
from flows.commands import carried_out
from flows.conversing.runtime import opened_store
from flows.conversing.tasks import PATIENT, task_of
from flows.errors import Fix
from flows.shown.cards import cards, png, sheet
from flows.shown.figures import figure_rows, summary_of_day
from flows.shown.formats import counted, day_of

# As many as the dashboard shows of itself.
_DAYS = 30


def _run_name() -> str:
    context = FlowRunContext.get()
    given = (context.parameters or {}).get("day") if context else None
    return f"daily-report-{given or _yesterday()}"


@flow(name="daily-report", flow_run_name=_run_name, persist_result=False)
async def daily_report(day: date | None = None) -> State[Any]:
    """Leaves the table artifact `daily-report`, and the pictures of the 30 days up to it, `daily-report-pictures`.

    Args:
        day: The calendar day in São Paulo; by default the one before this run was due, also when it starts hours late.
    """
    wanted = day or _yesterday()
    report = await read_figures(wanted)
    table = TableArtifact(key="daily-report", description=summary_of_day(wanted, report), table=figure_rows(report))
    pictures = ImageArtifact(
        key="daily-report-pictures",
        description=f"Os {_DAYS} dias até {wanted:%d/%m/%Y}, como no painel.",
        image_url=f"data:image/svg+xml;base64,{b64encode((await draw_pictures(wanted)).encode()).decode()}",
    )
    async with get_client() as client:
        await table.acreate(client)
        await pictures.acreate(client)
    arrived = counted(report.funnel.arrived, "lead novo", "leads novos")
    turns = counted(report.turns, "turno", "turnos")
    return Completed(message=f"Relatório de {wanted:%d/%m/%Y}: {arrived}, {turns}.")


@task_of("read_figures", "read_figures {day}", again_after=PATIENT)
async def read_figures(day: date) -> Report:
    """The figures of one day, midnight to midnight in São Paulo. Raises TryAgain, Fix."""
    async with opened_store() as store:
        return await store.operations.report(*day_of(day))


@task_of("draw_pictures", "draw_pictures {day}", again_after=PATIENT)
async def draw_pictures(day: date) -> str:
    """The dashboard's pictures of the days up to this one, as one SVG. Raises TryAgain, Fix."""
    first = day - timedelta(days=_DAYS - 1)
    since, until = day_of(first)[0], day_of(day)[1]
    async with opened_store() as store:
        found = await store.operations.dashboard(since, until, None)
        funnel = await store.operations.funnel(since, until, None)
        days = await store.operations.days(first, day)
    return sheet(f"Serena: {first:%d/%m/%Y} a {day:%d/%m/%Y}", cards(found, funnel, days))


def _yesterday() -> date:
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    due = (run.expected_start_time if run else None) or datetime.now(UTC)
    return due.astimezone(SAO_PAULO).date() - timedelta(days=1)


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 reported, 1 configuration, 2 wrong arguments, 4 the lead store does not answer."""
    parser = argparse.ArgumentParser(prog="python -m flows.report", description=__doc__.split("\n")[0])
    parser.add_argument("--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="default: yesterday in São Paulo")
    parser.add_argument(
        "--png",
        type=Path,
        nargs="?",
        const=Path("relatorio.png"),
        metavar="FILE",
        help=f"writes the pictures of the {_DAYS} days up to it there; default: relatorio.png",
    )
    given = parser.parse_args(arguments)
    day = given.day or _yesterday()
    return carried_out(lambda: _printed(day, given.png))


def _printed(day: date, picture: Path | None) -> int:
    if picture is not None:
        try:
            picture.write_bytes(png(asyncio.run(_drawn(day))))
        except OSError as exc:
            raise Fix(f"--png: {picture} cannot be written ({exc.strerror})") from None
        print(f"{picture}: {_DAYS} dias até {day:%d/%m/%Y}")
    report = asyncio.run(_run(day))
    print(f"{day:%d/%m/%Y}")
    for row in figure_rows(report):
        print(f"{row['Grupo']:<12} {row['Indicador']:<60} {row['Valor']:>12}")
    return 0


async def _drawn(day: date) -> str:
    return await draw_pictures.fn(day)


async def _run(day: date) -> Report:
    # Read first, without a flow's patience: a person at a desk wants to know at once that the store is away.
    report = await read_figures.fn(day)
    await daily_report(day)
    return report


if __name__ == "__main__":
    sys.exit(main())
