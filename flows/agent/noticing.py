"""Places without plans: offers to tell the lead when that changes, and takes the answer as consent (domain.md 2.6)."""

from __future__ import annotations

import re

from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent, looks_like_question
from flows.agent.words import button
from flows.assistant.place.places import Place
from flows.brazil.folding import fold

NOT_HERE = frozenset({"not_served", "no_plan"})


def offer_notice(draft: Draft) -> None:
    """Put the two buttons under a text that asks "quer que eu te avise?"."""
    draft.buttons = (button("buttons.notify_yes", "notify:yes"), button("buttons.notify_no", "notify:no"))
    draft.memory |= {"asked": "notify", "resume": None}


def take_notice(draft: Draft, heard: Heard, place: Place | None) -> bool:
    """Take consent to be told, given or refused, with its time (LGPD art. 8); False when nothing was said of it."""
    if draft.asked_before != "notify" or place is None or draft.known("coverage") not in NOT_HERE:
        return False
    tapped = heard.tapped("notify")
    if tapped == "yes" or Intent.CONFIRM in heard.intents:
        draft.say("coverage.notify_yes", city=place.city, state=place.state)
        draft.memory["coverage_notice"] = "granted"
    elif tapped == "no" or heard.intents & {Intent.DENY, Intent.NOT_INTERESTED} or _declines(heard):
        draft.say("coverage.notify_no")
        draft.memory["coverage_notice"] = "declined"
    else:
        return False
    draft.memory |= {"coverage_notice_at": draft.now.isoformat(), "asked": None}
    return True


def _declines(heard: Heard) -> bool:
    said = [fold(text) for text in heard.texts if not looks_like_question(text)]
    return any(re.search(r"\b(?:nao|nem) (?:precis\w+|quer\w*|avis\w+)\b", text) for text in said)


def stay_closed(draft: Draft, heard: Heard, place: Place, *, kept: bool) -> None:
    """There is nothing to qualify for here: repeat the unanswered offer, else say so now and then.

    `kept` says that a bill came: it is welcome, and the lead learns that it changes nothing yet.
    """
    if draft.known("asked") == "notify":
        keys = dict.fromkeys(("first", "again", "example"), "coverage.notify_again")
        draft.ask("notify", **keys, city=place.city, state=place.state)
        return offer_notice(draft)
    if kept or not (draft.paragraphs or heard.intents & {Intent.CONFIRM, Intent.DENY}):
        draft.say_rarely("coverage.still_closed", city=place.city, state=place.state)
