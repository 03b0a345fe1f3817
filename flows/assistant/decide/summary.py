"""What a consultant is told of a lead: codes, figures, and the notes that the lead gave for it (docs/domain.md 2.1, step 10)."""

from __future__ import annotations

from typing import Any

from flows.assistant.decide.draft import Draft
from flows.assistant.meaning import Meaning
from flows.assistant.state import Bill, Step

M = Meaning
_FOR_THE_CONSULTANT = frozenset(
    {
        M.CALL_AT,
        M.NEW_NUMBER,
        M.NAME,
        M.HOLDER_DECEASED,
        M.HOLDER_ABSENT,
        M.HOLDER_OTHER,
        M.TENANT,
        M.COMPANY,
        M.SEVERAL_BILLS,
        M.OWN_PANELS,
        M.LOW_INCOME,
        M.EXCLUDED,
        M.COMPETITOR,
        M.CANNOT_SEND,
        M.LANGUAGE,
        M.HARDSHIP,
        M.ACCESS,
        M.HOLDER_REFUSES,
        M.CUSTOMER,
        M.CANCEL,
    }
)
# Whoever tells one of these is looked at by a person before anything is said of the result (docs/domain.md 1.2).
NEEDS_A_PERSON = frozenset({M.OWN_PANELS, M.LOW_INCOME, M.EXCLUDED, M.HOLDER_DECEASED, M.HOLDER_REFUSES})


def told_by_the_lead() -> frozenset[Meaning]:
    """Return the meanings whose words are kept as notes for the consultant."""
    return _FOR_THE_CONSULTANT


def summary(draft: Draft, **why: Any) -> dict[str, Any]:
    """Return what a person has to know of a lead who is handed over: ids, figures, and the lead's own notes."""
    state = draft.state
    known: dict[str, Any] = {
        "stage": draft.case.stage.value,
        "ibge_code": state.place,
        "bills": draft.case.bills + len(draft.case.files),
        "plan_id": state.chosen,
        "leans_to": None if state.chosen else state.proposed,
        "wrong_person": state.disowned,
        "declared_amount": None if state.declared is None else str(state.declared),
        "notes": [{"about": note.about.value, "text": note.text} for note in state.notes],
        "bill": _bill(state.bill),
    }
    return {key: value for key, value in (known | why).items() if value}


def _bill(bill: Bill | None) -> dict[str, Any] | None:
    """Return what a consultant has to know of the bill that counts; None without one."""
    if bill is None:
        return None
    said = {
        key: value
        for key, value in (
            ("total", bill.said_total and str(bill.said_total)),
            ("utility", bill.said_utility),
        )
        if value
    }
    found: dict[str, Any] = {
        "outcome": bill.outcome,
        "total": None if bill.total is None else str(bill.total),
        "reasons": list(bill.reasons),
        "utility": bill.utility,
        "consumption_kwh": bill.consumption_kwh,
        "holder": bill.holder,
        "month": bill.month and bill.month.isoformat(),
        "due": bill.due and bill.due.isoformat(),
        "others": list(bill.others),
        "confirmed": bill.step is Step.CONFIRMED,
    }
    beside = {
        "doubts": list(bill.doubts),
        "holder_agrees": bill.holder_agrees,
        "said": said,
        "disputed": [field.value for field in bill.disputed],
    }
    return found | {key: value for key, value in beside.items() if value}
