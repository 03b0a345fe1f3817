"""Applies the lead store's migrations to DATABASE_URL (or to the embedded server): `python -m deployments.migrate`."""

from __future__ import annotations

import asyncio
import sys

import asyncpg

from flows import settings
from flows.adapters import database
from flows.errors import Fix


async def migrate() -> list[str]:
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
        return await database.migrate(url)
    except OSError as exc:
        raise Fix(f"DATABASE_URL: the server cannot be reached ({type(exc).__name__})") from None
    except asyncpg.PostgresError as exc:
        raise Fix(f"DATABASE_URL: the server refused (SQLSTATE {exc.sqlstate}, {type(exc).__name__})") from None


def main() -> int:
    try:
        applied = asyncio.run(migrate())
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 1
    print("\n".join(f"applied {name}" for name in applied) or "nothing new")
    return 0


if __name__ == "__main__":
    sys.exit(main())
