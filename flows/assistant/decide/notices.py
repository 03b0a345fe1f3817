"""Being told when there are plans: offered where it can be kept, noted with consent, and taken back on a word (LGPD art. 8)."""

from __future__ import annotations

from flows.assistant.decide.acts import Code, Fact, Source
from flows.assistant.decide.draft import Draft
from flows.assistant.meaning import Meaning, Question

M = Meaning


def take(draft: Draft) -> bool:
    """Take consent to be told of plans, given or refused (LGPD art. 8); False when nothing was said of it."""
    state, here = draft.state, draft.state.nothing_here
    wish = next((item for item in draft.reading.of(M.NOTICE) if item.certain), None)
    place = wish.places[0] if wish and len(wish.places) == 1 else state.place
    answer = draft.answer(Question.NOTICE) if here else None
    refused = _refuses(draft)
    if place is not None and (answer is M.YES or (wish and (here or wish.places))):
        _keep(draft, place)
    elif refused or answer is M.NO or (here and state.asked is Question.NOTICE and M.DECLINE in draft.reading):
        draft.say(Code.NOTICE_DECLINED)
        draft.consent = (place if here else None, False)
        draft.know(no_notice=state.no_notice or here)
    elif draft.state.waiting is not Question.NOTICE or draft.case.terms.notices:
        return False
    # Answered, or no longer to be asked.
    if draft.state.waiting is Question.NOTICE:
        draft.know(asked=None, resume=None, times=0)
    return draft.said(Code.NOTICE_KEPT, Code.NOTICE_DECLINED, Code.NOTICE_NONE, Code.NOTHING_YET)


def _refuses(draft: Draft) -> bool:
    """Tell whether a button, or words that can mean nothing else, say no to being told, wherever the conversation is."""
    return any(one.meaning is M.NO and one.about is Question.NOTICE and one.certain for one in draft.reading.items)


def take_back(draft: Draft) -> bool:
    """Take a no to being told after the end of the conversation; False when there was none, or nothing to take back."""
    if not (_refuses(draft) and draft.case.wishes):
        return False
    draft.say(Code.NOTICE_DECLINED)
    draft.consent = (None, False)
    return True


def _keep(draft: Draft, place: int) -> None:
    """Promise to tell of this place, where that can be done."""
    told = Fact(place, Source.LEAD)
    if draft.wishes(place):
        return draft.say(Code.NOTHING_YET, place=told)
    if not draft.case.terms.notices:
        return draft.say(Code.NOTICE_NONE, place=told)
    draft.say(Code.NOTICE_KEPT, place=told)
    draft.consent = (place, True)
    if place == draft.state.place:
        draft.know(no_notice=False)


def may_offer(draft: Draft, place: int) -> bool:
    """Tell whether the lead has not said yet whether to be told, and could be."""
    return draft.case.terms.notices and not (draft.state.no_notice or draft.wishes(place))


def offer(draft: Draft, place: int, code: Code) -> None:
    draft.ask(
        Question.NOTICE, code, Code.NOTICE_AGAIN, choices=("notify:yes", "notify:no"), place=Fact(place, Source.LEAD)
    )
