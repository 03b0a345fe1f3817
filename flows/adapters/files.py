"""Where bills lie: a private directory. Names are ids and hashes, never a person's."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def path_of(lead_id: object, sha256: str, mime_type: str) -> str:
    """Where a bill goes: below the lead's id, named by its content, so that the same file twice is one file."""
    return f"{lead_id}/{sha256}.{_ENDINGS.get(mime_type, 'bin')}"


class BillFiles:
    """Files below one directory that only this user can read."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, path: str, content: bytes, mime_type: str) -> None:
        await asyncio.to_thread(self._write, path, content)

    async def remove(self, paths: list[str]) -> None:
        for path in paths:
            await asyncio.to_thread((self._root / path).unlink, missing_ok=True)

    def _write(self, path: str, content: bytes) -> None:
        target = self._root / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # written aside and moved, so that a killed process leaves no half of a bill under its name
        aside = target.with_suffix(f".{os.getpid()}.part")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        aside.replace(target)
