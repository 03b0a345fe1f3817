"""A photo or PDF that an operator sends: checked by its own bytes, kept where bills are, sent by the conversation's run."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response

from flows import settings
from flows.adapters.files import path_of
from flows.errors import Fix, TryAgain
from webhook.limits import BodyTooLong
from webhook.multipart import Part, parts
from webhook.ops.forms import after, keyed, refused
from webhook.ops.guard import Operator, PageRoute, Refused, body_of, not_found, operations, vouched
from webhook.ops.inbox import sheet_of
from webhook.ops.looking import as_file
from webhook.storable import cleaned_text

router = APIRouter(prefix="/ops/leads/{lead_id}", route_class=PageRoute)

# What WhatsApp takes of each type (docs/whatsapp.md 6.2), but for PDFs, which it takes to 100 MB. Bytes.
LIMITS = {"image/jpeg": 5_000_000, "image/png": 5_000_000, "application/pdf": 16_000_000}
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"%PDF-", "application/pdf"))
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}
_LONGEST_CAPTION, _LONGEST_NAME = 1024, 100
_BESIDES = 16 * 1024  # of the form: its other fields, and the lines between them


@router.post("/file")
async def send_file(request: Request, lead_id: UUID, session: Operator) -> Response:
    """The file is kept first and removed again where the store refuses the message; the form's key makes two clicks one."""
    try:
        body = await body_of(request, max(LIMITS.values()) + _BESIDES)
        given = parts(body, request.headers.get("content-type", ""))
    except BodyTooLong:
        return refused(lead_id, "send_file.large")
    except ValueError:
        raise Refused(400, "Formulário ilegível", "O navegador enviou algo que não é um formulário.") from None
    file = given.pop("file", Part(b""))
    form = vouched(
        session, {name: cleaned_text(part.content.decode("utf-8", "replace")) for name, part in given.items()}
    )
    key, caption = keyed(form), form.fields.get("caption", "").replace("\r\n", "\n").strip()
    kind = next((kind for magic, kind in _MAGIC if file.content.startswith(magic)), None)
    if (
        key is None
        or not file.content
        or kind is None
        or len(file.content) > LIMITS[kind]
        or len(caption) > _LONGEST_CAPTION
    ):
        why = (
            "stale"
            if key is None
            else "empty"
            if not file.content
            else "kind"
            if kind is None
            else "large"
            if len(file.content) > LIMITS[kind]
            else "long"
        )
        return refused(lead_id, f"send_file.{why}")
    await sheet_of(request, lead_id, messages=1)
    path = path_of(lead_id, f"sent-{key}", kind)
    files, store = request.app.state.files, operations(request)
    group = settings.read(settings.Store)
    kept_until = datetime.now(UTC) + timedelta(days=group.bill_retention_days)
    about = {"path": path, "mime_type": kind, "name": _named(file.filename, kind), "size": len(file.content)}
    try:
        known = await files.get(path) is not None
        if not known:
            await files.put(path, file.content, kind)
    except (TryAgain, Fix):
        return refused(lead_id, "send_file.away")
    content = {"text": caption, "file": about | {"delete_after": kept_until.isoformat()}}
    acted = await store.send(lead_id, session.operator, key, caption, content=content)
    if acted.outcome != "done" and not known:
        await files.remove([path])
    return after(request, lead_id, "send_file", acted)


@router.get("/files/{message_id}")
async def file(request: Request, lead_id: UUID, message_id: UUID, session: Operator) -> Response:
    """A file that one of the team sent, as it was sent."""
    sheet = await sheet_of(request, lead_id, messages=5000)
    found = next((row.file for row in sheet.messages if row.id == message_id and row.file), None)
    content = await request.app.state.files.get(found.path) if found else None
    if found is None or content is None:
        raise not_found()
    return as_file(content, found.mime_type, f"arquivo-{str(message_id)[:8]}")


def _named(given: str | None, kind: str) -> str:
    """What the lead reads as the file's name: the operator's, without folders and with the ending of what it is."""
    name = re.split(r"[/\\]", cleaned_text(given or ""))[-1]
    name = "".join(ch for ch in name if ch.isprintable()).strip(" .")
    stem = name.rpartition(".")[0] or name or "arquivo"
    return f"{stem[:_LONGEST_NAME]}{_ENDINGS[kind]}"
