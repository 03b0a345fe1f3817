"""A location pin names a city by its address, and asks by its coordinates; it never decides by those alone."""

from __future__ import annotations

import time
from importlib.resources import files

import pytest

from flows.assistant.place import places
from flows.assistant.place.pins import nearest, read
from flows.assistant.place.places import Nothing, OnlyState, Place, Several

RECIFE = {"latitude": -8.063, "longitude": -34.871}
PAULISTA = {"latitude": -23.5614, "longitude": -46.6559}
BUENOS_AIRES = {"latitude": -34.6, "longitude": -58.4}


def short(found: places.Found) -> str:
    """`City/UF`, `?City/UF City/UF`, `UF` or ``."""
    match found:
        case Place():
            return f"{found.city}/{found.state}"
        case Several():
            return "?" + " ".join(f"{p.city}/{p.state}" for p in found.candidates)
        case OnlyState():
            return found.state
        case Nothing():
            return ""
    raise AssertionError(found)


@pytest.mark.parametrize(
    ("pin", "city"),
    [
        (PAULISTA | {"name": "Padaria Exemplo", "address": "Av. Paulista, 1000, São Paulo"}, "São Paulo/SP"),
        (PAULISTA | {"address": "Av. Paulista, 1000 - Bela Vista, São Paulo - SP, 01310-100, Brasil"}, "São Paulo/SP"),
        (RECIFE | {"address": "Recife, PE, 50030-230, Brazil"}, "Recife/PE"),
        (RECIFE | {"address": "Recife - State of Pernambuco, Brazil"}, "Recife/PE"),
        (RECIFE | {"name": "Recife", "address": ""}, "Recife/PE"),
        ({"address": "Rua Recife, 10 - Centro, Olinda - PE, 53010-000"}, "Olinda/PE"),
        ({"address": "R. Pernambuco, 5 - Boa Vista, Curitiba - PR, 82560-000"}, "Curitiba/PR"),
        ({"address": "Rua das Flores, 2, Campo Grande/MS"}, "Campo Grande/MS"),
        ({"name": "Caruaru"}, "Caruaru/PE"),
    ],
)
def test_the_address_says_the_city(pin, city):
    assert short(read(pin)) == city


def test_coordinates_choose_between_namesakes():
    pin = {"latitude": -29.68, "longitude": -53.8, "address": "cidade de Santa Maria"}
    assert short(read(pin)) == "Santa Maria/RS"
    assert short(read({"address": "cidade de Santa Maria"})).startswith("?Santa Maria/")


@pytest.mark.parametrize(
    "pin",
    [
        RECIFE,
        RECIFE | {"name": None, "address": None},
        RECIFE | {"name": "Padaria São Paulo"},
        RECIFE | {"name": "Bar do Olinda", "address": "Rua da Aurora, 100"},
        RECIFE | {"name": "São Paulo"},
        RECIFE | {"address": "Curitiba - PR"},
        {"latitude": "-8.063", "longitude": "-34.871"},
    ],
)
def test_without_a_credible_address_the_nearest_cities_are_a_question(pin):
    found = read(pin)
    assert isinstance(found, Several)
    assert found.candidates[0].city == "Recife"
    assert 1 <= len(found.candidates) <= 3


def test_an_address_that_names_only_the_state_leaves_out_its_neighbours():
    pin = {"latitude": -9.39, "longitude": -40.51, "address": "Pernambuco, Brasil"}
    assert {place.state for place in nearest(-9.39, -40.51)} == {"PE", "BA"}
    assert short(read(pin)) == "?Petrolina/PE"


@pytest.mark.parametrize(
    ("pin", "found"),
    [
        ({"address": "Rua A, 5, 53010-000"}, "PE"),
        (BUENOS_AIRES | {"address": "Buenos Aires"}, ""),
        (BUENOS_AIRES, ""),
        ({"name": "Bar do Recife"}, ""),
        ({"latitude": 0, "longitude": 0}, ""),
        ({"latitude": float("nan"), "longitude": -34.9}, ""),
        ({"latitude": 91, "longitude": -34.9}, ""),
        ({"latitude": "aqui", "longitude": None}, ""),
        ({"latitude": -8.06}, ""),
        ({"address": ["Recife"], "name": 7}, ""),
        ({}, ""),
    ],
)
def test_a_pin_that_says_less_gives_less(pin, found):
    assert short(read(pin)) == found


@pytest.mark.parametrize(
    ("latitude", "longitude", "city"),
    [
        (-23.54, -46.456, "São Paulo"),
        (-23.46, -46.53, "Guarulhos"),
        (-8.12, -34.90, "Recife"),
        (-8.01, -34.855, "Olinda"),
        (-22.89, -43.11, "Niterói"),
        (-22.83, -43.05, "São Gonçalo"),
        (-23.00, -43.36, "Rio de Janeiro"),
        (-15.82, -48.11, "Brasília"),
        (-19.93, -44.05, "Contagem"),
        (-3.20, -52.20, "Altamira"),
        (-3.84, -32.41, "Fernando de Noronha"),
    ],
)
def test_a_city_reaches_farther_than_a_village(latitude, longitude, city):
    assert nearest(latitude, longitude)[0].city == city


def test_every_seat_belongs_to_a_municipality_and_lies_in_brazil():
    rows = [
        line.split("\t")
        for line in files("flows.assistant.place").joinpath("seats.tsv").read_text("utf-8").splitlines()
    ]
    assert len(rows) == len({row[0] for row in rows}) == 5562
    for code, latitude, longitude, thousands in rows:
        assert places.by_code(int(code)) is not None
        assert -34 < float(latitude) < 5.5 and -74 < float(longitude) < -32
        assert 0 <= int(thousands) < 20_000


def test_the_seats_of_a_state_lie_together():
    """A column or a state mixed up would put a seat far from all others of its state."""
    by_state: dict[str, list[tuple[float, float]]] = {}
    for line in files("flows.assistant.place").joinpath("seats.tsv").read_text("utf-8").splitlines():
        code, latitude, longitude, _ = line.split("\t")
        place = places.by_code(int(code))
        if place is not None and place.city != "Fernando de Noronha":
            by_state.setdefault(place.state, []).append((float(latitude), float(longitude)))
    assert len(by_state) == 27
    for state, points in by_state.items():
        for north, east in points if len(points) > 1 else ():
            closest = min(abs(north - n) + abs(east - e) for n, e in points if (n, e) != (north, east))
            assert closest < 3.5, f"{state}: {north} {east}"


def test_a_pin_is_read_fast_enough_for_a_reply():
    read(RECIFE)
    started = time.perf_counter()
    read(PAULISTA)
    read({"address": "Rua " * 5000, "name": "-, " * 5000} | RECIFE)
    assert time.perf_counter() - started < 0.5
