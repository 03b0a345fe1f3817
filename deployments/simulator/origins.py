"""Keeps other web pages away from the control API: whoever visits them has this simulator on their own machine."""

from __future__ import annotations

from ipaddress import ip_address

from fastapi import HTTPException, Request


async def own_pages_only(request: Request) -> None:
    """Refuses with 403 what a browser sends on behalf of a foreign page. Scripts send no Origin and are not asked.

    The host has to be an address, `localhost` or a name without dots (a container's): a foreign page could let its own
    domain point here, and then its origin and host would agree.
    """
    if not _is_ours(request):
        raise HTTPException(403, "this host name is not one of the simulator's")
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    # `none` is a person at the address bar; browsers that send Origin: always send this one too
    own = request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    if request.method != "GET" and not (own and origin in (None, f"http://{host}", f"https://{host}")):
        raise HTTPException(
            403, "the control API takes orders from its own page and from scripts, not from other pages"
        )


def _is_ours(request: Request) -> bool:
    try:
        name = request.url.hostname or ""
        return "." not in name.removesuffix(".localhost") or bool(ip_address(name))
    except ValueError:
        return False
