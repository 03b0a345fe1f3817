"""`POST /leads`: a filled form is saved with its proof of consent before anything can fail, and answered to its sender."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from flows import settings
from flows.errors import Fix, TryAgain
from webhook.form.pages import ANSWERS, FormPages
from webhook.form.reading import FIELDS, FormRejected, Honeypot, LeadForm, parse_form
from webhook.limits import BodyTooLong, TooSlow, caller, client_address, network, read_body

log = logging.getLogger("serena.webhook")
router = APIRouter()

FORM_LIMIT = 16 * 1024
AWAY = "Serviço temporariamente indisponível. Tente de novo em instantes."
_LONGEST_EVIDENCE = 200
_HTML_FORM = "application/x-www-form-urlencoded"

_ORDER = {
    "type": "object",
    "properties": {
        name: {"description": one.about, "type": one.types, "examples": [one.example]} for name, one in FIELDS.items()
    },
    "required": [name for name, one in FIELDS.items() if one.required],
}
_TAKEN = {"type": "object", "properties": {"message": {"type": "string"}}}
_REFUSAL = {"type": "object", "properties": {"error": {"type": "string"}, "errors": {"type": "object"}}}


@dataclass(frozen=True)
class _Answer:
    """How a form was taken: 202, or why not, in words for the lead; `given` is what was written where that can be shown again."""

    status: int
    problem: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)


@router.post(
    "/leads",
    status_code=202,
    summary="Envia o formulário de um lead",
    responses={
        code: {"description": meaning, "content": {"application/json": {"schema": _TAKEN if code == 202 else _REFUSAL}}}
        for code, meaning in ANSWERS.items()
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": _ORDER} for kind in ("application/json", _HTML_FORM)},
        }
    },
)
async def submit(request: Request) -> Response:
    # a browser that sends a form by itself shows what it gets
    as_page = _is_html_form(request) and "text/html" in request.headers.get("accept", "")
    try:
        answer = await _taken(request)
    except (TryAgain, Fix) as exc:
        log.warning("answered 503: %s", exc)
        answer = _Answer(503, AWAY)
    if as_page:
        pages: FormPages = request.app.state.form_pages
        if answer.status == 202:
            return pages.accepted()
        return pages.refused(answer.status, answer.given, answer.errors, answer.problem)
    # No id, neither the lead's nor the run's: anybody may post anybody's number. Nor does a number that is known take
    # another time than one that is not.
    if answer.status == 202:
        return JSONResponse({"message": "Lead capture accepted"}, 202)
    errors = {"errors": dict(answer.errors)} if answer.errors else {}
    return JSONResponse({"error": answer.problem or next(iter(answer.errors.values()))} | errors, answer.status)


async def _taken(request: Request) -> _Answer:
    """Reads and saves the form (docs/domain.md 3)."""
    options: settings.Webhook = request.app.state.options
    if not _may_post(request, options.form_origins):
        return _Answer(403, "Este site não pode enviar o formulário.")
    address = client_address(request, options.form_trusted_proxies)
    if not request.app.state.forms.allow(caller(address)):
        return _Answer(429, "Muitas tentativas em pouco tempo. Aguarde um minuto e envie de novo.")
    data: dict[str, Any] = {}
    try:
        data = await _form_data(request)
        lead = parse_form(data)
    except BodyTooLong:
        return _Answer(413, "O formulário enviado é grande demais.")
    except TooSlow:
        return _Answer(408, "O envio demorou demais. Tente de novo.")
    except FormRejected as exc:
        return _Answer(422, errors=exc.errors, given={name: str(value) for name, value in data.items()})
    except Honeypot:
        # a robot filled the field that people do not see; it learns nothing
        request.state.robot = True
        return _Answer(202)
    except (ValueError, RecursionError):
        return _Answer(400, "O corpo da requisição não é um JSON válido.")
    saved = await request.app.state.store.save_form(_row(lead, request, address))
    if saved.action != "nothing":
        request.app.state.dispatcher.soon([saved])
    return _Answer(202)


async def _form_data(request: Request) -> dict[str, Any]:
    body = await read_body(request, FORM_LIMIT)
    if _is_html_form(request):
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True))
    data = json.loads(body)
    if not isinstance(data, dict):
        raise ValueError("the body is not a JSON object")
    return data


def _is_html_form(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith(_HTML_FORM)


def _may_post(request: Request, allowed: tuple[str, ...]) -> bool:
    """Whether the page that sends the form may: ours, or one of FORM_ORIGINS. CORS alone only hides our answer from a foreign
    page: a plain HTML form of it would still be accepted."""
    origin = request.headers.get("origin")
    if origin is None or "*" in allowed or origin in allowed:
        return True
    # A browser says so where TLS is; by name where a proxy left our name as it was. No page can write either header.
    if request.headers.get("sec-fetch-site") == "same-origin":
        return True
    try:
        return urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower() != ""
    except ValueError:  # no address at all, as in `http://[`
        return False


def _row(lead: LeadForm, request: Request, address: str) -> dict[str, Any]:
    """The lead as the store takes it, with the consent's evidence. The address is kept as a keyed hash only."""
    options: settings.Webhook = request.app.state.options
    key = options.whatsapp_app_secret[0].get_secret_value().encode()
    # The page without its query, in which some sites carry what was typed.
    page = re.split("[?#]", request.headers.get("referer", ""))[0]
    near = network(address)
    evidence = {
        "origin": (request.headers.get("origin") or page)[:_LONGEST_EVIDENCE] or None,
        "user_agent": request.headers.get("user-agent", "")[:_LONGEST_EVIDENCE],
        "address_hash": _hashed(key, address),
    }
    row = lead.model_dump(mode="json")
    extra = {"additional_data": {"form_keys": row.pop("extra", [])}, "network": near and _hashed(key, near)}
    return {**row, "evidence": evidence, **extra}


def _hashed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
