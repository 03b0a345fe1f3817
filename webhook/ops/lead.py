"""One lead's page: what of its sheet is shown, and which actions stand open right now."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.adapters.store.sheets import LeadSheet
from flows.brazil.calendar import due_by
from flows.shown.formats import counted
from flows.shown.words import SAID
from webhook.ops.session import Session
from webhook.ops.why import becauses

# Free messages go out until 24 hours after the lead's last, less ten minutes for what waits in the queue (window_open in
# deployments/database/migrations).
_WINDOW = timedelta(hours=23, minutes=50)


def lead_context(
    session: Session,
    sheet: LeadSheet,
    deadline: str,
    *,
    said: tuple[bool, str] | None = None,
    more: bool = False,
    draft: str = "",
) -> dict[str, Any]:
    """`said`: what came of the last action, and whether it went well. `draft`: a text that could not be sent. `deadline`:
    what was promised about the consultant's call."""
    now = datetime.now(UTC)
    until = sheet.last_inbound_at + _WINDOW if sheet.last_inbound_at else None
    is_open = until is not None and until > now
    mine = sheet.taken_over_at is not None and sheet.taken_over_by == session.operator
    return {
        "lead": sheet,
        "said": said,
        "more": more,
        "draft": draft,
        # One key a page: the same form sent twice is one message.
        "key": secrets.token_urlsafe(12),
        "until": until,
        "open": is_open,
        # what stands where one writes; the page that is open keeps what is being typed as long as this stays the same
        "composer": f"closed {sheet.taken_over_by} {is_open}"
        if not mine or sheet.opted_out_at
        else "write"
        if is_open
        else "template",
        "because": becauses(sheet.messages),
        "unheard": [m for m in sheet.messages if m.unheard],
        "to_erase": any(h.reason == "erase_my_data" and h.acknowledged_at is None for h in sheet.handoffs),
        "plans": {offer.plan_id: offer.name for offer in sheet.offers},
        "waiting": [(h, now > due_by(h.created_at, deadline)) for h in sheet.handoffs if h.acknowledged_at is None],
        "failed": [m for m in sheet.messages if m.who != "user" and m.delivery_status in ("failed", "uncertain")],
        "mine": mine,
        "files": {bill.message_id: bill for bill in sheet.bills if bill.message_id},
        "deadline": deadline,
        "held_since": _held_since(sheet),
        "remindable": sheet.stage.reminded and sheet.taken_over_at is None and sheet.opted_out_at is None,
    }


def said_of(key: str, sheet: LeadSheet) -> tuple[bool, str] | None:
    """What is said of the last action by its `<action>.<outcome>`; None for anything else that an address may hold."""
    left = sum(message.unheard for message in sheet.messages)
    if key == "give_back.left" and left:
        stays = counted(left, "mensagem sem resposta", "mensagens sem resposta")
        return True, f"A conversa voltou para a assistente. {stays}; ela só responde à próxima."
    return SAID.get("give_back.done" if key == "give_back.left" else key)


def _held_since(sheet: LeadSheet) -> datetime | None:
    """When who has the conversation took it over; `taken_over_at` is when the assistant fell silent, perhaps for another."""
    taken = (each.at for each in sheet.actions if (each.action, each.operator) == ("take_over", sheet.taken_over_by))
    return next(taken, sheet.taken_over_at)
