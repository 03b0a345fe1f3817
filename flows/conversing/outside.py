"""The world outside as a conversation knows it: who carries its messages, and who knows the plans. Each is a protocol, so that
runtime and flows know no vendor; which vendor it is, is said at the end of this file and nowhere else."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol, Self

from flows import settings
from flows.adapters.serena.partner import PartnerApi
from flows.adapters.serena.plans import PlansApi
from flows.adapters.whatsapp import CloudApi, File, Recipient, Sent, Template
from flows.domain import Content, Coverage, Media, PlansUnavailable
from flows.errors import Fix


class Messenger(Protocol):
    """Carries messages to people and files back, open between `async with` and its end. Every failure is one of
    `flows.errors`; `OutcomeUnknown` says that a message may have gone."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exception: object) -> None: ...

    async def send(self, to: Recipient, content: Content, *, tracker: str, file: bytes = b"") -> Sent:
        """One free-form message, with its file if it has one; `tracker`, our row's id, comes back in what is told of it later."""
        ...

    async def send_template(self, to: Recipient, template: Template, *, tracker: str) -> Sent:
        """An approved text, to people who have not written lately."""
        ...

    async def show_typing(self, wamid: str) -> None:
        """Their message is read, and we are typing; may be repeated."""
        ...

    async def download(self, media: Media, *, max_bytes: int, accept: Collection[str]) -> File:
        """A file that they sent, whole and of one of these MIME types."""
        ...


class PlansSource(Protocol):
    """Knows where there are plans and which, open between `async with` and its end."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exception: object) -> None: ...

    async def coverage(
        self, city: str, state: str, *, ibge_code: int | None = None, utility: str | None = None
    ) -> Coverage:
        """What there is in a place; `utility` names the distribuidora where the city has several. Never raises for its
        vendor's sake: no usable answer is `PlansUnavailable`, which says nothing about coverage."""
        ...


class NoPlans:
    """A source that is not there: the assistant says that the check takes longer."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        return None

    async def coverage(
        self, city: str, state: str, *, ibge_code: int | None = None, utility: str | None = None
    ) -> Coverage:
        return PlansUnavailable()


def messenger(account: settings.WhatsApp) -> Messenger:
    return CloudApi(
        token=account.whatsapp_api_token.get_secret_value(),
        phone_number_id=account.whatsapp_phone_number_id,
        api_version=account.whatsapp_api_version,
        base_url=account.whatsapp_base_url,
    )


def plans_source() -> PlansSource:
    """Raises Fix with the variables that are missing."""
    serena = settings.read(settings.Serena)
    return PlansApi(base_url=serena.serena_api_base_url, token=serena.serena_api_token.get_secret_value())


def plans_at_a_desk() -> PlansSource:
    """The configured source, else none: without a token nobody knocks at its door."""
    try:
        return plans_source()
    except Fix:
        return NoPlans()


def partner() -> PartnerApi | None:
    """Where leads who chose a plan are registered; None: registration is switched off. Raises Fix."""
    serena = settings.read(settings.Serena)
    if not serena.serena_register_leads:
        return None
    return PartnerApi(base_url=serena.serena_api_base_url, token=serena.serena_api_token.get_secret_value())
