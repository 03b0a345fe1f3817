"""Simulated phones: who has WhatsApp, and what their chat with us looks like."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field, PrivateAttr

from deployments.simulator.changes import Changes
from deployments.simulator.chat import Bubble
from deployments.simulator.dialling import account_key, bsuid, only_digits, plausible

WINDOW_SECONDS = 24 * 3600.0
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")  # docs/whatsapp.md 4.1


class NewPhone(BaseModel):
    """The body of POST /simulator/phones."""

    model_config = {"extra": "forbid"}

    name: str = "Lead"
    phone: str | None = None
    wa_id: str | None = None
    username: str | None = None
    show_phone: bool = True
    whatsapp: bool = True
    # False: this person does not look at the chat until POST …/open, so `read` does not follow `delivered`.
    reads: bool = True


class Phone(NewPhone):
    """A person with (or without) WhatsApp, and the chat with our number."""

    model_config = {"arbitrary_types_allowed": True}

    id: str
    phone: str
    wa_id: str
    user_id: str
    last_inbound_at: float | None = Field(default=None, exclude=True)
    marketing_stopped: bool = False
    typing_until: float = 0.0
    chat: list[Bubble] = Field(default=[], exclude=True)
    changes: Changes = Field(exclude=True)
    _changed: asyncio.Event = PrivateAttr(default_factory=asyncio.Event)

    def add(self, bubble: Bubble) -> Bubble:
        """Put a bubble at the end of the chat and wake whoever polls for it."""
        bubble.seq = len(self.chat) + 1
        self.chat.append(bubble)
        self._changed.set()
        self._changed = asyncio.Event()
        self.changes.note("bubble", self.id, bubble.seq)
        return bubble

    def advance(self, bubble: Bubble, status: str) -> None:
        """A bubble of this chat has a new status."""
        bubble.advance(status)
        self.changes.note("bubble", self.id, bubble.seq)

    def touched(self) -> None:
        """Something else about this phone changed: who, window, typing."""
        self.changes.note("phone", self.id)

    def show_typing(self, until: float) -> None:
        self.typing_until = until
        self.touched()

    def show_read(self, wamid: str) -> None:
        """We have read this message of the person, and with it all earlier ones."""
        position = next((b.seq for b in reversed(self.chat) if b.wamid == wamid), 0)
        for bubble in self.chat[:position]:
            if bubble.from_ == "lead" and bubble.status != "read":
                self.advance(bubble, "read")

    async def bubbles_after(self, seq: int, wait: float) -> list[Bubble]:
        """Bubbles with a higher number than `seq`, waiting up to `wait` seconds for the first."""
        if len(self.chat) <= seq and wait > 0:
            changed = self._changed
            try:
                async with asyncio.timeout(wait):
                    await changed.wait()
            except TimeoutError:
                return []
        return self.chat[max(seq, 0) :]

    def window_open(self, now: float) -> bool:
        """Whether free-form messages may reach this person (docs/whatsapp.md 5.5)."""
        return self.last_inbound_at is not None and now < self.last_inbound_at + WINDOW_SECONDS

    def view(self, now: float) -> dict[str, Any]:
        """The phone as the control API shows it; instants in Unix seconds, for pages that follow without asking again."""
        told = {"window_open": self.window_open(now), "typing": now < self.typing_until, "bubbles": len(self.chat)}
        return self.model_dump() | told


class PhoneBook:
    """All simulated phones, found by id, number or BSUID."""

    def __init__(self, changes: Changes | None = None) -> None:
        self._changes = changes or Changes()
        self._phones: dict[str, Phone] = {}
        self._by_account: dict[str, Phone] = {}
        self._by_user_id: dict[str, Phone] = {}

    def __iter__(self) -> Iterator[Phone]:
        return iter(self._phones.values())

    def __getitem__(self, phone_id: str) -> Phone:
        return self._phones[phone_id]

    def with_user_id(self, user_id: str, now: float) -> Phone | None:
        """The phone behind a BSUID. One nobody has heard of gets a phone, as an unknown number does: whoever drives our
        webhook with deliveries of their own can then read the answers."""
        known = self._by_user_id.get(user_id)
        if known is None and _USER_ID.fullmatch(user_id):
            known = self.put(NewPhone(show_phone=False), user_id)
            # they must have written to us, or we would not know the BSUID
            known.last_inbound_at = now
        return known

    def put(self, new: NewPhone, user_id: str | None = None) -> Phone:
        """Create a phone, or change the given fields of the one that has this number already."""
        number = only_digits(new.phone) if new.phone else self._spare_number()
        known = self._by_account.get(account_key(number))
        if known is None:
            name, user_id = f"p{len(self._phones) + 1}", user_id or bsuid(number)
            known = Phone(id=name, phone=f"+{number}", wa_id=number, user_id=user_id, changes=self._changes)
            self._phones[known.id] = known
            self._by_account[account_key(number)] = known
            self._by_user_id[known.user_id] = known
        for name in new.model_fields_set - {"phone"}:
            setattr(known, name, getattr(new, name))
        # Only people with a username can hide their number (docs/whatsapp.md 4.2).
        if not known.show_phone and not known.username:
            known.username = f"@lead.{known.id}"
        known.touched()
        return known

    def answering(self, number: str) -> Phone:
        """The phone behind the dialled digits; an unknown number gets one, on WhatsApp if the number can exist."""
        known = self._by_account.get(account_key(number))
        return known or self.put(NewPhone(phone=number, whatsapp=plausible(number)))

    def _spare_number(self) -> str:
        return f"55119{90000000 + len(self._phones) + 1}"
