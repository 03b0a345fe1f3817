"""The simulated world, all in memory: phones, media, templates, faults, and the way to our webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request

from deployments.simulator import payloads
from deployments.simulator.changes import Changes
from deployments.simulator.chat import Bubble
from deployments.simulator.deliveries import Deliveries
from deployments.simulator.faults import Faults
from deployments.simulator.media import MediaShelf
from deployments.simulator.phones import Phone, PhoneBook
from deployments.simulator.settings import SimulatorSettings
from deployments.simulator.templates import TemplateShelf


class World:
    """Everything there is, and what happens in it. `clock` gives Unix seconds; only asyncio's own loop runs here."""

    def __init__(self, settings: SimulatorSettings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.now = clock
        self.changes = Changes()
        self.phones = PhoneBook(self.changes)
        self.media = MediaShelf()
        self.templates = TemplateShelf()
        self.faults = Faults(self.changes)
        self.deliveries = Deliveries(settings)
        # Who wrote which message, for marking it read.
        self.writers: dict[str, Phone] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def webhook(
        self, field: str, value: dict[str, Any], *, copies: int = 1, on_delivered: Callable[[], None] | None = None
    ) -> asyncio.Event:
        """Deliver one change; the event is set after the first attempt of (one of) the deliveries."""
        body, attempted = payloads.envelope(self.settings, field, value), asyncio.Event()
        for _ in range(copies + self.faults.plan.duplicate_webhooks):
            self.spawn(self.deliveries.deliver(body, attempted, on_delivered))
        return attempted

    def hear(self, phone: Phone, items: list[dict[str, Any]], bubbles: list[Bubble], copies: int = 1) -> None:
        """A person wrote: put it on the phone, open the window, deliver one body with all `items`."""
        for bubble in bubbles:
            phone.add(bubble)
            self.writers[bubble.wamid] = phone
            # Whether a reaction opens the window is not documented; taking "no" keeps senders careful.
            if bubble.type != "reaction":
                phone.last_inbound_at = max(bubble.at, phone.last_inbound_at or 0.0)
        phone.touched()

        def delivered() -> None:
            for bubble in bubbles:
                phone.advance(bubble, "delivered")

        self.webhook("messages", payloads.incoming(phone, items), copies=copies, on_delivered=delivered)

    def accept(self, phone: Phone, bubble: Bubble, *, to_phone: bool, opaque: str | None) -> None:
        """Take a checked message of ours; its statuses follow by themselves."""
        bubble.at = self.now()
        bubble.to_phone, bubble.opaque, bubble.failure = to_phone, opaque, self._later_failure(phone, bubble)
        phone.add(bubble)
        phone.show_typing(0.0)
        self.spawn(self._follow(phone, bubble))

    async def report(self, phone: Phone, bubble: Bubble, status: str) -> None:
        """Tell our webhook a status, and wait for the first answer so that statuses keep their order."""
        await self.faults.statuses_may_go()
        bubble.error = bubble.failure if status == "failed" else None
        phone.advance(bubble, status)
        value = payloads.status(phone, bubble, status, self.now())

        def told() -> None:
            bubble.told_at = bubble.told_at or self.now()

        await self.webhook("messages", value, on_delivered=told).wait()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background; asyncio itself keeps only weak references to tasks."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, phone: Phone, bubble: Bubble) -> None:
        statuses = ("failed",) if bubble.failure else ("sent", "delivered", "read")
        for status in statuses:
            if status == "read" and not phone.reads:
                return
            await asyncio.sleep(self.settings.deliver_delay)
            await self.report(phone, bubble, status)

    def _later_failure(self, phone: Phone, message: Bubble) -> int | None:
        if not phone.whatsapp:
            return 131026
        if not message.template and not phone.window_open(message.at):
            return 131047
        if message.category == "marketing" and phone.marketing_stopped:
            return 131050
        fault = self.faults.take("statuses")
        return fault.code if fault else None


# Async, because FastAPI would run a plain function in a thread for every single request.
async def _world(request: Request) -> World:
    return request.app.state.world


WorldDep = Annotated[World, Depends(_world)]


async def _phone(phone_id: str, world: WorldDep) -> Phone:
    try:
        return world.phones[phone_id]
    except KeyError:
        raise HTTPException(404, f"there is no phone {phone_id}") from None


PhoneDep = Annotated[Phone, Depends(_phone)]
