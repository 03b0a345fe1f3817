"""One turn: all unanswered messages of a lead, one decision of the assistant, one message back."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.adapters.leads import Waiting
from flows.agent.words import texts
from flows.domain import Content, Reply, Turn
from flows.errors import SerenaError, Superseded, TryAgain
from flows.reading import TurnTools, hear_voice_notes
from flows.registering import register_if_chosen
from flows.runtime import Work, current_work
from flows.sending import deliver

log = logging.getLogger(__name__)

# Brasília's clock; only the calendar day of a bill hangs on it, and Brazil has had no summer time since 2019.
BRAZIL = timezone(timedelta(hours=-3))


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
    if work.runtime.partner is not None:
        await register_if_chosen(work)


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
    waiting = await hear_voice_notes(work, waiting)
    now = datetime.now(UTC)
    turn = Turn(lead, waiting, await work.store.transcript(lead_id), now)
    tools = TurnTools(work, lead, today=now.astimezone(BRAZIL).date())
    reply = await work.runtime.senses.assistant.reply(turn, tools)
    get_run_logger().info("%d message(s) answered; stage %s", len(waiting), (reply.stage or lead.stage).value)
    return await work.store.commit_turn(work.claim, waiting, reply)


async def _show_typing(work: Work, message: Waiting) -> None:
    try:
        await work.runtime.whatsapp.show_typing(message.wamid)
    except SerenaError as exc:
        # The lead misses blue ticks and three dots, nothing else.
        log.info("typing for message %s: %s", message.id, exc)
