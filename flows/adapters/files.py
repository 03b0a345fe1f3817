"""Where bills lie: a private directory here, or a private bucket (bucket.py). Names are ids and hashes, never a person's."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar

from flows.errors import Fix

_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# Seconds after which nobody is still writing a part of a file.
_ABANDONED_AFTER = 3600.0
T = TypeVar("T")


def path_of(lead_id: object, sha256: str, mime_type: str) -> str:
    """Where a bill goes: below the lead's id, named by its content, so that the same file twice is one file."""
    return f"{lead_id}/{sha256}.{_ENDINGS.get(mime_type, 'bin')}"


class Files(Protocol):
    """What both places can do. Paths are relative, as `path_of` makes them. Every method raises TryAgain while the place
    does not answer, and Fix when a person has to mend it; neither text holds anything but ids and codes."""

    async def check(self) -> None:
        """Nothing when bills can be kept here and no stranger can read them; for the doctor."""

    async def put(self, path: str, content: bytes, mime_type: str) -> None:
        """Keeps a file. The same path again replaces it, so a repeat is harmless."""

    async def get(self, path: str) -> bytes | None:
        """The file's content, or None when there is no such file."""

    async def remove(self, paths: Sequence[str]) -> None:
        """Deletes files; one that is gone already is no error."""

    async def tidy(self) -> None:
        """Deletes what no row names: parts of files whose writer was killed, and empty directories. For once in a while."""

    async def aclose(self) -> None:
        """Closes connections. The object is of no use afterwards."""


class DirectoryFiles:
    """Files below one directory that only this user can read."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def check(self) -> None:
        await self._done(self._make_root)
        if not os.access(self._root, os.W_OK | os.X_OK):
            raise Fix("the bills' directory (BILLS_DIR) cannot be written by this user")

    async def put(self, path: str, content: bytes, mime_type: str) -> None:
        await self._done(lambda: self._write(relative(path), content))

    async def get(self, path: str) -> bytes | None:
        def read() -> bytes | None:
            try:
                return (self._root / relative(path)).read_bytes()
            except FileNotFoundError:
                return None

        return await self._done(read)

    async def remove(self, paths: Sequence[str]) -> None:
        failed: Fix | None = None
        for path in paths:
            try:
                await self._done(partial(self._unlink, self._root / relative(path)))
            except Fix as exc:
                failed = failed or exc  # one that cannot be deleted keeps no other
        if failed:
            raise failed

    async def tidy(self) -> None:
        await self._done(self._sweep)

    async def aclose(self) -> None:
        """A directory holds nothing open."""

    def _unlink(self, target: Path) -> None:
        """The file, what a killed process left of it, and its directory when that is empty by then: its name is a lead's."""
        target.unlink(missing_ok=True)
        for part in target.parent.glob(f"{glob.escape(target.stem)}.*.part"):
            part.unlink(missing_ok=True)
        if target.parent != self._root:
            with contextlib.suppress(OSError):  # not empty, or gone
                target.parent.rmdir()

    def _sweep(self) -> None:
        for part in self._root.glob("*/*.part"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - part.stat().st_mtime > _ABANDONED_AFTER:
                    part.unlink()
        for directory in self._root.glob("*/"):
            with contextlib.suppress(OSError):
                directory.rmdir()

    def _make_root(self) -> None:
        # on its own, because `parents` makes the directories above with everybody's rights
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _write(self, path: str, content: bytes) -> None:
        target = self._root / path
        self._make_root()
        # written aside and moved, so that a killed process leaves no half of a bill under its name
        part = target.with_suffix(f".{os.getpid()}.part")
        try:
            with os.fdopen(self._new(part), "wb") as file:
                file.write(content)
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)  # a full disk: no row will name what is here of it
            raise

    def _new(self, part: Path) -> int:
        for last in (False, True):
            part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            except FileNotFoundError:
                if last:  # else the directory was empty and taken away between the two
                    raise
        raise AssertionError("unreachable")

    async def _done(self, act: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(act)
        except OSError as exc:
            raise Fix(f"the bills' directory (BILLS_DIR) refused ({type(exc).__name__}, errno {exc.errno})") from None


def relative(path: str) -> str:
    """The path if it stays below its root, whatever comes from the database. Raises Fix, without showing it."""
    parts = path.split("/")
    if "\\" in path or "\0" in path or "%" in path or any(part in ("", ".", "..") for part in parts):
        raise Fix("a bill's path does not stay below its root")
    return str(PurePosixPath(*parts))
