"""Reading bills: text by rules, pictures by a local reader and a vision model, and the eight checks (docs/domain.md 5)."""

from flows.assistant.bill.checks import Assessment, Check, Judgement, assess
from flows.assistant.bill.fields import read_text
from flows.assistant.bill.figures import comparable_installation
from flows.assistant.bill.files import Read, joined, read_file
from flows.assistant.bill.holders import HolderMatch, compare
from flows.assistant.bill.model import (
    EXCLUSIONS,
    BillFields,
    Flag,
    NotABill,
    Page,
    PasswordProtected,
    PdfResult,
    Scanned,
    Unreadable,
)
from flows.assistant.bill.pdf import read_pdf
from flows.assistant.bill.pictures import installed as pictures_are_read
from flows.assistant.bill.utilities import canonical as canonical_utility
from flows.assistant.bill.utilities import same as same_utility

__all__ = [
    "EXCLUSIONS",
    "Assessment",
    "BillFields",
    "Check",
    "Judgement",
    "Flag",
    "HolderMatch",
    "NotABill",
    "Page",
    "PasswordProtected",
    "PdfResult",
    "Read",
    "Scanned",
    "Unreadable",
    "assess",
    "canonical_utility",
    "comparable_installation",
    "compare",
    "joined",
    "pictures_are_read",
    "read_file",
    "read_pdf",
    "read_text",
    "same_utility",
]
