"""The assistant with what it can see and hear, as far as the settings name models for it."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flows import settings
from flows.adapters.trust import trusted
from flows.assistant.assistant import Assistant, House
from flows.assistant.bill import Read, pictures_are_read, read_file
from flows.assistant.decide import Terms
from flows.assistant.mind import Mind
from flows.assistant.say import Voice

# What speaks with a model is imported where one is configured: the vendor's client alone takes longer to import than a turn.
if TYPE_CHECKING:
    import openai

    from flows.adapters.speech import Speech
    from flows.assistant.bill.vision import Vision

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Senses:
    """The assistant, and what it can see and hear; None without a configured model. `read_bill` reads a file, given its content,
    its MIME type and `vision`."""

    assistant: Assistant
    vision: Vision | None = None
    speech: Speech | None = None
    speech_model: str = ""
    read_bill: Callable[[bytes, str, Vision | None], Awaitable[Read]] = read_file
    # what answers while no model may cost anything: the same assistant by its rules
    playbook: Assistant | None = None

    def rested(self) -> Senses:
        return replace(self, assistant=self.playbook or self.assistant, vision=None, speech=None, speech_model="")


def house(conversation: settings.Conversation, account: settings.WhatsApp) -> House:
    """Return what the company says of itself, as it is configured."""
    return House(
        Terms(
            persona=conversation.persona,
            deadline=conversation.contact_deadline,
            minimum=conversation.min_invoice_amount,
            privacy_notice=conversation.privacy_notice_url is not None,
            notices=account.whatsapp_notice_template_name is not None,
        ),
        privacy_notice_url=conversation.privacy_notice_url,
    )


def model_of(client: openai.AsyncOpenAI, group: settings.OpenAI, name: str) -> Mind:
    """Return one of the configured service's models."""
    from flows.adapters.model import Breaker, OpenAIModel

    breaker = Breaker(time.monotonic)
    return OpenAIModel(client, name, max_output_tokens=group.openai_max_output_tokens, breaker=breaker)


async def open_senses(
    stack: contextlib.AsyncExitStack,
    group: settings.OpenAI,
    conversation: settings.Conversation,
    account: settings.WhatsApp,
) -> Senses:
    """The assistant with models where there is a key, on its rules without one; which of them is said once, here."""
    if group.openai_api_key is None:
        photos = "are read on this machine" if pictures_are_read() else "go to a person"
        log.warning("OPENAI_API_KEY is not set: the assistant works by its rules, photos of bills %s", photos)
        return Senses(Assistant(house(conversation, account)))
    import openai

    from flows.adapters.speech import Speech
    from flows.assistant.bill.vision import Vision

    client = openai.AsyncOpenAI(
        api_key=group.openai_api_key.get_secret_value(),
        base_url=group.openai_base_url,
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(verify=trusted()),
    )
    await stack.enter_async_context(client)
    mind, hears = model_of(client, group, group.openai_model), group.openai_transcription_model
    return Senses(
        playbook=Assistant(house(conversation, account)),
        assistant=Assistant(
            house(conversation, account),
            mind=mind,
            checker=mind if group.openai_checker_model is None else model_of(client, group, group.openai_checker_model),
            voice=Voice(group.assistant_voice),
            time_limit=group.openai_time_limit_seconds,
        ),
        vision=Vision(client, model=group.openai_vision_model or group.openai_model),
        speech=Speech(client) if hears else None,
        speech_model=hears or "",
    )
