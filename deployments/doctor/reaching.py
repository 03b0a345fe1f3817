"""How the doctor asks over HTTP: short time limits, and each way not to be answered a finding of the subject asked for."""

from __future__ import annotations

from typing import Any

import httpx

from deployments.doctor.notes import FINDINGS, Trouble
from flows.adapters.trust import trusted

TIMEOUT = httpx.Timeout(8.0, connect=5.0)
_REFUSED = {401: "refused", 403: "refused", 404: "missing", 429: "limits"}


def client(**options: Any) -> httpx.AsyncClient:
    """A client of its own for one check."""
    return httpx.AsyncClient(**{"timeout": TIMEOUT, "verify": trusted(), **options})


async def get(http: httpx.AsyncClient, path: str, subject: str, **facts: object) -> httpx.Response:
    """One answer. Raises Trouble `away`, `refused` and what else the subject has a sentence for; 200 and the rest are
    the caller's."""
    query = facts.pop("query", None)
    try:
        answer = await http.get(path, params=query)  # type: ignore[arg-type]
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError) as exc:
        raise Trouble(f"{subject}.away", error=type(exc).__name__, **facts) from None
    name = _REFUSED.get(answer.status_code, "" if answer.is_success else "status")
    if name in FINDINGS[subject]:
        raise Trouble(f"{subject}.{name}", status=answer.status_code, **facts)
    return answer
