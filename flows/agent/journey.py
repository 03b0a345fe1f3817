"""The lead's way from a place to a chosen plan: takes what a burst brings, then asks the one next question.

The order of the steps is domain.md 2.1; what is known decides the step, so a bill or a choice may come at any moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from flows.agent import locating, noticing, offering
from flows.agent.answering import ASKS_COVERAGE
from flows.agent.billing import Bills
from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.noticing import NOT_HERE
from flows.agent.places import Place
from flows.agent.tools import Tools
from flows.agent.words import discounts, offers_of, plain
from flows.domain import (
    Coverage,
    NoPlanNow,
    NotServed,
    Offer,
    PlansUnavailable,
    Qualification,
    Served,
    SeveralUtilities,
    Stage,
)
from flows.money import brl


@dataclass
class Journey:
    """One turn of an open conversation. `deadline` and `minimum` (reais) are what the company promises and requires."""

    draft: Draft
    heard: Heard
    tools: Tools
    deadline: str
    minimum: Decimal
    bills: Bills = field(init=False)

    def __post_init__(self) -> None:
        self.bills = Bills(self.draft, self.heard)

    @property
    def declared(self) -> Decimal | None:
        """The bill's value as the form has it, else as the lead said it in the conversation, in reais."""
        said = self.draft.known("declared_amount")
        return self.draft.lead.invoice_amount or (Decimal(said) if said else None)

    async def take(self) -> bool:
        """Take every fact of the burst; True when something was understood."""
        files = await self.bills.take(self.tools)
        place = locating.take_place(self.draft, self.heard)
        utility = locating.take_utility(self.draft, self.heard)
        choice = offering.take_choice(self.draft, self.heard)
        notice = noticing.take_notice(self.draft, self.heard, locating.place_of(self.draft))
        return any((files, place, utility, choice, notice, self._take_amount()))

    def _take_amount(self) -> bool:
        """Take the value a lead says where the form gave none; what the form holds is not overwritten by talk."""
        amount = self.heard.amount
        if amount is not None and self.draft.lead.invoice_amount is None:
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
        if place is None:
            if Intent.SEND_BILL_LATER in self.heard.intents and not self.bills.count:
                draft.say("bill.later")
            return locating.ask_place(draft)
        if self.bills.count and (offer := offering.chosen(draft)):
            return self.hand_over(offer)
        if names := draft.known("utilities"):
            return locating.ask_utility(draft, place, names)
        asks = ASKS_COVERAGE in self.heard.answers
        before = None if asks else draft.known("coverage")
        if self._wants_a_reading(before):
            await self._show(await self.tools.coverage(place, draft.known("utility")), place, before)
        elif before in NOT_HERE:
            noticing.stay_closed(draft, self.heard, place, kept=self.bills.kept > 0)
        else:
            self._ask_bill()

    def hand_over(self, offer: Offer) -> None:
        """Give the lead to a consultant with the plan that was chosen.

        A declared value below the minimum rejects nobody, but a person looks at the bill before anything is said.
        """
        below = self.declared is not None and self.declared < self.minimum
        declared = None if self.declared is None else str(self.declared)
        holder = bool(self.draft.known("other_holder"))
        facts = {"bills": self.bills.count, "other_holder": holder, "declared_amount": declared, "below_minimum": below}
        offering.hand_over(self.draft, offer, self.deadline, review=below, facts=facts)

    def _wants_a_reading(self, before: str | None) -> bool:
        """Tell whether plans are to be read now: percentages are never shown from memory (domain.md 0, rule 1)."""
        if before in NOT_HERE:
            return Intent.ACTIVATE in self.heard.intents
        return before != "served" or self.bills.count > 0 or self.heard.wants_plans

    async def _show(self, coverage: Coverage, place: Place, before: str | None) -> None:
        draft, where = self.draft, {"city": place.city, "state": place.state}
        match coverage:
            case SeveralUtilities(names=names):
                draft.memory |= {"coverage": "several", "utilities": list(names)}
                locating.ask_utility(draft, place, list(names))
            case NotServed():
                draft.memory |= {"coverage": "not_served", "reason": "sem_cobertura", "tries": None}
                draft.stage, draft.qualification = Stage.NOT_SERVED, Qualification.NOT_QUALIFIED
                draft.say("coverage.not_served", **where)
                noticing.offer_notice(draft)
            case NoPlanNow(utility=utility) | Served(utility=utility, plans=()):
                draft.memory |= {"coverage": "no_plan", "utility": utility, "tries": None}
                draft.stage = Stage.NOT_SERVED
                draft.say("coverage.no_plan", utility=plain(utility), **where)
                noticing.offer_notice(draft)
            case PlansUnavailable():
                self._carry_on_without_plans(place, before)
            case Served() as served:
                draft.memory |= {"coverage": "served", "utility": served.utility, "reason": None}
                self._show_plans(served, place, news=before != "served")

    def _show_plans(self, served: Served, place: Place, *, news: bool) -> None:
        draft = self.draft
        if news:
            draft.in_progress()
            draft.say("coverage.served", utility=plain(served.utility), city=place.city, state=place.state)
        if self.bills.count:
            return offering.ask_plan(draft, served)
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
        if draft.lead.offers and draft.known("offered") == place.ibge_code and self.bills.count:
            first = draft.lead.offers[0]
            return offering.ask_plan(draft, Served(utility=first.utility, plans=draft.lead.offers, stale=True))
        if before != "served":
            draft.memory["coverage"] = "unavailable"
        if self.bills.count:
            draft.stage = Stage.BILL_PROCESSED
            draft.memory["asked"] = None
            return draft.say("coverage.slow_with_bill", city=place.city, state=place.state)
        if before != "unavailable":
            draft.say("coverage.slow", city=place.city, state=place.state)
        self._ask_bill()

    def _ask_bill(self) -> None:
        self.bills.ask(self.declared, self.minimum, chosen=offering.chosen(self.draft) is not None)
