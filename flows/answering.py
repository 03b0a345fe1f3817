"""One turn: all unanswered messages of a lead, one decision of the assistant, one message back."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.adapters.files import path_of
from flows.adapters.leads import Waiting
from flows.adapters.media import TooLarge, WrongType
from flows.agent.places import Place
from flows.agent.words import texts
from flows.domain import BillReceipt, BillRefused, Content, Coverage, InboundMessage, Reply, Turn
from flows.errors import SerenaError, Superseded, TryAgain
from flows.runtime import Work, current_work
from flows.sending import deliver

log = logging.getLogger(__name__)

BILL_TYPES = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp"})
BILL_MAX_BYTES = 16 * 1024 * 1024


async def answer(work: Work, messages: tuple[Waiting, ...]) -> None:
    """Answers the batch with at most one message. If the assistant breaks down, the lead reads an apology instead of
    nothing, the task is red in Prefect, and the conversation goes on."""
    typing = asyncio.create_task(_show_typing(work, messages[-1]))
    try:
        message_id = await answer_messages(work.lead_id, messages[-1].id)
    except (Superseded, TryAgain):
        raise
    except Exception as exc:
        # Whatever broke the assistant, a bug included, must not leave the lead without a word. The task stays red.
        get_run_logger().error("the assistant broke down (%s); the lead reads an apology", type(exc).__name__)
        message_id = await work.store.commit_turn(
            work.claim, messages, Reply(content=Content(text=texts("trouble")["turn.apology"]))
        )
    await typing
    if message_id is not None:
        await deliver(work, message_id)


@task(
    name="answer_messages",
    task_run_name="answer_messages {last_message_id!s:.8}",
    cache_policy=NO_CACHE,
    persist_result=False,
    timeout_seconds=90,
)
async def answer_messages(lead_id: UUID, last_message_id: UUID) -> UUID | None:
    """Decides and records one reply to everything that is unanswered; returns the id of the message to send, if any.

    The messages become answered in the same transaction that records the reply, so a worker killed here repeats the
    turn, and one killed afterwards only sends.
    """
    work = current_work()
    waiting = (await work.store.drain(lead_id)).messages
    lead = await work.store.lead(lead_id)
    if lead is None or not waiting:
        return None
    turn = Turn(lead, waiting, await work.store.transcript(lead_id), datetime.now(UTC))
    reply = await work.runtime.assistant.reply(turn, TurnTools(work))
    get_run_logger().info("%d message(s) answered; stage %s", len(waiting), (reply.stage or lead.stage).value)
    return await work.store.commit_turn(work.claim, waiting, reply)


@dataclass(frozen=True)
class TurnTools:
    """What the assistant may do in the world during a turn."""

    work: Work

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        return await self.work.runtime.plans.coverage(
            place.city, place.state, ibge_code=place.ibge_code, utility=utility
        )

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        """Downloads the file now (WhatsApp's address lives five minutes, the file seven days) and keeps it privately."""
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
        await runtime.files.put(path, file.content, file.mime_type)
        return await self.work.store.keep_bill(
            self.work.lead_id, message.id, path=path, sha256=file.sha256, mime_type=file.mime_type,
            size=len(file.content), keep_days=runtime.bill_retention_days,
        )  # fmt: skip


async def _show_typing(work: Work, message: Waiting) -> None:
    try:
        await work.runtime.whatsapp.show_typing(message.wamid)
    except SerenaError as exc:
        # The lead misses blue ticks and three dots, nothing else.
        log.info("typing for message %s: %s", message.id, exc)
