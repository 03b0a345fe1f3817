"""A double of Serena's partnership API: areas and plans by city, bare or wrapped, as docs/domain.md 4.2 shows them."""

from __future__ import annotations

from typing import Any

from tests.http_double import Answer, HttpDouble, Request, answer

AREAS = "/distribuited-generation/operation-areas"
PLANS = "/distribuited-generation/plans"


class SerenaDouble(HttpDouble):
    """Knows no place until told; `then(Answer(500))` goes first. `wrapped` puts answers under `result`."""

    def __init__(self, *, token: str = "serena-token", wrapped: bool = False) -> None:
        super().__init__()
        self.wrapped = wrapped
        self._token = token
        self._areas: list[dict[str, Any]] = []
        self._plans: dict[str, dict[str, Any]] = {}

    def serve(
        self, city: str, state: str, utility: str, plans: list[Any], *, ibge_code: int = 2611606, qualified: bool = True
    ) -> str:
        """Add a distribuidora to a city (upper case, with accents); returns the distribuidora's id."""
        public_id = f"00000000-0000-4000-8000-{len(self._areas):012}"
        self._areas.append(
            {
                "energyUtilityPublicId": public_id,
                "energyUtilityName": utility,
                "ibgeCode": ibge_code,
                "state": state,
                "city": city,
                "energyUtilityQualified": qualified,
            }
        )
        self._plans[public_id] = {"energyUtilityName": utility, "plans": plans}
        return public_id

    def offer(self, public_id: str, plans: list[Any]) -> None:
        """Replace the plans of a distribuidora."""
        self._plans[public_id]["plans"] = plans

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(request.path == path for request in self.requests)

    def usual(self, request: Request) -> Answer:
        """Areas or plans for the query; 401 without the token, 404 elsewhere, `[]` for an unknown place."""
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return answer({"message": "Unauthorized"}, 401)
        query = request.query
        if request.path == AREAS:
            found = [area for area in self._areas if _matches(area, query)]
            return self._list(found)
        if request.path == PLANS:
            if "energy_utility_public_id" in query:  # this parameter wins
                group = self._plans.get(query["energy_utility_public_id"])
                return self._list([group] if group else [])
            here = [area["energyUtilityPublicId"] for area in self._areas if _matches(area, query)]
            return self._list([self._plans[public_id] for public_id in here])
        return answer({"message": "Not Found"}, 404)

    def _list(self, items: list[Any]) -> Answer:
        return answer({"result": items} if self.wrapped else items)


def plan(
    plan_id: int, discount: Any, *, months: Any = 0, name: str | None = None, benefits: tuple[str, ...] = ()
) -> dict:
    """One plan as the API writes it; `discount` is a fraction as text, "0.14" for 14 %."""
    return {
        "id": plan_id,
        "name": name or f"Plano {plan_id}",
        "fidelityMonths": months,
        "discount": discount,
        "offeredBenefits": [{"description": one} for one in benefits],
    }


def _matches(area: dict[str, Any], query: dict[str, str]) -> bool:
    if "ibge_code" in query:
        return str(area["ibgeCode"]) == query["ibge_code"]
    return (area["city"], area["state"]) == (query.get("city"), query.get("state"))
