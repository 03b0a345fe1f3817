"""Removes each guard of guards.toml in a copy of the tree and asks the tests named there. Prints whose absence was noticed, at
whose the tests hang until their time is up, and who survived; exit code 1 if one survived that is not explained, or is
explained and was noticed, or its tests did not say. `--only 3 17` (numbers as `--list` shows them), `--jobs 2` (copies at the same time)."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LONGEST = 900.0  # seconds for one guard's tests
_HUNG = -1  # in place of pytest's exit code
_FINE = ("noticed", "hung", "explained")


@dataclass(frozen=True)
class Guard:
    """`text` stands once in `file`; without the guard it is `becomes`."""

    what: str
    file: str
    text: str
    becomes: str
    tests: tuple[str, ...]
    survives: str | None = None

    def removed(self, root: Path) -> str:
        """The file without the guard. Raises ValueError where its text does not stand there exactly once."""
        source = (root / self.file).read_text("utf-8")
        if (times := source.count(self.text)) != 1:
            raise ValueError(f"{self.file} has it {times} times: {self.what}")
        return source.replace(self.text, self.becomes)


def guards() -> tuple[Guard, ...]:
    listed = tomllib.loads((ROOT / "tests" / "mutants" / "guards.toml").read_text("utf-8"))["guard"]
    return tuple(Guard(**{**one, "tests": tuple(one["tests"])}) for one in listed)


class Copy:
    """The tree as git has it, with what is not committed yet, to be changed at will."""

    def __init__(self, parent: Path, name: str) -> None:
        self.root = parent / name
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        )
        for file in filter(None, listed.stdout.split("\0")):
            if (ROOT / file).is_file():
                (self.root / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, self.root / file)
        # The tests of the documentation ask git which files there are.
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)
        subprocess.run(["git", "add", "-A"], cwd=self.root, check=True)

    def ask(self, tests: Iterable[str]) -> int:
        """pytest's exit code: 0 all passed, 1 some failed; or `_HUNG`. (The store's contract over one of its two transports: what is
        removed is behind both.)"""
        command = [
            sys.executable,
            "-B",
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-k",
            "not supabase",
            *tests,
        ]
        environment = os.environ | {"PYTEST_DEBUG_TEMPROOT": str(self.root.parent)}
        try:
            asked = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            return _HUNG
        return asked.returncode

    def without(self, guard: Guard) -> int:
        file = self.root / guard.file
        before = file.read_text("utf-8")
        try:
            file.write_text(guard.removed(self.root), "utf-8")
            return self.ask(guard.tests)
        finally:
            file.write_text(before, "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", type=int, nargs="*", metavar="N")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--trust", action="store_true", help="do not run the tests first with every guard in its place")
    given = parser.parse_args()
    chosen = [(n, guard) for n, guard in enumerate(guards(), 1) if not given.only or n in given.only]
    if given.list:
        print("\n".join(f"{n:3} {guard.what} ({guard.file})" for n, guard in chosen))
        return 0
    with tempfile.TemporaryDirectory(prefix="serena-mutants-") as name, ThreadPoolExecutor(given.jobs) as pool:
        copies = [Copy(Path(name), f"copy{n}") for n in range(given.jobs)]
        if not given.trust:
            _whole(copies[0], chosen)

        def one(numbered: tuple[int, Guard]) -> str:
            n, guard = numbered
            copy, began = copies.pop(), time.monotonic()
            try:
                code = copy.without(guard)
            finally:
                copies.append(copy)
            told = verdict(guard, code)
            why = f" ({guard.survives})" if guard.survives else ""
            print(f"{n:3} {told:9} {time.monotonic() - began:5.0f} s  {guard.what}{why}", flush=True)
            return told

        verdicts = Counter(pool.map(one, chosen))
    print(", ".join(f"{count} {told}" for told, count in verdicts.most_common()))
    return 0 if set(verdicts) <= set(_FINE) else 1


def verdict(guard: Guard, code: int) -> str:
    """In a word what the tests said without the guard; one of `_FINE`, or in capitals what somebody has to see to."""
    if code == 0:
        return "explained" if guard.survives else "SURVIVED"
    if code not in (1, _HUNG):
        return f"NOT ASKED (pytest said {code})"
    if guard.survives:
        return "STALE"  # what explains it is no longer true
    return "noticed" if code == 1 else "hung"


def _whole(copy: Copy, chosen: list[tuple[int, Guard]]) -> None:
    """Tests that fail by themselves would say nothing. Raises SystemExit."""
    tests = sorted({test for _, guard in chosen for test in guard.tests})
    if (code := copy.ask(tests)) != 0:
        raise SystemExit(
            f"these tests do not pass with every guard in its place (pytest said {code}): {' '.join(tests)}"
        )


if __name__ == "__main__":
    sys.exit(main())
