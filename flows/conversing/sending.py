"""How one outgoing message leaves: its row first, refused ones again by code, unknown outcomes settled before repeating."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from prefect.logging import get_run_logger

from flows import settings
from flows.adapters.store.leads import Outgoing, Unsent
from flows.adapters.whatsapp import Recipient, Sent, Template
from flows.assistant import say
from flows.conversing.discretion import discreet
from flows.conversing.runtime import Runtime, Work, current_work
from flows.conversing.showing import Event, announce
from flows.conversing.tasks import task_of
from flows.domain import Content, Lead
from flows.errors import (
    Fix,
    GiveUp,
    OptedOut,
    OutcomeUnknown,
    PutOff,
    SerenaError,
    TryAgain,
    Unreachable,
    WindowClosed,
)
from flows.shown import metrics

WINDOW = timedelta(hours=24) - timedelta(minutes=10)  # docs/whatsapp.md 5.5: stop ten minutes before the end

CLOSED = 131047  # Meta's code for a free message past the window, as an answer, a status, and ours

_REPEATS = 3
_NOBODY_HEARS = 20  # times UNCERTAIN_SECONDS
_RETRY_DELAYS = (1, 4, 16)  # 131056 asks for 4^n (docs/whatsapp.md 5.6)
_NOT_BY_BSUID = (131009, 131062)  # refused for this BSUID, or for BSUIDs altogether (docs/whatsapp.md 5.1)


def later(attempts: int) -> float:
    """Seconds that a message is put off when a refusal outlives the task's retries, or when a person has to mend
    something (a token): a minute, and longer each time. Then the dispatcher has it tried again, until the window closes.
    """
    return min(60.0 * 2 ** (attempts // 4), 1800.0)


class Sending(StrEnum):
    SENT = "sent"
    PUT_OFF = "put_off"
    FAILED = "failed"


async def send_once(runtime: Runtime, message_id: UUID, *, again: int | None = None) -> None:
    """One call to WhatsApp for one message row, recorded whatever happens.

    Raises PutOff (may not go now), TryAgain (queued again), OutcomeUnknown (waits for its status), GiveUp and its kinds (failed), Fix (queued).
    Returns quietly when the message went already.
    """
    store = runtime.store
    out = await store.begin_send(message_id, again=again)
    if out.outcome == "settled":
        return
    if out.outcome == "failed":
        raise GiveUp(f"message {message_id} failed with code {out.error_code}", code=out.error_code)
    if out.outcome == "later":
        raise PutOff(f"message {message_id} has to wait")
    if out.outcome == "unknown":
        raise OutcomeUnknown(f"message {message_id} may have been sent")
    recorded = partial(store.record_send, message_id, attempt=out.attempts)
    try:
        with metrics.sending(_kind(out)):
            sent = await _call(runtime, out, message_id)
    except TryAgain as exc:
        await recorded("refused", code=exc.code, after_seconds=exc.after_seconds)
        raise
    except OutcomeUnknown:
        await recorded("unknown")
        raise
    except Unreachable as exc:
        await recorded("unreachable", code=exc.code)
        raise
    except OptedOut as exc:
        await recorded("opted_out", code=exc.code)
        announce(Event.OPTED_OUT, f"lead.{out.lead_id}", by="whatsapp", code=exc.code)
        raise
    except GiveUp as exc:
        await recorded("failed", code=exc.code)
        raise
    except Fix as exc:
        code = getattr(exc, "code", None)
        # The store tells of it once, however many messages meet the same fault.
        await recorded("mend", code=code, after_seconds=later(out.attempts))
        raise
    await recorded("accepted", wamid=sent.wamid, wa_id=sent.wa_id, bsuid=sent.bsuid)


def _kind(out: Outgoing) -> str:
    if out.template or out.content is None:
        return "template"
    if out.content.file:
        return "file"
    return "buttons" if out.content.buttons else "list" if out.content.rows else "text"


async def _call(runtime: Runtime, out: Outgoing, message_id: UUID) -> Sent:
    to = Recipient(bsuid=out.bsuid, phone=out.phone, prefer=runtime.account.whatsapp_send_to)
    if out.template:
        return await runtime.messenger.send_template(to, template_of(out.template), tracker=str(message_id))
    if out.content is None:
        raise GiveUp(f"message {message_id} has nothing to send")
    if out.error_code == CLOSED or not window_open(out.last_inbound_at, runtime.now()):
        # Meta accepts such a send and fails it later by status; refusing it here saves the lead's next reply.
        raise WindowClosed(f"message {message_id}: the lead's 24-hour window is closed", code=CLOSED)
    file = await _file_of(runtime, out.content, message_id)
    try:
        return await runtime.messenger.send(to, out.content, tracker=str(message_id), file=file)
    except SerenaError as exc:
        if getattr(exc, "code", None) not in _NOT_BY_BSUID or not (out.bsuid and out.phone) or to.prefer == "phone":
            raise
        # A BSUID changes with the person's number, and the news of it may be late; the phone may still be theirs.
        by_phone = Recipient(bsuid=None, phone=out.phone)
        return await runtime.messenger.send(by_phone, out.content, tracker=str(message_id), file=file)


async def _file_of(runtime: Runtime, content: Content, message_id: UUID) -> bytes:
    """The file that a person of the team sends; nothing for a message without one."""
    if content.file is None:
        return b""
    file = await runtime.files.get(content.file.path)
    if file is None:
        raise GiveUp(f"message {message_id}: its file is gone")
    return file


def template_of(row: dict[str, Any]) -> Template:
    return Template(
        name=row["name"], language=row["language"], body=tuple(row["body"]), buttons=tuple(row.get("buttons", ()))
    )


def window_open(last_inbound_at: datetime | None, now: datetime) -> bool:
    """Whether a free-form message may go out: less than 24 hours, with a margin, since the lead last wrote."""
    return last_inbound_at is not None and now - last_inbound_at < WINDOW


@task_of("send_message", again_after=_RETRY_DELAYS, within=120)
async def send_message(message_id: UUID, again: int | None = None) -> None:
    """Prefect's retries around `send_once`; the message's row says what went already, so a retry repeats nothing."""
    await send_once(current_work().runtime, message_id, again=again)


async def deliver(work: Work, message_id: UUID, *, at_once: bool = False) -> Sending:
    """Sends one message to its end: sent, put off for the dispatcher, or failed for good. Never raises for a vendor.

    With `at_once` the first call is made without a task, which would cost Prefect's server as much work as the rest of
    the turn; only trouble becomes a task then, with its retries, where an operator sees it.
    """
    if at_once and await _sent_at_once(work.runtime, message_id):
        return Sending.SENT
    log = get_run_logger()
    again: int | None = None
    for _ in range(_REPEATS):
        try:
            await send_message(message_id, again=again)
            return Sending.SENT
        except OutcomeUnknown:
            log.warning("message %s: outcome unknown; waiting for its status", message_id)
            again = await unsettled(work, message_id)
            if again is None:
                return Sending.SENT
        except PutOff as exc:
            log.info("%s", exc)
            return Sending.PUT_OFF
        except (TryAgain, Fix) as exc:
            attempts = (await work.store.message_state(message_id)).attempts
            log.error("message %s is put off for %d s: %s", message_id, later(attempts), exc)
            code, after = getattr(exc, "code", None), later(attempts)
            await work.store.record_send(message_id, "refused", attempt=attempts, code=code, after_seconds=after)
            return Sending.PUT_OFF
        except SerenaError as exc:
            log.error("message %s failed: %s", message_id, exc)
            if getattr(exc, "code", None) == CLOSED and (await work.store.message_state(message_id)).is_reply:
                await _past_the_window(work, message_id)
            return Sending.FAILED
    log.error("message %s: no status after %d sends", message_id, _REPEATS)
    await work.store.record_send(message_id, "failed", attempt=again or 0)
    return Sending.FAILED


async def _past_the_window(work: Work, message_id: UUID) -> None:
    """What the lead wrote came, or could be answered, only after its 24 hours. The configured template asks them to write;
    what they write brings the answer, because the reply that failed does not count as said. Without one a person is told."""
    lead = await work.store.lead(work.lead_id)
    if lead is not None and (template := reopening_template(lead, work.runtime.account)):
        try:
            queued = await work.store.queue(work.claim, f"window:{message_id}", text="", template=template)
        except OptedOut:
            return
        if queued.message_id and await deliver(work, queued.message_id) is not Sending.FAILED:
            return
    await work.store.hand_over(work.claim, "not_delivered", {"code": CLOSED})


def reopening_template(lead: Lead, account: settings.WhatsApp) -> dict[str, Any] | None:
    """The configured template that may go out when free text may not; None without one."""
    if not account.whatsapp_reminder_template_name:
        return None
    return {
        "name": account.whatsapp_reminder_template_name,
        "language": account.whatsapp_template_language,
        "body": [say.called(lead.name) or "tudo bem"],
        "buttons": [],
    }


@discreet
async def _sent_at_once(runtime: Runtime, message_id: UUID) -> bool:
    """One call. What came of it stands in the message's row, from which the task goes on: it repeats what was refused for
    now, waits where the outcome is unknown, and fails for what has failed."""
    try:
        await send_once(runtime, message_id)
    except TryAgain:
        await asyncio.sleep(_RETRY_DELAYS[0])
        return False
    except SerenaError:
        return False
    return True


async def deliver_unsent(work: Work, unsent: tuple[Unsent, ...]) -> None:
    """Takes up what an earlier, killed or refused attempt left: queued goes out, unknown is settled first."""
    now = work.runtime.now()
    for message in unsent:
        if message.status == "queued":
            if message.not_before is None or message.not_before <= now:
                await deliver(work, message.id)
        elif (attempt := await unsettled(work, message.id)) is not None:
            try:
                await send_message(message.id, again=attempt)
            except SerenaError:
                await deliver(work, message.id)


async def unsettled(work: Work, message_id: UUID) -> int | None:
    """Waits for the status webhook that tells whether a send of unknown outcome happened. None when it came; otherwise the
    attempt that may be repeated. Better late than twice: only the time counts in which a status could have come."""
    limit, clock = work.runtime.conversation.uncertain_seconds, asyncio.get_running_loop().time
    # where no webhook comes back, nobody would ever be answered
    until, last, counted_from = None, clock() + _NOBODY_HEARS * limit, None
    with work.store.news.about(work.lead_id) as news:
        while True:
            news.clear()
            state = await work.store.message_state(message_id)
            if state.status not in ("sending", "uncertain"):
                return state.attempts if state.status == "queued" else None
            if state.heard_since != counted_from:
                # by the calendar once, then by a clock that nobody sets
                counted_from = state.heard_since
                passed = (work.runtime.now() - counted_from).total_seconds() if counted_from else 0.0
                until = clock() + limit - max(passed, 0.0) if counted_from else None
            left = min(last if until is None else until, last) - clock()
            if left <= 0:
                return state.attempts
            try:
                await asyncio.wait_for(news.wait(), min(left, 1.0))
            except TimeoutError:
                continue
