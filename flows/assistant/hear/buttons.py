"""Answers that point at a button: "1" or "a primeira" of two is the first, which says yes; of a list it is that entry."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.assistant.hear.scene import Scene
from flows.assistant.hear.utterance import Utterance
from flows.assistant.meaning import Item, Meaning, Owner, Question

M, Q = Meaning, Question
# The first of their two buttons says yes, the second says no.
_OF_TWO = frozenset({Q.CONFIRM_PLACE, Q.BILL_OK, Q.HOLDER, Q.NOTICE, Q.CONFIRM_PLAN, Q.PERSON, Q.ERASE})
_POINTS = re.compile(
    r"^(?:(?:e|eh|a|o|ao|no|na|quero|acho que|pode ser|sim|seria|fico com|marca|escolho|opcao|botao|numero|resposta|alternativa|n) )*"
    r"(?:(?P<first>1|1a|1o|um|uma|primeir[oa])|(?P<second>2|2a|2o|dois|duas|segund[oa])|(?P<third>3|3a|3o|tres|terceir[oa]))"
    r"(?: (?:opcao|botao|mesmo|mesma|por favor|sim|ai|entao|viu|alternativa))*$"
)
# With plans on the screen these name a plan, whatever else waits.
_NAMES_PLAN = re.compile(
    r"\b(?:o|no|plano|quero|escolho|fico com) (?:plano )?(?:1|2|3|um|dois|tres|primeiro|segundo|terceiro)\b"
)


def pointed(one: Utterance, scene: Scene) -> Iterator[Item]:
    """Yield what a message means that does nothing but point at one of the buttons shown."""
    asked = scene.asked
    match = _POINTS.match(one.whole.said) if not one.whole.asks else None
    if match is None or asked is None or (scene.offers and _NAMES_PLAN.search(one.whole.said)):
        return
    position = 1 if match["first"] else 2 if match["second"] else 3
    quote, message = one.whole.quote, one.message
    if asked in _OF_TWO and position <= 2:
        yield Item(M.YES if position == 1 else M.NO, quote, message)
    elif asked is Q.CANCEL:
        # Its three: no more messages, the end of a contract, neither.
        yield Item((M.STOP, M.CANCEL, M.NO)[position - 1], quote, message)
    elif asked is Q.UTILITY and position <= len(scene.state.utilities):
        yield Item(M.UTILITY, quote, message, utility=scene.state.utilities[position - 1])
    elif asked is Q.BILL_PLACE and position == 2:
        yield Item(M.NO, quote, message)
    elif asked is Q.BILL_PLACE and position == 1 and scene.state.place:
        # The first button is the place that was known.
        yield Item(M.PLACE, quote, message, places=(scene.state.place,), owner=Owner.BILL)
