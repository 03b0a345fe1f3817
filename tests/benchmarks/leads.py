"""Leads who write and wait, many at a time, with the simulator's own clock for what they measure."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import dataclass
from typing import Any

import httpx

from flows.assistant.say import still_reading

_numbers = itertools.count(random.randrange(10_000_000, 80_000_000))
# Questions that the FAQ answers: a turn without the plans API, with an answer each time.
QUESTIONS = ("precisa instalar placas?", "tem fidelidade?", "quem é a serena?", "como funciona?")


@dataclass
class Lead:
    """One simulated person, driven over the simulator's control API."""

    http: httpx.AsyncClient
    id: str
    phone: str
    seq: int = 0

    @classmethod
    async def new(cls, http: httpx.AsyncClient, **attributes: Any) -> Lead:
        phone = attributes.pop("phone", None) or f"+55819{next(_numbers):08d}"
        answer = await http.post("/simulator/phones", json={"name": "Marina Alves", "phone": phone, **attributes})
        body = answer.raise_for_status().json()
        return cls(http, body["id"], phone, int(body["bubbles"]))

    async def says(self, text: str, within: float = 60.0) -> float:
        """Writes, and waits for the next message of ours: seconds from the one to the other call, by the simulator."""
        wrote = await self.http.post(f"/simulator/phones/{self.id}/messages", json={"type": "text", "text": text})
        own = wrote.raise_for_status().json()
        self.seq = max(self.seq, own["seq"])
        return float((await self.hears(within))["at"] - own["at"])

    async def sends_photo(self, within: float = 180.0) -> str:
        """Sends a photo of a bill, and waits for what is answered to it beyond a word of patience."""
        order = {"type": "image", "bill": "celpe"}
        wrote = await self.http.post(f"/simulator/phones/{self.id}/messages", json=order)
        self.seq = max(self.seq, wrote.raise_for_status().json()["seq"])
        while (said := str((await self.hears(within)).get("text", ""))) == still_reading().text:
            pass
        return said

    async def hears(self, within: float = 60.0) -> dict[str, Any]:
        """The next message of ours. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while True:
                for bubble in await self._new(10.0):
                    if bubble["from"] == "us":
                        return bubble

    async def _new(self, wait: float) -> list[dict[str, Any]]:
        answer = await self.http.get(
            f"/simulator/phones/{self.id}/chat", params={"after": self.seq, "wait": wait}, timeout=wait + 30
        )
        new: list[dict[str, Any]] = answer.raise_for_status().json()
        # one at a time, so that a reply that came along is still there for whoever asks next
        new = new[:1]
        if new:
            self.seq = new[0]["seq"]
        return new


async def talk(lead: Lead, turns: int, *, reading: float = 0.0) -> list[float]:
    """That many turns, one after the other, with so many seconds between reply and next message."""
    took = []
    for question in itertools.islice(itertools.cycle(QUESTIONS), turns):
        await asyncio.sleep(reading)
        took.append(await lead.says(question))
    return took
