"""Where the lead's bill comes from: takes city and distribuidora out of a burst, and asks for what is missing.

The form's city is confirmed, never asked again; a namesake is asked back, never guessed (domain.md 2.1 and 10.5).
"""

from __future__ import annotations

from flows.agent import intents, place_clues
from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.words import button, plain
from flows.assistant.place import places
from flows.assistant.place.places import Found, OnlyState, Place, Several
from flows.brazil.folding import fold
from flows.domain import Stage

PLACE_QUESTIONS = frozenset({"place", "confirm_place", "which_city"})
_MOST_CANDIDATES = 10


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
    match _found(draft, heard):
        case Place() as place if heard.texts and _is_elsewhere(draft, place, heard.texts):
            told = [state for text in heard.texts if (state := place_clues.state_told(text, expecting=True))]
            draft.memory |= {"elsewhere": place.ibge_code, "form_denied": True}
            draft.memory["state"] = told[-1] if told else draft.known("state")
            return True
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
    if asked == "confirm_place" and (place := _to_confirm(draft)):
        if Intent.CONFIRM in heard.intents:
            return _settle(draft, place)
        if Intent.DENY in heard.intents or tapped == "no":
            draft.memory |= {"form_denied": True, "candidates": None}
            return True
    return False


def ask_place(draft: Draft) -> None:
    """Ask where the bill comes from, by the narrowest question that what is known allows."""
    draft.stage = Stage.AWAITING_PLACE
    candidates = _candidates(draft)
    if len(candidates) > _MOST_CANDIDATES:
        draft.ask("place", first="place.which_state", again="place.which_state", example="place.example")
    elif len(candidates) > 1:
        # Towns around a pin do not share a name.
        first = "place.which" if len({fold(place.city) for place in candidates}) == 1 else "place.which_example"
        draft.ask("which_city", first=first, again=first, example="place.which_example")
        draft.choices([(f"place:{place.ibge_code}", f"{place.city}/{place.state}") for place in candidates])
    elif (state := draft.known("state")) and not candidates:
        first = "place.city_example" if draft.memory.get("elsewhere") else "place.city"
        draft.ask("place", first=first, again=first, example="place.city_example", state=state)
    elif form := _to_confirm(draft):
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
    forgotten = (
        "candidates",
        "elsewhere",
        "state",
        "form_denied",
        "coverage",
        "utility",
        "utilities",
        "chosen",
        "offered",
    )
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


def _found(draft: Draft, heard: Heard) -> Found | None:
    """Return what the burst names: a pin before the words, unless the place is known and was not asked for."""
    current = place_of(draft)
    expecting = draft.asked_before in PLACE_QUESTIONS
    pinned = place_clues.pinned(heard.pins) if expecting or current is None else None
    hint = draft.known("state") or (draft.lead.state if not draft.known("form_denied") else None)
    return pinned or place_clues.found(heard.texts, hint=hint, current=current, expecting=expecting)


def _is_elsewhere(draft: Draft, place: Place, texts: tuple[str, ...]) -> bool:
    """Tell whether a city contradicts the state the lead told: that is asked once, and believed when said again."""
    if draft.known("elsewhere") == place.ibge_code or place_of(draft) is not None:
        return False
    return place_clues.contradicts(place, texts, known=draft.known("state"))


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


def _to_confirm(draft: Draft) -> Place | None:
    """Return the one city that wants a yes: the only one around a pin, or else the form's."""
    candidates = _candidates(draft)
    return candidates[0] if len(candidates) == 1 else _of_the_form(draft)


def _of_the_form(draft: Draft) -> Place | None:
    """Return the city that the form gave, unless the lead denied it or it is no municipality we know."""
    lead = draft.lead
    if not lead.city or draft.known("form_denied"):
        return None
    if lead.state:
        return places.in_state(lead.city, lead.state)
    found = places.find(lead.city, expecting_place=True)
    return found if isinstance(found, Place) else None
