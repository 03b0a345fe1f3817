"""How a conversation waits: in memory for a moment, then parked and suspended, until a message or the silence wakes it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from prefect.flow_runs import asuspend_flow_run
from prefect.input import RunInput
from prefect.logging import get_run_logger

from flows.adapters.store.leads import Claim, Waiting
from flows.conversing.runtime import Work
from flows.conversing.sending import deliver_unsent
from flows.conversing.showing import show
from flows.domain import Stage

# How long before its end a wait may begin and still be struck by the timer of the wait before, whose end it did not stop:
# Prefect takes events up one after another, late under load and after a restart of its services.
_EVENTS_LATE_BY = timedelta(seconds=15)


class LeadReply(RunInput):
    """What woke a suspended run. Prefect's two-hour automation, and an operator who presses Resume with an empty form,
    say nothing."""

    woken_by: Literal["silence", "message"] | None = None


@dataclass(frozen=True)
class Messages:
    """The lead wrote: all unanswered messages, in order, after the burst has ended."""

    messages: tuple[Waiting, ...]


@dataclass(frozen=True)
class Silence:
    """The lead was asked and did not answer in time."""


@dataclass(frozen=True)
class End:
    """Nothing more to wait for."""

    outcome: str


async def wait_for_lead(work: Work) -> Messages | Silence | End:
    """Returns when there is something to do. To wait longer than the linger it parks and suspends the flow run, which
    leaves this function (and the process); the resumed run comes here again from its first line.

    Whatever woke the run, unanswered messages come first: silence counts only when nothing waits to be answered.
    """
    options = work.runtime.conversation
    linger = options.linger_seconds if work.can_suspend else options.reminder_after_seconds
    clock = asyncio.get_running_loop().time
    until = clock() + linger
    with work.store.news.about(work.lead_id) as news:
        while True:
            news.clear()
            state = await work.store.drain(work.lead_id)
            await deliver_unsent(work, state.unsent)
            woken = work.claim.woken
            if state.messages or woken:
                # Dealt with from here on. What a message woke must not count as silence once it is answered.
                work.claim = work.claim.model_copy(update={"woken": False})
            if state.messages:
                work.claim = work.claim.model_copy(update={"asked": False})  # they wrote: nothing to remind of
                return Messages(await _whole_burst(work, news, state.messages))
            lead = await work.store.lead(work.lead_id)
            if lead is None:
                return End("erased")
            taken_over = lead.taken_over_at is not None
            # A person's message may be put off; then the run stays, and the dispatcher wakes it when that is due.
            if taken_over and not (state.unsent and (await work.store.drain(work.lead_id)).unsent):
                return End("opted_out" if lead.stage is Stage.OPTED_OUT else "taken_over")
            if woken and not taken_over and await _silent(work):
                return Silence()
            left = until - clock()
            if left > 0 and not work.runtime.closing.is_set() and not work.lost:
                await _first_of(news, work.runtime.closing, timeout=min(left, 5.0))
                continue
            if not work.can_suspend:
                return End("taken_over") if taken_over else Silence()
            if not taken_over and not lead.stage.reminded:
                # Nothing is left to ask, so nothing to remind of: the run completes instead of waiting on.
                return End(lead.stage.value.lower())
            await _suspend(work)


async def _suspend(work: Work) -> None:
    """Parks and suspends; returns only when the store refused because something came in meanwhile."""
    if not work.runtime.closing.is_set():
        # Before the park: between it and Prefect's `Suspended` whoever brings a message has to try again. And not at a
        # shutdown, where hundreds of runs park at once: what Prefect shows of them is then as old as their last wait.
        await show(work)
    due = datetime.now(UTC) + work.runtime.conversation.reminder_after
    wait = await work.store.park(work.claim, due)
    if wait is not None:
        # From here on whoever brings a message finds the conversation parked and resumes it.
        await asuspend_flow_run(
            wait_for_input=LeadReply,
            timeout=int(work.runtime.conversation.suspend_timeout.total_seconds()),
            key=f"wait-{wait}",
        )


async def _silent(work: Work) -> bool:
    """Whether this wake means silence. The store's clock answers without asking Prefect; woken early, Prefect knows
    whether an operator pressed Resume (silence, now) or a message did that was answered since."""
    claim, options = work.claim, work.runtime.conversation
    if claim.wake_due_at is None or claim.wake_due_at <= datetime.now(UTC):
        return True
    reply = await asuspend_flow_run(
        wait_for_input=LeadReply,
        timeout=int(options.suspend_timeout.total_seconds()),
        key=f"wait-{claim.wait}",
    )
    if reply.woken_by is None and _struck_late(claim, options.reminder_after):
        get_run_logger().info("woken by the timer of an earlier wait, which the lead ended; waiting anew")
        return False
    return reply.woken_by != "message"


def _struck_late(claim: Claim, reminder_after: timedelta) -> bool:
    """Whether a resume without input may come from the timer of the wait before this one. It ran out while the lead was
    being answered, or as this wait began, and Prefect resumes whatever waits by the time it gets to it."""
    if claim.timer_due_at is None or claim.wake_due_at is None:
        return False
    began = claim.wake_due_at - reminder_after
    late = max(_EVENTS_LATE_BY, reminder_after / 8)
    return began > claim.timer_due_at - late and claim.timer_due_at <= datetime.now(UTC)


async def _whole_burst(work: Work, news: asyncio.Event, messages: tuple[Waiting, ...]) -> tuple[Waiting, ...]:
    """People write in bursts, and each of our messages costs money: wait until nothing new came for a moment."""
    options = work.runtime.conversation
    loop = asyncio.get_running_loop()
    limit = loop.time() + options.burst_limit_seconds
    # The message's age counts, for it may have travelled a while; by the store's clock, so never less than zero.
    age = max((datetime.now(UTC) - max(m.received_at for m in messages)).total_seconds(), 0.0)
    quiet = loop.time() + options.burst_seconds - age
    while (left := min(quiet, limit) - loop.time()) > 0 and not work.runtime.closing.is_set():
        await _first_of(news, work.runtime.closing, timeout=left)
        news.clear()
        # a message may be gone (erasure, merge, taken back): then keep what was seen, the turn looks again
        latest = (await work.store.drain(work.lead_id)).messages or messages
        if {m.id for m in latest} - {m.id for m in messages}:
            quiet = loop.time() + options.burst_seconds
        messages = latest
    return messages


async def _first_of(*events: asyncio.Event, timeout: float) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
