"""What is said beside the journey: reviewed answers to questions, and kind words about what cannot be read here."""

from __future__ import annotations

from collections.abc import Collection

from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.words import faq, say
from flows.domain import Inbound

ASKS_COVERAGE = "atende_minha_cidade"
_IS_ROBOT = "e_robo"
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
    robot = [_IS_ROBOT] if Intent.IS_ROBOT in heard.intents else []
    answers = [faq()[id].answer for id in dict.fromkeys([*robot, *heard.answers]) if id not in without]
    return answers + [say(_CANNOT_READ.get(kind, "heard.unsupported")) for kind in heard.unreadable]
