"""What Meta tells about the account: the token, the number's health, the app's subscription. For the doctor, read only.

Shapes follow Meta's pages on permissions (debug_token), on messaging health and on app subscriptions.
"""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import APIRouter, Request

from deployments.simulator import graph
from deployments.simulator.graph_errors import GraphError, unknown_object
from deployments.simulator.settings import SimulatorSettings
from deployments.simulator.world import WorldDep

APP_ID = "640000000000001"  # the app that graph.list_subscribed_apps names
BUSINESS_ID = "170000000000001"
SUBSCRIBED = ("messages", "user_id_update", "user_preferences")

# Registered before `graph.router`, whose `/{node}` it extends.
router = APIRouter(prefix="/{version}")
_with_token = graph.router.dependencies


@router.get("/debug_token", dependencies=_with_token)
async def debug_token(world: WorldDep, input_token: str = "") -> dict[str, Any]:
    """A token about itself: ours is a system user's, permanent, and made for our account."""
    waba = world.settings.waba_id
    if not hmac.compare_digest(input_token.encode(), world.settings.token.get_secret_value().encode()):
        error = {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    scopes = ["whatsapp_business_management", "whatsapp_business_messaging"]
    return {
        "data": {
            "app_id": APP_ID,
            "type": "SYSTEM_USER",
            "application": "Serena Qualifier",
            "data_access_expires_at": 0,
            "expires_at": 0,
            "is_valid": True,
            "issued_at": int(world.now()),
            "scopes": [*scopes, "public_profile"],
            "granular_scopes": [{"scope": scope, "target_ids": [waba]} for scope in scopes],
            "user_id": "122000000000001",
        }
    }


@router.get("/{app_id}/subscriptions")
async def list_subscriptions(app_id: str, request: Request, world: WorldDep) -> dict[str, Any]:
    """Where the app's webhooks go; only the app itself may ask, with its id and secret for a token."""
    if app_id != APP_ID:
        raise unknown_object(app_id)
    secret = world.settings.app_secret.get_secret_value()
    if not graph.bearer_matches(request, f"{APP_ID}|{secret}"):
        raise GraphError(190)
    fields = [{"name": name, "version": request.path_params["version"]} for name in SUBSCRIBED]
    callback = {"callback_url": world.settings.webhook_url, "active": True, "fields": fields}
    return {"data": [{"object": "whatsapp_business_account", **callback}]}


@router.get("/{node}/phone_numbers", dependencies=_with_token)
async def list_phone_numbers(node: str, world: WorldDep) -> dict[str, Any]:
    """The account's numbers: our one."""
    if node != world.settings.waba_id:
        raise unknown_object(node)
    known = _number(world.settings)
    number = {name: known[name] for name in ("status", "name_status", "platform_type")}
    return {"data": [{"id": world.settings.phone_number_id, **number}]}


@router.get("/{node}", dependencies=_with_token)
async def read_node(node: str, request: Request, world: WorldDep, fields: str | None = None) -> dict[str, Any]:
    """As `graph.read_node`, with those fields of number and account that only come when they are asked for by name."""
    about = await graph.read_node(node, request, world, fields)
    settings = world.settings
    more: dict[str, Any] = {}
    if node == settings.phone_number_id:
        more = _number(settings)
    elif node == settings.waba_id:
        more = {"account_review_status": "APPROVED"}
    wanted = {name.strip() for name in (fields or "").split(",")}
    return {name: value for name, value in more.items() if name in wanted} | about


def _number(settings: SimulatorSettings) -> dict[str, Any]:
    healthy = {
        "PHONE_NUMBER": settings.phone_number_id,
        "WABA": settings.waba_id,
        "BUSINESS": BUSINESS_ID,
        "APP": APP_ID,
    }
    entities = [{"entity_type": kind, "id": id_, "can_send_message": "AVAILABLE"} for kind, id_ in healthy.items()]
    return {
        "status": "CONNECTED",
        "name_status": "APPROVED",
        "throughput": {"level": "STANDARD"},
        "platform_type": "CLOUD_API",
        "account_mode": "LIVE",
        "health_status": {"can_send_message": "AVAILABLE", "entities": entities},
    }
