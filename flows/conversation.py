"""Flow `conversation`: answer what the lead writes, wait, remind once after two silent hours, end.

One run per lead at a time. The store remembers, not the run: a resumed run begins at its first line and does only what
is left to do. Run it alone: `python -m flows.conversation --help`.
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.states import Completed, State

from flows.answering import answer
from flows.reminder import send_reminder_message
from flows.runtime import Work, working
from flows.waiting import End, Messages, Silence, wait_for_lead


@flow(name="conversation", persist_result=False)
async def conversation(lead_id: UUID) -> State[Any]:
    async with working("conversation", lead_id) as work:
        if isinstance(work, str):
            return Completed(name=work.capitalize(), message=f"Nothing to do: {work}.")
        while True:
            match await wait_for_lead(work):
                case Messages(messages):
                    await answer(work, messages)
                case Silence():
                    end = await remind(work)
                    if end and await work.store.finish(work.claim, end):
                        return ended(end)
                case End(outcome):
                    # refused when a message came in this very moment: then it is answered first
                    if await work.store.finish(work.claim, outcome):
                        return ended(outcome)


async def remind(work: Work) -> str | None:
    """Sends the next reminder, or says how a conversation ends that has had all of them."""
    if work.claim.reminders >= work.runtime.conversation.reminders:
        return "silent"
    outcome = await send_reminder_message(work.lead_id, work.claim.wait, work.claim.reminders + 1)
    if outcome in ("sent", "uncertain"):
        work.claim = work.claim.model_copy(update={"reminders": work.claim.reminders + 1})
    return {"opted out": "opted_out", "refused": "silent", "closed": "closed"}.get(outcome)


def ended(outcome: str) -> State[Any]:
    """A lead who fell silent, chose, or said goodbye is an outcome, not a failure; its name says which."""
    return Completed(name=outcome.replace("_", " ").title().replace(" ", ""), message=f"Conversation ended: {outcome}.")


if __name__ == "__main__":
    from flows.terminal import main

    sys.exit(main())
