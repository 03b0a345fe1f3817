"""What the company answers for: the WhatsApp account as Meta sees it, and what a day costs, and what the CRM was told."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from flows import settings
from flows.shown.formats import counted
from flows.shown.register import ACTIVITIES, Activity, recipients
from flows.shown.words import SAID
from webhook.ops.forms import id_of
from webhook.ops.guard import Form, Operator, PageRoute, company, desk, not_found

router = APIRouter(prefix="/ops/company", route_class=PageRoute)


@router.get("")
async def company_page(request: Request, session: Operator) -> Response:
    account = await company(request).account()
    spend = await company(request).spend(days=30)
    crm = await company(request).crm()
    said = SAID.get(request.query_params.get("m", ""))
    return desk(request).pages.page(
        "company.html", session, account=account, spend=spend, crm=crm, limits=settings.read(settings.Spend), said=said
    )


@router.get("/register")
async def register(request: Request, session: Operator) -> Response:
    """The register of processing (LGPD art. 37), by the settings of this service."""
    kept, model, crm = settings.read(settings.Store), settings.read(settings.OpenAI), settings.read(settings.Crm)
    partner = settings.read(settings.Serena, serena_api_token="none")
    shared = recipients(
        model=urlsplit(model.openai_base_url).hostname if model.openai_api_key else None,
        partner=partner.serena_register_leads,
        crm=urlsplit(crm.crm_webhook_url).hostname if crm.crm_webhook_url else None,
        supabase=kept.supabase_url is not None,
    )
    return desk(request).pages.page(
        "register.html", session, activities=[(each, _term(each, kept, crm)) for each in ACTIVITIES], recipients=shared
    )


@router.post("/mended")
async def account_mended(request: Request, form: Form) -> Response:
    """A state of the account is over, though no word of Meta's came: what waited for it is tried at once."""
    kind, subject, fact = (form.fields.get(name, "") for name in ("kind", "subject", "fact"))
    acted = await company(request).account_mended(form.session.operator, kind, subject, fact)
    return RedirectResponse(f"/ops/company?m=account_mended.{acted.outcome}", status_code=303)


@router.post("/crm-again")
async def crm_again(request: Request, form: Form) -> Response:
    """One event again, or, without an id, all that were given up; under the ids that they have."""
    event = form.fields.get("event")
    event_id = id_of(event)
    if event and event_id is None:
        raise not_found()
    acted = await company(request).crm_again(form.session.operator, event_id)
    return RedirectResponse(f"/ops/company?m=crm_again.{acted.outcome}", status_code=303)


def _term(activity: Activity, *groups: settings.Group) -> str:
    days = next((found for group in groups if (found := getattr(group, activity.term, None)) is not None), None)
    return activity.term if days is None else counted(days, "dia", "dias")
