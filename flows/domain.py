"""The words of the business: leads, messages, replies, plans, stages. No I/O, nothing of ours imported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

# IBGE's number of each UF, region by region: it opens the code of a municipality and the access key of an invoice.
STATE_CODES = {
    code: state
    for first, states in (
        (11, "RO AC AM RR PA AP TO"),
        (21, "MA PI CE RN PB PE AL SE BA"),
        (31, "MG ES RJ"),
        (35, "SP"),
        (41, "PR SC RS"),
        (50, "MS MT GO DF"),
    )
    for code, state in enumerate(states.split(), start=first)
}


class Stage(StrEnum):
    """Where a lead stands on the journey (`leads.conversation_state`)."""

    FORM_SUBMITTED = "FORM_SUBMITTED"
    INITIAL = "INITIAL"
    AWAITING_PLACE = "AWAITING_PLACE"
    AWAITING_BILL = "AWAITING_BILL"
    BILL_PROCESSED = "BILL_PROCESSED"
    PLANS_SENT = "PLANS_SENT"
    NOT_SERVED = "NOT_SERVED"
    INTERESTED = "INTERESTED"
    HUMAN_REQUESTED = "HUMAN_REQUESTED"
    OPTED_OUT = "OPTED_OUT"
    COMPLETED = "COMPLETED"

    @property
    def closed(self) -> bool:
        """True when the assistant has nothing left to ask; a later message is answered politely, once."""
        return self in _CLOSED

    @property
    def reminded(self) -> bool:
        """True when silence deserves a reminder: something was asked that only the lead can answer."""
        return not self.closed and self is not Stage.NOT_SERVED


_CLOSED = frozenset({Stage.INTERESTED, Stage.HUMAN_REQUESTED, Stage.OPTED_OUT, Stage.COMPLETED})


class Qualification(StrEnum):
    """What is decided about a lead (`leads.qualification_status`)."""

    NEW = "NEW"
    IN_PROGRESS = "IN_PROGRESS"
    QUALIFIED = "QUALIFIED"
    NOT_QUALIFIED = "NOT_QUALIFIED"
    NEEDS_REVIEW = "NEEDS_REVIEW"


class Outcome(StrEnum):
    """How a flow run ends: in the store (`runs.outcome`), in Prefect (tag `outcome:…`, the state's message), on every page."""

    # of a welcome
    SENT = "sent"
    PUT_OFF = "put_off"
    UNREACHABLE = "unreachable"
    NOT_SENT = "not_sent"
    FAILED = "failed"
    # of a conversation; those named as a stage are what is reached with it
    SILENT = "silent"
    CLOSED = "closed"
    INTERESTED = "interested"
    HUMAN_REQUESTED = "human_requested"
    COMPLETED = "completed"
    NOT_SERVED = "not_served"
    OPTED_OUT = "opted_out"
    TAKEN_OVER = "taken_over"
    # of both
    ERASED = "erased"
    GONE = "gone"
    MERGED = "merged"
    CANCELLED = "cancelled"
    # nothing was to be done: another live run has the lead; nothing is unanswered
    SUPERSEDED = "superseded"
    FINISHED = "finished"

    @property
    def red(self) -> bool:
        """True when somebody should look: the lead did not get what was promised."""
        return self in (Outcome.FAILED, Outcome.PUT_OFF)


class Record(BaseModel):
    """Something read from the store: immutable, and indifferent to columns it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Plan(Record):
    """One plan of the partnership API. `discount` is a fraction: 0.14 means 14 % (docs/domain.md 4.2)."""

    plan_id: int
    name: str
    utility: str
    discount: Decimal
    fidelity_months: int = Field(ge=0)
    benefits: tuple[str, ...] = ()

    @property
    def percent(self) -> str:
        """The discount as a lead reads it: `14 %` without needless digits, e.g. `14`, `14,5`."""
        value = (self.discount * 100).normalize()
        return f"{value:f}".replace(".", ",")


class Offer(Plan):
    """A plan as it was shown to one lead; `position` is the number on the list, from 1."""

    position: int


class News(Record):
    """Where a lead was told, by our template, that there are plans now, and when."""

    place: int
    at: datetime


class Lead(Record):
    """A person with a BSUID (`wa_user_id`), a phone number, or both."""

    id: UUID
    phone_number: str | None = None
    wa_user_id: str | None = None
    name: str | None = None
    city: str | None = None
    state: str | None = None
    # What the newest form says, which anybody may have sent: nobody's word until the person says the same.
    form_city: str | None = None
    form_state: str | None = None
    ibge_code: int | None = None
    client_type: Literal["natural", "juridical"] | None = None
    invoice_amount: Decimal | None = None
    stage: Stage = Stage.FORM_SUBMITTED
    qualification: Qualification = Qualification.NEW
    opted_out_at: datetime | None = None
    # A person speaks with the lead: the assistant says nothing until it is given back.
    taken_over_at: datetime | None = None
    last_inbound_at: datetime | None = None
    last_outbound_at: datetime | None = None
    bills: int = 0
    offers: tuple[Offer, ...] = ()
    # Places (IBGE codes) of which the lead waits to be told that there are plans; and the last of which they were told.
    wishes: tuple[int, ...] = ()
    news: News | None = None
    # What the assistant remembers between turns and nobody queries: pending question, candidates, tries.
    memory: dict[str, Any] = Field(default_factory=dict)


class Media(Record):
    """A file that a lead sent. `sha256` is Meta's (base64 or hex); `filename` is never used as a path."""

    id: str
    mime_type: str = "application/octet-stream"
    sha256: str | None = None
    filename: str | None = None


class Inbound(StrEnum):
    """What an inbound message is for the conversation, whatever WhatsApp calls it."""

    TEXT = "text"
    BUTTON = "button"
    IMAGE = "image"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    REACTION = "reaction"
    ORDER = "order"
    SYSTEM = "system"
    UNSUPPORTED = "unsupported"


class InboundMessage(Record):
    """One message of a lead. `text` is what the person saw or typed, for a reaction its emoji (empty when it was taken
    back); `payload` the id of a tapped button or row. `about` is the question (`meaning.Question`) that our message asked
    which this one quotes or reacts to; None where it does neither, or that message asked nothing."""

    id: UUID
    wamid: str
    type: Inbound
    text: str = ""
    payload: str | None = None
    media: Media | None = None
    location: dict[str, Any] | None = None
    about: str | None = None
    sent_at: datetime


class Line(Record):
    """One line of a transcript."""

    who: Literal["user", "bot", "agent"]
    type: str
    text: str
    at: datetime


class Button(Record):
    """A reply button: title at most 20 characters and unique in its message, id at most 256."""

    id: str = Field(max_length=256)
    title: str = Field(min_length=1, max_length=20)


class Row(Record):
    """A list row: title at most 24 characters, description at most 72, id at most 200."""

    id: str = Field(max_length=200)
    title: str = Field(min_length=1, max_length=24)
    description: str = Field(default="", max_length=72)


class SentFile(Record):
    """A photo or PDF that a person of the team sends: where it lies, what it is, and what it is called there; bytes."""

    path: str
    mime_type: Literal["image/jpeg", "image/png", "application/pdf"]
    name: str = Field(min_length=1, max_length=120)
    size: int


class Content(Record):
    """What goes out in one message: text, or text with up to 3 buttons, or text with a list of up to 10 rows, or a file, whose
    caption `text` is."""

    text: str = Field(max_length=4096)
    buttons: tuple[Button, ...] = Field(default=(), max_length=3)
    rows: tuple[Row, ...] = Field(default=(), max_length=10)
    list_label: str = Field(default="Ver opções", max_length=20)
    # what is asked for by a button of WhatsApp's own: the phone number of somebody who has shown none
    request: Literal["contact"] | None = None
    file: SentFile | None = None

    def model_post_init(self, _: Any) -> None:
        if not self.text and self.file is None:
            raise ValueError("a message without a file has a text")
        if self.buttons and self.rows:
            raise ValueError("a message has buttons or a list, not both")
        if (self.buttons or self.rows or self.file) and len(self.text) > 1024:
            raise ValueError(
                f"with buttons, a list or a file the text is at most 1,024 characters, not {len(self.text)}"
            )


class Handoff(Record):
    """A lead given to a person: why, and what that person needs to know (no message texts)."""

    reason: Literal[
        "plan_chosen",
        "asked_for_person",
        "needs_review",
        "customer",
        "changed",
        "withdrawn",
        "wrong_person",
        "erase_my_data",
        "not_delivered",
        "not_answered",
    ]
    summary: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Contact:
    """When the team speaks with who was promised it in `words` at `asked_at`, as it is told at `now`: by `due`. Aware instants.

    `holds`: the words are true, counted from `begins` where that is set; "em até 2 horas" would end at night.
    """

    words: str
    asked_at: datetime
    now: datetime
    due: datetime
    holds: bool = True
    begins: datetime | None = None

    @property
    def overdue(self) -> bool:
        return self.now > self.due


class Consent(Record):
    """Whether the lead wants to be told when there are plans in this place; kept as proof, each word of it.

    None with a no means every place. `utility` is the distribuidora there, as the plans API names it, where it is known.
    """

    ibge_code: int | None
    given: bool
    utility: str | None = None


class Why(Record):
    """How one turn came about, kept with it: codes and figures, and no text beyond the messages themselves.

    An entry of `reading` has `meaning`, `message` (from 0), `start`, `end`, `certain`, and the other fields of the item that
    say something; its quote is cut out of the message as it is kept, so of a masked one out of the masked text. An act has
    `code`, `facts` (name to `value` and `read`), `asks`, `choices`.

    `before` is the lead's memory before the turn and `world` what plans API and bill reader answered in it, so that it can
    be decided again. `reading` has one entry an item: its codes, the number of its message in the burst, and `start` and
    `end` of its quote there. `acts` are codes with their facts, `asked` the question that waits now. `by` is who heard
    (taps, rules, or the model's name); `voice` is reviewed, opened or phrased; `checks` are codes of what was refused.
    `fallback` says why a model that was asked did not count. Seconds; tokens; cost in US dollars, None without a price.
    """

    before: dict[str, Any] = Field(default_factory=dict)
    world: dict[str, Any] = Field(default_factory=dict)
    reading: tuple[dict[str, Any], ...] = ()
    acts: tuple[dict[str, Any], ...] = ()
    asked: str | None = None
    by: str = "rules"
    voice: str = "reviewed"
    checks: tuple[str, ...] = ()
    fallback: str | None = None
    requests: int = 0
    seconds: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal | None = None


class Reply(Record):
    """What the assistant decided in one turn: at most one message, and what it now knows.

    `content` is None when nothing should be said (a sticker, a second goodbye). `facts` are columns of the
    lead to change (`city`, `state`, `ibge_code`, `name`, …); absent means unchanged, as None does.
    `memory` is the whole of what is remembered from now on; None means unchanged. `masked` holds messages of this turn
    whose text nobody may see, each with the text that takes its place for good.
    """

    content: Content | None
    stage: Stage | None = None
    qualification: Qualification | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    memory: dict[str, Any] | None = None
    offers: tuple[Offer, ...] = ()
    chosen: int | None = None
    handoff: Handoff | None = None
    consent: Consent | None = None
    # Where there are plans, as the lead reads here: a wish to be told of it is kept by that.
    served: int | None = None
    opt_out: bool = False
    masked: dict[UUID, str] = Field(default_factory=dict)
    why: Why | None = None


@dataclass(frozen=True)
class Turn:
    """All that the assistant is handed: the lead, every unanswered message in order, what was said, and the time."""

    lead: Lead
    messages: tuple[InboundMessage, ...]
    transcript: tuple[Line, ...]
    now: datetime


class Served(Record):
    """Serena sells in this place: the plans of one distribuidora, best discount first."""

    utility: str
    plans: tuple[Plan, ...]
    stale: bool = False


class SeveralUtilities(Record):
    """The city has more than one distribuidora; the lead must say which is on the bill."""

    names: tuple[str, ...]


class NotServed(Record):
    """The API answered: Serena does not sell there."""


class NoPlanNow(Record):
    """The API answered: the distribuidora is served, but has no plan at the moment."""

    utility: str


class PlansUnavailable(Record):
    """The API did not answer; this says nothing about coverage."""


Coverage = Served | SeveralUtilities | NotServed | NoPlanNow | PlansUnavailable


class BillReading(Record):
    """What was read on a bill and what follows from it. Values are parsed, never a model's words; all may be missing.

    `outcome`: qualified, below_minimum, review (a person looks: holder, exclusion flag, unknown distribuidora, high
    value); or why it has to be sent again: ask_again (a needed value is missing), ask_newer (more than three months
    old), unreadable, password_protected, other_document, not_document.
    """

    outcome: Literal[
        "qualified",
        "below_minimum",
        "review",
        "ask_again",
        "ask_newer",
        "unreadable",
        "password_protected",
        "other_document",
        "not_document",
    ]
    reasons: tuple[str, ...] = ()
    holder_first_name: str | None = None
    holder: Literal["match", "doubtful", "mismatch", "unknown"] = "unknown"
    utility: str | None = None
    city: str | None = None
    state: str | None = None
    ibge_code: int | None = None
    total_amount: Decimal | None = None
    consumption_kwh: int | None = None
    reference_month: date | None = None
    due_date: date | None = None

    @property
    def usable(self) -> bool:
        """True when nothing has to be sent again."""
        return self.outcome in ("qualified", "below_minimum", "review")


class BillKept(Record):
    """The file is in private storage. `known` when the same file had come before; `reading` is None when nothing here
    can read it (a picture without a vision model), and a person has to."""

    bill_id: UUID
    known: bool = False
    reading: BillReading | None = None


class BillRefused(Record):
    """The file could not be kept: what kind of file it is, its size, or that WhatsApp did not give it to us."""

    reason: Literal["wrong_type", "too_large", "not_fetched"]


BillReceipt = BillKept | BillRefused
