"""What a model's words may lean on: all that the acts say, what the lead wrote, and the plans that are on the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flows.assistant.decide.acts import Act
from flows.assistant.meaning import Question
from flows.assistant.say.check.clauses import Text
from flows.assistant.say.choices import choices
from flows.assistant.say.wording import ShownList
from flows.domain import Offer


@dataclass(frozen=True)
class Ground:
    """The measure of a check.

    `said` is the reviewed text of the acts, `besides` what code knows to be true as well: names, titles of buttons.
    `recalls` is a question that they only remind of, and that may be asked instead.
    `deadline` is when a person speaks with the lead; it may be named where the acts name it.
    """

    said: str
    lead: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    asks: Question | None = None
    recalls: Question | None = None
    besides: tuple[str, ...] = ()
    deadline: str = ""

    @cached_property
    def says(self) -> Text:
        """All that may be said, as one text."""
        listed = [ShownList(self.offers).discounts, ShownList(self.offers).list] if self.offers else []
        return Text("\n".join([self.said, *listed, *self.besides]))

    @cached_property
    def wrote(self) -> Text:
        """What the lead wrote."""
        return Text("\n".join(self.lead))

    @property
    def is_asked(self) -> bool:
        """True where the acts ask something."""
        return "?" in self.said


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
    below = choices(acts)
    besides = [str(known[name]) for name in ("persona", "name") if known.get(name)]
    besides += [*(button.title for button in below.buttons), *(row.title for row in below.rows)]
    return Ground(
        said, tuple(lead), tuple(offers.values()), asking, Question(recalled[-1]) if recalled else None, tuple(besides),
        str(known.get("deadline", "")),
    )  # fmt: skip
