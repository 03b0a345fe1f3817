"""The form that a lead fills: its public page, the script that puts it into other sites, and what becomes of what is sent.

The door: `include` adds the routes, `parse_form` reads a form without them.
"""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from flows import settings
from webhook.form import publishing, submitting
from webhook.form.pages import FormPages
from webhook.form.reading import FormRejected, Honeypot, LeadForm, parse_form
from webhook.limits import Limiter

__all__ = ["FormRejected", "Honeypot", "LeadForm", "include", "parse_form"]


def include(app: FastAPI, options: settings.Webhook) -> None:
    """Adds the form's routes, and leave for the pages of FORM_ORIGINS to read our answer."""
    app.state.forms = Limiter(options.form_rate_per_minute, per=60.0)
    app.state.form_pages = FormPages(settings.read(settings.Conversation).privacy_notice_url)
    if options.form_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(options.form_origins),
            allow_methods=["POST"],
            allow_headers=["content-type"],
            max_age=600,
        )
    app.include_router(submitting.router)
    app.include_router(publishing.router)
