"""What changed last, and in which order, so that a page can catch up from wherever it was."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator

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

        def newest_first() -> Iterator[tuple[int, Key]]:
            for key, at in reversed(self._numbers.items()):
                if at <= number:
                    return
                yield at, key

        return list(newest_first())[::-1]

    async def wait(self, number: int, seconds: float) -> bool:
        """Whether something changed after `number`, waiting up to `seconds` for it."""
        if self.last > number:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        return True
