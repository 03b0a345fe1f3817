"""After 24 hours: the approved templates that a person may still send, read from WhatsApp, and the sending of one."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from uuid import UUID

from fastapi import APIRouter, Request, Response

from flows import settings
from flows.adapters.store.sheets import LeadSheet
from flows.adapters.templates import Approved, Templates
from flows.errors import Fix, TryAgain
from webhook.ops.forms import after, first_name, keyed, refused
from webhook.ops.guard import Form, PageRoute, operations

log = logging.getLogger(__name__)

router = APIRouter(prefix="/ops/leads/{lead_id}", route_class=PageRoute)

# Seconds. Templates change a few times a year; what failed is asked again sooner.
_FRESH, _AGAIN = 300.0, 20.0
_LONGEST_VALUE = 500


class Shelf:
    """The templates as WhatsApp listed them some minutes ago at most; None while nobody can say."""

    def __init__(self, source: Templates, *, without: str, clock: Callable[[], float] = time.monotonic) -> None:
        """`without`: the welcome, whose button is of no use without its secret; `clock`: seconds."""
        self._source, self._without, self._clock = source, without, clock
        self._found: list[Approved] | None = None
        self._until = 0.0

    async def templates(self) -> list[Approved] | None:
        if self._clock() >= self._until:
            try:
                self._found = [each for each in await self._source.listed() if each.name != self._without]
                self._until = self._clock() + _FRESH
            except (TryAgain, Fix) as exc:
                # what was approved some minutes ago mostly still is, and WhatsApp says so if not
                log.warning("the templates could not be read: %s", exc)
                self._until = self._clock() + _AGAIN
        return self._found


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Shelf | None]:
    """The shelf of the account that this process is told of; without one there is none."""
    try:
        group = settings.read(settings.WhatsApp)
    except Fix:
        yield None
        return
    if group.whatsapp_business_account_id is None:
        yield None
        return
    async with Templates(
        base_url=group.whatsapp_base_url,
        api_version=group.whatsapp_api_version,
        account=group.whatsapp_business_account_id,
        token=group.whatsapp_api_token.get_secret_value(),
    ) as source:
        yield Shelf(source, without=group.whatsapp_welcome_template_name)


async def offered_templates(request: Request, sheet: LeadSheet) -> list[tuple[Approved, list[str]]] | None:
    """The templates with what their gaps begin with: the first is the first name, as in ours."""
    shelf: Shelf | None = request.app.state.shelf
    found = await shelf.templates() if shelf else None
    if found is None:
        return None
    return [(each, [first_name(sheet) if n == 0 else "" for n in range(each.gaps)]) for each in found]


@router.post("/template")
async def template(request: Request, lead_id: UUID, form: Form) -> Response:
    key, shelf = keyed(form), request.app.state.shelf
    if key is None:
        return refused(lead_id, "write.stale")
    known = await shelf.templates() if shelf else None
    if known is None:
        return refused(lead_id, "write_template.away")
    wanted = (form.fields.get("name"), form.fields.get("language"))
    found = next((each for each in known if (each.name, each.language) == wanted), None)
    if found is None:
        return refused(lead_id, "write_template.unknown")
    # a gap takes neither line breaks nor runs of spaces (132012)
    values = [" ".join(form.fields.get(f"v{n}", "").split())[:_LONGEST_VALUE] for n in range(1, found.gaps + 1)]
    if not all(values):
        return refused(lead_id, "write_template.empty")
    row = {"name": found.name, "language": found.language, "body": values, "buttons": []}
    acted = await operations(request).send(lead_id, form.session.operator, key, found.filled(values), template=row)
    return after(request, lead_id, "write_template", acted)
