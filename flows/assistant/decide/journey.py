"""The lead's way from a place to a chosen plan: takes what a burst brings, then asks the one next question.

What is known decides the step, so a bill or a choice may come at any moment (docs/domain.md 2.1).
"""

from __future__ import annotations

from datetime import timedelta

from flows.assistant.decide import bills, notices, objections, plans, read_back, where
from flows.assistant.decide.acts import Code, Fact, Source
from flows.assistant.decide.bills import Received
from flows.assistant.decide.draft import Draft
from flows.assistant.meaning import Meaning, Question
from flows.assistant.state import Area
from flows.domain import (
    Coverage,
    NoPlanNow,
    NotServed,
    PlansUnavailable,
    Qualification,
    Served,
    SeveralUtilities,
    Stage,
)

M = Meaning
# After so long who writes again from where there was nothing has the plans looked up anew.
LOOK_AGAIN_AFTER = timedelta(hours=12)
# What speaks of sending the bill, or of the time for it.
_OF_THE_BILL = (M.LATER, M.ALREADY_SENT, M.CANNOT_SEND, M.WONT_SEND)
# Answers that say what `SERVED_HOW` does.
_TELLS_HOW = frozenset({"como_funciona_desconto", "energia_por_assinatura"})


def take(draft: Draft, files: Received) -> bool:
    """Take every fact of the burst; True when something of it was understood."""
    if draft.case.form.amount is not None and draft.state.declared is None and not draft.state.disowned:
        draft.know(declared=draft.case.form.amount)
    # "A segunda" answers "de qual das duas é a conta?", and "é a Enel" corrects the bill: neither is heard twice.
    word = objections.take(draft)
    settled = word and draft.case.state.waiting is Question.BILL_PLACE
    place = not settled and where.take(draft)
    utility = not word and where.take_utility(draft)
    choice = plans.take(draft)
    if draft.state.chosen is not None and draft.state.chosen != draft.case.state.chosen:
        objections.accept(draft)
    notice = notices.take(draft)
    amount = not word and _take_amount(draft)
    again = read_back.read_again(draft)
    return any((draft.case.files, word, place, utility, choice, notice, amount, again))


def tell_of_elsewhere(draft: Draft) -> bool:
    """Answer whether Serena serves where somebody else lives; the lead's own place stays what it is."""
    place = where.elsewhere(draft)
    if place is None:
        return False
    match draft.coverage(place, None):
        case Served(plans=(_, *_), utility=utility):
            draft.say(Code.SERVED, utility=Fact(utility, Source.PLANS), place=Fact(place, Source.LEAD))
        case NotServed():
            draft.say(Code.NOT_SERVED, place=Fact(place, Source.LEAD))
        case _:
            draft.say(Code.ANSWER, faq=Fact(where.ASKS_COVERAGE, Source.FAQ))
    return True


def go_on(draft: Draft, files: Received) -> None:
    """Ask the one question that comes next, or hand over when nothing is left to ask."""
    state, reading = draft.state, draft.reading
    if bills.given_up(draft, files) and not draft.state.nothing_here:
        return bills.give_up(draft, files)
    if read_back.waits(draft):
        list_on_request(draft)
        if M.LATER in reading and state.waiting in read_back.QUESTIONS and not read_back.fresh(draft):
            return draft.wait_quietly(state.waiting, Code.WAITING)
        return read_back.ask(draft)
    if state.bill is not None and state.bill.verdict == "below_minimum":
        return read_back.end_small(draft)
    place = state.place
    if place is None:
        objects = M.WONT_SEND in reading and not draft.said(Code.BILL_OBJECTION)
        if M.LATER in reading or objects:
            draft.stage = Stage.AWAITING_PLACE
            waits = state.waiting if state.waiting in where.QUESTIONS else Question.PLACE
            return draft.wait_quietly(waits, Code.BILL_OBJECTION if objects else Code.NO_HURRY)
        return where.ask(draft)
    if bills.in_hand(draft) and (offer := plans.chosen(draft)):
        return plans.hand_over(draft, offer)
    if state.utilities and not _utility_of_the_bill(draft, state.utilities, place):
        if M.LATER in reading and state.waiting is Question.UTILITY:
            return draft.wait_quietly(Question.UTILITY, Code.WAITING)
        return where.ask_utility(draft, place, state.utilities)
    own = where.asks_coverage(draft) and where.elsewhere(draft) is None
    before = None if own else draft.state.coverage
    if _wants_a_reading(draft, before):
        _show(draft, draft.coverage(place, draft.state.utility), place, before)
    elif before is not None and before.nothing_here:
        if _may_have_changed(draft):
            found = draft.coverage(place, draft.state.utility)
            if isinstance(found, SeveralUtilities) or (isinstance(found, Served) and found.plans):
                return _show(draft, found, place, before)
            if not isinstance(found, PlansUnavailable):
                draft.know(looked_at=draft.case.now)
        stay_unserved(draft, place, files)
    else:
        bills.ask(draft, files)


def stay_unserved(draft: Draft, place: int, files: Received) -> None:
    """There is nothing to qualify for here: repeat the unanswered offer, else say so now and then."""
    here = Fact(place, Source.LEAD)
    draft.stage = Stage.NOT_SERVED
    if files.usable and not draft.said(Code.RECEIVED, Code.KNOWN_FILE):
        draft.say(Code.RECEIVED)
    if draft.reading.means(*_OF_THE_BILL) and not files.kept and draft.say_rarely(Code.NO_BILL, place=here):
        # Nobody looks for a bill that is of no use yet, and whoever speaks of it is not pressed for another answer.
        draft.gently = True
    if notices.may_offer(draft, place):
        if M.SHOW_PLANS in draft.reading:
            draft.say(Code.STILL_CLOSED, place=here)
        return notices.offer(draft, place, Code.NOTICE_AGAIN)
    draft.know(asked=None, resume=None)
    talked = draft.acts or draft.reading.means(M.YES, M.NO, M.THANKS, M.GOODBYE)
    if draft.reading.means(M.YES, M.NO) and not draft.acts and not files.kept:
        draft.say_rarely(Code.AGREED)
    if (files.kept or not talked) and not draft.say_rarely(Code.STILL_CLOSED, place=here) and not draft.acts:
        draft.say(Code.NOTHING_YET, place=here)


def _take_amount(draft: Draft) -> bool:
    """Take the value a lead says; what the form holds as a column is not overwritten by talk."""
    item = draft.reading.last(M.AMOUNT)
    amount = item.amount if item and item.certain else None
    if amount is None and (M.REPEATED not in draft.reading or draft.reading.means(M.YES, M.PLACE)):
        return False
    declared = draft.state.declared
    if declared is not None and (amount == declared or (amount is None and M.REPEATED in draft.reading)):
        draft.say(Code.AMOUNT_KNOWN, amount=Fact(declared, Source.LEAD))
        return True
    if amount is None:
        return False
    draft.know(declared=amount)
    if draft.case.form.amount is None or draft.state.disowned:
        draft.facts["invoice_amount"] = str(amount)
    draft.say(Code.AMOUNT_NOTED, amount=Fact(amount, Source.LEAD))
    return True


def _wants_a_reading(draft: Draft, before: Area | None) -> bool:
    """Tell whether plans are to be read now: percentages are never shown from memory (docs/domain.md 1.5)."""
    if before is not None and before.nothing_here:
        return M.GO_ON in draft.reading
    return before is not Area.SERVED or bills.in_hand(draft) or M.SHOW_PLANS in draft.reading


def _may_have_changed(draft: Draft) -> bool:
    """Tell whether "nothing here" was read so long ago that who writes again deserves another look; not who answers the offer."""
    looked = draft.state.looked_at
    return draft.consent is None and (looked is None or draft.case.now - looked >= LOOK_AGAIN_AFTER)


def _utility_of_the_bill(draft: Draft, names: tuple[str, ...], place: int) -> bool:
    """Take the distribuidora from the confirmed bill where a city has several: it is not asked for again."""
    name = read_back.utility_among(draft, names, place)
    if name:
        draft.know(utility=name, utilities=(), coverage=None)
    return bool(name)


def list_on_request(draft: Draft) -> None:
    """Show the plans to whoever asks for them, while the bill still waits for a word or the choice is put off."""
    state = draft.state
    if state.place is None or M.SHOW_PLANS not in draft.reading or state.coverage is not Area.SERVED:
        return
    read = draft.coverage(state.place, state.utility)
    if isinstance(read, Served) and read.plans:
        plans.show(draft, read)


def _show(draft: Draft, coverage: Coverage, place: int, before: Area | None) -> None:
    here = Fact(place, Source.LEAD)
    match coverage:
        case SeveralUtilities(names=names):
            draft.know(coverage=Area.SEVERAL, utilities=names)
            if _utility_of_the_bill(draft, names, place):
                one = draft.coverage(place, draft.state.utility)
                if not isinstance(one, SeveralUtilities):
                    return _show(draft, one, place, before)
            draft.know(coverage=Area.SEVERAL, utility=None, utilities=names)
            where.ask_utility(draft, place, names)
        case NotServed() | NoPlanNow() | Served(plans=()):
            _nothing_here(draft, coverage, place)
        case PlansUnavailable():
            _carry_on_without_plans(draft, place, before)
        case Served() as served:
            draft.know(coverage=Area.SERVED, utility=served.utility)
            draft.served = place
            _show_plans(draft, served, here, news=before is not Area.SERVED)


def _nothing_here(draft: Draft, coverage: NotServed | NoPlanNow | Served, place: int) -> None:
    here = Fact(place, Source.LEAD)
    draft.stage = Stage.NOT_SERVED
    known = draft.state.nothing_here
    draft.know(looked_at=draft.case.now)
    if isinstance(coverage, NotServed):
        draft.know(coverage=Area.NOT_SERVED)
        draft.qualification = Qualification.NOT_QUALIFIED
        news = Code.NOT_SERVED
    else:
        draft.know(coverage=Area.NO_PLAN, utility=coverage.utility)
        news = Code.NO_PLAN
    offers = notices.may_offer(draft, place)
    if known and not offers:
        # Asked again after the offer to be told was answered: the same offer would be heard as deaf.
        draft.know(asked=None, resume=None)
        return draft.say(Code.NOTHING_YET, place=here)
    facts = {"utility": Fact(draft.state.utility, Source.PLANS)} if news is Code.NO_PLAN else {}
    if not known:
        draft.say(news, place=here, **facts)
    if offers:
        return notices.offer(draft, place, Code.NOTICE_ASK)
    draft.know(asked=None, resume=None)
    if not (draft.case.terms.notices or draft.said(Code.NOTICE_NONE)):
        draft.say(Code.NOTICE_NONE, place=here)


def _show_plans(draft: Draft, served: Served, here: Fact, *, news: bool) -> None:
    wanted = M.SHOW_PLANS in draft.reading
    utility = Fact(served.utility, Source.PLANS)
    if news:
        draft.in_progress()
        draft.say(Code.SERVED, utility=utility, place=here)
    if bills.in_hand(draft):
        read_back.check_utility(draft, served, here.value)
        read_back.tell_verdict(draft)
        return plans.ask(draft, served, wanted=wanted)
    if news and not wanted:
        draft.say(Code.SERVED_PLANS, offers=Fact(plans.offers_of(served.plans), Source.PLANS))
        if served.stale:
            draft.say(Code.STALE)
        if not any(act.code is Code.ANSWER and act.facts["faq"].value in _TELLS_HOW for act in draft.acts):
            draft.say(Code.SERVED_HOW)
    if wanted:
        plans.show(draft, served)
    bills.ask(draft, Received())


def _carry_on_without_plans(draft: Draft, place: int, before: Area | None) -> None:
    """The API is away: say so once, go on with the bill, look again in the next turn. Never "não atendemos"."""
    here = Fact(place, Source.LEAD)
    offers = plans.offered(draft)
    if offers and bills.in_hand(draft):
        read_back.tell_verdict(draft)
        old = Served(utility=offers[0].utility, plans=offers, stale=True)
        return plans.ask(draft, old, wanted=M.SHOW_PLANS in draft.reading, source=Source.SHOWN)
    if before is not Area.SERVED:
        draft.know(coverage=Area.UNAVAILABLE)
    if bills.in_hand(draft):
        draft.stage = Stage.BILL_PROCESSED
        draft.know(asked=None, resume=None)
        return draft.say(Code.SLOW_WITH_BILL, place=here)
    if before is not Area.UNAVAILABLE:
        draft.say(Code.SLOW, place=here)
    bills.ask(draft, Received())
