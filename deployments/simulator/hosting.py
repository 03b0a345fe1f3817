"""The page with the form and the phone, its files, and the files that people sent."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from deployments.simulator.bills import BILLS
from deployments.simulator.graph import bearer_matches
from deployments.simulator.media import PATH
from deployments.simulator.settings import SimulatorSettings
from deployments.simulator.world import WorldDep
from flows.brazil.money import brl

PAGE = Path(__file__).resolve().parent / "page"
# Read once: whatever else may lie in the directory later is not served, and no path leads out of it.
_FILES = {file.name: file for file in sorted(PAGE.iterdir()) if file.suffix in (".html", ".css", ".js")}
# What a browser shows by itself and cannot run; anything else is saved, not opened. No SVG, for it can hold scripts.
_SHOWN = ("image/png", "image/jpeg", "image/webp", "image/gif", "audio/", "video/", "application/pdf")

router, files = APIRouter(), APIRouter()


def form_url(settings: SimulatorSettings) -> str:
    """Where the form is posted, with embed.js beside it: at the webhook that we deliver to, unless the browser needs another address."""
    return settings.form_url or urljoin(settings.webhook_url, "/leads")


def _headers(settings: SimulatorSettings) -> dict[str, str]:
    target = urlsplit(form_url(settings))
    webhook = f"{target.scheme}://{target.netloc}"
    policy = (
        f"default-src 'none'; script-src 'self' {webhook}; style-src 'self'; img-src 'self' data:; media-src 'self'; "
        f"connect-src 'self' {webhook}; frame-src {webhook}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    # no-cache: a developer who edits a file reloads and sees it
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }


@router.get("/", include_in_schema=False)
async def show_page(world: WorldDep, request: Request) -> Response:
    """The tour: the form and the phone, the run, and the operators' pages."""
    name = urlsplit(form_url(world.settings)).hostname
    if world.settings.operator and request.url.hostname == "localhost" and name == "127.0.0.1":
        # A browser counts the two as two sites, and would keep the operator's login from the page inside this one.
        return RedirectResponse(str(request.url.replace(hostname=name)))
    return FileResponse(_FILES["index.html"], headers=_headers(world.settings))


@router.get("/page/{name}")
async def show_file(name: str, world: WorldDep) -> FileResponse:
    if name not in _FILES:
        raise HTTPException(404)
    return FileResponse(_FILES[name], headers=_headers(world.settings))


@router.get("/simulator/surroundings")
async def describe(world: WorldDep) -> dict[str, Any]:
    """What the page cannot know: where the form goes, and which sample bills there are."""
    bills = [
        {"name": name, "utility": bill.utility, "holder": bill.holder, "total": brl(bill.total)}
        for name, bill in BILLS.items()
    ]
    return {
        "form_url": form_url(world.settings),
        "business": world.settings.verified_name,
        "bills": bills,
        # the local reader's packages; asked for by name, because the assistant itself would be 40 MB more in this process
        "photos_are_read": find_spec("rapidocr") is not None,
    }


@router.get("/simulator/media/{media_id}")
async def show_media(media_id: str, world: WorldDep) -> Response:
    """A file of a chat, for the eyes of whoever holds the phone: no token, and never run as a page."""
    media = world.media.get(media_id)
    if media is None:
        raise HTTPException(404, "there is no such file")
    shown = media.mime_type.startswith(_SHOWN)
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "inline" if shown else "attachment"}
    if media.mime_type != "application/pdf":
        # Chromium's PDF viewer is a script of its own, and would not start under this
        headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return Response(media.content, media_type=media.mime_type if shown else "application/octet-stream", headers=headers)


@files.get(PATH)
async def download_media(request: Request, world: WorldDep, mid: str = "", hash: str = "") -> Response:
    """The bytes behind an address of `GET /{media_id}`: same bearer token, five minutes, then 404."""
    if not bearer_matches(request, world.settings.token.get_secret_value()):
        raise HTTPException(401)
    media = world.media.at_address(mid, hash, world.now())
    if media is None:
        raise HTTPException(404)
    return Response(media.content, media_type=media.mime_type)
