"""The eight checks and the decision; a rule never turns someone away where a person should look."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from flows.assistant.bill import BillFields, Flag, HolderMatch, Judgement, assess
from flows.assistant.bill.checks import Assessment

TODAY = date(2026, 11, 22)
GOOD = BillFields(
    holder_name="MARINA ALVES DA CONCEICAO",
    holder_document="52998224725",
    document_kind="cpf",
    utility="Neoenergia Pernambuco",
    utility_state="PE",
    address="RUA DA HARMONIA, 120 APTO 302",
    city="Recife",
    state="PE",
    total_amount=Decimal("412.37"),
    reference_month=date(2026, 10, 1),
    due_date=date(2026, 12, 2),
    consumption_kwh=402,
    average_kwh=402,
    installation_number="0012345678",
)


def judged(lead: dict[str, Any] | None = None, **changes: Any) -> Assessment:
    person = {"lead_name": "Marina Alves", "lead_city": "Recife", "lead_state": "PE", "known_utility": "CELPE"}
    bill = GOOD.model_copy(update=changes)
    return assess(bill, today=TODAY, minimum=Decimal(200), **(person | (lead or {})))


def test_a_good_bill_passes_all_eight_checks() -> None:
    result = judged()
    assert (result.decision, result.reasons, result.holder) == (Judgement.QUALIFIED, (), HolderMatch.MATCH)
    assert len(result.checks) == 8 and {check.outcome for check in result.checks} == {"ok"}


@pytest.mark.parametrize(
    ("total", "decision"),
    [
        ("200.00", Judgement.QUALIFIED),
        ("199.99", Judgement.BELOW_MINIMUM),
        ("0.01", Judgement.BELOW_MINIMUM),
        ("15000.00", Judgement.QUALIFIED),
        ("15000.01", Judgement.REVIEW),
        ("1000000", Judgement.REVIEW),
        ("1000000.01", Judgement.ASK_AGAIN),
        ("0", Judgement.ASK_AGAIN),
        (None, Judgement.ASK_AGAIN),
    ],
)
def test_the_value_decides_inclusively(total: str | None, decision: Judgement) -> None:
    assert judged(total_amount=Decimal(total) if total else None).decision is decision


@pytest.mark.parametrize("flag", [f for f in Flag if f is not Flag.HIGH_VALUE])
@pytest.mark.parametrize("total", ["412.37", "90.00"])
def test_an_exclusion_goes_to_a_person_and_never_rejects(flag: Flag, total: str) -> None:
    result = judged(flags=(flag,), total_amount=Decimal(total))
    assert result.decision is Judgement.REVIEW and result.reasons[0] == flag.value


@pytest.mark.parametrize(
    ("changes", "lead", "reason"),
    [
        ({"utility": "Certaja Energia"}, {}, "unknown_utility"),
        ({"utility": None}, {}, "unknown_utility"),
        ({"holder_name": "JOSE DA SILVA"}, {}, "holder_mismatch"),
        ({"holder_name": "MARINA ALVES ME"}, {}, "company_bill"),
        ({"tariff_group": "A"}, {}, "grupo_a"),
    ],
)
def test_what_a_person_should_see_goes_to_one(changes: dict[str, Any], lead: dict[str, Any], reason: str) -> None:
    result = judged(lead, **changes)
    assert result.decision is Judgement.REVIEW and reason in result.reasons


@pytest.mark.parametrize(
    ("month", "decision"),
    [
        (date(2026, 8, 1), Judgement.QUALIFIED),
        (date(2026, 7, 1), Judgement.ASK_NEWER),
        (date(2025, 10, 1), Judgement.ASK_NEWER),
    ],
)
def test_a_bill_older_than_three_months_is_exchanged(month: date, decision: Judgement) -> None:
    assert judged(reference_month=month).decision is decision


def test_without_a_month_the_due_date_tells_the_age() -> None:
    assert judged(reference_month=None, due_date=date(2026, 5, 10)).decision is Judgement.ASK_NEWER


@pytest.mark.parametrize(
    ("changes", "criterion", "outcome"),
    [
        ({"holder_name": None}, "holder_name", "fail"),
        ({"holder_name": "ANA SA"}, "holder_name", "ok"),
        ({"holder_name": "LIA"}, "holder_name", "warn"),
        ({"consumption_kwh": None}, "consumption", "warn"),
        ({"consumption_kwh": 0}, "consumption", "warn"),
        ({"consumption_kwh": 10_000}, "consumption", "fail"),
        ({"address": "RUA A, 1"}, "address", "warn"),
        ({"address": None}, "address", "warn"),
        ({"due_date": None}, "due_date", "warn"),
        ({"due_date": date(2028, 1, 1)}, "due_date", "fail"),
        ({"document_kind": "invalid"}, "holder_document", "fail"),
        ({"document_kind": "masked", "holder_document": "982247"}, "holder_document", "ok"),
        ({"holder_document": None, "document_kind": None}, "holder_document", "ok"),
        ({"installation_number": None}, "installation_number", "warn"),
        ({"city": "Salvador", "state": "BA"}, "utility", "warn"),
    ],
)
def test_each_criterion_has_its_outcome(changes: dict[str, Any], criterion: str, outcome: str) -> None:
    found = next(check for check in judged(**changes).checks if check.criterion == criterion)
    assert found.outcome == outcome


def test_warnings_alone_do_not_hold_a_lead_back() -> None:
    bare = {"consumption_kwh": None, "address": None, "due_date": None, "installation_number": None, "average_kwh": 120}
    result = judged(**bare, holder_document=None, document_kind=None)
    assert result.decision is Judgement.QUALIFIED and "low_average_kwh" in result.reasons


def test_a_bare_group_name_is_resolved_by_the_leads_state_or_plans() -> None:
    lead = {"lead_state": "CE", "lead_city": "Fortaleza", "known_utility": "COELCE"}
    nowhere = {"city": None, "state": None, "utility_state": None}
    assert judged(lead, utility="ENEL", **nowhere).decision is Judgement.QUALIFIED
    assert (
        judged(lead | {"lead_state": None, "known_utility": None}, utility="ENEL", **nowhere).decision
        is Judgement.REVIEW
    )


def test_a_bill_of_another_distribuidora_than_the_plans_is_said() -> None:
    assert "utility_differs_from_plans" in judged({"known_utility": "CEMIG"}).reasons


def test_notes_hold_no_personal_data() -> None:
    result = judged(holder_name="JOSE DA SILVA", document_kind="invalid", holder_document="12345678900")
    said = " ".join([*result.reasons, *(check.note for check in result.checks)])
    assert "JOSE" not in said and "123456" not in said
