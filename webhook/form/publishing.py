"""What anybody may read of the form: its page at `/`, the script that puts it into other sites, and how to send it."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from flows import settings
from webhook.form.pages import HEADERS, STATIC, FormPages
from webhook.limits import own_address

router = APIRouter(include_in_schema=False)


def pages(request: Request) -> FormPages:
    found: FormPages = request.app.state.form_pages
    return found


@router.get("/")
async def landing(request: Request, utm_source: str = "") -> Response:
    """The page, or the way to the one that the company keeps elsewhere, with whatever an advertisement put behind ours."""
    options: settings.Webhook = request.app.state.options
    if options.form_page_url is None:
        return pages(request).landing(utm_source)
    query = f"{'&' if '?' in options.form_page_url else '?'}{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{options.form_page_url}{query}", 302)


@router.get("/embed.js")
async def embed(request: Request) -> Response:
    # Any page may load it; which may send the form, FORM_ORIGINS says.
    headers = {**HEADERS, "cross-origin-resource-policy": "cross-origin", "cache-control": "public, max-age=300"}
    return Response(pages(request).embed, media_type="text/javascript; charset=utf-8", headers=headers)


@router.get("/form/{name}")
async def form_file(name: str) -> Response:
    if name not in STATIC:
        raise HTTPException(404)
    content, kind = STATIC[name]
    return Response(content, media_type=kind, headers=HEADERS)


@router.get("/leads")
async def guide(request: Request) -> Response:
    return pages(request).guide(own_address(request, request.app.state.options.form_trusted_proxies))
