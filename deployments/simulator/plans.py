"""Serena's partnership API as far as plans go: coverage and plans of a place (docs/domain.md 4.2)."""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import NAMESPACE_DNS, uuid5

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse

from deployments.simulator.graph import bearer_matches
from deployments.simulator.world import WorldDep


@dataclass(frozen=True)
class Utility:
    """A distribuidora and its plans as the API writes them; not qualified means that Serena does not sell there."""

    name: str
    plans: tuple[dict[str, Any], ...]
    qualified: bool

    @property
    def public_id(self) -> str:
        return str(uuid5(NAMESPACE_DNS, f"{self.name}.utilities.invalid"))


def _plan(plan_id: str, level: str, percent: str, months: str, *first_bill: str) -> dict[str, Any]:
    return {
        "id": int(plan_id),
        "name": f"Plano {level}-{percent}%",
        "fidelityMonths": int(months),
        # A string fraction, as the API writes it: "0.14" is 14 %.
        "discount": f"0.{percent}",
        "offeredBenefits": [{"description": "Primeira fatura paga pela Serena"} for _ in first_bill],
    }


def _area(line: str) -> tuple[str, str, int, Utility]:
    city, state, ibge_code, utility, offered = line.split("\t")
    found = tuple(_plan(*plan.split()) for plan in offered.split(";") if plan.strip("- "))
    return city, state, int(ibge_code), Utility(utility, found, offered != "-")


_LINES = Path(__file__).with_name("plans.tsv").read_text("utf-8").splitlines()
AREAS = tuple(_area(line) for line in _LINES if not line.startswith("#"))


def _folded(text: str) -> str:
    """Without accents, case and superfluous spaces, for comparing places."""
    marks = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in marks if not unicodedata.combining(c)).casefold().split())


async def _authorised(request: Request, world: WorldDep) -> None:
    if not bearer_matches(request, world.settings.accepted_plans_token.get_secret_value()):
        raise HTTPException(401, "Unauthorized")


router = APIRouter(prefix="/distribuited-generation", dependencies=[Depends(_authorised)])


class _Place:
    """The place asked for in the query; 400 when neither city and state nor an IBGE code are given."""

    def __init__(self, city: str | None = None, state: str | None = None, ibge_code: str | None = None) -> None:
        self.city, self.state, self.ibge_code = city, state, ibge_code

    def areas(self) -> list[tuple[str, str, int, Utility]]:
        if self.ibge_code:
            return [area for area in AREAS if str(area[2]) == self.ibge_code]
        if not self.city or not self.state:
            raise HTTPException(400, "state and city are required")
        wanted = (_folded(self.city), _folded(self.state))
        return [area for area in AREAS if (_folded(area[0]), _folded(area[1])) == wanted]


PlaceDep = Annotated[_Place, Depends()]


async def _answer(world: WorldDep, items: list[dict[str, Any]]) -> JSONResponse:
    """The list, or the fault planned for this call."""
    fault = world.faults.take("plans")
    match fault.kind if fault else None:
        case "500":
            return JSONResponse({"statusCode": 500, "message": "Internal server error"}, 500)
        case "429":
            body = {"statusCode": 429, "message": "ThrottlerException: Too Many Requests"}
            return JSONResponse(body, 429, {"Retry-After": str(fault.retry_after)})
        case "401":
            return JSONResponse({"statusCode": 401, "message": "Unauthorized"}, 401)
        case "timeout":
            await asyncio.sleep(fault.seconds)
            return JSONResponse(items)
        case _:
            return JSONResponse(items)


@router.get("/operation-areas")
async def operation_areas(place: PlaceDep, world: WorldDep) -> JSONResponse:
    """Which distribuidoras serve a place; an unknown place is an empty list, not an error."""
    items = [
        {
            "energyUtilityPublicId": utility.public_id,
            "energyUtilityName": utility.name,
            "ibgeCode": ibge_code,
            "state": state,
            "city": city,
            "energyUtilityQualified": utility.qualified,
        }
        for city, state, ibge_code, utility in place.areas()
    ]
    return await _answer(world, items)


@router.get("/plans")
async def plans(place: PlaceDep, world: WorldDep, energy_utility_public_id: str | None = None) -> JSONResponse:
    """The plans of a distribuidora (its id wins), or of every distribuidora of a place."""
    if energy_utility_public_id:
        by_id = {area[3].public_id: area[3] for area in AREAS}
        found = [by_id[energy_utility_public_id]] if energy_utility_public_id in by_id else []
    else:
        found = [area[3] for area in place.areas()]
    items = [{"energyUtilityName": utility.name, "plans": list(utility.plans)} for utility in found]
    return await _answer(world, items)
