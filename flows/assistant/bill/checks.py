"""The eight checks of a bill and what follows from them; a person decides wherever a rule would turn someone away."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from flows.assistant.bill import utilities
from flows.assistant.bill.figures import installation
from flows.assistant.bill.holders import HolderMatch, compare, is_company
from flows.assistant.bill.model import EXCLUSIONS, BillFields, Contradiction, Flag, Frozen, Sighting
from flows.assistant.bill.proofs import months_between

MOST_REAIS = Decimal(1_000_000)
REVIEW_ABOVE = Decimal(15_000)
MOST_KWH = 10_000
LEAST_AVERAGE = 200
OLDEST_MONTHS = 3
DUE_WITHIN_DAYS = 365

Grade = Literal["ok", "warn", "fail"]
Criterion = Literal[
    "holder_name", "total", "consumption", "utility", "address", "due_date", "holder_document", "installation_number"
]


class Judgement(StrEnum):
    """What happens with the lead next (docs/domain.md 5.2)."""

    QUALIFIED = "QUALIFIED"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    ASK_AGAIN = "ASK_AGAIN"
    ASK_NEWER = "ASK_NEWER"
    REVIEW = "REVIEW"


class Check(Frozen):
    """One of the eight criteria; `note` is a short code, free of personal data.

    `sighting` says where its field was found and how sure that is, `against` what a code says otherwise.
    """

    criterion: Criterion
    outcome: Grade
    note: str = ""
    sighting: Sighting | None = None
    against: Contradiction | None = None


# What each criterion looks at; a month that a code contradicts is shown with the due date, for both say how old a bill is.
_FIELDS: dict[Criterion, tuple[str, ...]] = {
    "holder_name": ("holder_name",),
    "total": ("total_amount",),
    "consumption": ("consumption_kwh",),
    "utility": ("utility",),
    "address": ("address",),
    "due_date": ("due_date", "reference_month"),
    "holder_document": ("holder_document",),
    "installation_number": ("installation_number",),
}


class Assessment(Frozen):
    """The eight checks, the decision, and the codes of everything that spoke for it, the deciding ones first."""

    checks: tuple[Check, ...]
    decision: Judgement
    reasons: tuple[str, ...]
    holder: HolderMatch


def assess(
    fields: BillFields,
    *,
    today: date,
    minimum: Decimal,
    lead_name: str | None,
    lead_document: str | None = None,
    lead_city: str | None,
    lead_state: str | None,
    known_utility: str | None,
) -> Assessment:
    """Judge a bill as of `today` (the lead's calendar day). `minimum` in reais, inclusive.

    The order of decisions: what cannot be judged is asked for again, an old bill is exchanged for a newer one, then
    whatever a person should see goes to one, and only then does the value decide. `lead_city`, `lead_state` and
    `known_utility` (any alias) resolve a bare group name and are compared; a difference is a warning.
    """
    state = fields.state or fields.utility_state or lead_state
    utility = _utility(fields.utility, state, known_utility)
    match = compare(
        fields.holder_name,
        lead_name,
        document=fields.holder_document,
        document_kind=fields.document_kind,
        lead_document=lead_document,
    )
    judged = (
        _holder_name(fields.holder_name),
        _total(fields),
        _consumption(fields),
        _known(utility, fields, lead_city, lead_state, known_utility),
        _address(fields),
        _due(fields, today),
        _document(fields),
        _installation(fields),
    )
    checks = tuple(_seen(check, fields) for check in judged)
    again = [f"{c.criterion}_{c.note}" for c in checks[:2] if c.outcome == "fail"]
    newer = ["bill_too_old"] if _too_old(fields, today) else []
    review = _for_a_person(fields, utility, match, lead_name)
    total = fields.total_amount or Decimal(0)
    below = ["below_minimum"] if not again and total < minimum else []
    decision = next(
        (
            decision
            for reasons, decision in (
                (again, Judgement.ASK_AGAIN),
                (newer, Judgement.ASK_NEWER),
                (review, Judgement.REVIEW),
                (below, Judgement.BELOW_MINIMUM),
            )
            if reasons
        ),
        Judgement.QUALIFIED,
    )
    notes = [f"{c.criterion}_{c.note}" for c in checks if c.outcome != "ok"] + _remarks(fields, match)
    reasons = dict.fromkeys([*again, *newer, *review, *below, *notes])
    return Assessment(checks=checks, decision=decision, reasons=tuple(reasons), holder=match)


def _seen(check: Check, fields: BillFields) -> Check:
    """The check with where its field was found, and what speaks against it; a doubtful or contradicted one is no `ok`."""
    names = _FIELDS[check.criterion]
    sighting = next(filter(None, map(fields.sighting, names)), None)
    against = next(filter(None, map(fields.contradiction, names)), None)
    update: dict[str, object] = {"sighting": sighting, "against": against}
    if check.outcome == "ok" and against:
        update |= {"outcome": "warn", "note": "contradicted"}
    elif check.outcome == "ok" and sighting and sighting.sure == "doubtful":
        update |= {"outcome": "warn", "note": "doubtful"}
    elif check.note == "missing" and sighting and sighting.sure == "uncertain":
        update |= {"note": "uncertain"}
    return check.model_copy(update=update)


def _for_a_person(
    fields: BillFields, utility: utilities.Utility | None, match: HolderMatch, lead_name: str | None
) -> list[str]:
    reasons = [flag.value for flag in fields.flags if flag in EXCLUSIONS]
    if utility is None:
        reasons.append("unknown_utility")
    if match is HolderMatch.MISMATCH:
        reasons.append("holder_mismatch")
    elif lead_name and is_company(fields.holder_name, fields.document_kind) and not is_company(lead_name):
        # A firm of the same name as the person: who signs is a question, not a guess (docs/domain.md 5.5).
        reasons.append("company_bill")
    if fields.total_amount is not None and fields.total_amount > REVIEW_ABOVE:
        reasons.append("above_15000")
    if fields.tariff_group == "A" and Flag.GRUPO_A not in fields.flags:
        reasons.append(Flag.GRUPO_A.value)
    return reasons


def _remarks(fields: BillFields, match: HolderMatch) -> list[str]:
    remarks = ["holder_doubtful"] if match is HolderMatch.DOUBTFUL else []
    if fields.average_kwh is not None and fields.average_kwh < LEAST_AVERAGE:
        remarks.append("low_average_kwh")
    return remarks + ([Flag.HIGH_VALUE.value] if Flag.HIGH_VALUE in fields.flags else [])


def _utility(name: str | None, state: str | None, known: str | None) -> utilities.Utility | None:
    found = utilities.by_name(name) or utilities.named(name, state)
    if isinstance(found, utilities.OnlyGroup):
        # "ENEL" on the bill and "Enel Ceará" known for the lead's city are the same company.
        other = utilities.named(known, state)
        same = isinstance(other, utilities.Utility) and found.name.lower() in (*other.name.lower().split(), other.group)
        return other if same and isinstance(other, utilities.Utility) else None
    return found


def _too_old(fields: BillFields, today: date) -> bool:
    month = fields.reference_month or fields.due_date
    return month is not None and months_between(month, today) > OLDEST_MONTHS


def _holder_name(name: str | None) -> Check:
    letters = [word for word in re.findall(r"[^\W\d_]+", name or "")]
    if sum(map(len, letters)) < 2:
        return Check(criterion="holder_name", outcome="fail", note="missing")
    long_enough = len(letters) >= 2 or len(letters[0]) >= 5
    return Check(criterion="holder_name", outcome="ok" if long_enough else "warn", note="" if long_enough else "short")


def _total(fields: BillFields) -> Check:
    total = fields.total_amount
    if total is None or not 0 < total <= MOST_REAIS:
        return Check(criterion="total", outcome="fail", note="missing" if total is None else "out_of_range")
    if Flag.TOTAL_CONFLICT in fields.flags:
        return Check(criterion="total", outcome="warn", note="differs_from_barcode")
    return Check(criterion="total", outcome="ok")


def _consumption(fields: BillFields) -> Check:
    kwh = fields.consumption_kwh
    if kwh is None or kwh == 0:
        return Check(criterion="consumption", outcome="warn", note="missing" if kwh is None else "zero")
    return Check(criterion="consumption", outcome="ok") if 0 < kwh < MOST_KWH else _failed("consumption")


def _known(
    utility: utilities.Utility | None, fields: BillFields, city: str | None, state: str | None, known: str | None
) -> Check:
    if utility is None:
        return Check(criterion="utility", outcome="fail", note="unknown")
    wanted = utilities.canonical(known, state)
    if wanted and wanted != utility.name:
        return Check(criterion="utility", outcome="warn", note="differs_from_plans")
    # Concessions are geographic, but some reach a few towns across the border (docs/domain.md 5.4).
    if not utility.in_state(fields.state):
        return Check(criterion="utility", outcome="warn", note="not_in_state")
    if not utility.in_state(state):
        return Check(criterion="utility", outcome="warn", note="differs_from_lead_state")
    if city and fields.city and fields.state == state and _plain(city) != _plain(fields.city):
        return Check(criterion="utility", outcome="warn", note="other_city_than_lead")
    return Check(criterion="utility", outcome="ok")


def _address(fields: BillFields) -> Check:
    enough = fields.address is not None and len(fields.address) >= 15
    note = "missing" if fields.address is None else "short"
    return Check(criterion="address", outcome="ok") if enough else Check(criterion="address", outcome="warn", note=note)


def _due(fields: BillFields, today: date) -> Check:
    if fields.due_date is None:
        return Check(criterion="due_date", outcome="warn", note="missing")
    if abs((fields.due_date - today).days) > DUE_WITHIN_DAYS:
        return _failed("due_date")
    if fields.reference_month and months_between(today, fields.reference_month) > 1:
        return Check(criterion="due_date", outcome="warn", note="month_in_future")
    return Check(criterion="due_date", outcome="ok")


def _document(fields: BillFields) -> Check:
    if fields.document_kind == "invalid":
        return Check(criterion="holder_document", outcome="fail", note="check_digits")
    note = "masked" if fields.document_kind == "masked" else "" if fields.holder_document else "not_printed"
    return Check(criterion="holder_document", outcome="ok", note=note)


def _installation(fields: BillFields) -> Check:
    if fields.installation_number is None:
        return Check(criterion="installation_number", outcome="warn", note="missing")
    good = installation(fields.installation_number) is not None
    return Check(criterion="installation_number", outcome="ok") if good else _failed("installation_number")


def _failed(criterion: Criterion) -> Check:
    return Check(criterion=criterion, outcome="fail", note="out_of_range")


def _plain(text: str) -> str:
    return utilities.fold_name(text)
