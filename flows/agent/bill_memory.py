"""What is remembered of the bill that counts, between turns: figures and codes in `memory["bill"]`, and what follows.

No name and no document is kept. What the lead says against the bill is noted beside it and never replaces it: a person
looks at both (domain.md 2.1, steps 9 and 10).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flows.agent import locating
from flows.agent.draft import Draft
from flows.assistant.place import places
from flows.assistant.place.places import Place
from flows.domain import BillReading, Lead

_IDENTITY = ("outcome", "total", "utility", "due", "month", "ibge_code", "state")
_FOR_THE_CONSULTANT = ("outcome", "total", "reasons", "utility", "consumption_kwh", "holder", "month", "due", "others")
_FROM_THE_LEAD = ("doubts", "holder_agrees", "said", "disputed")


class Step(StrEnum):
    """Where a reading stands: read back and unanswered, said to be wrong somewhere, or settled either way."""

    READ = "read"
    WRONG = "wrong"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"

    @property
    def open(self) -> bool:
        """True while the lead has something to say about it."""
        return self in (Step.READ, Step.WRONG)


@dataclass
class BillMemory:
    """The bill of one lead as this turn knows it: what is remembered, with this turn's changes over it."""

    draft: Draft

    @property
    def record(self) -> dict[str, Any] | None:
        """What was read, ready for JSON: total as text, dates as ISO text, the reader's codes. None without a bill."""
        return self.draft.known("bill")

    @property
    def step(self) -> Step | None:
        return Step(self.record["step"]) if self.record else None

    @property
    def verdict(self) -> str | None:
        """What follows from it: qualified, below_minimum or review; None while the lead has not answered."""
        bill, step = self.record, self.step
        if bill is None or step is None or step.open:
            return None
        return "review" if step is Step.DISPUTED or bill.get("doubts") else bill["outcome"]

    @property
    def asks_holder(self) -> bool:
        """True when somebody else's name is on the bill and nobody said whether that person would sign."""
        bill = self.record
        return bool(bill and self.verdict == "review" and bill["holder"] == "mismatch" and "holder_agrees" not in bill)

    @property
    def known_place(self) -> Place | None:
        """The place the lead confirmed or named, else the form's while nobody denied it."""
        lead = self.draft.lead
        if place := locating.place_of(self.draft):
            return place
        if not (lead.city and lead.state) or self.draft.known("form_denied"):
            return None
        return places.in_state(lead.city, lead.state)

    @property
    def place(self) -> Place | None:
        """The municipality on the bill."""
        return places.by_code(self.record["ibge_code"]) if self.record and self.record["ibge_code"] else None

    @property
    def torn_from(self) -> Place | None:
        """The place known when the bill is from another state, and nobody said yet which of them is right."""
        bill, step, known = self.record, self.step, self.known_place
        if bill is None or step is None or not step.open or known is None or bill.get("doubts"):
            return None
        return known if bill["state"] and bill["state"] != known.state else None

    def same_as(self, other: dict[str, Any]) -> bool:
        """Tell whether another reading says the same."""
        return self.record is not None and all(self.record[key] == other[key] for key in _IDENTITY)

    def note(self, **changes: Any) -> None:
        """Remember something beside what was read."""
        self.draft.memory["bill"] = (self.record or {}) | changes

    def doubt(self, reason: str) -> None:
        """Leave the bill to a person, for a reason that only the conversation showed."""
        doubts = (self.record or {}).get("doubts") or []
        if reason not in doubts:
            self.note(doubts=[*doubts, reason])

    def drop(self) -> None:
        """Forget the bill: another one is to come and decides anew."""
        self.draft.memory |= {"bill": None, "unusable": True}

    def summary(self) -> dict[str, Any] | None:
        """Return what a consultant has to know of the bill: codes and figures (domain.md 2.1, step 13)."""
        bill = self.record
        if bill is None:
            return None
        said = {key: bill[key] for key in _FROM_THE_LEAD if bill.get(key)}
        return {key: bill[key] for key in _FOR_THE_CONSULTANT} | {"confirmed": self.step is Step.CONFIRMED} | said


def in_hand(lead: Lead, known: Callable[[str], Any]) -> bool:
    """Tell whether a bill is here, so that it is not asked for: a usable reading, or a file that waits for one.

    `known` gives what is remembered, this turn's changes over it. Files that could not be used are no bill.
    """
    return bool(known("bill") or known("unread") or (lead.bills > 0 and not known("unusable")))


def recorded(reading: BillReading, others: Sequence[str]) -> dict[str, Any]:
    """Return a reading as it is remembered; `others` are outcomes of other bills that came with it."""
    place = places.in_state(reading.city, reading.state) if reading.city and reading.state else None
    return {
        "step": Step.READ.value,
        "outcome": reading.outcome,
        "total": None if reading.total_amount is None else str(reading.total_amount),
        "reasons": list(reading.reasons),
        "utility": reading.utility,
        "holder": reading.holder,
        "consumption_kwh": reading.consumption_kwh,
        "month": reading.reference_month and reading.reference_month.isoformat(),
        "due": reading.due_date and reading.due_date.isoformat(),
        "ibge_code": place and place.ibge_code,
        "state": places.uf(reading.state) if reading.state else None,
        "others": list(others),
    }
