"""What operators do besides talking: who has the case, notes, what came of a call, what they learned, bills read by hand."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from flows.brazil import money
from flows.brazil.calendar import SAO_PAULO
from flows.shown import formats, words
from flows.shown.words import SAID
from webhook.ops.forms import after, keyed, refused
from webhook.ops.guard import Form, Operator, PageRoute, desk, not_found, operations, people
from webhook.ops.inbox import sheet_of
from webhook.ops.pages import PICTURES
from webhook.ops.session import Session

router = APIRouter(prefix="/ops/leads/{lead_id}", route_class=PageRoute)

_LONGEST_NOTE, _LONGEST_NAME, _LONGEST_NUMBER = 4000, 120, 30
# The numbers of a bill by the field of the form.
_NUMBERS = {"installation": "installation_number", "client": "client_number", "contract": "contract_account"}
_FARTHEST = timedelta(days=365)
_MOST_KWH = 1_000_000


@router.post("/assign")
async def assign(request: Request, lead_id: UUID, form: Form) -> Response:
    """`to` is a colleague, or empty: back to the queue. `from` names who has it by the page that was looked at."""
    to = form.fields.get("to") or None
    if to is not None and to not in await people(request).team():
        return refused(lead_id, "assign.unknown")
    acted = await operations(request).assign(lead_id, form.session.operator, to, form.fields.get("from") or None)
    return after(
        request, lead_id, "assign", acted, outcome="queued" if acted.outcome == "done" and to is None else None
    )


@router.post("/note")
async def note_lead(request: Request, lead_id: UUID, form: Form) -> Response:
    text, key = form.fields.get("note", "").replace("\r\n", "\n").strip()[:_LONGEST_NOTE], keyed(form)
    if not text or key is None:
        return refused(lead_id, "note.empty")
    return after(request, lead_id, "note", await operations(request).note(lead_id, form.session.operator, key, text))


@router.post("/contacted")
async def contacted(request: Request, lead_id: UUID, form: Form) -> Response:
    """What came of a call. A wish to be erased stays open."""
    result, reason = form.fields.get("result", ""), form.fields.get("reason") or None
    if result not in words.RESULTS or (result == "lost") != (reason in words.LOST):
        return refused(lead_id, "contacted.no_result" if result not in words.RESULTS else "contacted.no_reason")
    at, wrong = _when(form.fields.get("at"))
    if wrong:
        return refused(lead_id, "contacted.no_time")
    acted = await operations(request).contacted(lead_id, form.session.operator, result, reason=reason, call_back_at=at)
    return after(request, lead_id, "contacted", acted)


@router.post("/dismiss-erasure")
async def dismiss_erasure(request: Request, lead_id: UUID, form: Form) -> Response:
    """Closes a wish to be erased though nothing was erased; the page asks whether that is meant."""
    if form.fields.get("unerased") != "1":
        return refused(lead_id, "contacted.not_erased")
    acted = await operations(request).contacted(lead_id, form.session.operator, "unreachable", unerased=True)
    return after(request, lead_id, "dismiss_erasure" if acted.outcome == "done" else "contacted", acted)


@router.post("/call-back")
async def call_back(request: Request, lead_id: UUID, form: Form) -> Response:
    """Without a time: no call is planned any more."""
    at, wrong = _when(form.fields.get("at"))
    if wrong:
        return refused(lead_id, "contacted.no_time")
    acted = await operations(request).call_back(lead_id, form.session.operator, at)
    return after(
        request, lead_id, "call_back", acted, outcome="none" if acted.outcome == "done" and at is None else None
    )


@router.post("/edit")
async def edit(request: Request, lead_id: UUID, form: Form) -> Response:
    """Name, place, and in whose name the electricity account is. A place is a municipality, because plans are asked for by it."""
    fields: dict[str, Any] = {}
    if name := " ".join(form.fields.get("name", "").split()):
        fields["name"] = name[:_LONGEST_NAME]
    if "holder" in form.fields:
        fields["holder_name"] = " ".join(form.fields["holder"].split())[:_LONGEST_NAME] or None
    city, state = form.fields.get("city", "").strip(), form.fields.get("state", "").strip().upper()
    if city or state:
        code = formats.municipality_code(city, state)
        if code is None:
            return refused(lead_id, "edit.no_such_place")
        fields["city"], _, fields["state"] = (formats.municipality(code) or "").rpartition("/")
        fields["ibge_code"] = code
    return after(request, lead_id, "edit", await operations(request).edit(lead_id, form.session.operator, fields))


@router.get("/bills/{bill_id}/read")
async def reading_page(request: Request, lead_id: UUID, bill_id: UUID, session: Operator) -> Response:
    """The picture beside the fields."""
    return await _reading(request, lead_id, bill_id, session)


async def _reading(
    request: Request, lead_id: UUID, bill_id: UUID, session: Session, draft: dict[str, str] | None = None
) -> Response:
    sheet = await sheet_of(request, lead_id, messages=1)
    bill = next((row for row in sheet.bills if row.id == bill_id and row.message_id), None)
    if bill is None:
        raise not_found()
    return desk(request).pages.page(
        "reading.html",
        session,
        status=422 if draft else 200,
        lead=sheet,
        bill=bill,
        picture=bill.mime_type in PICTURES,
        file=f"/ops/leads/{lead_id}/bills/{bill_id}",
        draft=defaultdict(str, draft) if draft else None,
        said=SAID["read_bill.unclear"] if draft else None,
    )


@router.post("/bills/{bill_id}/read")
async def read_bill(request: Request, lead_id: UUID, bill_id: UUID, form: Form) -> Response:
    """What stands on a bill, typed by whoever has it before their eyes. What is unclear stays in its fields."""
    try:
        fields = _bill(form.fields)
    except ValueError:
        return await _reading(request, lead_id, bill_id, form.session, form.fields)
    acted = await operations(request).read_bill(lead_id, form.session.operator, bill_id, fields)
    return after(request, lead_id, "read_bill", acted)


@router.post("/ask-phone")
async def ask_phone(request: Request, lead_id: UUID, form: Form) -> Response:
    """WhatsApp's own request for the number of somebody who has shown none."""
    key = keyed(form)
    if key is None:
        return refused(lead_id, "write.stale")
    text = words.MESSAGES["ask_phone"]
    content = {"text": text, "request": "contact"}
    acted = await operations(request).send(lead_id, form.session.operator, key, text, content=content)
    return after(request, lead_id, "ask_phone", acted)


def _when(given: str | None) -> tuple[datetime | None, bool]:
    """The instant of a field of day and time, in São Paulo, and whether it is none that somebody can be called at."""
    if not given:
        return None, False
    try:
        at = datetime.fromisoformat(given).replace(tzinfo=SAO_PAULO)
    except (ValueError, OverflowError):
        return None, True
    return at, not datetime.now(UTC) < at < datetime.now(UTC) + _FARTHEST


def _bill(given: dict[str, str]) -> dict[str, Any]:
    """The fields of BillFields, as the store keeps them. Raises ValueError for what is no amount, number or day."""
    utility, amount = given.get("utility", "").strip()[:_LONGEST_NAME], money.parse(given.get("amount", ""))
    if not utility or amount is None or not Decimal(0) < amount < Decimal(10_000_000):
        raise ValueError("a bill has a company and an amount")
    fields: dict[str, Any] = {"utility": utility, "total_amount": str(amount.quantize(Decimal("0.01")))}
    if kwh := given.get("kwh", "").strip().replace(".", ""):
        if not kwh.isdecimal() or not 0 < int(kwh) < _MOST_KWH:
            raise ValueError("no consumption")
        fields["consumption_kwh"] = int(kwh)
    if month := given.get("month", "").strip():
        fields["reference_month"] = date.fromisoformat(f"{month}-01").isoformat()
    if due := given.get("due", "").strip():
        fields["due_date"] = date.fromisoformat(due).isoformat()
    if holder := " ".join(given.get("holder", "").split()):
        fields["holder_name"] = holder[:_LONGEST_NAME]
    for name, field in _NUMBERS.items():
        if number := "".join(ch for ch in given.get(name, "") if ch.isdecimal()):
            fields[field] = number[:_LONGEST_NUMBER]
    return fields
