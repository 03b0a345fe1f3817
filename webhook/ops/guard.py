"""What stands before every page: the login and its role, the origin and token of forms, the headers of every answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlsplit

from fastapi import Depends, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from flows import settings
from flows.adapters.store.company import Company
from flows.adapters.store.operations import Operations
from flows.adapters.store.people import People, Role
from flows.conversing.stores import open_identity
from flows.errors import Fix, TryAgain
from webhook.limits import BodyTooLong, Limiter, TooSlow, caller, is_secure, network, read_body
from webhook.ops.pages import OpsPages
from webhook.ops.roles import least
from webhook.ops.session import Session, Sessions, same_secret, way
from webhook.storable import cleaned_text

log = logging.getLogger(__name__)

COOKIE = "ops_session"
# Bytes. A message of 4,096 characters, each an emoji that the browser spells with twelve, is 48 KB.
FORM_LIMIT = 64 * 1024
_MOST_FIELDS = 20
# Of one address to one account; and wrong ones of a whole network, or to one account from wherever: guesses from many
# addresses, or at many names, come no further, and a few strangers keep nobody out.
LOGINS_PER_MINUTE = 10
WRONG_LOGINS_PER_MINUTE = 60

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors"
)
_NOBODY = "'none'"
_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    # Not `no-referrer`: with that a browser sends `Origin: null` with our own forms (Fetch, "append a request Origin
    # header"), and nothing would tell them from a foreign page's. Other sites learn nothing this way either.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Desk:
    """What the pages share: settings, sessions, the rate of logins, templates."""

    def __init__(self, options: settings.Ops, service: settings.Webhook, deadline: str) -> None:
        """`deadline` is what the assistant promises about a consultant's call."""
        self.options, self.proxies, self.deadline = options, service.form_trusted_proxies, deadline
        # The newest of two secrets alone: while the app secret is rotated because it leaked, the old one signs nothing.
        secret = service.whatsapp_app_secret[0].get_secret_value()
        self.lasting = timedelta(hours=options.ops_session_hours)
        self.sessions = Sessions(secret, self.lasting)
        # Nobody may log in, as far as is known: the pages are not there.
        self.closed = not options.ops_operators
        self.logins = Limiter(LOGINS_PER_MINUTE, per=60.0)
        self.wrong = Limiter(WRONG_LOGINS_PER_MINUTE, per=60.0)
        self.pages = OpsPages(options.ops_prefect_url)
        self.headers = _HEADERS | {"content-security-policy": f"{_POLICY} {options.ops_framed_by or _NOBODY}"}
        if not options.ops_framed_by:
            # says the same to browsers that know no frame-ancestors, and cannot name anybody
            self.headers["x-frame-options"] = "DENY"
        self.identity = open_identity(identity := settings.read(settings.Identity))
        self.identity_name = identity.oidc_name if self.identity else None

    def may_try(self, name: str, address: str) -> bool:
        """Whether another password may be tried for this name from this address. By name too: behind a proxy that is not
        trusted everybody has one address, and one stranger's guesses would keep all operators out."""
        if self.wrong.spent(f"account {name[:64]}") or self.wrong.spent(f"network {network(address)}"):
            return False
        return self.logins.allow(f"{caller(address)} {name[:64]}")

    def guessed_wrong(self, name: str, address: str) -> None:
        self.wrong.allow(f"account {name[:64]}")
        if (near := network(address)) is not None:
            self.wrong.allow(f"network {near}")

    def admit(self, request: Request, response: Response, name: str, epoch: int) -> None:
        """Gives the browser the cookie of a new login."""
        response.set_cookie(
            COOKIE,
            self.sessions.begin(name, epoch),
            max_age=int(self.lasting.total_seconds()),
            path="/ops",
            httponly=True,
            samesite="lax",
            secure=self.secure(request),
        )

    def secure(self, request: Request) -> bool:
        """Whether the browser speaks TLS with us, or with the proxy that we trust."""
        return is_secure(request, self.proxies)

    def own(self, request: Request) -> bool:
        """Whether a form was sent by a page of ours. The scheme is not compared, because TLS may end at a proxy."""
        try:
            origin = urlsplit(request.headers.get("origin", "")).netloc.lower()
        except ValueError:  # no address at all, as in `http://[`
            return False
        ours = {request.headers.get("host", "").lower(), urlsplit(self.options.ops_url or "").netloc.lower()}
        return bool(origin) and origin in ours


class SignedOut(Exception):
    """Nobody is logged in, or not any more."""


class Refused(Exception):
    """This request is not carried out; `text` says why, in Portuguese."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(title)
        self.status, self.title, self.text = status, title, text


def not_found() -> Refused:
    return Refused(
        404,
        "Página não encontrada",
        "Não há nada neste endereço. Talvez o lead tenha sido apagado ou unido a outro cadastro.",
    )


@dataclass(frozen=True)
class Submitted:
    """A form of ours: who sent it, and its fields, each without NUL and at most 10,000 characters long."""

    session: Session
    fields: dict[str, str]


def desk(request: Request) -> Desk:
    found: Desk = request.app.state.ops
    return found


def operations(request: Request) -> Operations:
    found: Operations = request.app.state.store.operations
    return found


def company(request: Request) -> Company:
    found: Company = request.app.state.store.company
    return found


def people(request: Request) -> People:
    found: People = request.app.state.store.people
    return found


async def session_of(request: Request) -> Session | None:
    """Who is logged in, by the cookie's signature and then by the store, which knows what they may and what any replica ended:
    one question, and a cookie that is not ours costs it none."""
    sessions = desk(request).sessions
    cookie = sessions.read(request.cookies.get(COOKIE))
    role = await people(request).session(cookie.operator, cookie.epoch, cookie.digest) if cookie else None
    if cookie is None or role is None:
        return None
    session = Session(cookie, role, sessions.bound(cookie.token))
    request.state.session = session
    return session


async def let_in(request: Request, least: Role | None) -> None:
    """Who has the role, or nobody. Raises SignedOut, Refused (403)."""
    if least is None:
        return
    session = await session_of(request)
    if session is None:
        raise SignedOut
    if not session.role.covers(least):
        raise Refused(
            403, "Sem permissão", "O seu papel na equipe não permite isto. Fale com quem administra o sistema."
        )


async def signed_in(request: Request) -> Session:
    """Whom `let_in` has let in."""
    session: Session = request.state.session
    return session


Operator = Annotated[Session, Depends(signed_in)]


async def submitted(request: Request, session: Operator) -> Submitted:
    return vouched(session, await fields_of(request))


def vouched(session: Session, fields: dict[str, str]) -> Submitted:
    """The fields of a form that a page of this very session sent. Raises Refused."""
    if not same_secret(fields.get("csrf", ""), session.csrf):
        raise Refused(
            403, "Formulário vencido", "Esta página era de outra sessão. Volte, atualize a página e tente de novo."
        )
    return Submitted(session, fields)


Form = Annotated[Submitted, Depends(submitted)]


async def body_of(request: Request, limit: int) -> bytes:
    """What one of our pages sent. Raises Refused, BodyTooLong, TooSlow."""
    if not desk(request).own(request):
        raise Refused(403, "Pedido recusado", "Este formulário não veio destas páginas.")
    return await read_body(request, limit)


async def fields_of(request: Request) -> dict[str, str]:
    """The fields of a form that one of our pages sent. Raises Refused, BodyTooLong, TooSlow."""
    body = await body_of(request, FORM_LIMIT)
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Refused(400, "Formulário ilegível", "O navegador enviou algo que não é um formulário.") from None
    return {name: cleaned_text(value) for name, value in pairs}


class PageRoute(APIRoute):
    """A route whose every answer is a page: errors too, and with the same headers. Whoever asks has the role that `roles`
    names for it, before anything of the request is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer, role = super().get_route_handler(), least(self.path, self.methods or set())

        async def answered(request: Request) -> Response:
            if desk(request).closed:
                raise HTTPException(404)
            try:
                await let_in(request, role)
                response = await answer(request)
            except SignedOut:
                response = _to_login(request)
            except (Refused, RequestValidationError, BodyTooLong, TooSlow, TryAgain, Fix) as exc:
                response = _explained(request, exc)
            for name, value in desk(request).headers.items():
                response.headers.setdefault(name, value)
            return response

        return answered


def _to_login(request: Request) -> Response:
    # After a form the way back is the page that it stood on, which is the address above it.
    path = request.url.path if request.method == "GET" else request.url.path.rpartition("/")[0]
    query = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
    wanted = way(path + query)
    hint = "&ended=1" if request.cookies.get(COOKIE) else ""
    return RedirectResponse(f"/ops/login?next={quote(wanted, safe='')}{hint}", status_code=303)


def _explained(request: Request, exc: Exception) -> Response:
    match exc:
        case Refused():
            refused = exc
        case RequestValidationError():
            refused = not_found()
        case BodyTooLong():
            refused = Refused(413, "Texto longo demais", "O que foi enviado não cabe num formulário destas páginas.")
        case TooSlow():
            refused = Refused(408, "Envio lento demais", "O envio demorou demais. Tente de novo.")
        case _:
            log.warning("answered 503: %s", exc)
            refused = Refused(
                503,
                "Serviço temporariamente indisponível",
                "O banco de dados não respondeu. Nada foi confirmado: tente de novo em instantes.",
            )
    # Of whom nobody could say whether they are still logged in (the store is away) the page shows nothing.
    session = getattr(request.state, "session", None)
    pages = desk(request).pages
    return pages.page("refused.html", session, status=refused.status, title=refused.title, text=refused.text)
