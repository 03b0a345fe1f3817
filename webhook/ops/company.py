"""What the company answers for: the WhatsApp account as Meta sees it, and what a day costs."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from flows import settings
from flows.shown.formats import counted
from flows.shown.register import ACTIVITIES, Activity, recipients
from flows.shown.words import SAID
from webhook.ops.guard import Form, Operator, PageRoute, desk

router = APIRouter(prefix="/ops/company", route_class=PageRoute)


@router.get("")
async def page(request: Request, session: Operator) -> Response:
    account = await request.app.state.store.company.account()
    spend = await request.app.state.store.company.spend(days=30)
    said = SAID.get(request.query_params.get("m", ""))
    return desk(request).pages.page(
        "company.html", session, account=account, spend=spend, limits=settings.read(settings.Spend), said=said
    )


@router.get("/register")
async def register(request: Request, session: Operator) -> Response:
    """The register of processing (LGPD art. 37), by the settings of this service."""
    kept, model = settings.read(settings.Store), settings.read(settings.OpenAI)
    partner = settings.read(settings.Serena, serena_api_token="none")
    shared = recipients(
        model=urlsplit(model.openai_base_url).hostname if model.openai_api_key else None,
        partner=partner.serena_register_leads,
        crm=None,
        supabase=kept.supabase_url is not None,
    )
    return desk(request).pages.page(
        "register.html", session, activities=[(each, _term(kept, each)) for each in ACTIVITIES], recipients=shared
    )


@router.post("/mended")
async def mended(request: Request, form: Form) -> Response:
    """A state of the account is over, though no word of Meta's came: what waited for it is tried at once."""
    kind, subject, fact = (form.fields.get(name, "") for name in ("kind", "subject", "fact"))
    acted = await request.app.state.store.company.account_mended(form.session.operator, kind, subject, fact)
    return RedirectResponse(f"/ops/company?m=account_mended.{acted.outcome}", status_code=303)


def _term(kept: settings.Store, activity: Activity) -> str:
    days = getattr(kept, activity.term, None)
    return activity.term if days is None else counted(days, "dia", "dias")
