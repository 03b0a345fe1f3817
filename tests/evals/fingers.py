"""How people type on a phone: without accents, shortened, mistyped, in several messages. Seeded, so that it can be repeated."""

from __future__ import annotations

import re
from random import Random

from flows.brazil.folding import unaccent

_SHORT = {
    "você": "vc",
    "vocês": "vcs",
    "não": "n",
    "porque": "pq",
    "que": "q",
    "também": "tb",
    "está": "tá",
    "para": "pra",
    "mensagem": "msg",
    "muito": "mt",
    "hoje": "hj",
    "beleza": "blz",
    "quando": "qdo",
    "por favor": "pfv",
}
_NEIGHBOURS = {
    "a": "s",
    "e": "r",
    "i": "o",
    "o": "i",
    "s": "a",
    "r": "t",
    "t": "r",
    "n": "m",
    "m": "n",
    "d": "f",
    "c": "v",
    "l": "k",
}
_SHORTEST = 5
# Where a person presses "send" in the middle of a thought.
_PAUSES = re.compile(r"(?<=[,.!?:])\s+| (?=mas |só que |porque |e se )")


def typed(text: str, random: Random, *, keep: str = "") -> str:
    """Return a text as somebody types it who does not look twice; a word in `keep` is at most stripped of its accents."""
    if random.random() < 0.35:
        text = unaccent(text) if random.random() < 0.5 else text.lower()
    if random.random() < 0.3:
        for long, short in _SHORT.items():
            if random.random() < 0.6:
                text = re.sub(rf"\b{long}\b", short, text)
    if random.random() < 0.3:
        text = _slip(text, random, keep)
    if random.random() < 0.06:
        text = text.upper()
    if random.random() < 0.15:
        text += random.choice([" kkk", "!!", " 😅", " rs", "...", " 🙏"])
    return text


def split(text: str, random: Random) -> list[str]:
    """Return a text as the one, two or three messages that it is sent in."""
    parts = [part for part in _PAUSES.split(text) if part.strip()]
    return parts if 1 < len(parts) <= 3 and random.random() < 0.4 else [text]


def _slip(text: str, random: Random, keep: str) -> str:
    """Return a text with one word mistyped: letters swapped, doubled, left out, or a neighbour hit."""
    words = text.split(" ")
    kept = set(keep.lower().split())
    able = [n for n, word in enumerate(words) if len(word) >= _SHORTEST and word.isalpha() and word.lower() not in kept]
    if not able:
        return text
    n = random.choice(able)
    word, at = words[n], random.randrange(1, len(words[n]) - 2)
    match random.randrange(4):
        case 0:
            word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            word = word[:at] + word[at] + word[at:]
        case 2:
            word = word[:at] + word[at + 1 :]
        case _:
            word = word[:at] + _NEIGHBOURS.get(word[at], word[at]) + word[at + 1 :]
    return " ".join([*words[:n], word, *words[n + 1 :]])
