"""The lead store's Postgres, looked at directly: encoding, migrations, functions, and what strangers may do."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import asyncpg

from deployments.doctor.report import Notes, Trouble
from flows.adapters.store import database
from flows.adapters.store.functions import Function

CONNECT_SECONDS = 5.0
_WHICH = "select pg_backend_pid()"
# The schema is the store's alone, as its last migration takes it: every table and function in it counts, but for those of
# extensions. On a plain Postgres there is no role `anon`, and whoever may connect stands for it.
_STRANGERS = """
select (select count(*) from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
           and not relrowsecurity
           and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')) as open_tables,
       (select count(*) from pg_proc p where pronamespace = 'public'::regnamespace
           and has_function_privilege(
               coalesce((select rolname from pg_roles where rolname = 'anon'), 'public'), oid, 'execute')
           and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')) as open_functions
"""


async def look(notes: Notes, url: str) -> None:
    """Connects, and ends with Trouble when that fails."""
    connection = await _connect(url)
    try:
        notes.ok("database", f"{database_shown(url)} answers, Postgres {connection.get_server_version().major}")
        await _session(connection, url)
        await _encoding(notes, connection)
        await _migrations(notes, connection)
        await _functions(notes, connection)
        await _strangers(notes, connection)
    finally:
        await connection.close(timeout=1)


def database_shown(url: str) -> str:
    """The database's name and server."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the database"
    name = parts.path.strip("/") or "postgres"
    return f"{name} at {parts.hostname}{port}" if parts.hostname else f"{name} on a local socket"


async def _connect(url: str) -> asyncpg.Connection:
    where = database_shown(url)
    try:
        return await asyncpg.connect(url, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS)
    except asyncpg.InvalidCatalogNameError:
        raise Trouble(
            f"the server has no such database ({where})", "python -m deployments.migrate --create NAME"
        ) from None
    except asyncpg.InvalidAuthorizationSpecificationError as exc:
        raise Trouble(
            f"{where} refuses user or password (SQLSTATE {exc.sqlstate})",
            "correct both in DATABASE_URL; percent-encode @ : /",
        ) from None
    except asyncpg.PostgresError as exc:
        raise Trouble(f"{where} refuses the connection (SQLSTATE {exc.sqlstate})", "look at the server's log") from None
    except (OSError, TimeoutError) as exc:
        raise Trouble(
            f"{where} cannot be reached ({type(exc).__name__})",
            "is the server up, and are host and port of DATABASE_URL right?",
        ) from None
    except (ValueError, asyncpg.InterfaceError) as exc:
        raise Trouble(
            f"DATABASE_URL is not a Postgres address ({type(exc).__name__})",
            "postgresql://user:password@host:5432/name",
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
        raise Trouble(
            f"{database_shown(url)} is a pooler by transaction: LISTEN and prepared statements fail on it",
            "set DATABASE_URL to the pooler by session or to the direct connection, port 5432 (docs/supabase.md)",
        )


async def _encoding(notes: Notes, connection: asyncpg.Connection) -> None:
    encoding = await connection.fetchval("show server_encoding")
    if encoding == "UTF8":
        notes.ok("encoding", "UTF8")
    else:
        notes.fail(
            "encoding",
            f"is {encoding}; leads write in UTF-8",
            "create the database anew with encoding 'UTF8', then migrate",
        )


async def _migrations(notes: Notes, connection: asyncpg.Connection) -> None:
    files = {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(database.MIGRATIONS.glob("*.sql"))
    }
    applied = await database.applied(connection)
    if applied is None:
        notes.fail("migrations", f"none of {len(files)} is applied", "python -m deployments.migrate")
        return
    if database.UNRELEASED in applied:
        notes.fail("migrations", database.OF_OLD, database.START_ANEW)
        return
    pending = [name for name in files if name not in applied]
    changed = [name for name in files if applied.get(name) not in (None, "", files[name])]
    newer = [name for name in applied if name not in files]
    if pending:
        notes.fail(
            "migrations",
            f"{len(pending)} of {len(files)} pending: {', '.join(pending)}",
            "python -m deployments.migrate",
        )
    if changed:
        notes.fail(
            "migrations",
            f"changed after they were applied: {', '.join(changed)}",
            "restore the released files; what is to be different goes into a new migration",
        )
    if newer:
        notes.warn(
            "migrations", f"the database is newer than this program by {', '.join(newer)}", "upgrade the program"
        )
    if not (pending or changed or newer):
        notes.ok("migrations", f"all {len(files)} applied")


async def _functions(notes: Notes, connection: asyncpg.Connection) -> None:
    wanted = {function.value for function in Function}
    rows = await connection.fetch(
        "select proname, bool_or(has_function_privilege(oid, 'execute')) from pg_proc"
        " where pronamespace = 'public'::regnamespace and proname = any($1) group by proname",
        sorted(wanted),
    )
    allowed = dict(rows)
    if missing := sorted(wanted - set(allowed)):
        notes.fail("functions", f"{len(missing)} missing: {', '.join(missing)}", "python -m deployments.migrate")
    if refused := sorted(name for name, may in allowed.items() if not may):
        notes.fail(
            "functions",
            f"{len(refused)} of {len(wanted)} may not be called by the user of DATABASE_URL",
            "connect as the owner who migrated, or grant it the role service_role",
        )
    if not (missing or refused):
        notes.ok("functions", f"all {len(wanted)} that the program calls are there and may be called")


async def _strangers(notes: Notes, connection: asyncpg.Connection) -> None:
    row = await connection.fetchrow(_STRANGERS)
    if row["open_tables"] or row["open_functions"]:
        notes.fail(
            "strangers",
            f"{row['open_tables']} table(s) without row level security, {row['open_functions']} function(s) that anyone may call",
            'apply the migrations\' last *_security.sql again: psql "$DATABASE_URL" -f FILE',
        )
    else:
        notes.ok("strangers", "row level security on every table, no function for the anonymous role")
