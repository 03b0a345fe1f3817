"""Serena's partnership API: does it answer, does it take the token, does it know a city where Serena sells."""

from __future__ import annotations

from typing import Any

import httpx

from deployments.doctor import asking
from deployments.doctor.report import Notes, Trouble
from flows import settings
from flows.adapters.serena import answers
from flows.adapters.serena.answers import BadAnswer
from flows.adapters.serena.plans import AREAS, PLANS

CITY, STATE = "RECIFE", "PE"  # served since the beginning (docs/domain.md 4.2)


async def look(notes: Notes) -> None:
    """Two questions, the ones a conversation asks; nothing is registered."""
    options = notes.read(settings.Serena)
    headers = {"Authorization": f"Bearer {options.serena_api_token.get_secret_value()}", "Accept": "application/json"}
    async with asking.client(base_url=options.serena_api_base_url, headers=headers) as client:
        try:
            areas = answers.areas(await _ask(client, AREAS, {"state": STATE, "city": CITY}))
            notes.ok("areas", "the API answers and takes the token")
            served = [area for area in areas if area.qualified]
            if not served:
                notes.warn(
                    "plans",
                    "it knows no distribuidora for Recife/PE",
                    "ask Serena whether this token sees the catalogue",
                )
                return
            found = answers.plans(await _ask(client, PLANS, {"energy_utility_public_id": served[0].id}), served[0])
        except BadAnswer as exc:
            raise Trouble(f"an answer is not what the API promises ({exc})", "ask Serena what changed") from None
    if found:
        notes.ok("plans", f"{len(found)} for Recife/PE ({served[0].name})")
    else:
        notes.warn("plans", f"none for Recife/PE ({served[0].name}) at the moment", "ask Serena, if that is not meant")
    if options.serena_register_leads:
        notes.skip("registering", "it cannot be tried without registering somebody")


async def _ask(client: httpx.AsyncClient, path: str, query: dict[str, str]) -> Any:
    try:
        answer = await client.get(path, params=query)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError) as exc:
        raise Trouble(
            f"the API cannot be reached ({type(exc).__name__})", "check SERENA_API_BASE_URL; if it is right, ask Serena"
        ) from None
    if answer.status_code in (401, 403):
        raise Trouble(f"the API refuses the token (HTTP {answer.status_code})", "set SERENA_API_TOKEN to a valid one")
    if answer.status_code == 404:
        raise Trouble(
            "there is no such API at this address (HTTP 404)", "check SERENA_API_BASE_URL: no path, no slash at the end"
        )
    if answer.status_code == 429:
        raise Trouble("the API limits our calls (HTTP 429)", "wait a minute and try again")
    if not answer.is_success:
        raise Trouble(f"the API answers with HTTP {answer.status_code}", "try again later, then ask Serena")
    try:
        return answer.json()
    except ValueError:
        raise Trouble("the API answers with something other than JSON", "check SERENA_API_BASE_URL") from None
