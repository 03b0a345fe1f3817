"""The figures of a benchmark: measured seconds, their percentiles, what is promised, and the table that is printed."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

# One list of seconds for each round. Rounds of all that is compared take turns, so that a machine that others use, too, is as
# slow to the one as to the other.
Rounds = Sequence[Sequence[float]]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0 to 1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


@dataclass(frozen=True)
class Figure:
    """One line of the table. `budget`: what is promised; None: nothing. `beside`: the same work done by other means in this
    very run, by their name. `samples`: what the value was made of, ours and theirs, for the picture."""

    what: str
    value: float
    unit: str
    budget: float | None = None
    beside: Mapping[str, float] = field(default_factory=dict)
    more_is_better: bool = False
    note: str = ""
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        if self.budget is None:
            return True
        return self.value >= self.budget if self.more_is_better else self.value <= self.budget

    @property
    def target(self) -> str:
        return "" if self.budget is None else f"{'≥' if self.more_is_better else '≤'} {self.budget:g} {self.unit}"

    def ratio(self, name: str) -> float:
        """How many times better ours is than this; below 1 it is worse."""
        other = self.beside[name]
        return self.value / other if self.more_is_better else other / self.value

    def line(self) -> str:
        verdict = "" if self.budget is None else ("kept" if self.kept else "MISSED")
        others = "  ".join(
            f"{name} {other:.3g} {self.unit} → {self.ratio(name):.2g}×"
            for name, other in self.beside.items()
            if other and self.value
        )
        return f"{self.what:<58} {self.value:9.3f} {self.unit:<5} {self.target:<14} {verdict:<6}  {others} {self.note}".rstrip()


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

    def verdict(self) -> str:
        """Each budget once more, those that are missed by name."""
        promised = [figure for figure in self.figures if figure.budget is not None]
        missed = [
            f"{figure.what} {figure.value:.3g} {figure.unit} ({figure.target})"
            for figure in promised
            if not figure.kept
        ]
        return f"{len(promised) - len(missed)} of {len(promised)} budgets kept" + (
            "; MISSED: " + "; ".join(missed) if missed else ""
        )

    def write(self, path: Path, about: Mapping[str, object]) -> None:
        """The same as JSON: `about` the run, then a list of figures, each with `kept` (null without a budget)."""
        figures = [
            asdict(figure) | {"kept": figure.kept if figure.budget is not None else None} for figure in self.figures
        ]
        path.write_text(json.dumps({**about, "figures": figures}, ensure_ascii=False, indent=1) + "\n")


def spread(
    what: str,
    rounds: Rounds,
    *,
    p50: float | None = None,
    p95: float | None = None,
    beside: Mapping[str, Rounds] | None = None,
) -> list[Figure]:
    """Median and 95th percentile of measured seconds: of each round, and of those the median."""
    beside = beside or {}
    all_of = {"ours": rounds, **beside}
    samples = {name: [value for each in theirs for value in each] for name, theirs in all_of.items()}
    return [
        Figure(
            f"{what}, p{int(share * 100)}",
            _middle(rounds, share),
            "s",
            budget,
            {name: _middle(theirs, share) for name, theirs in beside.items()},
            note=f"(n={len(samples['ours'])})",
            samples=samples if share == 0.5 else {},
        )
        for share, budget in ((0.5, p50), (0.95, p95))
    ]


def _middle(rounds: Rounds, share: float) -> float:
    return statistics.median(percentile(each, share) for each in rounds)


def once(
    what: str,
    rounds: Sequence[float],
    unit: str,
    budget: float | None = None,
    *,
    beside: Mapping[str, Sequence[float]] | None = None,
    more_is_better: bool = False,
) -> Figure:
    """The median of what was measured once in each round."""
    beside = beside or {}
    others = {name: statistics.median(theirs) for name, theirs in beside.items()}
    return Figure(
        what,
        statistics.median(rounds),
        unit,
        budget,
        others,
        more_is_better,
        f"(rounds: {len(rounds)})",
        {"ours": rounds, **beside} if unit == "s" else {},
    )
