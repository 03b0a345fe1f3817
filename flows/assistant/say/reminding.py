"""What a silent lead is told, by stage and by how often they were told before (docs/domain.md 2.4); and our apology."""

from __future__ import annotations

from flows.assistant.meaning import Question
from flows.assistant.say.names import called
from flows.assistant.say.sentences import table
from flows.assistant.state import State
from flows.domain import Content, Stage

_FIRST = {
    Stage.FORM_SUBMITTED: "place",
    Stage.INITIAL: "place",
    Stage.AWAITING_PLACE: "place",
    Stage.AWAITING_BILL: "bill",
    Stage.PLANS_SENT: "plan",
}
# Whoever said "mando depois" or "vou pensar" was told that there is no hurry.
_LATER = {Stage.AWAITING_BILL: "bill", Stage.PLANS_SENT: "plan", Stage.BILL_PROCESSED: "reading"}
# What was read on the bill waits for a word of the lead.
_READ_BACK = frozenset({Question.BILL_OK, Question.BILL_WRONG, Question.BILL_PLACE})


def reminder(name: str | None, stage: Stage, state: State, sequence: int = 1) -> Content:
    """Return the text of reminder `sequence` (1, 2, then the last), 50 to 1,000 characters, without any promise.

    `name` is the lead's as the form has it; it is left out where the form is somebody else's.
    """
    texts = table("reminder")
    match sequence:
        case 1 if state.later and stage in _LATER:
            text = texts["later"][_LATER[stage]]
        case 1:
            reads_back = stage is Stage.BILL_PROCESSED and state.waiting in _READ_BACK
            text = texts["first"]["reading" if reads_back else _FIRST.get(stage, "other")]
        case 2:
            text = texts["second"]["any"]
        case _:
            text = texts["last"]["any"]
    first = None if state.disowned else called(name)
    return Content(text=f"{first}, {text}" if first else text[0].upper() + text[1:])


def still_reading() -> Content:
    """Return what a lead reads while a photo takes longer than a moment."""
    return Content(text=table("trouble")["turn"]["still_reading"])


def apology() -> Content:
    """Return what a lead reads when something of ours broke."""
    return Content(text=table("trouble")["turn"]["apology"])
