"""What a lead sees before the answer: the message is read at once, and somebody types; none of it holds the answer up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from flows.conversing import presence
from flows.conversing.runtime import Work
from flows.conversing.waiting import Messages, wait_for_lead
from flows.domain import Inbound, Media
from tests.flows.conversing.test_attachments import Desk, desk
from tests.graph_double import refusal
from tests.http_double import HANGS

__all__ = ["desk"]

BURST = 0.4


async def says(desk: Desk, work: Work) -> str:
    """One more message of the lead; its wamid."""
    message = await desk.message(work, Inbound.TEXT, Media(id=str(uuid4().int)[:15], mime_type="text/plain"))
    return message.wamid


@contextlib.asynccontextmanager
async def at_work(desk: Desk) -> AsyncIterator[Work]:
    async with desk.work() as work:
        yield work
        work.presence.close()


async def until(desk: Desk, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        while len(desk.graph.receipts) < count:
            await asyncio.sleep(0.01)
    return desk.graph.receipts


@pytest.fixture(autouse=True)
def burst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BURST_SECONDS", str(BURST))


def test_a_message_is_read_while_the_burst_may_go_on_and_a_later_one_when_it_is_answered(desk: Desk) -> None:
    async def go() -> None:
        async with at_work(desk) as work:
            first = await says(desk, work)
            waiting = asyncio.create_task(wait_for_lead(work))
            (receipt,) = await until(desk, 1)
            assert receipt["message_id"] == first and receipt["typing_indicator"] == {"type": "text"}
            assert not waiting.done(), "read before the burst has ended"
            second = await says(desk, work)
            found = await waiting
            assert isinstance(found, Messages)
            assert [message.wamid for message in found.drained.messages] == [first, second]
            work.presence.show(found.drained)
            assert (await until(desk, 2))[-1]["message_id"] == second
            work.presence.show(found.drained)
            await asyncio.sleep(0.1)
            assert len(desk.graph.receipts) == 2, "shown once"

    desk.run(go())


def test_a_receipt_that_fails_or_hangs_holds_nothing_up(desk: Desk) -> None:
    async def go() -> None:
        async with at_work(desk) as work:
            for number, trouble in enumerate((refusal(131000, 500), refusal(190, 401), HANGS), 1):
                await says(desk, work)
                desk.graph.then(trouble)
                began = time.monotonic()
                assert isinstance(await wait_for_lead(work), Messages)
                await until(desk, number)
                work.presence.hide()
                assert time.monotonic() - began < BURST + 3

    desk.run(go())


def test_nobody_types_and_nothing_is_read_while_a_person_has_the_conversation(desk: Desk) -> None:
    async def go() -> None:
        async with at_work(desk) as work:
            await says(desk, work)
            await work.store.operations.take_over(work.lead_id, "ana")
            assert isinstance(await wait_for_lead(work), Messages)
            await asyncio.sleep(0.1)
            assert desk.graph.receipts == []

    desk.run(go())


def test_long_work_types_again_until_the_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "_AGAIN_SECONDS", 0.05)

    async def go() -> None:
        async with at_work(desk) as work:
            await says(desk, work)
            work.presence.show(await work.store.drain(work.lead_id))
            await until(desk, 3)
            work.presence.hide()
            await asyncio.sleep(0.2)
            shown = len(desk.graph.receipts)
            await asyncio.sleep(0.2)
            assert len(desk.graph.receipts) == shown

    desk.run(go())
