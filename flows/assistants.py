"""Which assistant answers, reads pictures and hears voice notes, as far as the settings name models for it."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import Protocol

import openai
from prefect.logging import get_run_logger

from flows import settings
from flows.adapters.speech import Speech
from flows.agent.agent import Agent, TurnCost
from flows.agent.bills import Vision
from flows.agent.playbook import Playbook
from flows.agent.tools import Tools
from flows.domain import Reply, Turn

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
        api_key=group.openai_api_key.get_secret_value(), base_url=group.openai_base_url, max_retries=0
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


def _say_fallback(reason: str) -> None:
    """In the run's own log: the playbook answered a turn of the model's, and why."""
    get_run_logger().warning("the model did not answer (%s); the playbook did", reason)


def _say_cost(cost: TurnCost) -> None:
    get_run_logger().info(
        "model %s: %d request(s), %d tokens in, %d out, %.1f s, rules broken: %s",
        cost.model, cost.requests, cost.input_tokens, cost.output_tokens, cost.seconds, ", ".join(cost.broken) or "none",
    )  # fmt: skip
