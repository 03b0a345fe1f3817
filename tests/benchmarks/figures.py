"""The figures of a benchmark: measured seconds, their percentiles, and the table that is printed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0 to 1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


@dataclass(frozen=True)
class Figure:
    """One line of the table. `baseline` is the same work done by the usual means in this very run; None: there is none."""

    what: str
    value: float
    unit: str
    budget: float | None = None
    baseline: float | None = None
    more_is_better: bool = False
    note: str = ""

    @property
    def kept(self) -> bool:
        if self.budget is None:
            return True
        return self.value >= self.budget if self.more_is_better else self.value <= self.budget

    def line(self) -> str:
        shown = "" if self.budget is None else f"{'≥' if self.more_is_better else '≤'} {self.budget:g} {self.unit}"
        ratio = ""
        if self.baseline is not None and self.value and self.baseline:
            times = self.value / self.baseline if self.more_is_better else self.baseline / self.value
            ratio = f"{self.baseline:8.2f} {self.unit:<4} → {times:.1f}× better"
        verdict = "" if self.budget is None else ("ok" if self.kept else "MISSED")
        return f"{self.what:<56} {self.value:9.3f} {self.unit:<4} {shown:<14} {verdict:<7} {ratio} {self.note}".rstrip()


@dataclass
class Table:
    figures: list[Figure] = field(default_factory=list)

    def add(self, *figures: Figure) -> None:
        for figure in figures:
            self.figures.append(figure)
            print(figure.line(), flush=True)

    @property
    def kept(self) -> bool:
        return all(figure.kept for figure in self.figures)


def spread(
    what: str, seconds: Sequence[float], *, p50: float | None, p95: float | None, baseline: Sequence[float] = ()
) -> list[Figure]:
    """Median and 95th percentile of measured seconds, each beside the baseline's."""
    return [
        Figure(
            f"{what}, p{int(share * 100)}",
            percentile(seconds, share),
            "s",
            budget,
            percentile(baseline, share) if baseline else None,
            note=f"(n={len(seconds)})",
        )
        for share, budget in ((0.5, p50), (0.95, p95))
    ]
