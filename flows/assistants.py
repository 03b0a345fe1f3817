"""Which assistant answers, reads pictures and hears voice notes, as far as the settings name models for it."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

import openai
from prefect.logging import get_run_logger

from flows import settings
from flows.adapters.speech import Speech
from flows.adapters.trust import trusted
from flows.agent.agent import Agent, TurnCost
from flows.agent.playbook import Playbook
from flows.agent.tools import Tools
from flows.assistant.bill import Vision
from flows.domain import Consent, Lead, Reply, Turn, Why

log = logging.getLogger(__name__)


class Assistant(Protocol):
    """The model's agent, or the playbook: either answers a turn with one reply."""

    async def reply(self, turn: Turn, tools: Tools) -> Reply: ...


@dataclass(frozen=True)
class Senses:
    """The assistant, and what it can see and hear; None without a configured model."""

    assistant: Assistant
    vision: Vision | None = None
    speech: Speech | None = None
    speech_model: str = ""


async def open_senses(
    stack: contextlib.AsyncExitStack, group: settings.OpenAI, conversation: settings.Conversation
) -> Senses:
    """The agent with a key, the playbook without one; which of them is said once, here."""
    playbook = Playbook(
        persona=conversation.persona,
        contact_deadline=conversation.contact_deadline,
        privacy_notice_url=conversation.privacy_notice_url,
        minimum_amount=conversation.min_invoice_amount,
    )
    if group.openai_api_key is None:
        log.warning("OPENAI_API_KEY is not set: leads are answered by the playbook, photos of bills go to a person")
        return Senses(playbook)
    client = openai.AsyncOpenAI(
        api_key=group.openai_api_key.get_secret_value(),
        base_url=group.openai_base_url,
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(verify=trusted()),
    )
    await stack.enter_async_context(client)
    agent = Agent(
        client=client,
        model=group.openai_model,
        playbook=playbook,
        persona=conversation.persona,
        contact_deadline=conversation.contact_deadline,
        privacy_notice_url=conversation.privacy_notice_url,
        max_tool_rounds=group.openai_tool_rounds,
        time_limit=group.openai_time_limit_seconds,
        max_output_tokens=group.openai_max_output_tokens,
        on_fallback=_say_fallback,
        on_turn=_say_cost,
    )
    hears = group.openai_transcription_model
    return Senses(
        assistant=agent,
        vision=Vision(client, model=group.openai_vision_model or group.openai_model),
        speech=Speech(client) if hears else None,
        speech_model=hears or "",
    )


@dataclass
class Noting:
    """What the assistant says about one turn while it decides; `why` is the whole of it."""

    started: float = field(default_factory=time.monotonic)
    cost: TurnCost | None = None
    fallback: str | None = None

    def why(self, lead: Lead, reply: Reply) -> Why:
        """How the turn came about, as far as an assistant tells that gives no account of its own. The rules' word counts
        as theirs even where a model was asked first."""
        cost = self.cost
        return Why(
            before=lead.memory,
            asked=(reply.memory or {}).get("asked"),
            by="rules" if cost is None or self.fallback else cost.model,
            seconds=round(time.monotonic() - self.started, 3),
            tokens_in=cost.input_tokens if cost else 0,
            tokens_out=cost.output_tokens if cost else 0,
            fallback=self.fallback,
            # names only: the figure behind a colon would make every turn a rule of its own
            checks=tuple(dict.fromkeys(rule.partition(":")[0] for rule in cost.broken)) if cost else (),
        )


def whole(reply: Reply, lead: Lead) -> Reply:
    """The reply of an assistant that remembers by changes (flows.agent), with the whole of what is remembered."""
    changes = reply.memory or {}
    memory = {key: value for key, value in {**lead.memory, **changes}.items() if value is not None}
    notice, place = changes.get("coverage_notice"), memory.get("place")
    consent = Consent(ibge_code=place, given=notice == "granted") if notice and place else None
    return reply.model_copy(update={"memory": memory, "consent": consent})


# One worker answers many leads at once, with one assistant: whose turn speaks is known by the context it runs in.
_turn: ContextVar[Noting | None] = ContextVar("serena_turn", default=None)


@contextlib.contextmanager
def noting() -> Iterator[Noting]:
    """Within it the assistant's word about costs and fallbacks is collected for this turn."""
    seen = Noting()
    token = _turn.set(seen)
    try:
        yield seen
    finally:
        _turn.reset(token)


def _say_fallback(reason: str) -> None:
    """In the run's own log: the playbook answered a turn of the model's, and why."""
    if (turn := _turn.get()) is not None:
        turn.fallback = reason
    get_run_logger().warning("the model did not answer (%s); the playbook did", reason)


def _say_cost(cost: TurnCost) -> None:
    if (turn := _turn.get()) is not None:
        turn.cost = cost
    get_run_logger().info(
        "model %s: %d request(s), %d tokens in, %d out, %.1f s, rules broken: %s",
        cost.model, cost.requests, cost.input_tokens, cost.output_tokens, cost.seconds, ", ".join(cost.broken) or "none",
    )  # fmt: skip
