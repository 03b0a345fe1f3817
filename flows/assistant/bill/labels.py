"""The labels of Brazilian electricity bills, and the ones that look like them (docs/domain.md 5.1).

A label of weight 0 is a decoy: it takes the values that it announces away from the others.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["total", "due", "reference", "installation", "client", "contract", "partner", "meter", "decoy"]
LabelType = Literal["money", "date", "month", "id"]

_TABLES: dict[str, Any] = tomllib.loads(files("flows.assistant.bill").joinpath("labels.toml").read_text("utf-8"))
_PARTS: dict[str, str] = _TABLES.pop("parts")


@cache
def labels(further: tuple[tuple[str, str], ...] = ()) -> tuple[tuple[Kind, LabelType, float, re.Pattern[str]], ...]:
    """Every label, compiled; `further` are (kind, words) that one company prints (companies/*.toml), and outrank the rest."""
    types: dict[str, LabelType] = {"total": "money", "due": "date", "reference": "month"}
    rows = [
        (kind, float(weight), re.sub(r"<(of|number|reais)>", lambda part: _PARTS[part[1]], "|".join(alternatives)))
        for kind, table in _TABLES.items()
        for weight, *alternatives in table["labels"]
    ]
    rows += [(kind, 11.0, re.escape(words)) for kind, words in further]
    return tuple(
        (
            kind if weight else "decoy",  # type: ignore[misc]
            types.get(kind, "id"),
            weight,
            re.compile(rf"(?<![a-z])(?:{pattern})(?!(?<=[a-z])[a-z])"),
        )
        for kind, weight, pattern in rows
    )
