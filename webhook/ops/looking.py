"""The bills of a lead, and a lead's old addresses."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from webhook.ops.guard import Operator, PageRoute, not_found, operations
from webhook.ops.inbox import sheet_of
from webhook.ops.pages import PICTURES

router = APIRouter(prefix="/ops", route_class=PageRoute)


@router.get("/leads/{lead_id}/bills/{bill_id}")
async def bill(request: Request, lead_id: UUID, bill_id: UUID, session: Operator) -> Response:
    """The file as it came from a stranger. Each look is recorded."""
    sheet = await sheet_of(request, lead_id, messages=1)
    found = next((row for row in sheet.bills if row.id == bill_id), None)
    content = await request.app.state.files.get(found.storage_path) if found else None
    if found is None or content is None:
        raise not_found()
    details = {"bill_id": str(bill_id)}
    await operations(request).record(session.operator, "view_bill", lead_id, details)
    return as_file(content, found.mime_type, f"conta-{str(bill_id)[:8]}")


def as_file(content: bytes, mime_type: str, name: str) -> Response:
    """A file for an operator's eyes: nothing in it may run here, and nobody may keep it."""
    picture = mime_type in PICTURES
    kind = mime_type if picture or mime_type == "application/pdf" else "application/octet-stream"
    # A PDF is saved: Chromium shows none that is sandboxed, and without a sandbox it would be a stranger's page of ours.
    ending = "pdf" if kind == "application/pdf" else kind.rpartition("/")[2] if picture else "bin"
    return Response(
        content,
        media_type=kind,
        headers={
            "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
            "content-disposition": f'{"inline" if picture else "attachment"}; filename="{name}.{ending}"',
        },
    )


@router.api_route("/{rest:path}", methods=["GET", "POST"])
async def nowhere(request: Request, rest: str, session: Operator) -> Response:
    """Whatever else lies below /ops: nothing, and only for those who are let in."""
    if request.method == "GET" and not rest.strip("/"):
        return RedirectResponse("/ops", status_code=308)
    raise not_found()
