"""Which distribuidora somebody names in passing, and whether two of its many names mean one company (domain.md 6.6)."""

from __future__ import annotations

from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.intents import looks_like_question
from flows.agent.locating import place_of
from flows.agent.words import plain
from flows.assistant.bill import utilities
from flows.assistant.bill.utilities import Group, Utility

# Longer texts name a distribuidora beside what they are about, and want an answer to that.
_SHORT = 8


def named(text: str, state: str | None) -> Utility | Group | None:
    """Return the distribuidora that a lead's text names; words of everyday language ("luz", "light") name none."""
    return utilities.named(text, state) if utilities.is_named_in(text) else None


def same(one: str | None, other: str | None, state: str | None) -> bool | None:
    """Tell whether two names mean one company; None when either is unknown to us, so that nothing follows from it."""
    first, second = (utilities.by_name(name) or utilities.named(name, state) for name in (one, other))
    if one and other and utilities.fold(one) == utilities.fold(other):
        return True
    if first is None or second is None:
        return None
    return first.name == second.name or _in_group(first, second) or _in_group(second, first)


def known_as(utility: str) -> str:
    """Return a distribuidora as the plans API names it, with the name on the bill where no word of the two is the same:
    `CELPE (Neoenergia Pernambuco)`."""
    name = utilities.canonical(utility)
    if name is None or set(utilities.fold(utility).split()) & set(utilities.fold(name).split()):
        return plain(utility)
    return f"{plain(utility)} ({name})"


def take_utility_named(draft: Draft, heard: Heard) -> bool:
    """Take "é a Cemig" where the place has one distribuidora: right or wrong, it is no riddle. True when it was said.

    A name that fits changes nothing. One that does not is told from the place's own; the bill will show which it is.
    """
    place, known = place_of(draft), draft.known("utility")
    if place is None or draft.known("coverage") != "served" or not known:
        return False
    for text in reversed(heard.texts):
        if looks_like_question(text) or len(text.split()) > _SHORT:
            continue
        own = set(utilities.fold(known).split()) <= set(utilities.fold(text).split())
        said = named(text, place.state)
        if own or (said and same(said.name, known, place.state)):
            draft.say("utility.right", utility=plain(known))
            return True
        if said:
            draft.say("utility.other", utility=plain(known), city=place.city, state=place.state)
            return True
    return False


def _in_group(group: Utility | Group, member: Utility | Group) -> bool:
    if not isinstance(group, Group) or not isinstance(member, Utility):
        return False
    name = utilities.fold(group.name)
    return name in utilities.fold(member.name).split() or name == member.group
