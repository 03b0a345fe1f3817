"""`python -m flows.assistant.bill FILE`: what is read of a bill, why (`--explain`), or a copy without persons (`--redact`).

FILE is a PDF, a picture, or a text as `--redact` writes it. Nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

from flows.assistant.bill.debts import Billed, overdue
from flows.assistant.bill.fields import read_text
from flows.assistant.bill.model import BillFields
from flows.assistant.bill.pdf import extracted
from flows.assistant.bill.pictures import installed, recognise_now
from flows.assistant.bill.redacting import redacted
from flows.assistant.bill.stream import Label, Stream, Value, lines_of
from flows.assistant.bill.utilities import by_name

_SKIPPED = frozenset({"sightings", "contradictions", "flags", "confidence", "source", "model"})


def main() -> None:
    """Read the arguments, print the answer."""
    asked = argparse.ArgumentParser(prog="python -m flows.assistant.bill", description=__doc__)
    asked.add_argument("file", type=Path, help="a PDF, a picture, or a text")
    asked.add_argument("--explain", action="store_true", help="every line, what was taken for what, and why")
    asked.add_argument("--redact", action="store_true", help="a copy with persons, numbers and addresses replaced")
    given = asked.parse_args()
    text, codes = _text(given.file)
    if given.redact:
        try:
            print(redacted(text))
        except ValueError as error:
            sys.exit(str(error))
        return
    found = read_text(text, codes)
    if given.explain:
        _explain(text, found if isinstance(found, BillFields) else None)
    if not isinstance(found, BillFields):
        sys.exit(f"no bill: {found.kind}")
    _fields(found)


def _text(file: Path) -> tuple[str, str]:
    """The file's text, and what its barcodes hold. A page of the tests begins with a table of what is expected."""
    content = file.read_bytes()
    if content[:5] == b"%PDF-":
        opened = extracted(content)
        if isinstance(opened, dict) and any(text.strip() for text in opened["texts"]):
            return "\n".join(opened["texts"]), ""
    if content[:5] == b"%PDF-" or content[:2] == b"\xff\xd8" or content[:4] in (b"\x89PNG", b"RIFF"):
        seen = recognise_now(content) if installed() else None
        if seen is None:
            sys.exit("the file cannot be read, or no local reader of pictures is installed (pip install '.[pictures]')")
        return seen.text, seen.codes
    text = content.decode("utf-8", "replace")
    head, dashes, page = text.partition("\n---\n")
    try:
        tomllib.loads(head)
    except tomllib.TOMLDecodeError:
        return text, ""
    return (page if dashes else text), ""


def _explain(text: str, found: BillFields | None) -> None:
    lines = lines_of(text)
    company = by_name(found.utility) if found else None
    stream = Stream(lines, company.labels if company else ())
    taken: dict[int, list[str]] = {}
    for one in found.sightings if found else ():
        if one.line:
            taken.setdefault(one.line, []).append(f"{one.field} ({one.by}, {one.sure})")
    if (
        found
        and (owed := overdue(lines, Billed(found.total_amount, found.reference_month, found.due_date))) is not None
    ):
        taken.setdefault(owed + 1, []).append("overdue_notice")
    for number, line in enumerate(lines, 1):
        print(f"{number:4} {line.text}")
        for token in stream.tokens:
            if token.line == number - 1:
                kind = f"label of {token.kind}, weight {token.weight:g}" if isinstance(token, Label) else token.type
                shown = token.text if isinstance(token, Value) else line.text[token.start : token.end]
                print(f"       · {shown!r}: {kind}")
        for field in taken.get(number, ()):
            print(f"       ⇒ {field}")
    print()


def _fields(found: BillFields) -> None:
    for name in BillFields.model_fields:
        if name in _SKIPPED:
            continue
        value, seen = getattr(found, name), found.sighting(name)
        how = f"{seen.by}, {seen.sure}{f', line {seen.line}' if seen.line else ''}" if seen else ""
        print(f"{name:20} {'' if value is None else value!s:40} {how}")
    print(f"{'flags':20} {', '.join(found.flags)}")
    for one in found.contradictions:
        print(f"contradiction        {one.field}: read {one.read}, {one.code} says {one.proved}")


if __name__ == "__main__":
    main()
