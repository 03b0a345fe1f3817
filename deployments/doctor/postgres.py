"""The lead store's Postgres, looked at directly: its migrations, and what strangers may do."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import asyncpg

from deployments.doctor.notes import Notes, Trouble
from flows.adapters.store import database

CONNECT_SECONDS = 5.0
# What each way not to get a connection is called; the first that fits.
_UNREACHED: tuple[tuple[type[Exception], str], ...] = (
    (asyncpg.InvalidCatalogNameError, "missing"),
    (asyncpg.InvalidAuthorizationSpecificationError, "password"),
    (asyncpg.PostgresError, "refused"),
    (OSError, "away"),
    (Exception, "no_address"),
)
_WHICH = "select pg_backend_pid()"
# The schema is the store's alone, as its last migration takes it: every table and function in it counts, but for those of
# extensions. On a plain Postgres there is no role `anon`, and whoever may connect stands for it.
_STRANGERS = """
select (select count(*) from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
           and not relrowsecurity
           and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')) as tables,
       (select count(*) from pg_proc p where pronamespace = 'public'::regnamespace
           and has_function_privilege(
               coalesce((select rolname from pg_roles where rolname = 'anon'), 'public'), oid, 'execute')
           and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')) as functions
"""


async def look(notes: Notes, url: str) -> None:
    """Connects, and ends with Trouble when that fails."""
    connection = await _connect(url)
    try:
        notes.say("database.right", where=shown(url), version=connection.get_server_version().major)
        await _session(connection, url)
        await _migrations(notes, connection)
        strangers = dict(await connection.fetchrow(_STRANGERS))
        notes.say("strangers.open" if any(strangers.values()) else "strangers.right", **strangers)
    finally:
        await connection.close(timeout=1)


def shown(url: str) -> str:
    """The database's name and server."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the database"
    name = parts.path.strip("/") or "postgres"
    return f"{name} at {parts.hostname}{port}" if parts.hostname else f"{name} on a local socket"


async def _connect(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as exc:
        finding = next(name for kind, name in _UNREACHED if isinstance(exc, kind))
        raise Trouble(
            f"database.{finding}", where=shown(url), error=getattr(exc, "sqlstate", None) or type(exc).__name__
        ) from None


async def _session(connection: asyncpg.Connection, url: str) -> None:
    """Ends with Trouble behind a pooler by transaction: there a connection of ours is another one of the server's from
    statement to statement, so two of ours meet on one, or one of ours changes."""
    other = await _connect(url)
    try:
        ours = {await connection.fetchval(_WHICH) for _ in range(2)}
        await other.execute("begin")
        ours.add(await connection.fetchval(_WHICH))
        shared = len(ours) > 1 or await other.fetchval(_WHICH) in ours
    except (asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidSQLStatementNameError):
        shared = True
    finally:
        other.terminate()
    if shared:
        raise Trouble("database.pooler", where=shown(url))


async def _migrations(notes: Notes, connection: asyncpg.Connection) -> None:
    files = {file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in database.MIGRATIONS.glob("*.sql")}
    applied = await database.applied(connection)
    if applied is None:
        return notes.say("migrations.none", count=len(files))
    if database.UNRELEASED in applied:
        return notes.say("migrations.old", what=database.OF_OLD, mend=database.START_ANEW)
    differing = {
        "pending": sorted(name for name in files if name not in applied),
        "changed": sorted(name for name in files if applied.get(name) not in (None, "", files[name])),
        "newer": sorted(name for name in applied if name not in files),
    }
    for finding, names in differing.items():
        if names:
            notes.say(f"migrations.{finding}", found=len(names), count=len(files), names=", ".join(names))
    if not any(differing.values()):
        notes.say("migrations.right", count=len(files))
