"""What may be said about the product: reviewed answers, and which of them a question asks for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from flows.assistant.knowledge.entries import Entry, faq
from flows.assistant.knowledge.index import Index

__all__ = ["Entry", "asks", "entries", "match", "ranked"]


def entries() -> Mapping[str, Entry]:
    """Return every reviewed answer by its id."""
    return faq().entries


def match(text: str) -> str | None:
    """Return the id of the entry that a text asks for, or None where nothing fits well enough."""
    return _index().match(text)


def ranked(text: str, n: int = 3) -> list[tuple[str, float]]:
    """Return the `n` entries that fit a text best, with how well (0 to 1)."""
    return _index().ranked(text, n)


def asks(text: str) -> bool:
    """Tell whether a text asks something at all."""
    return _index().asking.asks(text)


@cache
def _index() -> Index:
    return Index(faq())
