"""What was read on a bill, read back to the lead: confirmed, corrected or disputed, and what then follows.

Steps 6 and 7 of the journey (docs/domain.md 2.1). Nothing here rejects anybody but a confirmed bill below the minimum;
whatever the lead or the bill leaves open goes to a person, with the plans shown meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flows.assistant.decide import where
from flows.assistant.decide.acts import Code, Fact, Source
from flows.assistant.decide.draft import MOST_TIMES, Draft
from flows.assistant.decide.summary import NEEDS_A_PERSON, summary
from flows.assistant.meaning import Field, Item, Meaning, Question
from flows.assistant.state import Bill, Ended, Step
from flows.domain import BillKept, BillReading, Handoff, Qualification, Served, Stage

M = Meaning
QUESTIONS = frozenset({Question.BILL_OK, Question.BILL_WRONG, Question.BILL_PLACE, Question.HOLDER})
_ABOUT_THE_BILL = (M.BILL_RIGHT, M.BILL_WRONG, M.OTHER_BILL, M.AMOUNT, M.UTILITY)


def receive(draft: Draft, reading: BillReading, *, known: bool, others: tuple[str, ...] = ()) -> None:
    """Take a usable reading as the bill that counts; `others` are outcomes of other usable bills of the burst.

    The same bill again changes nothing, and neither does a small one beside one that is enough.
    """
    before, now = draft.state.bill, _recorded(reading, others)
    if before and known and _same(before, now):
        if before.step is not Step.READ:
            draft.say(Code.KNOWN_FILE)
        return
    enough = before is not None and before.outcome != "below_minimum" and before.step in (Step.READ, Step.CONFIRMED)
    if enough and now.outcome == "below_minimum":
        return draft.say(Code.RECEIVED)
    draft.know(bill=now, unread=False, objected=False)


def fresh(draft: Draft) -> bool:
    """Tell whether the bill that counts came in this very turn."""
    bill, before = draft.state.bill, draft.case.state.bill
    if bill is None or bill.step is not Step.READ or not draft.case.files:
        return False
    return before is None or not _same(before, bill)


def forget_small(draft: Draft) -> None:
    """Forget a bill that was too small, because another file came."""
    if draft.state.bill and draft.state.bill.outcome == "below_minimum":
        draft.know(bill=None)


def take(draft: Draft) -> bool:
    """Take what a burst says of the bill that was read back; True when it was understood."""
    bill, asked = draft.state.bill, draft.case.state.waiting
    if bill is None or fresh(draft):
        return False
    if asked is Question.BILL_PLACE and _take_place(draft, bill):
        return True
    if _take_holder(draft, bill, asked):
        return True
    if asked is Question.BILL_PLACE and torn_from(draft) is not None and not draft.reading.means(M.OTHER_BILL):
        # "Tá certo" does not say which of the two places is: that is asked, or left to a person.
        return _leave_place_open(draft, bill)
    if asked in (Question.BILL_OK, Question.BILL_WRONG) or bill.step.open:
        return _take_word(draft, bill, asked)
    if any(item.about in QUESTIONS or item.certain for item in draft.reading.of(M.BILL_WRONG, M.OTHER_BILL)):
        # A tap on an older message, or a second thought: what was confirmed may still turn out to be wrong.
        return _take_word(draft, bill, asked)
    return False


def accept(draft: Draft) -> None:
    """A plan was chosen: whoever goes on has no objection left, but one that was made stays (a person checks)."""
    bill = draft.state.bill
    if bill is None:
        return
    if torn_from(draft) is not None:
        bill = _doubting(bill, "place_differs")
    if bill.step.open:
        bill = replace(bill, step=Step.CONFIRMED if bill.step is Step.READ else Step.DISPUTED)
    draft.know(bill=bill)
    if asks_holder(draft):
        draft.know(bill=replace(bill, holder_agrees="not_asked"))


def waits(draft: Draft) -> bool:
    """Tell whether the lead has to say something about the bill before anything else is asked.

    Whether the holder agrees is asked twice at most: then the consultant asks, and the plans are shown meanwhile.
    """
    state = draft.state
    if state.bill and state.waiting is Question.HOLDER and state.times >= MOST_TIMES and asks_holder(draft):
        draft.know(bill=replace(state.bill, holder_agrees="unsure"), asked=None, times=0)
    bill, state = draft.state.bill, draft.state
    if bill is None or not (bill.step.open or asks_holder(draft)):
        return False
    # Where nothing is sold no bill needs a word, unless it says that the place is another one.
    nothing = state.coverage is not None and state.coverage.nothing_here
    return not nothing or torn_from(draft) is not None


def ask(draft: Draft) -> None:
    """Ask what is open, one thing at a time: the right place, whether all is right, what is wrong, the holder."""
    bill = draft.state.bill
    assert bill is not None
    draft.stage = Stage.BILL_PROCESSED
    new = fresh(draft)
    if new:
        draft.say(Code.READING, bill=Fact(bill, Source.BILL), holder=Fact(_first_name(draft), Source.BILL))
    if (known := torn_from(draft)) is not None:
        facts = {"place": Fact(known, Source.LEAD), "state": Fact(bill.state, Source.BILL)}
        if bill.place:
            facts["other"] = Fact(bill.place, Source.BILL)
        code = Code.READING_WHICH_PLACE if bill.place else Code.READING_WHICH_CITY
        no = f"place:{bill.place}" if bill.place else "place:no"
        before = draft.case.state.bill
        other = before is None or (before.place, before.state) != (bill.place, bill.state)
        draft.ask(Question.BILL_PLACE, code, code, fresh=new and other, choices=(f"place:{known}", no), **facts)
    elif bill.step is Step.READ:
        draft.ask(
            Question.BILL_OK,
            Code.READING_RIGHT,
            Code.READING_RIGHT_AGAIN,
            fresh=new,
            choices=("bill:ok", "bill:wrong"),
            bill=Fact(bill, Source.BILL),
        )
    elif bill.step is Step.WRONG:
        draft.ask(Question.BILL_WRONG, Code.READING_WHAT, Code.READING_WHAT_AGAIN)
    else:
        draft.ask(Question.HOLDER, Code.HOLDER_ASK, Code.HOLDER_AGAIN, choices=("holder:yes", "holder:no"))


def read_again(draft: Draft) -> bool:
    """Say once more what was read, to whoever asks for it."""
    bill = draft.state.bill
    if bill is None or M.READ_AGAIN not in draft.reading or fresh(draft):
        return False
    draft.say(Code.READING_AGAIN, bill=Fact(bill, Source.BILL))
    return True


def torn_from(draft: Draft) -> int | None:
    """Return the place known when the bill is from another state, and nobody said yet which of them is right."""
    bill, known = draft.state.bill, where.known(draft)
    if bill is None or not bill.step.open or known is None or bill.doubts:
        return None
    return known if bill.state and bill.state != where.state_of(known) else None


def asks_holder(draft: Draft) -> bool:
    """Tell whether somebody else's name is on the bill and nobody said whether that person would sign."""
    bill = draft.state.bill
    unsaid = bill is not None and bill.holder == "mismatch" and bill.holder_agrees is None and bill.verdict == "review"
    # A company's own bill is in the company's name; who died is not asked.
    return unsaid and not draft.state.told & {M.HOLDER_DECEASED, M.COMPANY}


def compare(draft: Draft, served: Served, place: int) -> None:
    """Leave it to a person when the plans are another distribuidora's than the bill is from."""
    bill = draft.state.bill
    if bill and draft.case.same(bill.utility, served.utility, where.state_of(place)) is False:
        draft.know(bill=_doubting(bill, "utility_differs_from_plans"))


def utility_among(draft: Draft, names: tuple[str, ...], place: int) -> str | None:
    """Return the one of a city's distribuidoras that the confirmed bill is from."""
    bill = draft.state.bill
    if bill is None or bill.step is not Step.CONFIRMED:
        return None
    fits = [name for name in names if draft.case.same(bill.utility, name, where.state_of(place))]
    return fits[0] if len(fits) == 1 else None


def needs_a_person(draft: Draft) -> bool:
    """Tell whether a person looks at this lead before anything is said of a result."""
    bill = draft.state.bill
    return bill is None or bill.verdict == "review" or bool(draft.state.told & NEEDS_A_PERSON)


def tell_verdict(draft: Draft) -> None:
    """Say once what follows from the bill, and record it: only where plans are shown is anybody pre-qualified."""
    bill = draft.state.bill
    if bill is None or bill.verdict is None:
        return
    verdict = "review" if needs_a_person(draft) else bill.verdict
    draft.qualification = Qualification.NEEDS_REVIEW if verdict == "review" else Qualification.QUALIFIED
    if bill.told == verdict:
        return
    draft.say(Code.REVIEW if verdict == "review" else Code.QUALIFIED)
    draft.know(bill=replace(bill, told=verdict))
    if verdict == "review":
        # A person was announced, so one is told now, whether or not a plan is ever chosen.
        draft.handoff = Handoff(reason="needs_review", summary=summary(draft, why="bill_review"))


def end_small(draft: Draft) -> None:
    """Explain kindly that the programme begins at the minimum; invite another bill, once (docs/domain.md 2.2)."""
    draft.say(Code.SMALL, minimum=Fact(draft.case.terms.minimum, Source.TERMS))
    draft.say(Code.SMALL_AGAIN if draft.state.asked_larger else Code.SMALL_LARGER)
    draft.qualification = Qualification.NOT_QUALIFIED
    draft.know(asked_larger=True)
    draft.end(Ended.TOO_SMALL, Stage.COMPLETED)


def _take_word(draft: Draft, bill: Bill, asked: Question | None) -> bool:
    reading = draft.reading
    answers = asked if asked in (Question.BILL_OK, Question.BILL_WRONG) else Question.BILL_OK
    if reading.means(M.OTHER_BILL):
        draft.know(bill=None)
        draft.say(Code.SEND_OTHER)
        return True
    wrong = [item for item in reading.of(M.BILL_WRONG) if item.certain]
    amount, utility = (next((i for i in reading.of(m) if i.certain), None) for m in (M.AMOUNT, M.UTILITY))
    # A bare yes to "o que está diferente?" says nothing.
    right = reading.means(M.BILL_RIGHT) or (answers is Question.BILL_OK and draft.answer(answers) is M.YES)
    if asked in (Question.BILL_OK, Question.BILL_WRONG):
        if amount and amount.amount is not None and not any(item.field for item in wrong):
            if amount.amount == bill.total:
                right = right or not wrong
            else:
                wrong = [replace(amount, meaning=M.BILL_WRONG, field=Field.TOTAL)]
        if utility and utility.utility and not any(item.field is Field.UTILITY for item in wrong):
            fits = draft.case.same(utility.utility, bill.utility, bill.state)
            if fits is False or (fits is None and bill.utility is None):
                wrong.append(replace(utility, meaning=M.BILL_WRONG, field=Field.UTILITY))
            else:
                right = right or not wrong
    if any(item.field for item in wrong):
        _dispute(draft, bill, wrong)
    elif right and asked is Question.BILL_WRONG:
        draft.know(bill=replace(bill, step=Step.CONFIRMED))
        where.settle_of_the_bill(draft)
    elif wrong or draft.answer(answers) is M.NO:
        if bill.step is Step.WRONG:
            # Said twice, and not what: a person finds it out with the bill in hand.
            _dispute(draft, bill, wrong or [Item(M.BILL_WRONG, field=Field.OTHER)])
        else:
            draft.know(bill=replace(bill, step=Step.WRONG))
    elif right:
        draft.know(bill=replace(bill, step=Step.CONFIRMED))
        where.settle_of_the_bill(draft)
    else:
        return False
    return True


def _dispute(draft: Draft, bill: Bill, wrong: list[Item]) -> None:
    """Note what the lead says instead; where that is the place, the journey asks for it as if none were known."""
    fields = tuple(dict.fromkeys((*bill.disputed, *(item.field or Field.OTHER for item in wrong))))
    total = next((item.amount for item in wrong if item.field is Field.TOTAL and item.amount is not None), None)
    utility = next((item.utility for item in wrong if item.field is Field.UTILITY and item.utility), None)
    changes: dict[str, Any] = {"step": Step.DISPUTED, "disputed": fields}
    changes |= {"said_total": total or bill.said_total, "said_utility": utility or bill.said_utility}
    draft.know(bill=replace(bill, **changes))
    if total is not None:
        draft.say(Code.READING_NOTED_TOTAL, amount=Fact(total, Source.LEAD))
    elif utility:
        draft.say(Code.READING_NOTED_UTILITY, utility=Fact(utility, Source.LEAD))
    else:
        draft.say(Code.READING_NOTED)
    if Field.PLACE not in fields:
        where.settle_of_the_bill(draft)


def _take_holder(draft: Draft, bill: Bill, asked: Question | None) -> bool:
    """Take what is said of the holder: to the question, or before it was asked."""
    reading = draft.reading
    if reading.means(M.HOLDER_DECEASED):
        answer: str | None = "deceased"
    elif M.HOLDER_REFUSES in reading:
        answer = "no"
    elif reading.means(M.HOLDER_AGREES):
        answer = "yes"
    elif asked is Question.HOLDER:
        said = draft.answer(Question.HOLDER)
        later = M.LATER in reading or M.HOLDER_ABSENT in reading
        answer = {M.YES: "yes", M.NO: "no", M.UNSURE: "unsure"}.get(said) if said else "unsure" if later else None
        answer = "yes" if M.HOLDER_ME in reading else answer
    else:
        answer = None
    if answer is None or bill.holder_agrees == answer:
        return False
    draft.know(bill=replace(bill, holder_agrees=answer))
    if answer != "deceased" and bill.holder == "mismatch":
        draft.say(Code.HOLDER_AGREES if answer == "yes" else Code.HOLDER_UNSURE)
    if bill.step.open:
        _take_word(draft, draft.state.bill or bill, asked)
    return True


def _take_place(draft: Draft, bill: Bill) -> bool:
    """Take which of the two places is right, or a third."""
    known = where.known(draft)
    named = where.named(draft, among=tuple(code for code in (known, bill.place) if code))
    if named is None and known and bill.place is None and draft.answer(Question.BILL_PLACE) is M.YES:
        named = known
    if named is None and draft.answer(Question.BILL_PLACE) is M.NO:
        # Not the place that was known: the journey asks for the city, in the state that the bill shows.
        draft.know(place=None, form_denied=True, state=bill.state, coverage=None, candidates=(), asked=None, times=0)
        if bill.place:
            where.settle(draft, bill.place)
        return True
    if named is None:
        return False
    where.settle(draft, named)
    draft.know(asked=None, times=0)
    if where.state_of(named) != bill.state:
        draft.know(bill=_doubting(draft.state.bill or bill, "place_differs"))
    return True


def _first_name(draft: Draft) -> str | None:
    """Return the first name of the holder on a bill that came in this turn; none is remembered (docs/domain.md 2.3)."""
    readings = [receipt.reading for receipt in draft.case.files if isinstance(receipt, BillKept) and receipt.reading]
    return next((reading.holder_first_name for reading in readings if reading.usable), None)


def _leave_place_open(draft: Draft, bill: Bill) -> bool:
    """Take a word about the whole bill while its place is in doubt: confirmed, and a person looks at the place."""
    if not draft.reading.means(M.BILL_RIGHT):
        return False
    draft.know(bill=_doubting(replace(bill, step=Step.CONFIRMED), "place_differs"), asked=None, times=0)
    return True


def _doubting(bill: Bill, reason: str) -> Bill:
    return bill if reason in bill.doubts else replace(bill, doubts=(*bill.doubts, reason))


def _same(one: Bill, other: Bill) -> bool:
    keys = ("outcome", "total", "utility", "due", "month", "place", "state")
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def _recorded(reading: BillReading, others: tuple[str, ...]) -> Bill:
    """Return a reading as it is remembered: no name and no document (docs/domain.md 8.1)."""
    return Bill(
        step=Step.READ, outcome=reading.outcome, holder=reading.holder, total=reading.total_amount,
        utility=reading.utility, place=reading.ibge_code, state=reading.state, month=reading.reference_month,
        due=reading.due_date, consumption_kwh=reading.consumption_kwh, reasons=reading.reasons, others=others,
    )  # fmt: skip
