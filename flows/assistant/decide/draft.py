"""What a decision is made from, what it consists of, and the decision in the making: all of it values, none of it clients."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flows.assistant.decide.acts import Act, Code, Fact, Source, recall_of
from flows.assistant.meaning import ASIDES, Item, Meaning, Mood, Question, Reading
from flows.assistant.state import Ended, Note, State
from flows.domain import BillReceipt, Contact, Coverage, Handoff, Inbound, Offer, Qualification, Stage


@dataclass(frozen=True)
class Terms:
    """What the company promises and requires. `deadline` completes "um consultor fala com você …", and so does `as_asked`
    where the lead said when or how it suits; reais."""

    persona: str = "Sílvia"
    deadline: str = "em até 1 dia útil"
    minimum: Decimal = Decimal(200)
    privacy_notice: bool = False
    notices: bool = True  # whether who asks to be told of plans can be (there is a template for it)
    as_asked: str = "conforme combinado"


@dataclass(frozen=True)
class Form:
    """What the forms say of the bill: its place (IBGE codes; several for namesakes, or of two forms `apart`) and its value."""

    places: tuple[int, ...] = ()
    amount: Decimal | None = None
    apart: bool = False


@dataclass(frozen=True)
class Case:
    """One burst of a lead, understood, with all that the world has answered so far.

    `coverage` is keyed by IBGE code and the distribuidora that was asked for. `files` are the receipts of the files that
    came with the burst, in order. `contact` tells when the team speaks with who was promised it in some words at an instant,
    and is told of it now. `wishes` are the places of which the lead waits to be told. `same`: whether two names mean one
    distribuidora in a UF, None where either is unknown. `introduced`: somebody of another name than the lead's writes."""

    state: State
    reading: Reading
    now: datetime
    stage: Stage = Stage.INITIAL
    qualification: Qualification = Qualification.NEW
    named: bool = False
    introduced: bool = False
    form: Form = Form()
    offers: tuple[Offer, ...] = ()
    bills: int = 0
    wishes: Collection[int] = ()
    files: tuple[BillReceipt, ...] = ()
    unreadable: tuple[Inbound, ...] = ()
    coverage: Mapping[tuple[int, str | None], Coverage] = field(default_factory=dict)
    terms: Terms = Terms()
    opted_out: bool = False
    taken_over: bool = False
    note: str = ""  # a line for the consultant, by a model that heard; nothing is decided by it
    ours_last: bool = True  # False when a person of the team wrote the last of our messages
    contact: Callable[[str, datetime, datetime], Contact] = lambda words, asked_at, now: Contact(words, now, now, now)
    same: Callable[[str | None, str | None, str | None], bool | None] = lambda one, other, state: (
        None if one is None or other is None else one == other
    )


class Look(Exception):
    """The world has to be asked first: what Serena sells at this place. The decision is then made again, from the start."""

    def __init__(self, place: int, utility: str | None) -> None:
        self.place, self.utility = place, utility
        super().__init__("coverage of a place is needed")


@dataclass(frozen=True)
class Decision:
    """What the assistant knows now, what it says, and what becomes of the lead.

    `facts` are columns of the lead to change. `consent` is (IBGE code, given) when the lead answered whether to be told
    of plans; None for a code means every place. `served` is the place of which the lead reads that there are plans:
    a wish to be told of it is kept by that. Nothing said means silence.
    """

    state: State
    acts: tuple[Act, ...] = ()
    stage: Stage | None = None
    qualification: Qualification | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()
    chosen: int | None = None
    handoff: Handoff | None = None
    opt_out: bool = False
    consent: tuple[int | None, bool] | None = None
    served: int | None = None


# After a conversation closed, the same assurance is not sent again within this time (docs/domain.md 2.2).
_QUIET = timedelta(hours=12)
# A question is asked twice running at most; the third time it is only recalled.
MOST_TIMES = 2
_MOST_NOTES, _MOST_NOTE = 12, 200
_NO_HURRY = frozenset({Code.NO_HURRY, Code.BILL_LATER, Code.PLANS_LATER})


class Draft:
    """Collects acts, one question, and every change to the lead. `state` is as this turn has changed it so far."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.reading: Reading = case.reading
        self.state: State = case.state
        self.acts: list[Act] = []
        self.stage: Stage | None = None
        self.qualification: Qualification | None = None
        self.facts: dict[str, Any] = {}
        self.offers: tuple[Offer, ...] = ()
        self.chosen: int | None = None
        self.handoff: Handoff | None = None
        self.opt_out = False
        self.consent: tuple[int | None, bool] | None = None
        self.served: int | None = None
        # True when a model noted something for the consultant that was not known.
        self.model_noted = False
        # True when a waiting question is better recalled than asked once more.
        self.gently = case.reading.mood in (Mood.UPSET, Mood.SAD)

    def know(self, **changes: Any) -> None:
        """Change what is known."""
        self.state = type(self.state)(**{**self.state.__dict__, **changes})

    def say(self, code: Code, **facts: Fact) -> None:
        self.acts.append(Act(code, facts))

    def say_rarely(self, code: Code, **facts: Fact) -> bool:
        """Say a closing sentence unless one went out in the last twelve hours; tell whether it is said."""
        if rarely := self.rarely(code):
            self.say(code, **facts)
        return rarely

    def rarely(self, code: Code) -> bool:
        """Tell whether a closing sentence may be said now, and note that it is.

        Whoever waits for a person of the team is kept waiting by no other sentence than this very one.
        """
        last = self.state.closing_sent_at
        quiet = last is not None and self.case.now - last < _QUIET
        if quiet and (self.state.closing == code or not self.state.person_has_it):
            return False
        self.know(closing=code.value, closing_sent_at=self.case.now)
        return True

    def deadline(self, asked_at: datetime | None = None) -> Fact:
        """Return when a person speaks with who asked now or then: our own time is not promised against what the lead asked."""
        said = self.state.said_when
        return Fact(self.case.terms.as_asked if said else self.promised(asked_at or self.case.now), Source.TERMS)

    def promised(self, asked_at: datetime) -> Contact:
        """Return when a person speaks with who asked for it then."""
        return self.case.contact(self.case.terms.deadline, asked_at, self.case.now)

    def greet(self, *, calls: bool = False) -> bool:
        """Introduce the assistant, say that it is automatic, link the privacy notice: once in a lifetime. `calls`: a person is
        being called, so that none is offered."""
        if self.state.greeted:
            return False
        codes = (Code.GREET, Code.GREET_CALLS)
        if self.case.named and not self.case.introduced and not self.state.disowned:
            codes = (Code.GREET_BY_NAME, Code.GREET_BY_NAME_CALLS)
        self.say(codes[calls], persona=Fact(self.case.terms.persona, Source.TERMS))
        if self.case.terms.privacy_notice:
            self.say(Code.PRIVACY)
        self.know(greeted=True)
        self.in_progress()
        return True

    def said(self, *codes: Code) -> bool:
        return any(act.code in codes for act in self.acts)

    def ask(
        self,
        question: Question,
        first: Code,
        again: Code,
        *,
        fresh: bool = False,
        choices: Iterable[str] = (),
        **facts: Fact,
    ) -> None:
        """Ask the next question: in full, then shorter, then only recall it, so that nobody reads it three times running.

        `fresh` says that it asks of something new, like another bill, and is another question therefore.
        """
        waits = self.state.waiting is question and not fresh
        times = self.state.times if waits else 0
        if waits and (times >= MOST_TIMES or self.gently):
            self.acts.append(Act(recall_of(question), facts))
            times = 0
        else:
            self.acts.append(Act(again if waits else first, facts, question, tuple(choices)))
            times += 1
        self.know(asked=question, resume=None, times=times, later=False)
        if not waits:
            self.know(lost=0)

    def ask_aside(self, question: Question, code: Code, choices: tuple[str, ...]) -> None:
        """Ask something that is not of the journey; the waiting question is remembered."""
        if question is not Question.ERASE:
            self.greet()
        self.acts.append(Act(code, {}, question, choices))
        self.know(resume=self.state.waiting, asked=question)

    def wait_quietly(self, question: Question, code: Code | None = None) -> None:
        """Say that there is no hurry, in few words to who was told so a moment ago; the question waits and is not asked."""
        if code is not None:
            self.say(Code.WAITING if self.case.state.later and code in _NO_HURRY else code)
        self.know(asked=question, resume=None, times=0, later=True)

    def answer(self, question: Question) -> Meaning | None:
        """Return yes, no or unsure where the burst answers this question, else None. Only what is certain answers."""
        waiting = self.case.state.asked if question in ASIDES else self.case.state.waiting
        for item in reversed(self.reading.items):
            if item.meaning in (Meaning.YES, Meaning.NO, Meaning.UNSURE) and item.certain:
                about = item.about or waiting
                if about is question or (
                    item.about is None and {about, question} == {Question.PLAN, Question.CONFIRM_PLAN}
                ):
                    return item.meaning
        return None

    def note(self, item: Item) -> bool:
        """Keep what the lead told for the consultant, in the lead's words; False when it is known already."""
        return self._note(item.meaning, item.text or item.quote)

    def note_of_the_model(self) -> None:
        """Keep the line for the consultant that a model wrote down beside what it heard."""
        self.model_noted = self._note(Meaning.CHAT, self.case.note) or self.model_noted

    def _note(self, about: Meaning, text: str) -> bool:
        new = Note(about, text.strip()[:_MOST_NOTE])
        if not new.text or new in self.state.notes:
            return False
        self.know(notes=(*self.state.notes, new)[-_MOST_NOTES:])
        return True

    def wishes(self, place: int) -> bool:
        """Tell whether the lead waits to be told of this place, after what was said in this turn."""
        if self.consent is not None and self.consent[0] in (None, place):
            return self.consent[1]
        return place in self.case.wishes

    def coverage(self, place: int, utility: str | None) -> Coverage:
        """Return what Serena sells there; `Look` where nobody has asked yet."""
        if (answer := self.case.coverage.get((place, utility))) is None:
            raise Look(place, utility)
        return answer

    def end(self, ended: Ended, stage: Stage) -> None:
        """Close the conversation: nothing waits any more."""
        self.stage = stage
        self.know(
            ended=ended,
            greeted=True,
            asked=None,
            resume=None,
            times=0,
            misses=0,
            lost=0,
            refusals=0,
            proposed=None,
            objected=False,
            candidates=(),
            state=None,
            utilities=(),
        )

    def in_progress(self) -> None:
        """Mark the lead as being qualified, unless a decision stands already."""
        if self.case.qualification in (Qualification.NEW, Qualification.NOT_QUALIFIED):
            self.qualification = Qualification.IN_PROGRESS

    def decision(self) -> Decision:
        return Decision(
            state=self.state,
            acts=tuple(self.acts),
            stage=self.stage,
            qualification=self.qualification,
            facts=self.facts,
            offers=self.offers,
            chosen=self.chosen,
            handoff=self.handoff,
            opt_out=self.opt_out,
            consent=self.consent,
            served=self.served,
        )
