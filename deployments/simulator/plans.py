"""Serena's partnership API as far as plans go: coverage and plans of a place (docs/domain.md 4.2)."""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from uuid import NAMESPACE_DNS, uuid5

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse

from deployments.simulator.graph import bearer_matches
from deployments.simulator.world import WorldDep
from flows.brazil.folding import fold


@dataclass(frozen=True)
class UtilityPlans:
    """A distribuidora and its plans as the API writes them; not qualified means that Serena does not sell there."""

    name: str
    plans: tuple[dict[str, Any], ...]
    qualified: bool

    @property
    def public_id(self) -> str:
        return str(uuid5(NAMESPACE_DNS, f"{self.name}.utilities.invalid"))


class ServedPlace(NamedTuple):
    """A distribuidora of a municipality."""

    city: str
    state: str
    ibge_code: int
    utility: UtilityPlans


_FILE = Path(__file__).with_name("plans.toml").read_text("utf-8")
AREAS = tuple(
    ServedPlace(city, state, ibge_code, UtilityPlans(name, tuple(told.get("plans", ())), "plans" in told))
    for name, told in tomllib.loads(_FILE).items()
    for city, state, ibge_code in told["places"]
)
_FAULTS = {"500": "Internal server error", "429": "ThrottlerException: Too Many Requests", "401": "Unauthorized"}


async def _authorised(request: Request, world: WorldDep) -> None:
    if not bearer_matches(request, world.settings.plans_token.get_secret_value()):
        raise HTTPException(401, "Unauthorized")


router = APIRouter(prefix="/distribuited-generation", dependencies=[Depends(_authorised)])


class _Place:
    """The place asked for in the query; 400 when neither city and state nor an IBGE code are given."""

    def __init__(self, city: str | None = None, state: str | None = None, ibge_code: str | None = None) -> None:
        self.city, self.state, self.ibge_code = city, state, ibge_code

    def areas(self) -> list[ServedPlace]:
        if self.ibge_code:
            return [area for area in AREAS if str(area.ibge_code) == self.ibge_code]
        if not self.city or not self.state:
            raise HTTPException(400, "state and city are required")
        wanted = (fold(self.city), fold(self.state))
        return [area for area in AREAS if (fold(area.city), fold(area.state)) == wanted]


PlaceDep = Annotated[_Place, Depends()]


async def _answer(world: WorldDep, items: list[dict[str, Any]]) -> JSONResponse:
    """The list, or the fault planned for this call."""
    fault = world.faults.take("plans")
    if fault and fault.kind != "timeout":
        body = {"statusCode": int(fault.kind), "message": _FAULTS[fault.kind]}
        headers = {"Retry-After": str(fault.retry_after)} if fault.kind == "429" else None
        return JSONResponse(body, int(fault.kind), headers)
    if fault:
        await asyncio.sleep(fault.seconds)
    return JSONResponse(items)


@router.get("/operation-areas")
async def operation_areas(place: PlaceDep, world: WorldDep) -> JSONResponse:
    """Which distribuidoras serve a place; an unknown place is an empty list, not an error."""
    items = [
        {
            "energyUtilityPublicId": area.utility.public_id,
            "energyUtilityName": area.utility.name,
            "ibgeCode": area.ibge_code,
            "state": area.state,
            "city": area.city,
            "energyUtilityQualified": area.utility.qualified,
        }
        for area in place.areas()
    ]
    return await _answer(world, items)


@router.get("/plans")
async def list_plans(place: PlaceDep, world: WorldDep, energy_utility_public_id: str | None = None) -> JSONResponse:
    """The plans of a distribuidora (its id wins), or of every distribuidora of a place."""
    areas = AREAS if energy_utility_public_id else place.areas()
    # a distribuidora of several places is there once
    by_id = {area.utility.public_id: area.utility for area in areas}
    found = [utility for key, utility in by_id.items() if energy_utility_public_id in (None, "", key)]
    items = [{"energyUtilityName": utility.name, "plans": list(utility.plans)} for utility in found]
    return await _answer(world, items)
