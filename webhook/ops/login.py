"""Logging in and out, and the two files that every page needs."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from webhook.limits import client_address
from webhook.ops.guard import COOKIE, Form, PageRoute, desk, fields_of, not_found, operations, people, session_of
from webhook.ops.pages import STATIC
from webhook.ops.password import right
from webhook.ops.session import same_secret, way

router = APIRouter(prefix="/ops", route_class=PageRoute)

# Until somebody is logged in, the login's form is bound to this cookie: nobody can be logged in as another by a foreign page.
_VISIT = "ops_visit"
_NOT_TOGETHER = "Nome e senha não conferem."
TOO_OFTEN = "Muitas tentativas em pouco tempo. Aguarde um minuto e tente de novo."
_STALE = "A página tinha vencido. Tente de novo."
_ENDED = "Sua sessão terminou. Entre de novo."
_LEFT = "Você saiu."
_CHOSEN = "Senha guardada. Entre com ela."
NOBODY = "?"
_LONGEST_NAME = 100
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="#a3201d"/>'
    '<text x="16" y="22.5" font-family="system-ui,sans-serif" font-size="19" font-weight="700" text-anchor="middle"'
    ' fill="#fff">{}</text></svg>'
)


@router.get("/login")
async def login_page(request: Request) -> Response:
    wanted = way(request.query_params.get("next"))
    if await session_of(request):
        return RedirectResponse(wanted, status_code=303)
    words = {"ended": _ENDED, "left": _LEFT, "chosen": _CHOSEN}
    said = next((text for key, text in words.items() if key in request.query_params), None)
    return form(request, wanted, said=said)


@router.post("/login")
async def log_in(request: Request) -> Response:
    """The same answer, after the same work, whether the name or the password was wrong."""
    at = desk(request)
    fields = await fields_of(request)
    wanted = way(fields.get("next"))
    name = fields.get("name", "").strip()
    address = client_address(request, at.proxies)
    if not at.may_try(name, address):
        return form(request, wanted, said=TOO_OFTEN, status=429, name=name)
    visit = request.cookies.get(_VISIT, "")
    if not visit or not same_secret(fields.get("csrf", ""), at.sessions.bound(visit)):
        return form(request, wanted, said=_STALE, status=403, name=name)
    known = await people(request).credentials(name)
    if not await right(fields.get("password", ""), known) or known is None:
        at.guessed_wrong(name, address)
        # A name that does not exist may be a password, typed into the wrong field.
        await operations(request).record(name if known else NOBODY, "login_failed")
        return form(request, wanted, said=_NOT_TOGETHER, status=401, name=name)
    await people(request).logged_in(name)
    response = RedirectResponse(wanted, status_code=303)
    at.admit(request, response, name, known.epoch)
    response.delete_cookie(_VISIT, path="/ops")
    return response


@router.post("/logout")
async def log_out(request: Request, form: Form) -> Response:
    """Ends the session everywhere, so that a copy of its cookie opens nothing; the browser loses its own."""
    await people(request).end_session(form.session.cookie.digest, desk(request).lasting)
    response = RedirectResponse("/ops/login?left=1", status_code=303)
    response.delete_cookie(COOKIE, path="/ops")
    return response


@router.get("/static/{name}")
async def ops_file(name: str) -> Response:
    """The style sheet and the script. Their addresses carry a hash of their content, so a browser may keep them."""
    if name not in STATIC:
        raise not_found()
    content, kind = STATIC[name]
    return Response(content, media_type=kind, headers={"cache-control": "public, max-age=31536000, immutable"})


@router.get("/icon/{waiting}.svg")
async def icon(waiting: Annotated[int, Path(ge=1, le=10)]) -> Response:
    """The icon of a browser's tab with how many wait."""
    content = Markup(_ICON).format("9+" if waiting > 9 else waiting)
    return Response(
        content, media_type="image/svg+xml", headers={"cache-control": "public, max-age=31536000, immutable"}
    )


def form(request: Request, wanted: str, *, said: str | None = None, status: int = 200, name: str = "") -> Response:
    """`name` is what was typed, kept so that only the password has to be typed again."""
    at = desk(request)
    visit = request.cookies.get(_VISIT) or secrets.token_urlsafe(18)
    response = at.pages.page(
        "login.html",
        None,
        status=status,
        wanted=wanted,
        said=said,
        wrong=status != 200,
        csrf=at.sessions.bound(visit),
        name=name[:_LONGEST_NAME],
        identity=at.identity_name,
    )
    response.set_cookie(_VISIT, visit, path="/ops", httponly=True, samesite="lax", secure=at.secure(request))
    if status == 429:
        response.headers["retry-after"] = "60"
    return response
