"""What a lead says of a bill that was read back: that it is right, what is wrong, whose it is, and which place counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flows.assistant.decide import read_back, where
from flows.assistant.decide.acts import Code, Fact, Source
from flows.assistant.decide.draft import Draft
from flows.assistant.meaning import Field, Item, Meaning, Question
from flows.assistant.state import Bill, Step

M = Meaning


def take(draft: Draft) -> bool:
    """Take what a burst says of the bill that was read back; True when it was understood."""
    bill, asked = draft.state.bill, draft.case.state.waiting
    if bill is None or read_back.fresh(draft):
        return False
    if asked is Question.BILL_PLACE:
        wrong = [
            item for item in draft.reading.of(M.BILL_WRONG) if item.certain and item.field not in (None, Field.PLACE)
        ]
        if wrong:
            _dispute(draft, bill, wrong)
            bill = draft.state.bill or bill
        if _take_place(draft, bill) or wrong:
            return True
    if _take_holder(draft, bill, asked):
        return True
    if (
        asked is Question.BILL_PLACE
        and read_back.torn_from(draft) is not None
        and not draft.reading.means(M.OTHER_BILL)
    ):
        # "Tá certo" does not say which of the two places is: that is asked, or left to a person.
        return _leave_place_open(draft, bill)
    if asked in (Question.BILL_OK, Question.BILL_WRONG) or bill.step.open:
        return _take_word(draft, bill, asked)
    if any(item.about in read_back.QUESTIONS or item.certain for item in draft.reading.of(M.BILL_WRONG, M.OTHER_BILL)):
        # A tap on an older message, or a second thought: what was confirmed may still turn out to be wrong.
        return _take_word(draft, bill, asked)
    return False


def accept(draft: Draft) -> None:
    """A plan was chosen: whoever goes on has no objection left, but one that was made stays (a person checks)."""
    bill = draft.state.bill
    if bill is None:
        return
    if read_back.torn_from(draft) is not None:
        bill = read_back.doubting(bill, "place_differs")
    if bill.step.open:
        bill = replace(bill, step=Step.CONFIRMED if bill.step is Step.READ else Step.DISPUTED)
    draft.know(bill=bill)
    if read_back.asks_holder(draft):
        draft.know(bill=replace(bill, holder_agrees="not_asked"))


def _take_word(draft: Draft, bill: Bill, asked: Question | None) -> bool:
    reading = draft.reading
    answers = asked if asked in (Question.BILL_OK, Question.BILL_WRONG) else Question.BILL_OK
    if reading.means(M.OTHER_BILL) and not draft.case.files:
        draft.know(bill=None)
        draft.say(Code.SEND_OTHER)
        return True
    wrong = [item for item in reading.of(M.BILL_WRONG) if item.certain]
    amount, utility = (next((i for i in reading.of(m) if i.certain), None) for m in (M.AMOUNT, M.UTILITY))
    # A bare yes to "o que está diferente?" says nothing.
    right = reading.means(M.BILL_RIGHT) or (answers is Question.BILL_OK and draft.answer(answers) is M.YES)
    if asked in (Question.BILL_OK, Question.BILL_WRONG):
        if amount and amount.amount is not None and not any(item.field for item in wrong):
            if bill.total is not None and abs(amount.amount - bill.total) < 1:
                # "143 e pouquinho", "412 e 30": the same, as people say amounts.
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
    elif right or (bill.step is Step.READ and _tells_whose(draft, bill)):
        draft.know(bill=replace(bill, step=Step.CONFIRMED))
        where.settle_of_the_bill(draft)
    elif asked is Question.BILL_OK and (M.BILL_RIGHT in reading or reading.means(M.SHOW_PLANS)):
        # Who goes on and names no fault has seen none: the plans oblige to nothing, and a fault can still be told.
        draft.say(Code.READING_TAKEN)
        draft.know(bill=replace(bill, step=Step.CONFIRMED))
        where.settle_of_the_bill(draft)
    else:
        return False
    return True


def _tells_whose(draft: Draft, bill: Bill) -> bool:
    """Tell whether the one thing that is odd about a bill, the name on it, is explained: then the rest was read, too.

    Nobody is qualified by that: a bill in another name goes to a person.
    """
    return bill.holder == "mismatch" and draft.reading.means(M.HOLDER_OTHER, M.HOLDER_DECEASED)


def _dispute(draft: Draft, bill: Bill, wrong: list[Item]) -> None:
    """Note what the lead says instead; where that is the place, the journey asks for it as if none were known."""
    fields = tuple(dict.fromkeys((*bill.disputed, *(item.field or Field.OTHER for item in wrong))))
    total = next((item.amount for item in wrong if item.field is Field.TOTAL and item.amount is not None), None)
    utility = next((item.utility for item in wrong if item.field is Field.UTILITY and item.utility), None)
    # While its place is asked for, a bill has not been spoken of to the end.
    step = bill.step if read_back.torn_from(draft) is not None else Step.DISPUTED
    changes: dict[str, Any] = {"step": step, "disputed": fields}
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
    code = Code.HOLDER_AGREES if answer == "yes" else Code.HOLDER_UNSURE
    if answer != "deceased" and bill.holder == "mismatch" and not draft.said(code):
        draft.say(code)
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
    if bill.disputed:
        draft.know(bill=replace(bill, step=Step.DISPUTED))
    draft.know(asked=None, times=0)
    if where.state_of(named) != bill.state:
        draft.know(bill=read_back.doubting(draft.state.bill or bill, "place_differs"))
    return True


def _leave_place_open(draft: Draft, bill: Bill) -> bool:
    """Take a word about the whole bill while its place is in doubt: confirmed, and a person looks at the place."""
    if not draft.reading.means(M.BILL_RIGHT):
        return False
    draft.know(bill=read_back.doubting(replace(bill, step=Step.CONFIRMED), "place_differs"), asked=None, times=0)
    return True
