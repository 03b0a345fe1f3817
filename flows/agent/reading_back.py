"""What was read on a bill, read back to the lead: confirmed, corrected or disputed, and what then follows.

Steps 9 and 10 of the journey (domain.md 2.1). Nothing here rejects anybody but a confirmed bill below the minimum;
whatever the lead or the bill leaves open goes to a person, with the plans shown meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from flows.agent import bill_place, corrections, locating
from flows.agent.bill_memory import BillMemory, Step, recorded
from flows.agent.claims import broken_rules
from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.naming import same
from flows.agent.noticing import NOT_HERE
from flows.agent.words import button, called, plain, reais, say
from flows.assistant.place import places
from flows.assistant.place.places import Place
from flows.brazil.money import brl
from flows.domain import BillReading, Content, Handoff, Qualification, Served, Stage

QUESTIONS = frozenset({"bill_ok", "bill_wrong", "bill_place", "holder"})


@dataclass
class ReadBack:
    """The reading of one lead's bill in one turn; `fresh` came in this turn and is still to be read back."""

    draft: Draft
    heard: Heard
    fresh: BillReading | None = None
    bill: BillMemory = field(init=False)

    def __post_init__(self) -> None:
        self.bill = BillMemory(self.draft)

    def receive(self, reading: BillReading, *, known: bool, others: Sequence[str] = ()) -> None:
        """Take a usable reading as the bill that counts; `others` are outcomes of other usable bills of the burst.

        The same bill again changes nothing, and neither does a small one beside one that is enough.
        """
        now, before, step = recorded(reading, others), self.bill.record, self.bill.step
        if before and known and self.bill.same_as(now):
            return None if step is Step.READ else self.draft.say("bill.known")
        enough = before is not None and before["outcome"] != "below_minimum" and step in (Step.READ, Step.CONFIRMED)
        if enough and reading.outcome == "below_minimum":
            return self.draft.say("bill.received")
        self.fresh = reading
        self.draft.memory["bill"] = now

    def forget_small(self) -> None:
        """Forget a bill that was too small, because another file came."""
        if self.bill.record and self.bill.record["outcome"] == "below_minimum":
            self.bill.drop()

    def take(self) -> bool:
        """Take what a burst answers to a question of ours about the bill; True when it was understood."""
        if self.bill.record is None or self.fresh:
            return False
        match self.draft.asked_before:
            case "bill_place":
                return bill_place.take(self.draft, self.heard, self.bill)
            case "holder":
                return self._take_holder()
            case "bill_ok" | "bill_wrong" as asked:
                return self._take_word(asked)
        # A tap on an older message: what was confirmed may still turn out to be wrong.
        return self.heard.tapped("bill") == "wrong" and self._take_word("bill_ok")

    def take_choice(self) -> None:
        """A plan was chosen: whoever goes on has no objection left, but one that was made stays (a person checks)."""
        if self.bill.torn_from is not None:
            self.bill.doubt("place_differs")
        if self.bill.step is Step.READ:
            self.bill.note(step=Step.CONFIRMED.value)
        elif self.bill.step is Step.WRONG:
            self.bill.note(step=Step.DISPUTED.value)
        if self.bill.asks_holder:
            self.bill.note(holder_agrees="not_asked")

    def waits(self) -> bool:
        """True when the lead has to say something about the bill before anything else is asked."""
        step = self.bill.step
        if step is None or not (step.open or self.bill.asks_holder):
            return False
        if self.bill.record and self.bill.record.get("city_first") and locating.place_of(self.draft) is None:
            return False
        # Where nothing is sold no bill needs a word, unless it says that the place is another one.
        return self.draft.known("coverage") not in NOT_HERE or self.bill.torn_from is not None

    def ask(self) -> None:
        """Ask what is open, one thing at a time: the right place, whether all is right, what is wrong, the holder."""
        draft = self.draft
        draft.stage = Stage.BILL_PROCESSED
        if self.fresh:
            self._tell(self.fresh)
        if (known := self.bill.torn_from) is not None:
            bill_place.ask(self.draft, self.bill, known)
        elif self.bill.step is Step.READ:
            first, later = ("reading.right", "reading.right") if self.fresh else ("reading.again", "reading.example")
            draft.ask("bill_ok", first=first, again=first, example=later, insist=self.fresh is not None)
            draft.buttons = (button("buttons.bill_ok", "bill:ok"), button("buttons.bill_wrong", "bill:wrong"))
        elif self.bill.step is Step.WRONG:
            draft.ask("bill_wrong", first="reading.what", again="reading.what_again", example="reading.what_again")
        else:
            draft.ask("holder", first="holder.ask", again="holder.again", example="holder.again")
            draft.buttons = (button("buttons.holder_yes", "holder:yes"), button("buttons.holder_no", "holder:no"))

    def compare(self, served: Served, place: Place) -> None:
        """Leave it to a person when the plans are another distribuidora's than the bill is from."""
        if self.bill.record and same(self.bill.record["utility"], served.utility, place.state) is False:
            self.bill.doubt("utility_differs_from_plans")

    def utility_among(self, names: Sequence[str], place: Place) -> str | None:
        """Return the one of a city's distribuidoras that the confirmed bill is from."""
        bill = self.bill.record
        if bill is None or self.bill.step is not Step.CONFIRMED:
            return None
        fits = [name for name in names if same(bill["utility"], name, place.state)]
        return fits[0] if len(fits) == 1 else None

    def tell_verdict(self) -> None:
        """Say once what follows from the bill, and record it: only where plans are shown is anybody pre-qualified."""
        bill, verdict = self.bill.record, self.bill.verdict
        if bill is None or verdict is None:
            return
        review = verdict == "review"
        self.draft.qualification = Qualification.NEEDS_REVIEW if review else Qualification.QUALIFIED
        if bill.get("told") != verdict:
            self.draft.say("reading.review" if review else "reading.qualified")
            self.bill.note(told=verdict)
            if review:
                # A person was announced, so one is told now, whether or not a plan is ever chosen.
                why = {"why": "bill_review", "ibge_code": self.draft.known("place"), "bill": self.bill.summary()}
                self.draft.handoff = Handoff(reason="needs_review", summary=why)

    def end_small(self, minimum: Decimal) -> None:
        """Explain kindly that the programme begins at `minimum` reais; invite another bill, once (domain.md 2.6)."""
        draft = self.draft
        draft.say("small.explained", minimum=reais(minimum))
        draft.say("small.again" if draft.known("asked_larger") else "small.larger")
        draft.stage, draft.qualification = Stage.COMPLETED, Qualification.NOT_QUALIFIED
        draft.memory |= {"asked": None, "resume": None, "ended": "below_minimum", "reason": "valor_abaixo_do_minimo"}
        draft.memory["asked_larger"] = True

    def _take_word(self, asked: str) -> bool:
        bill, place = self.bill.record or {}, self.bill.known_place
        state = bill["state"] or (place.state if place else None)
        said = corrections.read(self.heard, Decimal(bill["total"]) if bill["total"] else None, bill["utility"], state)
        if said.another_bill:
            self.bill.drop()
        elif said.values or (asked == "bill_wrong" and (said.wrong or set(said.topics) - {"other"})):
            self._dispute(said)
        elif said.wrong and any(isinstance(places.find(text, state=state), Place) for text in self.heard.texts):
            self._dispute(replace(said, topics=("place", *said.topics)))
        elif said.wrong:
            self.bill.note(step=Step.WRONG.value)
        elif said.right:
            self.bill.note(step=Step.CONFIRMED.value)
            bill_place.settle(self.draft, self.heard, self.bill)
        elif asked == "bill_wrong" and said.topics:
            self._dispute(said)
        elif bill["holder"] == "mismatch" and corrections.speaks_of_holder(self.heard):
            return self._take_holder()
        else:
            return False
        return True

    def _dispute(self, said: corrections.Said) -> None:
        """Note what the lead says instead; where that is the place, the journey asks for it as if none were known."""
        self.bill.note(step=Step.DISPUTED.value, said=said.values or None, disputed=list(said.topics))
        if total := said.values.get("total"):
            self.draft.say("reading.noted_total", amount=brl(Decimal(total)))
        elif utility := said.values.get("utility"):
            self.draft.say("reading.noted_utility", utility=plain(utility))
        else:
            self.draft.say("reading.noted")
        if "place" not in said.topics:
            bill_place.settle(self.draft, self.heard, self.bill)

    def _take_holder(self) -> bool:
        answer = self.heard.tapped("holder") or corrections.agreement(self.heard)
        if answer not in {"yes", "no", "unsure"}:
            return False
        self.bill.note(holder_agrees=answer)
        self.draft.say("holder.agrees" if answer == "yes" else "holder.unsure")
        return True

    def _tell(self, reading: BillReading) -> None:
        """Read back what was read and nothing else; of the holder no more than the first name (domain.md 2.5)."""
        holder = _harmless(called(self.draft.lead.model_copy(update={"name": reading.holder_first_name})))
        utility = _harmless(reading.utility)
        place = None if locating.place_of(self.draft) else self.bill.place
        parts: list[tuple[str, dict[str, Any] | None]] = [
            ("reading.holder", {"name": holder} if holder else None),
            ("reading.total", {"amount": brl(reading.total_amount)} if reading.total_amount is not None else None),
            ("reading.utility", {"utility": utility} if utility else None),
            ("reading.place", {"city": place.city, "state": place.state} if place else None),
            ("reading.month", {"month": f"{reading.reference_month:%m/%Y}"} if reading.reference_month else None),
            ("reading.due", {"date": f"{reading.due_date:%d/%m}"} if reading.due_date else None),
        ]
        self.draft.say("reading.intro")
        self.draft.paragraphs[-1] += "".join("\n" + say(key, **values) for key, values in parts if values)


def _harmless(name: str | None) -> str | None:
    """Return a name off a bill, unless it says what a message of ours may not: a bill can be made to say "aprovado"."""
    shown = plain(name or "")
    return shown if shown and not broken_rules(Content(text=shown), percents=()) else None
