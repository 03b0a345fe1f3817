"""The model: does the key work and does each configured model exist. Only their descriptions are read: no token is spent."""

from __future__ import annotations

from openai import (
    APIConnectionError,
    APIStatusError,
    AsyncOpenAI,
    AuthenticationError,
    NotFoundError,
    OpenAIError,
    PermissionDeniedError,
)

from deployments.doctor.notes import Look, Notes, Trouble
from flows import settings
from flows.assistant.bill import pictures_are_read

TIMEOUT_SECONDS = 8.0
OFFICIAL = "https://api.openai.com/v1"


async def look(notes: Notes) -> None:
    """One line per variable that names a model."""
    options = notes.read(settings.OpenAI)
    if options.openai_api_key is None:
        photos = "are read on this machine" if pictures_are_read() else "wait for a person"
        return notes.say("model.none", photos=photos)
    wanted = {
        "OPENAI_MODEL": options.openai_model,
        "OPENAI_VISION_MODEL": options.openai_vision_model,
        "OPENAI_TRANSCRIPTION_MODEL": options.openai_transcription_model,
    }
    key, url = options.openai_api_key.get_secret_value(), options.openai_base_url
    async with AsyncOpenAI(api_key=key, base_url=url, max_retries=0, timeout=TIMEOUT_SECONDS) as client:
        asked = {name: _asking(client, name, model) for name, model in wanted.items() if model}
        await notes.together(asked)
    if options.openai_transcription_model is None:
        notes.say("voice notes.none")


def _asking(client: AsyncOpenAI, name: str, model: str) -> Look:
    async def look(notes: Notes) -> None:
        try:
            await client.models.retrieve(model)
        except AuthenticationError:
            raise Trouble("model.refused") from None
        except PermissionDeniedError:
            raise Trouble("model.unseen", model=model) from None
        except NotFoundError:
            official = str(client.base_url).rstrip("/") == OFFICIAL
            raise Trouble("model.missing" if official else "model.unlisted", model=model, name=name) from None
        except APIConnectionError as exc:
            raise Trouble("model.away", error=type(exc.__cause__ or exc).__name__) from None
        except APIStatusError as exc:
            raise Trouble("model.status", status=exc.status_code) from None
        except (OpenAIError, ValueError) as exc:
            raise Trouble("model.other", error=type(exc).__name__) from None
        notes.say("model.right", about=name, model=model)

    return look
