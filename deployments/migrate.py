"""Applies the lead store's migrations to DATABASE_URL (or to the embedded server): `python -m deployments.migrate`.

`--create NAME …` first creates these databases on the same server where they are missing, as docker-compose.yml does.
"""

from __future__ import annotations

import argparse
import asyncio
import sys

import asyncpg

from flows import settings
from flows.adapters.store import database
from flows.errors import Fix
from flows.shown import logs


async def migrate(create: list[str] | None = None) -> list[str]:
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deployments.migrate", description=__doc__.split("\n")[0])
    parser.add_argument("--create", metavar="NAME", nargs="+", help="databases to create on the same server first")
    given = parser.parse_args()
    try:
        logs.set_up(settings.read(settings.Watching))
        applied = asyncio.run(migrate(given.create))
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 1
    print("\n".join(f"applied {name}" for name in applied) or "nothing new")
    return 0


if __name__ == "__main__":
    sys.exit(main())
