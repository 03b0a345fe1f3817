"""The webhook service for tests: the real application on a real port, over a real Postgres."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import settings
from tests.statements import asked
from tests.webhook import NUMBER_ID, change, delivery
from webhook.app import create_app, server_config
from webhook.signature import sign

SECRETS = ("secret-of-now", "secret-before")
TOKEN = "the-verify-token"
NOBODY = "http://127.0.0.1:9/api"
"""An address where nobody listens, for a Prefect that is away."""


class Service:
    """A running service, and what WhatsApp, a browser and an operator do with it."""

    def __init__(self, base: str, url: str, runner: asyncio.Runner, app: FastAPI) -> None:
        self.url, self._runner, self.app = url, runner, app
        self.http = httpx.Client(base_url=base, timeout=20, trust_env=False)

    def delivers(self, body: Any, *, secret: str = SECRETS[0], **headers: str) -> httpx.Response:
        """A signed delivery; bytes go as they are, anything else as JSON. A header's `_` is a `-`, "" leaves it out."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named = {"x-hub-signature-256": sign(raw, secret), "content-type": "application/json"} | named
        return self.http.post("/webhook", content=raw, headers={n: v for n, v in named.items() if v})

    def sql(self, statement: str, *arguments: Any, url: str | None = None) -> list[asyncpg.Record]:
        return self._runner.run(asked(url or self.url, statement, *arguments))

    def message(self, wamid: str) -> asyncpg.Record | None:
        """The stored message, with its lead's phone number and BSUID."""
        rows = self.sql(
            "select m.*, l.phone_number, l.wa_user_id from lead_messages m join leads l on l.id = m.lead_id"
            " where m.wamid = $1",
            wamid,
        )
        return rows[0] if rows else None

    def events(self, key: str) -> list[asyncpg.Record]:
        return self.sql("select * from webhook_events where event_key = $1", key)


@contextmanager
def running(url: str, runner: asyncio.Runner, *, prefect: str = NOBODY, **options: Any) -> Iterator[Service]:
    """Serves the application with uvicorn, as `python -m webhook.app` does, in a thread."""
    given: dict[str, Any] = {
        "whatsapp_app_secret": SECRETS,
        "whatsapp_verify_token": TOKEN,
        "whatsapp_phone_number_id": NUMBER_ID,
        "form_origins": ("https://serena.example",),
        "form_rate_per_minute": 10_000,
        "dispatch_every_seconds": 3600,
    }
    group = settings.Webhook(**given | options)
    # Listening before the thread starts: early calls queue in the kernel, nobody needs to poll. IPPROTO_TCP is spelt out
    # because asyncio sets TCP_NODELAY by it, and without that an answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    app = create_app(group)
    config = server_config(app, group)
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)

    def serve() -> None:
        with temporary_settings({PREFECT_API_URL: prefect}):
            server.run(sockets=[listening])

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", url)
        thread = threading.Thread(target=serve, name="webhook", daemon=True)
        thread.start()
        service = Service(f"http://127.0.0.1:{listening.getsockname()[1]}", url, runner, app)
        try:
            service.http.get("/health").raise_for_status()
            yield service
        finally:
            service.http.close()
            server.should_exit = True
            thread.join(timeout=15)
            listening.close()
            assert not thread.is_alive()


@contextmanager
def listened_to(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Everything logged from INFO on, tracebacks included; uvicorn's loggers keep theirs from the root."""
    caplog.set_level(logging.INFO)
    said: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(self.format(record))

    ear = Ear(logging.INFO)
    loggers = [logging.getLogger(), logging.getLogger("uvicorn")]
    for logger in loggers:
        logger.addHandler(ear)
    try:
        yield said
    finally:
        for logger in loggers:
            logger.removeHandler(ear)


def name() -> str:
    """A word that no other test has used."""
    return uuid.uuid4().hex


def text(wamid: str, said: str = "oi", bsuid: str | None = None, **more: Any) -> dict[str, Any]:
    """One text message of `value.messages[]`, from somebody new unless told otherwise."""
    sender = bsuid or f"BR.{name()}"
    body = {"id": wamid, "from_user_id": sender, "timestamp": "1795300000", "type": "text", "text": {"body": said}}
    return body | more


def said(*messages: dict[str, Any], number_id: str = NUMBER_ID, **value: Any) -> dict[str, Any]:
    """A delivery with these messages."""
    return delivery(change(number_id, messages=list(messages), **value))
