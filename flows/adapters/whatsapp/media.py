"""Fetches a file that a lead sent, trusting neither its address, its size, its type nor its bytes (docs/architecture.md#files)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
from collections.abc import Collection
from dataclasses import dataclass, field

import httpx

from flows.adapters.whatsapp.codes import classify, repeatable
from flows.errors import GiveUp, TryAgain

log = logging.getLogger(__name__)

# Where Meta serves media (docs/whatsapp.md 6.1); a leading dot means any host below it.
META_HOSTS = ("graph.facebook.com", ".fbsbx.com", ".fbcdn.net")
MAX_HOPS = 4


class TooLarge(GiveUp):
    """The file is larger than the caller allows; nothing of it was kept."""


class WrongType(GiveUp):
    """The bytes are not one of the accepted types, whatever the sender called them."""


class Corrupt(GiveUp):
    """The bytes do not have the SHA-256 that Meta announced."""


class ForeignHost(GiveUp):
    """The file's address, or a redirect, leads outside Meta; the token was not sent there."""


class MediaGone(GiveUp):
    """Meta no longer has the file: it keeps one for 7 days, and its address for 5 minutes."""


@dataclass(frozen=True)
class File:
    """A downloaded file: its bytes, the type seen in them, and their SHA-256 in hex."""

    content: bytes = field(repr=False)
    mime_type: str
    sha256: str


class Hosts:
    """Where the access token may go: Meta's media hosts over https, and the configured base URL itself."""

    def __init__(self, base_url: str, extra: Collection[str] = ()) -> None:
        """`extra` names further hosts, https only, `.example.com` for all below it."""
        self._base = _origin(httpx.URL(base_url))
        self._names = (*META_HOSTS, *extra)

    def check(self, url: httpx.URL) -> None:
        """Raise `ForeignHost` unless the token may be sent to this address."""
        # "https://graph.facebook.com@elsewhere/" is only ever written to deceive a reader.
        scheme, _, port = origin = _origin(url)
        if not url.userinfo and (origin == self._base or ((scheme, port) == ("https", 443) and self._named(url))):
            return
        raise ForeignHost(f"media: refused to send the token to {url.scheme}://{url.host}")

    def _named(self, url: httpx.URL) -> bool:
        return any(url.host.endswith(name) if name.startswith(".") else url.host == name for name in self._names)


async def fetch(client: httpx.AsyncClient, address: str, *, token: str, hosts: Hosts, max_bytes: int) -> bytes:
    """The bytes at `address`, at most `max_bytes`.

    Redirects are followed by hand, because httpx would not re-check the host. Raises `ForeignHost`, `TooLarge`,
    `MediaGone`, `TryAgain` or `Fix`. The client must not follow redirects nor carry credentials of its own.
    """
    # Plain bytes: a compressed answer could unfold to any size between two checks.
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    try:
        url = httpx.URL(address)
        for _ in range(MAX_HOPS):
            hosts.check(url)
            async with client.stream("GET", url, headers=headers) as response:
                if response.has_redirect_location:
                    url = url.join(response.headers["location"])
                    continue
                if response.status_code in (404, 410):
                    raise MediaGone(f"media: HTTP {response.status_code}")
                if not response.is_success:
                    raise repeatable(classify(None, response.status_code))
                return await _read(response, max_bytes)
    except httpx.InvalidURL:
        raise ForeignHost("media: the address is not a URL") from None
    except httpx.HTTPError as error:
        raise TryAgain(f"media: {type(error).__name__}", after_seconds=2.0) from None
    raise ForeignHost(f"media: more than {MAX_HOPS - 1} redirects")


def checked_file(content: bytes, *, declared: str, accept: Collection[str], sha256: str | None, media_id: str) -> File:
    """The bytes as a `File`, or `Corrupt` or `WrongType`. `declared` only tells sound from film in an MP4."""
    digest = hashlib.sha256(content).hexdigest()
    expected = _hex_digest(sha256) if sha256 else None
    if sha256 and expected is None:
        # How Meta writes this field in the media answer is not confirmed (docs/whatsapp.md 8.1), so an unreadable
        # one must not cost the lead the bill; what is lost is the comparison, not the type check.
        log.warning("media %s: sha256 in an unknown encoding, not compared", media_id)
    if expected is not None and expected != digest:
        raise Corrupt(f"media {media_id}: sha256 differs")
    mime_type = sniff(content, declared)
    if mime_type is None or mime_type not in {_bare(one) for one in accept}:
        raise WrongType(f"media {media_id}: the bytes are {mime_type or 'of an unknown type'}")
    return File(content, mime_type, digest)


def sniff(content: bytes, declared: str = "") -> str | None:
    """The type that the first bytes show, None when they show none of those a lead may send."""
    for magic, mime_type in _MAGIC:
        if content.startswith(magic):
            return mime_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return _ftyp(content[8:12], declared)
    # Sound without a container starts with a frame: eleven set bits and layer III for MP3, twelve and layer 0 for AAC.
    if len(content) > 1 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    if len(content) > 1 and content[0] == 0xFF and content[1] & 0xF6 == 0xF0:
        return "audio/aac"
    # Some printers put a byte order mark or blank lines before the header; readers accept that.
    if content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-"):
        return "application/pdf"
    return None


_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
)


def _ftyp(brand: bytes, declared: str) -> str:
    if brand in (b"heic", b"heix", b"mif1", b"avif"):  # an iPhone's photograph, not a film
        return "image/heic"
    sound = brand in (b"M4A ", b"M4B ") or declared.lower().startswith("audio/")
    return "audio/mp4" if sound else "video/mp4"


async def _read(response: httpx.Response, max_bytes: int) -> bytes:
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise TooLarge(f"media: {announced} bytes announced, {max_bytes} allowed")
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > max_bytes:
            raise TooLarge(f"media: more than {max_bytes} bytes")
    return bytes(content)


def _hex_digest(text: str) -> str | None:
    """Meta's hash as lower-case hex, from hex or from either alphabet of base64, padded or not."""
    if len(text) == 64:
        try:
            return bytes.fromhex(text).hex()
        except ValueError:
            return None
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/").rstrip("=") + "=", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == 32 else None


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)


def _bare(mime_type: str) -> str:
    return mime_type.split(";")[0].strip().lower()
