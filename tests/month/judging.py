"""Holds the store's figures, and what it kept, against the recount."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from flows.shown.formats import day_of
from tests.month import recount
from tests.month.playing import BILL_DAYS, EVENT_DAYS, Month

# Steps that a phone's log knows.
_STEPS = (
    "arrived",
    "forms",
    "template_delivered",
    "answered",
    "place",
    "bill",
    "qualified",
    "handed_over",
    "opted_out",
)


async def judged(month: Month, start: datetime, days: int) -> tuple[list[str], list[str]]:
    """What is wrong, and what there was."""
    log, operations = month.phones.log, month.store.operations
    wrong = recount.wrong(log)
    end = month.loop.now()
    whole = await operations.funnel(start, end)
    wrong += _differ("funnel of the month", whole, recount.funnel(log, start, end))
    # the operators' overview: today, and thirty days
    for back in (0, 29):
        since = recount.midnight(end) - timedelta(days=back)
        wrong += _differ(
            f"overview, {back + 1} days", await operations.funnel(since, end), recount.funnel(log, since, end)
        )
    counted = recount.days(log)
    reminders = 0
    for number in range((end - start).days):
        day = (start + timedelta(days=number, hours=12)).date()
        since, until = day_of(day)
        report, ours = await operations.report(since, until), counted[recount.midnight(since + timedelta(hours=1))]
        wrong += _differ(f"report of {day}", report.funnel, recount.funnel(log, since, until))
        reminders += report.reminders
        pairs = {
            "turns": (report.turns, ours.turns),
            "reminders": (report.reminders, ours.reminders),
            "returned": (report.reminders_returned, ours.returned),
        }
        wrong += [f"report of {day}: {name} {a}, recounted {b}" for name, (a, b) in pairs.items() if a != b]
    gauges = await operations.gauges()
    if gauges.unanswered or gauges.unsent:
        wrong.append(f"left at the end: {gauges.unanswered} unanswered, {gauges.unsent} unsent")
    wrong += await _kept_too_long(month)
    left = Counter(run.state.name for run in month.prefect.runs.values() if not run.state.is_final())
    wrong += [f"Prefect's model: {count} runs are left {name}" for name, count in left.items()]
    said = Counter(entry.what for entry in log)
    told = [
        f"{said['in']} messages of {whole.arrived} people, {said['out']} of ours, {reminders} reminders, {said['form']} forms, "
        f"{said['erased']} erased; funnel {', '.join(f'{name} {getattr(whole, name)}' for name in (*_STEPS, 'silent'))}"
    ]
    return wrong, told


def _differ(what: str, stored: object, recounted: object) -> list[str]:
    pairs = [(name, getattr(stored, name), getattr(recounted, name)) for name in _STEPS]
    return [f"{what}: {name} {a}, recounted {b}" for name, a, b in pairs if a != b]


async def _kept_too_long(month: Month) -> list[str]:
    """Raw deliveries, bills and their files past their time, give or take a round."""
    wrong = []
    for what, query in {
        "raw deliveries": f"(select count(*) from webhook_events where received_at < now() - interval '{EVENT_DAYS} days 7 hours')",
        "bills": "(select count(*) from energy_bills where delete_after < now() - interval '7 hours')",
    }.items():
        if left := await month.transport.fetch(query):
            wrong.append(f"{left} {what} are past their time")
    rows = await month.transport.fetch("(select count(distinct storage_path) from energy_bills)")
    files = sum(path.is_file() for path in month.files.rglob("*")) if month.files.exists() else 0
    if rows != files:
        wrong.append(f"{files} files for {rows} bills of the last {BILL_DAYS} days")
    return wrong
