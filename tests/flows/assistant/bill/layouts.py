"""Invented bills as their text comes out of a file, each with what a careful person would read (`pages/*.txt`).

Persons, numbers and keys are made up; the order of the lines, the traps and the labels are those of real layouts. A page is
a table of what is expected, a line of three dashes, and the text. In the table, `absent` names fields that the page does not
say, and `traps` are numbers on it that must never become an answer; fields that are not named are not judged.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

PAGES = Path(__file__).with_name("pages")
# TOML writes these as text or list; the reader gives a decimal and a tuple.
_TYPES: dict[str, Any] = {"total_amount": Decimal, "flags": tuple}


@dataclass(frozen=True)
class Layout:
    """A bill's text and the fields in it."""

    name: str
    text: str
    expected: dict[str, Any]
    traps: tuple[str, ...] = field(default=())


def _read(file: Path) -> Layout:
    head, _, text = file.read_text("utf-8").partition("\n---\n")
    table = tomllib.loads(head)
    traps = tuple(table.pop("traps", ()))
    expected: dict[str, Any] = dict.fromkeys(table.pop("absent", ()))
    expected |= {name: _TYPES.get(name, lambda value: value)(value) for name, value in table.items()}
    return Layout(file.stem, text.strip(), expected, traps)


LAYOUTS = tuple(_read(file) for file in sorted(PAGES.glob("*.txt")))
_NAMED = {layout.name: layout for layout in LAYOUTS}
NEOENERGIA_PE, CEMIG, EQUATORIAL_GO, EQUATORIAL_PA = (
    _NAMED[name] for name in ("neoenergia_pe", "cemig", "equatorial_go", "equatorial_pa")
)
ENEL_RJ, SOCIAL = _NAMED["enel_rj_2via"], _NAMED["energisa_se_social"]
ENEL_CE, LIGHT, COPEL, EDP = (_NAMED[name] for name in ("enel_ce", "light", "copel", "edp_sp"))
