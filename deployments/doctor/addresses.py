"""Where the lead store is, said without user and password, and which of its functions the program calls."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from flows.adapters.store import leads, operations


def database_shown(url: str) -> str:
    """The database's name and server."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the database"
    name = parts.path.strip("/") or "postgres"
    return f"{name} at {parts.hostname}{port}" if parts.hostname else f"{name} on a local socket"


def functions_called() -> frozenset[str]:
    """Names of the store's functions, read from the two modules that call them: a list of our own would grow stale."""
    found: set[str] = set()
    for module in (leads, operations):
        text = Path(str(module.__file__)).read_text("utf-8")
        found |= set(re.findall(r'_(?:call|held|acted)\(\s*"(\w+)"', text))
    return frozenset(found)
