"""What became of a scripted lead: every turn as it went, and what should have been and was not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from flows.domain import Content, Lead
from tests.evals.ledger import Ledger
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


@dataclass
class Played:
    """What became of one lead. `missed` are expectations that are not rules; `tokens` are counted by the caller."""

    script: Script
    lead: Lead
    exchanges: list[Exchange] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    tokens: int = 0
    fallbacks: int = 0
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
        return self.lead.stage in self.script.ends.stage

    @property
    def sent(self) -> list[Content]:
        return [e.answer for e in self.exchanges if e.answer is not None]

    @property
    def repeated(self) -> int:
        """How often a question was asked that the message before it had asked in the same words."""
        asked = [questions(content.text)[-1:] for content in self.sent]
        return sum(bool(now) and now == before for before, now in zip(asked, asked[1:], strict=False))


def at_the_end(script: Script, ledger: Ledger, played: Played) -> list[str]:
    """Return what is not as the script expects it at the end, the stage aside."""
    ends, lead, missed = script.ends, ledger.lead, []
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
    if ends.opted_out != (lead.opted_out_at is not None):
        missed.append("opted out" if lead.opted_out_at else "not opted out")
    if ends.notice is not None and ledger.notice != ends.notice:
        missed.append(f"notice {ledger.notice}, not {ends.notice}")
    if script.most_messages is not None and len(played.sent) > script.most_messages:
        missed.append(f"{len(played.sent)} messages, more than {script.most_messages}")
    return missed
