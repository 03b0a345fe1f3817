"""Where bills lie: a private directory, or a private bucket of Supabase Storage. Names are ids and hashes, never a
person's."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import os
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, TypeVar

import httpx
import supabase
from storage3.exceptions import StorageApiError

from flows.adapters.trust import trusted
from flows.errors import Fix, SerenaError, TryAgain

_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# Storage takes 1,000 names in one call (supabase/storage, src/storage/limits.ts).
_REMOVED_AT_ONCE = 500
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
        await self._done(lambda: self._write(_relative(path), content))

    async def get(self, path: str) -> bytes | None:
        def read() -> bytes | None:
            try:
                return (self._root / _relative(path)).read_bytes()
            except FileNotFoundError:
                return None

        return await self._done(read)

    async def remove(self, paths: Sequence[str]) -> None:
        failed: Fix | None = None
        for path in paths:
            try:
                await self._done(partial(self._unlink, self._root / _relative(path)))
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


class BucketFiles:
    """Files in one private bucket of Supabase Storage, reached with the service role's key.

    `time_limit` is in seconds, for one call as a whole. A file may have 16 MB, so the limit is longer than the store's.
    """

    def __init__(self, url: str, key: str, bucket: str, *, time_limit: float = 20.0) -> None:
        self._http = httpx.AsyncClient(timeout=time_limit, http2=True, verify=trusted(http2=True))
        options = supabase.AsyncClientOptions(httpx_client=self._http)
        try:
            client = supabase.AsyncClient(url, key, options)
        except supabase.AsyncSupabaseException as exc:
            raise Fix(f"SUPABASE_URL or SUPABASE_KEY cannot be used ({type(exc).__name__})") from None
        self._name, self._files, self._limit = bucket, client.storage.from_(bucket), time_limit
        # `get_bucket` of the client insists on fields that Storage leaves out for a bucket made by SQL
        self._about = f"{client.storage_url}bucket/{bucket}", client.options.headers
        self._private = False

    async def check(self) -> None:
        async def ask() -> bool:
            url, headers = self._about
            answer = await self._http.get(url, headers=headers)
            if answer.is_error:
                body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
                code, status = body.get("error", "unnamed"), body.get("statusCode", answer.status_code)
                raise StorageApiError("", code, status)
            return answer.json()["public"] is False

        if not await self._asked(ask, "find"):
            raise Fix(f"Supabase's bucket {self._name} is public, and bills are personal: make it private")
        self._private = True

    async def put(self, path: str, content: bytes, mime_type: str) -> None:
        where = _relative(path)
        options: Any = {"content-type": mime_type, "upsert": "true", "cache-control": "0"}
        for last in (False, True):
            try:
                if not self._private:
                    # Once per process. A bucket whose switch in the dashboard is wrong would show bills to strangers.
                    await self.check()
                await self._asked(lambda: self._files.upload(where, content, options), "keep")
                return
            except TryAgain:
                # One hiccup must not cost the lead the sending of a photo; what lasts longer is the caller's to judge.
                if last:
                    raise

    async def get(self, path: str) -> bytes | None:
        where = _relative(path)
        return await self._asked(lambda: self._files.download(where), "give", missing=None)

    async def remove(self, paths: Sequence[str]) -> None:
        names = [_relative(path) for path in paths]
        for start in range(0, len(names), _REMOVED_AT_ONCE):
            await self._asked(partial(self._files.remove, names[start : start + _REMOVED_AT_ONCE]), "remove")

    async def tidy(self) -> None:
        """Storage keeps a file whole or not at all, and has no directories."""

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _asked(self, call: Callable[[], Awaitable[T]], verb: str, **missing: None) -> T:
        """The call's result within the time limit, with Storage's errors as ours (`missing`: what stands for a 404)."""
        try:
            async with asyncio.timeout(self._limit):
                return await call()
        except StorageApiError as exc:
            if "missing" in missing and _status(exc) == 404 and not _names_bucket(exc):
                return missing["missing"]  # type: ignore[return-value]
            raise self._refusal(exc, verb) from None
        except (httpx.TransportError, TimeoutError) as exc:
            raise TryAgain(f"Supabase Storage did not {verb} a bill ({type(exc).__name__})") from None
        except (ValueError, KeyError, TypeError) as exc:
            # a success whose body is not Storage's: a proxy's page, for instance
            raise TryAgain(f"Supabase Storage answered something else than Storage ({type(exc).__name__})") from None

    def _refusal(self, exc: StorageApiError, verb: str) -> SerenaError:
        """By the status that the body names: Storage itself answers nearly everything with HTTP 400
        (supabase/storage, src/http/error-handler.ts)."""
        status = _status(exc)
        code = exc.code if re.fullmatch(r"[\w .-]{1,40}", str(exc.code)) else "unnamed"
        if _names_bucket(exc) or (verb == "find" and status == 404):
            return Fix(
                f"Supabase has no bucket {self._name} for this key. Create it as a private one (docs/supabase.md), or set"
                " SUPABASE_KEY to the service role's key"
            )
        if status in (408, 409, 423, 429) or status >= 500:
            return TryAgain(f"Supabase Storage could not {verb} a bill ({status} {code})", code=status)
        if status == 413:
            return Fix(f"Supabase's bucket {self._name} refuses files of this size: allow 16 MB (docs/supabase.md)")
        if status == 415:
            return Fix(f"Supabase's bucket {self._name} refuses this type: allow PDF, JPEG, PNG and WebP")
        return Fix(f"Supabase Storage refused to {verb} a bill ({status} {code}); is SUPABASE_KEY the service role's?")


def _names_bucket(exc: StorageApiError) -> bool:
    return exc.code in ("Bucket not found", "NoSuchBucket") or exc.message == "Bucket not found"


def _status(exc: StorageApiError) -> int:
    return int(exc.status) if str(exc.status).isdigit() else 500


def _relative(path: str) -> str:
    """The path if it stays below its root, whatever comes from the database. Raises Fix, without showing it."""
    parts = path.split("/")
    if "\\" in path or "\0" in path or "%" in path or any(part in ("", ".", "..") for part in parts):
        raise Fix("a bill's path does not stay below its root")
    return str(PurePosixPath(*parts))
