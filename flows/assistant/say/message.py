"""One message out of acts, in reviewed words alone: paragraphs in the acts' order, each sentence once, choices below."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.assistant.decide.acts import Act, Code
from flows.assistant.say.choices import Choices, tappable
from flows.assistant.say.sentences import variants
from flows.assistant.say.wording import Missing, fill
from flows.brazil.folding import fold
from flows.domain import Content

MOST_TEXT, MOST_TEXT_WITH_CHOICES = 4096, 1024
MOST_EMOJI = 2
GREETINGS = frozenset({Code.GREET, Code.GREET_BY_NAME, Code.GREET_CALLS, Code.GREET_BY_NAME_CALLS, Code.PRIVACY})
# What continues the paragraph before it, and with what between them.
_CONTINUES = {
    Code.PRIVACY: "\n",
    Code.SERVED_PLANS: " ",
    Code.STALE: " ",
    Code.NOTICE_ASK: " ",
    Code.NOTICE_NONE: " ",
    Code.TIPS: " ",
    Code.BILL_ONCE_MORE: " ",
    Code.BILL_NEWEST: " ",
    Code.SMALL_LARGER: " ",
    Code.SMALL_AGAIN: " ",
}
_GAP = "\n\n"
# A part that ends with a semicolon is none: the other part would be left hanging.
_WHOLE = re.compile(r"(?<=[.!?…])\s+|\n+")
_EMOJI = frozenset("😊⚡")
log = logging.getLogger(__name__)


class Unsaid(UserWarning):
    """An act was left out because a fact of it is missing. Tests make an error of it."""


@dataclass(frozen=True)
class Paragraph:
    """What one act says."""

    act: Act
    text: str


def paragraphs(
    acts: Sequence[Act], known: Mapping[str, Any], *, variant: int = 0, last: Sequence[str] = ()
) -> tuple[Paragraph, ...]:
    """Return each act in reviewed words. `known` are facts that every act may use: name, persona, deadline, minimum, url.

    Of several variants the `variant`-th is taken, or the next that stands in none of our `last` messages (oldest first), or the
    one that was said longest ago. An act whose
    fact is missing is left out and logged: a person is better told less than shown a hole.
    """
    said = []
    for act in acts:
        facts = {**known, **{name: fact.value for name, fact in act.facts.items()}}
        try:
            said.append(Paragraph(act, _chosen(act.code, facts, variant, last)))
        except LookupError as why:
            missing = why.name if isinstance(why, Missing) else type(why).__name__
            log.error("say: %s is left out, without %s", act.code.value, missing)
            warnings.warn(f"{act.code.value} wants the fact {missing}", Unsaid, stacklevel=2)
    return tuple(said)


def compose(said: Sequence[Paragraph], *, opening: str = "") -> Content | None:
    """Return the message, `opening` after the greeting; None where nothing is said."""
    return content(joined(_with_opening(said, opening)), tappable([paragraph.act for paragraph in said]))


def joined(said: Sequence[Paragraph]) -> str:
    """Return the paragraphs as one text, each sentence once."""
    text = ""
    for paragraph in said:
        own = _without_repeats(paragraph.text, text)
        if own:
            text = f"{text}{_CONTINUES.get(paragraph.act.code, _GAP)}{own}" if text else own
    return text


def content(text: str, below: Choices) -> Content | None:
    """Return a text with its choices, within WhatsApp's limits; too long for choices means text alone."""
    text = _few_emoji(text.strip())
    if not text:
        return None
    fits = len(text) <= MOST_TEXT_WITH_CHOICES
    return Content(
        text=text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…",
        # Every question can also be answered in words, so the choices are what may go.
        buttons=below.buttons if fits else (),
        rows=below.rows if fits else (),
        **({"list_label": below.label} if below.rows else {}),
    )


def _chosen(code: Code, facts: Mapping[str, Any], variant: int, last: Sequence[str]) -> str:
    ways = variants(code)
    texts = [fill(ways[(variant + n) % len(ways)], facts) for n in range(len(ways))]
    return min(texts, key=lambda text: max((n for n, before in enumerate(last, 1) if text in before), default=0))


def _with_opening(said: Sequence[Paragraph], opening: str) -> list[Paragraph]:
    greeted = next((n for n, paragraph in enumerate(said) if paragraph.act.code not in GREETINGS), len(said))
    own = [Paragraph(_OPENING, opening)] if opening else []
    return [*said[:greeted], *own, *said[greeted:]]


def _without_repeats(text: str, before: str) -> str:
    """Leave out the sentences that the message says already."""
    known = {fold(sentence) for sentence in _WHOLE.split(before)}
    for sentence in _WHOLE.split(text):
        if fold(sentence) in known and fold(sentence):
            text = text.replace(sentence, "", 1).replace("  ", " ")
        known.add(fold(sentence))
    return text.strip()


def _few_emoji(text: str) -> str:
    """Keep the first emoji of a message and drop those beyond the allowed number (docs/domain.md 2.3)."""
    kept, seen = "", 0
    for character in text:
        seen += character in _EMOJI
        if character in _EMOJI and seen > MOST_EMOJI:
            kept = kept.rstrip(" ")
        else:
            kept += character
    return kept


_OPENING = Act(Code.THANKS)
