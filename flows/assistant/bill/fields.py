"""The text of an electricity bill as fields: deterministic, and indifferent to what the text asks for (docs/domain.md 5)."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from decimal import Decimal

from flows.assistant.bill import consumption, parties, utilities
from flows.assistant.bill.debts import Billed
from flows.assistant.bill.figures import amount, day, document, month
from flows.assistant.bill.flags import flags, tariff_group
from flows.assistant.bill.model import BillFields, Flag, NotABill
from flows.assistant.bill.paycodes import AccessKey, Payment, access_keys, payments
from flows.assistant.bill.recognising import kind_of
from flows.assistant.bill.registered import numbers
from flows.assistant.bill.stream import Found, Line, Stream, Value, lines_of

HIGH_VALUE = Decimal(1000)
# A code that checks itself outweighs every label, if the page prints its value as money too.
_CODE = 30.0
# The score of a value right after the plainest labels, "total a pagar" and "valor a pagar".
_CERTAIN = 9.0
_DEBT = re.compile(
    r"debitos?\b|(?:fatura|conta|saldo|valor|mes|vencimento)(?:e?s)? anterior|em atraso|em aberto"
    r"|vencid[ao]s?\b|parcela|pendente"
    r"|demonstrativo de pagamento|ultimos pagamentos"
)
_NO_DEBT = re.compile(r"nao (?:ha|existe\w*|consta\w*|possui)|sem debito|inexist")


def read_text(text: str) -> BillFields | NotABill:
    """Read the text of a bill. Never raises; text that is no electricity bill is `NotABill` with its kind.

    At most 120,000 characters are looked at. What the text says about itself ("aprovado", orders to a reader) is not
    read at all: only labels, numbers and names are.
    """
    lines = lines_of(text)
    kind = kind_of(lines)
    return _fields(lines) if kind is None else NotABill(kind=kind)


def completed(first: BillFields, second: BillFields) -> BillFields:
    """`first`, with what it lacks taken from `second`: another reading of the same page. Flags are of both."""
    values = {
        name: value if value not in (None, ()) else getattr(second, name)
        for name, value in first.model_dump().items()
        if name not in ("flags", "confidence", "source", "model")
    }
    if first.holder_document is None:
        values["document_kind"] = second.document_kind
    both = {*first.flags, *second.flags} - ({Flag.TOTAL_CONFLICT} if first.total_amount else set())
    both |= {f for f in first.flags if f is Flag.TOTAL_CONFLICT}
    values["flags"] = tuple(flag for flag in Flag if flag in both)
    return first.model_copy(update=values | {"confidence": confidence(BillFields(**values))})


def confidence(fields: BillFields) -> float:
    """The share of the wanted fields that were found, from 0 to 1; decisions are taken field by field, not by this."""
    weights = {
        "total_amount": 0.3, "holder_name": 0.2, "utility": 0.15, "reference_month": 0.1, "due_date": 0.1,
        "installation_number": 0.05, "consumption_kwh": 0.05, "address": 0.05,
    }  # fmt: skip
    share = sum(weight for name, weight in weights.items() if getattr(fields, name) is not None)
    return round(share * (0.7 if Flag.TOTAL_CONFLICT in fields.flags else 1), 2)


def _fields(lines: tuple[Line, ...]) -> BillFields:
    text = "\n".join(line.text for line in lines)
    keys = access_keys(text)
    codes = [p for p in payments(text) if p.energy or p.segment is None]
    key = keys[0] if keys else None
    named = utilities.find(text, cnpj=key.cnpj if key else None)
    stream = Stream(lines, named.labels if isinstance(named, utilities.Utility) else ())
    row = _bare_row(stream)
    due = _due(stream, row, codes)
    total, conflict = _total(stream, row, codes)
    reference = _reference(stream, row, key, due)
    name = parties.holder(lines)
    strangers = frozenset({key.cnpj} if key else ())
    held, kind = document(parties.holder_document(lines, name, strangers))
    address, at = parties.address(lines, name)
    near = at if at is not None else name.line if name else None
    city, state, zip_code = parties.place(lines, near, key.state if key else None)
    found = utilities.find(text, state=state or (key.state if key else None), cnpj=key.cnpj if key else None)
    company = found if isinstance(found, utilities.Utility) else None
    if city is None and company and (elsewhere := parties.place(lines, None, company.states[0]))[0]:
        city, state, zip_code = elsewhere[0], elsewhere[1], zip_code or elsewhere[2]
    shown = set(flags(_particular(lines, company), Billed(total, reference, due))) | (
        {Flag.TOTAL_CONFLICT} if conflict else set()
    )
    shown |= {Flag.HIGH_VALUE} if total is not None and total > HIGH_VALUE else set()
    ordered = tuple(flag for flag in Flag if flag in shown)
    payment = _paid_by(codes, total)
    ids = numbers(stream, company)
    other = ids.get("client") or ids.get("partner")
    fields = BillFields(
        holder_name=name.name if name else None,
        holder_document=held,
        document_kind=kind,
        utility=found.name if found else None,
        utility_state=(state if company and state in company.states else company.states[0]) if company else None,
        address=address,
        city=city,
        state=state or (key.state if key else None),
        zip_code=zip_code,
        total_amount=total,
        reference_month=reference,
        due_date=due,
        consumption_kwh=consumption.consumption(lines, reference),
        average_kwh=consumption.average(lines),
        installation_number=ids["installation"].text if "installation" in ids else None,
        client_number=other.text if other else None,
        contract_account=ids["contract"].text if "contract" in ids else None,
        linha_digitavel=payment.digits if payment else None,
        access_key=key.digits if key else None,
        tariff_group=tariff_group(lines, ordered),
        flags=ordered,
    )
    return fields.model_copy(update={"confidence": confidence(fields)})


def _particular(lines: tuple[Line, ...], company: utilities.Utility | None) -> tuple[Line, ...]:
    """The lines without the sentences that stand on every bill of this company."""
    always = company.always if company else ()
    return tuple(line for line in lines if not any(words in line.plain for words in always))


def _total(stream: Stream, row: dict[str, Value], codes: list[Payment]) -> tuple[Decimal | None, bool]:
    """What is to be paid, and whether the payment code contradicts what the labels say."""
    scores: dict[Decimal, float] = defaultdict(float)
    strong: set[Decimal] = set()
    for found in stream.candidates("total"):
        value = amount(found.text)
        if value is not None:
            score = found.score * _context(stream, found.line)
            scores[value] += score
            strong |= {value} if score >= _CERTAIN else set()
    if "money" in row and (value := amount(row["money"].text)) is not None:
        scores[value] += 5
    labelled = max(scores, key=lambda v: scores[v], default=None)
    coded = [p.amount for p in codes if p.amount]
    if not coded:
        # Two different amounts, both called the total: two bills on the page, or a bill that was written over.
        return labelled, len(strong) > 1
    printed = {amount(t.text) for t in stream.tokens if isinstance(t, Value) and t.type == "money"}
    for value in coded:
        scores[value] += _CODE if value in scores else _CODE / 2 if value in printed else 0
    # Paper may name only the code's amount; a code that no printed amount supports is a forgery or another bill's.
    best = max(scores, key=lambda v: scores[v]) if any(scores.values()) else coded[0]
    supported = any(value in printed for value in coded)
    return best, labelled is not None and not (supported and best in coded)


def _context(stream: Stream, line: int) -> float:
    plain = stream.lines[line].plain
    return 0.2 if _DEBT.search(plain) and not _NO_DEBT.search(plain) else 1.0


def _due(stream: Stream, row: dict[str, Value], codes: list[Payment]) -> date | None:
    found = [d for f in stream.candidates("due") if _context(stream, f.line) == 1 and (d := day(f.text))]
    if not found and "date" in row and (bare := day(row["date"].text)):
        found.append(bare)
    coded = [p.due_date for p in codes if p.due_date]
    return found[0] if found else coded[0] if coded else None


def _reference(stream: Stream, row: dict[str, Value], key: AccessKey | None, due: date | None) -> date | None:
    found = [m for f in stream.candidates("reference") if _context(stream, f.line) == 1 and (m := month(f.text))]
    if "month" in row and (bare := month(row["month"].text)):
        found.append(bare)
    if key:
        # Issued in the month it bills or one of the two after; a month that does not fit was another one on the page.
        found = [m for m in found if -1 <= months_between(m, key.month) <= 2] or [key.month]
    elif due:
        found = [m for m in found if -1 <= months_between(m, due) <= 4] or found
    return found[0] if found else None


def months_between(earlier: date, later: date) -> int:
    """Calendar months from one date to the other, days ignored."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _paid_by(codes: list[Payment], total: Decimal | None) -> Payment | None:
    return next((p for p in codes if p.amount == total), codes[0] if codes else None)


def _bare_row(stream: Stream) -> dict[str, Value]:
    """Month, due date and total side by side without readable labels, as when the labels are drawn."""
    for number in range(len(stream.lines)):
        every = [v for n in range(number, min(number + 3, len(stream.lines))) for v in stream.values(n)]
        # The installation's number may stand before them.
        values = [v for v in every if v.type != "id"][:3]
        if sorted(v.type for v in values) != ["date", "money", "month"] or values[0].line != number:
            continue
        last = values[2].line
        bare = "".join(one.plain for one in stream.lines[number : last + 1]).replace(" ", "")
        shown = sum(len(v.text.replace(" ", "")) for v in every if v.line <= last)
        above = " ".join(one.plain for one in stream.lines[max(0, number - 5) : number + 1])
        if len(bare) - shown <= 14 and not (_DEBT.search(above) and not _NO_DEBT.search(above)):
            return {v.type: v for v in values}
    return {}


__all__ = ["Found", "completed", "confidence", "months_between", "read_text"]
