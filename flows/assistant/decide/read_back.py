"""What was read on a bill, read back to the lead, and what follows from it (`objections` takes what the lead says of it).

Steps 6 and 7 of the journey (docs/domain.md 2.1). Nothing here rejects anybody but a confirmed bill below the minimum;
whatever the lead or the bill leaves open goes to a person, with the plans shown meanwhile.
"""

from __future__ import annotations

from dataclasses import replace

from flows.assistant.decide import where
from flows.assistant.decide.acts import Code, Fact, Source
from flows.assistant.decide.draft import MOST_TIMES, Draft
from flows.assistant.decide.summary import NEEDS_A_PERSON, summary
from flows.assistant.meaning import Meaning, Question
from flows.assistant.state import Bill, Ended, Step
from flows.domain import BillKept, BillReading, Handoff, Qualification, Served, Stage

M = Meaning
QUESTIONS = frozenset({Question.BILL_OK, Question.BILL_WRONG, Question.BILL_PLACE, Question.HOLDER})


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
    if before and enough and now.outcome == "below_minimum":
        return draft.say(Code.RECEIVED)
    theirs = before is not None and before.holder == "mismatch", now.holder == "mismatch"
    several = M.SEVERAL_BILLS in draft.state.told
    another = several and theirs[0] == theirs[1] and before is not None and before.total != now.total
    instead = M.OTHER_BILL in draft.reading and not several
    if before and enough and (theirs == (False, True) or another) and not instead:
        # One at a time, and the lead's own before somebody else's; who wants that one says so (`OTHER_BILL`).
        draft.say(Code.RECEIVED_BESIDE)
        return draft.know(bill=replace(before, others=(*before.others, now.outcome)))
    if before and enough and theirs == (True, False):
        draft.say(Code.OTHER_KEPT)
        now = replace(now, others=(*now.others, before.outcome))
    draft.know(bill=now, verdict=None, unread=False, objected=False)


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
    return unsaid and draft.state.told.isdisjoint({M.HOLDER_DECEASED, M.COMPANY})


def check_utility(draft: Draft, served: Served, place: int) -> None:
    """Leave it to a person when the plans are another distribuidora's than the bill is from."""
    bill = draft.state.bill
    if bill and draft.case.same(bill.utility, served.utility, where.state_of(place)) is False:
        draft.know(bill=doubting(bill, "utility_differs_from_plans"))


def utility_among(draft: Draft, names: tuple[str, ...], place: int) -> str | None:
    """Return the one of a city's distribuidoras that the confirmed bill is from."""
    bill = draft.state.bill
    if bill is None or bill.step is not Step.CONFIRMED:
        return None
    fits = [name for name in names if draft.case.same(bill.utility, name, where.state_of(place))]
    return fits[0] if len(fits) == 1 else None


def needs_a_person(draft: Draft) -> bool:
    """Tell whether a person looks at this lead before anything is said of a result."""
    bill, told = draft.state.bill, draft.state.told
    if bill and bill.holder == "match" and not draft.state.other_holder:
        # The lead signs: whoever else wants nothing of it ("meu marido não quer") stops nobody.
        return bill.verdict == "review" or not told.isdisjoint(NEEDS_A_PERSON - {M.HOLDER_REFUSES})
    return bill is None or bill.verdict == "review" or not told.isdisjoint(NEEDS_A_PERSON)


def tell_verdict(draft: Draft) -> None:
    """Say once what follows from the bill, and record it: only where plans are shown is anybody pre-qualified."""
    bill = draft.state.bill
    if bill is None or bill.verdict is None:
        return
    verdict = "review" if needs_a_person(draft) else bill.verdict
    draft.qualification = Qualification.NEEDS_REVIEW if verdict == "review" else Qualification.QUALIFIED
    if draft.state.verdict == verdict:
        return
    draft.say(Code.REVIEW if verdict == "review" else Code.QUALIFIED)
    draft.know(verdict=verdict)
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


def _first_name(draft: Draft) -> str | None:
    """Return the first name of the holder on a bill that came in this turn; none is remembered (docs/domain.md 2.3)."""
    readings = [receipt.reading for receipt in draft.case.files if isinstance(receipt, BillKept) and receipt.reading]
    return next((reading.holder_first_name for reading in readings if reading.usable), None)


def doubting(bill: Bill, reason: str) -> Bill:
    return bill if reason in bill.doubts else replace(bill, doubts=(*bill.doubts, reason))


def _same(one: Bill, other: Bill) -> bool:
    keys = ("outcome", "total", "utility", "due", "month", "place", "state")
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def _recorded(reading: BillReading, others: tuple[str, ...]) -> Bill:
    """Return a reading as it is remembered: no name and no document (docs/domain.md 8.1)."""
    return Bill(
        step=Step.READ,
        outcome=reading.outcome,
        holder=reading.holder,
        total=reading.total_amount,
        utility=reading.utility,
        place=reading.ibge_code,
        state=reading.state,
        month=reading.reference_month,
        due=reading.due_date,
        consumption_kwh=reading.consumption_kwh,
        reasons=reading.reasons,
        others=others,
    )
