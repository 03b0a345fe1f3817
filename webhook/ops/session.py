"""Who is logged in: a signed cookie with the operator's name and epoch, and what the store says of both."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadSignature, TimestampSigner

from flows.adapters.store.people import Role

# Only below /ops, only letters that need no second thought: no scheme, no host, no dots, no `//`.
_LOCAL = re.compile(r"/ops(?:/[A-Za-z0-9_-]+)*(?:\?[A-Za-z0-9_=&%+.~-]*)?", re.ASCII)
_LONGEST_WAY = 500


@dataclass(frozen=True)
class Cookie:
    """What a cookie that was signed here says: which login of which operator. The store knows whether it goes on."""

    operator: str
    epoch: int
    token: str

    @property
    def digest(self) -> str:
        """SHA-256 in hex of the token: who reads the store learns nothing that belongs in a cookie."""
        return hashlib.sha256(self.token.encode()).hexdigest()


@dataclass(frozen=True)
class Session:
    """One login of one operator; `csrf` is what each of its forms has to carry."""

    cookie: Cookie
    role: Role
    csrf: str

    @property
    def operator(self) -> str:
        return self.cookie.operator

    def may(self, role: str) -> bool:
        """Whether a page shows what wants this role."""
        return self.role.covers(Role(role))


class _Signer(TimestampSigner):
    """Signs with SHA-256, by a clock that tests can set."""

    default_digest_method = staticmethod(hashlib.sha256)

    def __init__(self, key: bytes, clock: Callable[[], float]) -> None:
        super().__init__(key, salt="ops-session", key_derivation="hmac")
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock())


class Sessions:
    """Begins and recognises logins. Nothing is stored of one that goes on: whoever changes the app secret ends all of them,
    and the lead store knows each operator's epoch, and which were logged out."""

    def __init__(self, secret: str, lasting: timedelta, clock: Callable[[], float] = time.time) -> None:
        self._secret, self._lasting = secret.encode(), int(lasting.total_seconds())
        self._signer = _Signer(self.key(b"ops-session"), clock)

    def key(self, purpose: bytes) -> bytes:
        """A key of its own for each purpose."""
        return hmac.digest(self._secret, purpose, "sha256")

    def begin(self, name: str, epoch: int) -> str:
        """The cookie's value for a new login: name, epoch and a random token, signed with the time."""
        value = f"{urlsafe_b64encode(name.encode()).decode().rstrip('=')}.{epoch}.{secrets.token_urlsafe(18)}"
        return self._signer.sign(value).decode()

    def read(self, cookie: str | None) -> Cookie | None:
        """None when it was not signed here or is too old. The login may be over all the same."""
        if not cookie or not cookie.isascii():
            return None
        try:
            name, epoch, token = self._signer.unsign(cookie, max_age=self._lasting).decode().split(".")
            return Cookie(urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode(), int(epoch), token)
        except (BadSignature, binascii.Error, ValueError):  # SignatureExpired is one
            return None

    def bound(self, token: str) -> str:
        """What a form has to carry besides the cookie with this token; a foreign page can read neither."""
        return hmac.new(self._secret, b"ops-form\0" + token.encode(), hashlib.sha256).hexdigest()


def same_secret(given: str, expected: str) -> bool:
    """Constant-time comparison of texts that may hold anything."""
    return hmac.compare_digest(given.encode(), expected.encode())


def way(wanted: str | None) -> str:
    """Where to go after the login: the page that was wanted, if it is one of ours, else the inbox."""
    if (
        wanted is None
        or len(wanted) > _LONGEST_WAY
        or not _LOCAL.fullmatch(wanted)
        or wanted.startswith(("/ops/login", "/ops/logout"))
    ):
        return "/ops"
    return wanted
