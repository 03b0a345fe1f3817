"""How the doctor asks over HTTP: short time limits."""

from __future__ import annotations

from typing import Any

import httpx

from flows.adapters.trust import trusted

TIMEOUT = httpx.Timeout(8.0, connect=5.0)


def client(**options: Any) -> httpx.AsyncClient:
    """A client of its own for one check."""
    return httpx.AsyncClient(**{"timeout": TIMEOUT, "verify": trusted(), **options})
