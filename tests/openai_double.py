"""A double of OpenAI's Responses API: texts, tool calls, refusals, and every way to fail that a test wants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from openai import AsyncOpenAI, DefaultAsyncHttpxClient

from tests.http_double import Answer, HttpDouble, Request, answer

KEY = "sk-test"
NOT_JSON = Answer(200, b'{"id": "resp_1", "output": [{"ty', {"content-type": "application/json"})
A_PAGE = Answer(200, b"<html>proxy</html>", {"content-type": "text/html"})


class OpenAIDouble(HttpDouble):
    """Answers what was queued with `then`, after that `always`; without either, 500."""

    def __init__(self) -> None:
        super().__init__()
        self.always: Answer = failure(500)

    def usual(self, request: Request) -> Answer:
        """`always`; 401 without the key, 404 for any other path."""
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return failure(401, code="invalid_api_key")
        return self.always if request.path == "/v1/responses" else failure(404)

    def client(self, key: str = KEY) -> AsyncOpenAI:
        """A client of the SDK that talks to this server."""
        # Plain HTTP: loading the certificates of the web would take most of a test's time.
        return AsyncOpenAI(api_key=key, base_url=f"{self.url}/v1", http_client=DefaultAsyncHttpxClient(verify=False))

    @property
    def case(self) -> dict[str, Any]:
        """The data of the last request's first message: what the model was shown of the lead."""
        return json.loads(self.requests[-1].json["input"][0]["content"].partition("\n")[2])

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results of tool calls in the last request, oldest first."""
        items = self.requests[-1].json["input"]
        return [json.loads(item["output"]) for item in items if item.get("type") == "function_call_output"]


def says(text: str, choices: Sequence[str] = (), *, tokens: tuple[int, int] = (1000, 50)) -> Answer:
    """The final message as the schema wants it."""
    return writes(json.dumps({"text": text, "choices": list(choices)}, ensure_ascii=False), tokens=tokens)


def writes(raw: str, *, status: str = "completed", tokens: tuple[int, int] = (1000, 50), cached: int = 0) -> Answer:
    """A message of any text, the schema kept or not."""
    part = {"type": "output_text", "text": raw, "annotations": []}
    return respond([_message(part)], status=status, tokens=tokens, cached=cached)


def thinks(answer: Any, *, cached: int = 0, tokens: tuple[int, int] = (1000, 50)) -> Answer:
    """A structured answer: a pydantic object, or anything that JSON can hold."""
    raw = answer.model_dump_json() if hasattr(answer, "model_dump_json") else json.dumps(answer, ensure_ascii=False)
    return writes(raw, tokens=tokens, cached=cached)


def message(raw: str, **more: Any) -> dict[str, Any]:
    """One output item with a text, to be put together with others by `respond`."""
    return _message({"type": "output_text", "text": raw, "annotations": []}) | more


REASONING = {"id": "rs_1", "type": "reasoning", "summary": []}


def calls(*wanted: tuple[str, Any], tokens: tuple[int, int] = (1000, 20)) -> Answer:
    """Calls of tools: names with arguments, as an object or as raw text."""
    return respond([_call(n, *one) for n, one in enumerate(wanted)], tokens=tokens)


def refuses(why: str = "Não posso ajudar com isso.") -> Answer:
    """The model's refusal."""
    return respond([_message({"type": "refusal", "refusal": why})])


def respond(
    output: Any, *, status: str = "completed", tokens: tuple[int, int] = (1000, 50), cached: int = 0, **more: Any
) -> Answer:
    """A response object with this output."""
    usage = {
        "input_tokens": tokens[0],
        "output_tokens": tokens[1],
        "total_tokens": sum(tokens),
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    fixed = {"id": "resp_1", "object": "response", "created_at": 1, "model": "test-model", "tools": [], "error": None}
    return answer(fixed | {"status": status, "output": output, "usage": usage} | more)


def failure(status: int, *, code: str = "server_error", **headers: str) -> Answer:
    """An error as the API writes it."""
    return answer({"error": {"message": "no", "type": code, "code": code, "param": None}}, status, **headers)


def _message(part: dict[str, Any]) -> dict[str, Any]:
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def _call(n: int, name: str, arguments: Any) -> dict[str, Any]:
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {
        "id": f"fc_{n}",
        "type": "function_call",
        "call_id": f"call_{n}",
        "name": name,
        "arguments": raw,
        "status": "completed",
    }
