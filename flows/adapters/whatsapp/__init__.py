"""WhatsApp's Cloud API: messages out, media in, and what each error code asks of the caller."""

from __future__ import annotations

from flows.adapters.whatsapp.client import CloudApi
from flows.adapters.whatsapp.media import File
from flows.adapters.whatsapp.wire import Recipient, Sent, Template

__all__ = ["File", "Recipient", "Sent", "Template", "CloudApi"]
