"""A lead who writes to the whole assistant; what the store would keep of each reply is applied to the lead."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from flows.assistant import state
from flows.assistant.assistant import Assistant
from flows.assistant.meaning import Question
from flows.assistant.place.places import Place
from flows.assistant.state import State
from flows.domain import (
    BillKept,
    BillReceipt,
    Coverage,
    Handoff,
    Inbound,
    InboundMessage,
    Lead,
    Line,
    Media,
    Plan,
    Reply,
    Served,
    Turn,
)

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def plan(id: int, discount: str, months: int, name: str) -> Plan:
    return Plan(plan_id=id, name=name, utility="CELPE", discount=Decimal(discount), fidelity_months=months)


# Positions on the list: 1 is 18 %, 2 is 16 %, 3 is 14 %.
CELPE = Served(
    utility="CELPE",
    plans=(
        plan(556, "0.18", 60, "Plano Básico-18%"),
        plan(501, "0.16", 36, "Plano Ouro-16%"),
        plan(490, "0.14", 0, "Plano Prata-14%"),
    ),
)


@dataclass
class Desk:
    """Tools that answer from a table: coverage by city, receipts in the order given."""

    coverage_of: dict[Any, Coverage] = field(default_factory=dict)
    default: Coverage = CELPE
    receipts: list[BillReceipt] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    fetched: int = 0

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        self.asked.append((place.city, utility))
        return self.coverage_of.get((place.city, utility)) or self.coverage_of.get(place.city, self.default)

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        self.fetched += 1
        return self.receipts.pop(0) if self.receipts else BillKept(bill_id=uuid4())


def text(said: str, *, payload: str | None = None, about: Question | None = None) -> InboundMessage:
    kind = Inbound.BUTTON if payload else Inbound.TEXT
    return InboundMessage(
        id=uuid4(), wamid=f"wamid.{uuid4()}", type=kind, text=said, payload=payload, about=about, sent_at=NOW
    )


def of_type(kind: Inbound, said: str = "", **more: Any) -> InboundMessage:
    media = Media(id="m1", mime_type="image/jpeg") if kind in (Inbound.IMAGE, Inbound.DOCUMENT) else None
    return InboundMessage(id=uuid4(), wamid=f"wamid.{uuid4()}", type=kind, text=said, media=media, sent_at=NOW, **more)


def photo(caption: str = "") -> InboundMessage:
    return of_type(Inbound.IMAGE, caption)


class Chat:
    """Each turn's memory goes through JSON and back, as it does in the store."""

    def __init__(self, desk: Any = None, *, assistant: Assistant = Assistant(), **lead: Any) -> None:  # noqa: B008
        self.desk = desk or Desk()
        self.lead = Lead(id=uuid4(), **{"name": "Maria das Dores", **lead})
        self.assistant, self.now = assistant, NOW
        self.reply, self.turn = Reply(content=None), Turn(self.lead, (), (), NOW)
        self.transcript: list[Line] = []
        self.handoffs: list[Handoff] = []

    def says(self, *burst: str | InboundMessage, after: timedelta = timedelta(minutes=1)) -> Reply:
        self.now += after
        messages = tuple(text(m) if isinstance(m, str) else m for m in burst)
        self.turn = Turn(self.lead, messages, tuple(self.transcript), self.now)
        self.reply = asyncio.run(self.assistant.reply(self.turn, self.desk))
        self._keep(self.reply, messages)
        return self.reply

    @property
    def text(self) -> str:
        return self.reply.content.text if self.reply.content else ""

    @property
    def texts(self) -> list[str]:
        """All that we have said."""
        return [line.text for line in self.transcript if line.who == "bot"]

    @property
    def ids(self) -> list[str]:
        content = self.reply.content
        return [choice.id for choice in (*content.buttons, *content.rows)] if content else []

    @property
    def state(self) -> State:
        return state.load(self.lead.memory)

    def taps(self, id: str) -> Reply:
        content = self.reply.content
        assert content is not None
        title = next(choice.title for choice in (*content.buttons, *content.rows) if choice.id == id)
        return self.says(text(title, payload=id))

    def _keep(self, reply: Reply, messages: tuple[InboundMessage, ...]) -> None:
        memory = self.lead.memory if reply.memory is None else json.loads(json.dumps(reply.memory))
        assert state.dump(state.load(memory)) == memory, "what is remembered is read as it was written"
        json.dumps([reply.facts, reply.handoff and reply.handoff.summary, reply.why and reply.why.world])
        facts = {name: value for name, value in reply.facts.items() if value is not None}
        kept = [
            receipt for receipt in _receipts(reply) if receipt["kind"] == "BillKept" and not receipt["receipt"]["known"]
        ]
        changes: dict[str, Any] = {"memory": memory, "bills": self.lead.bills + len(kept), **facts}
        changes["stage"] = reply.stage or self.lead.stage
        changes["qualification"] = reply.qualification or self.lead.qualification
        changes["offers"] = reply.offers or self.lead.offers
        if reply.opt_out:
            changes["opted_out_at"] = self.now
        self.lead = Lead.model_validate({**self.lead.model_dump(), **changes})
        masked: dict[UUID, str] = reply.masked
        said = [("user", m.type.value, masked.get(m.id, m.text)) for m in messages]
        said += [("bot", "text", reply.content.text)] if reply.content else []
        self.transcript += [
            Line.model_validate({"who": who, "type": type, "text": text, "at": self.now}) for who, type, text in said
        ]
        if reply.handoff:
            self.handoffs.append(reply.handoff)


def _receipts(reply: Reply) -> list[dict[str, Any]]:
    return reply.why.world.get("files", []) if reply.why else []


def from_the_form(**more: Any) -> Chat:
    """A lead whose form said Recife/PE and R$ 350."""
    return Chat(**{"city": "Recife", "state": "PE", "invoice_amount": Decimal(350), **more})


def awaiting_bill(**more: Any) -> Chat:
    chat = from_the_form(**more)
    chat.says(text("Ativar Perfil", payload="ATIVAR_PERFIL:7"))
    chat.taps("place:2611606")
    return chat


def choosing(**more: Any) -> Chat:
    chat = awaiting_bill(**more)
    chat.says(photo())
    return chat
