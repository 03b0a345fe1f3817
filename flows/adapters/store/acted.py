"""What came of an operator's action."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from flows.adapters.store.leads import Dispatch
from flows.domain import Record


class Acted(Record):
    """`done`, or why not. `dispatch` is what the conversation needs from Prefect now. `left`: messages that a give-back leaves
    without an answer."""

    outcome: Literal[
        "done",
        "no_such_lead",
        "taken_over",  # by somebody already, or the action needs it given back first
        "not_taken_over",  # the operator has not taken the lead over; `held_by` has, if anybody
        "opted_out",
        "busy",  # the conversation is answering this very moment: try again
        "window_closed",  # the lead last wrote more than 24 hours ago
        "closed",  # nothing is left to remind of
        "reminded",  # a reminder went out since the lead last wrote
        "nothing",  # there was nothing to do
        "not_erased",  # the lead waits to be erased
        "unsent",  # a message of ours has not left yet
        "never_wrote",
        "no_time",  # a call needs a time, and one to come
        "taken",  # another has that title
        "account_waits",  # the account is restricted, or a limit reached
    ]
    dispatch: Dispatch | None = None
    held_by: str | None = None
    left: int = 0


class Erased(Record):
    """`files`: storage paths of bills to delete now; `flow_runs`: Prefect runs that were open, to be resumed so that they end."""

    outcome: Literal["done", "no_such_lead"]
    files: tuple[str, ...] = ()
    flow_runs: tuple[UUID, ...] = ()
