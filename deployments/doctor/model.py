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

from deployments.doctor.report import Look, Notes, Trouble
from flows import settings
from flows.assistant.bill import pictures_are_read

TIMEOUT_SECONDS = 8.0
OFFICIAL = "https://api.openai.com/v1"


async def look(notes: Notes) -> None:
    """One line per variable that names a model."""
    options = notes.read(settings.OpenAI)
    if options.openai_api_key is None:
        notes.skip(
            "model",
            "OPENAI_API_KEY is empty: rules and reviewed sentences answer, and photos of bills "
            + ("are read on this machine" if pictures_are_read() else "wait for a person"),
        )
        return
    wanted = {
        "OPENAI_MODEL": options.openai_model,
        "OPENAI_VISION_MODEL": options.openai_vision_model,
        "OPENAI_TRANSCRIPTION_MODEL": options.openai_transcription_model,
    }
    key = options.openai_api_key.get_secret_value()
    async with AsyncOpenAI(
        api_key=key, base_url=options.openai_base_url, max_retries=0, timeout=TIMEOUT_SECONDS
    ) as client:
        asked = [(name, _asking(client, name, model, options)) for name, model in wanted.items() if model]
        await notes.together(*asked)
    if options.openai_transcription_model is None:
        notes.skip("voice notes", "OPENAI_TRANSCRIPTION_MODEL is empty: leads are asked to type")


def _asking(client: AsyncOpenAI, name: str, model: str, options: settings.OpenAI) -> Look:
    async def look(notes: Notes) -> None:
        try:
            await client.models.retrieve(model)
        except AuthenticationError:
            raise Trouble("the service refuses the key", "set OPENAI_API_KEY to a valid one") from None
        except PermissionDeniedError:
            notes.warn(
                name,
                f"the key may not read {model}; whether it may use it cannot be seen",
                "give the key the right to read models, or try a conversation: python -m flows.conversation --say oi",
            )
        except NotFoundError:
            if options.openai_base_url.rstrip("/") == OFFICIAL:
                raise Trouble(
                    f"there is no model {model} for this key", f"set {name} to one of the account's models"
                ) from None
            notes.warn(name, f"{model} is not listed by this service", f"check {name} and OPENAI_BASE_URL")
        except APIConnectionError as exc:
            cause = type(exc.__cause__ or exc).__name__
            raise Trouble(f"the service cannot be reached ({cause})", "check OPENAI_BASE_URL and the way out") from None
        except APIStatusError as exc:
            raise Trouble(
                f"the service answers with HTTP {exc.status_code}", "try again later; leads are answered by rules"
            ) from None
        except (OpenAIError, ValueError) as exc:
            raise Trouble(
                f"the answer cannot be read ({type(exc).__name__})", "check OPENAI_BASE_URL: it ends in /v1"
            ) from None
        else:
            notes.ok(name, f"{model} is there, and the key works")

    return look
