"""What the assistant would say at a moment of a conversation: the acts it decides on, heard by rules, without a model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from flows.assistant import hear, say, state
from flows.assistant.assistant import Assistant, _decided, scene_of
from flows.assistant.decide import Act
from flows.assistant.hear import Heard
from flows.assistant.place.places import Place
from flows.domain import Coverage, Inbound, InboundMessage, Media, Served, Stage, Turn
from tests.evals.ledger import Ledger
from tests.evals.scripts import Ends, Form, Item, Script
from tests.evals.world import World
from tests.flows.assistant.say.acts import OFFERS, RECIFE

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
_FILES = {"bill photo": Item(photo="good"), "bill pdf": Item(pdf="good"), "small bill": Item(photo="small")}
# What was said before, where a line only names the stage.
BEFORE = {
    "start": (),
    "place": ("oi",),
    "bill": ("oi", "sim"),
    "reading": ("oi", "sim", "bill photo"),
    "plan": ("oi", "sim", "bill photo", "sim"),
}


@dataclass(frozen=True)
class Moment:
    """Acts, with the facts that any sentence may use."""

    acts: tuple[Act, ...]
    known: Mapping[str, Any]

    @property
    def said(self) -> str:
        """The reviewed words."""
        content = say.reviewed(self.acts, self.known)
        return content.text if content else ""


def moment(setup: Sequence[str], lead: str) -> Moment:
    """Return what the assistant decides on when Ana of Recife writes `lead`, having written `setup`."""
    return asyncio.run(_moment(setup, lead))


async def _moment(setup: Sequence[str], lead: str) -> Moment:
    script = Script(
        name="moment",
        kind="moment",
        about="",
        form=Form(name="Ana Souza", city="Recife", state="PE"),
        turns=(),
        ends=Ends(stage=(Stage.INITIAL,)),
    )
    assistant, ledger, world = Assistant(), Ledger.of(script, NOW), _World.of(script)
    for n, text in enumerate(setup):
        turn = _turn(n, text, ledger, world)
        ledger.commit(await assistant.reply(turn, world), bills=world.kept, now=NOW)
    turn = _turn(len(setup), lead, ledger, world)
    before = state.load(turn.lead.memory)
    heard = Heard(hear.read(turn.messages, scene_of(turn, before)), by="rules")
    decision, _ = await _decided(assistant._case(turn, before, heard, ()), world)
    return Moment(decision.acts, assistant._known(turn.lead, decision))


class _World(World):
    """The simulator's world, with the plans in Recife that lines speak of."""

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        answer = await super().coverage(place, utility)
        return Served(utility="CELPE", plans=OFFERS) if place.ibge_code == RECIFE else answer


def _turn(n: int, text: str, ledger: Ledger, world: World) -> Turn:
    item = _FILES.get(text)
    kind = Inbound.TEXT if item is None else Inbound.IMAGE
    message = InboundMessage(
        id=uuid5(NAMESPACE_OID, f"{n}"),
        wamid=f"wamid.{n}",
        type=kind,
        text="" if item else text,
        media=Media(id=f"media.{n}") if item else None,
        sent_at=NOW,
    )
    if item:
        world.files[message.wamid] = item
    ledger.receive((message,), NOW)
    return Turn(ledger.lead, (message,), ledger.transcript, NOW)
