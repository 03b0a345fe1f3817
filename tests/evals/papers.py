"""How well bills are read: a figure for each field over all layouts, as text and as photos. A wrong value counts ten times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flows.assistant.bill import BillFields, read_text
from flows.assistant.bill.pictures import installed, read_picture, recognise_now
from tests.flows.assistant.bill.layouts import LAYOUTS, Layout
from tests.flows.assistant.bill.photos import CONDITIONS, photo, unaccented

WRONG_COUNTS = 10
# What a photo cannot say: its letters have no accents here, so the exact street is not judged, and a name without them.
_ONLY_TEXT = frozenset({"address"})


@dataclass
class Marks:
    """Fields that were right, wrong and missing, by name; and which, for whoever mends them."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    details: list[str] = field(default_factory=list)

    @property
    def score(self) -> float:
        """From 1 downwards: what is missing costs one, what is wrong ten."""
        every = self.right.total() + self.wrong.total() + self.missing.total()
        return 1 - (WRONG_COUNTS * self.wrong.total() + self.missing.total()) / max(every, 1)


def texts(layouts: Iterable[Layout] = LAYOUTS) -> Marks:
    """Read every layout as the text of a PDF."""
    marks = Marks()
    for layout in layouts:
        _mark(marks, layout.name, layout.expected, read_text(layout.text))
    return marks


def photos(conditions: Sequence[str] = tuple(CONDITIONS), layouts: Sequence[Layout] = LAYOUTS) -> Marks | None:
    """Read a photo of every layout, the conditions by turns; None without the local reader (pyproject.toml, `pictures`)."""
    if not installed():
        return None
    marks = Marks()
    for number, layout in enumerate(layouts):
        condition = conditions[number % len(conditions)]
        seen = recognise_now(photo(layout.text, condition))
        expected = {name: value for name, value in layout.expected.items() if name not in _ONLY_TEXT}
        if expected.get("holder_name"):
            expected["holder_name"] = unaccented(expected["holder_name"])
        _mark(marks, f"{layout.name}, {condition}", expected, read_picture(seen) if seen else None)
    return marks


def table(marks: Marks) -> str:
    """Return one line for each field."""
    names = sorted({*marks.right, *marks.wrong, *marks.missing})
    rows = [f"{name:22} {marks.right[name]:5} {marks.wrong[name]:5} {marks.missing[name]:7}" for name in names]
    return "\n".join([f"{'field':22} right wrong missing", *rows, *marks.details])


def _mark(marks: Marks, name: str, expected: dict[str, Any], found: object) -> None:
    for wanted, value in expected.items():
        read = getattr(found, wanted) if isinstance(found, BillFields) else None
        if read == value and isinstance(found, BillFields):
            marks.right[wanted] += 1
        elif read in (None, ()):
            marks.missing[wanted] += 1
            marks.details.append(f"{name}: {wanted} missing")
        else:
            marks.wrong[wanted] += 1
            marks.details.append(f"{name}: {wanted} wrong: {read!s} for {value!s}")
