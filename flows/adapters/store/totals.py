"""Totals of the lead store: the funnel, what a period brought, what stands where now."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from flows.domain import Record


class Funnel(Record):
    """How far the leads got that arrived in a period (by `leads.created_at`); each figure counts leads.

    `arrived` are all of them; `forms` came by the form, the others wrote first. `silent` and `opted_out` are where some
    ended, not steps.
    """

    arrived: int = 0
    forms: int = 0
    template_delivered: int = 0
    answered: int = 0
    place: int = 0
    bill: int = 0
    qualified: int = 0
    handed_over: int = 0
    silent: int = 0
    opted_out: int = 0


class Charged(Record):
    count: int
    reais: Decimal


class SpendTotals(Record):
    """An estimate in reais: messages by Meta's category, and what the models' tokens cost. `unpriced`: charged messages and turns
    whose price nobody knows, which are missing from it."""

    messages: dict[str, Charged] = Field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    model_reais: Decimal = Decimal(0)
    unpriced: int = 0
    reais: Decimal = Decimal(0)


class SpendDay(SpendTotals):
    """A day of São Paulo; `soft_at`, `hard_at`: when it passed that limit."""

    day: date
    soft_at: datetime | None = None
    hard_at: datetime | None = None


class Figures(Record):
    """What a time brought. Answer times are seconds from the newest message of a turn until its reply left.

    `reminders_returned`: reminded leads who wrote within a day after it. `failures`: WhatsApp's code to how many messages.
    """

    turns: int = 0
    answer_p50: float | None = None
    answer_p95: float | None = None
    reminders: int = 0
    reminders_returned: int = 0
    failures: dict[str, int] = Field(default_factory=dict)
    # who asked to be told of plans in their place; who was, by our template or in the conversation; who waits as it ends
    wishes: int = 0
    wishes_told: int = 0
    wishes_shown: int = 0
    wishes_open: int = 0
    spend: SpendTotals = Field(default_factory=SpendTotals)


class Report(Figures):
    """A period's figures. `billable`: WhatsApp's pricing category to billable messages, as the statuses said."""

    funnel: Funnel
    billable: dict[str, int] = Field(default_factory=dict)
    model_turns: int = 0
    fallbacks: dict[str, int] = Field(default_factory=dict)
    # people by the headline (else the id) of the advertisement through which they wrote
    referrals: dict[str, int] = Field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0


class Day(Figures):
    """What one day of São Paulo brought."""

    day: date


class Arrived(Record):
    """Leads that arrived together, by day or by source, and how many of them got how far since."""

    day: date | None = None
    source: str | None = None
    arrived: int = 0
    answered: int = 0
    qualified: int = 0
    chose: int = 0
    sold: int = 0


class Handed(Record):
    """The hand-overs of a day, and after how many seconds a person first saw to the lead; None where nobody has yet."""

    day: date
    handed: int = 0
    p50: float | None = None
    p95: float | None = None


class Dashboard(Record):
    """A period in pictures. Days without anybody are left out; `ages` are the open hand-overs', in seconds, of all times."""

    days: tuple[Arrived, ...] = ()
    sources: tuple[Arrived, ...] = ()
    contact_p50: float | None = None
    contact_p95: float | None = None
    contacts: tuple[Handed, ...] = ()
    ages: tuple[int, ...] = ()


class Gauges(Record):
    """What stands where at this moment, for metrics. Ages in seconds, 0 when nothing waits."""

    unanswered: int = 0
    oldest_unanswered: float = 0.0
    runs: dict[str, int] = Field(default_factory=dict)
    overdue_waits: int = 0
    unsent: int = 0
    oldest_unsent: float = 0.0
    open_handoffs: int = 0
    oldest_handoff: float = 0.0
    taken_over: int = 0
    # who waits to be told of plans, and whether there is a template to tell them with
    wishes: int = 0
    notices: bool = False
    # who was told, by our template or in the conversation, since the store began
    wishes_told: int = 0
    # what the CRM has not been told yet, and what it was not told for good
    crm_waiting: int = 0
    crm_oldest: float = 0.0
    crm_given_up: int = 0
    # states of the WhatsApp account for which what we start waits
    account_stops: int = 0
    # today, as an estimate; past the hard limit the model rests
    spend_reais: float = 0.0
    model_rests: bool = False
    # of those taken over, whose lead wrote and waits for the person
    unheard: int = 0
