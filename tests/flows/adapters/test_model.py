"""What comes back from a model that answers, answers oddly, or does not answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from flows.adapters.model import REST_SECONDS, Breaker, OpenAIModel
from flows.assistant.mind import MindFailed, Reason, Thought
from tests.http_double import DROPS, HANGS
from tests.http_double import Answer as Page
from tests.openai_double import (
    A_PAGE,
    NOT_JSON,
    REASONING,
    OpenAIDouble,
    calls,
    failure,
    message,
    refuses,
    respond,
    thinks,
    writes,
)

RIGHT = {"word": "sim", "why": None}
WHOLE = json.dumps(RIGHT)


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")
    word: str
    why: str | None


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def openai() -> Iterator[OpenAIDouble]:
    with OpenAIDouble() as double:
        yield double


def ask(
    openai: OpenAIDouble, times: int = 1, *, seconds: float = 5.0, breaker: Breaker | None = None, key: str = "sk-test"
) -> Any:
    """What the last of several calls gave: a thought, or the reason why there is none."""

    async def run() -> Any:
        async with openai.client(key) as client:
            mind = OpenAIModel(client, "test-model", max_output_tokens=300, breaker=breaker or Breaker(Clock()))
            last: Any = None
            for _ in range(times):
                try:
                    last = await mind.think("be brief", "the data", Said, seconds=seconds)
                except MindFailed as failed:
                    last = failed.reason
            return last

    return asyncio.run(run())


def test_an_answer_comes_with_what_it_took(openai: OpenAIDouble) -> None:
    openai.then(thinks(RIGHT, cached=900, tokens=(1200, 40)))
    thought = ask(openai)
    assert isinstance(thought, Thought) and thought.answer == Said(word="sim", why=None)
    assert (thought.spent.requests, thought.spent.tokens_in, thought.spent.tokens_out, thought.spent.cached) == (
        1,
        1200,
        40,
        900,
    )


def test_the_request_keeps_nothing_and_wants_every_field(openai: OpenAIDouble) -> None:
    openai.then(thinks(RIGHT))
    ask(openai)
    sent = openai.requests[-1].json
    assert sent["store"] is False and sent["instructions"] == "be brief" and sent["max_output_tokens"] == 300
    assert sent["input"] == [{"role": "user", "content": "the data"}]
    schema = sent["text"]["format"]
    assert schema["strict"] is True and schema["schema"]["required"] == ["word", "why"]
    assert schema["schema"]["additionalProperties"] is False


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(respond([message(WHOLE), message(WHOLE)]), id="the same item twice"),
        pytest.param(respond([message("Vou pensar."), message(WHOLE)]), id="a comment before it"),
        pytest.param(respond([message(WHOLE), message("Pronto!")]), id="a comment behind it"),
        pytest.param(respond([REASONING, message(WHOLE)]), id="reasoning before it"),
        pytest.param(writes(f"```json\n{WHOLE}\n```"), id="a code fence"),
        pytest.param(writes(f"Aqui está: {WHOLE} Até logo"), id="talk around it"),
        pytest.param(writes(WHOLE + WHOLE), id="the same object twice"),
        pytest.param(respond([message(WHOLE[:9]), message(WHOLE[9:])]), id="one object in two messages"),
        pytest.param(calls(("Said", WHOLE)), id="the call of a tool that it has not"),
        pytest.param(
            respond([message(WHOLE)], status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            id="whole though cut",
        ),
    ],
)
def test_what_can_be_read_is_read(openai: OpenAIDouble, answer: Page) -> None:
    openai.then(answer)
    assert ask(openai).answer.word == "sim"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (respond([REASONING]), Reason.UNREADABLE),
        (respond([]), Reason.UNREADABLE),
        (respond("nothing"), Reason.UNREADABLE),
        (writes("sim"), Reason.UNREADABLE),
        (writes('{"other": 1}'), Reason.UNREADABLE),
        (A_PAGE, Reason.UNREADABLE),
        (NOT_JSON, Reason.UNREADABLE),
        (writes('{"word": "si'), Reason.CUT),
        (writes('```json\n{"word": "si'), Reason.CUT),
        (respond([REASONING], status="incomplete", incomplete_details={"reason": "max_output_tokens"}), Reason.CUT),
        (calls(("say", '{"wor')), Reason.CUT),
        (failure(400, code="context_length_exceeded"), Reason.CUT),
        (refuses(), Reason.REFUSED),
        (respond([], status="incomplete", incomplete_details={"reason": "content_filter"}), Reason.REFUSED),
        (failure(400, code="invalid_prompt"), Reason.REFUSED),
        (failure(400), Reason.MISCONFIGURED),
        (failure(404, code="model_not_found"), Reason.MISCONFIGURED),
        (failure(403), Reason.MISCONFIGURED),
        (failure(429, code="insufficient_quota"), Reason.MISCONFIGURED),
        (failure(429, code="rate_limit_exceeded"), Reason.AWAY),
        (failure(500), Reason.AWAY),
        (failure(503), Reason.AWAY),
        (respond([], status="failed", error={"code": "server_error", "message": "no"}), Reason.AWAY),
        (DROPS, Reason.AWAY),
    ],
)
def test_each_way_to_fail_has_its_name(openai: OpenAIDouble, answer: Page, reason: Reason) -> None:
    openai.then(answer)
    assert ask(openai) is reason


def test_a_limit_that_is_too_small_names_itself(openai: OpenAIDouble, caplog: pytest.LogCaptureFixture) -> None:
    openai.then(respond([REASONING], status="incomplete", incomplete_details={"reason": "max_output_tokens"}))
    assert ask(openai) is Reason.CUT and "OPENAI_MAX_OUTPUT_TOKENS=300 is too small for Said" in caplog.text


def test_a_wrong_key_is_a_matter_for_people(openai: OpenAIDouble) -> None:
    assert ask(openai, key="sk-other") is Reason.MISCONFIGURED


def test_who_does_not_answer_in_time_is_slow(openai: OpenAIDouble) -> None:
    openai.then(HANGS)
    assert ask(openai, seconds=0.2) is Reason.SLOW


def test_one_short_wait_is_honoured_when_the_service_asks_for_it(openai: OpenAIDouble) -> None:
    openai.then(failure(429, code="rate_limit_exceeded", retry_after="0.05"), thinks(RIGHT))
    assert ask(openai).spent.requests == 2


def test_a_wait_longer_than_half_of_the_time_left_is_not(openai: OpenAIDouble) -> None:
    openai.then(failure(429, code="rate_limit_exceeded", retry_after="4"), thinks(RIGHT))
    assert ask(openai, seconds=5.0) is Reason.AWAY


@pytest.mark.parametrize("outage", [failure(500), failure(401), failure(429, code="insufficient_quota"), DROPS])
def test_after_three_outages_the_service_is_left_alone_for_a_minute(openai: OpenAIDouble, outage: Page) -> None:
    clock = Clock()
    breaker = Breaker(clock)
    openai.then(outage, outage, outage)
    assert ask(openai, 4, breaker=breaker) is Reason.CIRCUIT_OPEN and len(openai.requests) == 3
    clock.now += REST_SECONDS
    openai.then(thinks(RIGHT), thinks(RIGHT))
    assert ask(openai, 2, breaker=breaker).answer.word == "sim"


def test_only_one_call_tries_after_the_minute(openai: OpenAIDouble) -> None:
    clock = Clock()
    breaker = Breaker(clock)
    openai.then(failure(500), failure(500), failure(500), failure(500), thinks(RIGHT))
    ask(openai, 3, breaker=breaker)
    clock.now += REST_SECONDS
    assert ask(openai, 2, breaker=breaker) is Reason.CIRCUIT_OPEN and len(openai.requests) == 4


@pytest.mark.parametrize("odd", [writes("sim"), writes('{"word": "s'), refuses(), respond([REASONING]), A_PAGE])
def test_answers_that_are_no_use_do_not_close_it_for_others(openai: OpenAIDouble, odd: Page) -> None:
    openai.then(odd, odd, odd, odd, thinks(RIGHT))
    assert ask(openai, 5).answer.word == "sim"


def test_too_little_time_of_ours_says_nothing_about_the_service(openai: OpenAIDouble) -> None:
    openai.always = HANGS
    breaker = Breaker(Clock())
    ask(openai, 3, seconds=0.05, breaker=breaker)
    # Not queued behind those: on a busy machine such a call may end before it reached the service.
    openai.always = thinks(RIGHT)
    assert ask(openai, breaker=breaker).answer.word == "sim"
