"""`python -m flows.assistant.bill`: why a bill is read as it is, and a copy of it that may lie in a repository."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.simulator.bills import bill_pdf
from flows.assistant.bill import BillFields, read_text
from flows.assistant.bill.redacting import redacted
from tests.flows.assistant.bill.layouts import LAYOUTS, PAGES, Layout

STAYS = (
    "utility",
    "city",
    "state",
    "total_amount",
    "reference_month",
    "due_date",
    "consumption_kwh",
    "average_kwh",
    "tariff_group",
    "flags",
    "document_kind",
    "contradictions",
)
GOES = (
    "holder_name",
    "holder_document",
    "zip_code",
    "installation_number",
    "client_number",
    "contract_account",
    "access_key",
    "linha_digitavel",
    "address",
)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_redacted_bill_reads_alike_and_names_nobody(layout: Layout) -> None:
    text = redacted(layout.text, random.Random(layout.name))
    before, after = read_text(layout.text), read_text(text)
    assert isinstance(before, BillFields) and isinstance(after, BillFields)
    assert {name: getattr(after, name) for name in STAYS} == {name: getattr(before, name) for name in STAYS}
    for name in GOES:
        old, new = getattr(before, name), getattr(after, name)
        assert (old is None) == (new is None), name
        assert old is None or (old != new and (len(old) < 5 or old not in text)), name


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.assistant.bill", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[4])


def test_every_line_is_explained(tmp_path: Path) -> None:
    page = PAGES / "light_2026.txt"
    said = run(str(page), "--explain")
    assert said.returncode == 0
    for part in (
        "'CÓDIGO DA INSTALAÇÃO': label of installation, weight 10",
        "⇒ installation_number (label, certain)",
        "installation_number  0412345678",
        "utility              Light",
    ):
        assert part in said.stdout, part


def test_a_pdf_becomes_a_page_for_a_test(tmp_path: Path) -> None:
    file = tmp_path / "conta.pdf"
    file.write_bytes(bill_pdf("celpe"))
    said = run(str(file), "--redact")
    found = read_text(said.stdout)
    assert isinstance(found, BillFields)
    assert str(found.total_amount) == "412.37" and "MARINA ALVES" not in said.stdout.upper()


def test_what_is_no_bill_is_said_to_be_none(tmp_path: Path) -> None:
    file = tmp_path / "nota.txt"
    file.write_text("Lista de compras: pão, leite, café", "utf-8")
    assert run(str(file)).returncode != 0 and "no bill" in run(str(file)).stderr
