"""The lead store: can it be reached, is it migrated, does it answer, does anything wait too long, where do bills lie."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from deployments.doctor import postgres, supabase
from deployments.doctor.report import Notes, Trouble, Unasked
from flows import settings
from flows.adapters.store import database
from flows.conversing.stores import open_files, open_store
from flows.errors import Fix, SerenaError, TryAgain

SLOW_SECONDS = 0.5
LATE_SECONDS = 60.0


async def look(notes: Notes) -> None:
    """The database first; what needs it is skipped when it cannot be reached."""
    group = notes.read(settings.Store)
    if group.supabase_url:
        await notes.together(("project", lambda mine: supabase.look(mine, group)))
    if (url := _direct_url(group)) is not None:
        await notes.together(("database", lambda mine: postgres.look(mine, url)))
    elif group.supabase_url:
        notes.skip(
            "migrations", "Supabase's REST interface does not show them; set DATABASE_URL too to have them compared"
        )
    broken = any(line.status == "FAIL" for line in notes.lines)

    async def calls(mine: Notes) -> None:
        if broken:
            raise Unasked("the store has to be mended first")
        await _calls(mine, group)

    await notes.together(("calls", calls), ("bills", lambda mine: _bills(mine, group)))


def _direct_url(group: settings.Store) -> str | None:
    """The Postgres to look at directly. Raises Trouble when it would be the embedded one and there is none yet."""
    if group.database_url:
        return group.database_url.get_secret_value()
    if group.supabase_url:
        return None
    data = group.local_data_dir / "postgres"
    if not data.exists():
        raise Trouble(
            "DATABASE_URL is empty and there is no embedded database in LOCAL_DATA_DIR yet",
            "set DATABASE_URL, or make the embedded one: python -m deployments.migrate",
        )
    try:
        return database.start_embedded(data)
    except ImportError:
        raise Trouble("DATABASE_URL is empty and the embedded server is not installed", "set DATABASE_URL") from None


async def _calls(notes: Notes, group: settings.Store) -> None:
    """The program's own client calls the store, as webhook and worker do; then what waits in it."""
    options = {} if group.supabase_url else {"listen": False, "connections": 1}
    try:
        async with open_store(group, **options) as store:
            await store.take_a_write()
            began = time.monotonic()
            await store.ping()
            seconds = time.monotonic() - began
            gauges = await store.operations.gauges(LATE_SECONDS)
            account = await store.company.account(news=1)
    except TryAgain as exc:
        raise Trouble(str(exc), "look whether the server is up and reachable from here") from None
    except SerenaError as exc:
        raise Trouble(str(exc), "python -m deployments.migrate, with the rights of the tables' owner") from None
    if seconds > SLOW_SECONDS:
        notes.warn(
            "calls", f"one takes {seconds * 1000:.0f} ms; a turn makes about eight", "run the program near its database"
        )
    else:
        notes.ok("calls", f"answered in {seconds * 1000:.0f} ms")
    if gauges.model_rests:
        notes.warn(
            "spend",
            f"today's estimate is {gauges.spend_reais:.2f} reais, past SPEND_HARD_LIMIT: the model rests, nothing is started",
            "raise SPEND_HARD_LIMIT and restart, or wait for midnight in São Paulo",
        )
    if gauges.crm_given_up:
        notes.warn(
            "crm",
            f"{gauges.crm_given_up} event(s) were given up after days",
            "mend it, then /ops > Empresa > Enviar de novo",
        )
    for state in account.stops:
        notes.fail(
            "account",
            f"WhatsApp said: {state.kind} {state.subject} {state.fact} {state.value}; what we start waits",
            "WhatsApp Manager; where it is mended and no news came, /ops > Empresa > Já está resolvido",
        )
    waiting = [
        (
            gauges.oldest_unanswered,
            f"{gauges.unanswered} message(s) unanswered, the oldest for",
            "is a worker alive? see prefect",
        ),
        (
            gauges.oldest_unsent,
            f"{gauges.unsent} message(s) unsent, the oldest for",
            "see graph, and the red send_message tasks",
        ),
    ]
    late = [one for one in waiting if one[0] > LATE_SECONDS]
    for age, what, mend in late:
        notes.warn("waiting", f"{what} {age:.0f} s", mend)
    if gauges.overdue_waits:
        notes.warn(
            "waiting",
            f"{gauges.overdue_waits} conversation(s) should have been woken",
            "is the webhook up? its dispatcher wakes them",
        )
    elif not late:
        notes.ok("waiting", "no message has waited for more than a minute, no conversation is overdue")


async def _bills(notes: Notes, group: settings.Store) -> None:
    files = open_files(group)
    bucket = group.supabase_url is not None and group.bills_dir is None
    try:
        await files.check()
    except TryAgain as exc:
        raise Trouble(str(exc), "look at the project's Storage, then try again") from None
    except Fix as exc:
        mend = (
            "docs/supabase.md says how"
            if bucket
            else "give BILLS_DIR to the user who runs the program: chown, chmod 700"
        )
        raise Trouble(str(exc), mend) from None
    finally:
        await files.aclose()
    if bucket:
        notes.ok("bills", f"the bucket {group.supabase_bills_bucket} is there and private")
        return
    root = group.bills_dir or group.local_data_dir / "bills"
    if open_to_others([root]) and open_to_others(_some(root.iterdir())):
        notes.fail(
            "bills",
            "the directory is writable, but other users of this machine can read bills",
            "chmod -R go= BILLS_DIR",
        )
    else:
        notes.ok("bills", "the directory is writable, and only this user can read what is in it")


def open_to_others(paths: Iterable[Path]) -> bool:
    """Whether group or others have any right on one of them."""
    return any(path.stat().st_mode & 0o077 for path in paths)


def _some(paths: Iterable[Path], count: int = 50) -> list[Path]:
    return [path for _, path in zip(range(count), paths, strict=False)]
