"""Task `send_reminder_message`: one friendly word after two silent hours. Also a command for one lead by hand.

`python -m flows.reminder --phone "+55 81 99988-7766"` or `--user-id BR.…`, with `--dry-run` to see whether it would go, as what,
and with which exit code, and `--again` to follow a reminder that the lead has not answered with another. Exit codes: 0 sent (or
would be), 1 configuration, 2 wrong arguments, 3 refused by the rule for what we start (stopped, handed over, reminded already,
something unsent or unanswered, window closed), 4 WhatsApp did not take it, 5 no such lead.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from prefect.logging import get_run_logger

from flows import settings
from flows.adapters.store.leads import StartVerdict
from flows.assistant import say, state
from flows.brazil.phones import canonical
from flows.commands import carried_out, no_such_lead
from flows.conversing.runtime import Work, current_work, open_runtime
from flows.conversing.sending import CLOSED, reopening_template, send_once
from flows.conversing.stores import open_store, prepare_store
from flows.conversing.tasks import task_of
from flows.domain import Content, Lead, Outcome
from flows.errors import NotNow, OptedOut, OutcomeUnknown, WindowClosed
from flows.shown.words import STARTING

log = logging.getLogger("serena.reminder")

Asked = Literal["once", "again"]


class Reminded(StrEnum):
    """What came of a reminder after which the conversation goes on."""

    SENT = "sent"
    UNCERTAIN = "uncertain"
    WAITS = "waits"


# How a conversation ends that may not be reminded, by the reason of the verdict; for any other it was SILENT.
ENDS = {
    "opted_out": Outcome.OPTED_OUT,
    "taken_over": Outcome.TAKEN_OVER,
    "closed": Outcome.CLOSED,
    "wrong_person": Outcome.CLOSED,
    "erased": Outcome.ERASED,
}


async def may_remind(work: Work) -> StartVerdict:
    """Whether this conversation may remind its lead now: by itself, or because an operator asked."""
    return await work.store.may_start(work.lead_id, "reminder", **_allowance(work))


def _allowance(work: Work) -> dict[str, Any]:
    return {"asked": "again" if work.claim.asked else None, "most": work.runtime.conversation.reminders}


@dataclass(frozen=True)
class Reminder:
    """What to send: free text inside the 24-hour window, the configured template outside it."""

    text: str
    content: Content | None
    template: dict[str, Any] | None


def said(lead: Lead, sequence: int = 1) -> Content:
    """Return the text of a reminder: by stage, by what waits, and by how often the person was told before."""
    return say.reminder(lead.name, lead.stage, state.recall(lead.memory), sequence)


def reminder_for(lead: Lead, account: settings.WhatsApp, verdict: StartVerdict, sequence: int = 1) -> Reminder:
    """Raises WindowClosed when only a template could go out and none is configured."""
    content = said(lead, sequence)
    if not verdict.template:
        return Reminder(content.text, content, None)
    if (template := reopening_template(lead, account)) is None:
        raise WindowClosed(
            f"lead {lead.id} last wrote more than 24 hours ago, when only an approved template may go out: "
            "set WHATSAPP_REMINDER_TEMPLATE_NAME to one",
            code=CLOSED,
        )
    return Reminder("", None, template)


@task_of("send_reminder_message", again_after=(1, 4, 16))
async def send_reminder_message(lead_id: UUID, wait: int, sequence: int) -> Reminded | Outcome:
    """Reminds the lead once for this wait. Looks again before it speaks: WAITS means that something comes first by now. An
    Outcome ends the conversation without a message: what the store's rule says (ENDS), or SILENT (window closed, no template).

    A send of unknown outcome is left to the flow's next look, which waits for the status before it repeats anything.
    """
    work, logger = current_work(), get_run_logger()
    verdict = await may_remind(work)
    lead = await work.store.lead(lead_id)
    if lead is None or verdict.verdict == "no":
        return ENDS.get(verdict.reason, Outcome.SILENT)
    try:
        wanted = reminder_for(lead, work.runtime.account, verdict, sequence)
        queued = await work.store.queue(
            work.claim,
            f"reminder:{work.claim.run_id}:{wait}",
            text=wanted.text,
            content=wanted.content,
            template=wanted.template,
            **_allowance(work),
        )
    except OptedOut:
        return Outcome.OPTED_OUT
    except WindowClosed as exc:
        logger.warning("no reminder: %s", exc)
        return Outcome.SILENT
    if queued.message_id is None:
        return Reminded.WAITS
    try:
        await send_once(work.runtime, queued.message_id)
    except OutcomeUnknown:
        logger.warning("reminder %s: outcome unknown; its status decides", queued.message_id)
        return Reminded.UNCERTAIN
    logger.info("reminder %s sent", queued.message_id)
    return Reminded.SENT


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m flows.reminder", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--phone", help="the lead's number, in any Brazilian spelling")
    who.add_argument("--user-id", help="the lead's BSUID, as WhatsApp gives it (BR.…)")
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be sent, and whether it may go; send nothing"
    )
    parser.add_argument("--again", action="store_true", help="also when the last reminder is not answered yet")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return carried_out(lambda: _carry_out(given))


def _carry_out(given: argparse.Namespace) -> int:
    phone = canonical(given.phone) if given.phone else None
    act = _show if given.dry_run else _send
    try:
        return asyncio.run(act(phone, given.user_id, "again" if given.again else "once"))
    except (OptedOut, WindowClosed) as exc:
        print(f"refused: {exc}", file=sys.stderr)
        return 3


async def _show(phone: str | None, user_id: str | None, asked: Asked) -> int:
    """What `_send` would do, and its exit code; the text goes to the output, the verdict beside it."""
    group = settings.read(settings.Store)
    account = settings.account_names()
    await prepare_store(group)
    async with open_store(group, listen=False) as store:
        lead = await store.find_lead(phone=phone, bsuid=user_id)
        if lead is None:
            return no_such_lead()
        verdict = await store.may_start(lead.id, "reminder", asked=asked)
    if verdict.verdict != "go":
        return _refused(lead, verdict.reason)
    wanted = reminder_for(lead, account, verdict)
    print(f"go ({verdict.reason}): {STARTING[verdict.reason]}", file=sys.stderr)
    print(wanted.text or f"[{account.whatsapp_reminder_template_name}]")
    return 0


async def _send(phone: str | None, user_id: str | None, asked: Asked) -> int:
    async with open_runtime() as runtime:
        lead = await runtime.store.find_lead(phone=phone, bsuid=user_id)
        if lead is None:
            return no_such_lead()
        verdict = await runtime.store.may_start(lead.id, "reminder", asked=asked)
        if verdict.verdict != "go":
            return _refused(lead, verdict.reason)
        wanted = reminder_for(lead, runtime.account, verdict)
        sheet = await runtime.store.operations.sheet(lead.id, messages=1)
        last = sheet.last_reminder if sheet and sheet.last_reminder and not sheet.last_reminder.answered else None
        # one by hand for each silence, or for each reminder before it: the same command twice is one message
        since = last.id if last else lead.last_inbound_at.isoformat() if lead.last_inbound_at else "never"
        try:
            message_id = await runtime.store.queue_for_lead(
                lead.id,
                f"reminder:manual:{lead.id}:{since}",
                text=wanted.text,
                content=wanted.content,
                template=wanted.template,
                asked=asked,
            )
        except NotNow as exc:
            return _refused(lead, exc.reason)
        if message_id is None:
            return _refused(lead, "reminded")
        await send_once(runtime, message_id)
        log.info("reminder %s sent to lead %s", message_id, lead.id)
        return 0


def _refused(lead: Lead, reason: str) -> int:
    more = "; --again sends another" if reason == "reminded" else ""
    print(f"refused ({reason}): lead {lead.id}: {STARTING[reason]}{more}", file=sys.stderr)
    return 3


if __name__ == "__main__":
    sys.exit(main())
