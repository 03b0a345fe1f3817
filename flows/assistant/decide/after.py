"""After the end: questions are answered, thanks returned, changes taken and passed on, and nothing starts over by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows.assistant.decide import bills, objections, plans, remarks, where
from flows.assistant.decide.acts import Code, Fact, Source
from flows.assistant.decide.draft import Draft
from flows.assistant.decide.summary import summary, told_by_the_lead
from flows.assistant.meaning import Item, Meaning, Mood
from flows.assistant.state import Ended
from flows.domain import Handoff, Stage

M = Meaning
_INTEREST = (M.GO_ON, M.PLACE, M.CHOICE, M.SHOW_PLANS, M.AMOUNT, M.UTILITY, M.BILL_RIGHT)
_ASKS_WHEN, _OF_SEVERAL = "quando_ligam", "quantas_contas"
_ALSO_FOR_CUSTOMERS = frozenset(
    {
        "e_robo",
        "muda_distribuidora",
        "meus_dados",
        "queda_de_luz",
        "segunda_via",
        "titularidade",
        "o_que_e_serena",
    }
)
_ALSO_FOR_MINORS = frozenset({_ASKS_WHEN, "e_robo", "meus_dados", "o_que_e_serena"})
# Who was called as a customer says so again without changing anything; and what the journey would have taken is news now.
_NEWS = (told_by_the_lead() - {M.CUSTOMER, M.CANCEL, M.LANGUAGE}) | {
    M.NONE_OF_THEM,
    M.OTHER_BILL,
    M.UTILITY,
    M.HOLDER_ME,
}
_AGREES = frozenset({M.YES, M.BILL_RIGHT, M.HOLDER_AGREES})


def is_over(draft: Draft) -> bool:
    """Tell whether nothing may start over. Lack of interest is undone by a clear sign, too small a bill by another."""
    ended, reading = draft.state.ended, draft.reading
    if draft.case.opted_out or (ended is not None and M.UNDER_AGE in draft.state.told):
        # Nobody goes on with a minor (docs/domain.md 8.1).
        return True
    match ended:
        case None:
            return draft.case.stage.closed
        case Ended.DECLINED | Ended.WRONG_PERSON:
            back = reading.means(*_INTEREST) or draft.case.files
            return not back or M.WRONG_PERSON in reading
        case Ended.TOO_SMALL:
            # Only another bill decides anew; a person may be asked for at any time.
            return not draft.case.files
        case Ended.WITHDRAWN:
            return not reading.means(M.GO_ON, M.SHOW_PLANS, M.CHOICE)
    return True


def stay_closed(draft: Draft) -> None:
    """Answer what is asked, take what has changed, and say no more than that (docs/domain.md 2.2)."""
    state, reading = draft.state, draft.reading
    if draft.case.opted_out:
        _answer(draft)
        quiet = reading.means(M.THANKS, M.GOODBYE, M.YES)
        if not draft.acts and not quiet:
            draft.say_rarely(Code.STILL_STOPPED)
        return
    if not state.greeted:
        # A conversation that ended before its first word: a person called from a page, an old lead.
        draft.greet()
    files = bills.take(draft, closed=True)
    if files.kept:
        if files.usable:
            draft.say(Code.RECEIVED)
        draft.say(Code.KEPT_FOR_LATER)
        if state.person_has_it:
            _pass_on(draft, "bill")
    news = [item for item in reading.items if _is_news(draft, item) and draft.note(item)]
    if _may_choose(draft) and (offer := plans.changed(draft)):
        if state.ended is Ended.PERSON:
            objections.accept(draft)
        return plans.hand_over(draft, offer, again=state.chosen is not None)
    # What whoever chose a moment ago cancels is the choice.
    cancels = M.CANCEL in reading and state.ended is Ended.HANDED_OVER
    declines = (reading.means(M.DECLINE) or cancels) and state.person_has_it and state.ended is not Ended.WITHDRAWN
    # A customer who wants no plan still wants the help that was asked for.
    customer = declines and state.ended is Ended.PERSON and not state.told.isdisjoint({M.CUSTOMER, M.CANCEL})
    if declines and not customer:
        remarks.feel(draft)
        return decline(draft)
    if _take_changes(draft, news):
        return
    remarks.feel(draft)
    _answer(draft)
    if remarks.soothe(draft):
        draft.acts = [act for act in draft.acts if act.code not in (Code.UPSET, Code.UPSET_AGAIN)]
        if not draft.say_rarely(Code.CLOSING_UPSET if state.person_has_it else Code.UPSET) and state.person_has_it:
            draft.say(Code.STILL_WITH_US)
        return
    if state.ended is Ended.TOO_SMALL and _sends_another(draft):
        draft.say(Code.SMALL_SEND)
    if not draft.acts:
        _assure(draft)


def decline(draft: Draft) -> None:
    """End with somebody who does not want; a person of the team who was told of the lead is told of that, too."""
    if draft.case.wishes:
        draft.consent = (None, False)
    if not draft.state.person_has_it:
        draft.say(Code.DECLINED)
        return draft.end(Ended.DECLINED, Stage.COMPLETED)
    draft.say(Code.WITHDRAWN)
    draft.handoff = Handoff(reason="withdrawn", summary=summary(draft, withdrawn=True))
    draft.end(Ended.WITHDRAWN, Stage.COMPLETED)


def _take_changes(draft: Draft, news: list[Item]) -> bool:
    """Note what the lead adds or corrects after a hand-over, and tell the consultant of it; True when there was something."""
    amount = draft.reading.last(M.AMOUNT, M.BILL_WRONG)
    place = where.named(draft)
    moved = place is not None and place != draft.state.place and draft.state.ended is Ended.HANDED_OVER
    polite = draft.reading.means(M.THANKS, M.GOODBYE)
    if not draft.state.person_has_it or not (news or amount or moved or (draft.model_noted and not polite)):
        return False
    remarks.feel(draft)
    _answer(draft)
    said = str(amount.amount) if amount and amount.amount is not None else None
    _pass_on(draft, "place" if moved else "noted", amount=said, **({"ibge_code": place} if moved else {}))
    if any(item.meaning is M.CALL_AT for item in news):
        remarks.say_back(draft, Code.CALL_AT_PASSED_ON, Code.CHANGE_PASSED_ON)
    else:
        draft.say(Code.CHANGE_PASSED_ON)
    return True


def _may_choose(draft: Draft) -> bool:
    ended, told = draft.state.ended, draft.state.told
    return ended is Ended.HANDED_OVER or (ended is Ended.PERSON and M.UNDER_AGE not in told)


def _is_news(draft: Draft, item: Item) -> bool:
    """Tell whether the consultant should read this. A guess at another plan is: nothing is asked back any more."""
    if item.meaning is M.CHOICE:
        others = {offer.plan_id for offer in plans.offered(draft)} - {draft.state.chosen}
        return not item.certain and item.plan in others
    if item.meaning is M.LATER:
        # A minor who fetches an adult puts nothing off.
        return M.UNDER_AGE not in draft.state.told
    return item.meaning in _NEWS


def _pass_on(draft: Draft, what: str, **more: Any) -> None:
    draft.handoff = Handoff(reason="changed", summary=summary(draft, changed=what, **more))


def _answer(draft: Draft) -> None:
    """Answer the questions of the burst with reviewed words, and with none where there are none."""
    plans.recap(draft)
    asked = [item.faq for item in draft.reading.of(M.QUESTION)]
    if M.WHAT_NEXT in draft.reading and draft.state.person_has_it:
        asked.append(_ASKS_WHEN)
    if M.UNDER_AGE in draft.state.told:
        # Nothing is explained to a minor but who we are.
        asked = [id for id in asked if id in _ALSO_FOR_MINORS]
    customer = bool(asked) and not draft.state.told.isdisjoint({M.CUSTOMER, M.CANCEL})
    if customer:
        # What is told to who has not signed yet is wrong for who has.
        asked = [id if id in (*_ALSO_FOR_CUSTOMERS, _ASKS_WHEN) else None for id in asked]
    if draft.state.ended is Ended.TOO_SMALL and _sends_another(draft):
        asked = [id for id in asked if id != _OF_SEVERAL]
    for id in dict.fromkeys(asked):
        if id == _ASKS_WHEN and draft.state.person_has_it:
            _tell_when(draft)
        elif id is not None:
            plans.answer(draft, id)
    if None in asked and not draft.said(*plans.ANSWERS) and not draft.case.opted_out:
        person = draft.state.person_has_it
        draft.say(Code.CLOSING_QUESTION if person else Code.PERSON_ASIDE)


def _sends_another(draft: Draft) -> bool:
    """Tell whether somebody whose bill was too small speaks of another one, which is looked at here."""
    return draft.reading.means(M.OTHER_BILL, M.SEVERAL_BILLS, M.LATER, M.GO_ON) or M.AMOUNT in draft.reading


def _tell_when(draft: Draft, code: Code = Code.WHEN) -> None:
    """Say when the call comes. Where it should have come already, apologise and tell the team again, once a day."""
    if draft.state.said_when:
        return draft.say(Code.WHEN_AS_ASKED)
    promised = _promised_at(draft)
    if not draft.promised(promised).overdue:
        return draft.say(code, deadline=draft.deadline(promised))
    offer = plans.chosen(draft)
    remarks.tell_overdue(draft, plans.to_consultant(draft, offer, overdue=True) if offer else None)


def _promised_at(draft: Draft) -> datetime:
    state = draft.state
    return max(at for at in (state.handed_over_at, state.person_called_at) if at is not None)


def _assure(draft: Draft) -> None:
    """Say the one sentence that fits the way the conversation ended; of thanks and taking leave, the second gets none."""
    state, reading = draft.state, draft.reading
    if reading.means(M.THANKS, M.GOODBYE):
        draft.say_rarely(Code.GOODBYE)
        draft.stage = Stage.COMPLETED if draft.case.stage is Stage.INTERESTED else None
        return
    if state.ended in (Ended.DECLINED, Ended.WITHDRAWN):
        draft.say_rarely(Code.COME_BACK)
    elif state.ended is Ended.WRONG_PERSON:
        draft.say_rarely(Code.WRONG_PERSON_AGAIN)
    elif state.ended is Ended.TOO_SMALL:
        draft.say_rarely(Code.SMALL_CLOSED)
    elif M.UNDER_AGE in state.told:
        draft.say_rarely(Code.ADULT)
    elif state.person_has_it:
        _reassure(draft)
    if not draft.acts and reading.means(M.WAITING, M.GREETING):
        # "Alguém aí?" is never met with silence.
        draft.say(Code.HERE)


def _reassure(draft: Draft) -> None:
    """Answer whoever waits for the consultant: where the request is, then shorter and as true."""
    state, reading = draft.state, draft.reading
    offer, choice = plans.chosen(draft), reading.last(M.CHOICE)
    if choice is not None and offer is not None and choice.plan == offer.plan_id:
        return draft.say(Code.CHOICE_STANDS, offer=Fact(offer, Source.SHOWN))
    if choice is not None and choice.plan not in {shown.plan_id for shown in plans.offered(draft)}:
        return draft.say(Code.PLAN_GONE)
    if all(item.meaning is M.CHAT for item in reading.items):
        if reading.means(M.CHAT) or reading.mood is Mood.JOKING:
            return draft.say(remarks.kind_word(draft))
        if reading.items and draft.say_rarely(Code.TEAM_READS):
            # What nobody here understood may be a change: who reads it, decides.
            return _pass_on(draft, "wrote")
    if M.WAITING in reading:
        # Who answers here and when a person does, once; then that somebody is here, until the person is late.
        late = not state.said_when and draft.promised(_promised_at(draft)).overdue
        return _tell_when(draft, Code.PROGRAM_HERE) if draft.rarely(Code.PROGRAM_HERE) or late else None
    agrees = bool(reading.items) and all(item.meaning in _AGREES for item in reading.items)
    if agrees and state.closing is not None:
        if state.closing != Code.GOODBYE:
            draft.say_rarely(Code.AGREED)
    elif not draft.say_rarely(Code.CONSULTANT) and not reading.means(M.WAITING, M.GREETING):
        draft.say(Code.STILL_WITH_US)
