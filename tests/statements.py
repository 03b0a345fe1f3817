"""What a test asks of a database, or changes in it, behind the store's back."""

from __future__ import annotations

from typing import Any

import asyncpg


async def asked(url: str, statement: str, *arguments: Any, **options: Any) -> list[asyncpg.Record]:
    """The rows of one statement, over a connection of its own with these options."""
    connection = await asyncpg.connect(url, **options)
    try:
        return await connection.fetch(statement, *arguments)
    finally:
        await connection.close()
