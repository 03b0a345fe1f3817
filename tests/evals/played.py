"""What became of a scripted lead: every turn as it went, and what should have been and was not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from flows.assistant import state
from flows.assistant.meaning import Question
from flows.domain import Content, Lead, Why
from tests.evals.ledger import Ledger
from tests.evals.phone import Ours
from tests.evals.rules import questions
from tests.evals.scripts import Script


@dataclass(frozen=True)
class Exchange:
    """One turn as it went. `said` is what the lead's phone shows, `answer` what came back; a reminder answers nothing."""

    at: datetime
    said: tuple[str, ...]
    answer: Content | None
    stage: str
    broken: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    reminder: bool = False
    why: Why | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """What was said, in codes; nothing for a reminder and for an assistant that keeps no why."""
        return tuple(act["code"] for act in self.why.acts) if self.why else ()

    @property
    def meanings(self) -> tuple[str, ...]:
        """What was heard, in codes."""
        return tuple(item["meaning"] for item in self.why.reading) if self.why else ()


@dataclass
class Played:
    """What became of one lead. `missed` are expectations that are not rules."""

    script: Script
    lead: Lead
    exchanges: list[Exchange] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    tone: int | None = None
    remark: str = ""

    @property
    def broken(self) -> list[str]:
        return [f"turn {n}: {rule}" for n, e in enumerate(self.exchanges, 1) for rule in e.broken]

    @property
    def unmet(self) -> list[str]:
        """Every expectation that was not met, with its turn."""
        return [f"turn {n}: {miss}" for n, e in enumerate(self.exchanges, 1) for miss in e.missed] + self.missed

    @property
    def arrived(self) -> bool:
        """Tell whether it ended where the script says; one that does not say is asked about in `measuring`."""
        return self.script.ends.left_open or self.lead.stage in self.script.ends.stage

    @property
    def sent(self) -> list[Content]:
        return [e.answer for e in self.exchanges if e.answer is not None]

    @property
    def phone(self) -> list[Ours]:
        """Our messages as the lead's phone has them."""
        return [Ours(e.answer, e.why.asked if e.why else None) for e in self.exchanges if e.answer is not None]

    @property
    def asked(self) -> Question | None:
        """The question that waits for an answer."""
        why = next((e.why for e in reversed(self.exchanges) if e.why), None)
        return Question(why.asked) if why and why.asked else None

    @property
    def choices(self) -> tuple[str, ...]:
        """The ids of what can be tapped below our last message."""
        last = self.sent[-1] if self.sent else Content(text="-")
        return (*(button.id for button in last.buttons), *(row.id for row in last.rows))

    def fact(self, name: str) -> Any:
        """Return a fact of the question that waits, out of the last message that asked it."""
        acts = [act for e in self.exchanges if e.why for act in e.why.acts if act.get("asks") == self.asked]
        return next((act["facts"][name]["value"] for act in reversed(acts) if name in act["facts"]), None)

    @property
    def tokens(self) -> int:
        return sum(e.why.tokens_in + e.why.tokens_out for e in self.exchanges if e.why)

    @property
    def requests(self) -> int:
        return sum(e.why.requests for e in self.exchanges if e.why)

    @property
    def fallbacks(self) -> int:
        return sum(e.why.fallback is not None for e in self.exchanges if e.why)

    @property
    def repeated(self) -> int:
        """How often a question was asked that the message before it had asked in the same words."""
        asked = [questions(content.text)[-1:] for content in self.sent]
        return sum(bool(now) and now == before for before, now in zip(asked, asked[1:], strict=False))


def at_the_end(script: Script, ledger: Ledger, played: Played) -> list[str]:
    """Return what is not as the script expects it at the end, the stage aside."""
    ends, lead, missed = script.ends, ledger.lead, []
    ended = state.load(lead.memory).ended
    if ends.ended and ended not in ends.ended:
        missed.append(f"ended {ended.value if ended else 'not at all'}, not {' or '.join(ends.ended)}")
    if ends.qualification and lead.qualification not in ends.qualification:
        missed.append(f"qualification {lead.qualification.value}, not {' or '.join(ends.qualification)}")
    if ends.handoffs is not None and set(ends.handoffs) != set(ledger.handoffs):
        missed.append(f"hand-overs {sorted(ledger.handoffs)}, not {sorted(ends.handoffs)}")
    if ends.plan is not None and ledger.chosen != ends.plan:
        missed.append(f"plan {ledger.chosen}, not {ends.plan}")
    for fact, value in ends.facts.items():
        kept = getattr(lead, fact)
        if (kept != Decimal(value)) if isinstance(kept, Decimal) else (str(kept) != str(value)):
            missed.append(f"{fact} {kept}, not {value}")
    if not ends.left_open and ends.opted_out != (lead.opted_out_at is not None):
        missed.append("opted out" if lead.opted_out_at else "not opted out")
    if ends.notice is not None and ledger.notice != ends.notice:
        missed.append(f"notice {ledger.notice}, not {ends.notice}")
    if script.most_messages is not None and len(played.sent) > script.most_messages:
        missed.append(f"{len(played.sent)} messages, more than {script.most_messages}")
    return missed
