"""Opens one PDF in a process of its own, which may be killed: `python extraction.py < file > answer`.

Only pypdf and the standard library are imported, so that it starts fast and knows nothing of the program. It reads the
file from standard input and answers one JSON object: `status`, and for an opened file `texts` and `layouts` (one per
page) and `pages` (images or a shortened PDF, base64) for a scan.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import resource
import sys
from typing import Any

import pypdf
from pypdf.errors import PyPdfError

PAGES = 3
CHARS = 60_000
MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 6
# Below this a page has no text worth reading: a scanner's name, a page number.
LETTERS = 150
WIDTH = 500


def main() -> None:
    """Read standard input, write the answer; a broken file is an answer, not a crash."""
    # No file may grow: the answer goes through a pipe.
    limits = ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_FSIZE, 0))
    for kind, limit in limits:
        # macOS refuses a limit of the address space; there the parent's clock is what remains.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))
    logging.disable(logging.CRITICAL)
    try:
        answer = extract(sys.stdin.buffer.read())
    except MemoryError:
        answer = {"status": "too_large"}
    except (
        PyPdfError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        RuntimeError,
        OSError,
        ArithmeticError,
        AssertionError,
    ):
        # pypdf's errors are not all its own: a hostile file may surface as any of these.
        answer = {"status": "broken"}
    sys.stdout.write(json.dumps(answer))


def extract(content: bytes) -> dict[str, Any]:
    """What the first three pages hold."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        return {"status": "password"}
    pages = []
    for number in range(PAGES):
        try:
            pages.append(reader.pages[number])
        except IndexError:
            break
    if not pages:
        return {"status": "broken"}
    read = [_text(page, "plain") for page in pages]
    if all(text is None for text in read):
        return {"status": "broken"}
    texts = [text or "" for text in read]
    letters = sum(c.isalpha() for text in texts for c in text)
    answer: dict[str, Any] = {"status": "open", "texts": texts, "layouts": [], "pages": []}
    if letters >= LETTERS:
        answer["layouts"] = [_text(page, "layout") or "" for page in pages]
    images = [_image(page) for page in pages]
    shown = [image for image in images if image]
    if shown and len(shown) == len(images):
        answer["pages"] = [{"mime_type": "image/jpeg", "content": base64.b64encode(image).decode()} for image in shown]
    else:
        answer["pages"] = [{"mime_type": "application/pdf", "content": base64.b64encode(_first(reader)).decode()}]
    answer["drawn"] = bool(shown) or any(_has_images(page) for page in pages)
    return answer


def _text(page: pypdf.PageObject, mode: str) -> str | None:
    """The text of a page, None when its content cannot be decoded: the other pages may still say enough."""
    try:
        return page.extract_text(extraction_mode=mode)[:CHARS]  # type: ignore[arg-type]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, ArithmeticError):
        return None


def _image(page: pypdf.PageObject) -> bytes | None:
    """The JPEG that fills a scanned page, as it lies in the file; None when the page is anything else."""
    found = [one for one in _images(page) if int(one.get("/Width", 0)) >= WIDTH]
    if len(found) != 1 or found[0].get("/Filter") not in ("/DCTDecode", ["/DCTDecode"]):
        return None
    data: bytes = found[0]._data
    return data if data.startswith(b"\xff\xd8\xff") else None


def _has_images(page: pypdf.PageObject) -> bool:
    return any(int(one.get("/Width", 0)) >= WIDTH for one in _images(page))


def _images(page: pypdf.PageObject) -> list[Any]:
    try:
        resources: Any = page.get("/Resources", {}).get_object()
        objects: Any = resources.get("/XObject", {}).get_object()
        every = [objects[name].get_object() for name in list(objects)[:50]]
        return [one for one in every if one.get("/Subtype") == "/Image"]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _first(reader: pypdf.PdfReader) -> bytes:
    """A PDF of the first pages, so that a long file costs no more than a bill."""
    writer = pypdf.PdfWriter()
    for number in range(min(PAGES, len(reader.pages))):
        writer.add_page(reader.pages[number])
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


if __name__ == "__main__":
    main()
