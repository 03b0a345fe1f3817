"""Plays a scripted lead against an assistant, turn by turn, with a clock of its own and what the store would keep."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
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
    """Whatever answers turns."""

    async def reply(self, turn: Turn, tools: Tools) -> Reply: ...


async def play(script: Script, assistant: Assistant, clock: Callable[[], float] = time.perf_counter) -> Played:
    """Play one lead to the end of its script. An assistant that raises has broken a rule, and the lead goes on."""
    conversation = Conversation(script, assistant, clock)
    for step in script.turns:
        await conversation.step(step)
    return conversation.finish()


class Conversation:
    """One lead talking with an assistant, turn by turn; who plays the lead may look at what was said before each turn."""

    def __init__(self, script: Script, assistant: Assistant, clock: Callable[[], float] = time.perf_counter) -> None:
        self.script, self._assistant, self._clock = script, assistant, clock
        self.ledger = Ledger.of(script, START)
        self.world = World.of(script)
        self.played = Played(script, self.ledger.lead)
        self.now = START
        self._number = 0

    async def step(self, step: Step) -> None:
        """Let time pass, remind where it is time, and hand what the lead says to the assistant."""
        self._number += 1
        self.world.api = step.api or self.world.api
        if step.after >= REMINDED_AFTER:
            self._remind()
        self.now += timedelta(hours=step.after)
        if step.says:
            began = self._clock()
            await self._turn(step)
            self.played.seconds += self._clock() - began
        self.played.lead = self.ledger.lead

    def finish(self) -> Played:
        """Return what became of the lead, held to what the script expects at the end."""
        self.played.missed += at_the_end(self.script, self.ledger, self.played)
        return self.played

    async def _turn(self, step: Step) -> None:
        """Hand a burst to the assistant, keep what it decides, and hold its message to the rules and the script."""
        missed: list[str] = []
        messages = tuple(
            phone.message(f"{self.script.name}:{self._number}:{n}", item, self.played.phone, self.now, missed)
            for n, item in enumerate(step.says)
        )
        said = tuple(phone.shown(item, one) for item, one in zip(step.says, messages, strict=True))
        self.world.files |= {one.wamid: item for item, one in zip(step.says, messages, strict=True)}
        self.ledger.receive(messages, self.now)
        before, wrong = self.ledger.lead, []
        try:
            reply = await self._assistant.reply(Turn(before, messages, self.ledger.transcript, self.now), self.world)
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
        self.played.exchanges.append(
            Exchange(self.now, said, reply.content, stage.value, tuple(wrong), tuple(missed), why=reply.why)
        )

    def _remind(self) -> None:
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
