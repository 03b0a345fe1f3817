"""People of the story: a simulated phone, seen from its owner's side."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

_numbers = itertools.count(random.randrange(10_000_000, 80_000_000))


@dataclass
class Person:
    """One person with a phone on the simulator. `replies` are the messages of ours that reached them, in order."""

    api: httpx.Client
    id: str
    phone: str
    bsuid: str
    seq: int = 0
    replies: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def with_phone(cls, simulator: httpx.Client, **attributes: Any) -> Person:
        phone = f"+55819{next(_numbers):08d}"
        made = simulator.post("/simulator/phones", json={"name": "Marina Alves", "phone": phone, **attributes})
        body = made.raise_for_status().json()
        return cls(simulator, body["id"], phone, body["user_id"])

    def write(self, text: str, **more: Any) -> str:
        return self.does(type="text", text=text, **more)

    def does(self, **message: Any) -> str:
        answer = self.api.post(f"/simulator/phones/{self.id}/messages", json=message)
        return str(answer.raise_for_status().json()["wamid"])

    def burst(self, *texts: str, batched: bool = False) -> None:
        body = {"texts": list(texts), "batched": batched}
        self.api.post(f"/simulator/phones/{self.id}/burst", json=body).raise_for_status()

    def look(self, wait: float = 0.0) -> list[dict[str, Any]]:
        """What is new of ours."""
        chat = self.api.get(
            f"/simulator/phones/{self.id}/chat", params={"after": self.seq, "wait": wait}, timeout=wait + 10
        ).json()
        new = []
        for bubble in chat:
            self.seq = max(self.seq, bubble["seq"])
            if bubble["from"] == "us" and bubble["status"] != "failed":
                new.append(bubble)
        self.replies += new
        return new

    def hears(self, within: float = 20.0) -> str:
        """The text of the next message of ours."""
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            if new := self.look(min(left, 2.0)):
                return str(new[0]["text"])
        raise AssertionError(f"nothing was heard within {within} s")

    def hears_nothing(self, during: float) -> None:
        deadline = time.monotonic() + during
        while (left := deadline - time.monotonic()) > 0:
            new = self.look(left)
            assert not new, f"unexpected: {[bubble['text'] for bubble in new]}"
