"""The webhook service: WhatsApp's deliveries and the form come in, are stored, and are answered at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.requests import ClientDisconnect

from flows import settings
from flows.conversing.starting import keep_rules
from flows.conversing.stores import WEBHOOK_CONNECTIONS, WEBHOOK_PATIENCE, open_files, open_store, prepare_store
from flows.errors import Fix, TryAgain
from flows.shown import logs, metrics, scraping
from webhook import form, ops, payload, signature, telling
from webhook.dispatch import Dispatcher
from webhook.impatience import Impatient
from webhook.limits import (
    BodyTooLong,
    TooSlow,
    forwarded,
    read_body,
)
from webhook.measuring import Measuring, keep_sampled

log = logging.getLogger("serena.webhook")

DELIVERY_LIMIT = 4 * 1024 * 1024  # Meta sends up to 3 MB (docs/whatsapp.md 1.3)
# Events in one transaction. Meta sends up to 1,000 (docs/whatsapp.md 1.3); such a transaction holds most of the store's identity
# locks for seconds, and a few of them at once, as after an outage, outlast the store's time limit at every attempt.
_BATCH = 100
# What Meta sends, for the description of the public routes.
_SIGNED = {
    "parameters": [{"name": "X-Hub-Signature-256", "in": "header", "required": True, "schema": {"type": "string"}}],
    "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
}


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    options: settings.Webhook = app.state.options
    log.info("the last %d entries of X-Forwarded-For are believed (FORM_TRUSTED_PROXIES)", options.form_trusted_proxies)
    conversation = settings.read(settings.Conversation)
    store_group = settings.read(settings.Store)
    await prepare_store(store_group)
    # A wait is overdue when Prefect's automation had its chance: a tenth more than its time, at least ten seconds.
    overdue = max(timedelta(seconds=10), conversation.reminder_after / 10)
    async with (
        open_store(store_group, patience=WEBHOOK_PATIENCE, connections=WEBHOOK_CONNECTIONS, listen=False) as store,
        contextlib.aclosing(open_files(store_group)) as files,
        Dispatcher(store, every=options.dispatch_every_seconds, overdue=overdue) as dispatcher,
    ):
        app.state.store, app.state.files, app.state.dispatcher = store, files, dispatcher
        await keep_rules(store)
        loops = [
            asyncio.create_task(dispatcher.run(), name="dispatcher"),
            asyncio.create_task(telling.run(store, dispatcher, options), name="telling"),
        ]
        if settings.read(settings.Watching).metrics_port is not None:
            loops.append(asyncio.create_task(keep_sampled(store), name="figures"))
        try:
            async with ops.kept_running(app):
                yield
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)


def create_app(options: settings.Webhook) -> FastAPI:
    """The service for these settings; its store and Prefect client open with its lifespan."""
    app = FastAPI(title="Serena Qualifier", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.options, app.state.number = options, None
    form.include(app, options)
    app.add_middleware(Measuring)
    # A store that refuses is as good as one that is away: Meta keeps the delivery and brings it again.
    for failure in (TryAgain, Fix):
        app.add_exception_handler(failure, _store_down)
    app.add_exception_handler(ClientDisconnect, _hung_up)
    for path in ("/webhook", "/webhook/"):
        described = path == "/webhook"
        app.add_api_route(path, confirm_subscription, methods=["GET"], include_in_schema=described)
        app.add_api_route(path, receive_delivery, methods=["POST"], include_in_schema=described, openapi_extra=_SIGNED)
    app.add_api_route("/health", tell_health, methods=["GET"])
    app.add_api_route("/ready", ready, methods=["GET"])
    ops.include(app, settings.read(settings.Ops))
    return app


async def confirm_subscription(
    request: Request,
    mode: Annotated[str | None, Query(alias="hub.mode")] = None,
    token: Annotated[str | None, Query(alias="hub.verify_token")] = None,
    challenge: Annotated[str | None, Query(alias="hub.challenge")] = None,
) -> Response:
    """Meta's handshake when the callback URL is saved (docs/whatsapp.md 1.1)."""
    expected = request.app.state.options.whatsapp_verify_token.get_secret_value()
    answer = signature.verification(mode, token, challenge, expected)
    return PlainTextResponse(answer) if answer is not None else Response(status_code=403)


async def receive_delivery(request: Request) -> Response:
    """A delivery: verified over the raw bytes, stored in one transaction, answered 200, then handed on."""
    options: settings.Webhook = request.app.state.options
    # the cheap refusals come first: an unsigned caller cannot make us read megabytes
    header = request.headers.get("x-hub-signature-256")
    if header is None:
        return Response(status_code=401)
    try:
        body = await read_body(request, DELIVERY_LIMIT)
    except BodyTooLong:
        return Response(status_code=413)
    except TooSlow:
        return Response(status_code=408)
    match signature.verify(body, header, [s.get_secret_value() for s in options.whatsapp_app_secret]):
        case signature.SignatureVerdict.MISSING:
            return Response(status_code=401)
        case signature.SignatureVerdict.FORGED:
            log.warning("a delivery with a wrong signature was refused (%d bytes)", len(body))
            return Response(status_code=403)
    try:
        read = json.loads(body)
        events = payload.events(
            read,
            phone_number_id=options.whatsapp_phone_number_id,
            account_id=options.whatsapp_business_account_id,
        )
    except (ValueError, RecursionError):
        return Response(status_code=400)
    number = payload.own_number(read, options.whatsapp_phone_number_id)
    if number is not None and number != request.app.state.number:
        await request.app.state.store.company.note_own_number(number)
        request.app.state.number = number
    # Every event has its key: when a later batch fails, the delivery comes again and the stored ones are duplicates.
    for start in range(0, len(events), _BATCH):
        delivered = await request.app.state.store.receive(events[start : start + _BATCH])
        request.app.state.dispatcher.soon(delivered.dispatch)
        metrics.received(
            events[start : start + _BATCH],
            stored=delivered.stored,
            duplicates=delivered.duplicates,
            refused=delivered.refused,
        )
    return Response(status_code=200)


async def tell_health(request: Request) -> dict[str, str]:
    """The process lives. Where a proxy names callers whom nobody believes, that is said too: then all of them are one to
    rate limits, or the caller chooses who they are (the doctor asks this at the public address)."""
    trusted, hops = request.app.state.options.form_trusted_proxies, len(forwarded(request))
    return {"status": "ok"} | ({"forwarded": f"{trusted} of {hops} are believed"} if hops != trusted else {})


async def ready(request: Request) -> Response:
    """200 when the store takes a write, Prefect answers and the dispatcher moves, else 503 with the name of what does not."""
    dispatcher: Dispatcher = request.app.state.dispatcher
    checks = {"store": request.app.state.store.take_a_write, "prefect": dispatcher.ping, "dispatcher": dispatcher.moves}
    report = {}
    for name, check in checks.items():
        try:
            await asyncio.wait_for(check(), 3.0)
            report[name] = "ok"
        except (TryAgain, Fix, TimeoutError) as exc:
            report[name] = str(exc) or "does not answer"
    return JSONResponse(report, status_code=200 if set(report.values()) == {"ok"} else 503)


async def _store_down(_: Request, exc: Exception) -> Response:
    log.warning("answered 503: %s", exc)
    return JSONResponse({"error": "Serviço temporariamente indisponível. Tente de novo em instantes."}, status_code=503)


async def _hung_up(_: Request, __: Exception) -> Response:
    return Response(status_code=400)  # nobody is there to read it


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        watching = settings.read(settings.Watching)
        as_json = logs.set_up(watching)
        options = settings.read(settings.Webhook)
        settings.read(settings.Store)
        settings.read(settings.Conversation)
        settings.read(settings.Spend)
        settings.read(settings.Crm)
        with scraping.serving("webhook", watching):
            server = uvicorn.Server(server_config(create_app(options), options, as_json=as_json))
            with contextlib.suppress(KeyboardInterrupt):
                server.run()
    except Fix as exc:
        print(f"the webhook cannot start: {exc}", file=sys.stderr)
        return 1
    return 0 if server.started else 3


def server_config(app: FastAPI, options: settings.Webhook, *, as_json: bool = False) -> uvicorn.Config:
    """How uvicorn serves us; `as_json`: its log lines take the way of ours. `proxy_headers` off: by default it believes
    X-Forwarded-For from 127.0.0.1, and a caller behind a tunnel could choose the address that the form's rate limit
    counts; `client_address` decides that alone."""
    # The access log names addresses, and at 200 deliveries a second it costs more than it tells.
    return uvicorn.Config(
        app,
        host=options.webhook_host,
        port=options.webhook_port,
        access_log=False,
        log_level="info",
        proxy_headers=False,
        server_header=False,
        http=Impatient,
        timeout_keep_alive=5,
        log_config=None if as_json else uvicorn.config.LOGGING_CONFIG,
    )


if __name__ == "__main__":
    sys.exit(main())
