"""A text PDF from positioned lines, written by hand: six objects, no library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
    content = b"\n".join(_operators(line) for line in lines)
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << %s >> >> >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page % b"/F1 5 0 R /F2 6 0 R",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        font % b"Helvetica",
        font % b"Helvetica-Bold",
    )
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    # Every entry of the table is exactly 20 bytes long, so readers can jump.
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _operators(line: TextLine) -> bytes:
    shown = line.text.encode("cp1252")
    for special in (b"\\", b"(", b")"):
        shown = shown.replace(special, b"\\" + special)
    font = b"/F2" if line.bold else b"/F1"
    return b"BT %s %g Tf 1 0 0 1 %g %g Tm (%s) Tj ET" % (font, line.size, line.x, line.y, shown)
