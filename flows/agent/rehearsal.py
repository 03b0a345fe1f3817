"""The journey played with what was understood so far, so that code and not a model decides stage, facts and question.

A model's understanding enters as what the playbook already understands: the tap of a button of ours (`place:2611606`)
or one of a few fixed phrases. Nothing is stored or sent by playing; a turn may be played any number of times.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID, uuid4

from flows.agent.cues import Cue
from flows.agent.hearing import hear
from flows.agent.playbook import Playbook
from flows.agent.tools import Tools
from flows.agent.words import offers_of
from flows.assistant.place.places import Place
from flows.domain import (
    BillReceipt,
    Button,
    Coverage,
    Inbound,
    InboundMessage,
    Lead,
    Offer,
    Reply,
    Row,
    Served,
    Turn,
)

WANTS_PLANS = "quais são os planos?"
SENDS_LATER = "vou mandar a conta depois"
NO_INTEREST = "não tenho interesse"
# Any question that nobody here can answer: the playbook offers a person then, with its two buttons.
BEYOND_US = "Vocês patrocinam algum time?"
# Understood, and without news: the playbook goes on with the waiting question.
_NEUTRAL = "oi"


@dataclass(frozen=True)
class Event:
    """One thing a model understood: the id of one of our buttons or rows, or a phrase the playbook knows."""

    tap: str | None = None
    phrase: str = ""

    def message(self, like: InboundMessage) -> InboundMessage:
        """Return the message that a lead would have sent to say the same."""
        kind = Inbound.BUTTON if self.tap else Inbound.TEXT
        # A tap's title is not read, but an empty text would be.
        said = self.phrase or "·"
        return InboundMessage(
            id=uuid4(), wamid=like.wamid, type=kind, text=said, payload=self.tap, sent_at=like.sent_at
        )


@dataclass(frozen=True)
class Step:
    """What the journey does with all that is understood: the reply by rules, and the coverage read for it."""

    lead: Lead
    reply: Reply
    readings: tuple[Coverage, ...]

    def known(self, key: str) -> Any:
        """Return what will be remembered under `key` after this turn."""
        memory = self.reply.memory or {}
        return memory[key] if key in memory else self.lead.memory.get(key)

    @property
    def greeting(self) -> str:
        """The first paragraph when this turn introduces the assistant: disclosure and privacy notice, word for word."""
        greets = (self.reply.memory or {}).get("greeted") and self.reply.content
        return self.reply.content.text.split("\n\n")[0] if greets and self.reply.content else ""

    @property
    def reference(self) -> str:
        """The playbook's own words for this step, without the greeting."""
        text = self.reply.content.text if self.reply.content else ""
        return text.removeprefix(self.greeting).strip()

    @property
    def question(self) -> str:
        """The playbook's last paragraph if it asks something, else nothing."""
        last = self.reference.split("\n\n")[-1]
        return last if "?" in last else ""

    @property
    def served(self) -> Served | None:
        """The plans read just now for the place that counts, if they were."""
        return next((one for one in reversed(self.readings) if isinstance(one, Served) and one.plans), None)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The plans that may be spoken of: at most three, read in this turn."""
        return offers_of(self.served.plans) if self.served else ()

    @property
    def spoken_of(self) -> tuple[Offer, ...]:
        """Those plans, and the one that the journey itself names because the lead chose it in this turn."""
        chosen = [o for o in self.lead.offers if o.plan_id == self.reply.chosen]
        return (*self.offers, *(o for o in chosen if o.plan_id not in {offer.plan_id for offer in self.offers}))

    @property
    def choices(self) -> tuple[Button | Row, ...]:
        """The buttons or rows of this step."""
        content = self.reply.content
        return (*content.buttons, *content.rows) if content else ()


@dataclass
class OneReading:
    """Tools that read each place once per turn, also when the model's time ran out half-way through a reading."""

    tools: Tools
    _reads: dict[tuple[int, str | None], asyncio.Task[Coverage]] = field(default_factory=dict)
    _receipts: dict[UUID, BillReceipt] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._reads.values():
            task.cancel()
        await asyncio.gather(*self._reads.values(), return_exceptions=True)

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        key = (place.ibge_code, utility)
        if key not in self._reads:
            self._reads[key] = asyncio.ensure_future(self.tools.coverage(place, utility))
        # Shielded: a turn whose time is over still wants this answer, for the playbook.
        return await asyncio.shield(self._reads[key])

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        if message.id not in self._receipts:
            self._receipts[message.id] = await self.tools.keep_bill(message)
        return self._receipts[message.id]


@dataclass
class Rehearsal:
    """One turn, and what a model understood of it. Later events win over earlier ones of their kind."""

    playbook: Playbook
    turn: Turn
    tools: Tools
    events: list[Event] = field(default_factory=list)

    async def play(self) -> Step:
        """Return the step that the journey takes with the lead's messages and every event so far.

        What the rules did not understand is left out in favour of the model, which did; it is not counted as a try.
        """
        events = [event.message(self.turn.messages[-1]) for event in self.events]
        said = [*self.turn.messages]
        step = await self._play([*said, *events])
        if not self._puzzled(step, [*said, *events]):
            return step
        clear = [m for m in said if (heard := hear((m,))) and not heard.unknown_question]
        neutral = Event(phrase=_NEUTRAL).message(said[-1])
        step = await self._play([*clear, *events] or [neutral])
        return await self._play([neutral, *events]) if (step.reply.memory or {}).get("tries") else step

    async def _play(self, messages: list[InboundMessage]) -> Step:
        recorder = _Recorder(self.tools)
        turn = Turn(self.turn.lead, tuple(messages), self.turn.transcript, self.turn.now)
        reply = await self.playbook.reply(turn, recorder)
        return Step(self.turn.lead, reply, tuple(recorder.readings))

    def _puzzled(self, step: Step, messages: list[InboundMessage]) -> bool:
        heard, reply = hear(tuple(messages)), step.reply
        if heard is None or reply.facts or reply.chosen or reply.handoff:
            return False
        return heard.unknown_question or (bool((reply.memory or {}).get("tries")) and Cue.LOST not in heard.cues)


@dataclass
class _Recorder:
    """Notes what one playing of the turn read."""

    tools: Tools
    readings: list[Coverage] = field(default_factory=list)

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        read = await self.tools.coverage(place, utility)
        self.readings.append(read)
        return read

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        return await self.tools.keep_bill(message)
