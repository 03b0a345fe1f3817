"""What operators get to see: the shapes that the store's functions answer with."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from flows.adapters.store.people import ActionRow
from flows.adapters.store.wishes import WishRow
from flows.domain import (
    Content,
    InboundMessage,
    Lead,
    Line,
    Offer,
    Outcome,
    Qualification,
    Record,
    SentFile,
    Stage,
    Turn,
    Why,
)


class OptionRow(Record):
    """Something that a lead could tap: a reply button or list row by its title, a template's button by its payload."""

    title: str | None = None
    description: str = ""
    payload: str | None = None


class MessageTurn(Record):
    """How a message of ours came about, and the messages that it answers, in the order of their burst."""

    messages: tuple[UUID, ...]
    why: Why


class MessageRow(Line):
    """One message with how it travelled. `answered` is False for an inbound one that the assistant still has to answer;
    `unheard` is one that it leaves to a person, and no person has answered. `options` is what went out with one of ours
    to be tapped; `list_label` names the button that opens them, when they are a list's rows. `turn` of a message of the
    lead's is a turn in which nothing was said to it."""

    id: UUID
    answered: bool = True
    unheard: bool = False
    reminder: bool = False
    delivery_status: str | None = None
    error_code: int | None = None
    attempts: int = 0
    template: str | None = None
    author: str | None = None
    options: tuple[OptionRow, ...] = ()
    list_label: str | None = None
    turn: MessageTurn | None = None
    file: SentFile | None = None


class BillRow(Record):
    id: UUID
    message_id: UUID | None = None
    storage_path: str
    mime_type: str
    size_bytes: int
    classification: str | None
    holder_name: str | None
    utility_name: str | None
    installation_number: str | None
    client_number: str | None = None
    contract_account: str | None = None
    reference_month: date | None
    due_date: date | None
    total_amount: Decimal | None
    consumption_kwh: int | None
    flags: tuple[str, ...] = ()
    checks: Any = None
    sightings: list[dict[str, Any]] | None = None
    reading: dict[str, Any] | None = None
    read_by: str | None = None
    # what a person read on it, and who
    typed: dict[str, Any] | None = None
    typed_by: str | None = None
    created_at: datetime
    delete_after: datetime | None = None

    def sighting(self, field: str) -> dict[str, Any] | None:
        """Where a field was found and how sure that is (flows.assistant.bill.model.Sighting), None when nothing is noted."""
        return next((one for one in self.sightings or () if one.get("field") == field), None)


class OfferRow(Offer):
    offered_at: datetime
    chosen_at: datetime | None = None


class RunRow(Record):
    id: UUID
    flow: str
    status: str
    outcome: Outcome | None
    flow_run_id: UUID | None
    reminders: int
    created_at: datetime
    updated_at: datetime
    wake_due_at: datetime | None = None


class FormRow(Record):
    """A form that somebody sent with this number. `started`: a welcome was wanted for it; else `reason` says why not (the
    reasons of `leads.StartVerdict`). `vouched`: the consent that somebody of ours vouched for. `unconfirmed`: what it says by field
    and the lead does not, nor has the person said it in the chat."""

    at: datetime
    started: bool
    reason: str | None = None
    vouched: str | None = None
    unconfirmed: dict[str, str] = Field(default_factory=dict)


class ReferralRow(Record):
    """The advertisement or post through which the person wrote (docs/whatsapp.md 2.4)."""

    at: datetime
    source_type: str | None = None
    source_id: str | None = None
    headline: str | None = None
    ctwa_clid: str | None = None


class StageChange(Record):
    from_state: str | None
    to_state: str
    at: datetime


class HandoffDetail(Record):
    id: UUID
    reason: str
    summary: dict[str, Any] = Field(default_factory=dict)
    partner_lead_id: str | None = None
    created_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None


class LastReminder(Record):
    """The newest reminder that is out or on its way; `answered`: the lead has written since."""

    id: UUID
    at: datetime
    answered: bool


class Told(Record):
    """Something that the lead told for the consultant; `about` is a code of flows.shown.words.MEANINGS."""

    about: str
    text: str


class Remark(Record):
    """What an operator wrote to the others about a lead."""

    at: datetime
    author: str
    text: str


class ContactRow(Record):
    """What came of speaking with a lead, or of trying to; the words for `result` and `reason` stand in words.toml."""

    at: datetime
    operator: str
    result: Literal["sold", "lost", "unreachable", "call_back"]
    reason: str | None = None
    call_back_at: datetime | None = None


class LeadSheet(Record):
    """Everything about one lead, for the operator's page. Lists are newest last, but runs, remarks, contacts and actions newest first.
    `wrong_person`: whoever writes is not the person of the form."""

    id: UUID
    phone_number: str | None
    wa_user_id: str | None
    name: str | None
    email: str | None
    city: str | None
    state: str | None
    client_type: str | None
    invoice_amount: Decimal | None
    invoice_band: str | None
    holder_name: str | None
    stage: Stage
    qualification: Qualification
    source: str | None
    created_at: datetime
    last_inbound_at: datetime | None
    last_outbound_at: datetime | None
    opted_out_at: datetime | None
    unreachable_at: datetime | None
    unreachable_code: int | None
    taken_over_at: datetime | None
    taken_over_by: str | None
    call_back_at: datetime | None = None
    last_reminder: LastReminder | None = None
    notes: tuple[Told, ...] = ()
    wrong_person: bool = False
    messages: tuple[MessageRow, ...] = ()
    forms: tuple[FormRow, ...] = ()
    referrals: tuple[ReferralRow, ...] = ()
    wishes: tuple[WishRow, ...] = ()
    bills: tuple[BillRow, ...] = ()
    offers: tuple[OfferRow, ...] = ()
    runs: tuple[RunRow, ...] = ()
    stages: tuple[StageChange, ...] = ()
    handoffs: tuple[HandoffDetail, ...] = ()
    remarks: tuple[Remark, ...] = ()
    contacts: tuple[ContactRow, ...] = ()
    actions: tuple[ActionRow, ...] = ()


class TurnRow(Record):
    """What one turn of the assistant took. Seconds of wall time; tokens as the model's service counts them; US dollars.

    `by` is who heard: the model's name, "rules" or "taps"; `fallback` the code why a model that was asked did not count;
    `broken` what was refused of the model's words.
    """

    by: str
    messages: int
    stage: Stage
    seconds: float
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal | None = None
    fallback: str | None = None
    broken: tuple[str, ...] = ()
    at: datetime


class RecordedTurn(Record):
    """A turn as it was decided: what the assistant was handed, what it made of it, and what was said (None: nothing).
    Masked words are masked here too."""

    id: int
    at: datetime
    lead: Lead
    messages: tuple[InboundMessage, ...]
    transcript: tuple[Line, ...]
    why: Why
    stage: Stage
    said: Content | None = None

    @property
    def turn(self) -> Turn:
        """What to hand to the assistant, to have it decided again."""
        return Turn(self.lead, self.messages, self.transcript, self.at)


class TimelineRow(Record):
    """One thing that happened in a conversation, without anything a person said: `kind` is `inbound`, `sent`,
    `reminder`, `template`, `failed`, `turn`, `stage`, `handoff`, `action`; `detail` ids, codes, stages only."""

    at: datetime
    kind: str
    detail: dict[str, Any] = Field(default_factory=dict)
