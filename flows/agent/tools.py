"""What the assistant may ask of the outside world, whoever answers: plans of a place, and a place for a bill."""

from __future__ import annotations

from typing import Protocol

from flows.assistant.place.places import Place
from flows.domain import BillReceipt, Coverage, InboundMessage


class Tools(Protocol):
    """The two things an assistant cannot know by itself. Neither method raises for an expected outcome."""

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        """Read distribuidora and plans of a place; `utility` is the lead's answer where a city has several.

        A failure of the plans API is `PlansUnavailable`, never "not served" (domain.md, section 0, rule 3).
        """
        ...

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        """Fetch the file of an image or document message and keep it in private storage."""
        ...
