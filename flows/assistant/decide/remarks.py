"""What people's lives bring with them: each circumstance gets its reviewed words once, and is noted for the consultant."""

from __future__ import annotations

from datetime import timedelta

from flows.assistant.decide.acts import Code, Fact, Source
from flows.assistant.decide.draft import Draft
from flows.assistant.decide.summary import summary, told_by_the_lead
from flows.assistant.meaning import Item, Meaning, Mood, Question
from flows.domain import Handoff

M = Meaning
# A second call for a person within this time is answered by the first.
CALL_AGAIN_AFTER = timedelta(hours=12)
WORDS: dict[Meaning, Code] = {
    M.HARDSHIP: Code.HARDSHIP,
    M.ACCESS: Code.ACCESS,
    M.LANGUAGE: Code.LANGUAGE,
    M.FRAUD_FEAR: Code.FRAUD_FEAR,
    M.HOLDER_DECEASED: Code.HOLDER_DECEASED,
    M.HOLDER_OTHER: Code.HOLDER_OTHER,
    M.HOLDER_ABSENT: Code.HOLDER_ABSENT,
    M.HOLDER_ME: Code.HOLDER_ME,
    M.HOLDER_AGREES: Code.HOLDER_AGREES,
    M.HOLDER_REFUSES: Code.HOLDER_UNSURE,
    M.TENANT: Code.TENANT,
    M.COMPANY: Code.COMPANY,
    M.SEVERAL_BILLS: Code.SEVERAL_BILLS,
    M.OWN_PANELS: Code.OWN_PANELS,
    M.LOW_INCOME: Code.LOW_INCOME,
    M.EXCLUDED: Code.EXCLUDED,
    M.POWER_CUT: Code.POWER_CUT,
    M.SECOND_COPY: Code.SECOND_COPY,
    M.COMPETITOR: Code.COMPETITOR,
    M.CALL_AT: Code.CALL_AT,
    M.NEW_NUMBER: Code.NEW_NUMBER,
    M.SECRET: Code.SECRET,
}
# The FAQ's answer to a circumstance that was told as a question: one of the two is enough.
_SAME_AS_ANSWER = {
    M.FRAUD_FEAR: {"e_confiavel", "base_legal"},
    M.HOLDER_DECEASED: {"titular_falecido"},
    M.HOLDER_OTHER: {"quem_assina"},
    M.HOLDER_ABSENT: {"quem_assina"},
    M.TENANT: {"aluguel"},
    M.COMPANY: {"cnpj_empresa"},
    M.SEVERAL_BILLS: {"quantas_contas"},
    M.OWN_PANELS: {"quem_nao_pode"},
    M.LOW_INCOME: {"baixa_renda", "quem_nao_pode"},
    M.EXCLUDED: {"rural", "quem_nao_pode"},
    M.POWER_CUT: {"queda_de_luz"},
    M.SECOND_COPY: {"segunda_via"},
    M.COMPETITOR: {"concorrente"},
}
# What is answered to whoever leaves, is called, or has been handed over, too.
_ALWAYS = {
    M.HOLDER_DECEASED: Code.CONDOLENCES,
    M.HARDSHIP: Code.HARDSHIP,
    M.POWER_CUT: Code.POWER_CUT,
    M.SECOND_COPY: Code.SECOND_COPY,
    M.FRAUD_FEAR: Code.FRAUD_FEAR,
}
_HEAVY = frozenset({M.HOLDER_DECEASED, M.HARDSHIP, M.POWER_CUT})
_MOST_AT_ONCE = 2
# Characters of a lead's own words that we repeat: an hour or a way fits, and no sentence that wants our name under it.
_MOST_SAID_BACK = 28
# Circumstances whose words answer a question that came with them.
ANSWERS = frozenset(WORDS.values()) - {Code.LANGUAGE, Code.SECRET, Code.HARDSHIP, Code.ACCESS}
# Calm words enough: what is said kindly of these needs no "entendo a irritação" before it.
_KIND = frozenset({M.POWER_CUT, M.HARDSHIP, M.FRAUD_FEAR, M.HOLDER_DECEASED})
# How the bill can be sent, in the order in which it is explained.
_WAYS = (Code.BILL_HOW, Code.BILL_OTHER_WAY)


def take(draft: Draft) -> bool:
    """Note every circumstance of the burst and answer those that were not answered before; True when there was one.

    What is told of one that was answered is noted, and the lead hears that it was.
    """
    items = [item for item in draft.reading.items if item.meaning in WORDS or item.meaning in told_by_the_lead()]
    noted = [item for item in items if _remember(draft, item)]
    answers = {item.faq for item in draft.reading.of(M.QUESTION)}
    codes: list[Code] = []
    for item in sorted(items, key=lambda one: list(WORDS).index(one.meaning) if one.meaning in WORDS else 99):
        code = WORDS.get(item.meaning)
        alike = {meaning for meaning, words in WORDS.items() if words is code}
        # A secret is warned of each time, and each new word on how to be contacted is said back.
        new = item.meaning is M.SECRET or (item.meaning is M.CALL_AT and any(one.meaning is M.CALL_AT for one in noted))
        new = new or draft.case.state.told.isdisjoint(alike)
        if code and new and code not in codes and not answers & _SAME_AS_ANSWER.get(item.meaning, set()):
            codes.append(code)
    elsewhere = {Code.HOLDER_OTHER, Code.HOLDER_ABSENT}.intersection(codes)
    if elsewhere and (Code.HOLDER_DECEASED in codes or M.HOLDER_DECEASED in draft.case.state.told):
        codes = [code for code in codes if code not in elsewhere]
    if calls := _takes_call(draft):
        codes = [code for code in codes if code is not Code.CALL_AT]
    for code in codes[:_MOST_AT_ONCE]:
        say_back(draft) if code is Code.CALL_AT else draft.say(code)
    if not (codes or calls or answers or draft.case.files):
        if draft.reading.means(M.HARDSHIP, M.POWER_CUT):
            draft.say(Code.WITH_YOU)
        elif any(_passed_over(draft, item) for item in noted):
            draft.say(Code.NOTED)
    draft.know(told=draft.state.told | {item.meaning for item in items})
    return bool(items)


def _takes_call(draft: Draft) -> bool:
    """Hand whoever asks to be called to the team, once; they may go on here meanwhile."""
    if not any(i.about is Question.PERSON for i in draft.reading.of(M.CALL_AT)) or draft.state.person_has_it:
        return False
    draft.handoff = Handoff(reason="asked_for_person", summary=summary(draft))
    draft.know(person_called_at=draft.case.now)
    draft.gently = True
    say_back(draft, Code.CALL_AT_PASSED_ON, Code.CHANGE_PASSED_ON)
    return True


def say_back(draft: Draft, code: Code = Code.CALL_AT, otherwise: Code = Code.CALL_AT_NOTED) -> None:
    """Repeat when or how the lead wants to be contacted, in the lead's words: so it is seen that they were kept."""
    words = tuple(dict.fromkeys(item.text or item.quote for item in draft.reading.of(M.CALL_AT)))
    short = all(0 < len(text) <= _MOST_SAID_BACK for text in words)
    draft.say(code, words=Fact(words, Source.LEAD)) if short else draft.say(otherwise)


def feel(draft: Draft) -> None:
    """Say the one sentence for what weighs on somebody who leaves, is called, or has been handed over."""
    polite = draft.reading.means(M.THANKS, M.GOODBYE)
    for meaning, code in _ALWAYS.items():
        if polite and meaning not in _HEAVY:
            # "Obrigada, e desculpa a desconfiança."
            continue
        if meaning in draft.reading and meaning not in draft.case.state.told:
            draft.say(code)
            draft.know(told=draft.state.told | {meaning})


def kind_word(draft: Draft) -> Code:
    """Return the short word for talk that asks nothing of us."""
    if draft.reading.mood is Mood.JOKING:
        return Code.LAUGH
    sad = draft.reading.mood is Mood.SAD or not draft.case.state.told.isdisjoint(_HEAVY)
    return Code.WITH_YOU if sad else Code.I_SEE


def _passed_over(draft: Draft, item: Item) -> bool:
    """Tell whether a circumstance gets no words of its own any more, or not yet: how a bill is sent is told with the bill."""
    if item.meaning is M.CANNOT_SEND:
        return draft.state.waiting is not Question.BILL
    return item.meaning in WORDS and item.meaning is not M.LANGUAGE


def still_cannot_send(draft: Draft) -> bool:
    """Tell whether somebody cannot send the bill although every way was explained."""
    return _cannot_send(draft) and draft.state.lost >= len(_WAYS)


def cannot_send(draft: Draft) -> bool:
    """Explain another way to whoever cannot take or send a picture, each way once."""
    ways = _WAYS
    if not _cannot_send(draft) or draft.state.lost >= len(ways):
        return False
    # Who cannot take a picture at all needs other people, not another button.
    code = Code.BILL_OTHER_WAY if M.CANNOT_SEND in draft.reading else ways[draft.state.lost]
    draft.say(code)
    draft.know(lost=len(ways) if code is Code.BILL_OTHER_WAY else draft.state.lost + 1)
    draft.gently = True
    return True


def _cannot_send(draft: Draft) -> bool:
    waits = draft.state.waiting is Question.BILL and not draft.case.files
    # Lost over something else, which was answered just now, is not lost over the picture.
    lost = M.LOST in draft.reading and not draft.said(Code.ANSWER)
    return waits and (lost or M.CANNOT_SEND in draft.reading)


def soothe(draft: Draft) -> bool:
    """Return one calm sentence for anger, and for the complaint of being asked twice (docs/domain.md 2.2)."""
    says = M.UPSET in draft.reading
    sounds = says or (draft.reading.mood is Mood.UPSET and M.REPEATED not in draft.reading)
    told = sounds and M.UPSET in draft.state.told
    if sounds and (says or not told) and not draft.reading.means(*_KIND):
        draft.say(Code.UPSET_AGAIN if told else Code.UPSET)
        draft.know(told=draft.state.told | {M.UPSET})
        draft.gently = True
        return True
    if M.REPEATED in draft.reading:
        draft.say(Code.REPEATED)
        return True
    return False


def _remember(draft: Draft, item: Item) -> bool:
    """Keep what follows from a circumstance; True when its words are a note that was not there."""
    new = item.meaning in told_by_the_lead() and draft.note(item)
    match item.meaning:
        case M.HOLDER_OTHER | M.HOLDER_ABSENT:
            draft.know(other_holder=True)
        case M.HOLDER_ME:
            draft.know(other_holder=False)
        case M.HOLDER_DECEASED:
            draft.know(other_holder=True, told=draft.state.told | {M.HOLDER_DECEASED})
        case M.COMPANY:
            draft.facts["client_type"] = "juridical"
        case M.NAME if item.text and (draft.state.disowned or not draft.case.named):
            draft.facts["name"] = item.text[:80]
    return new


def tell_overdue(draft: Draft, handoff: Handoff | None = None) -> None:
    """Apologise for a call that should have come, and tell the team of it again, once a day; `handoff` says what it is told."""
    told = draft.state.told_again_at
    if told and draft.case.now - told < CALL_AGAIN_AFTER:
        return draft.say(Code.STILL_OVERDUE)
    draft.handoff = handoff or Handoff(reason="asked_for_person", summary=summary(draft, overdue=True))
    draft.know(told_again_at=draft.case.now)
    draft.say(Code.OVERDUE)
