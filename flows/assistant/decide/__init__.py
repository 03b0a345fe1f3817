"""Meanings become a decision: a pure machine over typed state that knows no language and does no I/O.

What a person may say at any moment comes first, in this order: stop, erase my data, not me, a person. Then a closed
conversation stays closed; then the journey takes what the burst brings and asks the next question.
"""

from __future__ import annotations

from flows.assistant.decide import after, bills, journey, leaving, notices, plans, remarks, where
from flows.assistant.decide.acts import PROMISES_A_PERSON, Act, Code, Fact, Source, step
from flows.assistant.decide.draft import Case, Decision, Draft, Form, Look, Terms
from flows.assistant.meaning import Meaning, Mood, Question
from flows.domain import Inbound

__all__ = [
    "PROMISES_A_PERSON",
    "Act",
    "Case",
    "Code",
    "Decision",
    "Fact",
    "Form",
    "Look",
    "Source",
    "Terms",
    "decide",
]

M = Meaning
_CANNOT_READ = {
    Inbound.AUDIO: Code.AUDIO,
    Inbound.VIDEO: Code.VIDEO,
    Inbound.LOCATION: Code.LOCATION,
    Inbound.CONTACTS: Code.CONTACTS,
    Inbound.ORDER: Code.ORDER,
}
# The greeting has just disclosed it; and where the place is known, reading its plans is the better answer.
_IS_ROBOT = "e_robo"
_MOST_MISSES, _MOST_TALK = 2, 3
_MOST_TIMES_LOST = 2
_MOST_ANSWERS = 3
# A yes or no to these says nothing: they ask for a name, a figure, or one of several.
_OPEN_QUESTIONS = frozenset({Question.PLACE, Question.WHICH_CITY, Question.UTILITY, Question.BILL_WRONG})


def decide(case: Case) -> Decision:
    """Answer one burst. Raises `Look` when what Serena sells somewhere has to be read first."""
    draft = Draft(case)
    if case.taken_over:
        leaving.while_taken_over(draft)
        bills.take_unseen(draft)
        return draft.decision()
    leaving.forget_the_form(draft)
    draft.note_of_the_model()
    if leaving.stop_or_erase(draft) or leaving.takes_leave_of_the_program(draft):
        bills.take_unseen(draft)
        return draft.decision()
    leaving.come_back(draft)
    if leaving.disown(draft):
        return draft.decision()
    if after.is_over(draft):
        if not notices.take_back(draft):
            after.stay_closed(draft)
    else:
        _talk(draft)
    return draft.decision()


def _talk(draft: Draft) -> None:
    """An open conversation: greet once, answer what was asked aside, take the facts, ask the next question."""
    case, reading = draft.case, draft.reading
    if reading.means(M.DECLINE) and draft.state.asked is not Question.NOTICE and not case.files:
        remarks.feel(draft)
        _answer(draft, greeted=True)
        return after.decline(draft)
    if draft.state.ended is not None:
        draft.know(ended=None)
        draft.in_progress()
    first = draft.greet()
    soothed = remarks.soothe(draft)
    told = remarks.take(draft)
    answered = _answer(draft, first)
    answered = journey.tell_of_elsewhere(draft) or answered
    for kind in dict.fromkeys(case.unreadable):
        draft.say(_CANNOT_READ.get(kind, Code.UNSUPPORTED))
    files = bills.take(draft)
    learned = journey.take(draft, files)
    helped = remarks.cannot_send(draft) or _help(draft)
    helped = plans.recap(draft) or helped
    unknown = any(item.faq is None for item in reading.of(M.QUESTION))
    moved = bool(first or soothed or told or answered or learned or helped or case.unreadable)
    # Whoever passed over the offer of a person a moment ago is not offered one again at once.
    offered = case.state.asked is Question.PERSON
    wont_say = draft.state.waiting is Question.PLACE and draft.answer(Question.PLACE) is M.NO
    if wont_say and not (moved or case.state.later):
        # Who will not say is told what for, once.
        return draft.wait_quietly(Question.PLACE, Code.PLACE_WHY)
    if remarks.still_cannot_send(draft) and not helped and not offered:
        draft.know(lost=0)
        why = Code.PERSON_NO_BILL if M.CANNOT_SEND in reading else Code.PERSON_STUCK
        return draft.ask_aside(Question.PERSON, why, ("person:yes", "person:no"))
    if unknown and told and not (soothed or answered) and not draft.said(*remarks.ANSWERS):
        draft.say(Code.PERSON_ASIDE)
    elif unknown and not soothed and not answered and not told:
        draft.know(misses=0)
        if draft.state.place != case.state.place:
            # "Sou de Floripa, tem aí?": what is sold there is the answer, and follows.
            pass
        elif moved or offered or reading.means(M.LATER):
            # Who comes back later anyway is told whom to ask then, and is not held up by an offer.
            draft.say(Code.PERSON_ASIDE)
        else:
            return draft.ask_aside(Question.PERSON, Code.PERSON_UNKNOWN, ("person:yes", "person:no"))
    elif not moved and (code := _stands_still(draft, offered=offered)):
        return draft.ask_aside(Question.PERSON, code, ("person:yes", "person:no"))
    elif moved:
        draft.know(misses=0)
    if (choice := _choice_put_off(draft)) is not None:
        journey.list_on_request(draft)
        return draft.wait_quietly(choice, Code.PLANS_LATER)
    if not moved and _small_talk(draft):
        return
    journey.go_on(draft, files)


def _answer(draft: Draft, greeted: bool) -> bool:
    """Answer at most three questions with reviewed words; True when one had an answer."""
    ids = dict.fromkeys(item.faq for item in draft.reading.of(M.QUESTION) if item.faq is not None)
    if greeted:
        ids.pop(_IS_ROBOT, None)
    if "quem_assina" in ids and M.HOLDER_DECEASED in draft.state.told:
        # Nobody is told that the dead must sign.
        ids = dict.fromkeys("titular_falecido" if id == "quem_assina" else id for id in ids)
    answered = bool(ids)
    if draft.reading.means(M.HOLDER_ME) and M.HOLDER_ME not in draft.case.state.told:
        # "A conta é minha, serve?": that the lead signs is said to it.
        ids.pop("quem_assina", None)
    named = draft.reading.means(M.PLACE)
    if draft.state.place is not None or named or (len(draft.case.form.places) == 1 and not draft.state.form_denied):
        ids.pop(where.ASKS_COVERAGE, None)
    again = [id for id in ids if id in draft.state.answered and id != _IS_ROBOT]
    draft.know(answered=tuple(ids))
    for id in [id for id in ids if id not in again][:_MOST_ANSWERS]:
        plans.answer(draft, id)
    if again and not (draft.said(*plans.ANSWERS) or _of_the_list(draft)):
        # Whoever asks the same once more was not helped enough by the words that stand above, and still they hold.
        draft.say(Code.ABOVE)
    return answered


def _of_the_list(draft: Draft) -> bool:
    """Tell whether another discount is wanted than those on the list."""
    return M.NONE_OF_THEM in draft.reading and bool(plans.offered(draft))


def _help(draft: Draft) -> bool:
    """Answer what is said of our own talk: lost, already sent, a doubt before choosing, another discount."""
    reading, waiting = draft.reading, draft.state.waiting
    before = len(draft.acts)
    if M.ALREADY_SENT in reading and waiting is Question.BILL and not draft.case.files:
        failed = not bills.in_hand(draft) and draft.state.refusals > 0
        draft.say(Code.BILL_NOT_READ if failed else Code.BILL_NOT_HERE)
    told = any(act.code is Code.ANSWER and act.facts["faq"].value == plans.NEGOTIATES for act in draft.acts)
    if _of_the_list(draft) and not told:
        draft.say(Code.PLAN_ONLY_LISTED)
    if any(item.about is Question.PERSON and item.meaning is M.NO for item in reading.items):
        draft.say(Code.PERSON_STAYING)
    if M.WONT_SEND in reading and waiting is not Question.BILL and not (draft.state.objected or bills.in_hand(draft)):
        draft.say(Code.BILL_OBJECTION)
        draft.know(objected=True)
    choosing = waiting in (Question.PLAN, Question.CONFIRM_PLAN)
    doubts = [i for i in reading.of(M.UNSURE) if i.about is Question.PLAN or (i.about is None and choosing)]
    if doubts and doubts[-1].quote and not draft.said(*plans.ANSWERS):
        # Told in words, not by the button: what sets the plans apart helps more than "pode perguntar".
        plans.answer(draft, plans.SETS_APART)
        draft.know(answered=(*draft.state.answered, plans.SETS_APART))
    elif doubts and not doubts[-1].quote:
        draft.say(Code.PLAN_DOUBT)
    lost = M.LOST in reading and not draft.said(*plans.ANSWERS, Code.PERSON_ASIDE, Code.ABOVE)
    if lost and waiting not in (None, Question.BILL) and draft.state.lost < _MOST_TIMES_LOST:
        draft.say(Code.LOST)
        plans.answer(draft, plans.SETS_APART) if choosing else draft.say(step(waiting))
        draft.know(lost=draft.state.lost + 1)
    elif M.WHAT_NEXT in reading and waiting is not None:
        review = choosing and draft.state.verdict == "review"
        if waiting is Question.BILL and bills.seems_small(draft):
            # "Então não serve pra mim, né?"
            draft.say(Code.BILL_MINIMUM, minimum=Fact(draft.case.terms.minimum, Source.TERMS))
        else:
            draft.say(Code.NEXT_REVIEW if review else step(waiting))
    return len(draft.acts) > before


def _stands_still(draft: Draft, *, offered: bool) -> Code | None:
    """Return the text to offer a person with, when going on alone would not help; count what was not understood.

    `offered` says that a person was offered a moment ago: then the journey's own question comes first again.
    """
    reading, state = draft.reading, draft.state
    waiting = state.waiting
    if M.LOST in reading and state.lost >= _MOST_TIMES_LOST and not offered:
        draft.know(lost=0)
        return Code.PERSON_STUCK
    calmed = reading.means(M.YES, M.LATER, M.THANKS, M.GOODBYE, M.GO_ON, M.SHOW_PLANS)
    refuses = M.WONT_SEND in reading or (waiting is Question.BILL and not calmed)
    if refuses and not offered and state.objected:
        draft.know(objected=False)
        return Code.PERSON_NO_BILL
    if waiting is Question.PLAN and draft.answer(Question.PLAN) is M.NO and not offered:
        return Code.PERSON_UNDECIDED
    # A guess at small talk is what was read where nothing else could be.
    meant = [item for item in reading.items if item.certain or item.meaning is not M.CHAT]
    chats = bool(reading.items) and not meant
    only = all(item.meaning in (M.YES, M.NO, M.UNSURE) for item in meant)
    several = waiting is Question.PLAN and draft.answer(Question.PLAN) is M.YES
    if meant and not (only and (waiting in _OPEN_QUESTIONS or several)):
        draft.know(misses=0)
        return None
    if draft.case.reading.items != reading.items:
        # What answered an offer or a safeguard was understood.
        return None
    if state.misses + 1 >= (_MOST_TALK if chats else _MOST_MISSES) and not offered:
        draft.know(misses=0)
        return Code.PERSON_STUCK
    if not chats and not several and M.UNSURE not in reading:
        draft.say(Code.STILL_UNCLEAR if state.misses else Code.UNCLEAR)
    draft.know(misses=min(state.misses + 1, _MOST_TALK - 1))
    return None


def _choice_put_off(draft: Draft) -> Question | None:
    """Return the question of a plan when the lead wants to think first or none for now, whatever else was said: it is not
    asked again."""
    waiting, reading = draft.state.waiting, draft.reading
    if waiting not in (Question.PLAN, Question.CONFIRM_PLAN) or draft.state.chosen is not None:
        return None
    refuses = reading.means(M.THANKS) and draft.answer(Question.PLAN) is M.NO
    if not refuses and (not reading.means(M.LATER) or reading.means(M.GOODBYE)):
        return None
    return Question.PLAN if draft.state.proposed is None else waiting


def _small_talk(draft: Draft) -> bool:
    """Answer leave-taking, thanks and talk where nothing else was said; True when no question follows."""
    reading = draft.reading
    if reading.means(M.GOODBYE):
        draft.say(Code.BYE)
        return True
    if reading.means(M.THANKS):
        draft.say(Code.THANKS)
        # Whoever was told that there is no hurry, and thanks for it, takes leave.
        if draft.case.state.later and all(item.meaning is M.THANKS for item in reading.items):
            return True
        draft.gently = True
    elif reading.means(M.WAITING) and len(reading.items) == 1:
        draft.say(Code.HERE)
    elif M.CHAT in reading or (reading.mood in (Mood.JOKING, Mood.SAD) and not (draft.acts or M.UNSURE in reading)):
        # What was told and nobody here could read is the consultant's.
        nobody = draft.state.coverage is not None and draft.state.coverage.nothing_here
        told = [draft.note(item) for item in reading.of(M.CHAT) if item.text and not nobody]
        draft.say(Code.NOTED if any(told) else remarks.kind_word(draft))
        draft.gently = True
    return False
