"""Plans as the lead meets them: shown as a numbered list, chosen by number, name, percentage or tap, handed over."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flows.agent import intents
from flows.agent.cues import Cue, cues
from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.naming import known_as
from flows.agent.percentages import percentages
from flows.agent.words import button, numbered, offers_of, plan_name, rows_of, say
from flows.brazil.folding import fold, unaccent
from flows.domain import Handoff, Offer, Qualification, Served, Stage

# Before the list is the pending question, only a reply as short as "o 2" or "a segunda" is taken for a choice.
_SHORT = 4


def offered(draft: Draft) -> tuple[Offer, ...]:
    """Return the plans that this lead was shown for the place that counts now."""
    return draft.lead.offers if draft.known("offered") == draft.known("place") else ()


def chosen(draft: Draft) -> Offer | None:
    """Return the plan the lead chose, in this turn or before."""
    return next((offer for offer in offered(draft) if offer.plan_id == draft.known("chosen")), None)


def take_choice(draft: Draft, heard: Heard) -> bool:
    """Take the lead's choice among the plans that were shown; True when a choice, or a doubt, was understood."""
    if "doubt" in heard.taps or (Cue.DOUBT in heard.cues and not heard.answers):
        draft.say("plans.doubt")
        return True
    picked = _picked(draft, heard)
    if picked is None:
        if heard.tapped("plan"):
            draft.say("plans.gone")
        return heard.tapped("plan") is not None
    _note(draft, picked)
    return True


def changed(draft: Draft, heard: Heard) -> Offer | None:
    """Return another plan than the one handed over, if the lead plainly asks for it ("na verdade quero o 3")."""
    before = draft.known("chosen")
    plainly = heard.tapped("plan") or Cue.CHOOSES in heard.cues
    offer = _picked(draft, heard) if plainly else None
    if offer is None or offer.plan_id == before:
        return None
    _note(draft, offer)
    return offer


def show(draft: Draft, served: Served) -> None:
    """Write the numbered list and remember it as what this lead was shown."""
    offers = offers_of(served.plans)
    intro = "plans.intro" if len(offers) > 1 else "plans.intro_single"
    draft.say(intro, utility=known_as(served.utility))
    draft.paragraphs[-1] += "\n" + numbered(offers)
    draft.say("plans.scope")
    if served.stale:
        draft.paragraphs[-1] += " " + say("coverage.stale")
    draft.offers = offers
    draft.memory["offered"] = draft.known("place")


def ask_plan(draft: Draft, served: Served, *, wanted: bool = False) -> None:
    """Ask which plan it shall be; the list itself only when it is new, has changed or is `wanted` again."""
    offers = offers_of(served.plans)
    single = len(offers) == 1
    shown = offers == offered(draft)
    waiting = draft.asked_before == "plan" and shown
    if not shown or (wanted and not waiting):
        show(draft, served)
    elif not waiting:
        draft.say("plans.shown_single" if single else "plans.shown")
    if shown and served.stale:
        draft.say("coverage.stale")
    draft.stage = Stage.PLANS_SENT
    name = plan_name(offers[0])
    if single:
        first = "plans.again_single" if waiting else "plans.ask_single"
        draft.ask("plan", first=first, again=first, example="plans.again_single", name=name)
        yes = button("buttons.plan_yes", f"plan:{offers[0].plan_id}")
        draft.buttons = (yes, button("buttons.doubt", "doubt"))
        return
    draft.ask("plan", first="plans.ask", again="plans.again" if waiting else "plans.ask", example="plans.example")
    draft.rows = rows_of(offers)


def hand_over(draft: Draft, offer: Offer, deadline: str, *, review: bool, told: bool, facts: dict[str, Any]) -> None:
    """Give the lead to a consultant.

    `review` says that a person has to look at the bill first, so nothing is said about a result. `told` says that the
    lead knows already what follows from the bill.
    """
    draft.qualification = Qualification.NEEDS_REVIEW if review else Qualification.QUALIFIED
    news = "handover.review" if review else "handover.qualified"
    draft.say("handover.chosen" if told else news, deadline=deadline)
    draft.paragraphs[-1] += " " + say("handover.thanks")
    draft.stage = Stage.INTERESTED
    draft.chosen = offer.plan_id
    draft.memory |= {"asked": None, "resume": None, "tries": None, "chosen": offer.plan_id}
    draft.memory["handed_over_at"] = draft.now.isoformat()
    draft.handoff = to_consultant(draft, offer, facts)


def to_consultant(draft: Draft, offer: Offer, facts: dict[str, Any]) -> Handoff:
    """Return what a consultant is told: ids and figures, no texts (domain.md 2.1, step 13)."""
    plan = {"plan_id": offer.plan_id, "utility": offer.utility, "discount": str(offer.discount)}
    plan |= {"fidelity_months": offer.fidelity_months, "ibge_code": draft.known("place")}
    return Handoff(reason="plan_chosen", summary=plan | facts)


def haggles(draft: Draft, heard: Heard) -> bool:
    """Tell whether a percentage is named that no plan on the list has ("me dá 90% que eu fecho")."""
    known = {offer.discount * 100 for offer in offered(draft)}
    named = {percent for text in heard.texts for percent in percentages(unaccent(text))}
    return bool(known and named and draft.asked_before == "plan" and not named & known)


def _picked(draft: Draft, heard: Heard) -> Offer | None:
    offers = offered(draft)
    if tapped := heard.tapped("plan"):
        return next((offer for offer in offers if str(offer.plan_id) == tapped), None)
    return _named(draft, heard, offers) if offers else None


def _note(draft: Draft, offer: Offer) -> None:
    draft.memory["chosen"] = offer.plan_id
    draft.chosen = offer.plan_id
    draft.say("plans.noted", name=plan_name(offer, offer.position), percent=offer.percent)


def _named(draft: Draft, heard: Heard, offers: tuple[Offer, ...]) -> Offer | None:
    asked = draft.asked_before == "plan"
    for text in reversed(heard.texts):
        chooses = Cue.CHOOSES in cues(text)
        if intents.looks_like_question(text) and not chooses:
            continue
        if (asked or chooses or len(text.split()) <= _SHORT) and (offer := _meant(text, offers)):
            return offer
    if not asked or len(offers) > 1 or Intent.DENY in heard.intents:
        return None
    wants = any(Cue.CHOOSES in cues(text) and not intents.looks_like_question(text) for text in heard.texts)
    return offers[0] if wants or Intent.CONFIRM in heard.intents else None


def _meant(text: str, offers: tuple[Offer, ...]) -> Offer | None:
    """Return the offer that a text means by percentage, commitment, number, ordinal or name."""
    said = fold(text)
    if percents := set(percentages(unaccent(text))):
        # A percentage that is on no plan ("me dê 90%") chooses nothing, whatever else the text says.
        return _only(offer for offer in offers if {offer.discount * 100} == percents)
    if months := {int(n) for n in re.findall(r"\b(\d{1,3}) mes(?:es)?\b", said)}:
        return _only(offer for offer in offers if {offer.fidelity_months} == months)
    if re.search(r"\bsem fidelidade\b", said):
        return _only(offer for offer in offers if offer.fidelity_months == 0)
    if re.search(r"\bmaior desconto\b", said):
        return _only(offer for offer in offers if offer.discount == offers[0].discount)
    # "a 2ª opção" and "o 1º" are numbers, too; "vou ficar com" decides as "fico com" does.
    text = re.sub(r"\bvou ficar com\b", "fico com", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(\d)\s*[ªº°](?:\s*(?:op[cç][aã]o|plano))?", r"opção \1", text)
    if percent := re.search(r"\b(?:o|de|com|plano|uns) (?:de |com )?(\d{2})\b(?! (?:reais|mes|anos))", said):
        # "O de 18" is no place on a list of three.
        return _only(offer for offer in offers if offer.discount * 100 == int(percent[1]))
    number = intents.choice(text, len(offers), [plan_name(offer, offer.position) for offer in offers])
    return offers[number - 1] if number else None


def _only(offers: Iterable[Offer]) -> Offer | None:
    found = list(offers)
    return found[0] if len(found) == 1 else None
