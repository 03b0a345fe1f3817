"""Asks the Graph API by pywa's client, at the configured address, and says in words what a refusal means."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Self

import httpx
from pywa_async import WhatsApp as PywaClient

from deployments.doctor import asking, mistakes
from deployments.doctor.report import Trouble
from flows import settings

TOKEN_PAGE = "business.facebook.com > Settings > System users > Generate token"


class Graph:
    """One account's Graph API, open between `async with` and its end. `rehearsal`: it is the simulator's."""

    def __init__(self, options: settings.WhatsApp) -> None:
        self.rehearsal = mistakes.rehearsal(options.whatsapp_base_url)
        self._host = mistakes.host(options.whatsapp_base_url)
        self._session = asking.client(event_hooks={"response": [_explain]})
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
            raise Trouble(
                f"{self._host} cannot be reached ({type(exc).__name__})", "check WHATSAPP_BASE_URL and the way out"
            ) from None
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Trouble(f"{self._host} answers with something other than Meta's JSON", "check WHATSAPP_BASE_URL")
        return answer

    async def get(self, path: str, *, bearer: str | None = None, **query: str) -> dict[str, Any]:
        """GET of a path that pywa has no method for; `bearer` takes the place of the token."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else None
        return await self.ask(self.api.send_raw_request("GET", path, params=query, headers=headers))


class Refused(Trouble):
    """Meta refused a call; `code` is its code, None when the answer had none. Its text is not shown: Meta repeats a
    malformed token in it."""

    def __init__(self, code: int | None, what: str, mend: str) -> None:
        super().__init__(what, mend)
        self.code = code


async def _explain(response: httpx.Response) -> None:
    """Before pywa sees a refusal, which it would log and wrap with the whole request."""
    if response.is_success:
        return
    await response.aread()
    try:
        code: int | None = int(response.json()["error"]["code"])
    except (ValueError, LookupError, TypeError, AttributeError):
        code = None
    raise Refused(code, *_meaning(code, response.status_code))


def _meaning(code: int | None, status: int) -> tuple[str, str]:
    """By the table of docs/whatsapp.md 5.8, which lists codes by what a caller can do about them."""
    said = f"(Meta's code {code})" if code is not None else f"(HTTP {status})"
    if code in (0, 190) or (code is None and status == 401):
        return f"Meta does not take the token {said}", f"make a permanent one and set WHATSAPP_API_TOKEN: {TOKEN_PAGE}"
    if code is not None and (code in (3, 10, 131005) or 200 <= code <= 299):
        return (
            f"the token lacks a permission for this {said}",
            f"make it anew with whatsapp_business_messaging and whatsapp_business_management: {TOKEN_PAGE}",
        )
    if code in (33, 100, 803, 2500):
        return (
            f"Meta knows no such object, or this token may not see it {said}",
            "check the id, and that the system user was given this WhatsApp account (business settings > System users)",
        )
    if code in (4, 17, 32, 80007, 80008, 130429):
        return f"Meta limits our calls {said}", "wait some minutes and try again"
    if code in (368, 131031):
        return (
            f"Meta has locked or restricted the account {said}",
            "see Business Support Home: business.facebook.com/business-support-home",
        )
    if code in (1, 2, 131016, 133004) or status >= 500:
        return f"Meta has trouble itself {said}", "try again; metastatus.com tells about outages"
    return (
        f"Meta refuses the call {said}",
        "look the code up: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes",
    )
