"""The HTTP client of the partnership API: its token, its certificates, and no address in a log (docs/domain.md 4.1)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from flows.adapters.trust import trusted

CONNECT_SECONDS = 5.0


def connect(base_url: str, token: str, timeout: float) -> httpx.AsyncClient:
    """Open a client that its owner closes. `timeout` in seconds per request, of which connecting gets at most five."""
    # httpx logs every address at INFO, and here that is a place where a lead lives, an e-mail or a phone number.
    logger = logging.getLogger("httpx")
    logger.setLevel(max(logger.level, logging.WARNING))
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
        verify=trusted(),
    )


def retry_after(response: httpx.Response) -> float:
    """Seconds asked for by `Retry-After`, given as a number or as a date; 0 when absent or unreadable."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
