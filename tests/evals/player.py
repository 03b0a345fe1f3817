"""Plays a scripted lead against an assistant, turn by turn, with a clock of its own and what the store would keep."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from flows.assistant import say, state
from flows.assistant.assistant import Tools
from flows.domain import Content, Inbound, InboundMessage, Lead, PlansUnavailable, Reply, Served, Turn
from tests.evals import phone
from tests.evals.ledger import Ledger
from tests.evals.phone import finds
from tests.evals.played import Exchange, Played, at_the_end
from tests.evals.rules import Sent, broken, seen
from tests.evals.scripts import Script, Step
from tests.evals.world import World

START = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
REMINDED_AFTER = 2.0
_NEEDS_NO_ANSWER = frozenset({Inbound.STICKER, Inbound.REACTION})


class Assistant(Protocol):
    """The playbook, the model's agent, or whatever answers turns."""

    async def reply(self, turn: Turn, tools: Tools) -> Reply: ...


async def play(script: Script, assistant: Assistant, clock: Callable[[], float] = time.perf_counter) -> Played:
    """Play one lead to the end of its script. An assistant that raises has broken a rule, and the lead goes on."""
    ledger = Ledger.of(script, START)
    scene = _Scene(script, World.of(script), ledger, Played(script, ledger.lead), START)
    for number, step in enumerate(script.turns, 1):
        scene.world.api = step.api or scene.world.api
        if step.after >= REMINDED_AFTER:
            scene.remind()
        scene.now += timedelta(hours=step.after)
        if step.says:
            began = clock()
            await scene.turn(number, step, assistant)
            scene.played.seconds += clock() - began
    scene.played.lead = ledger.lead
    scene.played.missed += at_the_end(script, ledger, scene.played)
    return scene.played


@dataclass
class _Scene:
    """One conversation under way."""

    script: Script
    world: World
    ledger: Ledger
    played: Played
    now: datetime

    async def turn(self, number: int, step: Step, assistant: Assistant) -> None:
        """Hand a burst to the assistant, keep what it decides, and hold its message to the rules and the script."""
        missed: list[str] = []
        messages = tuple(
            phone.message(f"{self.script.name}:{number}:{n}", item, self.played.sent, self.now, missed)
            for n, item in enumerate(step.says)
        )
        said = tuple(phone.shown(item, one) for item, one in zip(step.says, messages, strict=True))
        self.world.files |= {one.wamid: item for item, one in zip(step.says, messages, strict=True)}
        self.ledger.receive(messages, self.now)
        before, wrong = self.ledger.lead, []
        try:
            reply = await assistant.reply(Turn(before, messages, self.ledger.transcript, self.now), self.world)
        except Exception as exc:
            # The next leads still have to be played; the run ends red because of this one.
            reply = Reply(content=None)
            wrong.append(f"crashed:{type(exc).__name__}")
        self.ledger.commit(reply, bills=self.world.kept, now=self.now)
        text = ""
        if reply.content is not None:
            same = bool(self.played.exchanges) and self.played.exchanges[-1].said == said
            sent = self._sent(reply.content, messages, before, step)
            text = seen(reply.content)
            wrong += broken(replace(sent, lead_repeats=same))
            wrong += [f"said:{pattern}" for pattern in (*self.script.never, *step.lacks) if finds(pattern, text)]
        elif not wrong and _waits_for_an_answer(messages, before, self.ledger.lead) and step.silent is not True:
            wrong.append("left_without_answer")
        missed += [f"not said: {pattern}" for pattern in step.has if not finds(pattern, text)]
        if step.silent is not None and step.silent == (reply.content is not None):
            missed.append("not silent" if step.silent else "no message")
        stage = self.ledger.lead.stage
        if step.stage not in (None, stage):
            missed.append(f"stage {stage.value}, not {step.stage}")
        self.played.exchanges.append(Exchange(self.now, said, reply.content, stage.value, tuple(wrong), tuple(missed)))

    def remind(self) -> None:
        """Remind once for a silence that follows a message of ours, as `flows.reminder` does."""
        lead, lines, exchanges = self.ledger.lead, self.ledger.lines, self.played.exchanges
        waited = bool(lines) and lines[-1].who == "bot" and lead.last_inbound_at is not None
        if not waited or not lead.stage.reminded or lead.opted_out_at or exchanges[-1].reminder:
            return
        at = self.now + timedelta(hours=REMINDED_AFTER)
        content = say.reminder(lead.name, lead.stage, state.load(lead.memory))
        wrong = broken(replace(self._sent(content, (), lead, Step()), reminder=True))
        self.ledger.send(content, at)
        exchanges.append(Exchange(at, (), content, lead.stage.value, tuple(wrong), reminder=True))

    def _sent(self, content: Content, messages: tuple[InboundMessage, ...], before: Lead, step: Step) -> Sent:
        return Sent(
            content=content,
            earlier=tuple(self.played.sent),
            messages=messages,
            before=before,
            after=self.ledger.lead,
            plans=self.world.plans,
            outage=isinstance(self.world.answered, PlansUnavailable),
            place_known=self.ledger.place_settled,
            bill_known=self.world.has_bill,
            utility_known=isinstance(self.world.answered, Served),
            handed_over=bool(self.ledger.handoffs),
            amounts=self.world.amounts,
            may_ask=step.may_ask,
        )


def _waits_for_an_answer(messages: tuple[InboundMessage, ...], before: Lead, after: Lead) -> bool:
    ended = before.stage.closed or before.opted_out_at is not None or after.opted_out_at is not None
    return not ended and any(message.type not in _NEEDS_NO_ANSWER for message in messages)
