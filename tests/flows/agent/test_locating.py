"""City, CEP, distribuidora and pin lead to the place of the bill; where they contradict, the lead is asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from flows.agent import locating, place_clues
from flows.agent.draft import Draft
from flows.agent.hearing import Heard, hear
from flows.assistant.place.places import OnlyState, Place, Several
from flows.domain import Inbound, InboundMessage, Lead

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
RECIFE, OLINDA, BOA_VIAGEM = 2611606, 2609600, 2302404


def heard(*texts: str) -> Heard:
    messages = [InboundMessage(id=uuid4(), wamid=t, type=Inbound.TEXT, text=t, sent_at=NOW) for t in texts]
    found = hear(tuple(messages))
    assert found is not None
    return found


def talk(*bursts: str | tuple[str, ...], memory: dict[str, Any] | None = None, **lead: Any) -> Draft:
    """Hear bursts one after the other; each is followed by the question that is still open."""
    known: dict[str, Any] = {"asked": "place", **(memory or {})}
    draft = Draft(Lead(id=uuid4(), memory=known, **lead), NOW)
    for burst in bursts:
        draft = Draft(Lead(id=uuid4(), memory=known, **lead), NOW)
        locating.take_place(draft, heard(*((burst,) if isinstance(burst, str) else burst)))
        if locating.place_of(draft) is None:
            locating.ask_place(draft)
        known = {key: value for key, value in {**known, **draft.memory}.items() if value is not None}
    return draft


@pytest.mark.parametrize(
    ("bursts", "city"),
    [
        (["celpe", "recife"], "Recife/PE"),
        ([("celpe", "recife")], "Recife/PE"),
        (["celpe", "boa viagem", "recife"], "Recife/PE"),
        (["celpe", "boa viagem", "boa viagem"], "Boa Viagem/CE"),
        (["celpe", "boa viagem CE"], "Boa Viagem/CE"),
        (["cemig", "santa luzia"], "Santa Luzia/MG"),
        (["cemig, santa luzia"], "Santa Luzia/MG"),
        (["boa viagem"], "Boa Viagem/CE"),
        (["meu cep é 79002-000", "campo grande"], "Campo Grande/MS"),
        (["79002-000 campo grande"], "Campo Grande/MS"),
        (["cep 70040-010"], "Brasília/DF"),
        (["Recife PE"], "Recife/PE"),
    ],
)
def test_a_distribuidora_or_a_cep_narrows_the_state(bursts: list[str | tuple[str, ...]], city: str) -> None:
    place = locating.place_of(talk(*bursts))
    assert place is not None and f"{place.city}/{place.state}" == city


@pytest.mark.parametrize(
    ("bursts", "state"),
    [
        (["celpe"], "PE"),
        (["minha distribuidora é a Coelba"], "BA"),
        (["celpe", "boa viagem"], "PE"),
        ([("celpe", "boa viagem")], "PE"),
        (["celpe boa viagem"], "PE"),
        (["50030-230"], "PE"),
        (["50030230"], "PE"),
    ],
)
def test_the_city_is_asked_for_where_only_the_state_is_sure(bursts: list[str | tuple[str, ...]], state: str) -> None:
    draft = talk(*bursts)
    assert locating.place_of(draft) is None
    assert draft.known("state") == state and "cidade" in draft.paragraphs[-1] and state in draft.paragraphs[-1]


@pytest.mark.parametrize(
    "text", ["enel", "light", "vocês não são a celpe?", "a serena é de são paulo?", "conta de luz", "81999887766"]
)
def test_what_says_nothing_about_the_state_is_not_taken(text: str) -> None:
    draft = talk(text)
    assert locating.place_of(draft) is None and draft.known("state") is None


def test_the_city_of_the_form_is_confirmed_by_its_name() -> None:
    memory = {"asked": "confirm_place"}
    for text in ("Recife PE", "recife", "oi desculpa a demora, é aqui sim", "ah é verdade eu preenchi. sim é recife"):
        place = locating.place_of(talk(text, memory=memory, city="Recife", state="PE"))
        assert place is not None and place.ibge_code == RECIFE, text


def test_naming_the_distribuidora_of_a_known_place_moves_nobody() -> None:
    draft = Draft(Lead(id=uuid4(), memory={"asked": "bill", "place": RECIFE}), NOW)
    assert not locating.take_place(draft, heard("é a Celpe"))
    assert not draft.memory


def test_the_only_city_around_a_pin_wants_a_yes() -> None:
    draft = Draft(Lead(id=uuid4(), memory={"candidates": [OLINDA]}), NOW)
    locating.ask_place(draft)
    assert draft.memory["asked"] == "confirm_place" and "Olinda/PE" in draft.paragraphs[-1]
    place = locating.place_of(talk("sim", memory={"asked": "confirm_place", "candidates": [OLINDA]}))
    assert place is not None and place.ibge_code == OLINDA
    denied = talk("não", memory={"asked": "confirm_place", "candidates": [OLINDA]})
    assert locating.place_of(denied) is None and denied.memory["asked"] == "place"


def test_several_cities_around_a_pin_are_offered_without_calling_them_namesakes() -> None:
    draft = Draft(Lead(id=uuid4(), memory={"candidates": [RECIFE, OLINDA]}), NOW)
    locating.ask_place(draft)
    assert draft.memory["asked"] == "which_city" and "com esse nome" not in draft.paragraphs[-1]
    assert [one.id for one in draft.buttons] == [f"place:{RECIFE}", f"place:{OLINDA}"]


def test_a_pin_is_read_by_its_address_and_else_asked_about() -> None:
    here = {"latitude": -8.0631, "longitude": -34.8711}
    assert place_clues.pinned([{**here, "address": "Rua da Aurora, 1, Recife - PE"}]) == Place("Recife", "PE", RECIFE)
    assert isinstance(place_clues.pinned([here]), Several)
    assert place_clues.pinned([{"address": "Rua X, 50030-230"}]) == OnlyState("PE")
    assert place_clues.pinned([{}]) is None and place_clues.pinned([]) is None
