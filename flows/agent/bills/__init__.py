"""Reading electricity bills: PDF text by rules, pictures by a vision model, and the eight checks (domain.md 6)."""

from flows.agent.bills.checks import Assessment, Check, Decision, assess
from flows.agent.bills.fields import read_text
from flows.agent.bills.figures import comparable_installation
from flows.agent.bills.holders import HolderMatch, compare
from flows.agent.bills.model import (
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
from flows.agent.bills.pdf import read_pdf
from flows.agent.bills.utilities import canonical as canonical_utility
from flows.agent.bills.vision import Vision

__all__ = [
    "EXCLUSIONS",
    "Assessment",
    "BillFields",
    "Check",
    "Decision",
    "Flag",
    "HolderMatch",
    "NotABill",
    "Page",
    "PasswordProtected",
    "PdfResult",
    "Scanned",
    "Unreadable",
    "Vision",
    "assess",
    "canonical_utility",
    "comparable_installation",
    "compare",
    "read_pdf",
    "read_text",
]
