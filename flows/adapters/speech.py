"""Turns a voice note into text with OpenAI's transcription; what it says is a lead's words, never an instruction."""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from types import MappingProxyType

import openai
from openai import AsyncOpenAI

from flows.errors import Fix, GiveUp, SerenaError, TryAgain

LANGUAGE = "pt"
MOST_CHARACTERS = 2000

# What WhatsApp accepts as audio and OpenAI reads, by the ending OpenAI tells the format from. AMR and bare AAC it
# does not read.
ENDINGS = MappingProxyType(
    {
        "audio/ogg": "ogg",
        "audio/opus": "ogg",
        "audio/mpeg": "mp3",
        "audio/mp3": "mp3",
        "audio/mp4": "m4a",
        "audio/x-m4a": "m4a",
        "audio/m4a": "m4a",
        "audio/wav": "wav",
        "audio/x-wav": "wav",
        "audio/webm": "webm",
        "audio/flac": "flac",
    }
)

# With nothing to hear, the models recite the ends of the videos that they learned from.
_RECITED = re.compile(
    r"(?:legendas?|legendado|transcricao)(?: e revisao)? (?:pela comunidade|por|pelo|adriana|sonia) .{0,40}"
    r"|.{0,20}amara\.? ?org.{0,10}"
    r"|(?:muito )?obrigad[oa] por (?:assistir|ver|acompanhar).{0,30}"
    r"|(?:e )?(?:nao se esqueca de )?(?:se )?inscreva-?(?:se)? (?:n[oe]|em) .{0,10}canal.{0,60}"
)
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn"}


class RecordingTooLong(GiveUp):
    """The voice note is larger than we send away; the lead is asked for a shorter one, or to type."""


class NotHearable(GiveUp):
    """The sound is of a kind, or in a state, that cannot be transcribed; the lead is asked to type."""


class Speech:
    """Transcription on a client handed in, which the caller closes; the model is named in each call."""

    accepted = frozenset(ENDINGS)

    def __init__(self, client: AsyncOpenAI, *, time_limit: float = 20.0, max_bytes: int = 5 * 1024 * 1024) -> None:
        """`time_limit` in seconds for one note; 5 MiB are about half an hour of a WhatsApp voice note."""
        # A lead waits for the answer: a second try belongs to whoever knows how much of the turn's time is left.
        self._client = client.with_options(max_retries=0, timeout=time_limit)
        self._time_limit = time_limit
        self._max_bytes = max_bytes

    async def transcribe(self, content: bytes, mime_type: str, *, model: str) -> str | None:
        """What is said in a voice note, on one line of at most 2,000 characters; None when nobody says anything.

        Raises RecordingTooLong, NotHearable, TryAgain (away, slow, too many at once; repeating does no harm) or Fix (key,
        quota, model's name). No error holds anything of the sound or the text.
        """
        if not content:
            return None
        if len(content) > self._max_bytes:
            raise RecordingTooLong(f"speech: {len(content)} bytes, {self._max_bytes} allowed")
        kind = mime_type.split(";")[0].strip().lower()
        if kind not in ENDINGS:
            raise NotHearable("speech: a type of sound that the service does not read")
        file = (f"voice.{ENDINGS[kind]}", content, kind)
        try:
            async with asyncio.timeout(self._time_limit):
                answer = await self._client.audio.transcriptions.create(
                    file=file, model=model, language=LANGUAGE, response_format="json"
                )
        except TimeoutError:
            raise TryAgain("speech: no answer in time", after_seconds=5.0) from None
        except openai.OpenAIError as error:
            # Without its cause: the service's message may quote what was sent.
            raise _named(error) from None
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise TryAgain("speech: the answer cannot be read", after_seconds=5.0) from None
        # The SDK builds its objects from whatever arrives, and gives the text of a page that is no JSON at all.
        text = getattr(answer, "text", None)
        if not isinstance(text, str):
            raise TryAgain("speech: the answer cannot be read", after_seconds=5.0)
        return heard_words(text)


def heard_words(text: str) -> str | None:
    """A transcript as a message: one line, visible characters only, at most 2,000; None without a word in it."""
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(
        " " if c.isspace() else c for c in composed if c.isspace() or unicodedata.category(c) not in _INVISIBLE
    )
    line = " ".join(visible.split())
    if not any(c.isalnum() for c in line) or _RECITED.fullmatch(_plain(line)):
        return None
    if len(line) <= MOST_CHARACTERS:
        return line
    # At a word's end, so that no half number or half city is read.
    return line[: MOST_CHARACTERS + 1].rpartition(" ")[0] or line[:MOST_CHARACTERS]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).lower()
    return bare.strip(" .!?,…\"'[]()")


def _named(error: openai.OpenAIError) -> SerenaError:
    if isinstance(error, openai.APITimeoutError):
        return TryAgain("speech: no answer in time", after_seconds=5.0)
    if not isinstance(error, openai.APIStatusError):
        return TryAgain(f"speech: {type(error).__name__}", after_seconds=5.0)
    status = error.status_code
    text = f"speech: HTTP {status}"
    if status == 429 and error.code == "insufficient_quota":
        return Fix(f"{text}, the quota is used up")
    if status in (408, 409, 429) or status >= 500:
        return TryAgain(text, after_seconds=_retry_after(error) or 5.0, code=status)
    if status == 413:
        return RecordingTooLong(text, code=status)
    if status in (400, 415, 422) and error.code != "model_not_found":
        return NotHearable(text, code=status)
    return Fix(text)


def _retry_after(error: openai.APIStatusError) -> float:
    """Seconds that the service asks us to wait; 0 when it does not say, or not as a number."""
    value = error.response.headers.get("retry-after", "").strip()
    return float(value) if re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]+)?", value) else 0.0
