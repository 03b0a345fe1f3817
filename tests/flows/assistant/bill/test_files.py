"""Several files: pages of one bill are one, two bills are two; two readers of one picture make one reading."""

from __future__ import annotations

import json

from flows.assistant.bill import BillFields, NotABill, read_text
from flows.assistant.bill.files import Read, _decided, joined
from flows.assistant.bill.pictures import Recognised
from flows.assistant.bill.seen import Seen, parsed
from tests.flows.assistant.bill.layouts import CEMIG, LIGHT, NEOENERGIA_PE
from tests.flows.assistant.bill.test_vision import SEEN


def halves(text: str, at: int) -> list[Read]:
    rows = text.splitlines()
    return [Read(read_text(part), part) for part in ("\n".join(rows[:at]), "\n".join(rows[at:]))]


def test_pages_of_one_bill_have_one_reading() -> None:
    rows = NEOENERGIA_PE.text.splitlines()
    first, second = "\n".join(rows[:35]), "\n".join([rows[1], *rows[14:18], *rows[24:]])
    pages = [Read(read_text(first), first), Read(read_text(second), second)]
    one, other = joined(pages)
    assert one.result == other.result and isinstance(one.result, BillFields)
    assert (one.result.average_kwh, one.result.installation_number) == (402, "0004471902")


def test_two_halves_that_say_too_little_alone_are_read_together() -> None:
    text = LIGHT.text
    pages = [
        Read(NotABill(kind="unreadable"), "\n".join(part)) for part in (text.splitlines()[:9], text.splitlines()[9:])
    ]
    first, second = joined(pages)
    assert isinstance(first.result, BillFields) and first.result == second.result
    assert str(first.result.total_amount) == "530.11"


def test_two_bills_stay_two_and_what_is_none_stays_so() -> None:
    files = [
        Read(read_text(NEOENERGIA_PE.text)),
        Read(read_text(CEMIG.text)),
        Read(NotABill(kind="not_document")),
        Read(None),
    ]
    assert joined(files) == files


def test_the_same_bill_of_two_months_is_two() -> None:
    earlier = NEOENERGIA_PE.text.replace("10/2026 412,37 02/12/2026", "09/2026 398,10 02/11/2026")
    earlier = "\n".join(line for line in earlier.splitlines() if sum(map(str.isdigit, line)) < 40)
    files = [Read(read_text(NEOENERGIA_PE.text)), Read(read_text(earlier))]
    assert joined(files) == files


def seen(**changes: object) -> BillFields | NotABill:
    return parsed(Seen.model_validate_json(json.dumps(SEEN | changes)), "m")


def test_either_reader_alone_is_enough() -> None:
    local = Recognised(LIGHT.text, "", (), 30)
    assert isinstance(_decided(local, None, asked=False), BillFields)
    assert isinstance(_decided(None, seen(), asked=True), BillFields)
    assert _decided(None, None, asked=True) is None


def test_what_the_local_reader_could_not_read_is_for_a_person_while_the_model_is_away() -> None:
    blurred = Recognised("???", "", (), 1)
    assert _decided(blurred, None, asked=True) is None
    assert _decided(blurred, None, asked=False) == NotABill(kind="unreadable")


def test_a_model_that_takes_a_bill_for_something_else_is_outranked_by_a_complete_reading() -> None:
    local = Recognised(NEOENERGIA_PE.text, "", (), 40)
    assert isinstance(_decided(local, NotABill(kind="not_document"), asked=True), BillFields)
