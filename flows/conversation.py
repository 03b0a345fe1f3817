"""Flow `conversation`: answer what the lead writes, wait, remind once after two silent hours, end.

One run per lead at a time. The store remembers, not the run: a resumed run begins at its first line and does only what
is left to do. Run it alone: `python -m flows.conversation --help`.
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.logging import get_run_logger
from prefect.states import State

from flows.conversing.runtime import End, Work, at_work
from flows.conversing.sending import deliver_unsent
from flows.conversing.showing import ended, show_run
from flows.conversing.turn import answer
from flows.conversing.waiting import Messages, Silence, wait_for_lead
from flows.domain import Outcome
from flows.errors import Fix, GiveUp, TryAgain
from flows.reminder import ENDS, Reminded, may_remind, send_reminder_message


@flow(name="conversation", persist_result=False)
async def conversation(lead_id: UUID) -> State[Any]:
    """Answers a lead, waits, reminds once after two silent hours.

    Args:
        lead_id: The lead's id in the lead store (`leads.id`).
    """
    return await ended(await at_work("conversation", lead_id, talk))


async def talk(work: Work) -> End:
    """Until there is nothing to say or to wait for. To wait long is to leave this process (`wait_for_lead`)."""
    while True:
        match await wait_for_lead(work):
            case Messages(drained):
                await answer(work, drained)
            case Silence():
                if (outcome := await remind(work)) and await finished(work, outcome):
                    return End(outcome)
            case End(outcome) as end:
                if await finished(work, outcome):
                    return end


async def remind(work: Work) -> Outcome | None:
    """Sends the next reminder, or says how a conversation ends that may have none; None where the wait begins anew: one went
    out, or has to wait (for an answer, for what has not left, for the morning). One that an operator asked for goes out even
    after the last, and where reminders are switched off: a person decided it."""
    verdict = await may_remind(work)
    if verdict.verdict != "go":
        return None if verdict.verdict == "wait" else ENDS.get(verdict.reason, Outcome.SILENT)
    try:
        done = await send_reminder_message(work.lead_id, work.claim.wait, work.claim.reminders + 1)
    except (GiveUp, TryAgain, Fix) as exc:
        # The task is red and says why; the conversation is as before. One that was only put off goes out later.
        get_run_logger().error("no reminder: %s", exc)
    else:
        if isinstance(done, Outcome):
            return done
        if done is Reminded.WAITS:
            return None
    work.claim = work.claim.model_copy(update={"reminders": work.claim.reminders + 1, "asked": False})
    return None


async def finished(work: Work, outcome: Outcome) -> bool:
    """Ends the run in the store; False when a message came in this very moment, which is answered first."""
    await show_run(work, outcome)
    if not await work.store.finish(work.claim, outcome):
        return False
    if outcome is Outcome.TAKEN_OVER:
        # What the person wrote while this run was ending counted on it.
        await deliver_unsent(work, (await work.store.drain(work.lead_id)).unsent)
    return True


if __name__ == "__main__":
    from flows.conversing.terminal import main

    sys.exit(main(conversation))
