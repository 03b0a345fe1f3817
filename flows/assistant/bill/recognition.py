"""Reads one picture, or a scanned PDF, in a process of its own: `python recognition.py [codes] < file > answer`.

Answers one JSON object: `status`; `codes`, what barcodes and QR codes hold; and, unless only codes are asked for, `pages`, each
a list of rows from top to bottom, a row a list of [text, score, left, right] in pixels of the upright page. Needs the optional
packages (pyproject.toml, `pictures`); their models come with the wheels, nothing is fetched. Knows nothing of the program.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import math
import os
import resource
import statistics
import sys
from pathlib import Path
from typing import Any

PAGES = 3
MEMORY = 3 * 1024 * 1024 * 1024
CPU_SECONDS = 40
MOST_PIXELS = 60_000_000
# Of a photo as WhatsApp sends it (1200 by 1600) nothing is lost; larger ones cost time and gain nothing.
SHARP, LARGEST = 1800, 2600
# A PDF's page as a picture: about 200 dots an inch of A4.
PAGE_PIXELS = 2200
_DETECT = 1280
_CODES, _LONGEST_CODE = 20, 600
# A barcode of payment has 44 digits, 405 bars and gaps in 103 mm (Febraban): on a photo of a whole page hardly 1.5 pixels each.
_BARCODE_DIGITS = 44
# Degrees beside the angle of the lines that a barcode is looked for at, for a page that lies askew.
_ASKEW = (0, 4, -4)
_LEAST_SCORE = 0.55


def main() -> None:
    """Read standard input, write the answer; a broken or hostile file is an answer, not a crash."""
    # Chats go first: a picture may take seconds. Where the kernel shares the processor out by session before it looks at how nice
    # a process is (autogroup, sched(7)), this one is a session of its own, with about a third of another's share.
    with contextlib.suppress(OSError):
        os.nice(10)
        os.setsid()
        Path("/proc/self/autogroup").write_text("5")
    limits = ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_FSIZE, 0))
    for kind, limit in limits:
        # macOS refuses a limit of the address space; there the parent's clock is what remains.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))
    os.environ["OMP_NUM_THREADS"] = "1"
    logging.disable(logging.CRITICAL)
    content = sys.stdin.buffer.read()
    try:
        answer = recognised(content, only_codes="codes" in sys.argv[1:])
    except MemoryError:
        answer = {"status": "too_large"}
    except Exception:  # noqa: BLE001 - whatever a decoder raises for a hostile file, the answer is that it is broken
        answer = {"status": "broken"}
    sys.stdout.write(json.dumps(answer))


def recognised(content: bytes, *, only_codes: bool) -> dict[str, Any]:
    """What the picture, or the first pages of the PDF, hold."""
    pages = _rendered(content) if content[:1024].lstrip().startswith(b"%PDF-") else [_opened(content)]
    codes = [code for page in pages for code in _codes(page)]
    answer: dict[str, Any] = {"status": "open", "pages": []}
    if not only_codes:
        reader = _Reader()
        pages = [reader.upright(page) for page in pages]
        answer["pages"] = [reader.rows(page) for page in pages]
    if not any(len(code) == _BARCODE_DIGITS and code.isdigit() for code in codes):
        codes += [code for page in pages for code in _faint_bars(page)]
    answer["codes"] = list(dict.fromkeys(codes))[:_CODES]
    return answer


def _opened(content: bytes) -> Any:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    picture: Any = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
    if picture.width * picture.height > MOST_PIXELS:
        raise MemoryError
    # A JPEG is decoded smaller at once, at an eighth of the cost.
    picture.draft("RGB", (LARGEST, LARGEST))
    picture = ImageOps.exif_transpose(picture).convert("RGB")
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return picture


def _rendered(content: bytes) -> list[Any]:
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    pages = []
    for number in range(min(PAGES, len(document))):
        page = document[number]
        width, height = page.get_size()
        longest = max(width, height, 1.0)
        pages.append(page.render(scale=PAGE_PIXELS / longest).to_pil().convert("RGB"))
    return pages


def _codes(page: Any) -> list[str]:
    """What barcodes hold. An address in one is never opened; whoever reads the answer takes only what checks itself."""
    import zxingcpp

    wanted = zxingcpp.BarcodeFormat.ITF | zxingcpp.BarcodeFormat.QRCode | zxingcpp.BarcodeFormat.Code128
    found = zxingcpp.read_barcodes(page, formats=wanted)
    return [code.text[:_LONGEST_CODE] for code in found if code.valid and code.text]


def _faint_bars(page: Any) -> list[str]:
    """The barcode of payment of an upright page whose bars are too thin, tilted, dark or blurred to be read as they are.

    Four rows become one, which takes the noise, the light is made even, bars are made three times as wide and sharper. What
    is found has its check digit tried by whoever takes it (paycodes.py).
    """
    import numpy
    import zxingcpp
    from PIL import Image, ImageFilter

    wanted = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.ITF)
    for angle in _ASKEW:
        grey = page.convert("L").rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        low = grey.resize((grey.width, max(grey.height // 4, 1)), Image.Resampling.BOX)
        light = numpy.maximum(numpy.asarray(low.filter(ImageFilter.BoxBlur(30)), dtype="float32"), 8)
        even = Image.fromarray(numpy.clip(numpy.asarray(low) / light * 128, 0, 255).astype("uint8"))
        wide = even.resize((3 * even.width, even.height), Image.Resampling.BICUBIC)
        for shown in (wide, wide.filter(ImageFilter.UnsharpMask(3, 200, 0))):
            found = zxingcpp.read_barcodes(
                shown, formats=wanted, try_rotate=False, try_downscale=False, try_invert=False
            )
            if bars := [one.text for one in found if one.valid and len(one.text) == _BARCODE_DIGITS]:
                return bars
    return []


class _Reader:
    """The reader of letters: where they stand, which way up, what they say."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.max_side_len": LARGEST,
                "Global.text_score": _LEAST_SCORE,
                "Det.limit_side_len": _DETECT,
                "Det.limit_type": "max",
                "Rec.rec_batch_num": 4,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.onnxruntime.enable_cpu_mem_arena": True,
            }
        )

    def rows(self, page: Any) -> list[list[list[Any]]]:
        """The rows of an upright page."""
        import numpy

        found = self._engine(numpy.asarray(page)[:, :, ::-1], use_det=True, use_cls=False, use_rec=True)
        if found.boxes is None:
            return []
        words = [
            ([(float(x), float(y)) for x, y in box], text.strip(), float(score))
            for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
            if text.strip()
        ]
        return _rows(words)

    def upright(self, page: Any) -> Any:
        """The page turned so that its lines run level and are read from the left: by quarters first, then by the rest."""
        from PIL import Image

        page.thumbnail((SHARP, SHARP))
        boxes = self._boxes(page)
        if boxes and statistics.median(_height(box) / max(_width(box), 1) for box in boxes) > 1:
            page = page.transpose(Image.Transpose.ROTATE_90)
            boxes = self._boxes(page)
        long = sorted(boxes, key=_width)[-12:]
        tilt = statistics.median(map(_angle, long)) if long else 0.0
        if abs(tilt) > 0.6:
            level = page.rotate(tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 255, 255))
            long = [_rotated(box, tilt, page.size, level.size) for box in long]
            page = level
        # Only now: a piece of a tilted page would hold parts of several lines.
        return page.transpose(Image.Transpose.ROTATE_180) if long and self._upside_down(page, long) else page

    def _boxes(self, page: Any) -> list[Any]:
        import numpy

        small = page.copy()
        small.thumbnail((900, 900))
        found = self._engine(numpy.asarray(small)[:, :, ::-1], use_det=True, use_cls=False, use_rec=False)
        scale = page.width / small.width
        return (
            []
            if found.boxes is None
            else [[(float(x) * scale, float(y) * scale) for x, y in box] for box in found.boxes]
        )

    def _upside_down(self, page: Any, boxes: list[Any]) -> bool:
        """Which way up some of the longest lines read better."""
        import numpy

        better = 0.0
        for box in sorted(boxes, key=_width)[-4:-1]:
            xs, ys = [x for x, _ in box], [y for _, y in box]
            piece = page.crop((int(min(xs)), int(min(ys)), int(max(xs)) + 1, int(max(ys)) + 1))
            one, other = (
                self._engine(numpy.asarray(shown)[:, :, ::-1], use_det=False, use_cls=False, use_rec=True)
                for shown in (piece, piece.rotate(180))
            )
            better += sum(other.scores or (0.0,)) - sum(one.scores or (0.0,))
        return better > 0


def _rows(words: list[tuple[list[tuple[float, float]], str, float]]) -> list[list[list[Any]]]:
    """The words as rows: one belongs to a row whose last word, prolonged along its own slope, meets it.

    A page that lies askew on a photo has lines that are not parallel, so that no one angle fits them all.
    """
    rows: list[list[tuple[list[tuple[float, float]], str, float]]] = []
    for word in sorted(words, key=lambda one: one[0][0][0]):
        x, y = _middle_left(word[0])
        best, nearest = None, math.inf
        for row in rows:
            last = row[-1][0]
            left, level = _middle_right(last)
            expected = level + (x - left) * math.tan(math.radians(_angle(last)))
            away = abs(expected - y)
            if x > left - _height(last) and away < 0.55 * min(_height(last), _height(word[0])) and away < nearest:
                best, nearest = row, away
        if best is None:
            rows.append([word])
        else:
            best.append(word)
    rows.sort(
        key=lambda row: (
            _middle_left(row[0][0])[1] - _middle_left(row[0][0])[0] * math.tan(math.radians(_angle(row[0][0])))
        )
    )
    return [
        [[text, round(score, 3), round(_left(box)), round(_right(box))] for box, text, score in row] for row in rows
    ]


def _rotated(
    box: list[tuple[float, float]], degrees: float, old: tuple[int, int], new: tuple[int, int]
) -> list[tuple[float, float]]:
    """Where a box stands on a page of the size `new` that was turned by so many degrees from one of the size `old`."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    moved = ((x - old[0] / 2, y - old[1] / 2) for x, y in box)
    return [(x * cos + y * sin + new[0] / 2, y * cos - x * sin + new[1] / 2) for x, y in moved]


def _width(box: list[tuple[float, float]]) -> float:
    return math.dist(box[0], box[1])


def _height(box: list[tuple[float, float]]) -> float:
    return math.dist(box[0], box[3])


def _angle(box: list[tuple[float, float]]) -> float:
    """Degrees that the upper edge falls to the right."""
    return math.degrees(math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0]))


def _left(box: list[tuple[float, float]]) -> float:
    return min(box[0][0], box[3][0])


def _right(box: list[tuple[float, float]]) -> float:
    return max(box[1][0], box[2][0])


def _middle_left(box: list[tuple[float, float]]) -> tuple[float, float]:
    return (box[0][0] + box[3][0]) / 2, (box[0][1] + box[3][1]) / 2


def _middle_right(box: list[tuple[float, float]]) -> tuple[float, float]:
    return (box[1][0] + box[2][0]) / 2, (box[1][1] + box[2][1]) / 2


if __name__ == "__main__":
    main()
