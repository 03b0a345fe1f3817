"""What a silent lead is told, by stage and by how often they were told before (domain.md 2.7)."""

from __future__ import annotations

from flows.agent.draft import ASIDES
from flows.agent.words import called, texts
from flows.domain import Content, Lead, Stage

_FIRST = {
    Stage.FORM_SUBMITTED: "first.place",
    Stage.INITIAL: "first.place",
    Stage.AWAITING_PLACE: "first.place",
    Stage.AWAITING_BILL: "first.bill",
    Stage.PLANS_SENT: "first.plan",
}
# Whoever said "mando depois" or "vou pensar" was told that there is no hurry.
_LATER = {Stage.AWAITING_BILL: "later.bill", Stage.PLANS_SENT: "later.plan", Stage.BILL_PROCESSED: "later.reading"}
# What was read on the bill waits for a word of the lead.
_READ_BACK = frozenset({"bill_ok", "bill_wrong", "bill_place"})


def reminder(lead: Lead, *, sequence: int = 1) -> Content:
    """Return the text of reminder `sequence` (1, 2, then the last), 50 to 1,000 characters, without any promise."""
    match sequence:
        case 1:
            later = _LATER.get(lead.stage) if lead.memory.get("later") else None
            reads_back = lead.stage is Stage.BILL_PROCESSED and _asked(lead) in _READ_BACK
            key = later or ("first.reading" if reads_back else _FIRST.get(lead.stage, "first.other"))
        case 2:
            key = "second.any"
        case _:
            key = "last.any"
    text = texts("reminder")[key]
    name = called(lead)
    return Content(text=f"{name}, {text}" if name else text[0].upper() + text[1:])


def _asked(lead: Lead) -> str | None:
    """Return the question that waits; an offer made beside it (a person, an erasure) does not replace it."""
    asked = lead.memory.get("asked")
    return lead.memory.get("resume") if asked in ASIDES else asked
