"""Reads what Serena's partnership API answers, without I/O (docs/domain.md 4.2 and 4.3)."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from flows.domain import Plan

log = logging.getLogger(__name__)


class BadAnswer(Exception):
    """A 2xx answer that is not what the API promises. It must not pass for "no coverage" or "no plan"."""


class ServiceArea(BaseModel):
    """One distribuidora in one city, and whether Serena sells there."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(alias="energyUtilityPublicId", min_length=1)
    name: str = Field(alias="energyUtilityName", min_length=1)
    qualified: StrictBool = Field(alias="energyUtilityQualified")


class _Benefit(BaseModel):
    description: StrictStr


class _Plan(BaseModel):
    id: StrictInt
    name: StrictStr = Field(min_length=1)
    # A fraction as text. A JSON number is not accepted: it has been through a float, and through another contract.
    discount: str = Field(pattern=r"^0?\.[0-9]{1,6}$", strict=True)
    fidelity: StrictInt = Field(alias="fidelityMonths", ge=0)
    benefits: list[_Benefit] | None = Field(default=None, alias="offeredBenefits")


def areas(answer: Any) -> tuple[ServiceArea, ...]:
    """The distribuidoras of `operation-areas`, each once; raises `BadAnswer`."""
    try:
        found = [ServiceArea.model_validate(item) for item in _items(answer)]
    except ValidationError as error:
        # A dropped row could turn into "not served": better no answer than that one.
        raise BadAnswer(f"operation-areas: {error.error_count()} unexpected fields") from None
    return tuple({area.id: area for area in found}.values())


def plans_of(answer: Any, area: ServiceArea) -> tuple[Plan, ...]:
    """The plans of one distribuidora, best discount first; odd ones are left out and logged by id.

    Raises `BadAnswer` when no plan of several can be read: that is not "no plan at the moment".
    """
    groups = [item for item in _items(answer) if isinstance(item, dict) and isinstance(item.get("plans"), list)]
    if len(groups) != len(_items(answer)):
        raise BadAnswer("plans: an item without a list of plans")
    if len(groups) > 1:
        groups = [item for item in groups if normal(str(item.get("energyUtilityName"))) == normal(area.name)]
    raw = [plan for group in groups for plan in group["plans"]]
    read = {plan.plan_id: plan for plan in (_plan(one, area.name) for one in raw) if plan}
    if raw and not read:
        raise BadAnswer(f"plans: none of {len(raw)} can be read")
    return tuple(sorted(read.values(), key=lambda plan: (-plan.discount, plan.fidelity_months, plan.plan_id)))


def choose(found: Sequence[ServiceArea], utility: str) -> ServiceArea | None:
    """The one distribuidora that `utility` names, case and accents aside; None when none or several could be meant."""
    wanted = normal(utility)
    same = [area for area in found if normal(area.name) == wanted]
    # "Cemig" for "CEMIG Distribuição", "Enel São Paulo SP" for "SÃO PAULO SP": whole words, and only if one fits.
    words = set(wanted.split())
    near = [area for area in found if words and _words(area) and (words <= _words(area) or _words(area) <= words)]
    fits = same or near
    if not fits and len(found) == 1:
        return found[0]  # a city has one concession: the bill says "Neoenergia Pernambuco", the API "CELPE"
    return fits[0] if len(fits) == 1 else None


def normal(text: str) -> str:
    """For comparing names: upper case, no accents, single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^A-Z0-9]+", " ", bare.upper()).split())


def _words(area: ServiceArea) -> set[str]:
    return set(normal(area.name).split())


def _items(answer: Any) -> list[Any]:
    """The bare list, or the list under `result`; both are seen in the wild."""
    items = answer.get("result") if isinstance(answer, dict) else answer
    if not isinstance(items, list):
        raise BadAnswer("neither a list nor a result with a list")
    return items


def _plan(raw: Any, utility: str) -> Plan | None:
    plan_id = raw.get("id") if isinstance(raw, dict) else None
    try:
        plan = _Plan.model_validate(raw)
    except ValidationError as error:
        fields = sorted({str(part["loc"][0]) for part in error.errors() if part["loc"]})
        log.error("plan %s left out: unexpected %s", plan_id if isinstance(plan_id, int) else "?", ", ".join(fields))
        return None
    discount = Decimal(plan.discount)
    if not discount:
        log.error("plan %s left out: its discount is zero", plan.id)
        return None
    in_name = [Decimal(one.replace(",", ".")) / 100 for one in re.findall(r"(\d+(?:[.,]\d+)?)\s*%", plan.name)]
    if in_name and discount not in in_name:
        log.warning("plan %s: the percentage in its name is not its discount; the discount counts", plan.id)
    return Plan(
        plan_id=plan.id,
        name=plan.name,
        utility=utility,
        discount=discount,
        fidelity_months=plan.fidelity,
        benefits=tuple(benefit.description for benefit in plan.benefits or ()),
    )
