"""Leaves a failing service alone for a while, so that leads do not wait for it one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MOST_FAILURES = 3
REST_SECONDS = 60.0


@dataclass
class Breaker:
    """Opens after three failures in a row, for a minute; then one turn tries, and its outcome decides."""

    clock: Callable[[], float]
    _failures: int = 0
    _closed_again_at: float = 0.0

    def allows(self) -> bool:
        """Tell whether the service may be tried now."""
        if self._failures < MOST_FAILURES:
            return True
        now = self.clock()
        if now < self._closed_again_at:
            return False
        # This turn is the one that tries; the others keep away until it has an outcome, or another minute is over.
        self._closed_again_at = now + REST_SECONDS
        return True

    def worked(self) -> None:
        """Note an answer."""
        self._failures = 0

    def failed(self) -> None:
        """Note a failure of the service."""
        self._failures += 1
        self._closed_again_at = self.clock() + REST_SECONDS
