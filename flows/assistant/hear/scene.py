"""What a burst of messages is heard in, and what hearing it gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flows.assistant.meaning import Question, Reading
from flows.assistant.mind import Spent
from flows.assistant.state import State
from flows.domain import Line, Offer

PLACE_QUESTIONS = frozenset({Question.PLACE, Question.CONFIRM_PLACE, Question.WHICH_CITY, Question.BILL_PLACE})


@dataclass(frozen=True)
class Scene:
    """The moment in which somebody writes. `offers` are the plans shown to this lead, as numbered, for the place that
    counts; `form` the IBGE codes that the form may mean; `lines` the last of the transcript, without the burst; `wishes` the
    places (IBGE codes) of which they wait to be told."""

    state: State
    today: date
    offers: tuple[Offer, ...] = ()
    name: str | None = None
    form: tuple[int, ...] = ()
    lines: tuple[Line, ...] = ()
    wishes: tuple[int, ...] = ()

    @property
    def asked(self) -> Question | None:
        """The question that a bare yes or no answers."""
        return self.state.asked

    @property
    def chooses(self) -> bool:
        """True while a plan is chosen: the list was shown and its question waits, or nothing else does.

        Elsewhere a plan may be chosen too ("quero o 2" while the bill is asked for), but a bare number names none.
        """
        if not self.offers:
            return False
        return self.state.asked in (None, Question.PLAN, Question.CONFIRM_PLAN) or self.state.waiting is Question.PLAN

    @property
    def reads_back(self) -> bool:
        """True while a bill was read back and the lead may answer to that."""
        state, of_it = self.state, (Question.BILL_OK, Question.BILL_WRONG)
        return state.asked in of_it or state.waiting in of_it or (state.bill is not None and state.bill.step.open)


@dataclass(frozen=True)
class Heard:
    """What a burst means and who says so: `by` is "taps", "rules" or the model's name.

    `opening` is one sentence of the model's that answers what the person said, `note` its line for the consultant;
    `guessed` is what the rules alone took where a model was asked, `fallback` why that model did not count.
    """

    reading: Reading
    by: str
    opening: str = ""
    note: str = ""
    guessed: Reading | None = None
    spent: Spent = Spent()
    fallback: str | None = None
