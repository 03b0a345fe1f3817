"""Choosing a password: by the link that an administrator handed over, and one's own on the page `/ops/me`."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from flows.shown.words import SAID
from webhook.limits import caller, client_address
from webhook.ops.guard import COOKIE, Form, Operator, PageRoute, Refused, SignedOut, desk, fields_of, people
from webhook.ops.password import hashed, right, why_not
from webhook.ops.session import same_secret

router = APIRouter(prefix="/ops", route_class=PageRoute)

# Long enough for a weekend's start, short enough for a link that lies in a chat.
LASTING = timedelta(hours=48)
_OVER = "Este link já foi usado ou venceu. Peça outro a quem administra o sistema."
_OFTEN = "Muitas tentativas em pouco tempo. Aguarde um minuto e tente de novo."


@dataclass(frozen=True)
class Link:
    """A link with which somebody chooses a password: `token` is shown once, the store keeps `digest`."""

    token: str

    @classmethod
    def new(cls) -> Link:
        return cls(secrets.token_urlsafe(32))

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.token.encode()).hexdigest()

    @property
    def path(self) -> str:
        return f"/ops/invited/{self.token}"


@router.get("/invited/{token}")
async def invited(request: Request, token: str) -> Response:
    """Uses nothing up: chat apps open links to show what is behind them."""
    link = Link(token)
    return _choose(request, link, await _whose(request, link))


@router.post("/invited")
async def join(request: Request) -> Response:
    fields = await fields_of(request)
    link = Link(fields.get("token", ""))
    name = await _whose(request, link)
    if not same_secret(fields.get("csrf", ""), desk(request).sessions.bound(link.token)):
        raise Refused(403, "Formulário vencido", "Abra o link de novo.")
    chosen = fields.get("password", "")
    if wrong := _wrong(chosen, fields.get("again", ""), name):
        return _choose(request, link, name, wrong)
    if await people(request).join(link.digest, await hashed(chosen)) is None:
        raise Refused(404, "Link vencido", _OVER)
    # whoever was logged in here before is not the one who comes now
    response = RedirectResponse("/ops/login?chosen=1", status_code=303)
    response.delete_cookie(COOKIE, path="/ops")
    return response


@router.get("/me")
async def me(request: Request, session: Operator) -> Response:
    said = SAID.get(request.query_params.get("m", ""))
    mine = next((each for each in await people(request).all() if each.name == session.operator), None)
    if mine is None:
        raise SignedOut
    return desk(request).pages.page("me.html", session, me=mine, said=said)


@router.post("/me/password")
async def change_password(request: Request, form: Form) -> Response:
    """The old one is asked: a browser that was left open changes nobody's. All other logins end."""
    at, name = desk(request), form.session.operator
    address = client_address(request, at.proxies)
    if not at.may_try(name, address):
        raise Refused(429, "Muitas tentativas", _OFTEN)
    if not await right(form.fields.get("old", ""), await people(request).credentials(name)):
        at.guessed_wrong(name, address)
        return _back("password.old")
    chosen = form.fields.get("password", "")
    if wrong := _wrong(chosen, form.fields.get("again", ""), name):
        return _back(wrong)
    return await _renewed(request, form, "password.done", await hashed(chosen))


@router.post("/me/end-logins")
async def end_logins(request: Request, form: Form) -> Response:
    """All of one's own but this one."""
    return await _renewed(request, form, "end_logins.own")


async def _renewed(request: Request, form: Form, said: str, password_hash: str | None = None) -> Response:
    cookie = form.session.cookie
    epoch = await people(request).renew(cookie.operator, cookie.epoch, password_hash)
    if epoch is None:
        raise SignedOut
    response = _back(said)
    desk(request).admit(request, response, cookie.operator, epoch)
    return response


async def _whose(request: Request, link: Link) -> str:
    """Raises Refused for a link that is none (any more), and for who tries many."""
    at = desk(request)
    who = f"{caller(client_address(request, at.proxies))} link"
    if at.logins.spent(who):
        raise Refused(429, "Muitas tentativas", _OFTEN)
    name = await people(request).invited(link.digest)
    if name is None:
        at.logins.allow(who)
        raise Refused(404, "Link vencido", _OVER)
    return name


def _choose(request: Request, link: Link, name: str, wrong: str | None = None) -> Response:
    at = desk(request)
    return at.pages.page(
        "invited.html",
        None,
        status=422 if wrong else 200,
        name=name,
        token=link.token,
        csrf=at.sessions.bound(link.token),
        said=SAID[wrong] if wrong else None,
    )


def _wrong(chosen: str, again: str, name: str) -> str | None:
    """What is said of a password that cannot be taken."""
    reason = why_not(chosen, name) or (None if chosen == again else "again")
    return f"password.{reason}" if reason else None


def _back(said: str) -> Response:
    return RedirectResponse(f"/ops/me?m={said}", status_code=303)
