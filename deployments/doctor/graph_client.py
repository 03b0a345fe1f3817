"""Asks the Graph API by pywa's client, at the configured address, and says in words what a refusal means."""

from __future__ import annotations

from collections.abc import Awaitable, Container
from typing import Any, Self

import httpx
from pywa_async import WhatsApp as PywaClient

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


class Graph:
    """One account's Graph API, open between `async with` and its end. `rehearsal`: it is the simulator's."""

    def __init__(self, options: settings.WhatsApp) -> None:
        self.rehearsal = mistakes.rehearsal(options.whatsapp_base_url)
        self._host = mistakes.host(options.whatsapp_base_url)
        self._session = reaching.client(event_hooks={"response": [_explain]})
        token = options.whatsapp_api_token.get_secret_value()
        client = PywaClient(
            options.whatsapp_phone_number_id,
            token,
            session=self._session,
            api_version=options.whatsapp_api_version.removeprefix("v"),
        )
        self.api = client.api
        # pywa's constructor points the session at Meta, whatever it was given.
        self._session.base_url = httpx.URL(f"{options.whatsapp_base_url.rstrip('/')}/{options.whatsapp_api_version}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.aclose()

    async def ask(self, call: Awaitable[Any]) -> dict[str, Any]:
        """One call's answer. Raises Trouble when it is refused or none comes."""
        try:
            answer = await call
        except (httpx.HTTPError, UnicodeEncodeError) as exc:
            raise Trouble("graph.away", host=self._host, error=type(exc).__name__) from None
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Trouble("graph.other", host=self._host)
        return answer

    async def listed(self, call: Awaitable[Any]) -> list[dict[str, Any]]:
        """The objects in the `data` of one call's answer."""
        return [each for each in (await self.ask(call)).get("data") or () if isinstance(each, dict)]

    async def get(self, path: str, *, bearer: str | None = None, **query: str) -> dict[str, Any]:
        """GET of a path that pywa has no method for; `bearer` takes the place of the token."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else None
        return await self.ask(self.api.send_raw_request("GET", path, params=query, headers=headers))


class Refused(Trouble):
    """Meta refused a call; `code` is its code, None when the answer had none. Its text is not shown: Meta repeats a
    malformed token in it."""

    def __init__(self, code: int | None, finding: str, **facts: object) -> None:
        super().__init__(finding, **facts)
        self.code = code


async def _explain(response: httpx.Response) -> None:
    """Before pywa sees a refusal, which it would log and wrap with the whole request."""
    if response.is_success:
        return
    await response.aread()
    status = response.status_code
    try:
        code: int | None = int(response.json()["error"]["code"])
    except (ValueError, LookupError, TypeError, AttributeError):
        code = None
    plain = "token" if code is None and status == 401 else "trouble" if status >= 500 else "refused"
    meaning = next((name for name, codes in _CODES.items() if code in codes), plain)
    said = f"(Meta's code {code})" if code is not None else f"(HTTP {status})"
    raise Refused(code, f"graph.{meaning}", said=said)
