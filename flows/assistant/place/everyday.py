"""Municipalities named like everyday words or people, and words that are no misspelt municipality.

Both lists come from comparing the 5,571 official names with frequent Portuguese words, read through by hand: `luz`,
`natal` or `maria helena` in a sentence say nothing about a place, and `perto` is no slip for Porto. They are opinions:
edit them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from flows.assistant.place.gazetteer import NICKNAMES_NEEDING_A_CUE


@cache
def names_needing_a_cue() -> frozenset[str]:
    """Folded names that count only after `moro em`, beside a UF, or as the answer to our question."""
    return frozenset(files("flows.assistant.place").joinpath("everyday_names.txt").read_text("utf-8").splitlines())


@cache
def not_a_typo() -> frozenset[str]:
    """Folded words one or two letters away from a municipality that are never read as a typing error."""
    return frozenset(files("flows.assistant.place").joinpath("not_a_typo.txt").read_text("utf-8").split())


def needs_cue(key: str) -> bool:
    """Tell whether a folded name, or a nickname, counts only with a cue."""
    return key in NICKNAMES_NEEDING_A_CUE or key in names_needing_a_cue()
