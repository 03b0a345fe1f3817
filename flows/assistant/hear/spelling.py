"""How people spell in chats: shorthand, stretched letters and slips, written out so that one pattern reads them all."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

from rapidfuzz import process
from rapidfuzz.distance import OSA

from flows.brazil.folding import listed, unaccent


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text: a list of words is best read and edited as running text."""
    return frozenset(text.split())


_HERE = files("flows.assistant.hear")


def _shorthand() -> dict[str, str]:
    """Return what every spelling of `shorthand.txt` stands for."""
    told = (line.partition(" = ") for line in listed(_HERE.joinpath("shorthand.txt").read_text("utf-8")))
    return {spelling: word for word, _, spellings in told for spelling in spellings.split()}


def _vocabulary() -> dict[str, frozenset[str]]:
    """Return the words of each part of `vocabulary.txt`."""
    parts: dict[str, list[str]] = {}
    for line in listed(_HERE.joinpath("vocabulary.txt").read_text("utf-8")):
        if line.startswith("["):
            part = parts.setdefault(line.strip("[]"), [])
        else:
            part += line.split()
    return {name: frozenset(words) for name, words in parts.items()}


_PLAIN, _WORDS = _shorthand(), _vocabulary()
_VOCABULARY, _SWAPPED, _NO_SLIP = tuple(sorted(_WORDS["known"])), _WORDS["swapped"], _WORDS["no_slip"]
_KNOWN = frozenset(_VOCABULARY) | _SWAPPED | _WORDS["sound"]
# Shorter words have too many neighbours: "quanto" is one letter from "quarto".
_SHORTEST_OF_ALL = 7
# These few have hardly any.
_SHORTEST = 5
_SHORTEST_SWAPPED = 4
_SHORT = words_of("agora tenho certo valeu")
# What before a hyphen makes one word with what follows.
_BOUND = words_of("e auto guarda para porta quebra micro mini tele anti super wi pre co re bem mal")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_DOUBLED = re.compile(r"([aiu])\1+|([eo])\2+$")
# A key that was hit twice: `contta`, `meenos`.
_TWICE = re.compile(r"([a-z])\1")
# Letters that Brazilians who write as they speak take for each other, in this order: what is left is how a word sounds.
_SOUNDS = tuple(
    (re.compile(letters), sound)
    for letters, sound in (
        (r"^h", ""),
        (r"[cs]h", "x"),
        (r"([ln])h", r"\1i"),
        (r"ph", "f"),
        (r"g(?=[eiy])", "j"),
        (r"gu(?=[ei])", "g"),
        (r"qu(?=[eiy])|q|k", "k"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"z", "s"),
        (r"m(?![aeiou])", "n"),
        (r"l(?![aeiou])", "u"),
        # At the end they tell "mudei" from "mude" and "trabalhou" from "trabalho".
        (r"ei$", "Y"),
        (r"ou$", "W"),
        (r"ei|y", "e"),
        (r"ou|w", "o"),
        (r"e", "i"),
        (r"o", "u"),
        (r"(.)\1+", r"\1"),
    )
)
# "Perfeitinho", "fechadinhos".
_SMALL = re.compile(r"(?<=\w{3})z?inh([oa]s?)$")
_LAUGH = re.compile(r"(?:k{2,}|(?:rs){2,}|(?:ha|he|hu|ah|hua|kak){2,}[ahk]*)s?")


def is_shorthand(raw: str) -> bool:
    """Tell whether a word as written is one that only chats have: `bora`, `blz`."""
    return raw.lower() in _PLAIN


@lru_cache(maxsize=8192)
def plain_word(raw: str) -> str:
    """Return one word as patterns know it: `NÃOOO` → `nao`, `kero` → `quero`, `fidelidad` → `fidelidade`."""
    if raw in _PLAIN:
        return _PLAIN[raw]
    if raw.lower() == "pará":
        # The accent tells the state from the verb that stops us.
        return "pará"
    word = unaccent(raw).strip("'’´`")
    if "-" in word:
        first, *rest = word.split("-")
        # "Auto-atendimento" and "guarda-chuva" are words of their own; "segunda-feira" and "mandar-lhe" are two.
        return plain_word(first + "".join(rest)) if first in _BOUND else " ".join(map(plain_word, (first, *rest)))
    if word and word[0].isdigit():
        # "2º" and "1a" are ordinals.
        return re.sub(r"[ºª°]$", lambda m: "o" if m[0] in "º°" else "a", raw) if raw[-1] in "ºª°" else word
    word = re.sub(r"['’´`]", "", word)
    if word in _PLAIN:
        return _PLAIN[word]
    if _LAUGH.fullmatch(word):
        return "k"
    word = _DOUBLED.sub(lambda m: m[0][0], _STRETCHED.sub(r"\1", word)) if len(word) > 2 else word
    return _PLAIN.get(word) or mended(word)


def mended(word: str) -> str:
    """Return the known word of which this is a slip, else the word itself: one edit, two from ten letters on."""
    if len(word) < _SHORTEST_SWAPPED or word in _KNOWN or word in _NO_SLIP or not word.isalpha():
        return word
    if (once := _TWICE.sub(r"\1", word)) in _KNOWN:
        return _PLAIN.get(once, once)
    if swapped := _swaps().get(word):
        return _PLAIN.get(swapped, swapped)
    if (small := _SMALL.sub(r"\1", word)) != word and small in _KNOWN:
        return _PLAIN.get(small, small)
    if heard := _sounds().get(_sound(word)):
        return _PLAIN.get(heard, heard)
    if len(word) < _SHORTEST:
        return word
    most = 2 if len(word) >= 10 else 1
    near = process.extractOne(word, _VOCABULARY, scorer=OSA.distance, score_cutoff=most)
    # Who mistypes seldom misses the first letter; other words differ in it.
    if not near or near[0][0] != word[0] or len(near[0]) < (_SHORTEST if near[0] in _SHORT else _SHORTEST_OF_ALL):
        return word
    return _PLAIN.get(near[0], near[0])


def _sound(word: str) -> str:
    """Return how a word sounds, whoever spells it: `disconta` and `desconta`, `meno` and `menu` are one."""
    for letters, one in _SOUNDS:
        word = letters.sub(one, word)
    return word


@cache
def _sounds() -> dict[str, str]:
    """Return the known word of each sound; where two sound alike none is known by it."""
    words: dict[str, set[str]] = {}
    for word in _KNOWN:
        if len(word) >= _SHORTEST or word in _WORDS["sound"]:
            words.setdefault(_sound(word), set()).add(word)
    return {heard: next(iter(same)) for heard, same in words.items() if len(same) == 1}


@cache
def _swaps() -> dict[str, str]:
    """Every word that two neighbouring letters in the wrong order make of a known one: `cetro`, `dpeois`, `mandie`."""
    words = (*_VOCABULARY, *_SWAPPED, *(word for word in _PLAIN if word.isalpha() and len(word) > _SHORTEST))
    found = {
        word[:n] + word[n + 1] + word[n] + word[n + 2 :]: word
        for word in words
        if len(word) >= _SHORTEST_SWAPPED
        for n in range(len(word) - 1)
    }
    return {slip: word for slip, word in found.items() if slip not in _KNOWN and slip not in _NO_SLIP}
