"""Text as it is compared: without accents, case, punctuation and stretched letters."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

_APOSTROPHES = re.compile(r"['’‘`´]")
_NOT_WORD = re.compile(r"[^a-z0-9%]+")
# Only what is never anything else; "vc", "pq", "blz" stay, the patterns know them.
_CHAT = dict(line.split(" = ") for line in Path(__file__).with_name("chat.txt").read_text("utf-8").splitlines())
# Between vowels "ss" and "rr" are letters of their own: "issso" is "isso", and never "iso".
_STRETCHED_PAIR = re.compile(r"(?<=[aeiou])([rs])\1{2,}(?=[aeiou])")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
# "siim", "diaa", "naoo". Only in talk: in names they are spelt so ("Itaara"), and "voo" and "reeleito" are words.
_DOUBLED = re.compile(r"([aiu])\1+|([eo])\2+$")


def listed(text: str) -> list[str]:
    """Return the lines of a word list that say something: no empty ones, no comments."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def unaccent(text: str) -> str:
    """Lower case without combining marks; everything else stays, so lengths of words do too."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def fold(text: str) -> str:
    """`"Não, OBRIGADAAA!!"` → `"nao obrigada"`: words and `%` only, single spaces, `aaa` as one letter."""
    bare = _APOSTROPHES.sub("", unaccent(text))
    return _STRETCHED.sub(r"\1", _STRETCHED_PAIR.sub(r"\1\1", _NOT_WORD.sub(" ", bare))).strip()


def spoken(text: str) -> str:
    """`fold`, with the shorthand and the slips of chats written out: `"n kero, pq?"` → `"nao quero pq"`."""
    words = (_DOUBLED.sub(lambda match: match[0][0], word) for word in fold(text).split())
    return " ".join(_CHAT.get(word, word) for word in words)
