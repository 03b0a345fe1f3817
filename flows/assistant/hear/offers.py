"""What takes or refuses an offer of ours, and what only tells something beside it."""

from __future__ import annotations

import re

from flows.assistant.hear.scene import Scene
from flows.assistant.hear.utterance import Utterance
from flows.assistant.meaning import Item, Meaning, Question

M = Meaning

# What an offer is taken or refused with, in whatever words.
_OF_AN_OFFER = frozenset(
    {
        M.YES,
        M.NO,
        M.NOTICE,
        M.PERSON,
        M.ERASE,
        M.CANCEL,
        M.STOP,
        M.DECLINE,
        M.GO_ON,
        M.LATER,
        M.CHAT,
        M.UNSURE,
        M.GOODBYE,
        M.THANKS,
    }
)
_OFFERED = re.compile(
    r"\b(?:avis\w*|novidade\w*|quero|queria|aceito|precis\w+|pode(?:m|ria)?|chama\w*|apaga\w*|cancela\w*)\b"
)
# What a yes or no may be about where news were offered, and then is about this instead.
TOLD = re.compile(
    r"\b(?:sou|mor[oa]|moramos|conta|fatura|boleto|nome|titular|foto|casa|placa|valor|tenho|pago|meu|minha|dela|dele)\b"
)


def tells_something_else(item: Item, found: list[Item], one: Utterance, scene: Scene) -> bool:
    """ "É no meu nome sim", "ainda não tenho conta de lá": a yes or no within what is told takes or refuses no offer, least of
    all consent to be told of news."""
    clause = next((clause for clause in one.clauses if item.quote in clause.quote), one.whole)
    if _OFFERED.search(clause.said):
        return False
    within = any(
        other.quote != item.quote and item.quote in other.quote and other.meaning not in _OF_AN_OFFER for other in found
    )
    return within or (scene.asked is Question.NOTICE and bool(TOLD.search(clause.said)))
