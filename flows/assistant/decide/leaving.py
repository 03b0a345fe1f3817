"""What wins over everything: no more messages, erasure, a person instead of a program, and not being the person meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flows.assistant.decide import plans, remarks, where
from flows.assistant.decide.acts import Code
from flows.assistant.decide.draft import Draft
from flows.assistant.decide.summary import summary, told_by_the_lead
from flows.assistant.meaning import ASIDES, Meaning, Question
from flows.assistant.state import Ended
from flows.domain import Handoff, Qualification, Stage

M = Meaning
# What answers the journey's own question, though an "ok" stands before it.
_GOES_ON_HERE = (
    M.CHOICE,
    M.PLACE,
    M.GO_ON,
    M.BILL_RIGHT,
    M.NOTICE,
    M.SHOW_PLANS,
    M.READ_AGAIN,
    M.AMOUNT,
    M.UTILITY,
    M.LATER,
)
_YES_OR_NO = frozenset({M.YES, M.NO, M.UNSURE})


def stop_or_erase(draft: Draft) -> bool:
    """Honour a stop at once and an erasure after one confirmation (docs/domain.md 8.2, 8.3); True when that settles the turn."""
    reading, state = draft.reading, draft.state
    # Where a person of the team wrote last, "sim" answers that person and erases nobody.
    waits = state.asked is Question.ERASE and draft.case.ours_last
    if waits and (draft.answer(Question.ERASE) is M.YES or reading.means(M.ERASE)):
        draft.say(Code.ERASED)
        draft.handoff = Handoff(reason="erase_my_data", summary={"stage": draft.case.stage.value})
        draft.opt_out = True
        draft.end(Ended.ERASING, Stage.OPTED_OUT)
    elif (reading.means(M.STOP) and not _took_it_back(draft)) or (M.STOP in reading and state.asked is Question.CANCEL):
        # What may mean a stop is asked back once; said again, it is one.
        if not draft.case.opted_out:
            draft.say(Code.STOPPED)
        draft.opt_out = True
        draft.end(Ended.STOPPED, Stage.OPTED_OUT)
    elif M.ERASE in reading or any(item.about is Question.ERASE and item.meaning is M.YES for item in reading.items):
        # A tap on an old button is asked again, too: what is erased does not come back.
        draft.ask_aside(Question.ERASE, Code.ERASE_ASK, ("erase:yes", "erase:no"))
    else:
        return False
    return True


def _took_it_back(draft: Draft) -> bool:
    """Tell whether a later message of the same burst goes on after "sair": the person's last word counts, and is asked about."""
    stopped = max(item.message for item in draft.reading.of(M.STOP))
    return any(item.message > stopped and item.certain for item in draft.reading.of(M.GO_ON, M.SHOW_PLANS, M.CHOICE))


def while_taken_over(draft: Draft) -> None:
    """A person speaks with the lead: only stop and erasure are answered, which the law wants whoever speaks."""
    if stop_or_erase(draft):
        return
    if draft.state.asked is Question.ERASE:
        # Declined or passed over: a later "sim" must not find that question still open.
        come_back(draft)


def come_back(draft: Draft) -> None:
    """Return to the waiting question from an offer that was declined or passed over.

    The burst loses its yes or no: that answered the offer, not the question.
    """
    asked = draft.state.asked
    if asked not in ASIDES:
        return
    draft.know(asked=draft.state.resume, resume=None)
    answered = [item for item in draft.reading.items if item.meaning in _YES_OR_NO and item.about in (asked, None)]
    if any(item.meaning is M.NO for item in answered) and len(answered) == len(draft.reading.items):
        # Said with nothing else: whoever goes on at once needs no "seguimos por aqui".
        kept = {
            Question.ERASE: Code.ERASE_KEPT,
            Question.PERSON: Code.PERSON_STAYING,
            Question.CANCEL: Code.CANCEL_NEITHER,
        }
        draft.say(kept[asked])
    draft.reading = replace(draft.reading, items=tuple(item for item in draft.reading.items if item not in answered))


def takes_leave_of_the_program(draft: Draft) -> bool:
    """Call a person, ask which end is meant, or apologise to who is not meant; True when that settles the turn."""
    reading, state = draft.reading, draft.state
    if reading.means(M.UNDER_AGE):
        call_a_person(draft, Code.PERSON_UNDER_AGE, under_age=True)
    elif reading.means(M.PERSON) or _accepts_a_person(draft) or _only_by_call(draft):
        call_a_person(draft, Code.PERSON_CALLED)
    elif reading.means(M.CANCEL) or (M.CANCEL in reading and state.asked is Question.CANCEL):
        call_a_person(draft, Code.CANCELS, cancels=True, customer=True)
    elif reading.means(M.CUSTOMER) and not (state.ended is Ended.PERSON and M.CUSTOMER in state.told):
        call_a_person(draft, Code.CUSTOMER, customer=True)
    elif M.STOP in reading or (M.CANCEL in reading and not state.person_has_it):
        draft.ask_aside(Question.CANCEL, Code.CANCEL_ASK, ("stop:yes", "cancel:contract", "cancel:no"))
    elif M.PERSON in reading and state.asked is not Question.PERSON and state.ended is None and not draft.case.files:
        draft.ask_aside(Question.PERSON, Code.PERSON_OFFER, ("person:yes", "person:no"))
    else:
        return False
    return True


def _accepts_a_person(draft: Draft) -> bool:
    """Tell whether a yes answers the offer of a person: "ok, o 2 então", "tá, é Recife" and "sim, me avisa" answer what waited before it.

    A tap on the button of an older offer is the wish itself.
    """
    tapped = any(
        item.meaning is M.YES and item.about is Question.PERSON and not item.quote for item in draft.reading.items
    )
    if not tapped and (draft.state.asked is not Question.PERSON or draft.answer(Question.PERSON) is not M.YES):
        return False
    return not draft.reading.means(*_GOES_ON_HERE) and not draft.case.files


def _only_by_call(draft: Draft) -> bool:
    """Tell whether somebody will send nothing here and asks to be called: nothing is left to be asked by a program."""
    calls = any(item.about is Question.PERSON and item.certain for item in draft.reading.of(M.CALL_AT))
    return calls and draft.reading.means(M.WONT_SEND)


def forget_the_form(draft: Draft) -> None:
    """Take that the form is somebody else's: nothing of it is told from now on, whatever else the burst wants."""
    if M.WRONG_PERSON in draft.reading and not draft.state.disowned:
        draft.know(
            disowned=True,
            form_denied=True,
            declared=None,
            place=None,
            coverage=None,
            candidates=(),
            utility=None,
            utilities=(),
        )


def disown(draft: Draft) -> bool:
    """Apologise to who is not the person of the form, and mark its lead.

    True when the turn ends with the apology; whoever names an own place or wants to go on is a lead of their own.
    """
    if M.WRONG_PERSON not in draft.reading or draft.case.opted_out:
        return False
    again = draft.case.state.disowned
    draft.greet()
    own = draft.reading.means(M.GO_ON, M.PLACE, M.AMOUNT, M.SHOW_PLANS) or draft.case.files
    draft.say(Code.WRONG_PERSON_AGAIN if again else Code.WRONG_PERSON)
    if own:
        return False
    if not again:
        draft.handoff = Handoff(reason="wrong_person", summary={"stage": draft.case.stage.value})
        draft.qualification = Qualification.NOT_QUALIFIED
    draft.end(Ended.WRONG_PERSON, Stage.COMPLETED)
    return True


def call_a_person(draft: Draft, code: Code, **why: Any) -> None:
    """Hand the lead to a person of the team, with all that is known; a call of some hours ago still stands."""
    state = draft.state
    chose = _keep_choice(draft)
    if (called := state.person_called_at) and draft.case.now - called < remarks.CALL_AGAIN_AFTER:
        if chose or [item for item in draft.reading.of(*told_by_the_lead()) if draft.note(item)]:
            draft.handoff = Handoff(reason="changed", summary=summary(draft, **why))
        remarks.feel(draft)
        if draft.state.said_when:
            return draft.say(Code.WHEN_AS_ASKED)
        if draft.promised(called).overdue:
            return remarks.tell_overdue(draft)
        return draft.say(Code.PERSON_WAITING, deadline=draft.deadline(called))
    draft.greet(calls=True)
    remarks.feel(draft)
    _keep_facts(draft)
    draft.know(told=draft.state.told | {item.meaning for item in draft.reading.of(M.CUSTOMER, M.CANCEL)})
    draft.say(code, deadline=draft.deadline())
    if draft.reading.means(M.CALL_AT):
        remarks.say_back(draft)
    draft.handoff = Handoff(
        reason="customer" if why.get("customer") else "asked_for_person", summary=summary(draft, **why)
    )
    draft.know(person_called_at=draft.case.now, asked=None, resume=None)
    if draft.case.opted_out:
        # Somebody who stopped our messages is called back, and stays stopped.
        return
    draft.end(Ended.PERSON, Stage.HUMAN_REQUESTED)


def _keep_choice(draft: Draft) -> bool:
    """Keep the plan that was chosen beside the wish: "quero o 3, mas antes falo com gente" says both."""
    item = draft.reading.last(M.CHOICE)
    offer = next((o for o in plans.offered(draft) if item and item.certain and o.plan_id == item.plan), None)
    if offer is None or offer.plan_id == draft.state.chosen:
        return False
    plans.note_choice(draft, offer)
    draft.chosen = offer.plan_id
    return True


def _keep_facts(draft: Draft) -> None:
    """Keep what was told beside the wish: the person who takes over is handed it."""
    for item in draft.reading.of(*told_by_the_lead()):
        draft.note(item)
    amount = draft.reading.last(M.AMOUNT)
    if amount is not None and amount.certain and amount.amount is not None:
        draft.know(declared=amount.amount)
    place = where.named(draft)
    if place is not None and draft.state.ended is None and place != draft.state.place:
        where.settle(draft, place, quietly=True)
    if M.UNDER_AGE in draft.reading:
        draft.know(told=draft.state.told | {M.UNDER_AGE})
