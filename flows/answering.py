"""One turn: all unanswered messages of a lead, one decision of the assistant, one message back."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows import metrics
from flows.adapters.leads import Waiting
from flows.agent import leaving
from flows.agent.draft import Draft
from flows.agent.hearing import hear
from flows.agent.words import texts
from flows.assistants import noting, whole
from flows.discretion import Unforeseen, discreet
from flows.domain import Content, Reply, Turn
from flows.errors import SerenaError, Superseded, TryAgain
from flows.reading import TurnTools, hear_voice_notes
from flows.registering import register_if_chosen
from flows.runtime import Work, current_work
from flows.sending import Sending, deliver

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
        what = exc if isinstance(exc, Unforeseen) else type(exc).__name__
        get_run_logger().error("the assistant broke down (%s); the lead reads an apology", what)
        message_id = await work.store.commit_turn(work.claim, messages, await _apology(work))
    await typing
    if message_id is not None and await deliver(work, message_id, at_once=True) is Sending.SENT:
        # Two clocks may differ; an answer is never sooner than its question.
        metrics.answered(max((datetime.now(UTC) - messages[-1].received_at).total_seconds(), 0.0))
    if work.runtime.partner is not None:
        await register_if_chosen(work)


@task(
    name="answer_messages",
    task_run_name="answer_messages {last_message_id!s:.8}",
    cache_policy=NO_CACHE,
    persist_result=False,
    timeout_seconds=90,
)
@discreet
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
    if lead.taken_over_at is not None:
        get_run_logger().info("%d message(s) left to the person who has taken over", len(waiting))
        return await work.store.commit_turn(work.claim, waiting, while_taken_over(turn))
    tools = TurnTools(work, lead, today=now.astimezone(BRAZIL).date())
    with noting() as seen:
        reply = await work.runtime.senses.assistant.reply(turn, tools)
        if reply.why is None:
            reply = whole(reply, lead)
        why = reply.why or seen.why(lead, reply)
    get_run_logger().info("%d message(s) answered; stage %s", len(waiting), (reply.stage or lead.stage).value)
    message_id = await work.store.commit_turn(work.claim, waiting, reply.model_copy(update={"why": why}))
    metrics.turn(why)
    return message_id


def while_taken_over(turn: Turn) -> Reply:
    """Silence, for a person speaks with the lead. Only stopping our messages and erasing one's data are answered as
    ever (domain.md 11): that is the law's, whoever speaks."""
    heard = hear(turn.messages)
    if heard is None:
        return Reply(content=None)
    lead = turn.lead
    ours = [line.who for line in turn.transcript if line.who != "user"]
    if lead.memory.get("asked") == "erase" and ours and ours[-1] == "agent":
        # "Sim" answers what the person wrote last; taken as the answer to an older question it would erase somebody.
        lead = lead.model_copy(update={"memory": {**lead.memory, "asked": lead.memory.get("resume"), "resume": None}})
    draft = Draft(lead, turn.now)
    if not leaving.stop_or_erase(draft, heard) and lead.memory.get("asked") == "erase":
        # Declined or passed over: a later "sim" must not find that question still open.
        leaving.come_back(draft, heard)
    reply = draft.reply()
    if lead is turn.lead and not reply.memory:
        return reply.model_copy(update={"memory": None})
    return whole(reply, lead)


async def _apology(work: Work) -> Reply:
    lead = await work.store.lead(work.lead_id)
    if lead is None or lead.taken_over_at is not None:
        return Reply(content=None)
    return Reply(content=Content(text=texts("trouble")["turn.apology"]))


async def _show_typing(work: Work, message: Waiting) -> None:
    try:
        lead = await work.store.lead(work.lead_id)
        if lead is None or lead.taken_over_at is not None:
            return
        await work.runtime.whatsapp.show_typing(message.wamid)
    except SerenaError as exc:
        # The lead misses blue ticks and three dots, nothing else.
        log.info("typing for message %s: %s", message.id, exc)
