"""The bill: keeps what a burst brings, asks for it when it is missing, gives up after three failed tries."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from flows.agent.bill_memory import in_hand
from flows.agent.cues import Cue
from flows.agent.draft import Draft
from flows.agent.hearing import Heard
from flows.agent.intents import Intent
from flows.agent.reading_back import ReadBack
from flows.agent.tools import Tools
from flows.agent.words import reais, say
from flows.domain import BillKept, BillReading, BillRefused, Handoff, Qualification, Stage

_MOST_REFUSALS = 3
_REFUSALS = {"wrong_type": "bill.wrong_type", "too_large": "bill.too_large", "not_fetched": "bill.not_fetched"}
# The best reading of a burst counts: what can be used, then what came nearest to it.
_BEST_FIRST = (
    "qualified", "review", "below_minimum", "ask_again", "unreadable", "ask_newer", "password_protected",
    "other_document", "not_document",
)  # fmt: skip
_PROBLEMS = {
    "ask_again": ("bill.incomplete", "bill.once_more"),
    "unreadable": ("bill.unreadable", "bill.once_more"),
    "ask_newer": ("bill.too_old", "bill.send_newest"),
    "password_protected": ("bill.locked", "bill.once_more"),
    "other_document": ("bill.other_document", "bill.again"),
    "not_document": ("bill.not_document", "bill.again"),
}


@dataclass
class Bills:
    """The bills of one lead in one turn. A turn with files of which none can be used is one failed try."""

    draft: Draft
    heard: Heard
    reading: ReadBack
    unread: int = 0
    read: list[tuple[BillReading, bool]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    # What was wrong with this turn's files, and the text that asks for another.
    problem: str | None = None
    once_more: str = "bill.once_more"

    @property
    def count(self) -> int:
        """How many files are in storage, from before and since this turn."""
        return self.draft.lead.bills + self.unread + len(self.read)

    @property
    def kept(self) -> bool:
        """True when this turn brought a bill that somebody can use: one that was read, or one for a person to read."""
        return bool(self.unread or self._usable)

    @property
    def here(self) -> bool:
        """True when a bill is in hand, so that it is not asked for: a usable reading, or a file that waits for one."""
        return in_hand(self.draft.lead, self.draft.known)

    @property
    def none_usable(self) -> bool:
        """True when files did arrive, and a bill is still missing."""
        return bool(self.draft.known("unusable") or self.draft.known("refusals")) and not self.here

    @property
    def given_up(self) -> bool:
        """True when so many tries failed that a person should take over."""
        return not self.reading.bill.record and (self.draft.known("refusals") or 0) >= _MOST_REFUSALS

    @property
    def _usable(self) -> list[tuple[BillReading, bool]]:
        return [(reading, known) for reading, known in self.read if reading.usable]

    async def take(self, tools: Tools, *, closed: bool = False) -> bool:
        """Keep every file of the burst and say what became of them; False when there was none.

        A usable reading is not spoken of here, it is read back. `closed` leaves what is known of the lead's bill as it
        is: a conversation that is over takes no second decision.
        """
        again = 0
        for message in self.heard.files:
            match await tools.keep_bill(message):
                case BillKept(known=known, reading=None):
                    self.unread += 1
                    again += known
                case BillKept(known=known, reading=reading) if reading is not None:
                    self.read.append((reading, known))
                case BillRefused(reason=reason):
                    self.refused.add(reason)
        if not self.heard.files:
            return False
        self.read.sort(key=lambda one: _BEST_FIRST.index(one[0].outcome))
        if self._usable:
            self._use(closed)
        elif self.unread:
            self._wait_for_a_person(again, closed)
        else:
            self._fail(closed)
        return True

    def acknowledge(self) -> None:
        """Say that a bill arrived, where it is not read back now: elsewhere the reading itself says so."""
        if self._usable:
            self.draft.say("bill.received")

    def ask(self, declared: Decimal | None, minimum: Decimal, *, chosen: bool) -> None:
        """Ask for the bill, or accept that it comes later.

        `declared` is the value the lead named and `minimum` the programme's, both in reais: a small value is told
        what the minimum is, and asked for the bill all the same, because the bill decides. `chosen` says that a plan
        is, so that only the bill is missing.
        """
        draft, intents = self.draft, self.heard.intents
        draft.stage = Stage.AWAITING_BILL
        waits = draft.asked_before == "bill"
        if self.problem or self.refused:
            once_more = self.once_more
            return draft.ask("bill", first=once_more, again=once_more, example="bill.example", insist=True)
        if Cue.WILL_NOT_SEND in self.heard.cues:
            draft.memory["objected"] = True
            return self._accept("bill.objection")
        if Intent.SEND_BILL_LATER in intents or (waits and Intent.DENY in intents):
            return self._accept("bill.later", later=True)
        if waits and Intent.CONFIRM in intents and not draft.paragraphs:
            return self._accept("heard.waiting", later=True)
        if chosen:
            news, key = draft.chosen is not None, "bill.ask_for_plan"
            return draft.ask("bill", first=key, again=key, example="bill.example", insist=news)
        news = not waits or "invoice_amount" in draft.facts
        if news and declared is not None and declared < minimum:
            draft.say("bill.below_minimum", minimum=reais(minimum))
        draft.ask("bill", first="bill.ask", again="bill.again", example="bill.example")

    def give_up(self, deadline: str) -> None:
        """Hand the lead to a person, because no bill arrives that can be read."""
        draft = self.draft
        draft.paragraphs.clear()
        draft.say("bill.gave_up", deadline=deadline)
        draft.stage, draft.qualification = Stage.HUMAN_REQUESTED, Qualification.NEEDS_REVIEW
        draft.memory |= {"asked": None, "resume": None, "person_called_at": draft.now.isoformat()}
        draft.handoff = Handoff(
            reason="needs_review",
            summary={
                "why": "bill_not_received",
                "problem": self.problem,
                "refusals": draft.known("refusals"),
                "bills": self.count,
                "ibge_code": draft.known("place"),
                "plan_id": draft.known("chosen"),
            },
        )

    def _use(self, closed: bool) -> None:
        (best, known), *others = self._usable
        self.draft.memory["refusals"] = None
        if not closed:
            self.reading.receive(best, known=known, others=[reading.outcome for reading, _ in others])

    def _wait_for_a_person(self, again: int, closed: bool) -> None:
        """Nothing here can read these files: they are received, and a person looks at them later."""
        draft = self.draft
        if self.unread == again == 1:
            draft.say("bill.known")
        elif self.unread == 1:
            draft.say("bill.unread")
        else:
            draft.say("bill.unread_many", count=self.unread)
        draft.memory["refusals"] = None
        if not closed:
            self.reading.forget_small()
            draft.memory["unread"] = True
        self._say_refused()

    def _fail(self, closed: bool) -> None:
        """Say what is wrong with the best of the files; three such turns in a row are enough."""
        draft = self.draft
        if self.read:
            best = self.read[0][0]
            key, self.once_more = _PROBLEMS[best.outcome]
            self.problem = best.outcome
            draft.say(key, what=_missing(best))
            if key == "bill.incomplete" or key == "bill.unreadable":
                draft.paragraphs[-1] += " " + say("bill.tips")
        else:
            self._say_refused()
            self.problem = min(self.refused, default=None)
        if closed:
            return
        self.reading.forget_small()
        if self.read:
            waiting = draft.lead.bills > 0 and not (draft.known("unusable") or self.reading.bill.record)
            draft.memory |= {"unusable": True, "unread": draft.known("unread") or waiting or None}
        if not self.reading.bill.record:
            draft.memory["refusals"] = (draft.known("refusals") or 0) + 1

    def _say_refused(self) -> None:
        for why in sorted(self.refused):
            self.draft.say(_REFUSALS[why])

    def _accept(self, key: str, *, later: bool = False) -> None:
        self.draft.memory |= {"asked": "bill", "resume": None, "later": later or None}
        self.draft.say(key)


def _missing(reading: BillReading) -> str:
    """Return in words what was not found on a bill, after the codes of its failed checks (domain.md 6.2)."""
    total = any(reason.startswith("total") for reason in reading.reasons)
    holder = any(reason.startswith("holder_name") for reason in reading.reasons)
    return say("bill.missing_total" if total > holder else "bill.missing_holder" if holder > total else "bill.missing")
