"""What is said beside the journey: reviewed answers to questions, and kind words about what cannot be read here."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from flows.agent.cues import Cue
from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.noticing import NOT_HERE
from flows.agent.words import faq, reais, say
from flows.domain import Inbound

ASKS_COVERAGE = "atende_minha_cidade"
IS_ROBOT = "e_robo"
_CANNOT_READ = {
    Inbound.AUDIO: "heard.audio",
    Inbound.VIDEO: "heard.video",
    Inbound.LOCATION: "heard.location",
    Inbound.CONTACTS: "heard.contacts",
    Inbound.ORDER: "heard.order",
}


def asides(heard: Heard, *, without: Collection[str] = ()) -> list[str]:
    """Return one paragraph for each question that has a reviewed answer and each kind of message nobody can read.

    `without` are answers that something else in the reply gives better.
    """
    robot = [IS_ROBOT] if Intent.IS_ROBOT in heard.intents else []
    answers = [faq()[id].answer for id in dict.fromkeys([*robot, *heard.answers]) if id not in without]
    return answers + [say(_CANNOT_READ.get(kind, "heard.unsupported")) for kind in heard.unreadable]


def hints(heard: Heard, minimum: Decimal) -> list[str]:
    """Return answers to what leads often say about bill and contract; `minimum` is the programme's, in reais."""
    said = []
    if Cue.SECRET in heard.cues:
        said.append(say("heard.secret"))
    if Cue.MINIMUM in heard.cues:
        said.append(say("bill.minimum", minimum=reais(minimum)))
    if Cue.OTHER_HOLDER in heard.cues:
        said.append(say("bill.other_holder"))
    if Cue.WHEN_STARTS in heard.cues:
        said.append(say("plans.start"))
    return said


def nudges(draft: Draft, heard: Heard) -> list[str]:
    """Return what leads back to the waiting question; whoever is lost gets it in other words."""
    said = []
    if Cue.OTHER_HOLDER in heard.cues:
        draft.memory["other_holder"] = True
    if Cue.COMPARE in heard.cues and draft.asked_before == "plan" and not heard.answers:
        said.append(say("plans.compare"))
    # where there is no plan, nothing goes on
    if Cue.IN_TIME in heard.cues and draft.known("coverage") not in NOT_HERE:
        said.append(say("heard.in_time"))
    if Cue.ALREADY_SENT in heard.cues and draft.asked_before == "bill" and not heard.files:
        said.append(say("bill.not_here"))
    if is_lost(draft, heard) and draft.asked_before:
        times = (draft.known("lost") or 0) + 1
        draft.memory["lost"] = times
        if times > 1 and draft.asked_before == "bill":
            draft.gently = True
            said.append(say("bill.other_way"))
        else:
            draft.memory["tries"] = 2
            said.append(say("heard.lost"))
    return said


def is_lost(draft: Draft, heard: Heard) -> bool:
    """Tell whether somebody does not know how to do what is asked, or cannot find what was explained."""
    if heard.answers:
        return False
    return Cue.LOST in heard.cues or (heard.cannot_send and draft.asked_before == "bill")


def soothe(draft: Draft, heard: Heard) -> list[str]:
    """Return one calm sentence for insults, threats and the complaint of being asked twice (domain.md 2.6)."""
    if heard.upset:
        again = draft.known("upset")
        draft.memory["upset"] = True
        draft.gently = True
        return [say("heard.upset_again" if again else "heard.upset")]
    return [say("heard.repeats")] if heard.repeats and not heard.unreadable else []
