"""A language model behind OpenAI's Responses API: one structured answer within a time, or a reason why there is none."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import openai
from openai import AsyncOpenAI
from openai.types.responses import Response
from pydantic import BaseModel, ValidationError

from flows.adapters.prices import cost
from flows.assistant.mind import Answer, MindFailed, Reason, Spent, Thought

log = logging.getLogger(__name__)
MOST_FAILURES = 3
REST_SECONDS = 60.0
# Who gives less time than this has none left for a turn; that says nothing about the service.
_FAIR_SECONDS = 2.0
# What the next lead would meet, too. An answer that is refused, cut or unreadable is a matter of that one answer.
_OUTAGES = frozenset({Reason.AWAY, Reason.SLOW, Reason.MISCONFIGURED})
_FENCED = re.compile(r"```(?:json)?\s*(.+?)\s*(?:```|$)", re.DOTALL | re.IGNORECASE)
# Codes of a request that was refused for what a lead wrote in it, and of one that was too long.
_REFUSED_CODES = frozenset({"content_policy_violation", "invalid_prompt", "content_filter", "safety_violation"})
_TOO_LONG_CODES = frozenset({"context_length_exceeded", "string_above_max_length"})


@dataclass
class Breaker:
    """Leaves a failing service alone, so that leads do not wait for it one after the other.

    Opens after three outages in a row, for a minute; then one call tries, and its outcome decides. `clock` in seconds.
    """

    clock: Callable[[], float]
    _failures: int = 0
    _closed_again_at: float = 0.0

    def allows(self) -> bool:
        """Tell whether the service may be tried now."""
        if self._failures < MOST_FAILURES:
            return True
        now = self.clock()
        if now < self._closed_again_at:
            return False
        # This call is the one that tries; the others keep away until it has an outcome, or another minute is over.
        self._closed_again_at = now + REST_SECONDS
        return True

    def worked(self) -> None:
        """Note an answer, whatever it was worth."""
        self._failures = 0

    def failed(self) -> None:
        """Note an outage."""
        self._failures += 1
        self._closed_again_at = self.clock() + REST_SECONDS


class OpenAIModel:
    """One model of one service (`mind.Mind`). The client, which its owner closes, does not retry; nothing is kept there."""

    def __init__(self, client: AsyncOpenAI, name: str, *, max_output_tokens: int, breaker: Breaker) -> None:
        self._client = client.with_options(max_retries=0)
        self._name = name
        self._max_output_tokens = max_output_tokens
        self._breaker = breaker

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    async def think(self, told: str, data: str, answer: type[Answer], *, seconds: float) -> Thought[Answer]:
        """Return the structured answer to `data` under the instructions `told`; MindFailed when there is none in time."""
        if not self._breaker.allows():
            raise MindFailed(Reason.CIRCUIT_OPEN)
        try:
            thought = await self._answered(told, data, answer, seconds)
        except MindFailed as failed:
            if failed.reason not in _OUTAGES:
                self._breaker.worked()
            elif failed.reason is not Reason.SLOW or seconds >= _FAIR_SECONDS:
                self._breaker.failed()
            raise
        self._breaker.worked()
        return thought

    async def _answered(self, told: str, data: str, answer: type[Answer], seconds: float) -> Thought[Answer]:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(seconds):
                response, requests = await self._create(told, data, answer, begun + seconds)
        except TimeoutError:
            raise MindFailed(Reason.SLOW) from None
        except openai.OpenAIError as error:
            # Without its cause: the service's message may quote what the lead wrote.
            raise MindFailed(_reason(error)) from None
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise MindFailed(Reason.UNREADABLE) from None
        try:
            read = _read(response, answer)
        except MindFailed as failed:
            why = getattr(getattr(response, "incomplete_details", None), "reason", None)
            if failed.reason is Reason.CUT and why == "max_output_tokens":
                log.warning("OPENAI_MAX_OUTPUT_TOKENS=%d is too small for %s", self._max_output_tokens, answer.__name__)
            raise
        return Thought(read, self._spent(response, requests, loop.time() - begun))

    def _spent(self, response: Response, requests: int, seconds: float) -> Spent:
        usage = getattr(response, "usage", None)
        cached = _count(getattr(usage, "input_tokens_details", None), "cached_tokens")
        into, out = _count(usage, "input_tokens"), _count(usage, "output_tokens")
        return Spent(requests, into, out, cached, seconds, cost(self._name, into, out, cached))

    async def _create(self, told: str, data: str, answer: type[BaseModel], until: float) -> tuple[Response, int]:
        try:
            return await self._post(told, data, answer), 1
        except openai.RateLimitError as error:
            wait = _retry_after(error)
            left = until - asyncio.get_running_loop().time()
            # Half of what is left: the second answer needs its time, too.
            if error.code == "insufficient_quota" or wait is None or wait > left / 2:
                raise
            await asyncio.sleep(wait)
            return await self._post(told, data, answer), 2

    async def _post(self, told: str, data: str, answer: type[BaseModel]) -> Response:
        return await self._client.responses.create(
            model=self._name,
            instructions=told,
            input=[{"role": "user", "content": data}],
            text={"format": cast(Any, _format(answer))},
            max_output_tokens=self._max_output_tokens,
            store=False,
        )


@cache
def _format(answer: type[BaseModel]) -> dict[str, Any]:
    """Return the strict JSON schema of an answer: every field required, nothing beside them."""
    schema = openai.pydantic_function_tool(answer)["function"]["parameters"]
    return {"type": "json_schema", "name": answer.__name__, "strict": True, "schema": schema}


def _reason(error: openai.OpenAIError) -> Reason:
    if isinstance(error, openai.APITimeoutError):
        return Reason.SLOW
    if isinstance(error, openai.APIResponseValidationError):
        return Reason.UNREADABLE
    if not isinstance(error, openai.APIStatusError):
        return Reason.AWAY
    status, code = error.status_code, error.code
    if status == 429:
        return Reason.MISCONFIGURED if code == "insufficient_quota" else Reason.AWAY
    if code in _REFUSED_CODES:
        return Reason.REFUSED
    if code in _TOO_LONG_CODES or status == 413:
        return Reason.CUT
    return Reason.AWAY if status in (408, 409) or status >= 500 else Reason.MISCONFIGURED


def _read(response: Response, answer: type[Answer]) -> Answer:
    """Read a response that the SDK has not checked: it builds its objects from whatever arrived.

    Of several messages the last that can be read counts, be it the same item twice or a comment before the answer.
    """
    if getattr(response, "status", None) == "failed":
        code = getattr(getattr(response, "error", None), "code", None)
        raise MindFailed(Reason.REFUSED if code in _REFUSED_CODES else Reason.AWAY)
    output = getattr(response, "output", None)
    if not isinstance(output, list):
        raise MindFailed(Reason.UNREADABLE)
    texts = list(_texts(output))
    # One object in two messages is put together, where neither is one by itself.
    for text in (*reversed(texts), "".join(texts)):
        for candidate in _candidates(text):
            try:
                return answer.model_validate_json(candidate)
            except ValidationError:
                continue
    raise MindFailed(_why_nothing(response, output, texts))


def _texts(output: list[Any]) -> Iterator[str]:
    """Yield the text of each message; what belongs to one message is one text, and parts that repeat it count once.

    What a model put into the call of a tool, though it has none, is a text, too.
    """
    for item in output:
        if getattr(item, "type", None) == "function_call" and isinstance(getattr(item, "arguments", None), str):
            yield item.arguments
        if getattr(item, "type", None) != "message":
            continue
        parts = [part for part in getattr(item, "content", None) or () if getattr(part, "type", None) == "output_text"]
        texts = [part.text for part in parts if isinstance(getattr(part, "text", None), str)]
        if texts:
            yield "".join(dict.fromkeys(texts))


def _candidates(text: str) -> Iterator[str]:
    """Yield what may be the JSON: the text, what stands in a code fence, what stands between the outer braces."""
    yield text
    if fenced := _FENCED.search(text):
        yield fenced[1]
    start, end = text.find("{"), text.rfind("}")
    if 0 <= start < end:
        yield text[start : end + 1]
        # The same object twice in one text: the first whole one.
        try:
            yield text[start : start + json.JSONDecoder().raw_decode(text[start:])[1]]
        except json.JSONDecodeError:
            return


def _why_nothing(response: Response, output: list[Any], texts: list[str]) -> Reason:
    parts = [part for item in output for part in getattr(item, "content", None) or ()]
    why = getattr(getattr(response, "incomplete_details", None), "reason", None)
    if why == "content_filter" or any(getattr(part, "type", None) == "refusal" for part in parts):
        return Reason.REFUSED
    called = any(getattr(item, "type", None) == "function_call" for item in output)
    halved = any(_is_half(text) for text in texts)
    return Reason.CUT if why == "max_output_tokens" or halved or called else Reason.UNREADABLE


def _is_half(text: str) -> bool:
    """Tell whether a text begins like JSON and ends before its end."""
    begun = text.lstrip().removeprefix("```json").removeprefix("```").lstrip()
    if not begun.startswith("{"):
        return False
    try:
        json.loads(begun.rstrip("` \n"))
    except json.JSONDecodeError:
        return True
    return False


def _count(usage: Any, name: str) -> int:
    value = getattr(usage, name, 0)
    return value if isinstance(value, int) else 0


def _retry_after(error: openai.RateLimitError) -> float | None:
    """Return the seconds that the service asks us to wait; None when it does not say, or not as a number."""
    for name, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
        value = error.response.headers.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]+)?", value):
            return float(value) / divisor
    return None
