"""A chat as a phone shows it: bubbles, what can be tapped, and the ticks under them."""

from __future__ import annotations

import base64
import secrets
from typing import Literal

from pydantic import BaseModel, Field, computed_field

TICKS = {"sent": 1, "delivered": 2, "read": 2}
RANK = {"accepted": 0, "sent": 1, "delivered": 2, "read": 3}


def new_wamid() -> str:
    """A message id as opaque as Meta's; random, so that a restarted simulator never repeats one."""
    return "wamid." + base64.urlsafe_b64encode(secrets.token_bytes(24)).decode()


class Tappable(BaseModel):
    """A button or a list row that a person can tap."""

    id: str
    title: str
    description: str = ""


class Bubble(BaseModel):
    """One message of a chat. `at` is in Unix seconds; `status` is what the sender of the bubble knows of it."""

    seq: int = 0
    from_: Literal["us", "lead"] = Field(serialization_alias="from")
    type: str
    text: str = ""
    footer: str = ""
    buttons: list[Tappable] = []
    rows: list[Tappable] = []
    list_label: str | None = None
    template: str | None = None
    # what Meta charges a message of ours as
    category: str = Field(default="service", exclude=True)
    media_id: str | None = None
    filename: str | None = None
    mime_type: str | None = None
    size: int | None = None
    # latitude and longitude of a location
    place: tuple[float, float] | None = None
    reply_to: str | None = None
    wamid: str = Field(default_factory=new_wamid)
    status: str = "accepted"
    error: int | None = None
    at: float = 0.0
    # Of a message of ours, to report on it: whether it was sent to a number, its biz_opaque_callback_data, and why it fails later.
    to_phone: bool = Field(default=False, exclude=True)
    opaque: str | None = None
    failure: int | None = Field(default=None, exclude=True)
    # when the webhook first took a status of a message of ours; Unix seconds
    told_at: float | None = None

    @computed_field
    @property
    def ticks(self) -> int:
        return TICKS.get(self.status, 0)

    def advance(self, status: str) -> None:
        """Statuses only move forward; a late `delivered` does not undo `read`."""
        if status == "failed" or RANK[status] > RANK.get(self.status, 99):
            self.status = status
