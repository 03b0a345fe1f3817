"""Who may log in at /ops, and what everybody did there: two pages for those who administer. `python -m webhook.ops.people NAME`
makes a link for an administrator when none can log in."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import get_args

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from flows import settings
from flows.adapters.store.people import Change, Role
from flows.conversing.stores import open_store, prepare_store
from flows.errors import SerenaError
from flows.settings import OPERATOR_NAME
from flows.shown.words import SAID
from webhook.ops.guard import Form, Operator, PageRoute, Submitted, desk, operations, people
from webhook.ops.joining import LASTING, Link
from webhook.storable import cleaned_text

router = APIRouter(prefix="/ops", route_class=PageRoute)

_ROWS = 100
_LONGEST_ROW = 2**63 - 1
_COMMAND = "python -m webhook.ops.people"


@router.get("/people")
async def people_page(request: Request, session: Operator) -> Response:
    return await _page(request, session, said=SAID.get(request.query_params.get("m", "")))


@router.post("/people")
async def invite(request: Request, form: Form) -> Response:
    """The answer shows the link, once: nobody can read it later, only make another."""
    name, role = " ".join(form.fields.get("name", "").split()), _role(form)
    if not OPERATOR_NAME.fullmatch(name) or role is None:
        return await _page(request, form.session, said=SAID["invite.no_name"], status=422)
    link = Link.new()
    outcome = await people(request).invite(form.session.operator, name, role, link.digest, LASTING)
    if outcome != "done":
        return await _page(request, form.session, said=SAID[f"invite.{outcome}"], status=409)
    return await _page(request, form.session, link=(name, _address(request, link)))


@router.post("/people/change")
async def change(request: Request, form: Form) -> Response:
    name, what, role = form.fields.get("name", ""), form.fields.get("what", ""), _role(form)
    identity = form.fields.get("identity", "").strip()[:200] or None
    wanted: Change | None = next((each for each in get_args(Change) if each == what), None)
    if wanted is None or (wanted == "set_role") != (role is not None):
        return RedirectResponse("/ops/people?m=person.nothing", status_code=303)
    link = Link.new()
    outcome = await people(request).change(
        form.session.operator, name, wanted, role=role, link=link.digest, lasting=LASTING, identity=identity
    )
    if wanted == "new_link" and outcome == "done":
        return await _page(request, form.session, link=(name, _address(request, link)))
    said = f"{wanted}.done" if outcome == "done" else f"person.{outcome}"
    return RedirectResponse(f"/ops/people?m={said}", status_code=303)


@router.get("/log")
async def log(request: Request, session: Operator) -> Response:
    """Everything that operators did, with the lead's name as it is now, page by page, of all or of one."""
    given = request.query_params
    who = cleaned_text(given.get("who", ""))[:60] or None
    before = given.get("before", "")
    older = int(before) if before.isascii() and before.isdecimal() and int(before[:20]) <= _LONGEST_ROW else None
    rows = await operations(request).actions(_ROWS + 1, operator=who, before=older)
    return desk(request).pages.page(
        "log.html",
        session,
        rows=rows[:_ROWS],
        more=len(rows) > _ROWS,
        who=who,
        first=older is None,
        names=sorted({each.name for each in await people(request).all()}),
    )


async def _page(
    request: Request,
    session: Operator,
    *,
    said: tuple[bool, str] | None = None,
    status: int = 200,
    link: tuple[str, str] | None = None,
) -> Response:
    everybody = await people(request).all()
    return desk(request).pages.page(
        "people.html",
        session,
        status=status,
        people=everybody,
        said=said,
        link=link,
        lasting=LASTING,
        roles=list(Role),
        identity=desk(request).identity_name,
    )


def _role(form: Submitted) -> Role | None:
    return next((role for role in Role if role.value == form.fields.get("role")), None)


def _address(request: Request, link: Link) -> str:
    """As it is handed over: under the public address, else under the one that this page was asked at."""
    at = desk(request)
    here = f"http{'s' if at.secure(request) else ''}://{request.url.netloc}"
    return (at.options.ops_url or here).rstrip("/") + link.path


async def _rescued(name: str) -> str:
    group, link = settings.read(settings.Store), Link.new()
    await prepare_store(group)
    async with open_store(group, listen=False, connections=1) as store:
        known = await store.people.rescue(_COMMAND, name, link.digest, LASTING)
    where = (settings.read(settings.Ops).ops_url or "http://127.0.0.1:8000").rstrip("/")
    return f"{known} administers. Their link to choose a password, good once and for 48 hours:\n{where}{link.path}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=_COMMAND, description="Makes a link for an administrator, known or new.")
    parser.add_argument("name", help="who is to administer; whatever they were, disabled too, their logins end")
    name = " ".join(parser.parse_args(argv).name.split())
    if not OPERATOR_NAME.fullmatch(name):
        parser.error("a name has letters, digits, spaces and . _ @ + -, at most 60")
    try:
        print(asyncio.run(_rescued(name)))
    except SerenaError as exc:
        print(f"nothing was changed: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
