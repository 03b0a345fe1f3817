"""The control API under /simulator: the hands of the simulated people, and the switches of the world."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, HTTPException, Query
from pydantic import BaseModel, Field

from deployments.simulator import payloads
from deployments.simulator.chat import Bubble
from deployments.simulator.faults import FaultPlan
from deployments.simulator.incoming import LeadMessage, NothingToTap, compose_inbound
from deployments.simulator.phones import NewPhone
from deployments.simulator.photos import bill_photo
from deployments.simulator.world import PhoneDep, WorldDep

router = APIRouter(prefix="/simulator")


class TextBurst(BaseModel):
    """Several text messages; `batched` puts them into one webhook body."""

    texts: list[str] = Field(min_length=1, max_length=1000)
    batched: bool = True


@router.post("/phones")
async def create_phone(new: NewPhone, world: WorldDep) -> dict[str, Any]:
    """Create a phone; with a number that exists, change the given fields of that one."""
    return world.phones.put(new).view(world.now())


@router.get("/phones")
async def list_phones(world: WorldDep) -> list[dict[str, Any]]:
    return [phone.view(world.now()) for phone in world.phones]


@router.get("/phones/{phone_id}")
async def read_phone(phone: PhoneDep, world: WorldDep) -> dict[str, Any]:
    return phone.view(world.now())


@router.post("/phones/{phone_id}/messages")
async def write_message(order: LeadMessage, phone: PhoneDep, world: WorldDep) -> dict[str, Any]:
    """The person writes, taps, sends a file; the webhook follows on its own. 409 if there is nothing to tap."""
    if order.bill and order.type == "image":
        # drawn in a thread, and remembered for `compose`
        await asyncio.to_thread(bill_photo, order.bill)
    try:
        item, bubble = compose_inbound(world, phone, order)
    except NothingToTap as error:
        raise HTTPException(409, "no message of ours on this phone has such a button or row") from error
    world.hear(phone, [item], [bubble], order.copies)
    told = {"wamid": bubble.wamid, "seq": bubble.seq, "at": bubble.at, "type": bubble.type}
    return told | {"media_id": bubble.media_id}


@router.post("/phones/{phone_id}/burst")
async def write_burst(burst: TextBurst, phone: PhoneDep, world: WorldDep) -> dict[str, list[str]]:
    """Several messages at once, as impatient people write."""
    pairs = [compose_inbound(world, phone, LeadMessage(text=text)) for text in burst.texts]
    for together in [pairs] if burst.batched else [[pair] for pair in pairs]:
        world.hear(phone, [item for item, _ in together], [bubble for _, bubble in together])
    return {"wamids": [bubble.wamid for _, bubble in pairs]}


@router.get("/phones/{phone_id}/chat")
async def read_chat(phone: PhoneDep, after: int = 0, wait: Annotated[float, Query(ge=0, le=120)] = 0.0) -> list[Bubble]:
    """Bubbles of both sides with `seq` above `after`; waits up to `wait` seconds for the first one."""
    return await phone.bubbles_after(after, wait)


@router.post("/phones/{phone_id}/open")
async def open_chat(phone: PhoneDep, world: WorldDep) -> dict[str, int]:
    """The person looks at the chat: what was delivered is read."""
    unread = [bubble for bubble in phone.chat if bubble.from_ == "us" and bubble.status == "delivered"]
    for bubble in unread:
        world.spawn(world.report(phone, bubble, "read"))
    return {"read": len(unread)}


@router.post("/phones/{phone_id}/preferences")
async def set_preference(
    value: Annotated[Literal["stop", "resume"], Body(embed=True)], phone: PhoneDep, world: WorldDep
) -> dict[str, Any]:
    """The person stops or resumes marketing messages in WhatsApp's own menu."""
    phone.marketing_stopped = value == "stop"
    phone.touched()
    world.webhook("user_preferences", payloads.user_preferences(phone, value, world.now()))
    return phone.view(world.now())


@router.post("/phones/{phone_id}/window")
async def set_window(
    phone: PhoneDep, world: WorldDep, close: Annotated[bool, Body(embed=True)] = True
) -> dict[str, Any]:
    """True closes the 24-hour window, false opens it for another 24 hours."""
    phone.last_inbound_at = None if close else world.now()
    phone.touched()
    return phone.view(world.now())


@router.post("/faults")
async def change_faults(plan: FaultPlan, world: WorldDep) -> FaultPlan:
    """Only the given faults change; the answer is what is planned now."""
    world.faults.change(plan)
    return world.faults.plan


@router.delete("/faults")
async def clear_faults(world: WorldDep) -> FaultPlan:
    """All is well again; held statuses go out."""
    world.faults.clear()
    return world.faults.plan
