"""Serena's partnership API: does it answer, does it take the token, does it know a city where Serena sells."""

from __future__ import annotations

from deployments.doctor import reaching
from deployments.doctor.notes import Notes, Trouble
from flows import settings
from flows.adapters.serena import answers
from flows.adapters.serena.answers import BadAnswer
from flows.adapters.serena.plans import AREAS, PLANS

CITY, STATE = "RECIFE", "PE"  # served since the beginning (docs/domain.md 4.2)


async def look(notes: Notes) -> None:
    """Two questions, the ones a conversation asks; nothing is registered."""
    options = notes.read(settings.Serena)
    headers = {"Authorization": f"Bearer {options.serena_api_token.get_secret_value()}", "Accept": "application/json"}
    async with reaching.client(base_url=options.serena_api_base_url, headers=headers) as client:
        try:
            areas = answers.areas(await reaching.get(client, AREAS, "plans", query={"state": STATE, "city": CITY}))
            notes.say("areas.right")
            served = [area for area in areas if area.qualified]
            if not served:
                return notes.say("plans.no_area")
            query = {"energy_utility_public_id": served[0].id}
            found = answers.plans_of(await reaching.get(client, PLANS, "plans", query=query), served[0])
        except BadAnswer as exc:
            raise Trouble("plans.strange", error=exc) from None
    notes.say("plans.right" if found else "plans.none", count=len(found), utility=served[0].name)
    if options.serena_register_leads:
        notes.say("registering.untried")
