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


# The flags that send a bill to a person. A high value alone is remarkable, not a reason (docs/domain.md 1.3).
EXCLUSIONS = frozenset(Flag) - {Flag.HIGH_VALUE}


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
    source: Literal["pdf_text", "vision"] = "pdf_text"
    model: str | None = Field(default=None, description="the vision model that read it (docs/domain.md 5.6)")
    confidence: float = Field(default=0.0, ge=0, le=1)


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
