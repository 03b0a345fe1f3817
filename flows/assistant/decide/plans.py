"""Plans as the lead meets them: shown as a numbered list once they were read, chosen, and handed over."""

from __future__ import annotations

from typing import Any

from flows.assistant.decide import read_back
from flows.assistant.decide.acts import Code, Fact, Source
from flows.assistant.decide.draft import Draft
from flows.assistant.decide.summary import summary
from flows.assistant.meaning import Meaning, Question
from flows.assistant.state import Ended
from flows.domain import Handoff, Offer, Plan, Qualification, Served, Stage

M = Meaning
MOST_PLANS = 3
SETS_APART, NEGOTIATES = "qual_o_melhor", "negociar"
_OF_THE_LIST = {"fidelidade": Code.PLANS_TERMS, SETS_APART: Code.PLANS_APART, "primeira_fatura": Code.PLANS_APART}
# What an answer to a question is.
ANSWERS = (Code.ANSWER, *_OF_THE_LIST.values())


def offers_of(plans: tuple[Plan, ...]) -> tuple[Offer, ...]:
    """Return at most three plans as they are shown: best discount first, then the shorter commitment (docs/domain.md 2.1)."""
    best = sorted(plans, key=lambda plan: (-plan.discount, plan.fidelity_months, plan.plan_id))[:MOST_PLANS]
    return tuple(Offer(**{**plan.model_dump(), "position": position}) for position, plan in enumerate(best, start=1))


def offered(draft: Draft) -> tuple[Offer, ...]:
    """Return the plans that this lead was shown for the place that counts now."""
    state = draft.state
    shown = state.offered is not None and state.offered == state.place
    return (draft.offers or draft.case.offers) if shown else ()


def chosen(draft: Draft) -> Offer | None:
    """Return the plan the lead chose, in this turn or before."""
    return next((offer for offer in offered(draft) if offer.plan_id == draft.state.chosen), None)


def recap(draft: Draft) -> bool:
    """Tell whoever asks for it what is noted: the plan that was chosen, else that what was told is."""
    if M.RECAP not in draft.reading:
        return False
    offer = chosen(draft)
    if draft.said(Code.CHOSEN):
        # "Fico com esse, anota aí": said just now.
        pass
    elif offer is not None:
        draft.say(Code.RECAP_PLAN, offer=Fact(offer, Source.SHOWN))
    elif draft.state.notes:
        draft.say(Code.RECAP)
    else:
        draft.say(Code.RECAP_NOTHING)
    return True


def take(draft: Draft) -> bool:
    """Take the lead's choice among the plans that were shown; True when a choice was understood.

    A guess is asked back. "Quero esse" is a choice where one plan was shown, or one was asked back about.
    """
    offers, state = offered(draft), draft.state
    item = draft.reading.last(M.CHOICE)
    if item is not None:
        offer = next((offer for offer in offers if offer.plan_id == item.plan), None)
        if offer is None:
            draft.say(Code.PLAN_GONE)
            return True
        if item.certain or offer.plan_id == state.proposed:
            # A guess that is said again needs no third question.
            note_choice(draft, offer)
        elif len(offers) > 1:
            draft.know(proposed=offer.plan_id)
        else:
            return False
        return True
    answer = draft.answer(Question.PLAN) or draft.answer(Question.CONFIRM_PLAN)
    if state.waiting not in (Question.PLAN, Question.CONFIRM_PLAN):
        return False
    meant = next((offer for offer in offers if offer.plan_id == state.proposed), None)
    if meant is None and len(offers) == 1:
        meant = offers[0]
    if answer is M.YES and meant is not None:
        note_choice(draft, meant)
        return True
    if answer is M.NO and state.proposed is not None:
        draft.know(proposed=None)
        return True
    return False


def changed(draft: Draft) -> Offer | None:
    """Return another plan than the one handed over, if the lead plainly asks for it ("na verdade quero o 3")."""
    item = draft.reading.last(M.CHOICE)
    if item is None or not item.certain or item.plan == draft.state.chosen:
        return None
    return next((offer for offer in offered(draft) if offer.plan_id == item.plan), None)


def answer(draft: Draft, faq: str) -> None:
    """Answer a question: about the plans with those on the list, where there are some, else with the reviewed words."""
    offers, code = offered(draft), _OF_THE_LIST.get(faq)
    if code is None or not offers or (code is Code.PLANS_APART and len(offers) == 1):
        return draft.say(Code.ANSWER, faq=Fact(faq, Source.FAQ))
    if not draft.said(code):
        draft.say(code, offers=Fact(offers, Source.SHOWN))


def show(draft: Draft, served: Served, *, source: Source = Source.PLANS) -> None:
    """Show the numbered list and remember it as what this lead was shown."""
    offers = offers_of(served.plans)
    utility = Fact(served.utility, source)
    draft.say(Code.PLANS, offers=Fact(offers, source), utility=utility)
    draft.say(Code.PLANS_SCOPE)
    if served.stale:
        draft.say(Code.STALE)
    draft.offers = offers
    draft.know(offered=draft.state.place)


def ask(draft: Draft, served: Served, *, wanted: bool = False, source: Source = Source.PLANS) -> None:
    """Ask which plan it shall be; the list itself only when it is new, has changed or is `wanted` again."""
    offers = offers_of(served.plans)
    shown = offers == offered(draft)
    waiting = draft.state.waiting in (Question.PLAN, Question.CONFIRM_PLAN) and shown
    if not shown or wanted:
        if not draft.said(Code.PLANS):
            show(draft, served, source=source)
    elif not waiting:
        draft.say(Code.PLANS_SHOWN)
    if shown and served.stale and not draft.said(Code.STALE):
        draft.say(Code.STALE)
    draft.stage = Stage.PLANS_SENT
    proposed = next((offer for offer in offers if offer.plan_id == draft.state.proposed), None)
    if proposed is not None:
        return draft.ask(
            Question.CONFIRM_PLAN,
            Code.PLAN_CONFIRM,
            Code.PLAN_CONFIRM,
            fresh=draft.state.proposed != draft.case.state.proposed,
            choices=("plan:yes", "plan:no"),
            offer=Fact(proposed, source),
        )
    if len(offers) == 1:
        return draft.ask(
            Question.PLAN,
            Code.PLAN_ASK_ONE,
            Code.PLAN_AGAIN_ONE,
            fresh=not shown,
            choices=(f"plan:{offers[0].plan_id}", "doubt"),
            offer=Fact(offers[0], source),
        )
    choices = tuple(f"plan:{offer.plan_id}" for offer in offers)
    draft.ask(
        Question.PLAN,
        Code.PLAN_ASK,
        Code.PLAN_AGAIN,
        fresh=not shown,
        choices=(*choices, "doubt"),
        offers=Fact(offers, source),
        place=Fact(draft.state.place, Source.LEAD),
    )


def hand_over(draft: Draft, offer: Offer, *, again: bool = False) -> None:
    """Give the lead to a consultant with the plan that was chosen.

    What was read on the bill decides. Where nobody could read it, a person looks at it before anything is said of it, and
    a declared value below the minimum rejects nobody.
    """
    bill = draft.state.bill
    review = read_back.needs_a_person(draft)
    verdict = "review" if review else bill.verdict if bill else None
    told = draft.state.verdict == verdict
    draft.qualification = Qualification.NEEDS_REVIEW if review else Qualification.QUALIFIED
    if not draft.said(Code.CHOSEN):
        draft.say(Code.CHOSEN, offer=Fact(offer, Source.SHOWN))
    code = (
        Code.CALLS_AGAIN
        if again
        else Code.CALLS_CHOSEN
        if told
        else Code.CALLS_REVIEW
        if review
        else Code.CALLS_QUALIFIED
    )
    draft.say(code, deadline=draft.deadline())
    draft.chosen = offer.plan_id
    draft.know(chosen=offer.plan_id, verdict=verdict, handed_over_at=draft.case.now)
    draft.handoff = to_consultant(draft, offer)
    draft.end(Ended.HANDED_OVER, Stage.INTERESTED)


def to_consultant(draft: Draft, offer: Offer, **why: Any) -> Handoff:
    """Return what a consultant is told of a lead who chose (docs/domain.md 2.1, step 10)."""
    declared, minimum = draft.state.declared or draft.case.form.amount, draft.case.terms.minimum
    plan: dict[str, Any] = {"utility": offer.utility, "discount": str(offer.discount)}
    plan |= {"fidelity_months": offer.fidelity_months, "other_holder": draft.state.other_holder}
    plan["declared_amount"] = None if declared is None else str(declared)
    plan["below_minimum"] = draft.state.bill is None and declared is not None and declared < minimum
    return Handoff(reason="plan_chosen", summary=summary(draft, plan_id=offer.plan_id, **plan, **why))


def note_choice(draft: Draft, offer: Offer) -> None:
    """Keep the plan that was chosen, and say so."""
    draft.know(chosen=offer.plan_id, proposed=None)
    draft.say(Code.CHOSEN, offer=Fact(offer, Source.SHOWN))
