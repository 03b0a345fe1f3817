"""Reads pictures and scanned PDFs of bills with a vision model, over OpenAI's Responses API."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Sequence
from typing import Any

import openai
from openai import AsyncOpenAI
from openai.types.responses import Response
from pydantic import ValidationError

from flows.assistant.bill.model import BillFields, NotABill, Page
from flows.assistant.bill.seen import INSTRUCTIONS, Seen, parsed
from flows.errors import Fix, GiveUp, SerenaError, TryAgain

log = logging.getLogger(__name__)

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
MAX_PAGES = 3
# A copied bill is about 700 tokens; models that think first need room for that too.
MAX_OUTPUT_TOKENS = 6_000
_CONFIGURATION = {401, 403, 404}


class Vision:
    """A vision model behind a client that the caller opens and closes."""

    def __init__(
        self, client: AsyncOpenAI, *, model: str, timeout: float = 40.0, temperature: float | None = 0.0
    ) -> None:
        """`timeout` in seconds for a whole reading. `temperature` None for models that take none.

        A model that refuses the temperature is asked again without, once, and remembered.
        """
        # Whether to repeat is the caller's decision: a lead is waiting.
        self._client = client.with_options(max_retries=0, timeout=timeout)
        self._model = model
        self._timeout = timeout
        self._temperature = temperature

    async def read(self, pages: Sequence[Page]) -> BillFields | NotABill:
        """Read one document from its pages: images, or a PDF (`Scanned.pages`), at most three.

        Raises `TryAgain` when the model is away, slow, busy or answers unreadably, `GiveUp` when it refuses this
        document, `Fix` for a wrong key, model or an empty account. `ValueError` without pages or for other types.
        """
        content = [_part(page) for page in pages[:MAX_PAGES]]
        if not content:
            raise ValueError("at least one page is required")
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._ask([{"role": "user", "content": content}])
        except TimeoutError:
            raise TryAgain("vision: no answer in time", after_seconds=5.0) from None
        except openai.OpenAIError as error:
            raise _ours(error) from None
        except ValueError:
            # A body that is not JSON, or not a response.
            raise TryAgain("vision: unreadable response", after_seconds=2.0) from None
        return parsed(_seen(response), self._model)

    async def _ask(self, asked: list[Any]) -> Response:
        given: dict[str, Any] = {} if self._temperature is None else {"temperature": self._temperature}
        try:
            return await self._create(asked, given)
        except openai.BadRequestError as error:
            if not given or error.param != "temperature":
                raise
            log.info("vision: the model takes no temperature")
            self._temperature = None
            return await self._create(asked, {})

    async def _create(self, asked: list[Any], given: dict[str, Any]) -> Response:
        return await self._client.responses.create(
            model=self._model,
            instructions=INSTRUCTIONS,
            input=asked,
            text={"format": {"type": "json_schema", "name": "bill", "strict": True, "schema": _SCHEMA}},
            max_output_tokens=MAX_OUTPUT_TOKENS,
            # Bills are personal data: nothing of them stays with the vendor beyond the call.
            store=False,
            **given,
        )


def _seen(response: Response) -> Seen:
    """The copy in a response. `parse` of the SDK is not used: it raises pydantic's error with the bill's text in it."""
    if not isinstance(response, Response):
        raise TryAgain("vision: unreadable response", after_seconds=2.0)  # the SDK hands a page of HTML on as text
    for item in response.output or []:
        for part in getattr(item, "content", None) or []:
            if part.type == "refusal":
                raise GiveUp("vision: the model refused")
    if response.status == "incomplete":
        reason = response.incomplete_details.reason if response.incomplete_details else None
        if reason == "content_filter":
            raise GiveUp("vision: filtered")
        raise TryAgain("vision: the answer was cut off", after_seconds=1.0)
    try:
        return Seen.model_validate_json(response.output_text)
    except (ValidationError, TypeError, AttributeError):
        raise TryAgain("vision: the answer does not fit the schema", after_seconds=1.0) from None


def _part(page: Page) -> dict[str, Any]:
    data = f"data:{page.mime_type};base64,{base64.b64encode(page.content).decode()}"
    if page.mime_type in IMAGES:
        return {"type": "input_image", "image_url": data, "detail": "high"}
    if page.mime_type == "application/pdf":
        return {"type": "input_file", "filename": "conta.pdf", "file_data": data}
    raise ValueError(f"a vision model cannot read {page.mime_type}")


def _ours(error: openai.OpenAIError) -> SerenaError:
    """The vendor's error as one of ours, by what helps; its message may quote the request, so it is dropped."""
    if isinstance(error, openai.APIStatusError):
        status, code = error.status_code, error.code if isinstance(error.code, str) else None
        if status in _CONFIGURATION or code == "insufficient_quota":
            return Fix(f"vision: HTTP {status} {code or ''}".strip())
        if status in (408, 409, 429) or status >= 500:
            return TryAgain(f"vision: HTTP {status}", after_seconds=_wait(error), code=status)
        return GiveUp(f"vision: HTTP {status} {code or ''}".strip(), code=status)
    return TryAgain(f"vision: {type(error).__name__}", after_seconds=2.0)


def _wait(error: openai.APIStatusError) -> float:
    try:
        return min(max(float(error.response.headers.get("retry-after", "")), 0.0), 600.0)
    except ValueError:
        return 2.0


def _strict_schema() -> dict[str, Any]:
    """The schema as structured outputs want it: every property required, nothing else allowed."""
    schema = Seen.model_json_schema()
    # Pydantic's titles say nothing that the names do not, and cost tokens in each call.
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("title", None)
        for value in part["properties"].values():
            value.pop("title", None)
        assert set(part["required"]) == set(part["properties"]) and part["additionalProperties"] is False
    return schema


_SCHEMA = _strict_schema()
