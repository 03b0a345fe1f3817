"""Files that simulated people send: kept in memory, handed out by short-lived addresses."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

PATH = "/whatsapp_business/attachments/"
_URL_SECONDS = 300.0


@dataclass(frozen=True)
class StoredMedia:
    """One stored file. `sha256` is base64, as webhooks carry it (docs/whatsapp.md 6.1)."""

    id: str
    content: bytes
    mime_type: str
    filename: str | None
    sha256: str


class MediaShelf:
    """Media by id, and the addresses under which they can be fetched for five minutes."""

    def __init__(self) -> None:
        self._media: dict[str, StoredMedia] = {}
        self._addresses: dict[str, tuple[str, float]] = {}

    def put(
        self, content: bytes, mime_type: str, filename: str | None = None, *, media_id: str | None = None
    ) -> StoredMedia:
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        media_id = media_id or str(710_000_000_000_000 + secrets.randbelow(10**13))
        media = StoredMedia(media_id, content, mime_type, filename, digest)
        self._media[media.id] = media
        return media

    def get(self, media_id: str) -> StoredMedia | None:
        return self._media.get(media_id)

    def address(self, media: StoredMedia, base: str, now: float) -> str:
        """A new address for the file on this server, good for five minutes from `now`."""
        key, expires = secrets.token_urlsafe(24), now + _URL_SECONDS
        self._addresses[key] = (media.id, expires)
        return f"{base.rstrip('/')}{PATH}?{urlencode({'mid': media.id, 'ext': int(expires), 'hash': key})}"

    def at_address(self, media_id: str, key: str, now: float) -> StoredMedia | None:
        """The file behind an address, or None when the address is wrong or expired."""
        known_id, expires = self._addresses.get(key, ("", 0.0))
        return self._media.get(media_id) if known_id == media_id and now < expires else None

    def listing(self, media: StoredMedia, base: str, now: float) -> dict[str, Any]:
        """The answer to GET /{media_id}."""
        return {
            "messaging_product": "whatsapp",
            "id": media.id,
            "url": self.address(media, base, now),
            "mime_type": media.mime_type,
            "sha256": media.sha256,
            "file_size": len(media.content),
        }


# A grey square of 8 by 8 pixels: the smallest honest picture.
_GREY = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAEElEQVR4nGM8wAABTAwUMQA3yADQfGDRkQAAAABJRU5ErkJggg=="
)
# What a phone sends when the caller brings no file: type and a few bytes with the right signature.
SPECIMENS: dict[str, tuple[str, bytes]] = {
    "image": ("image/png", _GREY),
    "audio": ("audio/ogg; codecs=opus", b"OggS\0\x02" + bytes(22)),
    "video": ("video/mp4", b"\0\0\0\x18ftypmp42" + bytes(12)),
    "sticker": ("image/webp", b"RIFF\x04\0\0\0WEBP"),
    "document": ("application/pdf", b"%PDF-1.4\n%%EOF\n"),
}
