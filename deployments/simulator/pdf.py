"""A text PDF from positioned lines, by pypdf."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

from pypdf import PdfWriter
from pypdf.generic import ContentStream, DictionaryObject, NameObject

A4 = (595, 842)


@dataclass(frozen=True)
class TextLine:
    """One line of text at `x`, `y` points from the lower left corner of an A4 page."""

    x: float
    y: float
    text: str
    size: float = 9
    bold: bool = False


def text_pdf(lines: Iterable[TextLine]) -> bytes:
    """A one-page A4 PDF with these lines in Helvetica. Raises UnicodeEncodeError for text outside Windows-1252."""
    writer = PdfWriter()
    page = writer.add_blank_page(*A4)
    fonts = _names({"/F1": _font("/Helvetica"), "/F2": _font("/Helvetica-Bold")})
    page[NameObject("/Resources")] = _names({"/Font": fonts})
    contents = ContentStream(None, writer)
    contents.set_data(b"\n".join(_operators(line) for line in lines))
    page[NameObject("/Contents")] = contents
    page.replace_contents(contents)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _font(face: str) -> DictionaryObject:
    parts = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": face, "/Encoding": "/WinAnsiEncoding"}
    return _names({name: NameObject(value) for name, value in parts.items()})


def _names(parts: dict[str, NameObject | DictionaryObject]) -> DictionaryObject:
    return DictionaryObject({NameObject(name): value for name, value in parts.items()})


def _operators(line: TextLine) -> bytes:
    shown = line.text.encode("cp1252")
    for special in (b"\\", b"(", b")"):
        shown = shown.replace(special, b"\\" + special)
    font = b"/F2" if line.bold else b"/F1"
    return b"BT %s %g Tf 1 0 0 1 %g %g Tm (%s) Tj ET" % (font, line.size, line.x, line.y, shown)
