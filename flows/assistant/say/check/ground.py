"""What a model's words may lean on: all that the acts say, what the lead wrote, and the plans that are on the list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flows.assistant.meaning import Question
from flows.assistant.say.check.clauses import Text, stems
from flows.domain import Offer


@dataclass(frozen=True)
class Ground:
    """The measure of a check.

    `said` is the reviewed text of the acts, `besides` what code knows to be true as well: the plans in words, names, titles
    of buttons. `recalls` is a question that they only remind of, and that may be asked instead.
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
        return Text("\n".join([self.said, *self.besides]))

    @cached_property
    def wrote(self) -> Text:
        """What the lead wrote."""
        return Text("\n".join(self.lead))

    @cached_property
    def is_asked(self) -> bool:
        """True where the acts ask something that wants an answer: "viu?" wants none."""
        return any(sentence.asks for sentence in Text(self.said).sentences)

    def excuses(self, words: str) -> bool:
        """Tell whether the acts say this: word for word, or with the same words in one sentence."""
        if words in self.says.folded:
            return True
        wanted = stems(words)
        # One word of several that means something ("já aparece") says too little to be the same.
        enough = len(wanted) > 1 or " " not in words
        return bool(wanted) and enough and any(wanted <= sentence.stems for sentence in self.says.sentences)
