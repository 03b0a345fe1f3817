"""A Supabase project as lead store, over its REST interface: the key's role, and the functions the program calls."""

from __future__ import annotations

import base64
import binascii
import json

import httpx

from deployments.doctor import asking
from deployments.doctor.report import Notes, Trouble
from flows import settings
from flows.adapters.store.functions import Function


async def look(notes: Notes, group: settings.Store) -> None:
    """Ends with Trouble when the project cannot be reached or refuses the key."""
    if group.supabase_url is None or group.supabase_key is None:
        return
    key = group.supabase_key.get_secret_value()
    if (role := key_role(key)) not in ("service_role", "secret", "unknown"):
        raise Trouble(
            f"SUPABASE_KEY is the {role} key: it may not call the lead store",
            "set SUPABASE_KEY to the secret key (service role): dashboard > Project Settings > API Keys",
        )
    host = httpx.URL(group.supabase_url).host
    headers = {"apikey": key, "Authorization": f"Bearer {key}", "Accept": "application/openapi+json"}
    try:
        async with asking.client(headers=headers) as client:
            answer = await client.get(f"{group.supabase_url.rstrip('/')}/rest/v1/")
    except (httpx.HTTPError, UnicodeEncodeError) as exc:
        raise Trouble(
            f"{host} cannot be reached ({type(exc).__name__})",
            "check SUPABASE_URL; a free project pauses after a week: resume it",
        ) from None
    if answer.status_code in (401, 403):
        raise Trouble(
            f"{host} refuses SUPABASE_KEY (HTTP {answer.status_code})",
            "copy the service role's key of this very project",
        )
    notes.ok("project", f"{host} answers and takes the key{'' if role == 'unknown' else f' ({role})'}")
    _functions(notes, answer)
    notes.skip("strangers", "no variable holds the anonymous key; with DATABASE_URL its rights are looked at directly")


def _functions(notes: Notes, answer: httpx.Response) -> None:
    """PostgREST describes what the key may reach as OpenAPI, each function as the path `/rpc/NAME`."""
    try:
        paths = answer.json()["paths"]
        offered = {path.removeprefix("/rpc/") for path in paths if path.startswith("/rpc/")}
    except (ValueError, LookupError, TypeError, AttributeError):
        notes.skip("functions", f"the project does not describe its interface (HTTP {answer.status_code})")
        return
    wanted = {function.value for function in Function}
    if missing := sorted(wanted - offered):
        notes.fail(
            "functions",
            f"{len(missing)} of {len(wanted)} missing: {', '.join(missing)}",
            "apply the migrations (docs/supabase.md); if they are, dashboard > API > reload the schema cache",
        )
    else:
        notes.ok("functions", f"all {len(wanted)} that the program calls are there")


def key_role(key: str) -> str:
    """What a key is: `service_role` or `anon` of a legacy JWT, `secret` or `publishable` of the newer kind."""
    if key.startswith("sb_"):
        return key.split("_")[1]
    try:
        payload = key.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["role"])
    except (IndexError, binascii.Error, ValueError, LookupError, TypeError):
        return "unknown"
