"""What forms have in common: a key that makes two of them one, and the page that follows."""

from __future__ import annotations

import re
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from flows.adapters.store.acted import Acted
from flows.adapters.store.sheets import LeadSheet
from webhook.ops.guard import Submitted, not_found

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


def keyed(form: Submitted) -> str | None:
    """What makes a form that is sent twice one; None for none of ours."""
    key = form.fields.get("key", "")
    return key if _KEY.fullmatch(key) else None


def refused(lead_id: UUID, said: str) -> Response:
    """Back to the lead's page, which says why nothing was done."""
    return RedirectResponse(f"/ops/leads/{lead_id}?m={said}", status_code=303)


def first_name(sheet: LeadSheet) -> str:
    """What a person is called by; empty where nobody knows."""
    return next(iter((sheet.name or "").split()), "")


def id_of(given: str | None) -> UUID | None:
    """An id that a form brings; None for anything else."""
    try:
        return UUID(given) if given else None
    except ValueError:
        return None


def after(request: Request, lead_id: UUID, action: str, acted: Acted, outcome: str | None = None) -> Response:
    """Hands on what the conversation needs, and goes back to the lead's page, so that a reload repeats nothing. `outcome`:
    what is said when it is not the action's own."""
    if acted.outcome == "no_such_lead":
        raise not_found()
    if acted.dispatch:
        request.app.state.dispatcher.soon([acted.dispatch])
    return RedirectResponse(f"/ops/leads/{lead_id}?m={action}.{outcome or outcome_of(acted)}", status_code=303)


def outcome_of(acted: Acted) -> str:
    """What is said: that another person has the conversation (the page names them), or that nobody has."""
    return "taken_over" if acted.outcome == "not_taken_over" and acted.held_by else acted.outcome
