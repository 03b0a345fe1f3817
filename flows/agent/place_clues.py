"""What one burst tells of where the bill comes from: names, a CEP, the distribuidora, a location pin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flows.agent import intents
from flows.assistant.bill import utilities
from flows.assistant.bill.utilities import Utility
from flows.assistant.place import ceps, pins, places
from flows.assistant.place.evidence import state_named
from flows.assistant.place.places import Found, Nothing, OnlyState, Place, Several
from flows.brazil.folding import fold

_ASKS_ABOUT_A_PLACE = re.compile(r"^e (?:em|na|no|aqui|para)\b|\batend\w+|\btem\b.*\b(?:em|na|no)\b")
_FATURA = re.compile(r"\bfaturas?\b")


def found(texts: Sequence[str], *, hint: str | None, current: Place | None, expecting: bool) -> Found | None:
    """Return the last place that a burst speaks of; "Campo Grande" and "MS" in two messages are one place.

    `hint` is the state known before, `current` the place known before, and `expecting` says that we asked.
    """
    # Where we are from says nothing about the lead, not even one without a place yet.
    texts = [text for text in texts if intents.question(text) != "o_que_e_serena"]
    if current is not None:
        # "A Serena é de São Paulo?" does not move the lead there; "e em Olinda?" asks about another home.
        texts = [t for t in texts if not intents.looks_like_question(t) or _ASKS_ABOUT_A_PLACE.search(fold(t))]
    # "fatura" is one letter away from Fartura/SP, and the word leads say most after "conta".
    bare = [expecting and not _FATURA.search(fold(text)) for text in texts]
    # Where the place is known, "é a Celpe" is about the distribuidora and moves nobody.
    told = [state_told(text, expecting=expecting) if current is None or expecting else None for text in texts]
    read = [_read(*one) for one in zip(texts, [state or hint for state in told], told, bare, strict=True)]
    states = [one.state for one in read if isinstance(one, OnlyState)]
    for text, one in zip(reversed(texts), reversed(read), strict=True):
        if isinstance(one, Several) and states:
            one = places.find(text, state=states[-1], expecting_place=expecting)
        if isinstance(one, Place):
            return one
    return next((one for kind in (Several, OnlyState) for one in reversed(read) if isinstance(one, kind)), None)


def pinned(locations: Iterable[Mapping[str, Any]]) -> Found | None:
    """Return what the last pin means that means anything (`pins.read`)."""
    read = [one for location in locations if not isinstance(one := pins.read(location), Nothing)]
    return read[-1] if read else None


def state_told(text: str, *, expecting: bool) -> str | None:
    """Return the state of the CEP in a text, or of a distribuidora that serves only one ("é a Celpe")."""
    if cep := ceps.find(text, expecting=expecting):
        return ceps.state_of(cep)
    if intents.looks_like_question(text) or not utilities.is_named_in(text):
        return None
    match utilities.named(text):
        case Utility(states=(state,)):
            return state
    return None


def contradicts(place: Place, texts: Sequence[str], *, known: str | None) -> bool:
    """Tell whether a city lies in another state than the one the lead told, and was named without its own.

    "Boa viagem" from somebody with the Celpe is a quarter of Recife, and not the town in Ceará. `known` is the state
    told in an earlier turn; a distribuidora or a CEP of this burst goes before it.
    """
    told = [state for text in texts if (state := state_told(text, expecting=True))]
    state = told[-1] if told else known
    return state not in (None, place.state) and all(state_named(text) != place.state for text in texts)


def _read(text: str, state: str | None, told: str | None, expecting: bool) -> Found:
    """Read the place of one text; a CEP or a distribuidora in it (`told`) is the state where nothing says more."""
    one = places.find(text, state=state, expecting_place=expecting)
    if not told or not isinstance(one, Nothing):
        return one
    # Every address of the Distrito Federal is in Brasília.
    return places.find(told, expecting_place=True)
