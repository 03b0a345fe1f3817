"""How much processor each part of the stack has used, from /proc: what a machine is bounded by, however busy others make it."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from deployments.local.stack import Stack
from tests.benchmarks.figures import Figure


class Spent(Counter[str]):
    """Seconds of processor by part: webhook, worker, prefect, postgres."""

    def __sub__(self, other: Counter[str]) -> Spent:  # type: ignore[override]
        return Spent({name: value - other[name] for name, value in self.items()})

    def figure(self, what: str, count: int) -> Figure:
        """Milliseconds for one of `count`, all parts together, each named in the note."""
        parts = ", ".join(f"{name} {1000 * seconds / count:.0f}" for name, seconds in self.most_common())
        return Figure(what, 1000 * sum(self.values()) / count, "ms", note=f"({parts})")


def spent(stack: Stack) -> Spent:
    """Of webhook, workers, Prefect's server and Postgres since they began; the simulator is the world, and is left out."""
    postmaster = int((stack.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    roots = {child.process.pid: name for name, child in stack.children.items() if name != "simulator"}
    return _below(roots | {postmaster: "postgres"})


def _below(roots: dict[int, str]) -> Spent:
    """User and system time of these processes and all below them, those that ended and were waited for included."""
    stats: dict[int, tuple[int, int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = file.read_text()
        except OSError:
            continue  # it ended while we looked
        fields = text.rpartition(")")[2].split()
        stats[int(file.parent.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    part = dict(roots)
    for _ in range(5):
        part |= {pid: part[parent] for pid, (parent, _) in stats.items() if parent in part and pid not in part}
    found = Spent()
    for pid, name in part.items():
        found[name] += stats.get(pid, (0, 0))[1] / os.sysconf("SC_CLK_TCK")  # type: ignore[assignment]
    return found
