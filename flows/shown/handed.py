"""An export of a person's data for that person to read: every table, every row, every value, in Portuguese as far as words go."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from flows.brazil.calendar import SAO_PAULO
from flows.shown.register import ACTIVITIES
from flows.shown.words import COLUMNS

Row = list[tuple[str, str, bool]]
"""Label, value, and whether the label is a word (else it is the column's own name)."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
_SAID = {activity.table: activity for activity in ACTIVITIES}


def sections(export: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str, list[Row]]]:
    """What each part is, why it is kept, and its rows; what has words first, empty columns left out. No table is left out."""
    return [
        (
            _SAID[table].what if table in _SAID else table,
            _SAID[table].why if table in _SAID else "",
            [_row(row) for row in rows],
        )
        for table, rows in export.items()
    ]


def _row(row: dict[str, Any]) -> Row:
    filled = [(name, value) for name, value in row.items() if value not in (None, "", [], {})]
    filled.sort(key=lambda pair: pair[0] not in COLUMNS)
    return [(COLUMNS.get(name, name), _value(value), name in COLUMNS) for name, value in filled]


def _value(value: Any) -> str:
    match value:
        case bool():
            return "sim" if value else "não"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, indent=1)
        case str() if _INSTANT.fullmatch(value):
            return f"{datetime.fromisoformat(value).astimezone(SAO_PAULO):%d/%m/%Y %H:%M:%S}"
        case _:
            return str(value)
