"""A PDF as fields of a bill, as pages for the vision model, or as the reason why neither was possible."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from flows.assistant.bill.fields import read_text
from flows.assistant.bill.merging import completed
from flows.assistant.bill.model import (
    BillFields,
    NotABill,
    Page,
    PasswordProtected,
    PdfResult,
    Scanned,
    Unreadable,
)

SECONDS = 15.0
MAX_BYTES = 20 * 1024 * 1024
_PROGRAM = Path(__file__).with_name("extraction.py")
# Each extraction may take half a gigabyte; a burst of bills must not take it many times at once.
_PLACES = threading.BoundedSemaphore(2)


def read_pdf(content: bytes, *, seconds: float = SECONDS) -> PdfResult:
    """Read the first three pages of a PDF; call it as `await asyncio.to_thread(read_pdf, content)`.

    Never raises for the file's sake. A hostile file (bomb, loop, thousands of pages) meets limits of memory and of
    `seconds` in a child process, which knows no secrets: its environment is empty.
    """
    answer = extracted(content, seconds=seconds)
    return answer if isinstance(answer, Unreadable | PasswordProtected) else read_extracted(answer)


def extracted(content: bytes, *, seconds: float = SECONDS) -> dict[str, Any] | Unreadable | PasswordProtected:
    """What the child process answers for an opened file (extraction.py), or why it could not be opened."""
    if len(content) > MAX_BYTES:
        return Unreadable(reason="too_large")
    try:
        with _PLACES:
            done = subprocess.run(
                [sys.executable, "-I", str(_PROGRAM)],
                input=content,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                env={},
                check=False,
            )
    except subprocess.TimeoutExpired:
        return Unreadable(reason="too_slow")
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        # No answer: an error that pypdf should not raise, or killed by a limit, of time (SIGXCPU) or of memory.
        ends: dict[int, Unreadable] = {1: Unreadable(reason="broken"), -signal.SIGXCPU: Unreadable(reason="too_slow")}
        return ends.get(done.returncode, Unreadable(reason="too_large"))
    match answer["status"]:
        case "password":
            return PasswordProtected()
        case "open":
            opened: dict[str, Any] = answer
            return opened
        case "too_large":
            return Unreadable(reason="too_large")
        case _:
            return Unreadable(reason="broken")


def read_extracted(answer: dict[str, Any]) -> PdfResult:
    """What an opened file says. Text in reading order first; the columns of the layout fill what it lacks; a scan goes to the vision model."""
    first = read_text("\n".join(answer["texts"]))
    second = read_text("\n".join(answer["layouts"]))
    match first, second:
        case BillFields(), BillFields():
            found: BillFields | NotABill = completed(first, second)
        case (BillFields() as one, _) | (_, BillFields() as one):
            found = one
        case _:
            found = first
    unread = isinstance(found, NotABill) and (found.kind == "unreadable" or answer["drawn"])
    # A form printed over a picture: the text layer has labels, the picture has the values.
    empty = isinstance(found, BillFields) and found.total_amount is None and answer["drawn"]
    if not (unread or empty):
        return found
    pages = (Page(content=base64.b64decode(p["content"]), mime_type=p["mime_type"]) for p in answer["pages"])
    return Scanned(pages=tuple(pages))
