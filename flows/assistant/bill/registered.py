"""Which of a bill's numbers is which: installation, client, contract account, partner and meter look alike.

The label says what a number is, the company's form (companies/*.toml) whether it can be that. What neither decides is no
answer: a wrong installation number is what a contract would be filled with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flows.assistant.bill.figures import installation, is_national
from flows.assistant.bill.labels import Kind
from flows.assistant.bill.model import Sighting
from flows.assistant.bill.stream import Found, Stream
from flows.assistant.bill.utilities import Utility

ROLES: tuple[Kind, ...] = ("installation", "client", "contract", "partner", "meter")
_FIELDS = {"installation": "installation_number", "client": "client_number", "contract": "contract_account"}
# Without a company's form shorter ones are parts of something: a series, an item's code.
_SHORTEST = 5
# Below this a label stands near several numbers, and only a form can say which is its own.
_PLAIN = 5.0
# Two numbers that are called alike, one nearly as plainly as the other: neither is believed.
_ALIKE = 0.8
_NATIONAL_DIGITS = 15


@dataclass(frozen=True)
class Numbers:
    """The numbers of a page by what they are; what is uncertain is only sighted."""

    found: Mapping[Kind, Found]
    sightings: tuple[Sighting, ...]

    def text(self, role: Kind) -> str | None:
        """The digits, leading zeros kept; None when there is none, or it is uncertain which."""
        return self.found[role].text if role in self.found else None


def registered_numbers(stream: Stream, company: Utility | None) -> Numbers:
    """Tell a page's numbers apart. What is uncertain is left out."""
    claims = {role: _claims(stream, role, company) for role in ROLES}
    found: dict[Kind, Found] = {}
    sightings = []
    for role, claimed in claims.items():
        mine = [
            one
            for digits, one in claimed.items()
            if all(
                one.score >= other[digits].score
                for kind, other in claims.items()
                if kind != role and digits in other and not (role == "installation" and kind == "client")
            )
        ]
        best = _one(mine, company, role)
        if best:
            found[role] = best
        if role in _FIELDS and mine:
            sightings.append(_sighting(_FIELDS[role], best, max(mine, key=lambda one: one.score), _form(company, role)))
    return Numbers(found, tuple(sightings))


def _sighting(field: str, found: Found | None, near: Found, form: re.Pattern[str] | None) -> Sighting:
    shown = found or near
    sure = "uncertain" if found is None else "certain" if form and found.score >= _PLAIN else "likely"
    if found is not None and found.score < _PLAIN:
        return Sighting(field=field, by="form", sure="likely", label=shown.label, line=shown.line + 1)
    return Sighting(field=field, by="label", sure=sure, label=shown.label, line=shown.line + 1)


def fits(digits: str | None, company: Utility | None, role: Kind = "installation") -> bool:
    """True when a number has the form that this company gives to such numbers, or the national one."""
    if not digits or installation(digits) is None:
        return False
    if role == "installation" and len(digits) == _NATIONAL_DIGITS:
        return company is None or company.national in (None, digits[10:13])
    form = _form(company, role)
    if form is not None:
        return form.fullmatch(digits) is not None
    others = company.numbers if company else {}
    return len(digits) >= _SHORTEST and not any(other.fullmatch(digits) for other in others.values())


def _claims(stream: Stream, role: Kind, company: Utility | None) -> Mapping[str, Found]:
    best: dict[str, Found] = {}
    for one in stream.candidates(role):
        digits = installation(one.text)
        if digits is None or (role == "meter" and len(digits) < _SHORTEST):
            continue
        national = role == "installation" and is_national(one.text)
        if national:
            # On paper the leading zeros may be missing.
            if company and company.national not in (None, digits.zfill(_NATIONAL_DIGITS)[10:13]):
                continue
            one = replace(one, score=one.score * 2)
        elif role != "meter" and not fits(digits, company, role):
            continue
        if digits not in best or best[digits].score < one.score:
            best[digits] = replace(one, text=digits)
    return best


def _one(claimed: list[Found], company: Utility | None, role: Kind) -> Found | None:
    ranked = sorted(claimed, key=lambda one: -one.score)
    if not ranked or (ranked[0].score < _PLAIN and _form(company, role) is None):
        return None
    if len(ranked) > 1 and ranked[1].score >= _ALIKE * ranked[0].score:
        return None
    return ranked[0]


def _form(company: Utility | None, role: Kind) -> re.Pattern[str] | None:
    return company.numbers.get(role) if company else None
