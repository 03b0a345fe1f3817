"""One call of OpenAI's Responses API, and a name for every way in which it can fail."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

import openai
from openai.types.responses import Response, ResponseFunctionToolCall
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.agent.agent_tools import TOOLS
from flows.errors import SerenaError


class Reason(StrEnum):
    """Why the playbook answered a turn that was the model's."""

    DOWN = "down"
    SLOW = "slow"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    UNAUTHORIZED = "unauthorized"
    REJECTED = "rejected"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    TOO_MANY_ROUNDS = "too_many_rounds"
    BROKEN_RULES = "broken_rules"
    CIRCUIT_OPEN = "circuit_open"
    BUG = "bug"

    @property
    def blames_the_service(self) -> bool:
        """True for what the next lead would meet, too; a refusal or a broken rule says nothing about that."""
        return self in _OF_THE_SERVICE


_OF_THE_SERVICE = frozenset(
    {Reason.DOWN, Reason.SLOW, Reason.RATE_LIMITED, Reason.QUOTA, Reason.UNAUTHORIZED, Reason.REJECTED,
     Reason.UNREADABLE}
)  # fmt: skip


class ModelFailed(SerenaError):
    """The model gave nothing that can be sent. `reason` is a code; nothing of the answer is in the message."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"the model failed: {reason}")
        self.reason = reason


class Answer(BaseModel):
    """The message to the lead."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(description="the message, in Brazilian Portuguese")
    choices: list[str] = Field(description="ids out of `opcoes` to show; empty shows all of them")


@dataclass
class TurnCost:
    """What one turn took, without personal data. `fallback` says why the playbook answered instead, if it did.

    `broken` are the names of the rules that the model's first attempt broke, with a figure at most.
    """

    model: str
    prompts: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0
    tool_calls: int = 0
    seconds: float = 0.0
    fallback: Reason | None = None
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """One answer of the model, read: calls of tools, or the final message."""

    calls: tuple[ResponseFunctionToolCall, ...]
    answer: Answer | None


@dataclass(frozen=True)
class Model:
    """The model as configured; `client` does not retry by itself. Nothing is kept at OpenAI (`store=False`), so each call carries everything."""

    client: openai.AsyncOpenAI
    name: str
    max_output_tokens: int

    async def say(self, instructions: str, items: list[dict[str, Any]], cost: TurnCost, until: float) -> Said:
        """Return the next answer. `until` is the loop time at which the turn must be over. Raises ModelFailed."""
        try:
            response = await self._create(instructions, items, cost, until)
        except openai.RateLimitError as exc:
            reason = Reason.QUOTA if exc.code == "insufficient_quota" else Reason.RATE_LIMITED
            raise ModelFailed(reason) from exc
        except (openai.AuthenticationError, openai.PermissionDeniedError) as exc:
            raise ModelFailed(Reason.UNAUTHORIZED) from exc
        except openai.APITimeoutError as exc:
            raise ModelFailed(Reason.SLOW) from exc
        except openai.APIStatusError as exc:
            raise ModelFailed(Reason.DOWN if exc.status_code >= 500 else Reason.REJECTED) from exc
        except (json.JSONDecodeError, UnicodeDecodeError, openai.APIResponseValidationError) as exc:
            raise ModelFailed(Reason.UNREADABLE) from exc
        except openai.OpenAIError as exc:
            raise ModelFailed(Reason.DOWN) from exc
        return _read(response, cost)

    async def _create(self, instructions: str, items: list[dict[str, Any]], cost: TurnCost, until: float) -> Response:
        try:
            return await self._post(instructions, items, cost)
        except openai.RateLimitError as exc:
            wait = _retry_after(exc)
            left = until - asyncio.get_running_loop().time()
            # Half of what is left: the second answer needs its time, too.
            if exc.code == "insufficient_quota" or wait is None or wait > left / 2:
                raise
            await asyncio.sleep(wait)
            return await self._post(instructions, items, cost)

    async def _post(self, instructions: str, items: list[dict[str, Any]], cost: TurnCost) -> Response:
        cost.requests += 1
        return await self.client.responses.create(
            model=self.name,
            instructions=instructions,
            input=cast(Any, items),
            tools=cast(Any, _TOOLS),
            text={"format": cast(Any, _FORMAT)},
            max_output_tokens=self.max_output_tokens,
            store=False,
        )


def echo(call: ResponseFunctionToolCall, output: str) -> list[dict[str, Any]]:
    """Return a call and its result as input items.

    Without ids: what is not stored at OpenAI cannot be referred to by id. Reasoning items are left out, because only
    some models take them back, and those go on without.
    """
    return [
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
        {"type": "function_call_output", "call_id": call.call_id, "output": output},
    ]


def _read(response: Response, cost: TurnCost) -> Said:
    """Read a response that the SDK has not checked: it builds its objects from whatever arrived."""
    output = getattr(response, "output", None)
    if usage := getattr(response, "usage", None):
        cost.input_tokens += _count(usage, "input_tokens")
        cost.output_tokens += _count(usage, "output_tokens")
    if getattr(response, "status", None) == "failed":
        code = getattr(getattr(response, "error", None), "code", None)
        raise ModelFailed(Reason.RATE_LIMITED if code == "rate_limit_exceeded" else Reason.DOWN)
    if not isinstance(output, list):
        raise ModelFailed(Reason.UNREADABLE)
    calls = tuple(item for item in output if isinstance(item, ResponseFunctionToolCall) and _is_whole(item))
    if calls:
        return Said(calls, None)
    parts = [part for item in output if _is_final(item) for part in getattr(item, "content", None) or ()]
    if any(getattr(part, "type", None) == "refusal" for part in parts):
        raise ModelFailed(Reason.REFUSED)
    incomplete = getattr(getattr(response, "incomplete_details", None), "reason", None)
    if incomplete == "content_filter":
        raise ModelFailed(Reason.REFUSED)
    try:
        text = "".join(part.text for part in parts if getattr(part, "type", None) == "output_text")
        return Said((), Answer.model_validate_json(text))
    except (ValidationError, TypeError, AttributeError) as exc:
        raise ModelFailed(Reason.UNREADABLE) from exc


def _is_whole(call: ResponseFunctionToolCall) -> bool:
    return all(isinstance(getattr(call, part, None), str) for part in ("call_id", "name", "arguments"))


def _is_final(item: Any) -> bool:
    """Tell whether an item is the message itself; some models send a commentary before it."""
    return getattr(item, "type", None) == "message" and getattr(item, "phase", None) in (None, "final_answer")


def _count(usage: Any, name: str) -> int:
    value = getattr(usage, name, 0)
    return value if isinstance(value, int) else 0


def _retry_after(exc: openai.RateLimitError) -> float | None:
    """Return the seconds the service asks us to wait; None when it does not say, or not as a number."""
    headers = exc.response.headers
    for name, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            return max(0.0, float(headers[name]) / divisor)
        except (KeyError, ValueError):
            continue
    return None


_TOOLS = [openai.pydantic_responses_function_tool(kind, name=name) for name, kind in TOOLS.items()]
_FORMAT = {
    "type": "json_schema",
    "name": "message",
    "strict": True,
    "schema": openai.pydantic_function_tool(Answer)["function"]["parameters"],
}
