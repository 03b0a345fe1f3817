"""What is to be paid, until when and for which month: what labels announce, weighed against each other and the codes."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flows.assistant.bill.figures import amount, day, month
from flows.assistant.bill.model import Contradiction, Sighting
from flows.assistant.bill.proofs import Proofs, months_between
from flows.assistant.bill.stream import Found, Label, Stream, Value

# A code that checks itself outweighs every label, if the page prints its value as money too.
_CODE = 30.0
# The score of a value right after the plainest labels, "total a pagar" and "valor a pagar".
_CERTAIN = 9.0
# Below this the value stands near its label among others.
_LIKELY = 5.0
# And below this it stands in a sentence, such as an order to whoever reads.
_LEAST = 2.0
_DEBT = re.compile(
    r"debitos?\b|(?:fatura|conta|saldo|valor|mes|vencimento)(?:e?s)? anterior|em atraso|em aberto"
    r"|vencid[ao]s?\b|parcela|pendente"
    r"|demonstrativo de pagamento|ultimos pagamentos"
)
_NO_DEBT = re.compile(r"nao (?:ha|existe\w*|consta\w*|possui)|sem debito|inexist")


@dataclass(frozen=True)
class Dues:
    """The three values that a bill is known by, where each was found, and what a code says against the total."""

    total: Decimal | None
    due: date | None
    month: date | None
    sightings: tuple[Sighting, ...]
    against: Contradiction | None = None
    # Two amounts are called the total and no code decides.
    doubled: bool = False


def dues(stream: Stream, shown: Proofs) -> Dues:
    """Read total, due date and month of a page; `shown` are the codes on it."""
    row = _bare_row(stream, shown.amounts)
    labelled = _due(stream, row)
    due = labelled[0] if labelled else shown.due
    reference = _reference(stream, row, shown, due)
    total, seen, against, doubled = _total(stream, row, shown.amounts)
    sightings = [
        seen,
        labelled[1] if labelled else None,
        reference[1] if reference else None,
    ]
    return Dues(total, due, reference[0] if reference else None, tuple(filter(None, sightings)), against, doubled)


def _total(
    stream: Stream, row: dict[str, Value], coded: tuple[Decimal, ...]
) -> tuple[Decimal | None, Sighting | None, Contradiction | None, bool]:
    scores: dict[Decimal, float] = defaultdict(float)
    found: dict[Decimal, Found] = {}
    strong: set[Decimal] = set()
    for one in stream.candidates("total"):
        value = amount(one.text)
        if value is not None:
            score = one.score * _context(stream, one.line)
            scores[value] += score
            found.setdefault(value, one)
            strong |= {value} if score >= _CERTAIN else set()
    if "money" in row and (value := amount(row["money"].text)) is not None:
        scores[value] += 5
        found.setdefault(value, Found(row["money"].text, row["money"].line, 5.0))
    labelled = max((value for value in scores if scores[value] >= _LEAST), key=lambda v: scores[v], default=None)
    amounts = [t for t in stream.tokens if isinstance(t, Value) and t.type == "money"]
    if not coded and labelled is None and len(amounts) == 1 and _stands_alone(stream, amounts[0]):
        doubtful = Sighting(field="total_amount", by="place", sure="doubtful", line=amounts[0].line + 1)
        return amount(amounts[0].text), doubtful, None, False
    if not coded:
        # Two different amounts, both called the total: two bills on the page, or a bill that was written over.
        doubled = len(strong) > 1
        seen = _sighting("total_amount", found.get(labelled), doubtful=doubled) if labelled is not None else None
        return labelled, seen, None, doubled
    printed = {amount(t.text) for t in amounts}
    for value in coded:
        scores[value] += _CODE if value in scores else _CODE / 2 if value in printed else 0
    # Paper may name only the code's amount; a code that no printed amount supports is a forgery or another bill's.
    best = max(scores, key=lambda v: scores[v]) if any(scores.values()) else coded[0]
    supported = any(value in printed for value in coded)
    line = found[best].line + 1 if best in found else 0
    seen = Sighting(field="total_amount", by="code" if best in coded else "label", sure="certain", line=line)
    if labelled is None or (supported and best in coded):
        return best, seen, None, False
    read = str(labelled if labelled != best else coded[0])
    against = Contradiction(field="total_amount", read=read, proved=str(best), code="payment")
    return best, seen.model_copy(update={"sure": "doubtful"}), against, False


def _stands_alone(stream: Stream, value: Value) -> bool:
    """True for the one amount of an app's screenshot, as large as it needs no label; not for a fine, a discount, a debt."""
    near = range(value.line - 1, value.line + 1)
    named = any(isinstance(t, Label) and t.type == "money" and t.line in near for t in stream.tokens)
    return "r$" in value.text and not named and all(_context(stream, line) == 1 for line in near if line >= 0)


def _due(stream: Stream, row: dict[str, Value]) -> tuple[date, Sighting] | None:
    for one in stream.candidates("due"):
        if _context(stream, one.line) == 1 and (shown := day(one.text)):
            return shown, _sighting("due_date", one)
    if "date" in row and (shown := day(row["date"].text)):
        return shown, _of_row("due_date", row["date"])
    return None


def _reference(stream: Stream, row: dict[str, Value], shown: Proofs, due: date | None) -> tuple[date, Sighting] | None:
    found = [
        (when, _sighting("reference_month", one))
        for one in stream.candidates("reference")
        if _context(stream, one.line) == 1 and (when := month(one.text))
    ]
    if "month" in row and (bare := month(row["month"].text)):
        found.append((bare, _of_row("reference_month", row["month"])))
    if shown.key:
        # Issued in the month it bills or one of the two after; one that does not fit may be another month on the page.
        found = [one for one in found if -1 <= months_between(one[0], shown.key.month) <= 2] or found
    elif due:
        found = [one for one in found if -1 <= months_between(one[0], due) <= 4] or found
    return found[0] if found else None


def _sighting(field: str, found: Found | None, *, doubtful: bool = False) -> Sighting:
    score = found.score if found else 0
    sure = "doubtful" if doubtful or score < _LIKELY else "certain" if score >= _CERTAIN else "likely"
    return Sighting(
        field=field,
        by="label",
        sure=sure,
        label=found.label if found else "",
        line=found.line + 1 if found else 0,
    )


def _of_row(field: str, value: Value) -> Sighting:
    return Sighting(field=field, by="place", sure="likely", line=value.line + 1)


def _context(stream: Stream, line: int) -> float:
    plain = stream.lines[line].plain
    return 0.2 if _DEBT.search(plain) and not _NO_DEBT.search(plain) else 1.0


def _bare_row(stream: Stream, coded: tuple[Decimal, ...]) -> dict[str, Value]:
    """Month, due date and total side by side without readable labels, as when the labels are drawn.

    Below the heading of a box for unpaid bills such a row is one of those, unless a code proves its amount.
    """
    for number in range(len(stream.lines)):
        every = [v for n in range(number, min(number + 3, len(stream.lines))) for v in stream.values(n)]
        # The installation's number may stand before them.
        values = [v for v in every if v.type != "id"][:3]
        if sorted(v.type for v in values) != ["date", "money", "month"] or values[0].line != number:
            continue
        last = values[2].line
        bare = "".join(one.plain for one in stream.lines[number : last + 1]).replace(" ", "")
        named = [
            t
            for t in stream.tokens
            if isinstance(t, Label) and t.type in ("date", "month") and number <= t.line <= last
        ]
        shown = sum(len(v.text.replace(" ", "")) for v in every if v.line <= last)
        shown += sum(t.end - t.start for t in named)
        above = " ".join(one.plain for one in stream.lines[max(0, number - 5) : number + 1])
        of_debt = _DEBT.search(above) and not _NO_DEBT.search(above)
        row: dict[str, Value] = {v.type: v for v in values}
        if len(bare) - shown <= 14 and (not of_debt or amount(row["money"].text) in coded):
            return row
    return {}
