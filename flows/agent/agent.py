"""The assistant with a model: OpenAI understands and phrases, the playbook's journey decides (design.md, section 7).

Which turns are the model's is `free_text`: language that rules do not read with certainty. For these the journey is
rehearsed first, by rules; the model gets the outcome, says through tools what the rules missed (a place, a choice, a
question of the FAQ), and writes the message. Stage, facts, offers, hand-over, buttons, the greeting and the list of
plans come from the last rehearsal, never from the model's word. `guard` reads every message before it may leave.

A model that is away, slow, refuses or breaks a rule twice costs nothing but its time: nothing was sent or stored, and
the playbook answers the same turn as it was.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable

import openai
from pydantic import ValidationError

from flows.agent import directive
from flows.agent.agent_tools import TOOLS, Refused, Said, Tool
from flows.agent.breaker import Breaker
from flows.agent.free_text import wants_a_model
from flows.agent.guard import Guard
from flows.agent.hearing import hear
from flows.agent.model import Model, ModelFailed, Reason, TurnCost, echo
from flows.agent.playbook import Playbook
from flows.agent.rehearsal import OneReading, Rehearsal, Step
from flows.agent.tools import Tools
from flows.domain import Reply, Turn

__all__ = ["Agent", "Reason", "TurnCost"]

log = logging.getLogger(__name__)

_MOST_CALLS_PER_ROUND = 4
_AGAIN = (
    "A mensagem não pode sair: quebra estas regras: {rules}. Escreva outra, do zero, que respeite todas, "
    "com o conteúdo de `resposta_de_referencia`."
)


class Agent:
    """Answers turns as `Playbook` does, with a model where language matters."""

    def __init__(
        self,
        *,
        client: openai.AsyncOpenAI,
        model: str,
        playbook: Playbook,
        persona: str,
        contact_deadline: str,
        privacy_notice_url: str | None = None,
        max_tool_rounds: int = 6,
        time_limit: float = 12.0,
        max_output_tokens: int = 800,
        on_fallback: Callable[[str], None] = lambda reason: None,
        on_turn: Callable[[TurnCost], None] = lambda cost: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`time_limit` is in seconds, for all rounds of a turn together.

        `on_fallback` gets a code of `Reason` when the playbook has to answer a turn of the model's; `on_turn` gets the
        cost of each turn a model was asked in. Both are called in the context of the turn.
        """
        # The SDK's own retries would spend the lead's time on a service that is away.
        self._model = Model(client.with_options(max_retries=0), model, max_output_tokens)
        self._playbook = playbook
        self._told = directive.instructions(persona, contact_deadline)
        self._guard = Guard(self._told, contact_deadline, privacy_notice_url)
        self._rounds = max_tool_rounds
        self._time_limit = time_limit
        self._on_fallback, self._on_turn = on_fallback, on_turn
        self._clock = clock
        self._breaker = Breaker(clock)

    async def reply(self, turn: Turn, tools: Tools) -> Reply:
        """Answer all unanswered messages of a lead with one reply, as `Playbook.reply` does."""
        heard = hear(turn.messages)
        if heard is None or not wants_a_model(turn, heard):
            return await self._playbook.reply(turn, tools)
        if not self._breaker.allows():
            self._on_fallback(Reason.CIRCUIT_OPEN.value)
            return await self._playbook.reply(turn, tools)
        cost = TurnCost(model=self._model.name, prompts=directive.version())
        async with OneReading(tools) as reading:
            reply = await self._try(turn, reading, cost)
            self._on_turn(cost)
            if reply is not None:
                return reply
            return await self._playbook.reply(turn, reading)

    async def _try(self, turn: Turn, tools: Tools, cost: TurnCost) -> Reply | None:
        """Return the model's reply, None when there is none that may be sent."""
        started = self._clock()
        try:
            async with asyncio.timeout(self._time_limit):
                reply = await self._converse(turn, tools, cost)
        except TimeoutError:
            cost.fallback = Reason.SLOW
        except ModelFailed as failure:
            cost.fallback = failure.reason
        except Exception as exc:
            # What a foreign server answers, or a bug here, must not cost the lead an answer the playbook can give.
            log.error("the model's part of a turn broke down (%s); the playbook answers", type(exc).__name__)
            cost.fallback = Reason.BUG
        finally:
            cost.seconds = self._clock() - started
        if cost.fallback is None:
            self._breaker.worked()
            return reply
        if cost.fallback.blames_the_service:
            self._breaker.failed()
        elif cost.fallback is not Reason.BUG:
            self._breaker.worked()
        self._on_fallback(cost.fallback.value)
        return None

    async def _converse(self, turn: Turn, tools: Tools, cost: TurnCost) -> Reply:
        """Let the model use tools, then write; a message that breaks a rule is asked for once more."""
        rehearsal = Rehearsal(self._playbook, turn, tools)
        step = await rehearsal.play()
        items = directive.conversation(turn, step)
        until = asyncio.get_running_loop().time() + self._time_limit
        rounds = 0
        while True:
            said = await self._model.say(self._told, items, cost, until)
            if said.calls:
                rounds += 1
                if rounds > self._rounds:
                    raise ModelFailed(Reason.TOO_MANY_ROUNDS)
                cost.tool_calls += len(said.calls)
                for n, call in enumerate(said.calls):
                    output = _error("too many calls at once; the rest was not done")
                    if n < _MOST_CALLS_PER_ROUND:
                        step, output = await self._use(call.name, call.arguments, rehearsal, step)
                    items += echo(call, output)
                continue
            if said.answer is None:
                raise ModelFailed(Reason.UNREADABLE)
            content, broken = self._guard.message(said.answer, step, turn)
            if content is not None:
                return step.reply.model_copy(update={"content": content})
            if cost.broken:
                raise ModelFailed(Reason.BROKEN_RULES)
            cost.broken = tuple(broken)
            items += [
                {"role": "assistant", "content": said.answer.model_dump_json()},
                {"role": "developer", "content": _AGAIN.format(rules=", ".join(broken))},
            ]

    async def _use(self, name: str, arguments: str, rehearsal: Rehearsal, step: Step) -> tuple[Step, str]:
        """Return the step after a tool's call and its result for the model; a refused call changes nothing."""
        kind: type[Tool] | None = TOOLS.get(name)
        if kind is None:
            return step, _error(f"no such tool; there are {', '.join(TOOLS)}")
        try:
            event = kind.model_validate_json(arguments).event(step, Said(rehearsal.turn))
        except ValidationError as exc:
            wrong = {".".join(map(str, e["loc"])) or "arguments": e["msg"] for e in exc.errors()}
            return step, _error("wrong arguments: " + "; ".join(f"{where}: {why}" for where, why in wrong.items()))
        except Refused as exc:
            return step, _error(str(exc))
        if event is not None:
            rehearsal.events.append(event)
            step = await rehearsal.play()
        return step, json.dumps({"ok": True, "situacao": directive.situation(step)}, ensure_ascii=False)


def _error(what: str) -> str:
    return json.dumps({"ok": False, "error": what}, ensure_ascii=False)
