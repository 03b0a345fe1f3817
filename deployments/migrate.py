"""Applies the lead store's migrations to DATABASE_URL (or to the embedded server): `python -m deployments.migrate`.

Then it erases, by the list of erasures, whoever a restored dump brought back. `--create NAME …` first creates these databases
on the same server where they are missing, as docker-compose.yml does.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

import asyncpg

from flows import settings
from flows.adapters.store import database
from flows.conversing.erasures import apply_list, keep_list
from flows.conversing.stores import open_files, open_store
from flows.errors import Fix, TryAgain
from flows.retention import remove_files
from flows.shown import logs


async def migrate_store(create: list[str] | None = None) -> list[str]:
    """The names of the migrations that were new. Raises Fix when the database cannot be reached or refuses them."""
    group = settings.read(settings.Store)
    if group.supabase_url and not group.database_url:
        raise Fix(
            "migrations need a direct connection: set DATABASE_URL to the project's Postgres, or use the Supabase CLI"
        )
    if group.database_url:
        url = group.database_url.get_secret_value()
    else:
        url = database.start_embedded(group.local_data_dir / "postgres")
        await database.ensure_database(url)
    try:
        head, _, query = url.partition("?")
        for name in create or ():
            await database.ensure_database(f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else ""))
        return await database.migrate(url)
    except OSError as exc:
        raise Fix(f"DATABASE_URL: the server cannot be reached ({type(exc).__name__})") from None
    except asyncpg.PostgresError as exc:
        raise Fix(f"DATABASE_URL: the server refused (SQLSTATE {exc.sqlstate}, {type(exc).__name__})") from None


async def erase_restored() -> int:
    """After a restore, whoever was erased since the dump stands in the store again, and is erased once more: by the list that
    lies where bills do. Returns how many. Raises TryAgain, Fix."""
    group = settings.read(settings.Store)
    files = open_files(group)
    try:
        async with open_store(group, listen=False, connections=1) as store:
            erased = await apply_list(store, files)
            await remove_files(store, files)
            await keep_list(store, files)
    finally:
        await files.aclose()
    return erased


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deployments.migrate", description=__doc__.split("\n")[0])
    parser.add_argument("--create", metavar="NAME", nargs="+", help="databases to create on the same server first")
    given = parser.parse_args()
    try:
        logs.set_up(settings.read(settings.Watching))
        applied = asyncio.run(migrate_store(given.create))
        erased = asyncio.run(erase_restored())
    except (Fix, TryAgain) as exc:
        print(exc, file=sys.stderr)
        return 1
    print("\n".join(f"applied {name}" for name in applied) or "nothing new")
    if erased:
        print(f"erased {erased} lead(s) once more: they stood in a dump of before their erasure")
    return 0


if __name__ == "__main__":
    sys.exit(main())
