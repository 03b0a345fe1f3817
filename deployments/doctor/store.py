"""The lead store: can it be reached, is it migrated, does it answer, does anything wait too long, where do bills lie."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from deployments.doctor import postgres, supabase
from deployments.doctor.notes import Look, Notes, Trouble
from flows import settings
from flows.adapters.store import database
from flows.adapters.store.people import Person, Role
from flows.conversing.stores import open_files, open_identity, open_store
from flows.errors import Fix, SerenaError, TryAgain

SLOW_SECONDS = 0.5
LATE_SECONDS = 60.0
# Bills that are looked at for rights of strangers.
SOME_BILLS = 50


async def look(notes: Notes) -> None:
    """The database first; what needs it is skipped when it cannot be reached."""
    group = notes.read(settings.Store)
    if group.supabase_url:
        await notes.together({"project": lambda mine: supabase.look(mine, group)})
    if (url := _direct_url(group)) is not None:
        await notes.together({"database": lambda mine: postgres.look(mine, url)})
    elif group.supabase_url:
        notes.say("migrations.unseen")
    checks: dict[str, Look] = {"bills": lambda mine: _bills(mine, group), "identity": _identity}
    if notes.failed:
        notes.say("calls.later", about="calls")
    else:
        checks = {"calls": lambda mine: _calls(mine, group)} | checks
    await notes.together(checks)


async def _identity(notes: Notes) -> None:
    """The provider at which operators may log in, if there is one."""
    group = notes.read(settings.Identity)
    if (provider := open_identity(group)) is None:
        return
    try:
        await provider.look()
    except SerenaError as exc:
        raise Trouble("identity.wrong", what=exc) from None
    notes.say("identity.right", issuer=group.oidc_issuer)


def _direct_url(group: settings.Store) -> str | None:
    """The Postgres to look at directly. Raises Trouble when it would be the embedded one and there is none yet."""
    if group.database_url:
        return group.database_url.get_secret_value()
    if group.supabase_url:
        return None
    data = group.local_data_dir / "postgres"
    if not data.exists():
        raise Trouble("database.none")
    try:
        return database.start_embedded(data)
    except ImportError:
        raise Trouble("database.uninstalled") from None


async def _calls(notes: Notes, group: settings.Store) -> None:
    """The program's own client calls the store, as webhook and worker do; then what waits in it."""
    try:
        async with open_store(group, listen=False, connections=1) as store:
            await store.take_a_write()
            began = time.monotonic()
            await store.ping()
            seconds = time.monotonic() - began
            gauges = await store.operations.gauges(LATE_SECONDS)
            account = await store.company.account(news=1)
            everybody = await store.people.all()
    except SerenaError as exc:
        raise Trouble("calls.away" if isinstance(exc, TryAgain) else "calls.wrong", what=exc) from None
    notes.say("calls.slow" if seconds > SLOW_SECONDS else "calls.right", ms=seconds * 1000)
    _operators(notes, everybody)
    if gauges.model_rests:
        notes.say("spend.over", spent=gauges.spend_reais)
    if gauges.wishes and settings.account_names().whatsapp_notice_template_name is None:
        notes.say("notices.untold", count=gauges.wishes)
    if gauges.crm_given_up:
        notes.say("crm.given_up", count=gauges.crm_given_up)
    for state in account.stops:
        notes.say("account.stopped", said=f"{state.kind} {state.subject} {state.fact} {state.value}")
    ages = {
        "unanswered": (gauges.unanswered, gauges.oldest_unanswered),
        "unsent": (gauges.unsent, gauges.oldest_unsent),
    }
    late = {finding: told for finding, told in ages.items() if told[1] > LATE_SECONDS}
    for finding, (count, age) in late.items():
        notes.say(f"waiting.{finding}", count=count, age=age)
    if gauges.overdue_waits:
        notes.say("waiting.overdue", count=gauges.overdue_waits)
    elif not late:
        notes.say("waiting.right")


def _operators(notes: Notes, everybody: Sequence[Person]) -> None:
    """Who can log in at /ops. Without anybody the pages do not exist; without an administrator nobody can mend it there."""
    given, able = bool(notes.read(settings.Ops).ops_operators), [each for each in everybody if each.logs_in]
    chiefs = sum(each.role is Role.ADMINISTERS for each in able)
    if chiefs:
        ignored = "; OPS_OPERATORS is ignored by now, and may go" if given else ""
        notes.say("operators.right", count=len(able), chiefs=chiefs, ignored=ignored)
    else:
        notes.say("operators.leaderless" if everybody else "operators.first" if given else "operators.none")


async def _bills(notes: Notes, group: settings.Store) -> None:
    files = open_files(group)
    bucket = group.supabase_url is not None and group.bills_dir is None
    try:
        await files.check()
    except TryAgain as exc:
        raise Trouble("bills.away", what=exc) from None
    except Fix as exc:
        raise Trouble("bills.bucket_wrong" if bucket else "bills.wrong", what=exc) from None
    finally:
        await files.aclose()
    if bucket:
        return notes.say("bills.bucket", bucket=group.supabase_bills_bucket)
    root = group.bills_dir or group.local_data_dir / "bills"
    is_open = open_to_others([root]) and open_to_others(islice(root.iterdir(), SOME_BILLS))
    notes.say("bills.open" if is_open else "bills.right")


def open_to_others(paths: Iterable[Path]) -> bool:
    """Whether group or others have any right on one of them."""
    return any(path.stat().st_mode & 0o077 for path in paths)
