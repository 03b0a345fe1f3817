"""Acts put into one message: reviewed words, a model's words where they pass, and the check on those.

The door of the room. `say` is what a turn calls; `reviewed` needs no model; `reminder` and `apology` answer nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flows.assistant.decide.acts import Act
from flows.assistant.say.message import compose, paragraphs
from flows.assistant.say.names import called
from flows.assistant.say.reminding import apology, reminder, still_reading
from flows.assistant.say.sentences import NEEDS
from flows.assistant.say.voices import Burst, Minds, Said, Speaking, Voice
from flows.assistant.say.wording import names_holder
from flows.domain import Content

__all__ = [
    "NEEDS",
    "Burst",
    "Minds",
    "Said",
    "Voice",
    "apology",
    "called",
    "names_holder",
    "reminder",
    "reviewed",
    "say",
    "still_reading",
]


def reviewed(
    acts: Sequence[Act], known: Mapping[str, Any], *, variant: int = 0, last: Sequence[str] = ()
) -> Content | None:
    """Return the message that these acts make in reviewed words; None where they say nothing.

    `known` are the facts that every act may use (name, persona, deadline, minimum, url, holder); an act's own count
    before them. `variant` and our `last` messages decide between variants of a sentence, so that none leaves twice
    running.
    """
    return compose(paragraphs(acts, known, variant=variant, last=last))


async def say(
    acts: Sequence[Act],
    known: Mapping[str, Any],
    *,
    burst: Burst = Burst(),  # noqa: B008 - frozen
    voice: Voice = Voice.REVIEWED,
    opening: str = "",
    minds: Minds = Minds(),  # noqa: B008 - frozen
    variant: int = 0,
    seconds: float = 8.0,
) -> Said:
    """Say acts in a voice, and in the reviewed one where a model's words do not pass or do not come in time.

    `opening` is the sentence that hearing brought with it (voice opened). `seconds` are for all that is asked of models.
    """
    speaking = Speaking(acts, known, burst, minds, seconds, variant)
    match voice:
        case Voice.OPENED:
            return await speaking.opened(opening)
        case Voice.PHRASED:
            return await speaking.phrased()
    return speaking.reviewed()
