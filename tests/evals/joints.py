"""The joints of the assistant, measured one by one: hearing, deciding, saying, whole conversations. One row a figure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.assistant.decide import Act
from flows.assistant.mind import Mind
from flows.assistant.say.check import Ground, Ruling
from tests.evals import deciding, hearing, papers, saying, simulated
from tests.evals.measuring import Measures, measured
from tests.evals.moments import moment
from tests.evals.played import Played

# What must be kept, by the name of a row; a share that is at least, a count that is at most.
AT_LEAST = {
    "papers: score, a wrong field counts ten times": 0.98,
    "photos: score, a wrong field counts ten times": 0.5,
    "hearing: recall, half that was looked at": 0.93,
    "hearing: recall, half that measures": 0.78,
    "hearing: precision, half that was looked at": 0.93,
    "hearing: precision, half that measures": 0.82,
    "saying: truths kept": 0.98,
    "conversations: scripts that arrive": 0.95,
    "conversations: expectations met": 0.95,
    "conversations: profiles of which all arrive": 1.0,
}
AT_MOST = {
    "hearing: stop, erase, decline, choose against the label": 2,
    "deciding: broken promises": 0,
    "saying: lies out": 0,
    "saying: lies that the rules alone only doubt": 21,
    "conversations: rules broken": 0,
    "conversations: scripts, turns not understood": 0.05,
    "conversations: simulated, turns not understood": 0.05,
}
_FOLDER = Path(__file__).parent / "saying"
_SEED, _WANDER = 20261130, 6000


@dataclass(frozen=True)
class Row:
    """One figure of the table. `value` is what the limits hold, `shown` what people read."""

    name: str
    value: float
    shown: str

    @property
    def limit(self) -> str:
        if self.name in AT_LEAST:
            return f"≥ {100 * AT_LEAST[self.name]:.0f} %"
        most = AT_MOST.get(self.name)
        return "" if most is None else f"≤ {100 * most:.0f} %" if 0 < most < 1 else f"≤ {most:.0f}"

    @property
    def good(self) -> bool:
        return self.value >= AT_LEAST.get(self.name, float("-inf")) and self.value <= AT_MOST.get(
            self.name, float("inf")
        )


def papers_read() -> tuple[list[Row], str]:
    """Read every layout of a bill as text; also returns the table by field."""
    marks = papers.texts()
    return _papers("papers", marks), papers.table(marks)


def photos_read() -> tuple[list[Row], str]:
    """Read a photo of every layout; nothing without the local reader."""
    marks = papers.photos()
    return (
        (_papers("photos", marks), papers.table(marks)) if marks else ([], "photos: the local reader is not installed")
    )


def _papers(name: str, marks: papers.Marks) -> list[Row]:
    right, wrong, missing = marks.right.total(), marks.wrong.total(), marks.missing.total()
    return [
        Row(f"{name}: fields right, wrong, missing", right, f"{right}, {wrong}, {missing}"),
        Row(f"{name}: score, a wrong field counts ten times", marks.score, f"{100 * marks.score:.1f} %"),
    ]


async def heard(mind: Mind | None) -> tuple[list[Row], str]:
    """Hear every labelled sentence, by rules or with a model; also returns the table by meaning."""
    everything = hearing.sentences()
    halves = {
        "half that was looked at": [s for s in everything if s.seen],
        "half that measures": [s for s in everything if not s.seen],
    }
    rows, against, tables = [], 0, []
    for name, half in halves.items():
        score = await hearing.with_model(half, mind) if mind else hearing.rules(half)
        rows.append(_share(f"hearing: recall, {name}", score.right.total(), score.right.total() + score.missed.total()))
        rows.append(
            _share(f"hearing: precision, {name}", score.right.total(), score.right.total() + score.extra.total())
        )
        rows.append(_share(f"hearing: bursts wholly right, {name}", score.whole, score.count))
        against += sum(meaning in hearing.NEVER for _, meaning in score.broken)
        tables.append(f"{name}\n{hearing.table(score)}")
    rows.append(_count("hearing: stop, erase, decline, choose against the label", against))
    return rows, "\n\n".join(tables)


def decided(parts: Mapping[str, Callable[[deciding.Node], bool]]) -> tuple[list[Row], str]:
    """Explore the machine part by part, and at random with what leads really have; also returns the broken promises."""
    found = {name: deciding.explore(part) for name, part in parts.items()}
    found |= {"at random": deciding.wander(_SEED, _WANDER)}
    rows = [
        Row(
            f"deciding: {name}",
            one.states or one.transitions,
            f"{one.states or '–'} states, {one.transitions} transitions",
        )
        for name, one in found.items()
    ]
    broken = [f"{promise}: {' · '.join(way)}" for one in found.values() for promise, way in one.broken.items()]
    return [*rows, _count("deciding: broken promises", len(broken))], "\n".join(broken)


async def said(checker: Mind | None) -> tuple[list[Row], str]:
    """Hold lies and truths against the check; without a checker what the rules doubt stays in, and is kept."""
    rows, wrong = [], []
    for name, start in (("saying: lies out", "lies"), ("saying: truths kept", "good")):
        lines = [line for file in sorted(_FOLDER.glob(f"{start}*.jsonl")) for line in saying.read(file)]
        judged = await held(lines, checker)
        if start == "lies":
            out = [one for one in judged if one.sent]
            doubted = sum(one.verdict.outcome is Ruling.DOUBTFUL for one in judged)
            rows.append(Row(name, len(out), f"{len(out)} of {len(judged)}"))
            rows.append(_count("saying: lies that the rules alone only doubt", doubted))
            wrong += [f"out: {one.line['reply']}" for one in out]
        else:
            kept = [one for one in judged if one.sent or (checker is None and not one.verdict.codes)]
            rows.append(_share(name, len(kept), len(judged)))
            wrong += [
                f"refused ({', '.join(one.verdict.codes)}): {one.line['reply']}" for one in judged if one not in kept
            ]
    return rows, "\n".join(wrong)


async def held(lines: Sequence[dict[str, Any]], checker: Mind | None, *, played: bool = False) -> list[saying.Judged]:
    """Hold replies against the check; `played`: at a named stage, too, the assistant itself decides what is to be said."""

    def grounds() -> list[Ground]:
        return [saying.measured(line, saying.acts_for(line, _acts_of if played else None)) for line in lines]

    # Moments are played in an event loop of their own.
    return await saying.run(lines, await asyncio.to_thread(grounds), checker)


def _acts_of(setup: Sequence[str], lead: str) -> tuple[Act, ...]:
    return moment(setup, lead).acts


def talked(scripts: Sequence[Played], leads: Sequence[Played]) -> list[Row]:
    """Count what became of scripted and simulated leads."""
    rows = []
    if scripts:
        rows.append(_share("conversations: scripts that arrive", sum(p.arrived for p in scripts), len(scripts)))
        rows.append(_share("conversations: expectations met", sum(not p.unmet for p in scripts), len(scripts)))
        rows.append(_unclear("conversations: scripts, turns not understood", measured(scripts)))
    if leads:
        rows.append(
            _share("conversations: simulated leads that arrive", sum(map(simulated.all_right, leads)), len(leads))
        )
        rows.append(_share("conversations: profiles of which all arrive", *_whole_profiles(leads)))
        rows.append(_unclear("conversations: simulated, turns not understood", measured(leads)))
    both = [*scripts, *leads]
    counts = measured(both)
    rows.append(_count("conversations: questions passed over", counts.ignored))
    rows.append(_count("conversations: rules broken", sum(len(p.broken) for p in both)))
    if any(p.requests or p.fallbacks for p in both):
        rows.append(_share("cost: free-text turns with one model call", counts.one_request, counts.free_text))
        rows.append(_count("cost: most model calls in a turn", counts.most_requests))
        rows.append(_count("cost: turns without the model's answer", sum(p.fallbacks for p in both)))
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return the one table."""
    width, shown = max(len(row.name) for row in rows), max(len(row.shown) for row in rows)
    lines = [
        f"{row.name.ljust(width)}  {row.shown.rjust(shown)}  {row.limit:8}{'' if row.good else '✗'}".rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def _whole_profiles(leads: Sequence[Played]) -> tuple[int, int]:
    """Return how many profiles there were of which every lead arrived, and how many in all."""
    met = {played.script.about for played in leads}
    lost = {played.script.about for played in leads if not simulated.all_right(played)}
    return len(met - lost), len(met)


def _share(name: str, part: int, whole: int) -> Row:
    value = part / whole if whole else 1.0
    return Row(name, value, f"{part} of {whole}, {100 * value:.1f} %")


def _unclear(name: str, counts: Measures) -> Row:
    return Row(
        name,
        counts.share_not_understood,
        f"{counts.not_understood} of {counts.turns}, {100 * counts.share_not_understood:.1f} %",
    )


def _count(name: str, count: int) -> Row:
    return Row(name, count, str(count))
