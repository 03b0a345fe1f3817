"""The reviewed answers and the wording around them, as `faq.toml` has them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

FAQ = Path(__file__).with_name("faq.toml")

Risk = Literal["safe", "careful", "high"]
Need = Literal["handed_over"]


@dataclass(frozen=True)
class Entry:
    """One answer that may be said, with the ways people ask for it.

    An answer with `needs` is only true once that has happened; until then `before` is what may be said.
    """

    id: str
    questions: tuple[str, ...]
    answer: str
    risk: Risk
    source: str
    last_review: date
    needs: Need | None = None
    before: str | None = None

    def said(self, *, called: bool) -> str:
        """Return what may be said now; `called` says that a person of the team was told of the lead, so that none is offered."""
        if not called:
            return self.before or self.answer
        sentences = re.split(r"(?<=[.!?]) ", self.answer)
        return " ".join(said for said in sentences if "*atendente*" not in said) or self.answer


@dataclass(frozen=True)
class Wording:
    """How people word things, which no entry owns: words that mean one thing, words that mean nothing, ways of asking."""

    synonyms: Mapping[str, tuple[str, ...]]
    fillers: tuple[str, ...]
    ways: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Faq:
    """The whole file."""

    entries: Mapping[str, Entry]
    wording: Wording
    elsewhere: tuple[str, ...] = ()


def read(path: Path = FAQ) -> Faq:
    """Read a file of entries. Two entries with one id, or an entry nobody can ask for, is a fault of the file."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    entries: dict[str, Entry] = {}
    for raw in found["faq"]:
        entry = Entry(**{**raw, "questions": tuple(raw["questions"])})
        if entry.id in entries or not entry.questions or (entry.needs is None) != (entry.before is None):
            raise ValueError(
                f"{path.name}: {entry.id} is there twice, has no questions, or has one of needs and before"
            )
        entries[entry.id] = entry
    synonyms = {name: tuple(words) for name, words in found.get("synonyms", {}).items()}
    ways = {name: tuple(words) for name, words in found.get("asking", {}).items()}
    elsewhere = tuple(found.get("elsewhere", {}).get("questions", ()))
    return Faq(entries, Wording(synonyms, tuple(found.get("fillers", ())), ways), elsewhere)


@cache
def faq() -> Faq:
    """Return the file that ships with this package, read once."""
    return read()
