"""Two readings of one paper as one: text and columns of a PDF, or the local reader and a vision model."""

from __future__ import annotations

from flows.assistant.bill.fields import confidence
from flows.assistant.bill.figures import comparable_installation
from flows.assistant.bill.model import BillFields, Contradiction, Flag
from flows.assistant.bill.proofs import flagged

_NOT_FIELDS = frozenset({"flags", "confidence", "source", "model", "sightings", "contradictions"})


def completed(first: BillFields, second: BillFields) -> BillFields:
    """`first`, with what it lacks taken from `second`: another order of the same text. Flags are of both.

    What only one of them left out as uncertain stays out: the other did not see what spoke against it.
    """
    unsure = {one.field for one in first.sightings if one.sure == "uncertain"}
    values = {
        name: value if value not in (None, ()) or name in unsure else getattr(second, name)
        for name, value in ((name, getattr(first, name)) for name in BillFields.model_fields if name not in _NOT_FIELDS)
    }
    if first.holder_document is None:
        values["document_kind"] = second.document_kind
    seen = {one.field: one for one in second.sightings if values.get(one.field) == getattr(second, one.field, None)}
    seen |= {one.field: one for one in first.sightings}
    both = {*first.flags, *second.flags} - ({Flag.TOTAL_CONFLICT} if first.total_amount else set())
    both |= {f for f in first.flags if f is Flag.TOTAL_CONFLICT}
    values["flags"] = tuple(flag for flag in Flag if flag in both)
    values["sightings"] = tuple(seen.values())
    return _judged(first.model_copy(update=values))


def of_one_bill(one: BillFields, other: BillFields) -> bool:
    """True when two readings may be pages of one bill: nothing that tells bills apart differs, and something is shared."""
    told = ("utility", "installation_number", "reference_month", "due_date", "total_amount", "access_key")
    pairs = [(getattr(one, name), getattr(other, name)) for name in told]
    known = [(mine, theirs) for mine, theirs in pairs if mine is not None and theirs is not None]
    return bool(known) and all(mine == theirs for mine, theirs in known)


def reconciled(local: BillFields, model: BillFields) -> BillFields:
    """What the local reader and a vision model read of one picture. What codes prove stands, whoever says otherwise.

    Of the rest the model reads words better, and both must agree on what a contract is filled with: an installation number
    that they read differently is left out, a total is for a person, with both amounts.
    """
    values = {
        name: value if value not in (None, ()) else getattr(local, name)
        for name, value in ((name, getattr(model, name)) for name in BillFields.model_fields if name not in _NOT_FIELDS)
    }
    seen = {one.field: one for one in (*local.sightings, *model.sightings)}
    against = {one.field: one for one in (*local.contradictions, *model.contradictions)}
    for field in ("total_amount", "due_date", "reference_month", "utility"):
        mine, theirs = getattr(local, field), getattr(model, field)
        known = local.sighting(field)
        if known and known.by == "code":
            values[field], seen[field] = mine, known
            if theirs not in (None, mine):
                against[field] = Contradiction(field=field, read=str(theirs), proved=str(mine), code="payment")
        elif field == "total_amount" and None not in (mine, theirs) and mine != theirs:
            theirs_proved = (sighting := model.sighting(field)) is not None and sighting.by == "code"
            read, proof = (mine, theirs) if theirs_proved else (theirs, mine)
            against.setdefault(
                field, Contradiction(field=field, read=str(read), proved=str(proof), code="second_reader")
            )
    mine, theirs = local.installation_number, model.installation_number
    if None not in (mine, theirs) and comparable_installation(mine) != comparable_installation(theirs):
        values["installation_number"] = None
        seen["installation_number"] = seen["installation_number"].model_copy(update={"sure": "uncertain"})
    both = {*local.flags, *model.flags}
    values["flags"] = tuple(flag for flag in Flag if flag in both)
    values["sightings"], values["contradictions"] = tuple(seen.values()), tuple(against.values())
    found = model.model_copy(update=values)
    return _judged(found.model_copy(update={"flags": flagged(found, list(found.contradictions))}))


def _judged(fields: BillFields) -> BillFields:
    return fields.model_copy(update={"confidence": confidence(fields)})
