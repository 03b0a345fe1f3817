"""Voice notes over HTTP, against a double of OpenAI's transcription."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from openai import AsyncOpenAI

from flows.adapters.speech import NotHearable, RecordingTooLong, Speech, heard_words
from flows.errors import Fix, GiveUp, TryAgain
from tests.http_double import DROPS, HANGS, Answer, HttpDouble, Request, answer

pytestmark = pytest.mark.anyio

KEY = "sk-test"
NOTE = b"OggS" + b"\x00" * 60
SECRET = "moro na Rua das Acácias"


class TranscriptionDouble(HttpDouble):
    """Hears `says` in everything that is posted to /v1/audio/transcriptions."""

    def __init__(self, says: str = "Oi, moro em Recife.") -> None:
        super().__init__()
        self.says = says

    def usual(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return failure(401, "invalid_api_key")
        known = (request.method, request.path) == ("POST", "/v1/audio/transcriptions")
        return answer({"text": self.says}) if known else failure(404, "unknown_url")

    @asynccontextmanager
    async def speech(self, **more) -> AsyncIterator[Speech]:
        async with AsyncOpenAI(api_key=KEY, base_url=f"{self.url}/v1") as client:
            yield Speech(client, **more)


def failure(status: int, code: str = "server_error", **headers: str) -> Answer:
    return answer({"error": {"message": f"could not read: {SECRET}", "code": code, "type": code}}, status, **headers)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def speech(openai):
    async with openai.speech() as adapter:
        yield adapter


@pytest.fixture
def openai():
    with TranscriptionDouble() as double:
        yield double


async def test_a_voice_note_becomes_text(openai, speech):
    text = await speech.transcribe(NOTE, "audio/ogg; codecs=opus", model="gpt-4o-mini-transcribe")
    assert text == "Oi, moro em Recife."


async def test_the_note_goes_out_once_with_its_format_the_model_and_the_language(openai, speech):
    await speech.transcribe(NOTE, "audio/ogg; codecs=opus", model="some-model")
    (request,) = openai.requests
    assert request.headers["content-type"].startswith("multipart/form-data")
    for part in (b'filename="voice.ogg"', b"audio/ogg", NOTE, b"some-model", b'name="language"\r\n\r\npt\r\n'):
        assert part in request.body


@pytest.mark.parametrize(
    ("mime_type", "ending"),
    [
        ("audio/mpeg", b"voice.mp3"),
        ("audio/mp4", b"voice.m4a"),
        ("AUDIO/OGG", b"voice.ogg"),
        ("audio/wav", b"voice.wav"),
    ],
)
async def test_the_ending_tells_the_service_the_format(openai, speech, mime_type, ending):
    await speech.transcribe(NOTE, mime_type, model="m")
    assert ending in openai.requests[0].body


@pytest.mark.parametrize("mime_type", ["audio/amr", "audio/aac", "video/mp4", "application/pdf", ""])
async def test_what_the_service_cannot_read_is_not_sent(openai, speech, mime_type):
    with pytest.raises(NotHearable):
        await speech.transcribe(NOTE, mime_type, model="m")
    assert openai.requests == []


async def test_a_note_that_is_too_large_is_not_sent(openai):
    async with openai.speech(max_bytes=64) as speech:
        with pytest.raises(RecordingTooLong):
            await speech.transcribe(NOTE + b"x", "audio/ogg", model="m")
        assert openai.requests == []
        assert await speech.transcribe(NOTE, "audio/ogg", model="m")


async def test_an_empty_file_says_nothing(openai, speech):
    assert await speech.transcribe(b"", "audio/ogg", model="m") is None
    assert openai.requests == []


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (failure(401, "invalid_api_key"), Fix),
        (failure(403, "unsupported_country"), Fix),
        (failure(404, "model_not_found"), Fix),
        (failure(400, "model_not_found"), Fix),
        (failure(429, "insufficient_quota"), Fix),
        (failure(429, "rate_limit_exceeded"), TryAgain),
        (failure(500), TryAgain),
        (failure(503), TryAgain),
        (DROPS, TryAgain),
        (failure(413), RecordingTooLong),
        (failure(400, "invalid_value"), NotHearable),
        (Answer(200, b'{"text": "Oi', {"content-type": "application/json"}), TryAgain),
        (Answer(200, b"<html>proxy</html>", {"content-type": "text/html"}), TryAgain),
        (answer({"texto": "Oi"}), TryAgain),
        (answer({"text": None}), TryAgain),
        (answer([1, 2]), TryAgain),
    ],
    ids=lambda value: getattr(value, "__name__", "") or str(getattr(value, "status", "")),
)
async def test_every_failure_says_what_to_do_next_and_is_tried_once(openai, speech, refused, kind):
    openai.then(refused)
    with pytest.raises(kind) as raised:
        await speech.transcribe(NOTE, "audio/ogg", model="m")
    assert len(openai.requests) == 1
    assert isinstance(raised.value, GiveUp) == issubclass(kind, GiveUp)


async def test_a_service_that_says_when_to_come_back_is_believed(openai, speech):
    openai.then(failure(429, "rate_limit_exceeded", retry_after="17"))
    with pytest.raises(TryAgain) as raised:
        await speech.transcribe(NOTE, "audio/ogg", model="m")
    assert (raised.value.after_seconds, raised.value.code) == (17.0, 429)


async def test_a_service_that_hangs_costs_no_more_than_the_time_limit(openai):
    openai.then(HANGS)
    async with openai.speech(time_limit=0.2) as speech:
        with pytest.raises(TryAgain):
            await speech.transcribe(NOTE, "audio/ogg", model="m")


async def test_a_service_that_is_not_there_can_be_tried_again():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        async with AsyncOpenAI(api_key=KEY, base_url=address) as client:
            with pytest.raises(TryAgain):
                await Speech(client).transcribe(NOTE, "audio/ogg", model="m")


async def test_neither_the_words_nor_the_key_reach_a_log_or_an_error(openai, speech, caplog):
    caplog.set_level(logging.INFO)
    openai.says = SECRET
    await speech.transcribe(NOTE, "audio/ogg", model="m")
    openai.then(failure(400, "invalid_value"))
    with pytest.raises(NotHearable) as raised:
        await speech.transcribe(NOTE, "audio/ogg", model="m")
    assert raised.value.__cause__ is None
    for text in (caplog.text, str(raised.value), repr(raised.value)):
        assert SECRET not in text and KEY not in text


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        ("  Oi,\n\n moro em\tRecife \u200b", "Oi, moro em Recife"),
        ("Sa\u0303o Paulo", "São Paulo"),
        ("\x00\u202eOlá\ufeff", "Olá"),
        ("", None),
        (" ... ", None),
        ("♪ ♪", None),
        ("Legendas pela comunidade Amara.org", None),
        ("Legenda Adriana Zanotto", None),
        ("Obrigado por assistir!", None),
        ("Inscreva-se no canal e ative o sininho.", None),
        ("Obrigado!", "Obrigado!"),
        ("Obrigado por me ajudar, moro em Olinda", "Obrigado por me ajudar, moro em Olinda"),
        ("Pode mandar a legenda da conta?", "Pode mandar a legenda da conta?"),
        ("São 350 reais", "São 350 reais"),
    ],
)
def test_a_transcript_is_one_clean_line_or_nothing(heard, kept):
    assert heard_words(heard) == kept


def test_a_long_transcript_ends_with_a_whole_word():
    kept = heard_words("trezentos reais " * 200)
    assert kept is not None and len(kept) <= 2000
    assert kept.endswith(("trezentos", "reais"))
    assert len(heard_words("a" * 3000) or "") == 2000
    exact = "ab " * 666 + "cd"
    assert heard_words(exact) == exact
