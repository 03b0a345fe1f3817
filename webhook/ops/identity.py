"""Logging in at an identity provider (OpenID Connect), beside passwords: only for who was invited here, by the name that the
provider has for them (docs/operating.md)."""

from __future__ import annotations

import json
import logging

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadSignature, URLSafeTimedSerializer

from flows.adapters.identity import Asked, IdentityProvider
from flows.errors import Fix, GiveUp, TryAgain
from webhook.limits import caller, client_address
from webhook.ops.guard import Desk, PageRoute, desk, not_found, operations, people
from webhook.ops.login import NOBODY, TOO_OFTEN, form
from webhook.ops.session import same_secret, way

log = logging.getLogger(__name__)
router = APIRouter(prefix="/ops/identity", route_class=PageRoute)

# What this browser has begun, and nobody else can end: gone when it is back, or after ten minutes.
_COOKIE, _LASTS = "ops_identity", 600
_STALE = "O pedido de entrada tinha vencido. Tente de novo."
_REFUSED = "O provedor de identidade não confirmou quem é. Tente de novo, ou entre com senha."
_UNKNOWN = "Esta identidade não é de ninguém da equipe. Peça um convite a quem administra o sistema."
_AWAY = "O provedor de identidade não responde. Tente de novo em instantes, ou entre com senha."


@router.get("")
async def begin(request: Request) -> Response:
    """Sends the browser to the provider."""
    at, provider, back = desk(request), _provider(request), _back(desk(request))
    if not at.logins.allow(f"{caller(client_address(request, at.proxies))} identity"):
        return form(request, "/ops", said=TOO_OFTEN, status=429)
    asked, wanted = Asked.new(), way(request.query_params.get("next"))
    try:
        response = RedirectResponse(await provider.way(asked, back), status_code=303)
    except (TryAgain, Fix) as exc:
        log.warning("nobody can log in at the identity provider: %s", exc)
        return form(request, wanted, said=_AWAY, status=503)
    kept = _signer(at).dumps([asked.state, asked.nonce, asked.verifier, wanted])
    response.set_cookie(
        _COOKIE,
        str(kept),
        max_age=_LASTS,
        path="/ops/identity",
        httponly=True,
        samesite="lax",
        secure=at.secure(request),
    )
    return response


@router.get("/back")
async def back(request: Request) -> Response:
    """Where the provider sends the browser. Whoever it is has to have an operator's name here; nobody is made one."""
    at, provider, given = desk(request), _provider(request), request.query_params
    address = client_address(request, at.proxies)
    if not at.may_try("identity", address):
        return form(request, "/ops", said=TOO_OFTEN, status=429)
    try:
        state, nonce, verifier, wanted = _signer(at).loads(request.cookies.get(_COOKIE, ""), max_age=_LASTS)
    except (BadSignature, ValueError, json.JSONDecodeError):
        return form(request, "/ops", said=_STALE, status=403)
    try:
        if not same_secret(given.get("state", ""), state):
            raise GiveUp("the answer is not the one that this browser waits for")
        who = await provider.identified(Asked(state, nonce, verifier), given.get("code", ""), _back(at))
        known = await people(request).identified(who)
    except (TryAgain, Fix) as exc:
        log.warning("a login at the identity provider failed: %s", exc)
        response = form(request, way(wanted), said=_AWAY, status=503)
    except GiveUp as exc:
        log.warning("a login at the identity provider was refused: %s", exc)
        response = await _turned_away(request, address, way(wanted), _REFUSED)
    else:
        if known is None:
            response = await _turned_away(request, address, way(wanted), _UNKNOWN)
        else:
            await people(request).logged_in(known.name)
            response = RedirectResponse(way(wanted), status_code=303)
            at.admit(request, response, known.name, known.epoch)
    response.delete_cookie(_COOKIE, path="/ops/identity")
    return response


async def _turned_away(request: Request, address: str, wanted: str, said: str) -> Response:
    desk(request).guessed_wrong("identity", address)
    await operations(request).record(NOBODY, "login_failed")
    return form(request, wanted, said=said, status=401)


def _provider(request: Request) -> IdentityProvider:
    """Raises Refused where none is configured: then this page is not there."""
    found: IdentityProvider | None = desk(request).identity
    if found is None:
        raise not_found()
    return found


def _back(at: Desk) -> str:
    """The address that is registered at the provider."""
    return f"{(at.options.ops_url or '').rstrip('/')}/ops/identity/back"


def _signer(at: Desk) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(at.sessions.key(b"ops-identity"), salt="ops-identity")
