"""Acts put into one message: reviewed words, a model's words where they pass, and the check on those.

The door of the room: `reviewed` (no model), `reminder`, `apology`, `called`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flows.assistant.decide.acts import Act
from flows.assistant.say.message import compose, paragraphs
from flows.assistant.say.naming import called
from flows.assistant.say.reminding import apology, reminder
from flows.assistant.say.sentences import NEEDS
from flows.domain import Content

__all__ = ["NEEDS", "apology", "called", "reminder", "reviewed"]


def reviewed(
    acts: Sequence[Act], known: Mapping[str, Any], *, variant: int = 0, last: Sequence[str] = ()
) -> Content | None:
    """Return the message that these acts make in reviewed words; None where they say nothing.

    `known` are the facts that every act may use (name, persona, deadline, minimum, url); an act's own count before them.
    `variant` and our `last` messages decide between variants of a sentence, so that none leaves twice running.
    """
    return compose(paragraphs(acts, known, variant=variant, last=last))
