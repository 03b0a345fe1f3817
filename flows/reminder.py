"""Task `send_reminder_message`: one friendly word after two silent hours. Also a command for one lead by hand.

`python -m flows.reminder --phone "+55 81 99988-7766"` or `--user-id BR.…`, with `--dry-run` to see the text first, and
`--again` to follow a reminder that the lead has not answered with another. Exit codes: 0 sent (or shown), 1 configuration,
2 wrong arguments, 3 refused (window closed, opted out, reminded already), 4 WhatsApp did not take it, 5 no such lead.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows import settings
from flows.assistant import say, state
from flows.brazil.phones import InvalidPhone, canonical
from flows.conversing.discretion import discreet
from flows.conversing.runtime import current_work, open_runtime
from flows.conversing.sending import CLOSED, refused_for_now, reopening_template, send_once, window_open
from flows.conversing.stores import open_store, prepare_store
from flows.domain import Content, Lead
from flows.errors import Fix, OptedOut, OutcomeUnknown, SerenaError, WindowClosed
from flows.shown import logs

log = logging.getLogger("serena.reminder")


@dataclass(frozen=True)
class Reminder:
    """What to send: free text inside the 24-hour window, the configured template outside it."""

    text: str
    content: Content | None
    template: dict[str, Any] | None


def said(lead: Lead, sequence: int = 1) -> Content:
    """Return the text of a reminder: by stage, by what waits, and by how often the person was told before."""
    return say.reminder(lead.name, lead.stage, state.recall(lead.memory), sequence)


def reminder_for(lead: Lead, account: settings.WhatsApp, now: datetime, sequence: int = 1) -> Reminder:
    """Raises WindowClosed when only a template could go out and none is configured."""
    content = said(lead, sequence)
    if window_open(lead.last_inbound_at, now):
        return Reminder(content.text, content, None)
    if (template := reopening_template(lead, account)) is None:
        raise WindowClosed(
            f"lead {lead.id} last wrote more than 24 hours ago, when only an approved template may go out: "
            "set WHATSAPP_REMINDER_TEMPLATE_NAME to one",
            code=CLOSED,
        )
    return Reminder("", None, template)


@task(
    name="send_reminder_message",
    task_run_name="send_reminder_message {sequence}",
    retries=3,
    retry_delay_seconds=[1, 4, 16],
    retry_condition_fn=refused_for_now,
    cache_policy=NO_CACHE,
    persist_result=False,
)
@discreet
async def send_reminder_message(lead_id: UUID, wait: int, sequence: int) -> str:
    """Reminds the lead once for this wait. Looks again before it speaks: "answer_first" means that the lead wrote
    meanwhile; "opted out", "refused" (window closed, no template), "taken over" (a person speaks with the lead) and "closed" end the matter
    without a message.

    A send of unknown outcome is left to the flow's next look, which waits for the status before it repeats anything.
    """
    work, logger = current_work(), get_run_logger()
    lead = await work.store.lead(lead_id)
    if lead is None or not lead.stage.reminded:
        return "closed"
    if lead.taken_over_at is not None:
        return "taken over"
    try:
        wanted = reminder_for(lead, work.runtime.account, datetime.now(UTC), sequence)
        queued = await work.store.queue(
            work.claim, f"reminder:{work.claim.run_id}:{wait}", text=wanted.text, content=wanted.content,
            template=wanted.template, unless_unanswered=True,
        )  # fmt: skip
    except OptedOut:
        return "opted out"
    except WindowClosed as exc:
        logger.warning("no reminder: %s", exc)
        return "refused"
    if queued.message_id is None:
        return "answer_first"
    try:
        await send_once(work.runtime, queued.message_id)
    except OutcomeUnknown:
        logger.warning("reminder %s: outcome unknown; its status decides", queued.message_id)
        return "uncertain"
    logger.info("reminder %s sent", queued.message_id)
    return "sent"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m flows.reminder", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--phone", help="the lead's number, in any Brazilian spelling")
    who.add_argument("--user-id", help="the lead's BSUID, as WhatsApp gives it (BR.…)")
    parser.add_argument("--dry-run", action="store_true", help="print the text, send nothing")
    parser.add_argument("--again", action="store_true", help="also when the last reminder is not answered yet")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        logs.set_up(settings.read(settings.Watching), output=False)
        phone = canonical(given.phone) if given.phone else None
        if given.dry_run:
            return asyncio.run(_show(phone, given.user_id))
        return asyncio.run(_send(phone, given.user_id, again=given.again))
    except InvalidPhone as exc:
        print(f"--phone: {exc}", file=sys.stderr)
        return 2
    except (OptedOut, WindowClosed) as exc:
        print(f"refused: {exc}", file=sys.stderr)
        return 3
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 1
    except SerenaError as exc:
        print(f"not sent: {exc}", file=sys.stderr)
        return 4


async def _show(phone: str | None, user_id: str | None) -> int:
    group = settings.read(settings.Store)
    await prepare_store(group)
    async with open_store(group, listen=False) as store:
        lead = await store.find_lead(phone=phone, bsuid=user_id)
    if lead is None:
        return _unknown()
    print(said(lead).text)
    if not window_open(lead.last_inbound_at, datetime.now(UTC)):
        print("(the 24-hour window is closed: the configured template would go out instead)", file=sys.stderr)
    return 0


async def _send(phone: str | None, user_id: str | None, *, again: bool) -> int:
    async with open_runtime() as runtime:
        lead = await runtime.store.find_lead(phone=phone, bsuid=user_id)
        if lead is None:
            return _unknown()
        wanted = reminder_for(lead, runtime.account, datetime.now(UTC))
        sheet = await runtime.store.operations.sheet(lead.id, messages=1)
        last = sheet.last_reminder if sheet and sheet.last_reminder and not sheet.last_reminder.answered else None
        message_id = None
        if last is None or again:
            # one by hand for each silence, or for each reminder before it: the same command twice is one message
            since = last.id if last else lead.last_inbound_at.isoformat() if lead.last_inbound_at else "never"
            message_id = await runtime.store.queue_for_lead(
                lead.id, f"reminder:manual:{lead.id}:{since}", text=wanted.text, content=wanted.content,
                template=wanted.template,
            )  # fmt: skip
        if message_id is None:
            print(f"refused: lead {lead.id} was reminded since it last wrote; --again sends another", file=sys.stderr)
            return 3
        await send_once(runtime, message_id)
        log.info("reminder %s sent to lead %s", message_id, lead.id)
        return 0


def _unknown() -> int:
    print("no such lead in the store", file=sys.stderr)
    return 5


if __name__ == "__main__":
    sys.exit(main())
