"""Bills in a private bucket of Supabase Storage. Imported only where one is configured: its client takes longer to import than a
turn."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import httpx
import supabase
from storage3.exceptions import StorageApiError

from flows.adapters.files import relative
from flows.adapters.trust import trusted
from flows.errors import Fix, SerenaError, TryAgain

# Storage takes 1,000 names in one call (supabase/storage, src/storage/limits.ts).
_REMOVED_AT_ONCE = 500
T = TypeVar("T")


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
        where = relative(path)
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
        where = relative(path)
        return await self._asked(lambda: self._files.download(where), "give", missing=None)

    async def remove(self, paths: Sequence[str]) -> None:
        names = [relative(path) for path in paths]
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
