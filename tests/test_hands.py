"""The operator's hands in Prefect: each of its buttons at each moment of a conversation (docs/prefect.md has the table).

Whatever is pressed, the lead is answered once, and no run is left *Cancelling*.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from flows.settings import ROOT
from tests.people import Person
from tests.world import World

# As Prefect's UI sends them.
BUTTONS: dict[str, dict[str, Any]] = {
    "Suspend": {"type": "PAUSED", "name": "Suspended", "state_details": {"pause_reschedule": True}},
    "Pause": {"type": "PAUSED", "name": "Paused"},
    "Cancel": {"type": "CANCELLING", "name": "Cancelling"},
    "Retry": {"type": "SCHEDULED", "name": "AwaitingRetry"},
    "Change state": {"type": "FAILED", "name": "Failed"},
}
# The state in which the run is left before anybody writes again; None where it does not say anything.
ROWS: dict[tuple[str, str], str | None] = {
    ("waits in memory", "Suspend"): "Suspended",
    ("waits in memory", "Pause"): "Suspended",
    ("waits in memory", "Cancel"): "Cancelled",
    ("waits in memory", "Delete"): None,
    ("waits in memory", "Change state"): None,
    ("in a turn", "Suspend"): None,
    ("in a turn", "Cancel"): None,
    ("in a turn", "Delete"): None,
    ("in a turn", "Change state"): None,
    ("suspended", "Resume"): "Suspended",
    ("suspended", "Cancel"): "Cancelled",
    ("suspended", "Delete"): None,
    ("suspended", "Change state"): "Failed",
    ("ended", "Retry"): "Completed",
    ("ended", "Delete"): None,
    ("replaced", "Retry"): None,
}


def press(world: World, run: str, button: str) -> None:
    path = f"/flow_runs/{run}"
    if button == "Delete":
        world.prefect.delete(path).raise_for_status()
    elif button == "Resume":
        # Prefect stores the state before the form for its input: whoever is quicker is told so and presses again.
        world.until(
            "Prefect takes it",
            lambda: world.prefect.post(f"{path}/resume", json={"run_input": {}}).json()["status"] == "ACCEPT",
        )
    else:
        # The UI forces what it changes and retries; the others it proposes.
        body = {"state": BUTTONS[button], "force": button in ("Change state", "Retry")}
        world.prefect.post(f"{path}/set_state", json=body).raise_for_status()


def begins(world: World, moment: str) -> tuple[Person, str]:
    """A lead at this moment of the conversation, and its flow run."""
    marina = world.person()
    marina.write("pare" if moment == "ended" else "oi")
    marina.hears()
    (run,) = world.runs_of(marina)
    if moment == "replaced":
        return marina, replaced(world, marina, str(run["id"]))
    reached: dict[str, Callable[[], bool]] = {
        "waits in memory": lambda: world.state_of(marina) == "Running",
        "suspended": lambda: world.state_of(marina) == "Suspended",
        "in a turn": lambda: world.state_of(marina) == "Suspended",
        "ended": lambda: world.state_of(marina) == "Completed",
    }
    world.until(moment, reached[moment])
    if moment == "in a turn":
        world.fault(plans={"kind": "timeout", "seconds": 3, "times": 1})
        marina.write("moro em Recife, PE")
        world.until(moment, lambda: world.state_of(marina) == "Running")
    return marina, str(run["id"])


def replaced(world: World, marina: Person, run: str) -> str:
    """An operator has failed this run, and another goes on and is suspended; gives the first."""
    world.suspended(marina)
    press(world, run, "Change state")
    marina.write("alô?")
    marina.hears(within=60)
    world.until(
        "the other one is suspended",
        lambda: sorted(found["state"]["name"] for found in world.runs_of(marina)) == ["Failed", "Suspended"],
    )
    return run


@pytest.mark.parametrize(("moment", "button"), ROWS, ids=lambda each: each.replace(" ", "-"))
def test_whatever_an_operator_presses_the_lead_is_answered_once(world: World, moment: str, button: str) -> None:
    marina, run = begins(world, moment)
    waits = world.waits_of(marina)
    press(world, run, button)
    if moment == "in a turn":
        marina.hears(within=60)
    if button == "Resume" or moment == "replaced":
        world.until("it has lain down again", lambda: world.waits_of(marina) == waits + 1)
    if state := ROWS[moment, button]:
        world.until(f"the run is {state}", lambda: world.state_of(marina) == state, within=15)
    marina.write("oi de novo" if moment == "ended" else "moro em Olinda, PE")
    marina.hears(within=15 if button in ("Suspend", "Pause", "Cancel") else 60)
    marina.hears_nothing(3)
    names = [found["state"]["name"] for found in world.runs_of(marina)]
    assert "Cancelling" not in names and "Crashed" not in names


def test_the_table_of_the_guide_has_these_rows() -> None:
    guide = (ROOT / "docs" / "prefect.md").read_text("utf-8").split("## The operator's hands\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|*]+?) \| ((?:\*[A-Z][a-z ]+\*(?:, )?)+) \|", guide, re.M)
    written = [(moment, button) for moment, buttons in rows for button in re.findall(r"\*(.+?)\*", buttons)]
    assert written == list(ROWS)
