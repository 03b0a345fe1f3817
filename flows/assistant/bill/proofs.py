"""What a bill's codes prove: total, due date, issuer and month. They outrank labels, and whoever read the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flows.assistant.bill import utilities
from flows.assistant.bill.model import BillFields, Contradiction, Flag, Sighting
from flows.assistant.bill.paycodes import AccessKey, Payment, Pix, access_keys, payments, pix_codes


@dataclass(frozen=True)
class Proofs:
    """The codes of a page whose digits are right: those of energy, boletos, Pix, and the key of the NF3e."""

    payments: tuple[Payment, ...] = ()
    pix: tuple[Pix, ...] = ()
    key: AccessKey | None = None

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """The amounts in reais that are proved, each once."""
        shown = [*(p.amount for p in self.payments), *(p.amount for p in self.pix)]
        return tuple(dict.fromkeys(amount for amount in shown if amount))

    @property
    def due(self) -> date | None:
        """The due date of the first boleto."""
        return next((p.due_date for p in self.payments if p.due_date), None)

    @property
    def cnpj(self) -> str | None:
        """The CNPJ of who issued the fiscal note."""
        return self.key.cnpj if self.key else None

    @property
    def payee(self) -> utilities.Utility | None:
        """The distribuidora that a Pix is paid to."""
        named = [utilities.named(p.payee) for p in self.pix]
        return next((one for one in named if isinstance(one, utilities.Utility)), None)

    def over(self, copied: Proofs) -> Proofs:
        """These, which were decoded; what a reader copied counts only where they say nothing else."""
        paid = tuple(p for p in copied.payments if not self.amounts or p.amount in self.amounts)
        return Proofs(self.payments or paid, self.pix or copied.pix, self.key or copied.key)

    def paid_by(self, total: Decimal | None) -> Payment | None:
        """The payment code of this total, else the first."""
        return next((p for p in self.payments if p.amount == total), self.payments[0] if self.payments else None)


def proofs(text: str, near: date | None = None) -> Proofs:
    """The codes in a text. A code of water or telephone proves nothing of a bill of energy."""
    keys = access_keys(text)
    paid = [p for p in payments(text, near) if p.energy or p.segment is None]
    return Proofs(tuple(dict.fromkeys(paid)), tuple(pix_codes(text)), keys[0] if keys else None)


def proved(fields: BillFields, shown: Proofs) -> BillFields:
    """The fields as the codes of the same paper correct them; each difference is a contradiction for a person."""
    changed: dict[str, object] = {}
    against = list(fields.contradictions)
    seen = {one.field: one for one in fields.sightings}

    def take(field: str, value: object, code: str, read: object) -> None:
        changed[field] = value
        seen[field] = Sighting(field=field, by="code", sure="certain")
        if read is not None and read != value and not any(one.field == field for one in against):
            against.append(Contradiction(field=field, read=str(read), proved=str(value), code=code))

    if shown.amounts:
        fitting = fields.total_amount if fields.total_amount in shown.amounts else shown.amounts[0]
        code = "payment" if any(p.amount == fitting for p in shown.payments) else "pix"
        take("total_amount", fitting, code, fields.total_amount)
        if len(shown.amounts) > 1 and not any(one.field == "total_amount" for one in against):
            other = next(amount for amount in shown.amounts if amount != fitting)
            against.append(Contradiction(field="total_amount", read=str(other), proved=str(fitting), code="payment"))
    if shown.due:
        take("due_date", shown.due, "payment", fields.due_date)
    if shown.key:
        if fields.reference_month is None or not -1 <= months_between(fields.reference_month, shown.key.month) <= 2:
            take("reference_month", shown.key.month, "access_key", fields.reference_month)
        if company := utilities.by_cnpj(shown.key.cnpj):
            named = _named(fields.utility)
            take("utility", company.name, "access_key", named.name if named else None)
            state = shown.key.state
            changed["utility_state"] = state if state in company.states else company.states[0]
        changed["access_key"] = shown.key.digits
    elif company := shown.payee:
        named = _named(fields.utility)
        take("utility", company.name, "pix", named.name if named else None)
    if payment := shown.paid_by(changed.get("total_amount", fields.total_amount)):  # type: ignore[arg-type]
        changed["linha_digitavel"] = payment.digits
    return fields.model_copy(
        update=changed
        | {"sightings": tuple(seen.values()), "contradictions": tuple(against), "flags": flagged(fields, against)}
    )


def _named(name: str | None) -> utilities.Utility | None:
    found = utilities.by_name(name) or utilities.named(name)
    return found if isinstance(found, utilities.Utility) else None


def flagged(fields: BillFields, against: list[Contradiction]) -> tuple[Flag, ...]:
    """The flags of a bill, with those of its contradictions."""
    shown = set(fields.flags)
    shown |= {Flag.TOTAL_CONFLICT if one.field == "total_amount" else Flag.CODE_CONFLICT for one in against}
    return tuple(flag for flag in Flag if flag in shown)


def months_between(earlier: date, later: date) -> int:
    """Calendar months from one date to the other, days ignored."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month
