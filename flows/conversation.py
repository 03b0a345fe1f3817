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
from prefect.states import Completed, State

from flows.conversing.runtime import Work, working
from flows.conversing.sending import deliver_unsent
from flows.conversing.showing import show
from flows.conversing.turn import answer
from flows.conversing.waiting import End, Messages, Silence, wait_for_lead
from flows.errors import Fix, GiveUp, TryAgain
from flows.reminder import send_reminder_message
from flows.shown.words import OUTCOMES


@flow(name="conversation", persist_result=False)
async def conversation(lead_id: UUID) -> State[Any]:
    async with working("conversation", lead_id) as work:
        if isinstance(work, str):
            return ended(work)
        while True:
            match await wait_for_lead(work):
                case Messages(messages):
                    await answer(work, messages)
                case Silence():
                    end = await remind(work)
                    if end and await finished(work, end):
                        return ended(end)
                case End(outcome):
                    if await finished(work, outcome):
                        return ended(outcome)
    return ended("gone")


async def remind(work: Work) -> str | None:
    """Sends the next reminder, or says how a conversation ends that has had all of them. One that an operator asked for
    goes out even then, and where reminders are switched off: a person decided it."""
    if work.claim.reminders >= work.runtime.conversation.reminders and not work.claim.asked:
        return "silent"
    try:
        outcome = await send_reminder_message(work.lead_id, work.claim.wait, work.claim.reminders + 1)
    except (GiveUp, TryAgain, Fix) as exc:
        # The task is red and says why; the conversation is as before. One that was only put off goes out later.
        get_run_logger().error("no reminder: %s", exc)
        outcome = "failed"
    if outcome in ("sent", "uncertain", "failed"):
        work.claim = work.claim.model_copy(update={"reminders": work.claim.reminders + 1, "asked": False})
    ends = {"opted out": "opted_out", "refused": "silent", "closed": "closed", "taken over": "taken_over"}
    return ends.get(outcome)


async def finished(work: Work, outcome: str) -> bool:
    """Ends the run in the store; False when a message came in this very moment, which is answered first."""
    await show(work, outcome)
    if not await work.store.finish(work.claim, outcome):
        return False
    if outcome == "taken_over":
        # What the person wrote while this run was ending counted on it.
        await deliver_unsent(work, (await work.store.drain(work.lead_id)).unsent)
    return True


def ended(outcome: str) -> State[Any]:
    """A lead who fell silent, chose, or said goodbye is an outcome, not a failure; its name says which."""
    return Completed(name=outcome.replace("_", " ").title().replace(" ", ""), message=OUTCOMES.get(outcome, outcome))


if __name__ == "__main__":
    from flows.conversing.terminal import main

    sys.exit(main(conversation))
