"""What the doctor found, line by line: how checks note it, how one broken check hides no other, how it is printed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from flows import settings
from flows.errors import Fix

CHECK_SECONDS = 10.0
_MARK = "•••"
_COLOURS = {"ok": "32", "warn": "33", "FAIL": "31;1", "skip": "2"}
G = TypeVar("G", bound=settings.Group)


class Status(StrEnum):
    """`skip` is what could not be asked because of an earlier failure, or what the configuration leaves out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"
    SKIP = "skip"


@dataclass(frozen=True)
class Line:
    """One thing looked at: what is so, and how to mend it (empty when nothing is to be mended)."""

    group: str
    status: Status
    subject: str
    what: str
    mend: str = ""


class Trouble(Exception):
    """A check cannot go on, for a reason that a person can mend. Neither text may hold a secret."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


class Unasked(Exception):
    """A check makes no sense now; the text says why."""


Look: TypeAlias = Callable[["Notes"], Awaitable[None]]
Check: TypeAlias = tuple[str, Look]


class Notes:
    """Where the checks of one group write their lines. `hide` takes secrets out of whatever is written."""

    def __init__(self, group: str, hide: Callable[[str], str], *, variables_shown: bool = False) -> None:
        self.group, self.lines = group, list[Line]()
        self._hide, self._variables_shown = hide, variables_shown

    def ok(self, subject: str, what: str) -> None:
        self._note(Status.OK, subject, what, "")

    def warn(self, subject: str, what: str, mend: str) -> None:
        self._note(Status.WARN, subject, what, mend)

    def fail(self, subject: str, what: str, mend: str) -> None:
        self._note(Status.FAIL, subject, what, mend)

    def skip(self, subject: str, because: str) -> None:
        self._note(Status.SKIP, subject, f"skipped: {because}", "")

    def read(self, group: type[G]) -> G:
        """The settings of a group; ends the check when they are wrong, which the group `variables` says in full."""
        try:
            return settings.read(group)
        except Fix as exc:
            if self._variables_shown:
                raise Unasked(f"the variables of {group.__name__} are wrong, see above") from None
            raise Trouble(str(exc).removesuffix(" See .env.example."), "mend it; .env.example explains it") from None

    async def together(self, *checks: Check, seconds: float = CHECK_SECONDS) -> None:
        """Runs checks at the same time, each with a time limit and on its own; their lines stay in the order given."""
        notes = [Notes(self.group, self._hide, variables_shown=self._variables_shown) for _ in checks]
        try:
            await asyncio.gather(*(mine._alone(*check, seconds) for check, mine in zip(checks, notes, strict=True)))
        finally:
            self.lines += [line for mine in notes for line in mine.lines]

    async def _alone(self, subject: str, look: Look, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await look(self)
        except Unasked as exc:
            self.skip(subject, str(exc))
        except Trouble as exc:
            self.fail(subject, exc.what, exc.mend)
        except TimeoutError:
            self.fail(subject, f"no answer within {seconds:g} s", "try again; if it stays, look at that system")
        except Exception as exc:
            # An answer that nobody foresaw must not cost the other lines; its text could quote a secret.
            broken = f"the check itself broke ({type(exc).__name__})"
            self.fail(subject, broken, "it met an answer that it does not know: please report it")

    def _note(self, status: Status, subject: str, what: str, mend: str) -> None:
        self.lines.append(Line(self.group, status, subject, self._hide(what), self._hide(mend)))


def hiding(secrets: Sequence[str]) -> Callable[[str], str]:
    """Replaces each secret in a text. A second net: no check means to write one."""
    longest_first = sorted(set(secrets), key=len, reverse=True)

    def hide(text: str) -> str:
        for secret in longest_first:
            text = text.replace(secret, _MARK)
        return text

    return hide


def as_text(lines: Sequence[Line], seconds: float, *, colour: bool) -> str:
    """All lines by group, aligned, and the summary."""
    width = max((len(line.subject) for line in lines), default=0)
    shown: list[str] = []
    group = ""
    for line in lines:
        if line.group != group:
            group = line.group
            shown.append(f"{'' if not shown else chr(10)}{group}")
        status = f"{line.status:<4}"
        status = f"\x1b[{_COLOURS[line.status]}m{status}\x1b[0m" if colour else status
        shown.append(f"  {status}  {line.subject:<{width}}  {line.what}".rstrip())
        if line.mend:
            shown.append(f"{'':{width + 10}}→ {line.mend}")
    return "\n".join([*shown, "", summary(lines, seconds)])


def summary(lines: Sequence[Line], seconds: float) -> str:
    counts = {status: sum(line.status is status for line in lines) for status in Status}
    warnings = f"{counts[Status.WARN]} warning{'' if counts[Status.WARN] == 1 else 's'}"
    return (
        f"{counts[Status.FAIL]} wrong, {warnings}, {counts[Status.OK]} right, {counts[Status.SKIP]} skipped"
        f" ({seconds:.1f} s)"
    )


def as_json(lines: Sequence[Line], seconds: float) -> dict[str, Any]:
    """The same for machines: `ok` is what the exit status says."""
    return {
        "ok": not failed(lines),
        "counts": {status.value: sum(line.status is status for line in lines) for status in Status},
        "seconds": round(seconds, 1),
        "lines": [asdict(line) for line in lines],
    }


def failed(lines: Sequence[Line]) -> bool:
    return any(line.status is Status.FAIL for line in lines)
