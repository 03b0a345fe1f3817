"""Three made-up electricity bills, as PDFs with text in them; persons, numbers and keys are invented."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from deployments.simulator.pdf import TextLine, text_pdf
from flows.brazil.money import brl

BillName = Literal["celpe", "cemig", "equatorial"]
_MONTHS = ("JAN", "FEV", "MAR", "ABR", "MAI", "JUN", "JUL", "AGO", "SET", "OUT", "NOV", "DEZ")
# Valid check digits, nobody's number (docs/domain.md 5.3); a real distribuidora's CNPJ has no place on a made-up bill.
CPF, CNPJ = "529.982.247-25", "11.222.333/0001-81"


@dataclass(frozen=True)
class SampleBill:
    """What is printed on a bill. Money in reais, consumption in kWh, `installation` has the national 15 digits."""

    utility: str
    company: str
    state_code: str
    holder: str
    address: str
    place: str
    installation: str
    total: Decimal
    lighting: Decimal
    consumption: int


BILLS: dict[BillName, SampleBill] = TypeAdapter(dict[BillName, SampleBill]).validate_python(
    tomllib.loads(Path(__file__).with_name("bills.toml").read_text("utf-8"))
)

LAYOUT = Path(__file__).with_name("bill.txt").read_text("utf-8")


def bill_pdf(name: BillName, today: date | None = None) -> bytes:
    """The bill as a PDF, of last month and due in ten days seen from `today` (now, if not given).

    Dated anew each time, because a bill of more than three months ago is refused (docs/domain.md 5.2).
    """
    bill, day = BILLS[name], today or datetime.now(UTC).date()
    month = day.replace(day=1) - timedelta(days=1)
    lines: list[TextLine] = []
    y = 812.0
    for row in _rows(bill, month, day):
        size = 12 if y > 800 else 9
        for position, cell in enumerate(row):
            lines.append(TextLine(40 + 130 * position, y, cell, size, bold=cell.isupper() and len(row) == 1))
        y -= 15
    return text_pdf(lines)


def _rows(bill: SampleBill, month: date, today: date) -> list[tuple[str, ...]]:
    """The lines of `bill.txt` with this bill's facts, each with its columns."""
    energy = bill.total - bill.lighting
    facts = vars(bill) | {
        "holder": bill.holder.upper(),
        "cnpj": CNPJ,
        "cpf": CPF,
        "key": _access_key(bill, month),
        "reference": f"{_MONTHS[month.month - 1]}/{month.year}",
        "due": f"{today + timedelta(days=10):%d/%m/%Y}",
        "total": _figure(bill.total),
        "lighting": _figure(bill.lighting),
        "energy": _figure(energy),
        "tax": _figure(energy * Decimal("0.18")),
        "unit": f"{energy / bill.consumption:.6f}".replace(".", ","),
        "kwh": f"{bill.consumption:,}".replace(",", "."),
        "read_before": f"{month.replace(day=1):%d/%m/%Y}",
        "read_now": f"{month:%d/%m/%Y}",
        "days": month.day,
        "history": "\n".join("\t".join(cells) for cells in _history(bill, month)),
        "payment": _payment_line(bill.total),
    }
    return [tuple(line.split("\t")) for line in LAYOUT.format_map(facts).splitlines()]


def _figure(amount: Decimal) -> str:
    return brl(amount).removeprefix("R$ ")


def _history(bill: SampleBill, month: date) -> list[tuple[str, ...]]:
    """Thirteen months, newest first, around the billed consumption; four to a line."""
    cells, shown = [], month
    for past in range(13):
        swing = 100 + (0, -4, 3, 6, 9, 7, 2, -3, -8, -6, -2, 1, -5)[past]
        cells.append(f"{_MONTHS[shown.month - 1]}/{shown:%y} {bill.consumption * swing // 100}")
        shown = shown.replace(day=1) - timedelta(days=1)
    return [tuple(cells[i : i + 4]) for i in range(0, len(cells), 4)]


def _access_key(bill: SampleBill, month: date) -> str:
    """44 digits in groups of four; the last is a check digit mod 11 (docs/domain.md 5.3)."""
    cnpj = "".join(c for c in CNPJ if c.isdigit())
    key = f"{bill.state_code}{month:%y%m}{cnpj}66001{bill.consumption:09d}10{7654321}"
    total = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(key)))
    key += str(0 if total % 11 < 2 else 11 - total % 11)
    return " ".join(key[i : i + 4] for i in range(0, 44, 4))


def _payment_line(total: Decimal) -> str:
    """The 48 digits below the barcode; digits 5 to 15 of the code are the total in cents (docs/domain.md 5.3)."""
    body = f"{int(total * 100):011d}" + "0049" + "1234567890123456789012345"
    code = "836" + _mod10("836" + body) + body
    return " ".join(f"{part}-{_mod10(part)}" for part in (code[i : i + 11] for i in range(0, 44, 11)))


def _mod10(digits: str) -> str:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return str(-sum(d // 10 + d % 10 for d in doubled) % 10)
