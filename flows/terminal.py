"""A conversation at a developer's desk: type as the lead, read the answers; nothing leaves the machine.

    python -m flows.conversation --say "oi" --say "moro em Recife"
    python -m flows.conversation                      # type line by line, Ctrl-D ends
    python -m flows.conversation --say "oi" --remind-after 5

The lead store is the configured one (the running local stack's, or the embedded one); WhatsApp is this terminal, unless
--send is given, which needs the account's settings and a lead who wrote within 24 hours.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from flows import logs, settings
from flows.adapters.media import File, MediaGone
from flows.adapters.whatsapp import Recipient, Sent, Template
from flows.conversation import conversation
from flows.domain import Content, Media
from flows.errors import Fix, SerenaError
from flows.phones import InvalidPhone, canonical
from flows.runtime import Runtime, open_runtime


class Terminal:
    """WhatsApp's adapter with a terminal behind it: the same methods, and every message a few printed lines."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def send(self, to: Recipient, content: Content, *, tracker: str) -> Sent:
        print("\n".join(f"  │ {line}" for line in content.text.split("\n")))
        for title in [b.title for b in content.buttons] + [r.title for r in content.rows]:
            print(f"  │ [ {title} ]")
        return self._sent()

    async def send_template(self, to: Recipient, template: Template, *, tracker: str) -> Sent:
        print(f"  │ (template {template.name}: {', '.join(template.body)})")
        return self._sent()

    async def show_typing(self, wamid: str) -> None:
        return None

    async def mark_read(self, wamid: str) -> None:
        return None

    async def download(self, media: Media, *, max_bytes: int, accept: Collection[str]) -> File:
        raise MediaGone("a terminal has no files to fetch")

    def _sent(self) -> Sent:
        return Sent(wamid=f"wamid.desk.{uuid.uuid4()}", wa_id=None, bsuid=None, held=False)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m flows.conversation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--phone", default="+5581999887766", help="who writes; a made-up lead by default")
    parser.add_argument("--say", action="append", help="one message of the lead; may be given several times")
    parser.add_argument("--remind-after", type=float, metavar="SECONDS", help="stay, fall silent, see the reminder")
    parser.add_argument("--send", action="store_true", help="send the answers by WhatsApp instead of printing them")
    given = parser.parse_args(arguments)
    try:
        logs.set_up(settings.read(settings.Watching), output=False)
        with settings.local_prefect():
            return asyncio.run(_talk(given, canonical(given.phone)))
    except InvalidPhone as exc:
        print(f"--phone: {exc}", file=sys.stderr)
        return 2
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 1
    except SerenaError as exc:
        print(exc, file=sys.stderr)
        return 4


async def _talk(given: argparse.Namespace, phone: str) -> int:
    async with open_runtime(whatsapp=None if given.send else Terminal()) as runtime:
        wait, reminders = (given.remind_after, 1) if given.remind_after else (0.1, 0)
        times = {"burst_seconds": 0.0, "reminder_after_seconds": wait, "reminders": reminders}
        runtime.conversation = runtime.conversation.model_copy(update=times)
        if given.say:
            await _turn(runtime, phone, given.say)
            return 0
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip():
                await _turn(runtime, phone, [line.strip()])
        return 0


async def _turn(runtime: Runtime, phone: str, texts: list[str]) -> None:
    await runtime.store.receive([_event(phone, text) for text in texts])
    lead = await runtime.store.find_lead(phone=phone)
    if lead is None:
        raise Fix("the lead that just wrote is not in the store; is another process erasing it?")
    state: Any = await conversation(UUID(str(lead.id)), return_state=True)
    print(f"({state.name}: {state.message})", file=sys.stderr)


def _event(phone: str, text: str) -> dict[str, Any]:
    """One text message as `webhook.payload.events` makes it."""
    wamid = f"wamid.desk.{uuid.uuid4()}"
    return {
        "kind": "message", "key": f"m:{wamid}", "wamid": wamid, "type": "text", "text": text, "payload": None,
        "media": None, "location": None, "bsuid": None, "phone": phone, "wa_id": phone.removeprefix("+"),
        "profile_name": None, "username": None, "reply_to": None, "at": datetime.now(UTC).isoformat(),
        "wants_answer": True, "raw": {},
    }  # fmt: skip
