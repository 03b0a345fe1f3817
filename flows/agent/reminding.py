"""What a silent lead is told, by stage and by how often they were told before (domain.md 2.7)."""

from __future__ import annotations

from flows.agent.words import called, texts
from flows.domain import Content, Lead, Stage

_FIRST = {
    Stage.FORM_SUBMITTED: "first.place",
    Stage.INITIAL: "first.place",
    Stage.AWAITING_PLACE: "first.place",
    Stage.AWAITING_BILL: "first.bill",
    Stage.PLANS_SENT: "first.plan",
}


def reminder(lead: Lead, *, sequence: int = 1) -> Content:
    """Return the text of reminder `sequence` (1, 2, then the last), 50 to 1,000 characters, without any promise."""
    match sequence:
        case 1:
            key = _FIRST.get(lead.stage, "first.other")
        case 2:
            key = "second.any"
        case _:
            key = "last.any"
    text = texts("reminder")[key]
    name = called(lead)
    return Content(text=f"{name}, {text}" if name else text[0].upper() + text[1:])
