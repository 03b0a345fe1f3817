"""Reads the account's approved templates from Meta, as far as a person can send one by hand (docs/whatsapp.md 3). Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx

from flows.adapters.trust import trusted
from flows.errors import Fix, TryAgain

_GAP = re.compile(r"\{\{(\d+)\}\}")


@dataclass(frozen=True)
class Approved:
    """A template with text and positional gaps. `category` is what WhatsApp charges it as: marketing, utility.
    `examples`: what was registered as an example for each gap."""

    name: str
    language: str
    category: str
    body: str
    gaps: int
    examples: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()

    def filled(self, values: Sequence[str]) -> str:
        """The text that the person reads. One value a gap."""
        return _GAP.sub(lambda found: values[int(found[1]) - 1], self.body)


# An account has 6,000 at most; nobody chooses from more than some hundred.
_MOST = 500


class Templates:
    """The templates of one business account, open between `async with` and its end."""

    def __init__(self, *, base_url: str, api_version: str, account: str, token: str) -> None:
        self._address = f"{base_url.rstrip('/')}/{api_version}/{account}/message_templates"
        self._headers = {"authorization": f"Bearer {token}"}

    async def __aenter__(self) -> Self:
        self._http = await httpx.AsyncClient(verify=trusted(), timeout=10.0).__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._http.aclose()

    async def listed(self) -> list[Approved]:
        """Raises TryAgain while Meta does not answer, Fix when it refuses (the token may not manage the account)."""
        found: list[Any] = []
        query: dict[str, Any] | None = {"limit": 100}
        while query is not None and len(found) < _MOST:
            page = await self._page(query)
            found += page["data"]
            paging = page.get("paging") or {}
            after = (paging.get("cursors") or {}).get("after")
            query = {"limit": 100, "after": after} if paging.get("next") and after else None
        return sendable(found)

    async def _page(self, query: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = await self._http.get(self._address, params=query, headers=self._headers)
            page = answer.json()
        except (httpx.HTTPError, ValueError) as exc:
            raise TryAgain(f"WhatsApp's templates: {type(exc).__name__}") from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise TryAgain(f"WhatsApp's templates: HTTP {answer.status_code}")
        if not answer.is_success or not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise Fix(f"WhatsApp's templates: HTTP {answer.status_code}; may the token manage the business account?")
        return page


def sendable(listing: Iterable[Any]) -> list[Approved]:
    """Of GET /{waba}/message_templates those that need no more than words: approved, no login code, no picture above, gaps
    by number and in the body only, buttons that answer. Whatever looks otherwise is left out."""
    return [found for each in listing if isinstance(each, dict) and (found := _approved(each)) is not None]


def _approved(row: dict[str, Any]) -> Approved | None:
    if row.get("status") != "APPROVED" or row.get("category") not in ("MARKETING", "UTILITY"):
        return None
    if row.get("parameter_format", "POSITIONAL") != "POSITIONAL":
        return None
    body, buttons = "", list[str]()
    examples: tuple[str, ...] = ()
    for part in row.get("components") or ():
        match part:
            case {"type": "BODY", "text": str(text)}:
                body = text
                examples = tuple(map(str, ((part.get("example") or {}).get("body_text") or [[]])[0]))
            case {"type": "HEADER", "format": "TEXT", "text": str(text)} if not _GAP.search(text):
                pass
            case {"type": "FOOTER"}:
                pass
            case {"type": "BUTTONS", "buttons": list(given)}:
                kinds = [one.get("type") if isinstance(one, dict) else None for one in given]
                if set(kinds) - {"QUICK_REPLY", "REQUEST_CONTACT_INFO"}:
                    return None
                buttons = [str(one.get("text", "")) for one in given]
            case _:
                return None
    gaps = {int(number) for number in _GAP.findall(body)}
    if not body or gaps != set(range(1, len(gaps) + 1)):
        return None
    return Approved(
        str(row.get("name")),
        str(row.get("language")),
        row["category"].lower(),
        body,
        len(gaps),
        examples,
        tuple(buttons),
    )
