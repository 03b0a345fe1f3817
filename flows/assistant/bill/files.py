"""One file as a reading: text where it has one, else the local reader and the vision model, as far as either is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flows.assistant.bill.fields import read_text
from flows.assistant.bill.merging import completed, of_one_bill, reconciled
from flows.assistant.bill.model import BillFields, NotABill, Page, PdfResult, Scanned
from flows.assistant.bill.pdf import read_pdf
from flows.assistant.bill.pictures import PATIENCE, Recognised, read_picture, recognise
from flows.assistant.bill.proofs import proofs, proved
from flows.errors import SerenaError

if TYPE_CHECKING:
    from flows.assistant.bill.vision import Vision  # brings the vendor's client along, and only who has one needs it

log = logging.getLogger(__name__)

# A local reading this complete is a bill, even if a model takes the picture for something else.
_COMPLETE = 0.6
# Seconds: what the text says already is not held up for its barcodes, nor what a model said for a second reader.
_FOR_CODES, _BESIDE_A_MODEL = 5.0, 25.0


@dataclass(frozen=True)
class Read:
    """What one file says: `result` is None when nothing here can read it. `text` and `codes` are the local reader's."""

    result: PdfResult | None
    text: str = ""
    codes: str = ""


async def read_file(content: bytes, mime_type: str, vision: Vision | None) -> Read:
    """Read a PDF or a picture. Never raises for the file's sake, nor for a vision model that is away."""
    found: PdfResult = Scanned(pages=(Page(content=content, mime_type=mime_type),))
    if mime_type == "application/pdf":
        found = await asyncio.to_thread(read_pdf, content)
        # Where its text holds the payment code, a barcode beside it says the same.
        codes = None
        if isinstance(found, BillFields) and not _has_its_code(found):
            codes = await recognise(content, only_codes=True, patience=_FOR_CODES)
        if isinstance(found, BillFields) and codes:
            return Read(proved(found, proofs(codes.codes, found.due_date)), codes=codes.codes)
    if not isinstance(found, Scanned):
        return Read(found)
    patience = PATIENCE if vision is None else _BESIDE_A_MODEL
    local, seen = await asyncio.gather(recognise(content, patience=patience), _seen(found, vision))
    result = _decided(local, seen, asked=vision is not None)
    return Read(result, local.text if local else "", local.codes if local else "")


def joined(files: Sequence[Read]) -> list[Read]:
    """The same files, where those that are pages of one bill all have its whole reading."""
    groups: list[list[int]] = []
    for number, file in enumerate(files):
        if isinstance(file.result, BillFields):
            for group in groups:
                if all(of_one_bill(file.result, _fields(files[other])) for other in group):
                    group.append(number)
                    break
            else:
                groups.append([number])
    made = list(files)
    for group in groups:
        whole = _fields(files[group[0]])
        for other in group[1:]:
            whole = completed(whole, _fields(files[other]))
        for number in group:
            made[number] = replace(files[number], result=whole)
    if not groups and len(files) > 1 and any(file.text for file in files):
        # Halves of a page: no photo says enough by itself.
        whole_page = read_text("\n".join(file.text for file in files), "\n".join(file.codes for file in files))
        if isinstance(whole_page, BillFields):
            whole_page = whole_page.model_copy(update={"source": "picture"})
            return [replace(file, result=whole_page) if file.text else file for file in files]
    return made


def _has_its_code(bill: BillFields) -> bool:
    return any(one.field == "total_amount" and one.by == "code" for one in bill.sightings)


def _fields(file: Read) -> BillFields:
    assert isinstance(file.result, BillFields)
    return file.result


async def _seen(scan: Scanned, vision: Vision | None) -> BillFields | NotABill | None:
    if vision is None:
        return None
    try:
        return await vision.read(scan.pages)
    except SerenaError as exc:
        log.warning("a bill was not read by the vision model: %s", exc)
        return None


def _decided(
    local: Recognised | None, seen: BillFields | NotABill | None, *, asked: bool
) -> BillFields | NotABill | None:
    """One result of two readers, each of which may be missing, wrong or lied to."""
    read = read_picture(local) if local else None
    if isinstance(seen, BillFields):
        if isinstance(read, BillFields):
            return reconciled(read, seen)
        return proved(seen, proofs(local.codes, seen.due_date)) if local else seen
    if isinstance(read, BillFields):
        coded = any(one.by == "code" for one in read.sightings)
        return seen if seen is not None and not coded and read.confidence < _COMPLETE else read
    # Where a model is configured and away, a person reads what the local reader could not.
    return seen if seen is not None else None if asked else read
