"""What the page is told without asking: phones, bubbles and faults as they change, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from deployments.simulator.changes import Key
from deployments.simulator.world import World, WorldDep

router = APIRouter(prefix="/simulator")


@router.get("/events", response_class=EventSourceResponse)
async def follow(world: WorldDep, last_event_id: Annotated[str, Header()] = "") -> AsyncIterator[ServerSentEvent]:
    """An endless stream: `hello` first, then `phone`, `bubble`, `faults`, each as it is now, with `ready` after the first
    of them.

    Every event's id names this world and the number of the change. The browser brings the last one along when it
    reconnects, and gets only what is newer; a page from before a restart is told `fresh` and begins anew.
    """
    changes = world.changes
    of_world, _, number = last_event_id.partition(".")
    fresh = of_world != changes.world or not number.isdecimal()
    seen = 0 if fresh else int(number)
    # `now` tells the page how far its clock is from ours, for typing and the 24 hours.
    yield ServerSentEvent(event="hello", data={"fresh": fresh, "now": world.now()}, retry=1000)
    if fresh:
        yield ServerSentEvent(event="faults", data=_now(world, ("faults",)))
    while True:
        for at, key in changes.after(seen):
            yield ServerSentEvent(event=str(key[0]), data=_now(world, key), id=f"{changes.world}.{at}")
            seen = at
        if fresh:
            yield ServerSentEvent(event="ready", data={})
            fresh = False
        await changes.wait(seen)


def _now(world: World, key: Key) -> dict[str, Any]:
    """What the key stands for, as it is at this moment."""
    match key:
        case ("phone", str(phone_id)):
            return world.phones[phone_id].view(world.now())
        case ("bubble", str(phone_id), int(seq)):
            bubble = world.phones[phone_id].chat[seq - 1]
            return {"phone_id": phone_id} | bubble.model_dump(mode="json", by_alias=True)
        case _:
            return world.faults.plan.model_dump(mode="json")
