"""How the doctor asks over HTTP: short time limits, and certificates read once."""

from __future__ import annotations

from functools import cache
from ssl import SSLContext
from typing import Any

import httpx

TIMEOUT = httpx.Timeout(8.0, connect=5.0)


def client(**options: Any) -> httpx.AsyncClient:
    """A client of its own for one check. Reading the certificates takes longer than a request, so that is shared."""
    return httpx.AsyncClient(**{"timeout": TIMEOUT, "verify": _trusted(), **options})


@cache
def _trusted() -> SSLContext:
    return httpx.create_ssl_context()
