"""What becomes of a file that a lead sent: downloaded at once, kept privately, read, judged; and voice notes heard."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flows.adapters.files import path_of
from flows.adapters.speech import ENDINGS
from flows.adapters.store.leads import Waiting
from flows.adapters.whatsapp.media import File, TooLarge, WrongType
from flows.assistant import say
from flows.assistant.bill import (
    Assessment,
    BillFields,
    NotABill,
    Page,
    PasswordProtected,
    PdfResult,
    Scanned,
    Unreadable,
    assess,
    read_pdf,
)
from flows.assistant.place.places import Place
from flows.conversing.runtime import Work
from flows.domain import BillReading, BillReceipt, BillRefused, Coverage, Inbound, InboundMessage, Lead
from flows.errors import SerenaError
from flows.shown import metrics

log = logging.getLogger(__name__)

BILL_TYPES = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp"})
BILL_MAX_BYTES = 16 * 1024 * 1024
VOICE_MAX_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True)
class TurnTools:
    """What the assistant may do in the world during a turn. `today` is the lead's calendar day."""

    work: Work
    lead: Lead
    today: date

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        plans = self.work.runtime.plans
        found = await plans.coverage(place.city, place.state, ibge_code=place.ibge_code, utility=utility)
        metrics.plans_read(found)
        return found

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        """Downloads now (WhatsApp's address lives five minutes, the file seven days), keeps, and reads what it can."""
        if message.media is None:
            return BillRefused(reason="not_fetched")
        runtime = self.work.runtime
        try:
            file = await runtime.whatsapp.download(message.media, max_bytes=BILL_MAX_BYTES, accept=BILL_TYPES)
        except TooLarge:
            return BillRefused(reason="too_large")
        except WrongType:
            return BillRefused(reason="wrong_type")
        except SerenaError as exc:
            # The lead is asked to send it again; nothing else is lost.
            log.warning("media of message %s could not be fetched: %s", message.id, exc)
            return BillRefused(reason="not_fetched")
        path = path_of(self.work.lead_id, file.sha256, file.mime_type)
        try:
            await runtime.files.put(path, file.content, file.mime_type)
        except SerenaError as exc:
            # A turn that waited for the storage would leave everything else unanswered. The lead is asked to send the file
            # again instead, and after some tries a person takes over; the file itself stays at WhatsApp for seven days.
            log.error("the file of message %s could not be kept: %s", message.id, exc)
            return BillRefused(reason="not_fetched")
        kept = await self.work.store.keep_bill(
            self.work.lead_id, message.id, path=path, sha256=file.sha256, mime_type=file.mime_type,
            size=len(file.content), keep_days=runtime.bill_retention_days,
        )  # fmt: skip
        if kept.reading is not None:
            return kept
        return kept.model_copy(update={"reading": await self._read(kept.bill_id, file)})

    async def _read(self, bill_id: UUID, file: File) -> BillReading | None:
        """None when nothing here can read it; a person then does (the lead goes on meanwhile)."""
        found: PdfResult = Scanned(pages=(Page(content=file.content, mime_type=file.mime_type),))
        if file.mime_type == "application/pdf":
            found = await asyncio.to_thread(read_pdf, file.content)
        if isinstance(found, Scanned):
            vision = self.work.runtime.senses.vision
            if vision is None:
                return None
            try:
                found = await vision.read(found.pages)
            except SerenaError as exc:
                log.warning("bill %s was not read by the vision model: %s", bill_id, exc)
                return None
        reading, fields = judged(found, self.lead, today=self.today, minimum=self.minimum)
        await self.work.store.record_reading(bill_id, reading, fields)
        return reading

    @property
    def minimum(self) -> Decimal:
        return self.work.runtime.conversation.min_invoice_amount


def judged(found: PdfResult, lead: Lead, *, today: date, minimum: Decimal) -> tuple[BillReading, dict[str, Any]]:
    """The reading that the assistant is told of, and the values behind it as the store keeps them."""
    match found:
        case NotABill(kind=kind):
            return BillReading(outcome=kind), {"classification": kind}
        case PasswordProtected():
            return BillReading(outcome="password_protected"), {"classification": "password_protected"}
        case Unreadable(reason=reason):
            return BillReading(outcome="unreadable", reasons=(reason,)), {"classification": "unreadable"}
        case BillFields() as fields:
            known = lead.offers[0].utility if lead.offers else lead.memory.get("utility")
            verdict = assess(
                fields, today=today, minimum=minimum, lead_name=None if lead.memory.get("disowned") else lead.name, lead_city=lead.city, lead_state=lead.state,
                known_utility=known,
            )  # fmt: skip
            return _reading(fields, verdict), _row(fields, verdict)
    raise TypeError(f"a reading of type {type(found).__name__}")


def _reading(fields: BillFields, verdict: Assessment) -> BillReading:
    return BillReading(
        outcome=verdict.decision.value.lower(),
        reasons=verdict.reasons,
        # the first name at most: what stands on a bill may be another person's
        holder_first_name=say.called((fields.holder_name or "").title()),
        holder=verdict.holder.value.lower(),
        utility=fields.utility,
        city=fields.city,
        state=fields.state or fields.utility_state,
        total_amount=fields.total_amount,
        consumption_kwh=fields.consumption_kwh,
        reference_month=fields.reference_month,
        due_date=fields.due_date,
    )


def _row(fields: BillFields, verdict: Assessment) -> dict[str, Any]:
    row = fields.model_dump(mode="json")
    checks = [check.model_dump(mode="json") for check in verdict.checks]
    return row | {"classification": "energy_bill", "checks": checks, "read_by": fields.model or fields.source}


async def hear_voice_notes(work: Work, messages: tuple[Waiting, ...]) -> tuple[Waiting, ...]:
    """The same messages, with the words of voice notes as their text where a model for it is configured. What cannot be
    heard stays without text, and the assistant asks the lead to type."""
    senses = work.runtime.senses
    if senses.speech is None:
        return messages
    heard = []
    for message in messages:
        if message.type is Inbound.AUDIO and not message.text and message.media is not None:
            try:
                file = await work.runtime.whatsapp.download(
                    message.media, max_bytes=VOICE_MAX_BYTES, accept=frozenset(ENDINGS)
                )
                text = await senses.speech.transcribe(file.content, file.mime_type, model=senses.speech_model)
            except SerenaError as exc:
                log.warning("voice note %s could not be heard: %s", message.id, exc)
                text = None
            if text:
                await work.store.note_transcription(message.id, text)
                message = message.model_copy(update={"text": text})
        heard.append(message)
    return tuple(heard)
