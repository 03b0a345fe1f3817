"""The bill: keeps what a burst brings, asks for it when it is missing, gives up after three refused tries."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from flows.agent.cues import Cue
from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.tools import Tools
from flows.agent.words import reais
from flows.domain import BillKept, BillRefused, Handoff, Qualification, Stage

_MOST_REFUSALS = 3
_REFUSALS = {"wrong_type": "bill.wrong_type", "too_large": "bill.too_large", "not_fetched": "bill.not_fetched"}


@dataclass
class Bills:
    """The bills of one lead in one turn. A turn with files that were all refused is one failed try."""

    draft: Draft
    heard: Heard
    kept: int = 0
    refused: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        """How many bills are in storage, from before and since this turn."""
        return self.draft.lead.bills + self.kept

    @property
    def given_up(self) -> bool:
        """True when so many tries failed that a person should take over."""
        return (self.draft.known("refusals") or 0) >= _MOST_REFUSALS

    async def take(self, tools: Tools) -> bool:
        """Keep every file of the burst and say what became of them; False when there was none."""
        draft, known = self.draft, 0
        for message in self.heard.files:
            match await tools.keep_bill(message):
                case BillKept(known=again):
                    self.kept += 1
                    known += again
                case BillRefused(reason=reason):
                    self.refused.add(reason)
        if self.kept == known == 1:
            draft.say("bill.known")
        elif self.kept == 1:
            draft.say("bill.received")
        elif self.kept:
            draft.say("bill.received_many", count=self.kept)
        if self.kept:
            draft.memory["refusals"] = None
        elif self.refused:
            draft.memory["refusals"] = (draft.known("refusals") or 0) + 1
        for why in sorted(self.refused):
            draft.say(_REFUSALS[why])
        return bool(self.heard.files)

    def ask(self, declared: Decimal | None, minimum: Decimal, *, chosen: bool) -> None:
        """Ask for the bill, or accept that it comes later.

        `declared` is the value the lead named and `minimum` the programme's, both in reais: a small value is told
        what the minimum is, and asked for the bill all the same, because the bill decides. `chosen` says that a plan
        is, so that only the bill is missing.
        """
        draft, intents = self.draft, self.heard.intents
        draft.stage = Stage.AWAITING_BILL
        waits = draft.asked_before == "bill"
        if self.refused:
            return draft.ask("bill", first="bill.once_more", again="bill.once_more", example="bill.example")
        if Cue.WILL_NOT_SEND in self.heard.cues:
            return self._accept("bill.objection")
        if Intent.SEND_BILL_LATER in intents or (waits and Intent.DENY in intents):
            return self._accept("bill.later")
        if waits and Intent.CONFIRM in intents and not draft.paragraphs:
            return self._accept("heard.waiting")
        if chosen:
            return draft.ask("bill", first="bill.ask_for_plan", again="bill.ask_for_plan", example="bill.example")
        news = not waits or "invoice_amount" in draft.facts
        if news and declared is not None and declared < minimum:
            draft.say("bill.below_minimum", minimum=reais(minimum))
        draft.ask("bill", first="bill.ask", again="bill.again", example="bill.example")

    def give_up(self, deadline: str) -> None:
        """Hand the lead to a person, because the bill does not arrive."""
        draft = self.draft
        draft.paragraphs.clear()
        draft.say("bill.gave_up", deadline=deadline)
        draft.stage, draft.qualification = Stage.HUMAN_REQUESTED, Qualification.NEEDS_REVIEW
        draft.memory |= {"asked": None, "resume": None, "person_called_at": draft.now.isoformat()}
        draft.handoff = Handoff(
            reason="needs_review",
            summary={
                "why": "bill_not_received",
                "refusals": draft.known("refusals"),
                "ibge_code": draft.known("place"),
                "plan_id": draft.known("chosen"),
            },
        )

    def _accept(self, key: str) -> None:
        self.draft.memory |= {"asked": "bill", "resume": None}
        self.draft.say(key)
