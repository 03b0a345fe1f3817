"""Pictures of figures: SVG drawn here, without script or style of its own, each with its numbers as a table.

Colours are classes (`first`, `second`, `limit`) of the page's style sheet, so that they follow light and dark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

from flows.shown.formats import number

WIDTH, HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 14, 30
_ROW = 34

Written = Callable[[float], str]


@dataclass(frozen=True)
class Series:
    """One figure over the labels of a picture; None where there is none."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Limit:
    """A threshold beyond which somebody is alerted (docs/watching.md)."""

    value: float
    name: str


@dataclass(frozen=True)
class Picture:
    """What is drawn and said: `labels` along the bottom, `written` how a value is written."""

    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    written: Written = number
    limit: Limit | None = None
    # labels, by number, that are beyond a limit as such
    hot: Sequence[int] = ()

    @property
    def beyond(self) -> bool:
        """Whether the newest value of any figure is beyond the limit."""
        newest = [series.values[-1] for series in self.series if series.values]
        return self.limit is not None and any(value is not None and value > self.limit.value for value in newest)

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Head and rows of the numbers, the newest label first."""
        rows = [
            [
                label,
                *("–" if series.values[n] is None else self.written(series.values[n] or 0) for series in self.series),
            ]
            for n, label in enumerate(self.labels)
        ]
        return ["", *(series.name for series in self.series)], rows[::-1]

    def said(self) -> str:
        """The picture in one sentence, for who does not see it."""
        parts = []
        for series in self.series:
            known = [value for value in series.values if value is not None]
            if known:
                parts.append(f"{series.name}: de {self.written(min(known))} a {self.written(max(known))}")
        text = "; ".join(parts) or "sem dados"
        return f"{text}. Limite {self.limit.name}: {self.written(self.limit.value)}." if self.limit else f"{text}."


def columns(picture: Picture) -> Markup:
    """Columns side by side for each label."""
    top = _top(picture)
    inner = (WIDTH - _LEFT - _RIGHT) / max(len(picture.labels), 1)
    wide = inner * 0.8 / max(len(picture.series), 1)
    marks = [
        f'<rect class="{_class(s)}" x="{_LEFT + n * inner + inner * 0.1 + s * wide:.1f}" y="{_y(value, top):.1f}"'
        f' width="{max(wide - 0.5, 0.5):.1f}" height="{max(_y(0, top) - _y(value, top), 0):.1f}"/>'
        for s, series in enumerate(picture.series)
        for n, value in enumerate(series.values)
        if value
    ]
    return _framed(picture, top, "".join(marks))


def lines(picture: Picture) -> Markup:
    """A line for each figure, broken where there is none; a point where it stands alone."""
    top = _top(picture)
    inner = (WIDTH - _LEFT - _RIGHT) / max(len(picture.labels), 1)
    marks = []
    for s, series in enumerate(picture.series):
        points = [
            (f"{_LEFT + (n + 0.5) * inner:.1f}", f"{_y(value, top):.1f}") if value is not None else None
            for n, value in enumerate(series.values)
        ]
        path, pen = "", "M"
        for point in points:
            path, pen = (f"{path}{pen}{point[0]} {point[1]}", "L") if point else (path, "M")
        if path:
            marks.append(f'<path class="line {_class(s)}" d="{path}"/>')
        marks += [f'<circle class="{_class(s)}" cx="{point[0]}" cy="{point[1]}" r="2.5"/>' for point in points if point]
    return _framed(picture, top, "".join(marks))


def bars(picture: Picture) -> Markup:
    """One bar a label, lying, with its value beside it; the first series only."""
    (series, *_) = picture.series
    most = max((value or 0 for value in series.values), default=0) or 1
    height = _ROW * len(picture.labels) + 4
    marks = []
    for n, (label, value) in enumerate(zip(picture.labels, series.values, strict=True)):
        y, long = n * _ROW, (WIDTH - 130) * (value or 0) / most
        marks.append(
            f'<text class="label" x="0" y="{y + 12}">{escape(label)}</text>'
            f'<rect class="{"limit" if n in picture.hot and value else "first"}" x="0" y="{y + 16}" width="{max(long, 1):.1f}" height="12"/>'
            f'<text class="value" x="{long + 6:.1f}" y="{y + 26.5}">{escape(picture.written(value or 0))}</text>'
        )
    return _svg(picture, height, "".join(marks))


def _framed(picture: Picture, top: float, marks: str) -> Markup:
    grid = []
    for n in range(5):
        value = top * n / 4
        y = _y(value, top)
        grid.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="label end" x="{_LEFT - 6}" y="{y + 4:.1f}">{escape(picture.written(value))}</text>'
        )
    inner = (WIDTH - _LEFT - _RIGHT) / max(len(picture.labels), 1)
    every = ceil(len(picture.labels) / 8) or 1
    for n in range(len(picture.labels) - 1, -1, -every):
        x = _LEFT + (n + 0.5) * inner
        grid.append(f'<text class="label mid" x="{x:.1f}" y="{HEIGHT - 10}">{escape(picture.labels[n])}</text>')
    over = ""
    if picture.limit is not None and picture.limit.value <= top:
        y = _y(picture.limit.value, top)
        over = (
            f'<line class="limit" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="limit" x="{WIDTH - _RIGHT}" y="{y - 4:.1f}">{escape(picture.limit.name)}</text>'
        )
    return _svg(picture, HEIGHT, "".join(grid) + marks + over)


def _svg(picture: Picture, height: int, inside: str) -> Markup:
    # everything that came from outside is escaped where it was put in
    return Markup(
        f'<svg class="picture" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(picture.title)}: {escape(picture.said())}">'
        f"{inside}</svg>"
    )


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top


def _top(picture: Picture) -> float:
    """A round number that nothing is above. A limit is in the picture when the figures come near it."""
    most = max((value or 0 for series in picture.series for value in series.values), default=0)
    if picture.limit is not None and most > picture.limit.value / 2:
        most = max(most, picture.limit.value * 1.1)
    if most <= 4:
        return 4.0
    unit = 10 ** floor(log10(most))
    return float(next(step * unit for step in (1, 2, 4, 6, 8, 10) if step * unit >= most))


def _class(series: int) -> str:
    return "first" if series == 0 else "second" if series == 1 else "third"
