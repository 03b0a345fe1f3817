"""The distributions of a run as a PNG: a strip of dots for each figure and program, on one logarithmic axis of seconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tests.benchmarks.figures import Figure, percentile

_LEFT, _WIDTH, _ROW, _FOOT = 420, 1_000, 34, 40
_FROM, _TO = 0.001, 1000.0  # seconds
_COLOURS = {"ours": "#0b6e4f", "DBOS": "#b4540a", "flow.serve()": "#4a5a8a"}
_OTHER, _BUDGET, _RULE, _TEXT = "#777777", "#c00020", "#dddddd", "#222222"


def draw(figures: Sequence[Figure], path: Path) -> None:
    """A row for each program of each figure that was made of seconds; the bar is its median, the red line what is promised."""
    shown = [figure for figure in figures if figure.samples]
    rows = [(figure, name) for figure in shown for name in figure.samples]
    height = _ROW * len(rows) + _FOOT
    image = Image.new("RGB", (_LEFT + _WIDTH + 20, height), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    for power in range(math.floor(math.log10(_FROM)), math.ceil(math.log10(_TO)) + 1):
        x = _x(10.0**power)
        pen.line((x, 0, x, height - _FOOT), fill=_RULE)
        pen.text((x, height - _FOOT + 10), f"{10.0**power:g} s", fill=_TEXT, font=font, anchor="ma")
    for n, (figure, name) in enumerate(rows):
        top, colour = n * _ROW, _COLOURS.get(name, _OTHER)
        # the font that comes with Pillow has no arrow
        what = figure.what.removesuffix(", p50").replace("→", "to") if name == next(iter(figure.samples)) else ""
        if what:
            pen.line((0, top, _LEFT + _WIDTH + 20, top), fill=_RULE)
        pen.text((8, top + 9), what, fill=_TEXT, font=font)
        pen.text((_LEFT - 10, top + 9), name, fill=colour, font=font, anchor="ra")
        for k, value in enumerate(figure.samples[name]):
            x, y = _x(value), top + 8 + (k * 7) % (_ROW - 16)
            pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colour)
        x = _x(percentile(figure.samples[name], 0.5))
        pen.line((x, top + 4, x, top + _ROW - 4), fill=colour, width=3)
        if figure.budget is not None:
            pen.line((_x(figure.budget), top + 2, _x(figure.budget), top + _ROW - 2), fill=_BUDGET)
    image.save(path)


def _x(seconds: float) -> float:
    share = (math.log10(min(max(seconds, _FROM), _TO)) - math.log10(_FROM)) / (math.log10(_TO) - math.log10(_FROM))
    return _LEFT + share * _WIDTH
