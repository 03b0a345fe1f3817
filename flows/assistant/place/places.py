"""Which municipality a person means: from an answer, or from a sentence nobody asked for (domain.md 4.5, 10.5)."""

from __future__ import annotations

from dataclasses import dataclass

from flows.assistant.place.evidence import Evidence
from flows.assistant.place.gazetteer import Place, by_code, capital, in_state, uf
from flows.assistant.place.mentions import Message

__all__ = ["Found", "Nothing", "OnlyState", "Place", "Several", "by_code", "find", "in_state", "uf"]


@dataclass(frozen=True, slots=True)
class Several:
    """More than one municipality fits; the lead must say which. Capitals and large cities come first."""

    candidates: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class OnlyState:
    """A state was named, and no city that lies in it."""

    state: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """The text names no place."""


Found = Place | Several | OnlyState | Nothing


def find(text: str, *, state: str | None = None, expecting_place: bool = False) -> Found:
    """Read the municipality a message names.

    `state` is what is known already and decides between homonyms; a state in the message overrules it.
    `expecting_place` says that we asked: then a bare name is an answer, and small typing errors are forgiven.
    """
    message = Message(text)
    known = uf(state) if state else None
    evidence = Evidence(message, known, expecting_place)
    said = evidence.state()
    longer = evidence.misspelt(said, whole=True)
    best = [longer] if longer else evidence.cities() or [evidence.misspelt(said)]
    if any(best):
        return _decide(best, said, known)
    if said and (said == "DF" or evidence.names_capital(said)):
        return capital(said)
    if said:
        return OnlyState(said)
    if known and evidence.names_capital(known) and (expecting_place or len(message.words) < 8):
        return capital(known)
    return Nothing()


def _decide(groups: list[tuple[Place, ...]], said: str | None, known: str | None) -> Found:
    candidates = tuple(dict.fromkeys(place for group in groups for place in group))
    if said:
        candidates = tuple(p for p in candidates if p.state == said)
        # "Taguatinga DF", "Vila X, DF": every address of the Distrito Federal is in Brasília.
        if said == "DF":
            return capital("DF")
        if not candidates:
            return OnlyState(said)
    elif known and len(candidates) > 1:
        candidates = tuple(p for p in candidates if p.state == known) or candidates
    return candidates[0] if len(candidates) == 1 else Several(candidates)
