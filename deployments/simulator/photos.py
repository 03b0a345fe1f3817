"""The sample bills as somebody photographs them: the printed page on a table, a little skewed, in uneven light."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from functools import lru_cache

from PIL import Image, ImageChops, ImageFilter

from deployments.simulator.bills import BillName, bill_pdf

# A4 at two pixels a point is as sharp as a phone's photo that WhatsApp has made smaller.
_SCALE = 2
_PHOTO = (1200, 1600)
# Which points of the page are at the photo's corners (upper left, lower left, lower right, upper right): all beyond it.
_CORNERS = (-127, -76, -56, 1762, 1244, 1794, 1339, -114)
# Dark and light of the grain: wood, more or less.
_WOOD = ((74, 50, 34), (134, 98, 68))


def bill_photo(name: BillName, today: date | None = None) -> bytes:
    """A JPEG of the same bill as `bill_pdf(name, today)`, 1200 by 1600 pixels. It takes most of a second the first
    time in a day, so call it in a thread."""
    return _photo(name, today or datetime.now(UTC).date())


@lru_cache(maxsize=8)
def _photo(name: BillName, today: date) -> bytes:
    import pypdfium2

    with pypdfium2.PdfDocument(bill_pdf(name, today)) as document:
        page = document[0].render(scale=_SCALE).to_pil().convert("RGBA")
    # the shadow lies under the page, a little lower and blurred
    laid = page.transform(_PHOTO, Image.Transform.QUAD, _CORNERS, Image.Resampling.BICUBIC)
    shadow = Image.new("L", _PHOTO)
    shadow.paste(150, (14, 20), laid.getchannel("A"))
    photo = _table()
    photo.paste((20, 14, 10), mask=shadow.filter(ImageFilter.GaussianBlur(16)))
    photo.paste(laid.convert("RGB"), mask=laid.getchannel("A"))
    photo = ImageChops.multiply(photo, _light())
    noise = Image.effect_noise(_PHOTO, 9).convert("RGB")
    photo = Image.blend(photo, ImageChops.overlay(photo, noise), 0.35).filter(ImageFilter.GaussianBlur(0.5))
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=78, optimize=True)
    return out.getvalue()


def _table() -> Image.Image:
    """Noise drawn out along the grain."""
    grain = Image.effect_noise((_PHOTO[0] // 60, _PHOTO[1]), 60).resize(_PHOTO, Image.Resampling.BICUBIC)
    bands = zip(*_WOOD, strict=True)
    return Image.merge("RGB", [grain.point(lambda v, a=a, b=b: a + (b - a) * v // 255) for a, b in bands])


def _light() -> Image.Image:
    """Bright where the window is, darker towards the opposite corner."""
    small = Image.new("L", (3, 4))
    small.putdata([255, 250, 236, 254, 248, 230, 246, 238, 216, 234, 222, 196])
    return small.resize(_PHOTO, Image.Resampling.BICUBIC).convert("RGB")
