"""Registering a lead who chose a plan with Serena's partner. Off by default (SERENA_REGISTER_LEADS)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from prefect.logging import get_run_logger

from flows.adapters.serena.forms import Applicant
from flows.adapters.serena.partner import AlreadyKnown, Incomplete, NotEligible, Registered
from flows.conversing.runtime import Work, current_work
from flows.conversing.tasks import task_of
from flows.domain import Plan, Stage
from flows.errors import SerenaError


async def register_if_chosen(work: Work) -> None:
    """After the hand-over, once for each chosen plan; the lead has their answer already, and a refusal by the partner
    is the consultant's to see, so it never ends the conversation."""
    lead = await work.store.lead(work.lead_id)
    if lead is None or lead.stage is not Stage.INTERESTED:
        return
    known = await work.store.applicant(work.lead_id)
    plan, told = (known.get("plan") or {}).get("plan_id"), known.get("partner") or {}
    if plan is None or told.get("plan_id") == plan:
        return
    try:
        await register_lead(work.lead_id, plan)
    except SerenaError as exc:
        get_run_logger().error("lead %s was not registered with the partner: %s", work.lead_id, exc)
        await work.store.note_partner(work.lead_id, None, {"outcome": "failed", "plan_id": plan})


@task_of("register_lead", again_after=(2, 10), within=90)
async def register_lead(lead_id: UUID, plan_id: int) -> str:
    """Registers or updates; the outcome stands in the hand-over's summary, missing fields by name only."""
    work = current_work()
    partner = work.runtime.partner
    if partner is None:
        return "off"
    known = await work.store.applicant(lead_id)
    match await partner.register(applicant_of(known), partner_lead_id=known.get("partner_lead_id")):
        case Registered(partner_lead_id=theirs):
            outcome, note = "registered", {"outcome": "registered"}
        case AlreadyKnown(partner_lead_id=theirs):
            outcome, note = "known", {"outcome": "known"}
        case NotEligible():
            theirs, outcome, note = None, "not eligible", {"outcome": "not_eligible"}
        case Incomplete(missing=fields):
            theirs, outcome, note = None, "incomplete", {"outcome": "incomplete", "missing": ", ".join(fields)}
    await work.store.note_partner(lead_id, theirs, {**note, "plan_id": plan_id})
    get_run_logger().info("partner: lead %s is %s", lead_id, outcome)
    return outcome


def applicant_of(known: dict[str, Any]) -> Applicant:
    """What the store knows, in the partner's terms; the rest is the consultant's to add."""
    amount = known.get("bill_value")
    return Applicant(
        full_name=known.get("full_name"),
        person_type=known.get("person_type"),
        email=known.get("email"),
        phone=known.get("phone"),
        bill_value=Decimal(str(amount)) if amount is not None else None,
        city=known.get("city"),
        state=known.get("state"),
        plan=Plan.model_validate(known["plan"]) if known.get("plan") else None,
    )
