"""The result of an evaluation as people read it: one line a lead, totals, what went wrong, and whole conversations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.evals.played import Exchange, Played

ENOUGH = 0.95
_SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def good_enough(results: Sequence[Played]) -> bool:
    """Tell whether no rule was broken and enough leads reached the stage they should."""
    arrived = sum(played.arrived for played in results)
    return not any(played.broken for played in results) and arrived >= ENOUGH * len(results)


def table(results: Sequence[Played]) -> str:
    """Return one line for each lead, and the totals."""
    judged = any(played.tone is not None for played in results)
    modelled = any(played.tokens or played.fallbacks for played in results)
    head = ["lead", "kind", "reached", "expected", "rules", "unmet", "repeated", "messages", "seconds", "tokens"]
    head += (["fallbacks"] if modelled else []) + (["tone"] if judged else [])
    rows = [head]
    for played in results:
        expected = "/".join(played.script.ends.stage)
        cells = [played.script.name, played.script.kind, played.lead.stage.value, "=" if played.arrived else expected]
        counts = [len(played.broken), len(played.unmet), played.repeated]
        cells += [str(count) if count else "·" for count in counts]
        cells += [str(len(played.sent)), f"{played.seconds:.2f}", str(played.tokens)]
        cells += ([str(played.fallbacks)] if modelled else []) + ([str(played.tone or "–")] if judged else [])
        rows.append(cells)
    rows.append(_totals(results, judged, modelled))
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _totals(results: Sequence[Played], judged: bool, modelled: bool) -> list[str]:
    arrived, most = sum(p.arrived for p in results), len(results)
    cells = [f"{most} leads", "", f"{arrived}/{most}", f"{100 * arrived / most:.1f}%" if most else "–"]
    cells += [str(sum(len(p.broken) for p in results)), str(sum(len(p.unmet) for p in results))]
    cells += [str(sum(p.repeated for p in results)), str(sum(len(p.sent) for p in results))]
    cells += [f"{sum(p.seconds for p in results):.2f}", str(sum(p.tokens for p in results))]
    cells += [str(sum(p.fallbacks for p in results))] if modelled else []
    tones = [p.tone for p in results if p.tone is not None]
    return cells + ([f"{sum(tones) / len(tones):.1f}" if tones else "–"] if judged else [])


def details(results: Sequence[Played]) -> str:
    """Return, for each lead that is not as it should be, which rules were broken and what was expected."""
    lines = []
    for played in results:
        stage = "/".join(played.script.ends.stage)
        wrong = [f"  rule broken, {rule}" for rule in played.broken]
        wrong += [] if played.arrived else [f"  ended in {played.lead.stage.value}, not {stage}"]
        wrong += [f"  unmet, {miss}" for miss in played.unmet]
        if wrong:
            lines += [f"{played.script.kind}/{played.script.name}: {played.script.about}", *wrong]
    return "\n".join(lines)


def transcript(played: Played) -> str:
    """Return a conversation as text, with what was wrong under the turn where it happened."""
    script = played.script
    form = script.form.model_dump(exclude_none=True, mode="json") if script.form else "none"
    lines = [f"{script.name} ({script.kind}): {script.about}", f"form: {form}", ""]
    for number, exchange in enumerate(played.exchanges, 1):
        lines += [*_exchange(number, exchange), ""]
    lead = played.lead
    lines.append(f"end: {lead.stage.value}, {lead.qualification.value}, expected {'/'.join(script.ends.stage)}")
    lines += [f"  UNMET {miss}" for miss in played.missed]
    if played.tone is not None:
        lines.append(f"tone {played.tone}/5: {played.remark}")
    return "\n".join(lines) + "\n"


def _exchange(number: int, exchange: Exchange) -> list[str]:
    at = exchange.at.astimezone(_SAO_PAULO).strftime("%d/%m %H:%M")
    lines = [f"-- {number} · {at} · {exchange.stage}{' · reminder' if exchange.reminder else ''}"]
    lines += [f"LEAD    {line}" for said in exchange.said for line in said.splitlines() or [""]]
    if exchange.answer is None:
        lines.append("SERENA  (silence)")
    else:
        text = exchange.answer.text.splitlines()
        lines += [f"SERENA  {text[0]}", *(f"        {line}".rstrip() for line in text[1:])]
        lines += [f"        [{button.title}]" for button in exchange.answer.buttons]
        if exchange.answer.rows:
            lines.append(f"        [{exchange.answer.list_label}]")
        lines += [f"          · {row.title}: {row.description}".rstrip(": ") for row in exchange.answer.rows]
    lines += [f"  BROKEN {rule}" for rule in exchange.broken] + [f"  UNMET {miss}" for miss in exchange.missed]
    return lines


def write_transcripts(results: Sequence[Played], folder: Path) -> None:
    """Write each conversation to `folder/kind-name.txt`; the folder is made when it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for played in results:
        path = folder / f"{played.script.kind}-{played.script.name}.txt"
        path.write_text(transcript(played), "utf-8")
