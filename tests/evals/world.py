"""The world around a scripted lead: coverage and plans of places as the simulator has them, and bills that were read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from deployments.simulator.plans import AREAS
from deployments.simulator.plans import UtilityPlans as Simulated
from flows.assistant.place.places import Place
from flows.brazil.folding import fold
from flows.domain import (
    BillKept,
    BillReading,
    BillReceipt,
    BillRefused,
    Coverage,
    InboundMessage,
    NoPlanNow,
    NotServed,
    Plan,
    PlansUnavailable,
    Served,
    SeveralUtilities,
)
from tests.evals.scripts import HERE, Item, Script, Utility

BILLS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "bills.toml").read_text("utf-8"))


@dataclass
class World:
    """The tools of a turn (`flows.assistant.assistant.Tools`). Remembers what was read, so that a reply can be held to it."""

    areas: Mapping[str, tuple[tuple[str, tuple[Plan, ...] | None], ...]]
    api: str = "up"
    files: dict[str, Item] = field(default_factory=dict)
    first_name: str | None = None
    kept: int = 0
    readings: list[BillReading | None] = field(default_factory=list)
    # The place that was asked for last, what was answered, and the last plans read for that same place.
    place: str | None = None
    answered: Coverage | None = None
    plans: tuple[Plan, ...] = ()

    @classmethod
    def of(cls, script: Script) -> World:
        """The simulator's places, and those of the script over them."""
        areas: dict[str, tuple[tuple[str, tuple[Plan, ...] | None], ...]] = {}
        for city, state, _, utility in AREAS:
            key = _key(city, state)
            plans = _simulated(utility) if utility.qualified else None
            areas[key] = (*areas.get(key, ()), (utility.name, plans))
        for n, (place, utilities) in enumerate(script.world.items(), 1):
            city, _, state = place.rpartition("/")
            areas[_key(city, state)] = tuple((u.utility, _scripted(u, 9000 + 10 * n)) for u in utilities)
        name = script.form.name if script.form else script.profile
        return cls(areas, first_name=name.split()[0] if name else None)

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        key = _key(place.city, place.state)
        answer = self._coverage(key, utility)
        if isinstance(answer, Served):
            self.plans = answer.plans
        elif key != self.place or not isinstance(answer, PlansUnavailable):
            # An outage takes away nothing that was read for the same place; another place or answer does.
            self.plans = ()
        self.place, self.answered = key, answer
        return answer

    def _coverage(self, key: str, utility: str | None) -> Coverage:
        if self.api == "down":
            return PlansUnavailable()
        served = [(name, plans) for name, plans in self.areas.get(key, ()) if plans is not None]
        chosen = [one for one in served if utility is not None and fold(one[0]) == fold(utility)] or served
        if not served:
            return NotServed()
        if len(chosen) > 1:
            return SeveralUtilities(names=tuple(name for name, _ in chosen))
        name, plans = chosen[0]
        best = tuple(sorted(plans or (), key=lambda plan: -plan.discount))
        return Served(utility=name, plans=best, stale=self.api == "stale") if best else NoPlanNow(utility=name)

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        item = self.files[message.wamid]
        name = item.photo or item.pdf
        if name is None:
            return BillRefused(reason=item.refused or "wrong_type")
        fields = BILLS[name] | item.read
        if fields.get("holder") == "match":
            fields = {"holder_first_name": self.first_name, **fields}
        reading = BillReading.model_validate(fields) if fields else None
        # The store counts a file once (unique by its hash).
        known = item.same and self.kept > 0
        self.kept += not known
        self.readings.append(reading)
        return BillKept(bill_id=uuid5(NAMESPACE_OID, name if known else message.wamid), known=known, reading=reading)

    @property
    def has_bill(self) -> bool:
        """True when a bill is there that need not be sent again: usable, or waiting for a person's eyes."""
        return any(reading is None or reading.usable for reading in self.readings)

    @property
    def amounts(self) -> frozenset[Decimal]:
        """Totals that were read on this lead's bills, in reais."""
        return frozenset(r.total_amount for r in self.readings if r is not None and r.total_amount is not None)


def _key(city: str, state: str) -> str:
    return f"{fold(city)}/{state.lower()}"


def _simulated(utility: Simulated) -> tuple[Plan, ...]:
    return tuple(
        Plan(
            plan_id=plan["id"],
            name=plan["name"],
            utility=utility.name,
            discount=Decimal(plan["discount"]),
            fidelity_months=plan["fidelityMonths"],
            benefits=tuple(benefit["description"] for benefit in plan["offeredBenefits"]),
        )
        for plan in utility.plans
    )


def _scripted(utility: Utility, first_id: int) -> tuple[Plan, ...]:
    plans = []
    for n, written in enumerate(utility.plans):
        percent, months, *benefits = written.split("/")
        discount = Decimal(percent) / 100
        plans.append(
            Plan(
                plan_id=first_id + n,
                name=f"Plano {chr(ord('A') + n)}",
                utility=utility.utility,
                discount=discount,
                fidelity_months=int(months),
                benefits=tuple(benefits),
            )
        )
    return tuple(plans)
