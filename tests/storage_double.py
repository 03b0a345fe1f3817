"""Supabase Storage of our own: buckets and files over HTTP, with the errors of supabase/storage.

Bodies and statuses follow its `src/internal/errors/codes.ts` and `src/http/error-handler.ts`: nearly every refusal is HTTP
400, and the status that is meant stands in the body. Row level security is on and has no policy, as in a new project:
only the service role sees anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

from tests.http_double import Answer, HttpDouble, Request, answer

SERVICE_KEY = "service-role-key-of-the-tests"
ANON_KEY = "anon-key-of-the-tests"


@dataclass
class Bucket:
    """`limit` is in bytes; `types` None allows every type. Files: content and type by path."""

    public: bool = False
    limit: int = 50 * 1024 * 1024
    types: tuple[str, ...] | None = None
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)


@dataclass
class Storage:
    buckets: dict[str, Bucket] = field(default_factory=lambda: {"bills": Bucket()})

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """What Storage says to one request; header names are lower case."""
        key = headers.get("authorization", "").removeprefix("Bearer ")
        kind, *rest = path.removeprefix("/storage/v1/").split("/")
        if kind == "object" and rest[:1] == ["public"]:
            bucket = self.buckets.get(rest[1])
            return self._give(bucket if bucket and bucket.public else None, "/".join(rest[2:]))
        if key not in (SERVICE_KEY, ANON_KEY) or headers.get("apikey") != key:
            return refusal(403, "Unauthorized", "AccessDenied", "Invalid Compact JWS")
        name, where, known = rest[0], "/".join(rest[1:]), key == SERVICE_KEY
        bucket = self.buckets.get(name) if known else None
        if kind == "bucket":
            # without `owner` and limits, as for a bucket made by SQL
            return answer({"id": name, "name": name, "public": bucket.public}) if bucket else _no_bucket()
        if method == "GET":
            return self._give(bucket, where) if known else _no_file()
        if method == "DELETE":
            return answer([{"name": n} for n in json.loads(body)["prefixes"] if bucket and bucket.files.pop(n, None)])
        if not known:
            return refusal(403, "Unauthorized", "AccessDenied", "new row violates row-level security policy")
        return self._keep(bucket, name, where, headers, body)

    def _give(self, bucket: Bucket | None, where: str) -> Answer:
        if bucket is None:
            return _no_bucket()
        if where not in bucket.files:
            return _no_file()
        content, mime_type = bucket.files[where]
        return Answer(200, content, {"content-type": mime_type})

    def _keep(self, bucket: Bucket | None, name: str, where: str, headers: dict[str, str], body: bytes) -> Answer:
        if bucket is None:
            return _no_bucket()
        content, mime_type = _file_in(headers["content-type"], body)
        if len(content) > bucket.limit:
            return refusal(413, "Payload too large", "EntityTooLarge", "The object exceeded the maximum allowed size")
        if bucket.types is not None and mime_type not in bucket.types:
            return refusal(415, "invalid_mime_type", "InvalidMimeType", f"mime type {mime_type} is not supported")
        if where in bucket.files and headers.get("x-upsert") != "true":
            return refusal(409, "Duplicate", "KeyAlreadyExists", "The resource already exists")
        bucket.files[where] = content, mime_type
        return answer({"Key": f"{name}/{where}", "Id": "7d1ce9e5-8b9c-4b7f-a4a1-0c2f3e9d1b11"})


class StorageDouble(HttpDouble):
    """Storage alone on a port, for faults: `then` queues what it answers first."""

    def __init__(self, **buckets: Bucket) -> None:
        super().__init__()
        self.storage = Storage(buckets or {"bills": Bucket()})

    def usual(self, request: Request) -> Answer:
        return self.storage.answer(request.method, request.path, request.headers, request.body)


def refusal(status: int, error: str, code: str, message: str) -> Answer:
    """An error as Storage renders it: HTTP 500 for a 500, else 400."""
    body: dict[str, Any] = {"statusCode": str(status), "error": error, "code": code, "message": message}
    return answer(body, 500 if status == 500 else 400)


def _no_bucket() -> Answer:
    return refusal(404, "Bucket not found", "NoSuchBucket", "Bucket not found")


def _no_file() -> Answer:
    return refusal(404, "not_found", "NoSuchKey", "Object not found")


def _file_in(content_type: str, body: bytes) -> tuple[bytes, str]:
    """The one file of a multipart form, with its type."""
    form = message_from_bytes(f"content-type: {content_type}\r\n\r\n".encode() + body, policy=policy.HTTP)
    (part,) = (part for part in form.iter_parts() if part.get_filename())
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content, part.get_content_type()
