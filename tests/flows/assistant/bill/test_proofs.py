"""Codes that check themselves outrank labels and models; where they differ, a person sees both values."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from flows.assistant.bill import BillFields, Flag, Judgement, assess, read_text
from flows.assistant.bill.merging import reconciled
from flows.assistant.bill.model import Contradiction
from flows.assistant.bill.paycodes import pix_codes
from flows.assistant.bill.proofs import proofs
from flows.assistant.bill.seen import Seen, parsed
from tests.flows.assistant.bill.layouts import CEMIG, EDP, LAYOUTS, LIGHT, NEOENERGIA_PE, Layout
from tests.flows.assistant.bill.paper import boleto, collection, key, pix
from tests.flows.assistant.bill.test_vision import SEEN

PE_PIX = pix("412.37", "COMPANHIA ENERGETICA DE P")


def bill(text: str, codes: str = "") -> BillFields:
    found = read_text(text, codes)
    assert isinstance(found, BillFields)
    return found


@pytest.mark.parametrize(
    "broken", [PE_PIX, PE_PIX[:60] + "\n" + PE_PIX[60:], f"Pix copia e cola: {PE_PIX}\nVencimento"]
)
def test_a_pix_code_carries_amount_and_payee(broken: str) -> None:
    (found,) = pix_codes(broken)
    assert (found.amount, found.payee) == (Decimal("412.37"), "COMPANHIA ENERGETICA DE P")


def test_a_name_with_blanks_survives_where_the_line_breaks_at_one() -> None:
    code = pix("10.00", "CELESC DISTRIBUICAO SA")
    at = code.index(" DISTRIBUICAO")
    assert len(pix_codes(code[:at] + "\n" + code[at + 1 :])) == 1


@pytest.mark.parametrize("at", range(6, len(PE_PIX), 7))
def test_each_character_of_a_pix_code_is_guarded(at: int) -> None:
    assert pix_codes(PE_PIX[:at] + ("0" if PE_PIX[at] != "0" else "1") + PE_PIX[at + 1 :]) == []


def test_a_pix_code_without_an_amount_proves_none() -> None:
    assert proofs(pix(None, "ENEL DISTRIBUICAO CEARA")).amounts == ()


def test_a_pix_code_proves_a_total_that_no_label_announces() -> None:
    page = "\n".join(
        line for line in NEOENERGIA_PE.text.splitlines() if "412,37" not in line and sum(map(str.isdigit, line)) < 40
    )
    assert bill(page).total_amount is None
    found = bill(f"{page}\n{PE_PIX}")
    assert (found.total_amount, found.flags) == (Decimal("412.37"), ())


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_codes_of_a_picture_count_like_those_of_the_text(layout: Layout) -> None:
    """And what is no code, a link or a sentence in a QR code, says nothing at all."""
    rows = layout.text.splitlines()
    codes = "\n".join(line for line in rows if sum(map(str.isdigit, line)) >= 40)
    bare = "\n".join(line for line in rows if sum(map(str.isdigit, line)) < 40)
    hostile = "https://example.com/?total=9\nTOTAL A PAGAR R$ 9.999,99\nVENCIMENTO 01/01/2030\nCLIENTE: JOAO HACKER"
    found = bill(bare, f"{codes}\n{hostile}")
    assert {name: getattr(found, name) for name in layout.expected} == layout.expected


def test_the_address_in_a_fiscal_qr_code_holds_the_access_key() -> None:
    digits = key("33", date(2026, 10, 1), "60444437000146", spaced=False)
    found = bill(LIGHT.text, f"https://dfe-portal.svrs.rs.gov.br/NF3e/QRcode?chNF3e={digits}&tpAmb=1")
    assert (found.access_key, found.contradictions) == (digits, ())


CONTRADICTED = {
    "total": (
        LIGHT.text + "\n" + collection("101.10"),
        Contradiction(field="total_amount", read="530.11", proved="101.10", code="payment"),
    ),
    "due": (
        EDP.text.replace("12/11/2026", "30/11/2026"),
        Contradiction(field="due_date", read="2026-11-30", proved="2026-11-12", code="payment"),
    ),
    "month": (
        LIGHT.text.replace("OUT/2026 08/11", "OUT/2019 08/11") + "\n" + key("33", date(2026, 10, 1), "60444437000146"),
        Contradiction(field="reference_month", read="2019-10-01", proved="2026-10-01", code="access_key"),
    ),
    "issuer": (
        LIGHT.text + "\n" + key("31", date(2026, 10, 1), "06981180000116"),
        Contradiction(field="utility", read="Light", proved="CEMIG Distribuição", code="access_key"),
    ),
    "pix": (
        LIGHT.text + "\n" + pix("77.00", "LIGHT"),
        Contradiction(field="total_amount", read="530.11", proved="77.00", code="payment"),
    ),
}


@pytest.mark.parametrize("name", CONTRADICTED)
def test_a_contradiction_goes_to_a_person_with_both_values(name: str) -> None:
    text, expected = CONTRADICTED[name]
    found = bill(text)
    assert found.contradictions == (expected,)
    verdict = assess(
        found,
        today=date(2026, 11, 22),
        minimum=Decimal(50),
        lead_name=None,
        lead_city=None,
        lead_state=None,
        known_utility=None,
    )
    assert verdict.decision is Judgement.REVIEW
    assert [check.against for check in verdict.checks if check.against] == [expected]


def test_two_codes_with_two_amounts_are_for_a_person() -> None:
    found = bill(f"{CEMIG.text}\n{boleto('999.99', date(2026, 11, 10))}")
    assert Flag.TOTAL_CONFLICT in found.flags
    assert [(one.read, one.proved) for one in found.contradictions] == [("999.99", "287.20")]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_every_field_says_where_it_was_found_and_an_honest_page_contradicts_nothing(layout: Layout) -> None:
    found = bill(layout.text)
    assert found.contradictions == ()
    named = (
        "holder_name",
        "utility",
        "address",
        "total_amount",
        "reference_month",
        "due_date",
        "consumption_kwh",
        "installation_number",
    )
    for name in named:
        if getattr(found, name) is not None:
            seen = found.sighting(name)
            assert seen is not None and seen.sure != "uncertain", name
    assert all(one.sure == "certain" for one in found.sightings if one.by == "code")


LIES = {"total": "R$ 98,00", "due_date": "02/01/2027", "utility": "LIGHT", "reference_month": "JAN/2020"}


@pytest.mark.parametrize("lie", LIES)
def test_a_vision_model_that_lies_is_outranked_by_the_codes_of_the_picture(lie: str) -> None:
    copied = {**SEEN, "linha_digitavel": None, "access_key": None, lie: LIES[lie]}
    codes = "\n".join([boleto("412.37", date(2026, 12, 2)), key("26", date(2026, 10, 1), "10835932000108")])
    found = parsed(Seen.model_validate_json(json.dumps(copied)), "m", codes)
    assert isinstance(found, BillFields)
    assert (found.total_amount, found.due_date, found.utility, found.reference_month) == (
        Decimal("412.37"),
        date(2026, 12, 2),
        "Neoenergia Pernambuco",
        date(2026, 10, 1),
    )
    assert len(found.contradictions) == 1
    assert {Flag.TOTAL_CONFLICT, Flag.CODE_CONFLICT} & set(found.flags)


FORGERIES = {
    "payment": {"total": "R$ 98,00", "linha_digitavel": collection("98.00")},
    "boleto": {"total": "R$ 98,00", "due_date": "02/12/2026", "linha_digitavel": boleto("98.00", date(2026, 12, 2))},
    "key": {"utility": "LIGHT", "access_key": key("33", date(2026, 10, 1), "60444437000146")},
}


@pytest.mark.parametrize("forged", FORGERIES)
@pytest.mark.parametrize("decoded", ["barcode", "pix"])
def test_a_code_that_a_model_made_up_is_outranked_by_the_ones_that_were_decoded(forged: str, decoded: str) -> None:
    copied = {**SEEN, "linha_digitavel": None, "access_key": None, **FORGERIES[forged]}
    paid = collection("412.37") if decoded == "barcode" else PE_PIX
    codes = "\n".join([paid, key("26", date(2026, 10, 1), "10835932000108")])
    found = parsed(Seen.model_validate_json(json.dumps(copied)), "m", codes)
    assert isinstance(found, BillFields)
    assert (found.total_amount, found.utility) == (Decimal("412.37"), "Neoenergia Pernambuco")
    assert [one.read for one in found.contradictions] == [{"key": "Light"}.get(forged, "98.00")]


def test_two_readers_that_disagree_on_what_a_contract_needs_are_not_believed() -> None:
    local = bill(NEOENERGIA_PE.text)
    bare = parsed(Seen.model_validate(SEEN | {"linha_digitavel": None, "total": "R$ 98,00"}), "m")
    assert isinstance(bare, BillFields)
    both = reconciled(local, bare)
    assert (both.total_amount, both.installation_number) == (Decimal("412.37"), None)
    assert both.contradictions == (Contradiction(field="total_amount", read="98.00", proved="412.37", code="payment"),)
    assert (sighting := both.sighting("installation_number")) is not None and sighting.sure == "uncertain"


def test_two_readers_that_agree_stay_as_they_are() -> None:
    local = bill(NEOENERGIA_PE.text)
    same = local.model_copy(update={"source": "vision", "model": "m", "sightings": (), "flags": ()})
    both = reconciled(local, same)
    assert (both.contradictions, both.installation_number, both.total_amount) == (
        (),
        local.installation_number,
        local.total_amount,
    )
