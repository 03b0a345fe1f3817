"""What is left of a Portuguese word when its endings are gone: `"cobrando"`, `"cobram"` and `"cobra"` are one."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

# Longest first within each step. Words come folded: no accents, lower case.
_PLURALS = (
    ("coes", "cao"),
    ("soes", "sao"),
    ("oes", "ao"),
    ("aes", "ao"),
    ("ais", "al"),
    ("eis", "el"),
    ("ois", "ol"),
    ("res", "r"),
    ("zes", "z"),
    ("ns", "m"),
    ("s", ""),
)
_SMALL = ("zinhos", "zinhas", "zinho", "zinha", "inhos", "inhas", "inho", "inha", "issimo", "issima")
_ENDINGS = sorted(Path(__file__).with_name("endings.txt").read_text("utf-8").split(), key=len, reverse=True)
_SHORTEST = 3


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Cut plural, diminutive and the ending of verb or gender, as long as three letters stay."""
    if len(word) <= _SHORTEST or not word.isalpha():
        return word
    for ending, instead in _PLURALS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            word = word.removesuffix(ending) + instead
            break
    for ending in (*_SMALL, *_ENDINGS):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word.removesuffix(ending)
    return word
