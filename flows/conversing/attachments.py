"""What becomes of a file that a lead sent: downloaded at once, kept privately, read, judged; and voice notes heard."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flows.adapters.files import path_of
from flows.adapters.store.leads import Waiting
from flows.adapters.whatsapp.media import File, TooLarge, WrongType
from flows.assistant import say
from flows.assistant.bill import (
    Assessment,
    BillFields,
    NotABill,
    PasswordProtected,
    PdfResult,
    Read,
    Unreadable,
    assess,
    joined,
)
from flows.assistant.place.places import Place
from flows.conversing.runtime import Work
from flows.conversing.sending import send_once
from flows.domain import BillKept, BillReading, BillReceipt, BillRefused, Coverage, Inbound, InboundMessage, Lead
from flows.errors import SerenaError
from flows.shown import metrics

log = logging.getLogger(__name__)

BILL_TYPES = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp"})
BILL_MAX_BYTES = 16 * 1024 * 1024
VOICE_MAX_BYTES = 5 * 1024 * 1024


# Whoever waits longer than this for a photo to be read is told so. A PDF with text is read in a second or two, so that of
# PDFs only scans come that far.
NOTICE_AFTER = {True: timedelta(seconds=3), False: timedelta(seconds=6)}
# Of the time that a turn has (flows/conversing/turn.py): what is not read by then is for a person.
READING_TIME = timedelta(seconds=65)


class Pile:
    """Files that come together are read side by side, and joined when the last of them is read: they may be one bill."""

    def __init__(self) -> None:
        self._open: set[UUID] = set()
        self._read: dict[UUID, Read] = {}
        self._joined: asyncio.Future[dict[UUID, Read]] | None = None
        # The lead was told that it takes a while.
        self.told = False

    def begin(self, message_id: UUID) -> None:
        """A file was announced; call it before anything is waited for."""
        self._open.add(message_id)

    def leave(self, message_id: UUID) -> None:
        """A file has nothing to join, because it was refused, or known, or came to grief."""
        self._open.discard(message_id)
        self._settle()

    async def joined(self, message_id: UUID, read: Read) -> Read:
        """The reading of the bill that this file is a page of."""
        self._joined = self._joined or asyncio.get_running_loop().create_future()
        waiting = self._joined
        self._read[message_id] = read
        self._settle()
        return (await waiting)[message_id]

    def _settle(self) -> None:
        if self._joined is None or self._open - self._read.keys():
            return
        keys = list(self._read)
        self._joined.set_result(dict(zip(keys, joined(list(self._read.values())), strict=True)))
        self._open, self._read, self._joined = set(), {}, None


@dataclass(frozen=True)
class TurnTools:
    """What the assistant may do in the world during a turn. `today` is the lead's calendar day."""

    work: Work
    lead: Lead
    today: date
    pile: Pile = field(default_factory=Pile)

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        plans = self.work.runtime.plans
        found = await plans.coverage(place.city, place.state, ibge_code=place.ibge_code, utility=utility)
        metrics.plans_read(found)
        return found

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        """Downloads now (WhatsApp's address lives five minutes, the file seven days), keeps, and reads what it can."""
        if typed := await self.work.store.typed_bill(message.id):
            # A person has read it: that counts, and its judging is the same as of every reading.
            bill_id, given = typed
            fields = BillFields.model_validate(given | {"source": "operator"})
            reading, row = judged(fields, self.lead, today=self.today, minimum=self.minimum)
            await self.work.store.record_reading(bill_id, reading, row)
            return BillKept(bill_id=bill_id, reading=reading)
        self.pile.begin(message.id)
        try:
            kept, file = await self._kept(message)
            if file is None or not isinstance(kept, BillKept) or kept.reading is not None:
                return kept
            return kept.model_copy(update={"reading": await self._read(kept.bill_id, message.id, file)})
        finally:
            self.pile.leave(message.id)

    async def _kept(self, message: InboundMessage) -> tuple[BillReceipt, File | None]:
        if message.media is None:
            return BillRefused(reason="not_fetched"), None
        runtime = self.work.runtime
        try:
            file = await runtime.messenger.download(message.media, max_bytes=BILL_MAX_BYTES, accept=BILL_TYPES)
        except TooLarge:
            return BillRefused(reason="too_large"), None
        except WrongType:
            return BillRefused(reason="wrong_type"), None
        except SerenaError as exc:
            # The lead is asked to send it again; nothing else is lost.
            log.warning("media of message %s could not be fetched: %s", message.id, exc)
            return BillRefused(reason="not_fetched"), None
        path = path_of(self.work.lead_id, file.sha256, file.mime_type)
        try:
            await runtime.files.put(path, file.content, file.mime_type)
        except SerenaError as exc:
            # A turn that waited for the storage would leave everything else unanswered. The lead is asked to send the file
            # again instead, and after some tries a person takes over; the file itself stays at WhatsApp for seven days.
            log.error("the file of message %s could not be kept: %s", message.id, exc)
            return BillRefused(reason="not_fetched"), None
        kept = await self.work.store.keep_bill(
            self.work.lead_id,
            message.id,
            path=path,
            sha256=file.sha256,
            mime_type=file.mime_type,
            size=len(file.content),
            keep_days=runtime.bill_retention_days,
        )
        return kept, file

    async def _read(self, bill_id: UUID, message_id: UUID, file: File) -> BillReading | None:
        """None when nothing here can read it; a person then does (the lead goes on meanwhile)."""
        senses = self.work.senses
        reading = asyncio.ensure_future(senses.read_bill(file.content, file.mime_type, senses.vision))
        try:
            patience = NOTICE_AFTER[file.mime_type.startswith("image/")]
            await asyncio.wait({reading}, timeout=patience.total_seconds())
            if not reading.done():
                await self._say_reading(message_id)
            read = await asyncio.wait_for(reading, READING_TIME.total_seconds())
        except TimeoutError:
            log.warning("bill %s was not read in time", bill_id)
            read = Read(None)
        finally:
            reading.cancel()
        read = await self.pile.joined(message_id, read)
        if read.result is None:
            return None
        reading_of, fields = judged(read.result, self.lead, today=self.today, minimum=self.minimum)
        await self.work.store.record_reading(bill_id, reading_of, fields)
        return reading_of

    async def _say_reading(self, message_id: UUID) -> None:
        """Tell the lead that the bill is being read: once a message, whoever repeats the turn, and once for files that
        come together."""
        if self.lead.taken_over_at is not None or self.pile.told:
            return
        self.pile.told = True
        content = say.still_reading()
        try:
            queued = await self.work.store.queue(
                self.work.claim, f"reading:{message_id}", text=content.text, content=content
            )
            if queued.message_id is not None and queued.new:
                await send_once(self.work.runtime, queued.message_id)
        except SerenaError as exc:
            # The lead misses a word of patience, nothing else: the answer itself follows.
            log.info("that message %s is being read was not said: %s", message_id, exc)

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
                fields,
                today=today,
                minimum=minimum,
                lead_name=None if lead.memory.get("disowned") else lead.name,
                lead_city=lead.city,
                lead_state=lead.state,
                known_utility=known,
            )
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
    senses = work.senses
    if senses.speech is None:
        return messages
    heard = []
    for message in messages:
        if message.type is Inbound.AUDIO and not message.text and message.media is not None:
            try:
                file = await work.runtime.messenger.download(
                    message.media, max_bytes=VOICE_MAX_BYTES, accept=senses.speech.accepted
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
