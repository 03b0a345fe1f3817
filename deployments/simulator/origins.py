"""Keeps other web pages away from the control API: whoever visits them has this simulator on their own machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# Graph API and plans API have their tokens; these are open to whoever may call them.
_GUARDED = ("/simulator", "/page")


class OwnPagesOnly:
    """Refuses with 403 what a browser sends on behalf of a foreign page. Scripts send no Origin and are not asked.

    The host has to be an address, `localhost` or a name without dots (a container's): a foreign page could let its own
    domain point here, and then its origin and host would agree.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["path"] == "/" or scope["path"].startswith(_GUARDED)):
            headers = Headers(scope=scope)
            if (reason := self._objection(scope["method"], headers)) is not None:
                await JSONResponse({"detail": reason}, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _objection(self, method: str, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            return "this host name is not one of the simulator's"
        origin = headers.get("origin")
        # `none` is a person at the address bar; browsers that send Origin: always send this one too
        own = headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        if method in ("GET", "HEAD", "OPTIONS") or (own and origin in (None, f"http://{host}", f"https://{host}")):
            return None
        return "the control API takes orders from its own page and from scripts, not from other pages"

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return "." not in name.removesuffix(".localhost") or bool(ip_address(name))
        except ValueError:
            return False
