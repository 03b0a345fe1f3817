"""One turn: all unanswered messages of a lead, one decision of the assistant, one message back."""

from __future__ import annotations

import contextlib
from uuid import UUID

from prefect.logging import get_run_logger

from flows.adapters.store.codes import Unsettled
from flows.adapters.store.leads import LINES, Drained, Waiting
from flows.assistant import say
from flows.brazil.calendar import SAO_PAULO
from flows.conversing.attachments import TurnTools, hear_voice_notes
from flows.conversing.discretion import Unforeseen
from flows.conversing.registering import register_if_chosen
from flows.conversing.runtime import Work, current_work
from flows.conversing.sending import Sending, deliver
from flows.conversing.showing import Event, announce
from flows.conversing.tasks import task_of
from flows.domain import Reply, Turn
from flows.errors import Fix, Superseded, TryAgain
from flows.shown import metrics

_MOST_REFUSALS = 3


async def answer(work: Work, drained: Drained) -> None:
    """Answers the batch with at most one message. If the assistant breaks down, the lead reads an apology instead of
    nothing, the task is red in Prefect, and the conversation goes on."""
    work.turn += 1
    work.drained, messages = drained, drained.messages
    work.presence.show(drained)
    orphaned, again = work.claim.orphaned, work.claim.orphaned and work.claim.refusals > 0
    work.claim = work.claim.model_copy(update={"orphaned": False})
    # What had a part in two deaths is tried alone: what kills this process again then takes no innocent turn with it.
    async with work.runtime.alone if again else contextlib.nullcontext():
        if again:
            work.drained = await work.store.drain(work.lead_id, LINES)  # others may have taken their time
        if orphaned and await work.store.refuse_turn(work.claim, messages, _MOST_REFUSALS):
            get_run_logger().error("this turn has ended %d workers; a person has its messages now", _MOST_REFUSALS)
            message_id = await _say_sorry(work, messages, await _apology(work))
        else:
            message_id = await _decided(work, messages)
    work.presence.hide()
    if message_id is not None and await deliver(work, message_id, at_once=True) is Sending.SENT:
        # Two clocks may differ; an answer is never sooner than its question.
        metrics.answered(max((work.runtime.now() - max(m.received_at for m in messages)).total_seconds(), 0.0))
    if work.runtime.partner is not None:
        await register_if_chosen(work)


async def _decided(work: Work, messages: tuple[Waiting, ...]) -> UUID | None:
    try:
        return await answer_messages(work.lead_id, messages[-1].id)
    except (Superseded, TryAgain):
        raise
    except Exception as exc:
        # Whatever broke the assistant, a bug included, must not leave the lead without a word. The task stays red.
        what = exc if isinstance(exc, Unforeseen) else type(exc).__name__
        get_run_logger().error("the assistant broke down (%s); the lead reads an apology", what)
        return await _apologise(work, messages)


@task_of("answer_messages", within=90)
async def answer_messages(lead_id: UUID, last_message_id: UUID) -> UUID | None:
    """Decides and records one reply to everything that is unanswered; returns the id of the message to send, if any.

    The messages become answered in the same transaction that records the reply, so a worker killed here repeats the
    turn, and one killed afterwards only sends.
    """
    work = current_work()
    drained = work.drained
    if drained is None or (lead := drained.lead) is None or not drained.messages:
        return None
    lines = drained.transcript
    waiting = await hear_voice_notes(work, drained.messages)
    if waiting != drained.messages:
        lines = await work.store.transcript(lead_id)  # where the words of a voice note stand by now
    now = work.runtime.now()
    turn = Turn(lead, waiting, lines, now)
    tools = TurnTools(work, lead, today=now.astimezone(SAO_PAULO).date())
    reply = await work.senses.assistant.reply(turn, tools)
    if drained.model_rests and reply.why is not None and reply.why.by == "rules":
        reply = reply.model_copy(update={"why": reply.why.model_copy(update={"fallback": "spend_limit"})})
    message_id = await work.store.commit_turn(work.claim, waiting, reply)
    work.stage = reply.stage or lead.stage
    if reply.handoff:
        announce(Event.HANDED_OVER, f"lead.{lead_id}", reason=reply.handoff.reason)
    if reply.opt_out:
        announce(Event.OPTED_OUT, f"lead.{lead_id}", by="lead")
    if (why := reply.why) is not None:
        metrics.turn(why)
        get_run_logger().info(
            "%d message(s) answered; stage %s; heard by %s, said %s%s; %d request(s), %d tokens in, %d out, %.2f s",
            len(waiting),
            work.stage.value,
            why.by,
            why.voice,
            f", without the model ({why.fallback})" if why.fallback else "",
            why.requests,
            why.tokens_in,
            why.tokens_out,
            why.seconds,
        )
    return message_id


async def _apologise(work: Work, messages: tuple[Waiting, ...]) -> UUID | None:
    """Records an apology as the answer. A store that refuses even that is tried again by another run, later each time; after
    three refusals the messages are a person's, and the lead reads the apology outside any turn."""
    apology = await _apology(work)
    try:
        return await work.store.commit_turn(work.claim, messages, apology)
    except Unsettled:
        raise
    except Fix as exc:
        if not await work.store.refuse_turn(work.claim, messages, _MOST_REFUSALS):
            raise
        get_run_logger().error("the store refused this turn for good; a person has its messages now (%s)", exc)
    return await _say_sorry(work, messages, apology)


async def _say_sorry(work: Work, messages: tuple[Waiting, ...], apology: Reply) -> UUID | None:
    """The apology outside any turn, once for these messages."""
    if apology.content is None:
        return None
    key = f"apology:{messages[-1].id}"
    return (await work.store.queue(work.claim, key, text=apology.content.text, content=apology.content)).message_id


async def _apology(work: Work) -> Reply:
    lead = await work.store.lead(work.lead_id)
    if lead is None or lead.taken_over_at is not None:
        return Reply(content=None)
    return Reply(content=say.apology())
