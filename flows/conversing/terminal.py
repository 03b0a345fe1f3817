"""A conversation at a developer's desk: type as the lead, read the answers; no message leaves the machine.

    python -m flows.conversation --say "oi" --say "moro em Recife"
    python -m flows.conversation                      # type line by line, Ctrl-D ends
    python -m flows.conversation --say "oi" --remind-after 10

Each call begins anew, with a lead store and a Prefect server of its own that are deleted at the end, whatever `.env`
says and whatever runs. What is configured of the rest is used: the plans API (the running local stack's simulator; without
any, the assistant says that the check takes longer) and the model. Nobody is registered with the partner.

--configured talks in the configured lead store and Prefect instead (the running local stack's, or those of `.env`,
production's too): the lead and what it says stay there, and the same --phone goes on where it stopped. Only then is there
--send, which lets WhatsApp carry the answers; it needs the account's settings and a lead who wrote within 24 hours.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import uuid
from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from prefect import Flow

from flows import settings
from flows.adapters.whatsapp import Recipient, Sent, Template
from flows.adapters.whatsapp.media import File, MediaGone
from flows.brazil.phones import canonical
from flows.commands import carried_out
from flows.conversing.runtime import Runtime, open_runtime
from flows.conversing.stores import throw_away
from flows.domain import Content, Media, Outcome
from flows.errors import Fix


class Terminal:
    """A messenger with a terminal behind it: every message is a few printed lines."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def send(self, to: Recipient, content: Content, *, tracker: str, file: bytes = b"") -> Sent:
        print("\n".join(f"  │ {line}" for line in content.text.split("\n")))
        for title in [b.title for b in content.buttons] + [r.title for r in content.rows]:
            print(f"  │ [ {title} ]")
        return self._sent()

    async def send_template(self, to: Recipient, template: Template, *, tracker: str) -> Sent:
        print(f"  │ (template {template.name}: {', '.join(template.body)})")
        return self._sent()

    async def show_typing(self, wamid: str) -> None:
        return None

    async def download(self, media: Media, *, max_bytes: int, accept: Collection[str]) -> File:
        raise MediaGone("a terminal has no files to fetch")

    def _sent(self) -> Sent:
        return Sent(wamid=f"wamid.desk.{uuid.uuid4()}", wa_id=None, bsuid=None, held=False)


def main(conversation: Flow[..., Any], arguments: list[str] | None = None) -> int:
    """Talk with the flow `conversation`, which is handed in because flows stand above this room; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m flows.conversation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--phone", default="+5581999887766", help="who writes; a made-up lead by default")
    parser.add_argument("--say", action="append", help="one message of the lead; may be given several times")
    parser.add_argument("--remind-after", type=float, metavar="SECONDS", help="stay, fall silent, see the reminder")
    parser.add_argument(
        "--configured",
        action="store_true",
        help="write into the configured lead store and Prefect instead of some that are deleted at the end",
    )
    parser.add_argument(
        "--send", action="store_true", help="with --configured: send the answers by WhatsApp instead of printing them"
    )
    given = parser.parse_args(arguments)
    if given.send and not given.configured:
        parser.error("--send needs --configured: what WhatsApp reports of a message belongs to the store that knows it")
    # Read by the temporary server, which Prefect starts when no other is meant: a desk reports to nobody.
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"], os.environ["DO_NOT_TRACK"] = "false", "1"
    if "PREFECT_LOGGING_LEVEL" not in os.environ:
        # Between two messages Prefect tells of a run's states, which are not the conversation's: each turn is a run here.
        for name in ("prefect", "prefect.flow_runs", "prefect.task_runs"):
            logging.getLogger(name).setLevel(logging.WARNING)
    try:
        return carried_out(lambda: _open(conversation, given))
    except KeyboardInterrupt:
        return 130


def _open(conversation: Flow[..., Any], given: argparse.Namespace) -> int:
    phone = canonical(given.phone)
    if given.configured:
        _note("in the configured lead store, where this conversation stays")
        return asyncio.run(_talk(conversation, given, phone, settings.read(settings.Store)))
    _note("in a lead store of its own, deleted at the end; the start takes up to a minute")
    store = throw_away()
    with _prefect_in(store.local_data_dir):
        return asyncio.run(_talk(conversation, given, phone, store))


def _prefect_in(directory: Path) -> AbstractContextManager[Any]:
    """Within it Prefect starts a server of its own that keeps everything in `directory`, whichever API the environment,
    a profile or `.env` names. It stops with the process."""
    from prefect.settings import (
        PREFECT_API_DATABASE_CONNECTION_URL,
        PREFECT_API_URL,
        PREFECT_HOME,
        PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
        PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
        temporary_settings,
    )

    return temporary_settings(
        {
            PREFECT_API_URL: None,
            PREFECT_HOME: directory / "prefect",
            PREFECT_API_DATABASE_CONNECTION_URL: f"sqlite+aiosqlite:///{directory / 'prefect.db'}",
            PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: True,
            # It makes all its tables first, which takes longer than the default on a busy machine.
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: 180,
        }
    )


async def _talk(conversation: Flow[..., Any], given: argparse.Namespace, phone: str, store: settings.Store) -> int:
    wait, reminders = (given.remind_after, 1) if given.remind_after else (0.1, 0)
    times = {"burst_seconds": 0.0, "reminder_after_seconds": wait, "reminders": reminders}
    options = settings.read(settings.Conversation).model_copy(update=times)
    async with open_runtime(None if given.send else Terminal(), store, options) as runtime:
        if given.say:
            await _turn(conversation, runtime, phone, given.say)
            return 0
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip():
                await _turn(conversation, runtime, phone, [line.strip()])
        return 0


async def _turn(conversation: Flow[..., Any], runtime: Runtime, phone: str, texts: list[str]) -> None:
    await runtime.store.receive([_event(phone, text) for text in texts])
    lead = await runtime.store.find_lead(phone=phone)
    if lead is None:
        raise Fix("the lead that just wrote is not in the store; is another process erasing it?")
    answered: Any = conversation(UUID(str(lead.id)), return_state=True)
    state = await answered
    if state.is_completed() and await state.aresult() is Outcome.SILENT and not runtime.conversation.reminders:
        # No silence and no reminder was played: the run ended so that the next line can be typed.
        _note("the lead's turn")
    else:
        _note(f"{state.name}: {state.message}")


def _note(text: str) -> None:
    """What is no part of the conversation, beside it."""
    print(f"({text})", file=sys.stderr)


def _event(phone: str, text: str) -> dict[str, Any]:
    """One text message as `webhook.payload.events` makes it."""
    wamid = f"wamid.desk.{uuid.uuid4()}"
    return {
        "kind": "message",
        "key": f"m:{wamid}",
        "wamid": wamid,
        "type": "text",
        "text": text,
        "payload": None,
        "media": None,
        "location": None,
        "bsuid": None,
        "phone": phone,
        "wa_id": phone.removeprefix("+"),
        "profile_name": None,
        "username": None,
        "reply_to": None,
        "at": datetime.now(UTC).isoformat(),
        "wants_answer": True,
        "raw": {},
    }
