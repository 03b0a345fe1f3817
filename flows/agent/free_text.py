"""Which turns a model is asked about: those with free text that the code does not already read with certainty.

Everything else is the playbook's, because a model adds only seconds, cost and risk there: what wins over everything
(stop, erase my data, a person), closed conversations, taps on our own buttons and rows, bills and other files, voice
notes, and answers as short as "sim", "2", "oi" or "obrigada". Domain.md section 0, rule 10: these need no model.
"""

from __future__ import annotations

import re

from flows.agent import leaving
from flows.agent.hearing import Heard, hear
from flows.agent.intents import Intent, detect
from flows.domain import InboundMessage, Turn

_DECIDED_BY_CODE = frozenset({Intent.OPT_OUT, Intent.ERASE, Intent.NOT_INTERESTED, Intent.ASK_HUMAN})
_PLAIN = frozenset(
    {Intent.ACTIVATE, Intent.CONFIRM, Intent.DENY, Intent.CHOOSE, Intent.THANKS, Intent.GREETING, Intent.GOODBYE}
)
_PLAIN_WORDS = 4
_WORD = re.compile(r"[^\W\d_]{2,}")


def wants_a_model(turn: Turn, heard: Heard) -> bool:
    """Tell whether language has to be understood and found, beyond what rules do for certain."""
    lead = turn.lead
    if lead.stage.closed or leaving.opted_out(lead) or lead.memory.get("asked") == "erase":
        return False
    if heard.taps or heard.files or heard.unreadable:
        return False
    if heard.intents & _DECIDED_BY_CODE or leaving.wants_person(lead, heard):
        return False
    return any(not _is_plain(message) for message in turn.messages)


def _is_plain(message: InboundMessage) -> bool:
    """Tell whether rules read this message with certainty, or there are no words in it to read."""
    text = message.text
    heard = hear((message,))
    if heard is None or not _WORD.search(text):
        return True
    if heard.answers or heard.cues or heard.unknown_question or heard.amount is not None:
        return False
    return bool(detect(text, message.payload) & _PLAIN) and len(text.split()) <= _PLAIN_WORDS
