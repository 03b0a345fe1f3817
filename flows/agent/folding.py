"""Text as it is compared: without accents, case, punctuation and stretched letters."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = re.compile(r"['’‘`´]")
_NOT_WORD = re.compile(r"[^a-z0-9%]+")
_STRETCHED = re.compile(r"([a-z])\1{2,}")


def unaccent(text: str) -> str:
    """Lower case without combining marks; everything else stays, so lengths of words do too."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def fold(text: str) -> str:
    """`"Não, OBRIGADAAA!!"` → `"nao obrigada"`: words and `%` only, single spaces, `aaa` as one letter."""
    bare = _APOSTROPHES.sub("", unaccent(text))
    return _STRETCHED.sub(r"\1", _NOT_WORD.sub(" ", bare)).strip()
