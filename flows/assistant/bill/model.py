"""What a bill said, or why it said nothing: the values that the rest of the program sees. No I/O."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """Read once, never changed."""

    model_config = ConfigDict(frozen=True)


class Flag(StrEnum):
    """Something printed on a bill that a person should look at (docs/domain.md 1.2, 1.3)."""

    TARIFA_SOCIAL = "tarifa_social"
    TARIFA_BRANCA = "tarifa_branca"
    OWN_GENERATION = "own_generation"
    GRUPO_A = "grupo_a"
    B_OPTANTE = "b_optante"
    OVERDUE_NOTICE = "overdue_notice"
    RURAL_IRRIGATION = "rural_irrigation"
    HIGH_VALUE = "high_value"
    TOTAL_CONFLICT = "total_conflict"
    CODE_CONFLICT = "code_conflict"


# The flags that send a bill to a person. A high value alone is remarkable, not a reason (docs/domain.md 1.3).
EXCLUSIONS = frozenset(Flag) - {Flag.HIGH_VALUE}


class Sighting(Frozen):
    """Where a field was found, and how sure that is; no value, nothing personal.

    `by`: a code that checks itself, a label, the place on the page, the form of a number, a table, or a vision model. `sure`
    is `uncertain` for what was left out because nothing decided. `label` is as printed, `line` counts from 1 (0: unknown).
    """

    field: str
    by: Literal["code", "label", "place", "form", "table", "name", "vision"]
    sure: Literal["certain", "likely", "doubtful", "uncertain"]
    label: str = ""
    line: int = 0


class Contradiction(Frozen):
    """What a page says in words, and what a code on it proves: both are for a person. Amounts, dates and company names."""

    field: Literal["total_amount", "due_date", "reference_month", "utility"]
    read: str
    proved: str
    code: Literal["payment", "pix", "access_key", "second_reader"]


class BillFields(Frozen):
    """What was read. Every field is null when it was not found; money in reais, months as their first day.

    `utility` is the canonical name of `companies/*.toml`, or a bare group name (`ENEL`) when nothing said which of the
    group's companies it is. `holder_document` holds only the characters that are not masked. `installation_number` is
    digits as text, leading zeros kept.
    """

    holder_name: str | None = None
    holder_document: str | None = None
    document_kind: Literal["cpf", "cnpj", "masked", "invalid"] | None = None
    utility: str | None = None
    utility_state: str | None = None
    address: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    total_amount: Decimal | None = None
    reference_month: date | None = None
    due_date: date | None = None
    consumption_kwh: int | None = None
    average_kwh: int | None = None
    installation_number: str | None = None
    client_number: str | None = None
    contract_account: str | None = None
    linha_digitavel: str | None = None
    access_key: str | None = None
    tariff_group: Literal["A", "B"] | None = None
    flags: tuple[Flag, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    source: Literal["pdf_text", "picture", "vision", "operator"] = "pdf_text"
    model: str | None = Field(default=None, description="the vision model that read it (docs/domain.md 5.6)")
    confidence: float = Field(default=0.0, ge=0, le=1)

    def sighting(self, field: str) -> Sighting | None:
        """Where a field was found, None when nothing is noted of it."""
        return next((one for one in self.sightings if one.field == field), None)

    def contradiction(self, field: str) -> Contradiction | None:
        """What contradicts a field, None when nothing does."""
        return next((one for one in self.contradictions if one.field == field), None)


class NotABill(Frozen):
    """It is not an electricity bill, or nothing of it can be read."""

    kind: Literal["other_document", "not_document", "unreadable"]


class Page(Frozen):
    """One file for the vision model: an image, or a PDF of at most three pages."""

    content: bytes = Field(repr=False)
    mime_type: str


class Scanned(Frozen):
    """A PDF without usable text: its first pages, for the vision model."""

    pages: tuple[Page, ...]


class PasswordProtected(Frozen):
    """A PDF that opens only with a password."""


class Unreadable(Frozen):
    """Not a PDF that can be opened within our limits of time and memory."""

    reason: Literal["broken", "too_slow", "too_large"]


PdfResult = BillFields | NotABill | Scanned | PasswordProtected | Unreadable
