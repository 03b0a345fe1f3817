"""The rules on a model's words: refused for certain, grounded for certain, or doubtful and a checker's to judge."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flows.assistant.say.check import claims, comparisons, deeds, figures, grounds, manners
from flows.assistant.say.check.clauses import Text, sentences_of
from flows.assistant.say.check.ground import Ground, ground

__all__ = ["Ground", "Outcome", "Verdict", "check", "ground", "sentences_of"]

_MOST, _MOST_OPENING = 1500, 300


class Outcome(StrEnum):
    """What becomes of a model's words."""

    REFUSED = "refused"
    DOUBTFUL = "doubtful"
    GROUNDED = "grounded"


@dataclass(frozen=True)
class Verdict:
    """What the rules found; `codes` name what was refused."""

    outcome: Outcome
    codes: tuple[str, ...] = ()


def check(words: str, ground: Ground, *, opening: bool = False) -> Verdict:
    """Judge a model's words. An `opening` stands before the reviewed sentences, so it asks nothing and says little."""
    text = Text(_without_deadline(words, ground))
    codes = [
        *manners.odd(text, ground, opening=opening),
        *figures.unknown(text, ground),
        *comparisons.contradicted(text, ground),
        *deeds.claimed(text, ground),
        *claims.claimed(text, ground),
    ]
    if not words.strip() or len(words) > (_MOST_OPENING if opening else _MOST):
        codes.append("length")
    if opening and grounds.says_again(text, ground):
        codes.append("repeats")
    if "{" in words or "[[" in words:
        codes.append("placeholder")
    if codes:
        return Verdict(Outcome.REFUSED, tuple(dict.fromkeys(codes)))
    return Verdict(Outcome.GROUNDED if grounds.grounded(text, ground) else Outcome.DOUBTFUL)


def _without_deadline(words: str, ground: Ground) -> str:
    named = bool(ground.deadline) and ground.deadline in ground.said
    return words.replace(ground.deadline, "") if named else words
