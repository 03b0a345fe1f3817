"""Asks the Graph API at the configured address, and says in words what a refusal means."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Self

import httpx

from deployments.doctor import mistakes, reaching
from deployments.doctor.notes import Trouble
from flows import settings

# docs/whatsapp.md 5.8, which lists codes by what a caller can do about them.
_CODES: dict[str, Container[int | None]] = {
    "token": (0, 190),
    "permission": (3, 10, 131005, *range(200, 300)),
    "object": (33, 100, 803, 2500),
    "limits": (4, 17, 32, 80007, 80008, 130429),
    "locked": (368, 131031),
    "trouble": (1, 2, 131016, 133004),
}


class RefusedByMeta(Trouble):
    """Meta refused a call; `code` is its code, None when the answer had none. Its text is not shown: Meta repeats a
    malformed token in it."""

    def __init__(self, code: int | None, finding: str, **facts: object) -> None:
        super().__init__(finding, **facts)
        self.code = code


class Graph:
    """One account's Graph API, open between `async with` and its end. `rehearsal`: it is the simulator's."""

    def __init__(self, options: settings.WhatsApp) -> None:
        self.rehearsal = mistakes.rehearsal(options.whatsapp_base_url)
        self._host = mistakes.host(options.whatsapp_base_url)
        self._token = options.whatsapp_api_token.get_secret_value()
        address = f"{options.whatsapp_base_url.rstrip('/')}/{options.whatsapp_api_version}"
        self._http = reaching.client(base_url=address)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, *, bearer: str | None = None, **query: str) -> dict[str, Any]:
        """What one path answers; `bearer` takes the place of the token. Raises Trouble when it is refused or none comes."""
        try:
            headers = {"Authorization": f"Bearer {bearer or self._token}"}
            answer = await self._http.get(path, params=query, headers=headers)
        except (httpx.HTTPError, UnicodeEncodeError) as exc:
            raise Trouble("graph.away", host=self._host, error=type(exc).__name__) from None
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not answer.is_success:
            raise _refusal(answer.status_code, told)
        if not isinstance(told, dict):
            raise Trouble("graph.other", host=self._host)
        return told

    async def listed(self, path: str, **query: str) -> list[dict[str, Any]]:
        """The objects in the `data` of one answer."""
        return [each for each in (await self.get(path, **query)).get("data") or () if isinstance(each, dict)]


def _refusal(status: int, told: Any) -> RefusedByMeta:
    try:
        code: int | None = int(told["error"]["code"])
    except (ValueError, LookupError, TypeError):
        code = None
    plain = "token" if code is None and status == 401 else "trouble" if status >= 500 else "refused"
    meaning = next((name for name, codes in _CODES.items() if code in codes), plain)
    said = f"(Meta's code {code})" if code is not None else f"(HTTP {status})"
    return RefusedByMeta(code, f"graph.{meaning}", said=said)
