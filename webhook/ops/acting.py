"""What operators do with a conversation, each as a form: take over, give back, write, remind, export, erase."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from flows.adapters.store.sheets import LeadSheet
from flows.conversing.erasures import keep_list
from flows.errors import Fix, TryAgain
from flows.shown.handed import sections
from flows.shown.words import SAID
from webhook.ops.forms import after, id_of, keyed, outcome_of
from webhook.ops.guard import Form, Operator, PageRoute, Submitted, desk, not_found, operations
from webhook.ops.inbox import MESSAGES, sheet_of, show_lead

log = logging.getLogger(__name__)

router = APIRouter(prefix="/ops/leads/{lead_id}", route_class=PageRoute)

# WhatsApp's limit for a text (docs/whatsapp.md 5.7).
LONGEST = 4096
_CONFIRMED = "APAGAR"


@router.post("/take-over")
async def take_over(request: Request, lead_id: UUID, form: Form) -> Response:
    """`from` names who has the conversation by the page that was looked at: nobody loses it to a page of an hour ago."""
    held_by = form.fields.get("from") or None
    acted = await operations(request).take_over(lead_id, form.session.operator, held_by)
    return after(request, lead_id, "take_over", acted)


@router.post("/give-back")
async def give_back(request: Request, lead_id: UUID, form: Form) -> Response:
    answer = form.fields.get("answer") == "1"
    acted = await operations(request).give_back(lead_id, form.session.operator, answer=answer)
    return after(request, lead_id, "give_back", acted, outcome="left" if acted.left else None)


@router.post("/remind")
async def remind_lead(request: Request, lead_id: UUID, form: Form) -> Response:
    """`again` names the reminder that is out already, as the page showed it: a second one needs that it was seen."""
    acted = await operations(request).remind_now(lead_id, form.session.operator, id_of(form.fields.get("again")))
    return after(request, lead_id, "remind_now", acted)


@router.post("/write")
async def write(request: Request, lead_id: UUID, form: Form) -> Response:
    """A refused text stays in its field: it was somebody's work."""
    text = form.fields.get("text", "").replace("\r\n", "\n").strip()
    key = keyed(form)
    if not text:
        return await _kept(request, lead_id, form, text, "empty", 422)
    if len(text) > LONGEST:
        return await _kept(request, lead_id, form, text, "long", 422)
    if key is None:
        return await _kept(request, lead_id, form, text, "stale", 422)
    acted = await operations(request).write(lead_id, form.session.operator, key, text)
    if acted.outcome not in ("done", "no_such_lead"):
        return await _kept(request, lead_id, form, text, outcome_of(acted), 409)
    return after(request, lead_id, "write", acted)


@router.post("/export")
async def export(request: Request, lead_id: UUID, form: Form) -> Response:
    """Everything stored about the person, as one file (LGPD art. 18): JSON, or a page to read."""
    found = await operations(request).export(lead_id, form.session.operator)
    if found is None:
        raise not_found()
    if form.fields.get("as") == "page":
        page = desk(request).pages.page("export.html", form.session, sections=sections(found))
        page.headers["content-disposition"] = f'attachment; filename="lead-{str(lead_id)[:8]}.html"'
        return page
    content = json.dumps(found, ensure_ascii=False, indent=2, default=str)
    name = f'attachment; filename="lead-{str(lead_id)[:8]}.json"'
    return Response(content, media_type="application/json", headers={"content-disposition": name})


@router.get("/erase")
async def erase_page(request: Request, lead_id: UUID, session: Operator) -> Response:
    sheet = await sheet_of(request, lead_id)
    return desk(request).pages.page("erase.html", session, lead=sheet, said=None, hashed=_hashed(request))


@router.post("/erase")
async def erase(request: Request, lead_id: UUID, form: Form) -> Response:
    """Deletes a person for good: rows first, then files, and the runs that still wait for them wake up and end."""
    if form.fields.get("confirmation", "").strip().upper() != _CONFIRMED:
        return desk(request).pages.page(
            "erase.html",
            form.session,
            status=422,
            lead=await sheet_of(request, lead_id),
            said=SAID["erase.not_typed"],
            hashed=_hashed(request),
        )
    # Nobody there may be the second of two clicks, for which the store has the answer of the first.
    sheet = await operations(request).sheet(lead_id, messages=1)
    person_hash = _person_hash(request, sheet) if sheet else None
    erased = await operations(request).erase(lead_id, form.session.operator, person_hash)
    if erased.outcome == "no_such_lead":
        raise not_found()
    request.app.state.dispatcher.wake(erased.flow_runs)
    said = "erase.done"
    try:
        await request.app.state.files.remove(erased.files)
        await keep_list(request.app.state.store, request.app.state.files)
    except (TryAgain, Fix) as exc:
        # The store remembers these files, and that they were erased; the retention does both every hour.
        log.warning("files of an erased lead could not be deleted yet: %s", exc)
        said = "erase.files_later"
    return RedirectResponse(f"/ops/leads?m={said}", status_code=303)


async def _kept(request: Request, lead_id: UUID, form: Submitted, text: str, outcome: str, status: int) -> Response:
    sheet = await sheet_of(request, lead_id)
    more = len(sheet.messages) >= MESSAGES
    said = SAID[f"write.{outcome}"]
    return await show_lead(request, form.session, sheet, status=status, said=said, draft=text, more=more)


def _hashed(request: Request) -> bool:
    return desk(request).options.ops_hash_key is not None


def _person_hash(request: Request, sheet: LeadSheet) -> str | None:
    """What stays of the person: HMAC-SHA256 in hex of the phone number, else the BSUID. Whoever asks later whether
    somebody was erased needs the number and the key."""
    key, person = desk(request).options.ops_hash_key, sheet.phone_number or sheet.wa_user_id
    if key is None or person is None:
        return None
    return hmac.new(key.get_secret_value().encode(), person.encode(), hashlib.sha256).hexdigest()
