"""A text PDF from positioned lines: objects as the format wants them, and the table that says where each begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
    b" /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>"
)
_BEFORE = (b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", _PAGE)


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
    drawn = b"\n".join(map(_operators, lines))
    contents = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn)
    written, begins = b"%PDF-1.4\n", list[int]()
    for number, part in enumerate((*_BEFORE, contents, _FONT % b"Helvetica", _FONT % b"Helvetica-Bold"), start=1):
        begins.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % at for at in begins)
    size, at = len(begins) + 1, len(written)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return written + end % (size, table, size, at)


def _operators(line: TextLine) -> bytes:
    shown = line.text.encode("cp1252")
    for special in (b"\\", b"(", b")"):
        shown = shown.replace(special, b"\\" + special)
    font = b"/F2" if line.bold else b"/F1"
    return b"BT %s %g Tf 1 0 0 1 %g %g Tm (%s) Tj ET" % (font, line.size, line.x, line.y, shown)
