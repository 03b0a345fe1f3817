"""What wins over everything: stopping our messages, erasing one's data, a person instead of a program (domain.md 11)."""

from __future__ import annotations

from flows.agent.cues import Cue
from flows.agent.draft import ASIDES, Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.words import button
from flows.domain import Handoff, Lead, Stage

_SHORT_YES = 4


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
    accepts = lead.memory.get("asked") == "person" and Intent.CONFIRM in heard.intents and short
    return accepts or Cue.UNDER_AGE in heard.cues


def _stop(draft: Draft) -> None:
    draft.opt_out, draft.stage = True, Stage.OPTED_OUT
    draft.memory |= {"asked": None, "resume": None}
