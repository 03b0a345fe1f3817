"""The sample bills as somebody photographs them: the printed page on a table, a little skewed, in uneven light."""

from __future__ import annotations

import io
import random
import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from deployments.simulator.bills import BILLS, BillName, bill_lines

# The page is drawn at two pixels a point: A4 is then as sharp as a phone's photo that WhatsApp has made smaller.
_SCALE = 2
_PAGE = (595 * _SCALE, 842 * _SCALE)
_PHOTO = (1200, 1600)
# Which points of the page are at the photo's corners (upper left, lower left, lower right, upper right): all beyond it.
_CORNERS = (-127, -76, -56, 1762, 1244, 1794, 1339, -114)
_CEDILLA = "\u0327"
# Strokes by combining accent, from the top (a cedilla: the foot) of the letter, in eighteenths of its size.
_ACCENTS: dict[str, tuple[tuple[float, float], ...]] = {
    "\u0300": ((-2.5, -4.5), (1, -1.5)),
    "\u0301": ((2.5, -4.5), (-1, -1.5)),
    "\u0302": ((-3, -1.5), (0, -4.5), (3, -1.5)),
    "\u0303": ((-3.5, -2), (-1.5, -3.5), (1.5, -2), (3.5, -3.5)),
    _CEDILLA: ((0.5, 0), (0.5, 1.5), (2, 2.5), (1, 4), (-1.5, 3.8)),
}
_INK, _COLOURS = (38, 40, 46), {"celpe": (0, 132, 80), "cemig": (0, 110, 92), "equatorial": (20, 66, 148)}


def bill_photo(name: BillName, today: date | None = None) -> bytes:
    """A JPEG of the same bill as `bill_pdf(name, today)`, 1200 by 1600 pixels. It takes most of a second the first
    time in a day, so call it in a thread."""
    return _photo(name, today or datetime.now(UTC).date())


@lru_cache(maxsize=8)
def _photo(name: BillName, today: date) -> bytes:
    page = _page(name, today).convert("RGBA")
    # the shadow lies under the page, a little lower and blurred
    laid = page.transform(_PHOTO, Image.Transform.QUAD, _CORNERS, Image.Resampling.BICUBIC)
    shadow = Image.new("L", _PHOTO)
    shadow.paste(150, (14, 20), laid.getchannel("A"))
    photo = _table(name)
    photo.paste((20, 14, 10), mask=shadow.filter(ImageFilter.GaussianBlur(16)))
    photo.paste(laid.convert("RGB"), mask=laid.getchannel("A"))
    photo = ImageChops.multiply(photo, _light())
    noise = Image.effect_noise(_PHOTO, 9).convert("RGB")
    photo = Image.blend(photo, ImageChops.overlay(photo, noise), 0.35).filter(ImageFilter.GaussianBlur(0.5))
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=78, optimize=True)
    return out.getvalue()


def _page(name: BillName, today: date) -> Image.Image:
    """The printed page: a coloured head, the bill's own lines, boxes round what matters, and a barcode."""
    page = Image.new("RGB", _PAGE, (250, 249, 245))
    draw = ImageDraw.Draw(page)
    lines, colour = bill_lines(name, today), _COLOURS[name]
    draw.rectangle((0, 0, _PAGE[0], 24 * _SCALE), fill=colour)
    _write(draw, 40 * _SCALE, 5 * _SCALE, "Conta de energia elétrica", 11, (255, 255, 255))
    for line in lines:
        top = (842 - line.y - line.size * 0.8 + 8) * _SCALE
        if line.text.startswith(("REFERÊNCIA", "VENCIMENTO", "TOTAL A PAGAR")):
            draw.rectangle((34 * _SCALE, top - 2, 300 * _SCALE, top + 13 * _SCALE), fill=(232, 238, 232))
        # drawn twice, a pixel apart, where the PDF has its bold face: there is one face here
        for shift in (0, 1) if line.bold else (0,):
            _write(draw, line.x * _SCALE + shift, top, line.text, line.size, colour if line.size > 9 else _INK)
    bottom = (842 - min(line.y for line in lines) + 22) * _SCALE
    stripes = random.Random(BILLS[name].installation)
    x = 40 * _SCALE
    while x < 440 * _SCALE:
        width = stripes.choice((2, 2, 4, 6))
        draw.rectangle((x, bottom, x + width - 1, min(bottom + 42 * _SCALE, _PAGE[1] - 8)), fill=_INK)
        x += width + stripes.choice((2, 4, 4, 6))
    return page


def _write(draw: ImageDraw.ImageDraw, x: float, y: float, text: str, points: float, colour: tuple[int, ...]) -> None:
    """Text with its accents. Pillow's own face has ASCII only, and no other one is on every machine, so the accents are
    strokes put over (or under) the plain letters."""
    font, letters = _font(points), unicodedata.normalize("NFD", text)
    base = "".join(letter for letter in letters if not unicodedata.combining(letter))
    draw.text((x, y), base, colour, font)
    written, unit = "", points * _SCALE / 18
    for letter in letters:
        if not unicodedata.combining(letter):
            written += letter
            continue
        left, top, right, bottom = font.getbbox(written[-1])
        middle = x + font.getlength(written[:-1]) + (left + right) / 2
        strokes = _ACCENTS[letter]
        foot = y + (bottom if letter == _CEDILLA else top)
        draw.line(
            [(middle + u * unit, foot + v * unit) for u, v in strokes], colour, max(2, round(unit * 1.6)), "curve"
        )


@lru_cache(maxsize=8)
def _font(points: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(points * _SCALE * 1.02)


def _table(name: BillName) -> Image.Image:
    """Wood, more or less: noise drawn out along the grain."""
    grain = Image.effect_noise((_PHOTO[0] // 60, _PHOTO[1]), 60).resize(_PHOTO, Image.Resampling.BICUBIC)
    dark, light = ((74, 50, 34), (134, 98, 68)) if name != "cemig" else ((96, 98, 102), (138, 140, 144))
    return Image.merge(
        "RGB", [grain.point(lambda v, a=a, b=b: a + (b - a) * v // 255) for a, b in zip(dark, light, strict=True)]
    )


def _light() -> Image.Image:
    """Bright where the window is, darker towards the opposite corner."""
    small = Image.new("L", (3, 4))
    small.putdata([255, 250, 236, 254, 248, 230, 246, 238, 216, 234, 222, 196])
    return small.resize(_PHOTO, Image.Resampling.BICUBIC).convert("RGB")
