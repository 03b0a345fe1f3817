"""What the doctor found, line by line: how checks note it, how one broken check hides no other, how it is printed."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from flows import settings
from flows.errors import Fix

CHECK_SECONDS = 10.0
# Every sentence of the doctor, by subject and finding.
FINDINGS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_name("findings.toml").read_text("utf-8"))
PLACES = FINDINGS.pop("places")
_MARK = "•••"
_COLOURS = {"ok": "32", "warn": "33", "FAIL": "31;1", "skip": "2"}
G = TypeVar("G", bound=settings.Group)


class LineStatus(StrEnum):
    """`skip` is what could not be asked because of an earlier failure, or what the configuration leaves out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"
    SKIP = "skip"


@dataclass(frozen=True)
class ReportLine:
    """One thing looked at: what is so, and how to mend it (empty when nothing is to be mended)."""

    group: str
    status: LineStatus
    subject: str
    what: str
    mend: str = ""


class Trouble(Exception):
    """A check cannot go on, or makes no sense now; the finding says why. No fact may hold a secret."""

    def __init__(self, finding: str, **facts: object) -> None:
        super().__init__(finding)
        self.finding, self.facts = finding, facts


Look: TypeAlias = Callable[["Notes"], Awaitable[None]]


class Notes:
    """Where the checks of one group write their lines. `hide` takes secrets out of whatever is written."""

    def __init__(self, group: str, hide: Callable[[str], str], *, variables_shown: bool = False) -> None:
        self.group, self.lines = group, list[ReportLine]()
        self._hide, self._variables_shown = hide, variables_shown

    @property
    def failed(self) -> bool:
        return failed(self.lines)

    def say(self, finding: str, *, about: str = "", **facts: object) -> None:
        """A line: `subject.name` of findings.toml with its facts, said `about` another subject if one is given."""
        subject, _, name = finding.rpartition(".")
        status, _, sentence = FINDINGS[subject][name].partition(" ")
        known = PLACES | facts
        what, mend = (self._hide(part.format_map(known)) for part in sentence.partition(" → ")[::2])
        what = f"skipped: {what}" if status == LineStatus.SKIP else what
        self.lines.append(ReportLine(self.group, LineStatus(status), about or subject, what, mend))

    def read(self, group: type[G]) -> G:
        """The settings of a group; ends the check when they are wrong, which the group `variables` says in full."""
        try:
            return settings.read(group)
        except Fix as exc:
            if self._variables_shown:
                raise Trouble("variables.above", group=group.__name__) from None
            raise Trouble("variables.unread", what=str(exc).removesuffix(" See .env.example.")) from None

    async def together(self, checks: Mapping[str, Look], *, seconds: float = CHECK_SECONDS) -> None:
        """Runs checks at the same time, each with a time limit and on its own; their lines stay in the order given. A
        check's name is the subject of what stops it."""
        notes = [Notes(self.group, self._hide, variables_shown=self._variables_shown) for _ in checks]
        try:
            alone = zip(notes, checks.items(), strict=True)
            await asyncio.gather(*(mine._alone(subject, look, seconds) for mine, (subject, look) in alone))
        finally:
            self.lines += [line for mine in notes for line in mine.lines]

    async def _alone(self, subject: str, look: Look, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await look(self)
        except Trouble as exc:
            self.say(exc.finding, about=subject, **exc.facts)
        except TimeoutError:
            self.say("check.late", about=subject, seconds=seconds)
        except Exception as exc:
            # An answer that nobody foresaw must not cost the other lines; its text could quote a secret.
            self.say("check.broken", about=subject, error=type(exc).__name__)


def hiding(secrets: Sequence[str]) -> Callable[[str], str]:
    """Replaces each secret in a text. A second net: no check means to write one."""
    longest_first = sorted(set(secrets), key=len, reverse=True)

    def hide(text: str) -> str:
        for secret in longest_first:
            text = text.replace(secret, _MARK)
        return text

    return hide


def as_text(lines: Sequence[ReportLine], seconds: float, *, colour: bool) -> str:
    """All lines by group, aligned, and the summary."""
    width = max((len(line.subject) for line in lines), default=0)
    shown: list[str] = []
    for group, mine in groupby(lines, lambda line: line.group):
        shown.append(group)
        for line in mine:
            status = f"\x1b[{_COLOURS[line.status]}m{line.status}\x1b[0m" if colour else line.status
            shown.append(f"  {status}{' ' * (4 - len(line.status))}  {line.subject:<{width}}  {line.what}".rstrip())
            if line.mend:
                shown.append(f"{'':{width + 10}}→ {line.mend}")
        shown.append("")
    wrong, warnings, right, skipped = (_count(lines)[status] for status in ("FAIL", "warn", "ok", "skip"))
    told = f"{wrong} wrong, {warnings} warning{'' if warnings == 1 else 's'}, {right} right, {skipped} skipped"
    return "\n".join([*shown, f"{told} ({seconds:.1f} s)"])


def as_json(lines: Sequence[ReportLine], seconds: float) -> dict[str, Any]:
    """The same for machines: `ok` is what the exit status says."""
    return {
        "ok": not failed(lines),
        "counts": _count(lines),
        "seconds": round(seconds, 1),
        "lines": [asdict(line) for line in lines],
    }


def failed(lines: Sequence[ReportLine]) -> bool:
    return any(line.status is LineStatus.FAIL for line in lines)


def _count(lines: Sequence[ReportLine]) -> dict[str, int]:
    return {status.value: sum(line.status is status for line in lines) for status in LineStatus}
