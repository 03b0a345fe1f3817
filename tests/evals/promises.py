"""What must hold whenever the machine decides: each promise by its name, and the decisions that break it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flows.assistant.decide import PROMISES_A_PERSON, Act, Case, Code, Decision, plans
from flows.assistant.meaning import ASIDES, Meaning, Question
from flows.assistant.state import Ended, Note, State, Step
from flows.domain import Contact, Handoff, Qualification, Served

M = Meaning
# Of what has to be looked at by a person, what one alone may say of itself.
_LOOKED_AT = frozenset({M.OWN_PANELS, M.LOW_INCOME, M.EXCLUDED, M.HOLDER_DECEASED})
_NOTICES = frozenset(
    {
        Code.NOTICE_ASK,
        Code.NOTICE_AGAIN,
        Code.NOTICE_KEPT,
        Code.NEXT_NOTICE,
        Code.RECALL_NOTICE,
    }
)
_PLACES = (Question.PLACE, Question.CONFIRM_PLACE, Question.WHICH_CITY)
# What may be met with silence: it asks nothing and tells nothing.
_SMALL_TALK = frozenset(
    {
        M.CHAT,
        M.THANKS,
        M.GOODBYE,
        M.GREETING,
        M.YES,
        M.NO,
        M.UNSURE,
        M.WAITING,
    }
)
# What the consultant is told of after a hand-over.
_CHANGES = {
    M.DECLINE: "a withdrawal reaches the consultant",
    M.NEW_NUMBER: "a new number reaches the consultant",
    M.CALL_AT: "a time to be called reaches the consultant",
}


@dataclass(frozen=True)
class Turn:
    """One decision and what it was made of."""

    case: Case
    decision: Decision

    @property
    def asked(self) -> list[Act]:
        return [act for act in self.decision.acts if act.asks]

    @property
    def codes(self) -> set[Code]:
        return {act.code for act in self.decision.acts}

    @property
    def certain(self) -> set[Meaning]:
        return {item.meaning for item in self.case.reading.items if item.certain}


def broken(case: Case, decision: Decision) -> Iterator[str]:
    """Yield the promises that a decision breaks."""
    turn = Turn(case, decision)
    for rule in (_one_message_away, _asked_once, _nothing_known, _kept, _after_the_end, _said):
        yield from rule(turn, decision.state)


def _one_message_away(turn: Turn, state: State) -> Iterator[str]:
    decision, meanings = turn.decision, turn.certain
    handoff = decision.handoff
    if M.STOP in meanings and not (decision.opt_out and state.asked is None):
        yield "stop in one message"
    if M.ERASE in meanings and state.asked is not Question.ERASE and not _reason(handoff, "erase_my_data"):
        yield "erasure in one message"
    tapped = any(item.about is Question.PERSON and not item.quote for item in turn.case.reading.of(M.YES))
    if (M.PERSON in meanings or tapped) and not (handoff or state.person_called_at):
        yield "a person in one message"
    calls = any(item.about is Question.PERSON for item in turn.case.reading.of(M.CALL_AT))
    closed = turn.case.opted_out or turn.case.taken_over or turn.case.state.ended is not None
    if calls and not (closed or handoff or state.person_has_it or decision.opt_out):
        yield "a call in one message"


def _asked_once(turn: Turn, state: State) -> Iterator[str]:
    """No question stands three times running: the count in the state is held to be true, and it ends at two.

    It grows with each asking of a question that waits already, and begins anew only where the question is another or asks of
    something new; silence leaves it alone. Offers beside the journey are never made twice running.
    """
    before = turn.case.state
    if len(turn.asked) > 1:
        yield "one question a message"
    for act in turn.asked:
        if act.asks in ASIDES:
            again = before.asked is act.asks
        else:
            waited = before.waiting is act.asks
            grew = state.times == before.times + 1
            again = not (state.times == 1 and _subject(before) != _subject(state)) and not grew if waited else False
            again = again or not 1 <= state.times <= 2
        if again:
            yield f"no question three times running ({act.asks})"
    quiet = not turn.decision.acts and before.waiting is not None and state.ended is None
    if quiet and state.waiting is before.waiting and state.times < before.times:
        yield "no question three times running (after silence)"
    if state.waiting is not None and turn.asked:
        last = turn.asked[-1].asks
        if last not in ASIDES and last is not state.waiting:
            yield "the question that was asked is the one that waits"


def _subject(state: State) -> tuple[object, ...]:
    """Return all that a question can be about."""
    bill = state.bill and (state.bill.outcome, state.bill.total, state.bill.place, state.bill.holder)
    place = (state.place, state.candidates, state.state, state.form_denied)
    return (*place, state.utilities, bill, state.offered, state.proposed)


def _nothing_known(turn: Turn, state: State) -> Iterator[str]:
    decision = turn.decision
    for question in (act.asks for act in turn.asked):
        if question in _PLACES and state.place is not None:
            yield "a known place is not asked"
        if question is Question.BILL and (state.bill is not None or state.unread):
            yield "a bill in hand is not asked"
        if question is Question.PLAN and state.chosen is not None:
            yield "a chosen plan is not asked"
        if question is Question.HOLDER and (
            state.bill is None or state.bill.holder_agrees or M.HOLDER_DECEASED in state.told
        ):
            yield "a holder who agreed or died is not asked"
        if question is Question.UTILITY and state.utility is not None:
            yield "a known distribuidora is not asked"
        if question is Question.NOTICE and (state.no_notice or decision.consent or state.place in turn.case.wishes):
            yield "who said whether to be told of news is not asked"
    if turn.codes & {Code.PLANS, Code.SERVED_PLANS}:
        read = any(isinstance(answer, Served) for answer in turn.case.coverage.values())
        if not read and not turn.case.offers:
            yield "plans only after they were read"


def _kept(turn: Turn, state: State) -> Iterator[str]:
    """What is promised is recorded with it."""
    decision, codes = turn.decision, turn.codes
    if codes & PROMISES_A_PERSON and not decision.handoff and not turn.case.state.person_has_it:
        yield "a consultant only with a hand-over"
    if Code.NOTICE_KEPT in codes and not (decision.consent and decision.consent[1]):
        yield "a notice only with consent kept"
    if codes & _NOTICES and not turn.case.terms.notices:
        yield "a notice is offered only where it can be sent"
    if Code.QUALIFIED in codes and decision.qualification is not Qualification.QUALIFIED:
        yield "pre-qualified only when it is recorded"
    if Code.QUALIFIED in codes and state.bill and state.bill.step.open:
        yield "no verdict before the bill was confirmed"
    if Code.QUALIFIED in codes and not state.told.isdisjoint(_LOOKED_AT):
        yield "nobody is pre-qualified who told what a person has to look at"
    mine, now = turn.case.state.bill, state.bill
    own = mine is not None and mine.holder == "match" and mine.step in (Step.READ, Step.CONFIRMED)
    if own and mine.outcome == "qualified" and now and now.holder == "mismatch":
        yield "somebody else's bill does not take the place of the lead's own"
    if _reason(decision.handoff, "plan_chosen") and (state.chosen is None or state.place is None):
        yield "a plan is handed over with its place"
    wanted = {item.plan for item in turn.case.reading.of(M.CHOICE) if item.certain and item.plan}
    listed = wanted & {offer.plan_id for offer in turn.case.offers} if state.offered == state.place else set()
    if _reason(decision.handoff, "asked_for_person") and listed and state.chosen not in listed:
        yield "a plan that was chosen beside a wish for a person is kept"
    deadline = turn.case.terms.deadline
    told = [act.facts["deadline"].value for act in decision.acts if "deadline" in act.facts]
    promised = any(isinstance(one, Contact) or one == deadline for one in told)
    if promised and state.said_when:
        yield "our deadline is not promised against what the lead asked for"


def _after_the_end(turn: Turn, state: State) -> Iterator[str]:
    case, decision, before = turn.case, turn.decision, turn.case.state
    over = state.ended is not None or case.opted_out or decision.opt_out
    if over and any(act.asks not in ASIDES for act in turn.asked):
        yield "nothing is asked after the end"
    if before.ended is not Ended.HANDED_OVER or case.opted_out:
        return
    for meaning in turn.certain & set(_CHANGES):
        if decision.handoff is None and (meaning is M.DECLINE or Note(meaning, "dito") not in before.notes):
            yield _CHANGES[meaning]
    others = {item.plan for item in case.reading.of(M.CHOICE) if item.certain and item.plan} - {before.chosen}
    if others and decision.handoff is None:
        yield "another choice reaches the consultant"
    spoken = not case.reading.items or not turn.certain <= {M.THANKS, M.GOODBYE, M.YES, M.BILL_RIGHT, M.HOLDER_AGREES}
    if spoken and not decision.acts:
        yield "who waits for the consultant is answered"


def _said(turn: Turn, state: State) -> Iterator[str]:
    acts, items = turn.decision.acts, turn.case.reading.items
    of_the_form = turn.codes & {Code.GREET_BY_NAME, Code.GREET_BY_NAME_CALLS, Code.PLACE_CONFIRM_FORM}
    if of_the_form and state.disowned:
        yield "nothing of the form is told to somebody else"
    if not acts and state.ended is None and not (items and turn.certain <= _SMALL_TALK):
        yield "no burst of an open conversation stays without a word"
    waiting = turn.case.state.waiting
    asks = M.WHAT_NEXT in turn.certain and waiting is not None and turn.case.state.ended is None
    # The offer of a notice waits no more once there is no template for it.
    asks = asks and (waiting is not Question.NOTICE or turn.case.terms.notices)
    # Whose bill seems too small asks whether it serves, and is told from what on it does.
    told = (*plans.ANSWERS, Code.BILL_MINIMUM)
    explains = any(code in told or code.value.startswith("next.") for code in turn.codes)
    if (Code.LOST in turn.codes or (asks and state.ended is None)) and not explains:
        yield "who is lost or asks what comes next is told"
    if len(turn.codes) < len(acts) and Code.ANSWER not in turn.codes:
        yield "no sentence twice in a message"


def _reason(handoff: Handoff | None, reason: str) -> bool:
    return handoff is not None and handoff.reason == reason
