"""Buttons and rows of ours are certain."""

from __future__ import annotations

import pytest

from flows.assistant.hear import needs_model, read
from flows.assistant.meaning import Meaning as M
from flows.assistant.meaning import Question as Q
from flows.domain import Inbound
from tests.flows.assistant.hear.saying import RECIFE, choosing, message, reading_back, scene


@pytest.mark.parametrize(
    ("payload", "at", "meaning", "about"),
    [
        ("place:2611606", scene("confirm_place"), M.PLACE, Q.CONFIRM_PLACE),
        ("place:no", scene("confirm_place"), M.NO, Q.CONFIRM_PLACE),
        ("utility:RGE", scene("utility", utilities=("RGE",)), M.UTILITY, Q.UTILITY),
        ("plan:102", choosing(), M.CHOICE, Q.PLAN),
        ("plan:yes", choosing("confirm_plan"), M.YES, Q.CONFIRM_PLAN),
        ("plan:no", choosing("confirm_plan"), M.NO, Q.CONFIRM_PLAN),
        ("doubt", choosing(), M.QUESTION, Q.PLAN),
        ("notify:yes", scene("notice"), M.YES, Q.NOTICE),
        ("notify:no", scene("notice"), M.NO, Q.NOTICE),
        ("person:yes", scene("person"), M.YES, Q.PERSON),
        ("person:no", scene("person"), M.NO, Q.PERSON),
        ("bill:ok", reading_back(), M.BILL_RIGHT, Q.BILL_OK),
        ("bill:wrong", reading_back(), M.BILL_WRONG, Q.BILL_OK),
        ("holder:yes", scene("holder"), M.YES, Q.HOLDER),
        ("holder:no", scene("holder"), M.NO, Q.HOLDER),
        ("erase:yes", scene("erase"), M.YES, Q.ERASE),
        ("erase:no", scene("erase"), M.NO, Q.ERASE),
        ("stop:yes", scene("cancel"), M.STOP, Q.CANCEL),
        ("cancel:contract", scene("cancel"), M.CANCEL, Q.CANCEL),
        ("cancel:no", scene("cancel"), M.NO, Q.CANCEL),
        ("ATIVAR_PERFIL:123", scene(), M.GO_ON, None),
    ],
)
def test_a_tap_means_one_thing_and_needs_no_model(payload: str, at: object, meaning: M, about: Q | None) -> None:
    burst = (message("Sim, está certo", kind=Inbound.BUTTON, payload=payload),)
    reading = read(burst, at)  # type: ignore[arg-type]
    (item,) = reading.items
    assert (item.meaning, item.about, item.certain, item.quote) == (meaning, about, True, "")
    assert not needs_model(burst, at, reading)  # type: ignore[arg-type]


def test_a_tapped_place_is_that_place() -> None:
    assert read((message("Recife/PE", kind=Inbound.BUTTON, payload=f"place:{RECIFE}"),), scene("which_city")).items[
        0
    ].places == (RECIFE,)


def test_a_plan_that_is_no_longer_shown_is_none() -> None:
    assert read((message("Plano X", kind=Inbound.BUTTON, payload="plan:999"),), choosing()).items[0].plan is None


def test_a_location_pin_is_a_place() -> None:
    pin = message(
        "",
        kind=Inbound.LOCATION,
        location={"latitude": -8.05, "longitude": -34.9, "address": "Av. Boa Viagem, Recife, PE"},
    )
    (item,) = read((pin,), scene("place")).items
    assert item.meaning is M.PLACE and item.places == (RECIFE,)
