"""Text as it is compared: without accents, case, punctuation and stretched letters."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = re.compile(r"['’‘`´]")
_NOT_WORD = re.compile(r"[^a-z0-9%]+")
# Only what is never anything else; "vc", "pq", "blz" stay, the patterns know them.
_CHAT = {
    "n": "nao", "naum": "nao", "eh": "e", "tah": "ta", "q": "que", "oq": "o que", "oque": "o que", "msg": "mensagem",
    "msgs": "mensagens", "tbm": "tambem", "hj": "hoje", "qnd": "quando", "qdo": "quando", "qto": "quanto",
    "qnto": "quanto", "mto": "muito",
}  # fmt: skip
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


def spoken(text: str) -> str:
    """`fold`, with the shorthand of chats written out: `"n quero, pq?"` → `"nao quero pq"`."""
    return " ".join(_CHAT.get(word, word) for word in fold(text).split())
