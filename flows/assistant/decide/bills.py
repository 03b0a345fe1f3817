"""The bill: what a burst brings, how it is asked for while it is missing, and when a person takes over instead."""

from __future__ import annotations

from dataclasses import dataclass, field

from flows.assistant.decide import read_back
from flows.assistant.decide.acts import Code, Fact, Source
from flows.assistant.decide.draft import Draft
from flows.assistant.decide.summary import summary
from flows.assistant.meaning import Meaning, Question
from flows.assistant.state import Ended
from flows.domain import BillKept, BillReading, BillRefused, Handoff, Qualification, Stage

M = Meaning
# Turns with files of which none can be used.
MOST_REFUSALS = 3
_REFUSALS = {"not_fetched": Code.NOT_FETCHED, "too_large": Code.TOO_LARGE, "wrong_type": Code.WRONG_TYPE}
# The best reading of a burst counts: what can be used, then what came nearest to it.
_BEST_FIRST = (
    "qualified",
    "review",
    "below_minimum",
    "ask_again",
    "unreadable",
    "ask_newer",
    "password_protected",
    "other_document",
    "not_document",
)
_PROBLEMS = {
    "unreadable": Code.UNREADABLE,
    "ask_newer": Code.TOO_OLD,
    "password_protected": Code.LOCKED,
    "other_document": Code.OTHER_DOCUMENT,
    "not_document": Code.NOT_DOCUMENT,
}


@dataclass
class Received:
    """The files of one burst: those nothing here can read, those that were read, and why others were refused."""

    unread: int = 0
    again: int = 0
    read: list[tuple[BillReading, bool]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    problem: str | None = None

    @property
    def usable(self) -> list[tuple[BillReading, bool]]:
        return [(reading, known) for reading, known in self.read if reading.usable]

    @property
    def kept(self) -> bool:
        """True when a bill came that somebody can use: one that was read, or one for a person to read."""
        return bool(self.unread or self.usable)


def in_hand(draft: Draft) -> bool:
    """Tell whether a bill is here, so that it is not asked for: a usable reading, or a file that waits for one."""
    return draft.state.bill is not None or draft.state.unread


def take(draft: Draft, *, closed: bool = False) -> Received:
    """Say what became of every file of the burst; a usable reading is not spoken of here, it is read back.

    `closed` leaves what is known of the lead's bill as it is: a conversation that is over takes no second decision.
    """
    files = Received()
    for receipt in draft.case.files:
        match receipt:
            case BillKept(known=known, reading=None):
                files.unread += 1
                files.again += known
            case BillKept(known=known, reading=reading) if reading is not None:
                # Pages of one bill have one reading, and are one bill.
                if all(reading != other for other, _ in files.read):
                    files.read.append((reading, known))
            case BillRefused(reason=reason):
                files.refused.add(reason)
    files.read.sort(key=lambda one: _BEST_FIRST.index(one[0].outcome))
    if closed and files.kept:
        draft.know(unread=draft.state.bill is None)
    if files.usable:
        draft.know(refusals=0)
        (best, known), *others = files.usable
        if not closed:
            if others:
                draft.say(Code.DIFFERENT_BILLS, count=Fact(len(files.usable), Source.LEAD))
            read_back.receive(draft, best, known=known, others=tuple(reading.outcome for reading, _ in others))
    elif files.unread:
        _wait_for_a_person(draft, files, closed)
    elif draft.case.files:
        _fail(draft, files, closed)
    return files


def take_unseen(draft: Draft) -> None:
    """Remember that a bill came while a person spoke with the lead, so that nobody asks for it afterwards."""
    if any(isinstance(file, BillKept) and (file.reading is None or file.reading.usable) for file in draft.case.files):
        draft.know(unread=draft.state.bill is None)


def given_up(draft: Draft, files: Received) -> bool:
    """Tell whether this burst was one try too many, so that a person should take over."""
    failed = bool(files.problem or files.refused) and draft.state.bill is None
    return failed and draft.state.refusals >= MOST_REFUSALS


def ask(draft: Draft, files: Received) -> None:
    """Ask for the bill, or accept that it comes later.

    A small declared value is told what the minimum is, and asked for the bill all the same: the bill decides.
    """
    state, reading = draft.state, draft.reading
    draft.stage = Stage.AWAITING_BILL
    if draft.said(Code.SEND_OTHER):
        return draft.wait_quietly(Question.BILL)
    waits = state.waiting is Question.BILL
    if files.problem or files.refused:
        newest = files.problem == "ask_newer"
        return _ask(draft, Code.BILL_NEWEST if newest else Code.BILL_ONCE_MORE)
    if waits and reading.means(M.OTHER_BILL):
        return draft.wait_quietly(Question.BILL, Code.SEND_OTHER)
    if M.WONT_SEND in reading and not draft.said(Code.BILL_OBJECTION):
        draft.know(objected=True)
        return draft.wait_quietly(Question.BILL, Code.BILL_OBJECTION)
    if M.LATER in reading or (waits and draft.answer(Question.BILL) in (M.NO, M.UNSURE)):
        return draft.wait_quietly(Question.BILL, Code.BILL_LATER)
    if waits and draft.answer(Question.BILL) is M.YES and not draft.acts:
        return draft.wait_quietly(Question.BILL, Code.WAITING)
    if state.chosen is not None:
        return _ask(draft, Code.BILL_FOR_PLAN)
    if (not waits or draft.said(Code.AMOUNT_NOTED)) and seems_small(draft) and not draft.said(Code.BILL_MINIMUM):
        draft.say(Code.BILL_MINIMUM, minimum=Fact(draft.case.terms.minimum, Source.TERMS))
    _ask(draft, Code.BILL_ASK)


def seems_small(draft: Draft) -> bool:
    """Tell whether the lead says a value below the minimum; only the bill itself decides."""
    declared = draft.state.declared
    return declared is not None and declared < draft.case.terms.minimum


def give_up(draft: Draft, files: Received) -> None:
    """Hand the lead to a person, because no bill arrives that can be read."""
    draft.acts.clear()
    draft.greet(calls=True)
    draft.say(Code.GAVE_UP, deadline=draft.deadline())
    draft.qualification = Qualification.NEEDS_REVIEW
    draft.know(person_called_at=draft.case.now)
    draft.handoff = Handoff(
        reason="needs_review",
        summary=summary(draft, why="bill_not_received", problem=files.problem, refusals=draft.state.refusals),
    )
    draft.end(Ended.PERSON, Stage.HUMAN_REQUESTED)


def _ask(draft: Draft, first: Code) -> None:
    draft.ask(Question.BILL, first, first if first is not Code.BILL_ASK else Code.BILL_AGAIN)


def _wait_for_a_person(draft: Draft, files: Received, closed: bool) -> None:
    """Nothing here can read these files: they are received, and a person looks at them later."""
    if files.unread == files.again == 1:
        draft.say(Code.KNOWN_FILE)
    elif files.unread == 1:
        draft.say(Code.UNREAD)
    else:
        draft.say(Code.UNREAD_MANY, count=Fact(files.unread, Source.LEAD))
    draft.know(refusals=0)
    if not closed:
        read_back.forget_small(draft)
        draft.know(unread=draft.state.bill is None)
    _say_refused(draft, files)


def _fail(draft: Draft, files: Received, closed: bool) -> None:
    """Say what is wrong with the best of the files; some such turns running are enough."""
    if files.read:
        best = files.read[0][0]
        files.problem = best.outcome
        code = _PROBLEMS.get(best.outcome) or _missing(best)
        draft.say(code)
        if best.outcome in ("ask_again", "unreadable"):
            draft.say(Code.TIPS)
    else:
        _say_refused(draft, files)
        files.problem = min(files.refused, default=None)
    if closed:
        return
    read_back.forget_small(draft)
    if draft.state.bill is None:
        draft.know(refusals=min(draft.state.refusals + 1, MOST_REFUSALS))


def _say_refused(draft: Draft, files: Received) -> None:
    for why in sorted(files.refused):
        draft.say(_REFUSALS[why])


def _missing(reading: BillReading) -> Code:
    """Return what to say was not found on a bill, after the codes of its failed checks (docs/domain.md 5.2)."""
    total = any(reason.startswith("total") for reason in reading.reasons)
    holder = any(reason.startswith("holder_name") for reason in reading.reasons)
    return Code.NO_TOTAL if total > holder else Code.NO_HOLDER if holder > total else Code.INCOMPLETE
