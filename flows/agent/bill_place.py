"""Where the bill is from: it gives a place to a lead without one, and is asked about when it contradicts the known.

Another state is never guessed away (domain.md 2.1, step 5). A bill that stays from elsewhere than the lead's place is
left to a person.
"""

from __future__ import annotations

from dataclasses import replace

from flows.agent import intents, locating
from flows.agent.bill_memory import BillMemory
from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.words import say
from flows.assistant.place import places
from flows.assistant.place.places import OnlyState, Place, Several


def settle(draft: Draft, heard: Heard, bill: BillMemory) -> None:
    """Make the bill's place the lead's, where the lead had named or confirmed none."""
    if bill.place and locating.place_of(draft) is None:
        _move(draft, heard, bill.place)


def ask(draft: Draft, bill: BillMemory, known: Place) -> None:
    """Ask whether the place that is `known` or the bill's is right."""
    other = bill.place
    here = f"{known.city}/{known.state}"
    there = f"{other.city}/{other.state}" if other else (bill.record or {})["state"]
    key = "reading.which_place" if other else "reading.which_city"
    draft.ask("bill_place", first=key, again=key, example=key, insist=True, bill=there, known=here)
    no = (f"place:{other.ibge_code}", there) if other else ("place:no", say("buttons.place_no"))
    draft.choices([(f"place:{known.ibge_code}", here), no])


def take(draft: Draft, heard: Heard, bill: BillMemory) -> bool:
    """Take which of the two is right, or a third; True when that was understood."""
    state = (bill.record or {})["state"]
    picked = _picked(heard, bill)
    if picked is None and (heard.tapped("place") == "no" or Intent.DENY in heard.intents):
        # Not the place that was known: the journey asks for the city, in the state that the bill shows.
        draft.memory |= {"place": None, "form_denied": True, "state": state, "coverage": None}
        bill.note(city_first=True)
        return True
    if picked is None:
        return False
    _move(draft, heard, picked)
    draft.memory["asked"] = None
    if picked.state != state:
        bill.doubt("place_differs")
    return True


def _picked(heard: Heard, bill: BillMemory) -> Place | None:
    known = bill.known_place
    if (tapped := heard.tapped("place")) and tapped.isdigit():
        return places.by_code(int(tapped))
    two = [place for place in (known, bill.place) if place]
    for text in reversed(heard.texts):
        found = places.find(text, expecting_place=True)
        meant = [place for place in two if _fits(place, found)]
        if isinstance(found, Place) or len(meant) == 1:
            return found if isinstance(found, Place) else meant[0]
        if number := intents.choice(text, len(two), [f"{place.city} {place.state}" for place in two]):
            return two[number - 1]
    return known if len(two) == 1 and Intent.CONFIRM in heard.intents else None


def _fits(place: Place, found: places.Found) -> bool:
    """Tell whether a state alone ("a de Minas") or a name with several homes can mean this place."""
    if isinstance(found, Several):
        return place in found.candidates
    return isinstance(found, OnlyState) and found.state == place.state


def _move(draft: Draft, heard: Heard, place: Place) -> None:
    """Let the journey hear the place as if its button had been tapped, with all that follows from it."""
    locating.take_place(draft, replace(heard, taps=(f"place:{place.ibge_code}",), texts=()))
