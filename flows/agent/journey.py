"""The lead's way from a place to a chosen plan: takes what a burst brings, then asks the one next question.

The order of the steps is domain.md 2.1; what is known decides the step, so a bill or a choice may come at any moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flows.agent import locating, noticing, offering
from flows.agent.answering import ASKS_COVERAGE
from flows.agent.billing import Bills
from flows.agent.cues import Cue
from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.naming import known_as, take_utility_named
from flows.agent.noticing import NOT_HERE
from flows.agent.reading_back import ReadBack
from flows.agent.tools import Tools
from flows.agent.words import discounts, faq, offers_of, reais
from flows.assistant.place.places import Place
from flows.brazil.money import brl
from flows.domain import (
    Coverage,
    Handoff,
    NoPlanNow,
    NotServed,
    Offer,
    PlansUnavailable,
    Qualification,
    Served,
    SeveralUtilities,
    Stage,
)


@dataclass
class Journey:
    """One turn of an open conversation. `deadline` and `minimum` (reais) are what the company promises and requires."""

    draft: Draft
    heard: Heard
    tools: Tools
    deadline: str
    minimum: Decimal
    reading: ReadBack = field(init=False)
    bills: Bills = field(init=False)

    def __post_init__(self) -> None:
        self.reading = ReadBack(self.draft, self.heard)
        self.bills = Bills(self.draft, self.heard, self.reading)

    @property
    def declared(self) -> Decimal | None:
        """The bill's value as the form has it, else as the lead said it in the conversation, in reais."""
        said = self.draft.known("declared_amount")
        return self.draft.lead.invoice_amount or (Decimal(said) if said else None)

    async def take(self) -> bool:
        """Take every fact of the burst; True when something was understood."""
        files = await self.bills.take(self.tools)
        # "A segunda" answers "de qual das duas é a conta?", and "é a Enel" corrects the bill: neither is heard twice.
        settled = self.draft.asked_before == "bill_place" and self.reading.take()
        place = settled or locating.take_place(self.draft, self.heard)
        if settled or self.reading.take():
            return True
        utility = locating.take_utility(self.draft, self.heard)
        choice = offering.take_choice(self.draft, self.heard)
        if self.draft.chosen:
            self.reading.take_choice()
        notice = noticing.take_notice(self.draft, self.heard, locating.place_of(self.draft))
        taken = any((files, place, utility, choice, notice, self._take_amount()))
        return taken or take_utility_named(self.draft, self.heard)

    def _take_amount(self) -> bool:
        """Take the value a lead says where the form gave none; what the form holds is not overwritten by talk."""
        amount = self.heard.amount
        form = self.draft.lead.invoice_amount
        if form is not None and (amount == form or (amount is None and self.heard.repeats)):
            self.draft.say("bill.amount_known", amount=reais(form))
            return True
        if amount is not None and form is None:
            self.draft.facts["invoice_amount"] = str(amount)
            self.draft.memory["declared_amount"] = str(amount)
            self.draft.say("bill.amount_noted", amount=brl(amount))
        return amount is not None

    async def go_on(self) -> None:
        """Ask the one question that comes next, or hand over when nothing is left to ask."""
        draft = self.draft
        if self.bills.given_up and draft.known("coverage") not in NOT_HERE:
            return self.bills.give_up(self.deadline)
        place = locating.place_of(draft)
        if self.reading.waits():
            await self._list_on_request(place)
            return self.reading.ask()
        if self.reading.bill.verdict == "below_minimum":
            return self.reading.end_small(self.minimum)
        if place is None:
            if Intent.SEND_BILL_LATER in self.heard.intents and not self.bills.here:
                draft.say("bill.later")
            return locating.ask_place(draft)
        if self.bills.here and (offer := offering.chosen(draft)):
            return self.hand_over(offer)
        if (names := draft.known("utilities")) and not self._utility_of_the_bill(names, place):
            return locating.ask_utility(draft, place, names)
        asks = ASKS_COVERAGE in self.heard.answers
        before = None if asks else draft.known("coverage")
        if self._wants_a_reading(before):
            await self._show(await self.tools.coverage(place, draft.known("utility")), place, before)
        elif before in NOT_HERE:
            self.bills.acknowledge()
            noticing.stay_closed(draft, self.heard, place, kept=self.bills.kept)
        else:
            self._ask_bill()

    def hand_over(self, offer: Offer) -> None:
        """Give the lead to a consultant with the plan that was chosen.

        What was read on the bill decides. Where nobody could read it, a person looks at it before anything is said,
        and a declared value below the minimum rejects nobody.
        """
        verdict = self.reading.bill.verdict
        told = verdict is not None and (self.reading.bill.record or {}).get("told") == verdict
        review = verdict in {None, "review"}
        offering.hand_over(self.draft, offer, self.deadline, review=review, told=told, facts=self._facts(verdict))

    def tell_again(self) -> None:
        """Tell the team once more of a lead whose call did not come in time, with all that it was told before."""
        draft = self.draft
        if offer := offering.chosen(draft):
            facts = self._facts(self.reading.bill.verdict) | {"overdue": True}
            draft.handoff = offering.to_consultant(draft, offer, facts)
            return
        summary = {"stage": draft.lead.stage.value, "ibge_code": draft.known("place"), "bills": self.bills.count}
        bill = self.reading.bill.summary()
        summary |= {"overdue": True} | ({"bill": bill} if bill else {})
        draft.handoff = Handoff(reason="asked_for_person", summary=summary)

    def _facts(self, verdict: str | None) -> dict[str, Any]:
        below = verdict is None and self.declared is not None and self.declared < self.minimum
        declared = None if self.declared is None else str(self.declared)
        holder = bool(self.draft.known("other_holder"))
        facts: dict[str, Any] = {"bills": self.bills.count, "other_holder": holder}
        facts |= {"declared_amount": declared, "below_minimum": below}
        bill = self.reading.bill.summary()
        return facts | ({"bill": bill} if bill else {})

    def _wants_a_reading(self, before: str | None) -> bool:
        """Tell whether plans are to be read now: percentages are never shown from memory (domain.md 0, rule 1)."""
        if before in NOT_HERE:
            return Intent.ACTIVATE in self.heard.intents or Cue.IN_TIME in self.heard.cues
        return before != "served" or self.bills.here or self.heard.wants_plans

    def _utility_of_the_bill(self, names: list[str], place: Place) -> bool:
        """Take the distribuidora from the confirmed bill where a city has several: it is not asked for again."""
        name = self.reading.utility_among(names, place)
        if name:
            self.draft.memory |= {"utility": name, "utilities": None, "coverage": None}
        return bool(name)

    async def _list_on_request(self, place: Place | None) -> None:
        """Show the plans to whoever asks for them while the bill still waits for a word."""
        if place is None or not self.heard.wants_plans or self.draft.known("coverage") != "served":
            return
        read = await self.tools.coverage(place, self.draft.known("utility"))
        if isinstance(read, Served) and read.plans:
            offering.show(self.draft, read)

    async def _show(self, coverage: Coverage, place: Place, before: str | None) -> None:
        draft, where = self.draft, {"city": place.city, "state": place.state}
        match coverage:
            case SeveralUtilities(names=names):
                draft.memory |= {"coverage": "several", "utilities": list(names)}
                if self._utility_of_the_bill(list(names), place):
                    one = await self.tools.coverage(place, draft.known("utility"))
                    if not isinstance(one, SeveralUtilities):
                        return await self._show(one, place, before)
                    draft.memory |= {"utility": None, "utilities": list(names)}
                locating.ask_utility(draft, place, list(names))
            case NotServed() | NoPlanNow() | Served(plans=()) if self._knows_already():
                # Asked again after the offer to be told was answered: the same news and offer would be heard as deaf.
                if ASKS_COVERAGE in self.heard.answers:
                    draft.paragraphs.append(faq()[ASKS_COVERAGE].answer)
                draft.say("coverage.still_closed", **where)
            case NotServed():
                draft.memory |= {"coverage": "not_served", "reason": "sem_cobertura", "tries": None}
                draft.stage, draft.qualification = Stage.NOT_SERVED, Qualification.NOT_QUALIFIED
                draft.say("coverage.not_served", **where)
                noticing.offer_notice(draft)
            case NoPlanNow(utility=utility) | Served(utility=utility, plans=()):
                draft.memory |= {"coverage": "no_plan", "utility": utility, "tries": None}
                draft.stage = Stage.NOT_SERVED
                draft.say("coverage.no_plan", utility=known_as(utility), **where)
                noticing.offer_notice(draft)
            case PlansUnavailable():
                self._carry_on_without_plans(place, before)
            case Served() as served:
                draft.memory |= {"coverage": "served", "utility": served.utility, "reason": None}
                self._show_plans(served, place, news=before != "served")

    def _knows_already(self) -> bool:
        draft = self.draft
        return (
            draft.known("coverage") in NOT_HERE
            and draft.known("asked") != "notify"
            and bool(draft.known("coverage_notice"))
        )

    def _show_plans(self, served: Served, place: Place, *, news: bool) -> None:
        draft = self.draft
        if news:
            draft.in_progress()
            draft.say("coverage.served", utility=known_as(served.utility), city=place.city, state=place.state)
        if self.bills.here:
            self.reading.compare(served, place)
            self.reading.tell_verdict()
            return offering.ask_plan(draft, served, wanted=self.heard.wants_plans)
        if news and not self.heard.wants_plans:
            draft.paragraphs[-1] += " " + discounts(offers_of(served.plans))
        if news and served.stale:
            draft.say("coverage.stale")
        if news:
            draft.say("coverage.how")
        if self.heard.wants_plans:
            offering.show(draft, served)
        self._ask_bill()

    def _carry_on_without_plans(self, place: Place, before: str | None) -> None:
        """The API is away: say so once, go on with the bill, look again in the next turn. Never "não atendemos"."""
        draft = self.draft
        if draft.lead.offers and draft.known("offered") == place.ibge_code and self.bills.here:
            self.reading.tell_verdict()
            first = draft.lead.offers[0]
            return offering.ask_plan(draft, Served(utility=first.utility, plans=draft.lead.offers, stale=True))
        if before != "served":
            draft.memory["coverage"] = "unavailable"
        if self.bills.here:
            draft.stage = Stage.BILL_PROCESSED
            draft.memory["asked"] = None
            return draft.say("coverage.slow_with_bill", city=place.city, state=place.state)
        if before != "unavailable":
            draft.say("coverage.slow", city=place.city, state=place.state)
        self._ask_bill()

    def _ask_bill(self) -> None:
        self.bills.ask(self.declared, self.minimum, chosen=offering.chosen(self.draft) is not None)
