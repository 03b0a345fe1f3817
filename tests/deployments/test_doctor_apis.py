"""The doctor, the model and Serena's API: each thing broken one by one, and the line that names it with its cure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployments.doctor.notes import LineStatus
from tests.deployments.examined import RIGHT, Seen, look
from tests.http_double import DROPS, Answer, HttpDouble, Request, answer
from tests.openai_double import KEY, failure
from tests.serena_double import SerenaDouble, plan


class Models(HttpDouble):
    """The list of models, one by one: what is not in `known` does not exist."""

    known: tuple[str, ...] = ("gpt-4.1-mini", "gpt-4.1", "gpt-4o-transcribe")

    def usual(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return failure(401, code="invalid_api_key")
        name = request.path.removeprefix("/v1/models/")
        if name not in self.known:
            return failure(404, code="model_not_found")
        return answer({"id": name, "object": "model", "created": 1, "owned_by": "system"})


@pytest.fixture
def models() -> Iterator[Models]:
    with Models() as models:
        yield models


def asked(models: Models, **environment: str) -> Seen:
    return look("model", RIGHT | {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{models.url}/v1"} | environment)


def test_each_configured_model_is_looked_up_without_spending_a_token(models: Models) -> None:
    seen = asked(models, OPENAI_VISION_MODEL="gpt-4.1", OPENAI_TRANSCRIPTION_MODEL="gpt-4o-transcribe")
    assert seen.only(LineStatus.OK) == ["OPENAI_MODEL", "OPENAI_VISION_MODEL", "OPENAI_TRANSCRIPTION_MODEL"]
    assert {request.method for request in models.requests} == {"GET"}
    assert len(models.requests) == 3


def test_without_a_key_there_is_no_model_to_ask(models: Models) -> None:
    seen = look("model", RIGHT)
    seen.has("skip", "model", "skipped: OPENAI_API_KEY is empty")
    assert len(seen.lines) == 1


@pytest.mark.parametrize(
    ("first", "environment", "wanted"),
    [
        ([], {"OPENAI_API_KEY": "sk-wrong"}, ("FAIL", "OPENAI_MODEL", "refuses the key", "OPENAI_API_KEY")),
        ([], {"OPENAI_MODEL": "gpt-9"}, ("warn", "OPENAI_MODEL", "gpt-9 is not listed", "OPENAI_BASE_URL")),
        ([failure(403, code="missing_scope")], {}, ("warn", "OPENAI_MODEL", "may not read", "right to read models")),
        ([failure(500)], {}, ("FAIL", "OPENAI_MODEL", "HTTP 500", "rules")),
        ([failure(429)], {}, ("FAIL", "OPENAI_MODEL", "HTTP 429", "try again")),
        ([DROPS], {}, ("FAIL", "OPENAI_MODEL", "cannot be reached", "OPENAI_BASE_URL")),
        (
            [],
            {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"},
            ("FAIL", "OPENAI_MODEL", "cannot be reached", "OPENAI_BASE_URL"),
        ),
        ([], {}, ("skip", "voice notes", "OPENAI_TRANSCRIPTION_MODEL is empty", "")),
    ],
)
def test_a_broken_model_is_named_with_its_cure(
    models: Models, first: list[Answer], environment: dict[str, str], wanted: tuple[str, str, str, str]
) -> None:
    models.then(*first)
    asked(models, **environment).has(*wanted)


@pytest.fixture
def serena() -> Iterator[SerenaDouble]:
    with SerenaDouble() as serena:
        yield serena


def checked(serena: SerenaDouble, **environment: str) -> Seen:
    return look("plans", RIGHT | {"SERENA_API_BASE_URL": serena.url} | environment)


def test_the_plans_of_a_known_city_are_counted(serena: SerenaDouble) -> None:
    serena.serve("RECIFE", "PE", "CELPE", [plan(1, "0.14"), plan(2, "0.18")])
    seen = checked(serena, SERENA_REGISTER_LEADS="true")
    seen.has("ok", "areas", "takes the token")
    seen.has("ok", "plans", "2 for Recife/PE (CELPE)")
    seen.has("skip", "registering", "skipped: it cannot be tried")
    assert {request.method for request in serena.requests} == {"GET"}


def test_a_catalogue_without_the_city_or_without_plans_is_doubtful(serena: SerenaDouble) -> None:
    checked(serena).has("warn", "plans", "no distribuidora for Recife/PE", "ask Serena")
    serena.serve("RECIFE", "PE", "CELPE", [])
    checked(serena).has("warn", "plans", "none for Recife/PE (CELPE)", "ask Serena")


@pytest.mark.parametrize(
    ("first", "environment", "wanted"),
    [
        ([], {"SERENA_API_TOKEN": "another"}, ("refuses the token (HTTP 401)", "SERENA_API_TOKEN")),
        ([Answer(403)], {}, ("refuses the token (HTTP 403)", "SERENA_API_TOKEN")),
        ([Answer(404)], {}, ("no such API", "SERENA_API_BASE_URL")),
        ([Answer(429)], {}, ("limits our calls", "wait")),
        ([Answer(503)], {}, ("HTTP 503", "try again later")),
        ([DROPS], {}, ("cannot be reached (RemoteProtocolError)", "SERENA_API_BASE_URL")),
        (
            [],
            {"SERENA_API_BASE_URL": "http://127.0.0.1:9"},
            ("cannot be reached (ConnectError)", "SERENA_API_BASE_URL"),
        ),
        ([Answer(200, b"<html>")], {}, ("other than JSON", "SERENA_API_BASE_URL")),
        ([answer({"message": "hello"})], {}, ("not what the API promises", "ask Serena")),
        ([answer([{"city": "RECIFE"}])], {}, ("not what the API promises", "ask Serena")),
    ],
)
def test_a_broken_plans_api_is_named_with_its_cure(
    serena: SerenaDouble, first: list[Answer], environment: dict[str, str], wanted: tuple[str, str]
) -> None:
    serena.then(*first)
    checked(serena, **environment).has("FAIL", "plans", *wanted)
