"""The text of an electricity bill as fields: deterministic, and indifferent to what the text asks for (docs/domain.md 5)."""

from __future__ import annotations

from decimal import Decimal

from flows.assistant.bill import consumption, parties, utilities
from flows.assistant.bill.debts import Billed
from flows.assistant.bill.dues import dues
from flows.assistant.bill.figures import document
from flows.assistant.bill.flags import flags, tariff_group
from flows.assistant.bill.model import BillFields, Flag, NotABill, Sighting
from flows.assistant.bill.parties import Holder
from flows.assistant.bill.proofs import Proofs, proofs, proved
from flows.assistant.bill.recognising import kind_of
from flows.assistant.bill.registered import Numbers, registered_numbers
from flows.assistant.bill.stream import Line, Stream, lines_of

HIGH_VALUE = Decimal(1000)


def read_text(text: str, codes: str = "") -> BillFields | NotABill:
    """Read the text of a bill. Never raises; text that is no electricity bill is `NotABill` with its kind.

    `codes` are what barcodes and QR codes of the same page hold: only what checks itself is taken from them. At most 120,000
    characters are looked at. What the text says about itself ("aprovado", orders to a reader) is not read at all: only
    labels, numbers and names are.
    """
    lines = lines_of(text)
    shown = proofs(f"{_joined(lines)}\n.\n{codes}" if codes else _joined(lines))
    kind = kind_of(lines, proved=any(p.energy for p in shown.payments) or shown.key is not None)
    return _fields(lines, shown) if kind is None else NotABill(kind=kind)


def confidence(fields: BillFields) -> float:
    """The share of the wanted fields that were found, from 0 to 1; decisions are taken field by field, not by this."""
    weights = {
        "total_amount": 0.3,
        "holder_name": 0.2,
        "utility": 0.15,
        "reference_month": 0.1,
        "due_date": 0.1,
        "installation_number": 0.05,
        "consumption_kwh": 0.05,
        "address": 0.05,
    }
    share = sum(weight for name, weight in weights.items() if getattr(fields, name) is not None)
    return round(share * (0.7 if Flag.TOTAL_CONFLICT in fields.flags else 1), 2)


def _fields(lines: tuple[Line, ...], shown: Proofs) -> BillFields:
    text = _joined(lines)
    name = parties.holder(lines)
    address, at = parties.address(lines, name)
    near = at if at is not None else name.line if name else None
    coded_state = shown.key.state if shown.key else None
    city, state, zip_code = parties.place(lines, near, coded_state)
    found = _issuer(text, state or coded_state, shown)
    company = found if isinstance(found, utilities.Utility) else None
    if city is None and company and (elsewhere := parties.place(lines, None, company.states[0]))[0]:
        city, state, zip_code = elsewhere[0], elsewhere[1], zip_code or elsewhere[2]
    stream = Stream(lines, company.labels if company else ())
    owed = dues(stream, shown)
    ids = registered_numbers(stream, company)
    used = consumption.consumption(lines, owed.month)
    held, kind = document(parties.holder_document(lines, name, frozenset({shown.cnpj} if shown.cnpj else ())))
    marks = set(flags(_particular(lines, company), Billed(owed.total, owed.month, owed.due)))
    marks |= {Flag.TOTAL_CONFLICT} if owed.doubled or owed.against else set()
    marks |= {Flag.HIGH_VALUE} if owed.total is not None and owed.total > HIGH_VALUE else set()
    ordered = tuple(flag for flag in Flag if flag in marks)
    fields = BillFields(
        holder_name=name.name if name else None,
        holder_document=held,
        document_kind=kind,
        utility=found.name if found else None,
        utility_state=(state if company and state in company.states else company.states[0]) if company else None,
        address=address,
        city=city,
        state=state or coded_state,
        zip_code=zip_code,
        total_amount=owed.total,
        reference_month=owed.month,
        due_date=owed.due,
        consumption_kwh=used.kwh if used else None,
        average_kwh=consumption.average(lines),
        installation_number=ids.text("installation"),
        client_number=ids.text("client") or ids.text("partner"),
        contract_account=ids.text("contract"),
        tariff_group=tariff_group(lines, ordered),
        flags=ordered,
        sightings=(*owed.sightings, *_sightings(name, at, found, used, ids)),
        contradictions=(owed.against,) if owed.against else (),
    )
    fields = proved(fields, shown)
    return fields.model_copy(update={"confidence": confidence(fields)})


def _issuer(text: str, state: str | None, shown: Proofs) -> utilities.Utility | utilities.OnlyGroup | None:
    """Who the page says has issued it. A company that a code names is believed at once where the page names it too."""
    coded = utilities.by_cnpj(shown.cnpj)
    if coded and utilities.is_company_in(coded, text):
        return coded
    return utilities.find(text, state=state)


def _sightings(
    name: Holder | None,
    address: int | None,
    company: utilities.Utility | utilities.OnlyGroup | None,
    used: consumption.Used | None,
    ids: Numbers,
) -> list[Sighting]:
    made = list(ids.sightings)
    if name:
        by, sure = ("label", "certain") if name.label else ("place", "likely")
        made.append(Sighting(field="holder_name", by=by, sure=sure, label=name.label, line=name.line + 1))
    if address is not None:
        made.append(Sighting(field="address", by="place", sure="likely", line=address + 1))
    if company is not None:
        sure = "likely" if isinstance(company, utilities.Utility) else "doubtful"
        made.append(Sighting(field="utility", by="name", sure=sure))
    if used:
        made.append(Sighting(field="consumption_kwh", by=used.by, sure=used.sure))
    return made


def _particular(lines: tuple[Line, ...], company: utilities.Utility | None) -> tuple[Line, ...]:
    """The lines without the sentences that stand on every bill of this company."""
    always = company.always if company else ()
    return tuple(line for line in lines if not any(words in line.plain for words in always))


def _joined(lines: tuple[Line, ...]) -> str:
    return "\n".join(line.text for line in lines)
