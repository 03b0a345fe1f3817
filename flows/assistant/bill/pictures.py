"""A photo or a scan as fields of a bill, without a paid model: `recognition.py` reads it in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flows.assistant.bill.fields import confidence, read_text
from flows.assistant.bill.model import BillFields, NotABill

# For one file; whoever waits behind others gives up after `PATIENCE`, so that a turn ends in time (flows/conversing/turn.py).
SECONDS, PATIENCE = 55.0, 60.0
MAX_BYTES = 20 * 1024 * 1024
_PROGRAM = Path(__file__).with_name("recognition.py")
_NEEDED = ("rapidocr", "onnxruntime", "zxingcpp", "pypdfium2")
# A core each, and never all of them: chats go on meanwhile.
_PLACES = max(1, (os.cpu_count() or 2) // 2)
# Below this a letter may be another one; a number with such letters is left out.
_SURE = 0.88
# Too little to say what a paper is: a photo of the middle of a bill is no other document.
_FEWEST_ROWS = 12
_NUMBERS = frozenset({"installation_number", "client_number", "contract_account"})
# An average this far from the month's consumption is a misread figure.
_MOST_TIMES = 10


@dataclass(frozen=True)
class Recognised:
    """The rows of a picture as lines of text, what its barcodes hold, and the rows that were hard to read."""

    text: str
    codes: str
    doubtful: tuple[str, ...]
    rows: int


@cache
def installed() -> bool:
    """True when the optional packages are there (pyproject.toml, `pictures`)."""
    return all(find_spec(name) is not None for name in _NEEDED)


@cache
def _pool(only_codes: bool) -> ThreadPoolExecutor:
    """Barcodes alone take a moment, and never wait behind photos that are read whole."""
    return ThreadPoolExecutor(1 if only_codes else _PLACES, thread_name_prefix="codes" if only_codes else "pictures")


async def recognise(content: bytes, *, only_codes: bool = False, patience: float = PATIENCE) -> Recognised | None:
    """What a picture or a scanned PDF says; None when nothing here can read it, or not within `patience` in seconds.

    Never raises for the file's sake: bombs and huge pictures meet limits of memory and time in the child process, which knows
    no secrets. With `only_codes` nothing but barcodes is looked for.
    """
    if not installed() or len(content) > MAX_BYTES:
        return None
    try:
        async with asyncio.timeout(patience):
            return await asyncio.get_running_loop().run_in_executor(
                _pool(only_codes), recognise_now, content, only_codes
            )
    except TimeoutError:
        return None


def recognise_now(content: bytes, only_codes: bool = False, seconds: float = SECONDS) -> Recognised | None:
    """The same in this thread; None after `seconds`."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_PROGRAM), *(["codes"] if only_codes else [])],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            env={"OMP_NUM_THREADS": "1"},
            check=False,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return _recognised(answer) if answer["status"] == "open" else None


def read_picture(found: Recognised) -> BillFields | NotABill:
    """The fields of a recognised picture. What a code does not prove is at most likely: letters may have been mistaken."""
    read = read_text(found.text, found.codes)
    if isinstance(read, NotABill):
        return read if read.kind == "unreadable" or found.rows >= _FEWEST_ROWS else NotABill(kind="unreadable")
    changed: dict[str, Any] = {"source": "picture"}
    seen = []
    for one in read.sightings:
        if one.sure == "certain" and one.by != "code":
            one = one.model_copy(update={"sure": "likely"})
        value = getattr(read, one.field, None)
        if one.field in _NUMBERS and (_is_in(value, found.doubtful) or _has_run_on(value, read.reference_month)):
            changed[one.field] = None
            one = one.model_copy(update={"sure": "uncertain"})
        seen.append(one)
    if (
        read.average_kwh
        and read.consumption_kwh
        and not 1 / _MOST_TIMES < read.average_kwh / read.consumption_kwh < _MOST_TIMES
    ):
        # A point or a digit that was not there: no year is like that.
        changed["average_kwh"] = None
    read = read.model_copy(update=changed | {"sightings": tuple(seen)})
    return read.model_copy(update={"confidence": confidence(read)})


def _recognised(answer: dict[str, Any]) -> Recognised:
    lines, doubtful = [], []
    for page in answer["pages"]:
        for row in page:
            lines.append(_line(row))
            doubtful += [text for text, score, *_ in row if score < _SURE]
    return Recognised("\n".join(lines), "\n".join(answer["codes"]), tuple(doubtful), len(lines))


def _line(row: list[list[Any]]) -> str:
    """A row's words with blanks for the space between them, so that columns stay apart."""
    made, last = "", None
    for text, _, left, right in row:
        letter = (right - left) / max(len(text), 1)
        gap = 0 if last is None else max(1, round((left - last) / max(letter, 1)))
        made += " " * (1 if gap <= 2 else min(gap, 12)) * (last is not None) + text
        last = right
    return _mended(made)


def _mended(line: str) -> str:
    """What readers of letters mistake often, where only one reading makes sense."""
    line = re.sub(r"\bR[S5](?= ?\*{0,8}\d{1,3}(?:\.\d{3})*,\d\d)", "R$", line)
    line = re.sub(r"(?<=\d) ?([.,]) ?(?=\d)", r"\1", line)
    # What runs into each other: 222,001,00110; Novembro/202616/12/2026; CPF***.533.447-**.
    line = re.sub(r"(?<=,\d\d)(?=\d,\d{4,6}(?!\d))|(?<=/20\d\d)(?=\d\d/\d\d/20\d\d)", " ", line)
    line = re.sub(r"\b(CPF|CNPJ)(?=[\d*])", r"\1 ", line)
    return re.sub(r"\bll(?=u)", "Il", line)


def _has_run_on(number: str | None, month: date | None) -> bool:
    """Tell whether the month that stood beside a number was read as its end: `1188776` and `11/2026`."""
    return number is not None and month is not None and number.endswith(f"{month:%m%Y}")


def _is_in(number: str | None, rows: tuple[str, ...]) -> bool:
    return number is not None and any(number in re.sub(r"\D", "", row) for row in rows)
