"""Serena's partnership API as far as plans go: coverage and plans of a place (docs/domain.md 4.2)."""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import NAMESPACE_DNS, uuid5

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse

from deployments.simulator.graph import bearer_matches
from deployments.simulator.world import WorldDep


def _plan(plan_id: int, level: str, percent: int, months: int, *benefits: str) -> dict[str, Any]:
    return {
        "id": plan_id,
        "name": f"Plano {level}-{percent}%",
        "fidelityMonths": months,
        # A string fraction, as the API writes it: "0.14" is 14 %.
        "discount": f"0.{percent:02d}",
        "offeredBenefits": [{"description": benefit} for benefit in benefits],
    }


_FIRST_BILL = "Primeira fatura paga pela Serena"


def _three(basic: int, middle: int, premium: int) -> list[dict[str, Any]]:
    return [
        _plan(basic, "Básico", 14, 0),
        _plan(middle, "Intermediário", 16, 36),
        _plan(premium, "Premium", 18, 60, _FIRST_BILL),
    ]


@dataclass(frozen=True)
class Utility:
    """A distribuidora; not qualified means that Serena does not sell there."""

    name: str
    plans: tuple[dict[str, Any], ...] = ()
    qualified: bool = True

    @property
    def public_id(self) -> str:
        return str(uuid5(NAMESPACE_DNS, f"{self.name}.utilities.invalid"))


CELPE = Utility("CELPE", tuple(_three(489, 531, 556)))
CEMIG = Utility("CEMIG", tuple(_three(612, 613, 614)))
COELBA = Utility("COELBA", (_plan(701, "Básico", 13, 0), _plan(702, "Premium", 16, 60, _FIRST_BILL)))
CPFL_PAULISTA = Utility("CPFL PAULISTA", (_plan(801, "Básico", 10, 0), _plan(802, "Intermediário", 12, 36)))
EQUATORIAL_GO = Utility("EQUATORIAL GO", (_plan(901, "Básico", 12, 0), _plan(902, "Premium", 15, 60)))
ENERGISA_SS = Utility("ENERGISA SUL SUDESTE", (_plan(951, "Básico", 11, 0),))
ENEL_CE = Utility("ENEL CE")
ENEL_SP = Utility("ENEL SP", qualified=False)

# City in upper case with accents, as the API answers; the last two lines are one city with two distribuidoras.
AREAS: tuple[tuple[str, str, int, Utility], ...] = (
    ("RECIFE", "PE", 2611606, CELPE),
    ("OLINDA", "PE", 2609600, CELPE),
    ("CARUARU", "PE", 2604106, CELPE),
    ("BELO HORIZONTE", "MG", 3106200, CEMIG),
    ("SALVADOR", "BA", 2927408, COELBA),
    ("CAMPINAS", "SP", 3509502, CPFL_PAULISTA),
    ("GOIÂNIA", "GO", 5208707, EQUATORIAL_GO),
    ("FORTALEZA", "CE", 2304400, ENEL_CE),
    ("SÃO PAULO", "SP", 3550308, ENEL_SP),
    ("EXTREMA", "MG", 3125101, CEMIG),
    ("EXTREMA", "MG", 3125101, ENERGISA_SS),
)


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
        case "wrapped":
            return JSONResponse({"result": items})
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
