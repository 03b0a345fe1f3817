"""What the lead store keeps between turns, in memory: `commit_turn` of the migrations, rule by rule."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import NAMESPACE_OID, UUID, uuid5

from flows.domain import Content, Inbound, InboundMessage, Lead, Line, Reply, Stage
from tests.evals.scripts import Script

_TRANSCRIPT = 20


def wished(before: Collection[int], consent: tuple[int | None, bool] | None, served: int | None) -> tuple[int, ...]:
    """The places of which a lead waits to be told, after a decision with this consent, and in which `served` was told of."""
    place, given = consent or (served, False)
    left = () if consent == (None, False) else tuple(code for code in before if code not in (place, served))
    return (*left, place) if place and given else left


@dataclass
class Ledger:
    """One lead as the store would have it."""

    lead: Lead
    lines: list[Line] = field(default_factory=list)
    # All hand-overs by reason: a changed mind changes what an open one says.
    handoffs: dict[str, dict[str, Any]] = field(default_factory=dict)
    chosen: int | None = None
    # What was said last about being told of news.
    notice: Literal["granted", "declined"] | None = None
    place_settled: bool = False
    # Where each message stands in `lines`: a masked one changes there.
    received: dict[UUID, int] = field(default_factory=dict)

    @classmethod
    def of(cls, script: Script, now: datetime) -> Ledger:
        """A lead whose template has just gone out, or who writes first."""
        form = script.form.model_dump(exclude_none=True) if script.form else {"name": script.profile}
        phone = f"+558199{int(uuid5(NAMESPACE_OID, script.name).int % 10**7):07d}"
        lead = Lead(id=uuid5(NAMESPACE_OID, script.name), phone_number=phone, stage=Stage.INITIAL, **form)
        lines = [Line(who="bot", type="template", text="", at=now)] if script.form else []
        return cls(lead, lines)

    @property
    def transcript(self) -> tuple[Line, ...]:
        return tuple(self.lines[-_TRANSCRIPT:])

    def receive(self, messages: tuple[InboundMessage, ...], now: datetime) -> None:
        """Store what the lead wrote; a tap is shown as what the person saw."""
        for message in messages:
            kind = "interactive" if message.type is Inbound.BUTTON else message.type.value
            self.lines.append(Line(who="user", type=kind, text=message.text, at=message.sent_at))
            self.received[message.id] = len(self.lines) - 1
        self._change(last_inbound_at=now)

    def commit(self, reply: Reply, *, bills: int, now: datetime) -> None:
        """Keep what a reply decides and learns, through JSON as the store does."""
        kept = reply.model_dump(mode="json")
        facts = {key: value for key, value in kept["facts"].items() if value is not None}
        if self.lead.invoice_amount is not None:
            # What the form said stays; what is said in the chat fills a gap.
            facts.pop("invoice_amount", None)
        known = {key: value for key, value in facts.items() if key in Lead.model_fields}
        self.place_settled = self.place_settled or "ibge_code" in facts
        memory = self.lead.memory if kept["memory"] is None else kept["memory"]
        changes: dict[str, Any] = {"memory": memory, "bills": bills, **known}
        changes |= {"stage": kept["stage"] or self.lead.stage}
        changes |= {"qualification": kept["qualification"] or self.lead.qualification}
        if kept["offers"]:
            changes["offers"] = kept["offers"]
        if kept["opt_out"]:
            changes["opted_out_at"] = self.lead.opted_out_at or now
        consent = reply.consent and (reply.consent.ibge_code, reply.consent.given)
        changes["wishes"] = wished(self.lead.wishes, consent, reply.served)
        self._change(**changes)
        for id, masked in reply.masked.items():
            self.lines[self.received[id]] = self.lines[self.received[id]].model_copy(update={"text": masked})
        if reply.chosen is not None:
            self.chosen = reply.chosen
        if reply.consent is not None:
            self.notice = "granted" if reply.consent.given else "declined"
        if reply.handoff is not None:
            self.handoffs[reply.handoff.reason] = kept["handoff"]["summary"]
        if reply.content is not None:
            self.send(reply.content, now)

    def send(self, content: Content, now: datetime) -> None:
        """Store a message of ours."""
        kind = "interactive" if content.buttons or content.rows else "text"
        self.lines.append(Line(who="bot", type=kind, text=content.text, at=now))
        self._change(last_outbound_at=now)

    def _change(self, **changes: Any) -> None:
        self.lead = Lead.model_validate({**self.lead.model_dump(), **changes})
