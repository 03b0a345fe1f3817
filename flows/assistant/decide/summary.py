"""What a consultant is told of a lead: codes, figures, and the notes that the lead gave for it (domain.md 2.1, step 13)."""

from __future__ import annotations

from typing import Any

from flows.assistant.meaning import Meaning
from flows.assistant.state import Bill, Step

M = Meaning
_FOR_THE_CONSULTANT = frozenset({
    M.CALL_AT, M.NEW_NUMBER, M.NAME, M.HOLDER_DECEASED, M.HOLDER_ABSENT, M.HOLDER_OTHER, M.TENANT, M.COMPANY,
    M.SEVERAL_BILLS, M.OWN_PANELS, M.LOW_INCOME, M.COMPETITOR, M.CANNOT_SEND, M.LANGUAGE, M.HARDSHIP, M.HOLDER_REFUSES,
    M.CUSTOMER, M.CANCEL,
})  # fmt: skip


def told_by_the_lead() -> frozenset[Meaning]:
    """Return the meanings whose words are kept as notes for the consultant."""
    return _FOR_THE_CONSULTANT


def bill_summary(bill: Bill | None) -> dict[str, Any] | None:
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
