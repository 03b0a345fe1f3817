"""A model as the assistant's `Mind`, for evaluations that ask one directly."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TypeVar

import openai
from openai import AsyncOpenAI
from pydantic import BaseModel

from flows.assistant.mind import MindFailed, Reason, Spent, Thought

Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True)
class Asked:
    """One model of an OpenAI-compatible service."""

    client: AsyncOpenAI
    name: str

    async def think(self, told: str, data: str, answer: type[Answer], *, seconds: float) -> Thought[Answer]:
        started = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                response = await self.client.responses.parse(
                    model=self.name, instructions=told, input=data, text_format=answer
                )
        except TimeoutError:
            raise MindFailed(Reason.SLOW) from None
        except openai.OpenAIError:
            raise MindFailed(Reason.AWAY) from None
        if response.output_parsed is None:
            raise MindFailed(Reason.UNREADABLE)
        usage = response.usage
        spent = Spent(
            1, usage.input_tokens if usage else 0, usage.output_tokens if usage else 0, 0, time.monotonic() - started
        )
        return Thought(response.output_parsed, spent)
