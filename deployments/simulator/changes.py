"""What changed last, and in which order, so that a page can catch up from wherever it was."""

from __future__ import annotations

import asyncio
import secrets
from itertools import takewhile

# ("phone", id), ("bubble", phone id, seq) or ("faults",)
Key = tuple[str | int, ...]


class Changes:
    """Each key with the number of its latest change. Not a log: who was away for an hour gets each thing once, as it is
    now. `world` tells one simulator's numbers from the next one's, since a restart begins at zero."""

    def __init__(self) -> None:
        self.world = secrets.token_hex(4)
        self.last = 0
        # A dict keeps the order of insertion, so the newest changes are at its end and are found without a search.
        self._numbers: dict[Key, int] = {}
        self._news = asyncio.Event()

    def note(self, *key: str | int) -> None:
        self.last += 1
        self._numbers.pop(key, None)
        self._numbers[key] = self.last
        self._news.set()
        self._news = asyncio.Event()

    def after(self, number: int) -> list[tuple[int, Key]]:
        """What changed since then, oldest change first."""
        newest = takewhile(lambda change: change[1] > number, reversed(self._numbers.items()))
        return [(at, key) for key, at in newest][::-1]

    async def wait(self, number: int) -> None:
        """Until something has changed after `number`."""
        while self.last <= number:
            await self._news.wait()
