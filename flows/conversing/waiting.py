"""How a conversation waits: in memory for a moment, then parked and suspended, until a message or the silence wakes it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx
from prefect.exceptions import Pause, PrefectException
from prefect.flow_runs import asuspend_flow_run
from prefect.input import RunInput, keyset_from_base_key
from prefect.logging import get_run_logger
from pydantic import Field

from flows.adapters.store.leads import LINES, Drained
from flows.conversing.runtime import End, Work
from flows.conversing.sending import deliver_unsent
from flows.conversing.showing import show_run
from flows.domain import Outcome, Stage
from flows.shown.words import FORM


class LeadReply(RunInput):
    """The form that Prefect shows to whoever resumes a suspended run. Messages and the two-hour automation fill in nothing."""

    remind_now: bool = Field(False, title=FORM["remind_now"], description=FORM["remind_now_means"])


@dataclass(frozen=True)
class Messages:
    """The lead wrote: all unanswered messages, in order, after the burst has ended, with what an answer needs."""

    drained: Drained


@dataclass(frozen=True)
class Silence:
    """The lead was asked and did not answer in time."""


async def wait_for_lead(work: Work) -> Messages | Silence | End:
    """Returns when there is something to do. To wait longer than the linger it parks and suspends the flow run, which
    leaves this function (and the process); the resumed run comes here again from its first line.

    Whatever woke the run, unanswered messages come first: silence counts only when nothing waits to be answered.
    """
    options = work.runtime.conversation
    linger = options.linger_seconds if work.can_suspend else options.reminder_after_seconds
    clock, looked = asyncio.get_running_loop().time, False
    until = clock() + linger
    with work.store.news.about(work.lead_id) as news:
        while True:
            news.clear()
            state = await work.store.drain(work.lead_id, LINES)
            await deliver_unsent(work, state.unsent)
            if state.messages:
                # They wrote, so nothing to remind of: what woke the run must not count as silence once this is answered.
                work.claim = work.claim.model_copy(update={"woken": False, "asked": False})
                work.presence.show(state)
                return Messages(await _whole_burst(work, news, state))
            # what was still to be sent may have taken its time
            lead = await work.store.lead(work.lead_id) if state.unsent else state.lead
            if lead is None:
                return End(Outcome.ERASED)
            work.stage = lead.stage
            taken_over = lead.taken_over_at is not None
            # A person's message may be put off; then the run stays, and the dispatcher wakes it when that is due.
            if taken_over and not (state.unsent and (await work.store.drain(work.lead_id)).unsent):
                return End(Outcome.OPTED_OUT if lead.stage is Stage.OPTED_OUT else Outcome.TAKEN_OVER)
            if work.claim.woken and not taken_over:
                if _due(work) or (not looked and await _reminded_by_hand(work)):
                    # dealt with from here on: what is awaited next is another silence
                    work.claim = work.claim.model_copy(update={"woken": False})
                    return Silence()
                looked = True
                if work.can_suspend:
                    until = clock()  # nobody is about to answer: Prefect's timer strikes every two hours of a night
            left = until - clock()
            if left > 0 and not (work.runtime.closing.is_set() or work.lost or work.suspended):
                await _first_of(news, work.runtime.closing, timeout=min(left, 5.0))
                continue
            if not work.can_suspend:
                return End(Outcome.TAKEN_OVER) if taken_over else Silence()
            if not taken_over and not lead.stage.reminded:
                # Nothing is left to ask, so nothing to remind of: the run completes instead of waiting on.
                return End(Outcome[lead.stage.name])
            await _suspend(work)


async def _suspend(work: Work) -> None:
    """Parks and suspends; returns only when the store refused because something came in meanwhile."""
    if not (work.runtime.closing.is_set() or work.claim.woken):
        # Before the park: between it and Prefect's `Suspended` whoever brings a message has to try again. Not of a run that was
        # woken for nothing, which is shown already; and not at a shutdown, where hundreds of runs park at once: what Prefect
        # shows of them is then as old as their last wait.
        await show_run(work)
    # Woken for nothing, by a timer of an earlier wait that strikes late or by a Resume that asks for nothing, it is still
    # the silence that began back then.
    due = work.claim.wake_due_at if work.claim.woken else None
    due = due or work.runtime.now() + work.runtime.conversation.reminder_after
    wait = await work.store.park(work.claim, due)
    if wait is not None and work.suspended is not None:
        # An operator did it; Prefect asks whoever resumes that for nothing.
        raise Pause(state=work.suspended)
    if wait is not None:
        # From here on whoever brings a message finds the conversation parked and resumes it.
        work.resting = True
        await asuspend_flow_run(
            wait_for_input=LeadReply,
            timeout=int(work.runtime.conversation.suspend_timeout.total_seconds()),
            key=f"wait-{wait}",  # `_reminded_by_hand` reads the form under it
        )


def _due(work: Work) -> bool:
    """Whether the store's clock says that the lead was silent long enough."""
    return work.claim.wake_due_at is None or work.claim.wake_due_at <= work.runtime.now()


async def _reminded_by_hand(work: Work) -> bool:
    """Whether whoever resumed the run before its time ticked *remind now*."""
    try:
        reply = await LeadReply.aload(keyset_from_base_key(f"suspended-wait-{work.claim.wait}"), work.flow_run_id)
    except (httpx.HTTPError, PrefectException, ValueError) as exc:
        # Nobody resumed it with the form; or Prefect is away, and the silence takes its time.
        get_run_logger().info("no form of this resume: %s", type(exc).__name__)
        return False
    if reply.remind_now:
        # A person decided it, above what REMINDERS allows.
        work.claim = work.claim.model_copy(update={"asked": True})
    return reply.remind_now


async def _whole_burst(work: Work, news: asyncio.Event, drained: Drained) -> Drained:
    """People write in bursts, and each of our messages costs money: wait until nothing new came for a moment."""
    options = work.runtime.conversation
    loop = asyncio.get_running_loop()
    limit = loop.time() + options.burst_limit_seconds
    # The message's age counts, for it may have travelled a while; by the store's clock, so never less than zero.
    age = max((work.runtime.now() - max(m.received_at for m in drained.messages)).total_seconds(), 0.0)
    quiet = loop.time() + options.burst_seconds - age
    while (left := min(quiet, limit) - loop.time()) > 0 and not work.runtime.closing.is_set():
        await _first_of(news, work.runtime.closing, timeout=left)
        news.clear()
        # a message may be gone (erasure, merge, taken back): then keep what was seen, the turn looks again
        latest = await work.store.drain(work.lead_id, LINES)
        latest = latest if latest.messages else drained
        if {m.id for m in latest.messages} - {m.id for m in drained.messages}:
            quiet = loop.time() + options.burst_seconds
        drained = latest
    return drained


async def _first_of(*events: asyncio.Event, timeout: float) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
