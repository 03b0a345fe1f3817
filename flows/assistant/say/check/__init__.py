"""The rules on a model's words: refused for certain, grounded for certain, or doubtful and a checker's to judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flows.assistant.decide.acts import Act
from flows.assistant.knowledge import entries
from flows.assistant.meaning import Question
from flows.assistant.say.check import claims, comparisons, deeds, harmless, invented, manners
from flows.assistant.say.check.clauses import Text, sentences_of
from flows.assistant.say.check.ground import Ground
from flows.assistant.say.choices import tappable
from flows.assistant.say.wording import ShownList, called_when
from flows.domain import Contact, Offer

__all__ = ["Ground", "Ruling", "Verdict", "check", "ground", "sentences_of"]

_MOST, _MOST_OPENING = 1500, 300
# Answers that hold at any moment, whatever is said: a program writes, a person can be called, nobody has to send the bill.
_ALWAYS_TRUE = ("e_robo", "cnpj_reputacao")


class Ruling(StrEnum):
    """What becomes of a model's words."""

    REFUSED = "refused"
    DOUBTFUL = "doubtful"
    GROUNDED = "grounded"


@dataclass(frozen=True)
class Verdict:
    """What the rules found; `codes` name what was refused."""

    outcome: Ruling
    codes: tuple[str, ...] = ()


def ground(acts: Sequence[Act], known: Mapping[str, Any], said: str, lead: Sequence[str]) -> Ground:
    """Return what the words for these acts may lean on."""
    offers: dict[int, Offer] = {}
    for act in acts:
        for name in ("offers", "offer"):
            value = act.facts[name].value if name in act.facts else ()
            offers |= {
                one.plan_id: one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Offer)
            }
    asking = next((act.asks for act in reversed(acts) if act.asks), None)
    recalled = [act.code.value.partition(".")[2] for act in acts if act.code.value.startswith("recall.")]
    below, listed = tappable(acts), tuple(offers.values())
    besides = [ShownList(listed).discounts, ShownList(listed).list] if listed else []
    besides += [entries()[id].answer for id in _ALWAYS_TRUE]
    besides += [str(known[name]) for name in ("persona", "name") if known.get(name)]
    besides += [*(button.title for button in below.buttons), *(row.title for row in below.rows)]
    return Ground(
        said,
        tuple(lead),
        listed,
        asking,
        Question(recalled[-1]) if recalled else None,
        tuple(besides),
        next((_named(act) for act in acts if "deadline" in act.facts), str(known.get("deadline", ""))),
    )


def check(words: str, ground: Ground, *, opening: bool = False) -> Verdict:
    """Judge a model's words. An `opening` stands before the reviewed sentences, so it asks nothing and says little."""
    text = Text(_without_deadline(words, ground))
    codes = [
        *manners.odd(text, ground, opening=opening),
        *invented.unknown(text, ground),
        *comparisons.contradicted(text, ground),
        *deeds.claimed_deeds(text, ground),
        *claims.claimed(text, ground),
        *harmless.news(text, ground),
    ]
    if not words.strip() or len(words) > (_MOST_OPENING if opening else _MOST):
        codes.append("length")
    if opening and harmless.says_again(text, ground):
        codes.append("repeats")
    if opening and harmless.of_the_house(text, ground):
        codes.append("facts")
    if "{" in words or "[[" in words:
        codes.append("placeholder")
    if codes:
        return Verdict(Ruling.REFUSED, tuple(dict.fromkeys(codes)))
    return Verdict(Ruling.GROUNDED if harmless.grounded(text, ground) else Ruling.DOUBTFUL)


def _named(act: Act) -> str:
    when = act.facts["deadline"].value
    return called_when(when) if isinstance(when, Contact) else str(when)


def _without_deadline(words: str, ground: Ground) -> str:
    named = bool(ground.deadline) and ground.deadline in ground.said
    return words.replace(ground.deadline, "") if named else words
