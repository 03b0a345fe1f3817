"""A lead's file on its way: fetched, kept, read and judged; a real store, and the outside replaced over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from deployments.simulator.bills import bill_pdf
from deployments.simulator.pdf import TextLine, text_pdf
from flows import settings
from flows.adapters.bucket import BucketFiles
from flows.adapters.files import DirectoryFiles, Files
from flows.adapters.store.leads import Claim, LeadStore, Waiting
from flows.adapters.whatsapp import CloudApi
from flows.assistant.assistant import Assistant
from flows.assistant.bill.vision import Vision
from flows.conversing.attachments import TurnTools, hear_voice_notes
from flows.conversing.outside import NoPlans
from flows.conversing.runtime import Runtime, Work
from flows.conversing.senses import Senses, open_senses
from flows.domain import BillKept, BillRefused, Inbound, Media
from tests.flows.adapters.deliveries import Person, says
from tests.flows.assistant.bill.layouts import NEOENERGIA_PE
from tests.graph_double import TOKEN, GraphDouble
from tests.http_double import HANGS, answer
from tests.openai_double import OpenAIDouble
from tests.statements import asked
from tests.storage_double import SERVICE_KEY, StorageDouble

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 600
OGG = b"OggS" + b"\0" * 600
NOW = datetime.now(UTC)


class Desk:
    """A piece of work for one lead who just wrote, with everything a turn may touch."""

    def __init__(self, url: str, directory: Path, run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
        self.url, self.directory, self.run = url, directory, run
        self.graph, self.openai = GraphDouble(), OpenAIDouble()
        self.files: Files = DirectoryFiles(directory)

    @contextlib.asynccontextmanager
    async def work(self, *, vision: bool = False, hears: str | None = None) -> AsyncIterator[Work]:
        conversation = settings.read(settings.Conversation)
        account = settings.read(settings.WhatsApp, whatsapp_api_token=TOKEN, whatsapp_phone_number_id="480000000000001")
        async with contextlib.AsyncExitStack() as stack:
            store = await stack.enter_async_context(LeadStore.postgres(self.url, listen=False))
            whatsapp = await stack.enter_async_context(
                CloudApi(token=TOKEN, phone_number_id="480000000000001", base_url=self.graph.url)
            )
            client = await stack.enter_async_context(self.openai.client())
            from flows.adapters.speech import Speech

            senses = Senses(
                Assistant(),
                Vision(client, model="m", timeout=5.0) if vision else None,
                Speech(client) if hears else None,
                hears or "",
            )
            runtime = Runtime(
                conversation=conversation,
                account=account,
                bill_retention_days=30,
                store=store,
                messenger=whatsapp,
                plans=NoPlans(),
                partner=None,
                files=self.files,
                senses=senses,
            )
            phone = f"+5581{str(uuid4().int)[:9]}".replace("+5581", "+55819", 1)[:14]
            saved = await store.save_form({"name": "Marina Souza", "phone": phone, "city": "Recife", "state": "PE"})
            claim = await store.claim("conversation", saved.lead_id, uuid4(), timedelta(seconds=60))
            assert isinstance(claim, Claim)
            yield Work(claim, runtime, uuid4(), can_suspend=False, turn=0, stage=claim.stage)

    async def message(self, work: Work, kind: Inbound, media: Media) -> Waiting:
        """The same message in the store and in the hand."""
        lead = await work.store.lead(work.lead_id)
        assert lead is not None
        content = {"type": kind.value, kind.value: media.model_dump(mode="json", exclude_none=True)}
        await work.store.receive(says(Person(phone=lead.phone_number), at=NOW, **content))
        return (await work.store.drain(work.lead_id)).messages[-1]

    async def keeps(self, content: bytes, mime_type: str, *, vision: bool = False) -> Any:
        async with self.work(vision=vision) as work:
            media = Media(id=str(uuid4().int)[:15], mime_type=mime_type)
            self.graph.keep(media.id, content, mime_type)
            message = await self.message(work, Inbound.DOCUMENT, media)
            lead = await work.store.lead(work.lead_id)
            assert lead is not None
            tools = TurnTools(work, lead, today=NOW.date())
            first = await tools.keep_bill(message)
            second = await tools.keep_bill(await self.message(work, Inbound.DOCUMENT, media))
            return first, second, work.lead_id

    async def keeps_together(self, files: list[tuple[bytes, str]], *, vision: bool = False) -> list[Any]:
        """Files of one turn, fetched and read side by side."""
        async with self.work(vision=vision) as work:
            messages = []
            for content, mime_type in files:
                media = Media(id=str(uuid4().int)[:15], mime_type=mime_type)
                self.graph.keep(media.id, content, mime_type)
                messages.append(await self.message(work, Inbound.DOCUMENT, media))
            lead = await work.store.lead(work.lead_id)
            assert lead is not None
            tools = TurnTools(work, lead, today=NOW.date())
            return list(await asyncio.gather(*(tools.keep_bill(message) for message in messages)))

    def row(self, bill: UUID) -> dict[str, Any]:
        rows = self.run(asked(self.url, "select * from energy_bills where id = $1", bill))
        return dict(rows[0]) if rows else {}


@pytest.fixture
def desk(fresh: str, tmp_path: Path, runner: asyncio.Runner) -> Iterator[Desk]:
    desk = Desk(fresh, tmp_path, runner.run)
    with desk.graph, desk.openai:
        yield desk


def test_a_pdf_bill_is_kept_and_read_and_the_second_time_known(desk: Desk) -> None:
    first, second, lead_id = desk.run(desk.keeps(bill_pdf("celpe"), "application/pdf"))
    assert isinstance(first, BillKept)
    assert first.reading is not None
    assert first.reading.total_amount == Decimal("412.37")
    assert first.reading.state == "PE"
    assert second.known
    assert second.reading == first.reading
    row = desk.row(first.bill_id)
    assert (row["classification"], row["total_amount"]) == ("energy_bill", Decimal("412.37"))
    assert row["storage_path"].startswith(str(lead_id))
    assert (desk.directory / row["storage_path"]).read_bytes() == bill_pdf("celpe")
    assert (desk.directory / row["storage_path"]).stat().st_mode & 0o077 == 0, "private to this user"


def test_a_storage_that_is_away_costs_the_lead_a_second_sending_not_the_turn(desk: Desk) -> None:
    with StorageDouble() as storage:
        desk.files = BucketFiles(storage.url, SERVICE_KEY, "bills")
        storage.then(*[answer({"message": "away"}, 503)] * 2)
        first, second, lead_id = desk.run(desk.keeps(bill_pdf("celpe"), "application/pdf"))
        desk.run(desk.files.aclose())
        kept = storage.storage.buckets["bills"].files
    assert first == BillRefused(reason="not_fetched")
    assert isinstance(second, BillKept)
    assert not second.known, "nothing was noted of a bill whose file is nowhere"
    assert [(path.split("/")[0], content) for path, (content, _) in kept.items()] == [(str(lead_id), bill_pdf("celpe"))]


def test_a_bill_below_the_minimum_says_so(desk: Desk) -> None:
    first, _, _ = desk.run(desk.keeps(bill_pdf("cemig"), "application/pdf"))
    assert first.reading.total_amount == Decimal("187.20")
    assert first.reading.outcome in ("below_minimum", "review"), "below, unless another reason asks for a person"
    assert "below_minimum" in first.reading.reasons


def test_a_photo_without_a_vision_model_is_kept_for_a_person(desk: Desk) -> None:
    first, _, _ = desk.run(desk.keeps(JPEG, "image/jpeg"))
    assert isinstance(first, BillKept)
    assert first.reading is None


def test_a_photo_whose_reader_is_down_is_kept_for_a_person(desk: Desk) -> None:
    desk.openai.then(answer({"error": {"message": "x", "code": "server_error"}}, 500))
    first, _, _ = desk.run(desk.keeps(JPEG, "image/jpeg", vision=True))
    assert isinstance(first, BillKept)
    assert first.reading is None


def page(rows: list[str]) -> bytes:
    return text_pdf([TextLine(30, 820 - 11 * number, row, 7) for number, row in enumerate(rows)])


def test_pages_that_come_together_are_one_bill_and_another_bill_is_another(desk: Desk) -> None:
    rows = NEOENERGIA_PE.text.splitlines()
    front, back, other = page(rows[:35]), page([rows[1], *rows[14:18], *rows[24:]]), bill_pdf("cemig")
    receipts = desk.run(desk.keeps_together([(file, "application/pdf") for file in (front, other, back)]))
    one, two, three = (receipt.reading for receipt in receipts)
    assert one == three != two
    assert (one.total_amount, two.total_amount) == (Decimal("412.37"), Decimal("187.20"))
    numbers = {desk.row(receipt.bill_id)["installation_number"] for receipt in (receipts[0], receipts[2])}
    assert numbers == {"0004471902"}, "both files are shown with what the whole bill says"


def test_a_refused_file_keeps_nobody_waiting(desk: Desk) -> None:
    bad, good = desk.run(
        desk.keeps_together([(b"MZ" + b"\0" * 500, "application/pdf"), (bill_pdf("celpe"), "application/pdf")])
    )
    assert bad == BillRefused(reason="wrong_type")
    assert good.reading.total_amount == Decimal("412.37")


def test_who_waits_for_photos_is_told_once_that_they_are_being_read(desk: Desk) -> None:
    desk.openai.then(HANGS, HANGS)
    photos = [(JPEG, "image/jpeg"), (JPEG + b"x", "image/jpeg")]
    receipts = desk.run(desk.keeps_together(photos, vision=True))
    assert [receipt.reading for receipt in receipts] == [None, None]
    said = [message["text"]["body"] for message in desk.graph.messages if message.get("type") == "text"]
    assert len(said) == 1 and "Estou lendo" in said[0]


def test_what_is_no_bill_by_its_bytes_is_refused_whatever_it_calls_itself(desk: Desk) -> None:
    first, _, _ = desk.run(desk.keeps(b"MZ" + b"\0" * 500, "application/pdf"))
    assert first == BillRefused(reason="wrong_type")


def test_a_voice_note_is_heard_once_and_then_stands_in_the_transcript(desk: Desk) -> None:
    async def hear() -> tuple[str, str]:
        async with desk.work(hears="whisper") as work:
            media = Media(id="710000000000009", mime_type="audio/ogg")
            desk.graph.keep(media.id, OGG, "audio/ogg")
            message = await desk.message(work, Inbound.AUDIO, media)
            desk.openai.then(answer({"text": "moro em Recife"}))
            (heard,) = await hear_voice_notes(work, (message,))
            return heard.text, (await work.store.drain(work.lead_id)).messages[-1].text

    assert desk.run(hear()) == ("moro em Recife", "moro em Recife")


def test_a_voice_note_that_cannot_be_heard_stays_without_words(desk: Desk) -> None:
    async def hear() -> str:
        async with desk.work(hears="whisper") as work:
            media = Media(id="710000000000010", mime_type="audio/ogg")
            desk.graph.keep(media.id, OGG, "audio/ogg")
            message = await desk.message(work, Inbound.AUDIO, media)
            desk.openai.then(answer({"error": {"message": "x"}}, 500))
            return (await hear_voice_notes(work, (message,)))[0].text

    assert desk.run(hear()) == ""


def test_without_a_key_the_playbook_answers_and_start_up_says_so_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    async def opened(**given: str) -> Senses:
        async with contextlib.AsyncExitStack() as stack:
            return await open_senses(
                stack,
                settings.read(settings.OpenAI, **given),
                settings.read(settings.Conversation),
                settings.account_names(),
            )

    senses = desk.run(opened())
    assert senses.assistant.mind is None
    assert (senses.vision, senses.speech) == (None, None)
    assert [record.getMessage() for record in caplog.records if "OPENAI_API_KEY" in record.getMessage()][1:] == []
    with_key = desk.run(opened(openai_api_key="k"))
    assert with_key.assistant.mind is not None and with_key.assistant.checker is not None
    assert with_key.vision is not None
    assert with_key.speech is None, "no model for it is named"
