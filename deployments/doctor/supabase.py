"""A Supabase project as lead store, over its REST interface: the key's role, and the functions the program calls."""

from __future__ import annotations

import json
from typing import Any

import httpx
from joserfc import jws
from joserfc.errors import JoseError

from deployments.doctor import reaching
from deployments.doctor.notes import Notes, Trouble
from flows import settings
from flows.adapters.store.functions import Function


async def look(notes: Notes, group: settings.Store) -> None:
    """Ends with Trouble when the project cannot be reached or refuses the key."""
    if group.supabase_url is None or group.supabase_key is None:
        return
    key = group.supabase_key.get_secret_value()
    if (role := key_role(key)) not in ("service_role", "secret", "unknown"):
        raise Trouble("project.role", role=role)
    host = httpx.URL(group.supabase_url).host
    headers = {"apikey": key, "Authorization": f"Bearer {key}", "Accept": "application/openapi+json"}
    async with reaching.client(headers=headers) as client:
        told = await reaching.get(client, f"{group.supabase_url.rstrip('/')}/rest/v1/", "project", host=host)
    notes.say("project.right", host=host, role="" if role == "unknown" else f" ({role})")
    _functions(notes, told)
    notes.say("strangers.unseen")


def _functions(notes: Notes, told: Any) -> None:
    """PostgREST describes what the key may reach as OpenAPI, each function as the path `/rpc/NAME`."""
    if not isinstance(told, dict) or "paths" not in told:
        return notes.say("functions.unsaid")
    offered = {path.removeprefix("/rpc/") for path in told["paths"] if path.startswith("/rpc/")}
    missing, count = sorted({function.value for function in Function} - offered), len(Function)
    if missing:
        return notes.say("functions.not_offered", found=len(missing), count=count, names=", ".join(missing))
    notes.say("functions.offered", count=count)


def key_role(key: str) -> str:
    """What a key is: `service_role` or `anon` of a legacy JWT, `secret` or `publishable` of the newer kind."""
    if key.startswith("sb_"):
        return key.split("_")[1]
    try:
        return str(json.loads(jws.extract_compact(key.encode()).payload)["role"])
    except (JoseError, ValueError, LookupError, TypeError):
        return "unknown"
