"""How the doctor asks over HTTP: short time limits, and each way not to be answered a finding of the subject asked for."""

from __future__ import annotations

from typing import Any

import httpx

from deployments.doctor.notes import FINDINGS, Trouble
from flows.adapters.trust import trusted

TIMEOUT = httpx.Timeout(8.0, connect=5.0)
_REFUSED = {401: "refused", 403: "forbidden", 404: "missing", 429: "limits"}


def client(**options: Any) -> httpx.AsyncClient:
    """A client of its own for one check."""
    return httpx.AsyncClient(**{"timeout": TIMEOUT, "verify": trusted(), **options})


async def get(
    http: httpx.AsyncClient, path: str, subject: str, *, query: dict[str, str] | None = None, **facts: object
) -> Any:
    """The JSON of one answer. Raises Trouble: `away`, `other` for what is no JSON, and for a refusal what the subject has a
    sentence for, or else `status`; `refused` serves for `forbidden` too."""
    try:
        answer = await http.get(path, params=query)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError) as exc:
        raise Trouble(f"{subject}.away", error=type(exc).__name__, **facts) from None
    if not answer.is_success:
        name = _REFUSED.get(answer.status_code, "status")
        if name == "forbidden" and name not in FINDINGS[subject]:
            name = "refused"
        name = name if name in FINDINGS[subject] else "status"
        raise Trouble(f"{subject}.{name}", status=answer.status_code, **facts)
    try:
        return answer.json()
    except ValueError:
        raise Trouble(f"{subject}.other", **facts) from None
