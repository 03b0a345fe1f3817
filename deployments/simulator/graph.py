"""Meta's Graph API as far as a WhatsApp sender uses it, under any version prefix."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from pathlib import Path
from string import Template
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from deployments.simulator.dialling import dialled
from deployments.simulator.graph_errors import GraphError, unknown_object
from deployments.simulator.outgoing import read_message
from deployments.simulator.phones import Phone
from deployments.simulator.world import World, WorldDep
from webhook.multipart import Part, parts

TYPING_SECONDS = 25.0
APP_ID = "640000000000001"
ACCOUNT = Template(Path(__file__).with_name("account.json").read_text("utf-8"))


def bearer_matches(request: Request, token: str) -> bool:
    """Whether the request brings this bearer token."""
    return hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode())


async def _authorised(request: Request, world: WorldDep) -> None:
    version = request.path_params["version"]
    if not re.fullmatch(r"v\d+\.\d+", version):
        raise GraphError(2500, http_status=404)
    token = world.settings.token.get_secret_value()
    if request.path_params.get("path") == f"{APP_ID}/subscriptions":
        # only the app itself may ask for these, with its id and secret for a token
        token = f"{APP_ID}|{world.settings.app_secret.get_secret_value()}"
    if not bearer_matches(request, token):
        raise GraphError(190)


router = APIRouter(prefix="/{version}", dependencies=[Depends(_authorised)])


class BrokenOff(Response):
    """Promises a body and never sends it: the connection ends half-way, as when a server dies."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"512")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise GraphError(100, "The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise GraphError(100, "The body must be a JSON object.")
    return body


Body = Annotated[dict[str, Any], Depends(_json_object)]


@router.post("/{node}/messages", response_model=None)
async def take_message(node: str, body: Body, world: WorldDep) -> dict[str, Any] | Response:
    """Send a message, or mark one as read and show that we are typing (docs/whatsapp.md 5.2, 5.3)."""
    if node != world.settings.phone_number_id:
        raise unknown_object(node)
    if "status" in body:
        return _mark_read(world, body)
    if fault := world.faults.take("sends"):
        raise GraphError(fault.code)
    bubble = read_message(body, world.templates, world.media)
    phone, to_phone = _recipient(world, body)
    world.accept(phone, bubble, to_phone=to_phone, opaque=body.get("biz_opaque_callback_data"))

    if hang := world.faults.take("hang"):
        await asyncio.sleep(hang.seconds)
    if drop := world.faults.take("drop"):
        return BrokenOff() if drop.answer == "close" else JSONResponse(GraphError(131000).body(), 500)
    contact = {"input": body["to"], "wa_id": phone.wa_id} if to_phone else None
    sent = {"id": bubble.wamid} | ({"message_status": "accepted"} if bubble.template else {})
    return {
        "messaging_product": "whatsapp",
        "contacts": [contact or {"input": phone.user_id, "user_id": phone.user_id}],
        "messages": [sent],
    }


@router.post("/{node}/media")
async def upload_media(node: str, request: Request, world: WorldDep) -> dict[str, str]:
    """Keep a file that is to be sent (docs/whatsapp.md 6)."""
    if node != world.settings.phone_number_id:
        raise unknown_object(node)
    try:
        given = parts(await request.body(), request.headers.get("content-type", ""))
    except ValueError as error:
        raise GraphError(100, "The body is no form with a file.") from error
    if "file" not in given or given.get("messaging_product", Part(b"")).content != b"whatsapp":
        raise GraphError(100, "(#100) messaging_product whatsapp and file are required.")
    kind = given.get("type", Part(b"")).content.decode("utf-8", "replace")
    if kind not in ("image/jpeg", "image/png", "application/pdf"):
        raise GraphError(131053, "Param type is not one that is sent from here")
    return {"id": world.media.put(given["file"].content, kind, given["file"].filename).id}


def _recipient(world: World, body: dict[str, Any]) -> tuple[Phone, bool]:
    """The phone addressed, and whether by number; `to` wins over `recipient` (docs/whatsapp.md 5.1)."""
    to, user_id = body.get("to"), body.get("recipient")
    if to is None:
        if not isinstance(user_id, str) or not user_id:
            raise GraphError(100, "(#100) The parameter to is required.")
        phone = world.phones.with_user_id(user_id, world.now())
        if phone is None:
            raise GraphError(131009, "recipient is not a user id of this business portfolio")
        return phone, False
    if not isinstance(to, str) or not re.fullmatch(r"\+?[\d\s().-]{5,25}", to):
        raise GraphError(131009, "Param to must be a phone number")
    number = dialled(to, world.settings.country_code)
    if number == world.settings.display_phone_number:
        raise GraphError(131021)
    return world.phones.answering(number), True


def _mark_read(world: World, body: dict[str, Any]) -> dict[str, Any]:
    message_id, typing = body.get("message_id"), body.get("typing_indicator")
    if body.get("messaging_product") != "whatsapp" or body.get("status") != "read":
        raise GraphError(100, "Marking as read needs messaging_product whatsapp and status read")
    if not isinstance(message_id, str) or not message_id.startswith("wamid."):
        raise GraphError(100, "Param message_id is not a valid whatsapp message id")
    if typing is not None and typing != {"type": "text"}:
        raise GraphError(100, "Param typing_indicator['type'] must be text")
    # An id from before a restart is accepted as Meta would; there is just no phone left to show it on.
    if phone := world.writers.get(message_id):
        phone.show_read(message_id)
        if typing:
            phone.show_typing(world.now() + TYPING_SECONDS)
    return {"success": True}


@router.get("/{path:path}")
async def read_node(path: str, request: Request, world: WorldDep, fields: str = "", name: str = "") -> dict[str, Any]:
    """A file that a person sent, the templates (of this `name`), or what account.json has; `fields` limits an object's."""
    if media := world.media.get(path):
        return world.media.listing(media, str(request.base_url), world.now())
    if path == f"{world.settings.waba_id}/message_templates":
        return {"data": [each.listing() for each in world.templates if name in ("", each.name)]}
    told = _account(world, request.path_params["version"]).get(path)
    if told is None:
        raise unknown_object(path)
    token = request.query_params.get("input_token", "")
    if path == "debug_token" and token != world.settings.token.get_secret_value():
        return {
            "data": {"error": {"code": 190, "message": "Invalid OAuth access token"}, "is_valid": False, "scopes": []}
        }
    wanted = {"id", *(part.strip() for part in fields.split(","))} if fields and "data" not in told else set(told)
    return {key: value for key, value in told.items() if key in wanted}


def _account(world: World, version: str) -> dict[str, Any]:
    """What Meta tells of the token, the number and the account, by path: shapes of its pages on permissions (debug_token), on
    messaging health and on app subscriptions."""
    known = world.settings
    ids = {"app": APP_ID, "waba": known.waba_id, "number": known.phone_number_id, "phone": known.display_phone_number}
    return dict(
        json.loads(ACCOUNT.substitute(ids, name=known.verified_name, webhook=known.webhook_url, version=version))
    )
