"""The model: does the key work and does each configured model exist. Only their descriptions are read: no token is spent."""

from __future__ import annotations

import httpx

from deployments.doctor import reaching
from deployments.doctor.notes import Look, Notes, Trouble
from flows import settings
from flows.assistant.bill import pictures_are_read

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
    headers = {"Authorization": f"Bearer {options.openai_api_key.get_secret_value()}"}
    async with reaching.client(base_url=options.openai_base_url, headers=headers) as client:
        await notes.together({name: _asking(client, name, model) for name, model in wanted.items() if model})
    if options.openai_transcription_model is None:
        notes.say("voice notes.none")


def _asking(client: httpx.AsyncClient, name: str, model: str) -> Look:
    async def look(notes: Notes) -> None:
        try:
            await reaching.get(client, f"/models/{model}", "model", model=model, name=name)
        except Trouble as trouble:
            # elsewhere a model may be there without being listed
            if trouble.finding == "model.missing" and client.base_url != httpx.URL(f"{OFFICIAL}/"):
                raise Trouble("model.unlisted", **trouble.facts) from None
            raise
        notes.say("model.right", about=name, model=model)

    return look
