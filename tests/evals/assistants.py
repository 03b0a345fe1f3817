"""The assistants that are evaluated: the one that the settings describe, on its rules alone or with the configured models."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from flows import settings
from flows.assistant.assistant import Assistant
from flows.conversing.senses import house, open_senses
from flows.errors import Fix
from tests.evals.rules import MINIMUM


def by_rules() -> Assistant:
    """The assistant without any model."""
    return Assistant(house(_conversation(), _account()))


@contextlib.asynccontextmanager
async def assistant(*, model: bool) -> AsyncIterator[Assistant]:
    """Open the assistant to evaluate. Raises `Fix` where a model is wanted and no key is set."""
    if not model:
        yield by_rules()
        return
    group = settings.read(settings.OpenAI)
    if group.openai_api_key is None:
        raise Fix("OPENAI_API_KEY is not set; without --model and --judge everything runs offline")
    async with contextlib.AsyncExitStack() as stack:
        yield (await open_senses(stack, group, _conversation(), _account())).assistant


def _account() -> settings.WhatsApp:
    """One with a template for notices, as the scripts have it."""
    return settings.account_names().model_copy(update={"whatsapp_notice_template_name": "aviso_de_planos"})


def _conversation() -> settings.Conversation:
    """The minimum is the scripts' own: they were written for it."""
    return settings.read(settings.Conversation).model_copy(update={"min_invoice_amount": MINIMUM})
