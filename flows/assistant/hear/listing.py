"""Which entry of a numbered list is picked: by its number, its place, or words that only it has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from flows.assistant.hear.plan_words import (
    ALONE,
    BARE_O,
    DECIDES,
    EXCLUDED,
    FOREIGN,
    FOREIGN_ORDINAL,
    LABELLED,
    LAST,
    NUMBERS,
    ORDINAL,
    ORDINALS,
    REFUSES,
    WANTED,
)
from flows.assistant.hear.utterance import Clause
from flows.assistant.hear.wordlist import words_of
from flows.brazil.folding import fold


@dataclass(frozen=True)
class Pick:
    """A position on a list, whether it is plainly meant, and the words."""

    position: int
    certain: bool
    quote: str


def listed(clause: Clause, names: tuple[str, ...]) -> Pick | None:
    """Return which entry of a list of names is picked: by its number, its place, or words that only it has."""
    said = clause.said
    if clause.asks and not DECIDES.search(said):
        return None
    found = by_name(clause, names) or by_number(said, len(names))
    if len(found) != 1 or REFUSES.search(said):
        return None
    return Pick(found.pop(), True, clause.quote)


def by_number(said: str, many: int) -> set[int]:
    """Return every position that the words name by number or place."""
    alone = (ALONE,) if len(said.split()) <= 12 else ()
    for pattern in (*alone, LABELLED, WANTED, BARE_O):
        if hits := [match["value"] for match in pattern.finditer(said)]:
            values = {NUMBERS.get(hit) or int(hit) for hit in hits}
            # "opção 1 ou 2", "o 1 e o 2": a second small number in the text makes it unclear.
            others = {int(n) for n in re.findall(r"\b[1-9]\b", said)}
            return values | others if pattern is not ALONE else values
    if ordinals := {ORDINALS[match["which"]] for match in ORDINAL.finditer(said)}:
        return ordinals
    if foreign := {FOREIGN[match["which"]] for match in FOREIGN_ORDINAL.finditer(said)}:
        return foreign
    return {many} if LAST.search(said) else set()


def excluded(said: str, many: int) -> set[int]:
    """Return the positions that the words say no to."""
    values = {match["value"] or match["denied"] for match in EXCLUDED.finditer(said)}
    positions = {
        NUMBERS.get(v) or (int(v) if v.isdigit() else ORDINALS.get(v[:-1], many if v.startswith("ultim") else 0))
        for v in values
    }
    return {position for position in positions if 1 <= position <= many}


def by_name(clause: Clause, names: tuple[str, ...]) -> set[int]:
    """Whole names first, the longest alone if one contains another; then words that only one entry has."""
    said = fold(clause.quote)
    folded = [fold(name) for name in names]
    whole = {i for i, name in enumerate(folded, 1) if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)}
    if whole:
        kept = {i for i in whole if not any(folded[i - 1] in folded[j - 1] and i != j for j in whole)}
        return kept or {max(whole, key=lambda i: len(folded[i - 1]))}
    words = [set(re.findall(r"[a-z]{2,}", name)) for name in folded]
    own = [mine - set().union(*(w for j, w in enumerate(words) if j != i)) for i, mine in enumerate(words)]
    spoken = {_spelt(word, words) for word in said.split()} - NOT_TELLING
    return {i for i, mine in enumerate(own, 1) if mine & spoken}


def _spelt(word: str, names: list[set[str]]) -> str:
    """Return the word of a listed name of which this is a slip: `intermediaro` → `intermediario`."""
    known = [name for own in names for name in own if len(name) >= 6]
    near = (
        process.extractOne(word, known, scorer=OSA.distance, score_cutoff=1 if len(word) < 9 else 2)
        if len(word) >= 6
        else None
    )
    return near[0] if near else word


# Words of a plan's or place's name that people also say without meaning it.
NOT_TELLING = words_of(
    """
    plano planos de do da com sem meses mes anos desconto fidelidade conta luz energia serena para que quero sim nao
    se em to am pa no na os as um uma ou sao santa santo rio sul norte nova novo grande boa bom bem ok premium
    basico
    """
) - {"premium", "basico"}
