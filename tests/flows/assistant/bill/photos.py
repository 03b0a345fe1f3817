"""The pages of the layouts as somebody photographs them: tilted, turned, blurred, dark, folded."""

from __future__ import annotations

import io
import random
import unicodedata
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

_WIDTH, _HEIGHT, _MARGIN, _PAPER = 1200, 1600, 36, (246, 245, 240)
# 103 by 13 millimetres (Febraban) of a page that fills the picture, in pixels: hardly 1.7 for each of 405 bars and gaps.
_BARS = (700, 80)


def unaccented(text: str) -> str:
    """The text as photos show it: Pillow's own face has ASCII only."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def page(text: str, bars: str = "") -> Image.Image:
    """A sheet with these lines, as large as they fit; below them the barcode of these 44 digits, as large as paper has it."""
    rows = unaccented(text).splitlines()
    longest = max(map(len, rows))
    size = max(11, min(24, int((_HEIGHT - 2 * _MARGIN) / len(rows) / 1.3), int((_WIDTH - 2 * _MARGIN) / longest / 0.5)))
    sheet = Image.new("RGB", (_WIDTH, max(_HEIGHT, int(len(rows) * size * 1.3) + 2 * _MARGIN)), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size)
    for number, row in enumerate(rows):
        draw.text((_MARGIN, _MARGIN + number * size * 1.3), row, (30, 30, 34), font)
    if bars:
        import zxingcpp

        drawn = zxingcpp.create_barcode(bars, zxingcpp.BarcodeFormat.ITF).to_image(scale=8)
        strip = Image.fromarray(drawn).crop((0, 120, drawn.shape[1], 240)).resize(_BARS, Image.Resampling.LANCZOS)
        sheet.paste(strip.convert("RGB"), (_MARGIN, sheet.height - _BARS[1] - _MARGIN))
    return sheet


def _dark(sheet: Image.Image) -> Image.Image:
    shadow = Image.linear_gradient("L").rotate(90).resize(sheet.size)
    return Image.composite(
        ImageEnhance.Brightness(sheet).enhance(0.75), ImageEnhance.Brightness(sheet).enhance(0.35), shadow
    )


def _folded(sheet: Image.Image) -> Image.Image:
    """A crease across the middle, whose lower half leans away."""
    width, height = sheet.size
    upper, lower = sheet.crop((0, 0, width, height // 2)), sheet.crop((0, height // 2, width, height))
    lower = (
        ImageEnhance.Brightness(lower)
        .enhance(0.82)
        .transform(
            lower.size,
            Image.Transform.QUAD,
            (-14, 0, 20, lower.height, width - 20, lower.height, width + 14, 0),
            Image.Resampling.BICUBIC,
            fillcolor=(90, 80, 70),
        )
    )
    made = Image.new("RGB", sheet.size)
    made.paste(upper, (0, 0))
    made.paste(lower, (0, height // 2))
    ImageDraw.Draw(made).line((0, height // 2, width, height // 2), (200, 198, 190), 2)
    return made


CONDITIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "flat": lambda sheet: sheet,
    "tilted": lambda sheet: sheet.rotate(7, Image.Resampling.BICUBIC, expand=True, fillcolor=(92, 70, 52)),
    "turned": lambda sheet: sheet.transpose(Image.Transpose.ROTATE_90),
    "upside down": lambda sheet: sheet.transpose(Image.Transpose.ROTATE_180),
    "blurred": lambda sheet: sheet.filter(ImageFilter.GaussianBlur(1.1)),
    "dark": _dark,
    "folded": _folded,
}


def photo(text: str, condition: str = "flat", quality: int = 72, bars: str = "") -> bytes:
    """A JPEG of the page under this condition ("folded and turned": one after the other), with the noise of a phone's camera."""
    made = page(text, bars)
    for one in condition.split(" and "):
        made = CONDITIONS[one](made)
    random.seed(len(text))
    noise = Image.effect_noise(made.size, 14).convert("RGB")
    out = io.BytesIO()
    Image.blend(made, noise, 0.06).save(out, "JPEG", quality=quality)
    return out.getvalue()
