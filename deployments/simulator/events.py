"""What the page is told without asking: phones, bubbles and faults as they change, as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from deployments.simulator.changes import Key
from deployments.simulator.world import World, WorldDep

# Proxies and browsers give up a silent connection; a comment now and then keeps it.
SILENT_SECONDS = 15.0
# A benchmark leaves thousands of phones behind; a page that opens then shows the ones that were busy last.
MOST_PHONES = 50

router = APIRouter(prefix="/simulator")


@router.get("/events")
async def follow(world: WorldDep, last_event_id: Annotated[str, Header()] = "") -> StreamingResponse:
    """An endless stream (text/event-stream): `hello` first, then `phone`, `bubble`, `faults`, each as it is now, with
    `ready` after the first of them.

    Every event's id names this world and the number of the change. The browser brings the last one along when it
    reconnects, and gets only what is newer; a page from before a restart is told `fresh` and begins anew.
    """
    of_world, _, number = last_event_id.partition(".")
    known = int(number) if of_world == world.changes.world and number.isdecimal() else None
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(world, known), media_type="text/event-stream", headers=headers)


async def _stream(world: World, known: int | None) -> AsyncIterator[str]:
    changes, seen = world.changes, known or 0
    # `now` tells the page how far its clock is from ours, for typing and the 24 hours.
    yield "retry: 1000\n" + _event("hello", {"fresh": known is None, "now": world.now()})
    if known is None:
        yield _event("faults", world.faults.plan.model_dump(mode="json"))
        recent = set(_recent_phones(world))
    else:
        recent = None
    while True:
        for at, key in changes.after(seen):
            if recent is None or key[0] == "faults" or key[1] in recent:
                yield _event(str(key[0]), _now(world, key), f"{changes.world}.{at}")
            seen = at
        if recent is not None:
            yield _event("ready", {})
            recent = None
        if not await changes.wait(seen, SILENT_SECONDS):
            yield ": still here\n\n"


def _recent_phones(world: World) -> list[str]:
    busy: dict[str, None] = {}
    for _, key in reversed(world.changes.after(0)):
        if key[0] != "faults":
            busy.setdefault(str(key[1]))
        if len(busy) == MOST_PHONES:
            break
    return list(busy)


def _now(world: World, key: Key) -> dict[str, Any]:
    """What the key stands for, as it is at this moment."""
    match key:
        case ("phone", str(phone_id)):
            phone = world.phones.known(phone_id)
            return phone.view(world.now(), world.settings.window_seconds)
        case ("bubble", str(phone_id), int(seq)):
            bubble = world.phones.known(phone_id).chat[seq - 1]
            return {"phone_id": phone_id} | bubble.model_dump(mode="json", by_alias=True)
        case _:
            return world.faults.plan.model_dump(mode="json")


def _event(name: str, data: dict[str, Any], number: str = "") -> str:
    # json.dumps writes no raw line break, which would end the event's data
    head = f"id: {number}\n" if number else ""
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n"
