"""What wins over everything: stopping our messages, erasing one's data, a person instead of a program (domain.md 11)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from flows.agent.cues import Cue
from flows.agent.draft import ASIDES, Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.words import button
from flows.assistant.place import places
from flows.assistant.place.places import Place
from flows.brazil.folding import fold
from flows.domain import Handoff, Lead, Stage

_SHORT_YES = 4
_WORKING_DAYS = re.compile(r"(\d+) dias? ute?is|(\d+) dia util")
_HOURS = re.compile(r"(\d+) ?h(?:oras?)?\b")
# Where the promise names no time that is understood here, a call this late is late by anybody's measure.
_LATE_ANYHOW = 3
_SATURDAY = 5
_BRASILIA = timedelta(hours=-3)


def opted_out(lead: Lead) -> bool:
    """Tell whether the person stopped our messages."""
    return lead.stage is Stage.OPTED_OUT or lead.opted_out_at is not None


def stop_or_erase(draft: Draft, heard: Heard) -> bool:
    """Honour an opt-out at once and an erasure after one confirmation; True when that settles the turn."""
    waiting = draft.lead.memory.get("asked") == "erase"
    tapped = heard.tapped("erase")
    if waiting and (tapped == "yes" or heard.intents & {Intent.CONFIRM, Intent.ERASE}):
        draft.say("erase.done")
        draft.handoff = Handoff(reason="erase_my_data", summary={"stage": draft.lead.stage.value})
        _stop(draft)
    elif Intent.OPT_OUT in heard.intents:
        if not opted_out(draft.lead):
            draft.say("stop.farewell")
        _stop(draft)
    elif Intent.ERASE in heard.intents or tapped == "yes":
        # A tap on an old button is asked again, too: what is erased does not come back.
        buttons = (button("buttons.erase_yes", "erase:yes"), button("buttons.erase_no", "erase:no"))
        draft.ask_aside("erase", "erase.confirm", buttons)
    else:
        return False
    return True


def come_back(draft: Draft, heard: Heard) -> Heard:
    """Return to the waiting question from an offer that was declined or passed over.

    The burst comes back without its yes or no: that answered the offer, not the question.
    """
    asked = draft.lead.memory.get("asked")
    if asked not in ASIDES:
        return heard
    draft.memory |= {"asked": draft.asked_before, "resume": None}
    if heard.tapped(asked) == "no" or Intent.DENY in heard.intents:
        draft.say("erase.kept" if asked == "erase" else "person.staying")
    return heard.without_yes_or_no()


def wants_person(lead: Lead, heard: Heard) -> bool:
    """Tell whether a person shall take over: asked for, accepted when offered, or needed for somebody under age."""
    if Intent.ASK_HUMAN in heard.intents:
        # "Quando vão me ligar?" asks for the call that is on its way, not for another one.
        return not (lead.stage.closed and Cue.WHEN_CALLED in heard.cues)
    # A long "sim, sou de Recife, mas…" answers something else than "quer que eu chame uma pessoa?".
    short = sum(len(text.split()) for text in heard.texts) <= _SHORT_YES
    # "Tá, é Recife" and "ok, o 2" answer the question that was waiting all along.
    other = any(re.search(r"\d", text) or isinstance(places.find(text), Place) for text in heard.texts)
    accepts = lead.memory.get("asked") == "person" and Intent.CONFIRM in heard.intents and short and not other
    return accepts or Cue.UNDER_AGE in heard.cues


def overdue(lead: Lead, deadline: str, now: datetime) -> bool:
    """Tell whether the call that was promised by `deadline` ("em até 1 dia útil") should have come by `now`.

    False when nobody knows when it was promised. Holidays are not known here; weekends are.
    """
    times = [lead.memory[key] for key in ("handed_over_at", "person_called_at") if lead.memory.get(key)]
    if not times:
        return False
    promised = max(map(datetime.fromisoformat, times))
    said = fold(deadline)
    if hours := _HOURS.search(said):
        return now > promised + timedelta(hours=int(hours[1]))
    days = _WORKING_DAYS.search(said)
    left = int(days[1] or days[2]) if days else _LATE_ANYHOW
    until = promised
    while left > 0:
        until += timedelta(days=1)
        left -= (until + _BRASILIA).weekday() < _SATURDAY
    return now > until


def _stop(draft: Draft) -> None:
    draft.opt_out, draft.stage = True, Stage.OPTED_OUT
    draft.memory |= {"asked": None, "resume": None}
