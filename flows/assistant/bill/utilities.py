"""Which distribuidora a text names: canonical name and UF, by new names, old names and CNPJ (docs/domain.md 5.4)."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from flows.brazil.folding import unaccent

# Names that are close to a distribuidora's but collect money or trade energy; they never count.
_OTHERS = re.compile(r"\b(?:comercializadora|trading|banco|bank|seguros?|consorcio|cooperativa de credito)\b")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_HEADER_LINES = 8
_STREET = re.compile(r"(?:endereco )?(?:rua|r|av|avenida|al|alameda|praca|travessa|rod|rodovia|bairro|jardim|vila)\b")


@dataclass(frozen=True)
class Utility:
    """One distribuidora, as its table in `companies/` describes it; `states` has its main UF first.

    `numbers` are the forms of its numbers by kind (regular expressions over the digits), `labels` what it prints besides the
    usual labels as (kind, words), `always` sentences that stand on each of its bills, `national` its three digits in the
    installation numbers of 2026.
    """

    name: str
    states: tuple[str, ...]
    cnpj: str | None
    aliases: tuple[str, ...]
    group: str = ""
    numbers: Mapping[str, re.Pattern[str]] = field(default_factory=dict, compare=False)
    labels: tuple[tuple[str, str], ...] = ()
    always: tuple[str, ...] = ()
    national: str | None = None

    def in_state(self, state: str | None) -> bool:
        """True when its concession reaches that UF, or none is known."""
        return state is None or state in self.states


@dataclass(frozen=True)
class OnlyGroup:
    """Only a group's name was there (`ENEL`), and neither UF nor CNPJ says which of its companies."""

    name: str


def fold_name(text: str) -> str:
    """Words only. Not the `fold` of chats, which reads `CEEE` as a stretched `CE`."""
    return _NOT_WORD.sub(" ", unaccent(text)).strip()


def is_named_in(text: str) -> bool:
    """True when a text holds a distribuidora's or a group's name that is no word of everyday language."""
    return any(match[0] not in _weak() for match in _names().finditer(fold_name(text)))


def named(text: str | None, state: str | None = None) -> Utility | OnlyGroup | None:
    """The distribuidora of a field: a name as the plans API, a lead or a vision model writes it."""
    return find(text.upper(), state=state) if text and len(text) < 200 else None


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


def same(one: str | None, other: str | None, state: str | None) -> bool | None:
    """Tell whether two names mean one distribuidora; None when either is unknown to us, so that nothing follows from it."""
    if one and other and fold_name(one) == fold_name(other):
        return True
    first, second = (by_name(name) or named(name, state) for name in (one, other))
    if first is None or second is None:
        return None
    return first.name == second.name or _in_group(first, second) or _in_group(second, first)


def _in_group(group: Utility | OnlyGroup, member: Utility | OnlyGroup) -> bool:
    if not isinstance(group, OnlyGroup) or not isinstance(member, Utility):
        return False
    name = fold_name(group.name)
    return name in fold_name(member.name).split() or name == member.group


def is_company_in(company: Utility, text: str) -> bool:
    """True when a text names this company, or prints its CNPJ."""
    if company.cnpj and company.cnpj[:8] in re.sub(r"[./\-]", "", text):
        return True
    return any(_aliases().get(match[0]) == company for match in _names().finditer(fold_name(text)))


def find(text: str, *, state: str | None = None, cnpj: str | None = None) -> Utility | OnlyGroup | None:
    """The distribuidora that a whole bill is from. `cnpj` is the emitter in its access key, `state` the UF it shows.

    The key decides; else the CNPJ printed in the text, then the names: those at the top and long ones weigh more,
    words of everyday language less, and a bare group name counts only with a UF that has one company of the group.
    """
    if known := by_cnpj(cnpj):
        return known
    votes: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    for number, line in enumerate(text.splitlines()):
        folded = fold_name(line)
        if not folded or _OTHERS.search(folded):
            continue
        for match in _names().finditer(folded):
            weight = 4 if number < _HEADER_LINES else 1
            if match[0] in _groups():
                groups[match[0]] += weight
            else:
                votes[_aliases()[match[0]].name] += _weight(match[0], line, folded, state) * weight
    for digits in re.findall(r"\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}", text[:20_000]):
        if printed := by_cnpj(re.sub(r"\D", "", digits)):
            votes[printed.name] += 12
    for group, weight in groups.items():
        if member := _member(group, state):
            votes[member.name] += weight
    ranked = [u for name, _ in votes.most_common() if (u := by_name(name)) and votes[name] > 0]
    if ranked:
        near = [u for u in ranked if u.in_state(state) and 3 * votes[u.name] >= votes[ranked[0].name]]
        return (near or ranked)[0]
    return OnlyGroup(groups.most_common(1)[0][0].upper()) if groups else None


def _weight(name: str, line: str, folded: str, state: str | None) -> int:
    """3 for a real name, 1 for a word of everyday language, 0 for one in prose, in an address or in another UF."""
    if name not in _weak():
        return 3
    elsewhere = not _aliases()[name].in_state(state)
    return 0 if elsewhere or line.islower() or _STREET.match(folded) else 1


def _member(group: str, state: str | None) -> Utility | None:
    """The one company of a group that serves a UF; where several do, the one based there."""
    here = [u for u in _all() if state and state in u.states and group in (*fold_name(u.name).split(), u.group)]
    based = [u for u in here if u.states[0] == state]
    return here[0] if len(here) == 1 else based[0] if len(based) == 1 else None


@cache
def _all() -> tuple[Utility, ...]:
    folder = files("flows.assistant.bill").joinpath("companies")
    tables = [tomllib.loads(file.read_text("utf-8")) for file in sorted(folder.iterdir(), key=lambda file: file.name)]
    return tuple(map(_utility, tables))


def _utility(table: dict[str, Any]) -> Utility:
    return Utility(
        name=table["name"],
        states=tuple(table["states"]),
        cnpj=table.get("cnpj"),
        aliases=tuple(table["aliases"]),
        group=fold_name(table.get("group", "")),
        numbers={kind: re.compile(form) for kind, form in table.get("numbers", {}).items()},
        labels=tuple((kind, words) for kind, every in table.get("labels", {}).items() for words in every),
        always=tuple(table.get("always", ())),
        national=table.get("national"),
    )


@cache
def _aliases() -> dict[str, Utility]:
    return {fold_name(name): utility for utility in _all() for name in (utility.name, *utility.aliases)}


@cache
def _groups() -> frozenset[str]:
    return frozenset(fold_name(name) for name in _listed("groups"))


@cache
def _weak() -> frozenset[str]:
    return frozenset(fold_name(name) for name in _listed("weak"))


def _listed(key: str) -> list[str]:
    names: list[str] = tomllib.loads(files("flows.assistant.bill").joinpath("names.toml").read_text("utf-8"))[key]
    return names


@cache
def _names() -> re.Pattern[str]:
    """Every name as one pattern: the longest first, whole words only."""
    names = sorted({*_aliases(), *_groups()}, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b")
