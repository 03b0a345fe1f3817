"""Many ways of saying one thing, each tried only where letters stand that every match of it has.

A rule has up to a hundred ways, and most say nothing to most texts: to look for each costs more than all else of hearing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from re import _parser  # type: ignore[attr-defined]  # the only place where a pattern can be taken apart
from typing import Any

_LENGTH = 3
# Letters that stand in every other message tell little of what is said.
_COMMON = re.compile(
    r"nao|que|ent|con|com|par|ara|uma|meu|min|inh|nha|ess|iss|ado|ada|and|end|est|ist|sta|tem|ter|ver|vou|vai|ele|ela|per|por|pre"
)


class Ways:
    """One pattern in its alternatives; `search` finds what the whole pattern would."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.alternatives = tuple(_alternatives(pattern))

    @cached_property
    def _compiled(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(one) for one in self.alternatives)

    def search(self, said: str, numbers: Iterable[int]) -> re.Match[str] | None:
        """Return the first match of these alternatives, of two at one place that of the earlier one."""
        best: re.Match[str] | None = None
        at = 0
        for number in numbers:
            match = self._compiled[number].search(said)
            if match and (best is None or (match.start(), number) < (best.start(), at)):
                best, at = match, number
        return best


class Table:
    """Of many `Ways`, which of their alternatives can match a text at all."""

    def __init__(self, many: Sequence[Ways]) -> None:
        self._always: dict[int, list[int]] = defaultdict(list)
        self._needing: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for which, one in enumerate(many):
            for number, alternative in enumerate(one.alternatives):
                needed = _needed(_parser.parse(alternative))
                for letters in needed:
                    self._needing[letters].append((which, number))
                if not needed:
                    self._always[which].append(number)

    def numbers(self, said: str) -> dict[int, set[int]]:
        """Return which of the many may match a text, and with which alternatives."""
        found = {which: set(numbers) for which, numbers in self._always.items()}
        for letters in self._needing.keys() & letters_of(said):
            for which, number in self._needing[letters]:
                found.setdefault(which, set()).add(number)
        return found


def letters_of(said: str) -> frozenset[str]:
    """Return every three letters that stand side by side in a text."""
    return frozenset(said[at : at + _LENGTH] for at in range(len(said) - _LENGTH + 1))


def _alternatives(pattern: str) -> Iterator[str]:
    """Cut a pattern at its outermost bars."""
    depth, begun, in_class = 0, 0, False
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 2
            continue
        if in_class:
            in_class = sign != "]"
        elif sign == "[":
            in_class = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == "|" and depth == 0:
            yield pattern[begun:at]
            begun = at + 1
        at += 1
    yield pattern[begun:]


def _needed(parsed: Any) -> frozenset[str]:
    """Return letters of which every match has some, the rarest that there are; none where nothing is known."""
    sets = list(_sets(parsed))
    return min(sets, key=_weight, default=frozenset())


def _weight(letters: frozenset[str]) -> int:
    return sum(8 if _COMMON.fullmatch(three) else 4 if " " in three else 1 for three in letters)


def _sets(parsed: Any) -> Iterator[frozenset[str]]:
    run = ""
    for operation, value in parsed:
        name = str(operation)
        if name == "LITERAL":
            run += chr(value)
            continue
        if name in ("AT", "ASSERT", "ASSERT_NOT"):
            # They take no room: what stands around them is side by side.
            continue
        yield from _rarest(run)
        run = ""
        if name == "SUBPATTERN" or name in ("MAX_REPEAT", "MIN_REPEAT") and value[0] >= 1:
            yield from _sets(value[-1])
        elif name == "BRANCH":
            of_each = [_needed(branch) for branch in value[1]]
            if all(of_each):
                yield frozenset().union(*of_each)
    yield from _rarest(run)


def _rarest(run: str) -> Iterator[frozenset[str]]:
    """Of letters in a row three are enough."""
    if len(run) >= _LENGTH:
        yield min((frozenset((three,)) for three in sorted(letters_of(run))), key=_weight)
