"""Marks that stand for figures, plan names and lists in what a model writes; code puts the real ones in afterwards.

A model that never sees a figure cannot mistype one, and a mark that it leaves out is noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.assistant.say.names import plan_name
from flows.assistant.say.wording import ShownList
from flows.domain import Offer

PLANS, READING = "[[PLANOS]]", "[[LEITURA]]"
_EDGES = "*.,;:!?()"


@dataclass(frozen=True)
class Marked:
    """A text with marks, and what each of them shows."""

    text: str
    shows: dict[str, str]

    def fill(self, text: str) -> str:
        """Put everything in. ValueError for a mark that is none, or one that is missing, or a figure that was typed."""
        bare = text
        for mark in self.shows:
            if mark not in text:
                raise ValueError("mark_dropped")
            bare = bare.replace(mark, "")
        if "[[" in bare or "]]" in bare:
            raise ValueError("mark_unknown")
        if any(character.isdigit() for character in bare):
            raise ValueError("figure_typed")
        for mark, shown in self.shows.items():
            text = text.replace(mark, shown)
        return text


def marked(text: str, offers: Sequence[Offer], reading: str = "") -> Marked:
    """Return a reviewed text with its list of plans, the lines of a bill, plan names and figures as marks."""
    shows: dict[str, str] = {}
    for mark, block in ((PLANS, ShownList(offers).list if offers else ""), (READING, reading)):
        if block and block in text:
            text = text.replace(block, mark)
            shows[mark] = block
    for offer in offers:
        name = plan_name(offer, offer.position)
        if name in text:
            text = _put(text, name, shows)
    lines = []
    for line in text.split("\n"):
        words = []
        for word in line.split(" "):
            core = word.strip(_EDGES)
            figure = core and any(c.isdigit() for c in core) and "[[" not in core
            words.append(word.replace(core, _mark(core, shows)) if figure else word)
        lines.append(" ".join(words))
    return Marked("\n".join(lines), shows)


def _put(text: str, shown: str, shows: dict[str, str]) -> str:
    return text.replace(shown, _mark(shown, shows))


def _mark(shown: str, shows: dict[str, str]) -> str:
    known = next((mark for mark, value in shows.items() if value == shown), None)
    if known is None:
        known = f"[[{sum(mark[2:-2].isdigit() for mark in shows) + 1}]]"
        shows[known] = shown
    return known
