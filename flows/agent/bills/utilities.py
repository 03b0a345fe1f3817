"""Which distribuidora a text names: canonical name and UF, from today's names, old names and the CNPJ (domain.md 6.6)."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flows.agent.folding import fold

# Names that are close to a distribuidora's but collect money or trade energy; they never count.
_OTHERS = re.compile(r"\b(?:comercializadora|trading|banco|bank|seguros?|consorcio|cooperativa de credito)\b")
_HEADER_LINES = 8


@dataclass(frozen=True)
class Utility:
    """One distribuidora; `states` has its main UF first."""

    name: str
    states: tuple[str, ...]
    cnpj: str | None
    aliases: tuple[str, ...]

    def in_state(self, state: str | None) -> bool:
        """True when its concession reaches that UF, or none is known."""
        return state is None or state in self.states


@dataclass(frozen=True)
class Group:
    """Only a group's name was there (`ENEL`), and neither UF nor CNPJ says which of its companies."""

    name: str


def named(text: str | None, state: str | None = None) -> Utility | Group | None:
    """The distribuidora of a field: a name as the plans API, a lead or a vision model writes it."""
    return find(text, state=state) if text and len(text) < 200 else None


def canonical(text: str | None, state: str | None = None) -> str | None:
    """The canonical name for any alias (`CELPE` → `Neoenergia Pernambuco`), None for a bare group or a stranger."""
    found = named(text, state)
    return found.name if isinstance(found, Utility) else None


def by_name(name: str | None) -> Utility | None:
    """The distribuidora with exactly this canonical name."""
    return next((u for u in _all() if u.name == name), None)


def by_cnpj(cnpj: str | None) -> Utility | None:
    """The distribuidora whose CNPJ (14 characters) this is; branches count by their first eight."""
    return next((u for u in _all() if u.cnpj and cnpj and u.cnpj[:8] == cnpj[:8]), None)


def find(text: str, *, state: str | None = None, cnpj: str | None = None) -> Utility | Group | None:
    """The distribuidora that a whole bill is from. `cnpj` is the emitter in its access key, `state` the UF it shows.

    The key decides; else the CNPJ printed in the text, then the names: those at the top and long ones weigh more,
    words of everyday language less, and a bare group name counts only with a UF that has one company of the group.
    """
    if known := by_cnpj(cnpj):
        return known
    votes: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    for number, line in enumerate(text.splitlines()):
        folded = fold(line)
        if not folded or _OTHERS.search(folded):
            continue
        for match in _names().finditer(folded):
            weight = 4 if number < _HEADER_LINES else 1
            if match[0] in _groups():
                groups[match[0]] += weight
            else:
                utility = _aliases()[match[0]]
                # A weak word is a name only in the letters of one: "LIGHT", "Light", not "light".
                if match[0] in _weak():
                    weight = weight if re.search(rf"\b{match[0][0]}{match[0][1:]}\b", line, re.I) and not line.islower() else 0
                else:
                    weight *= 3
                votes[utility.name] += weight
    for digits in re.findall(r"\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}", text[:20_000]):
        if printed := by_cnpj(re.sub(r"\D", "", digits)):
            votes[printed.name] += 12
    for group, weight in groups.items():
        members = [u for u in _all() if fold(u.name).split()[0] == group or group in fold(u.name).split()]
        here = [u for u in members if state and state in u.states]
        main = [u for u in here if u.states[0] == state]
        if len(here) == 1 or len(main) == 1:
            votes[(main or here)[0].name] += weight
    ranked = [u for name, _ in votes.most_common() if (u := by_name(name)) and votes[name] > 0]
    if ranked:
        near = [u for u in ranked if u.in_state(state) and 3 * votes[u.name] >= votes[ranked[0].name]]
        return (near or ranked)[0]
    return Group(groups.most_common(1)[0][0].upper()) if groups else None


@cache
def _table() -> dict[str, object]:
    return tomllib.loads(files("flows.agent.bills").joinpath("utilities.toml").read_text("utf-8"))


@cache
def _all() -> tuple[Utility, ...]:
    rows = _table()["utility"]
    assert isinstance(rows, list)
    return tuple(Utility(r["name"], tuple(r["states"]), r.get("cnpj"), tuple(r["aliases"])) for r in rows)


@cache
def _aliases() -> dict[str, Utility]:
    return {fold(name): utility for utility in _all() for name in (utility.name, *utility.aliases)}


@cache
def _groups() -> frozenset[str]:
    return frozenset(fold(str(name)) for name in _listed("groups"))


@cache
def _weak() -> frozenset[str]:
    return frozenset(fold(str(name)) for name in _listed("weak"))


def _listed(key: str) -> list[object]:
    names = _table()[key]
    assert isinstance(names, list)
    return names


@cache
def _names() -> re.Pattern[str]:
    """Every name as one pattern: the longest first, whole words only."""
    names = sorted({*_aliases(), *_groups()}, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b")
