"""Texts that the team sends often: the page where they are kept, and what their placeholders become."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from flows.adapters.store.lists import CannedReply
from flows.adapters.store.sheets import LeadSheet
from flows.shown.words import SAID
from webhook.ops.forms import first_name, id_of
from webhook.ops.guard import Form, Operator, PageRoute, Submitted, desk, not_found, operations

router = APIRouter(prefix="/ops/replies", route_class=PageRoute)

PLACEHOLDERS = ("nome", "cidade", "operador")
_PLACE = re.compile(r"\{([^{}]*)\}")
_LONGEST_TITLE, _LONGEST_BODY = 60, 4096


@dataclass(frozen=True)
class Filled:
    """A canned reply as it would go to one lead; `missing` are the placeholders for which nothing is known."""

    id: UUID
    title: str
    text: str
    missing: tuple[str, ...]


def filled(replies: Sequence[CannedReply], sheet: LeadSheet, operator: str) -> list[Filled]:
    """What is not known stays as its placeholder, so that somebody writes it instead."""
    known = {"nome": first_name(sheet), "cidade": sheet.city or "", "operador": operator}
    return [
        Filled(
            each.id,
            each.title,
            _PLACE.sub(lambda found: known.get(found[1]) or found[0], each.body),
            tuple(place for place in _PLACE.findall(each.body) if not known.get(place)),
        )
        for each in replies
    ]


@router.get("")
async def replies_page(request: Request, session: Operator) -> Response:
    replies = await operations(request).replies()
    said = SAID.get(request.query_params.get("m", ""))
    draft = {"id": "", "title": "", "body": ""}
    return desk(request).pages.page(
        "replies.html", session, replies=replies, said=said, draft=draft, places=PLACEHOLDERS
    )


@router.post("")
async def save(request: Request, form: Form) -> Response:
    """What cannot be kept stays in its fields."""
    title = " ".join(form.fields.get("title", "").split())[:_LONGEST_TITLE]
    body = form.fields.get("body", "").replace("\r\n", "\n").strip()[:_LONGEST_BODY]
    given = form.fields.get("id")
    reply_id = id_of(given)
    if given and reply_id is None:
        raise not_found()
    if not title or not body:
        return await _kept(request, form, title, body, "reply.empty")
    if set(_PLACE.findall(body)) - set(PLACEHOLDERS):
        return await _kept(request, form, title, body, "reply.placeholder")
    acted = await operations(request).save_reply(form.session.operator, reply_id, title, body)
    if acted.outcome != "done":
        return await _kept(request, form, title, body, f"reply.{acted.outcome}")
    return RedirectResponse("/ops/replies?m=reply.done", status_code=303)


@router.post("/{reply_id}/drop")
async def drop(request: Request, reply_id: UUID, form: Form) -> Response:
    await operations(request).save_reply(form.session.operator, reply_id, "", None)
    return RedirectResponse("/ops/replies?m=reply.dropped", status_code=303)


async def _kept(request: Request, form: Submitted, title: str, body: str, said: str) -> Response:
    draft = {"id": form.fields.get("id", ""), "title": title, "body": body}
    replies = await operations(request).replies()
    return desk(request).pages.page(
        "replies.html", form.session, status=422, replies=replies, said=SAID[said], draft=draft, places=PLACEHOLDERS
    )
