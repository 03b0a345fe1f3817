"""Where the lead's bill comes from: takes city and distribuidora out of a burst, and asks for what is missing.

The form's city is confirmed, never asked again; a namesake is asked back, never guessed (domain.md 2.1 and 10.5).
"""

from __future__ import annotations

import re

from flows.agent import intents, places
from flows.agent.draft import Draft
from flows.agent.folding import fold
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.places import OnlyState, Place, Several
from flows.agent.words import button, plain
from flows.domain import Stage

PLACE_QUESTIONS = frozenset({"place", "confirm_place", "which_city"})
_MOST_CANDIDATES = 10
_ASKS_ABOUT_A_PLACE = re.compile(r"^e (?:em|na|no|aqui|para)\b|\batend\w+|\btem\b.*\b(?:em|na|no)\b")


def place_of(draft: Draft) -> Place | None:
    """Return the place the lead confirmed or named."""
    code = draft.known("place")
    return places.by_code(code) if code else None


def take_place(draft: Draft, heard: Heard) -> bool:
    """Take the place a burst names, confirms or denies; True when that was understood."""
    tapped = heard.tapped("place") or ""
    if tapped.isdigit() and (place := places.by_code(int(tapped))):
        return _settle(draft, place)
    asked = draft.asked_before
    match _found(draft, heard.texts):
        case Place() as place:
            return _settle(draft, place)
        case Several(candidates=candidates) if asked != "which_city" and place_of(draft) not in candidates:
            draft.memory["candidates"] = [place.ibge_code for place in candidates]
            return True
        case OnlyState(state=state) if asked in PLACE_QUESTIONS or place_of(draft) is None:
            return _take_state(draft, state)
        case OnlyState(state=state) if (known := place_of(draft)) and known.state == state:
            return True
    if asked == "which_city" and (place := _picked(draft, heard)):
        return _settle(draft, place)
    if asked == "confirm_place" and (place := _of_the_form(draft)):
        if Intent.CONFIRM in heard.intents:
            return _settle(draft, place)
        if Intent.DENY in heard.intents or tapped == "no":
            draft.memory["form_denied"] = True
            return True
    return False


def ask_place(draft: Draft) -> None:
    """Ask where the bill comes from, by the narrowest question that what is known allows."""
    draft.stage = Stage.AWAITING_PLACE
    candidates = _candidates(draft)
    if len(candidates) > _MOST_CANDIDATES:
        draft.ask("place", first="place.which_state", again="place.which_state", example="place.example")
    elif candidates:
        draft.ask("which_city", first="place.which", again="place.which", example="place.which_example")
        draft.choices([(f"place:{place.ibge_code}", f"{place.city}/{place.state}") for place in candidates])
    elif state := draft.known("state"):
        first = "place.city"
        draft.ask("place", first=first, again=first, example="place.city_example", state=state)
    elif form := _of_the_form(draft):
        keys = {"first": "place.confirm", "again": "place.confirm_again", "example": "place.confirm_example"}
        draft.ask("confirm_place", **keys, city=form.city, state=form.state)
        yes = button("buttons.place_yes", f"place:{form.ibge_code}")
        draft.buttons = (yes, button("buttons.place_no", "place:no"))
    elif draft.known("form_denied"):
        draft.ask("place", first="place.other", again="place.again", example="place.example")
    else:
        draft.ask("place", first="place.ask", again="place.again", example="place.example")


def take_utility(draft: Draft, heard: Heard) -> bool:
    """Take the distribuidora where a city has several; True when one of them was named."""
    names = draft.known("utilities") or []
    if not names or draft.known("utility"):
        return False
    tapped = heard.tapped("utility")
    picked = next((name for name in names if tapped and name[:180] == tapped), None)
    for text in reversed(heard.texts if picked is None else ()):
        if number := intents.choice(text, len(names), names):
            picked = names[number - 1]
            break
        words = set(fold(text).split())
        named = [name for name in names if set(fold(name).split()) <= words]
        if len(named) == 1:
            picked = named[0]
            break
    if picked is None:
        return False
    draft.memory |= {"utility": picked, "utilities": None, "coverage": None}
    return True


def ask_utility(draft: Draft, place: Place, names: list[str]) -> None:
    """Ask which distribuidora is on the bill."""
    draft.stage = Stage.AWAITING_PLACE
    listed = ", ".join(plain(name, 40) for name in names[:_MOST_CANDIDATES])
    keys = {"first": "utility.ask", "again": "utility.again", "example": "utility.example"}
    draft.ask("utility", **keys, city=place.city, state=place.state, names=listed)
    draft.choices([(f"utility:{name[:180]}", plain(name)) for name in names])


def _settle(draft: Draft, place: Place) -> bool:
    """Note the place. Another place than before makes everything that was read for that one worthless."""
    before = place_of(draft)
    if before == place:
        return draft.asked_before in PLACE_QUESTIONS
    if before is not None:
        draft.say("place.noted", city=place.city, state=place.state)
    draft.facts |= {"city": place.city, "state": place.state, "ibge_code": place.ibge_code}
    forgotten = ("candidates", "state", "form_denied", "coverage", "utility", "utilities", "chosen", "offered")
    draft.memory |= dict.fromkeys(forgotten) | {"place": place.ibge_code}
    return True


def _take_state(draft: Draft, state: str) -> bool:
    form = _of_the_form(draft)
    if form and form.state == state:
        # Recife of the form and "sou de Pernambuco" agree: the city still wants its yes.
        return True
    options = [place for place in _candidates(draft) if place.state == state]
    if len(options) == 1:
        return _settle(draft, options[0])
    codes = [place.ibge_code for place in options]
    draft.memory |= {"candidates": codes or None, "state": state, "form_denied": True}
    return True


def _found(draft: Draft, texts: tuple[str, ...]) -> object:
    """Return the last place that a burst speaks of; "Campo Grande" and "MS" in two messages are one place."""
    current = place_of(draft)
    expecting = draft.asked_before in PLACE_QUESTIONS
    if current is not None:
        # "A Serena é de São Paulo?" does not move the lead there; "e em Olinda?" asks about another home.
        texts = tuple(t for t in texts if not intents.looks_like_question(t) or _ASKS_ABOUT_A_PLACE.search(fold(t)))
    hint = draft.known("state") or (draft.lead.state if not draft.known("form_denied") else None)
    # "fatura" is one letter away from Fartura/SP, and the word leads say most after "conta".
    bare = [expecting and not re.search(r"\bfaturas?\b", fold(text)) for text in texts]
    found = [places.find(text, state=hint, expecting_place=b) for text, b in zip(texts, bare, strict=True)]
    states = [f.state for f in found if isinstance(f, OnlyState)]
    for text, one in zip(reversed(texts), reversed(found), strict=True):
        if isinstance(one, Several) and states:
            one = places.find(text, state=states[-1], expecting_place=expecting)
        if isinstance(one, Place):
            return one
    return next((f for kind in (Several, OnlyState) for f in reversed(found) if isinstance(f, kind)), None)


def _picked(draft: Draft, heard: Heard) -> Place | None:
    """Return the candidate that a lead means by its number or name."""
    options = _candidates(draft)
    names = [f"{place.city} {place.state}" for place in options]
    for text in reversed(heard.texts):
        if number := intents.choice(text, len(options), names):
            return options[number - 1]
    return None


def _candidates(draft: Draft) -> list[Place]:
    """Return the namesakes to choose from: those of the lead's last words, or of a form that gave no state."""
    codes = draft.known("candidates")
    if codes is None and draft.lead.city and not draft.lead.state and not draft.known("form_denied"):
        found = places.find(draft.lead.city, expecting_place=True)
        return list(found.candidates) if isinstance(found, Several) else []
    return [place for code in codes or () if (place := places.by_code(code))]


def _of_the_form(draft: Draft) -> Place | None:
    """Return the city that the form gave, unless the lead denied it or it is no municipality we know."""
    lead = draft.lead
    if not lead.city or draft.known("form_denied"):
        return None
    if lead.state:
        return places.in_state(lead.city, lead.state)
    found = places.find(lead.city, expecting_place=True)
    return found if isinstance(found, Place) else None
