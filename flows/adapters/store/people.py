"""The operators themselves, of the lead store: who may do what at /ops, their logins, and the links by which they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from flows.adapters.store.functions import Function
from flows.adapters.store.transports import Transport
from flows.domain import Record


class Role(Enum):
    """What an operator may do; each may all that those before it may. No text, because texts have an order of their own."""

    READS = "reads"
    ANSWERS = "answers"
    ADMINISTERS = "administers"

    def covers(self, least: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(least)


class Person(Record):
    """One operator. `invited`: has chosen no password yet; `identity`: what the identity provider calls them, if they may log in
    there; `link_until`: a link is out with which they choose a password."""

    name: str
    role: Role
    invited: bool
    identity: str | None = None
    link_until: datetime | None = None
    disabled_at: datetime | None = None
    last_login_at: datetime | None = None
    password_changed_at: datetime | None = None
    created_at: datetime
    created_by: str

    @property
    def logs_in(self) -> bool:
        return (not self.invited or self.identity is not None) and self.disabled_at is None

    @property
    def link_stands(self) -> bool:
        return self.link_until is not None and self.link_until > datetime.now(UTC)


class Credentials(Record):
    """What a password is compared with; no hash: this operator may not log in (any more, or yet)."""

    epoch: int
    password_hash: str | None


class Identified(Record):
    """Whom the identity provider means."""

    name: str
    epoch: int


class ActionRow(Record):
    """Something an operator did. `lead_id` outlives the lead, so that an erasure stays provable; `id` and the lead's name as it
    is now are only in the list of all."""

    id: int | None = None
    at: datetime
    operator: str
    action: str
    lead_id: UUID | None = None
    lead_name: str | None = None
    lead_known: bool = True
    details: dict[str, Any] = Field(default_factory=dict)


Change = Literal["set_role", "set_identity", "disable", "enable", "end_logins", "new_link"]
# `last_administrator`: somebody who can log in has to administer; `taken`: a name is one person's, and stays that.
Changed = Literal["done", "nothing", "nobody", "disabled", "last_administrator", "taken"]


class People:
    """The operators of an open lead store (`LeadStore.people`). Raises as LeadStore does."""

    def __init__(self, transport: Transport) -> None:
        self._call = transport.call

    # who there is

    async def first(self, operators: dict[str, str]) -> tuple[int, int]:
        """Makes these (name to argon2 hash) administrators if there is nobody at all: how many were made, how many there are."""
        found = await self._call(Function.OPS_FIRST_OPERATORS, operators=operators)
        return found["made"], found["known"]

    async def all(self) -> tuple[Person, ...]:
        """Who may log in first, each by name."""
        return tuple(Person.model_validate(row) for row in await self._call(Function.OPS_OPERATORS))

    async def team(self) -> list[str]:
        """Who can be given a conversation: whoever can log in and answer."""
        return [each.name for each in await self.all() if each.logs_in and each.role.covers(Role.ANSWERS)]

    # what administrators do; a `link` is the SHA-256 in hex of its token

    async def invite(self, operator: str, name: str, role: Role, link: str, lasting: timedelta) -> Changed:
        return await self._changed(
            Function.OPS_INVITE,
            operator=operator,
            name=name,
            role=role.value,
            link=link,
            seconds=lasting.total_seconds(),
        )

    async def change(
        self,
        operator: str,
        name: str,
        what: Change,
        *,
        role: Role | None = None,
        link: str | None = None,
        lasting: timedelta | None = None,
        identity: str | None = None,
    ) -> Changed:
        """A new role or identity, and the end of what somebody may, end all of their logins at once. `new_link` (`link`, good for `lasting`)
        lets them choose a password again; until they do, the old one is good."""
        return await self._changed(
            Function.OPS_CHANGE_OPERATOR,
            operator=operator,
            name=name,
            what=what,
            role=role and role.value,
            link=link,
            seconds=None if lasting is None else lasting.total_seconds(),
            identity=identity,
        )

    async def rescue(self, operator: str, name: str, link: str, lasting: timedelta) -> str:
        """Makes this name an administrator who can log in by the link, whatever was so before; the name as it is spelt."""
        found = await self._call(
            Function.OPS_RESCUE, operator=operator, name=name, link=link, seconds=lasting.total_seconds()
        )
        return str(found["name"])

    # passwords

    async def credentials(self, name: str) -> Credentials | None:
        found = await self._call(Function.OPS_CREDENTIALS, operator=name)
        return Credentials.model_validate(found) if found else None

    async def invited(self, link: str) -> str | None:
        """Whose link this is; None when there is none, any more."""
        found = await self._call(Function.OPS_INVITED, link=link)
        return found["name"] if found else None

    async def join(self, link: str, password_hash: str) -> str | None:
        """Somebody chose a password by their link, which is used up; all their logins are over. Who it was; None as above."""
        found = await self._call(Function.OPS_JOIN, link=link, password_hash=password_hash)
        return found["name"] if found else None

    async def renew(self, name: str, epoch: int, password_hash: str | None = None) -> int | None:
        """Ends all logins of who has this one, with another password or the same: the epoch for one that goes on. None when
        this one was over meanwhile."""
        found = await self._call(Function.OPS_RENEW, operator=name, epoch=epoch, password_hash=password_hash)
        return found["epoch"] if found else None

    # logins

    async def identified(self, identity: str) -> Identified | None:
        """Who logs in under this name of the identity provider's; None for who may not, and nobody is made an operator."""
        found = await self._call(Function.OPS_IDENTIFIED, identity=identity)
        return Identified.model_validate(found) if found else None

    async def logged_in(self, name: str) -> None:
        await self._call(Function.OPS_LOGGED_IN, operator=name)

    async def session(self, name: str, epoch: int, session: str) -> Role | None:
        """What the login may do; None when it is over. `session` is the SHA-256 in hex of its token. Two indexed reads."""
        found = await self._call(Function.OPS_SESSION, operator=name, epoch=epoch, session=session)
        return Role(found["role"]) if found else None

    async def end_session(self, session: str, lasts: timedelta) -> None:
        """A login was logged out, for all replicas and for good; `lasts`: how long the longest may still last, after which it
        need not be remembered."""
        await self._call(Function.OPS_END_SESSION, session=session, lasts_seconds=lasts.total_seconds())

    async def _changed(self, function: Function, **arguments: Any) -> Changed:
        outcome: Changed = (await self._call(function, **arguments))["outcome"]
        return outcome
