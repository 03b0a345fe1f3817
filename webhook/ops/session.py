"""Who is logged in: a signed cookie, whose key is made of the app secret and that operator's password or its hash."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadSignature, TimestampSigner
from pydantic import SecretStr

from webhook.ops.password import PASSWORDS

# Only below /ops, only letters that need no second thought: no scheme, no host, no dots, no `//`.
_LOCAL = re.compile(r"/ops(?:/[A-Za-z0-9_-]+)*(?:\?[A-Za-z0-9_=&%+.~-]*)?", re.ASCII)
_LONGEST_WAY = 500


@dataclass(frozen=True)
class Session:
    """One login of one operator; `csrf` is what each of its forms has to carry, `digest` what the store knows it by."""

    operator: str
    token: str
    csrf: str

    @property
    def digest(self) -> str:
        """SHA-256 in hex of the token: who reads the store learns nothing that belongs in a cookie."""
        return hashlib.sha256(self.token.encode()).hexdigest()


class _Signer(TimestampSigner):
    """Signs with SHA-256, by a clock that tests can set."""

    default_digest_method = staticmethod(hashlib.sha256)

    def __init__(self, key: bytes, clock: Callable[[], float]) -> None:
        super().__init__(key, salt="ops-session", key_derivation="hmac")
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock())


class Sessions:
    """Begins and recognises logins. Nothing is stored: whoever changes the app secret or an operator's password, or
    removes the operator, ends the sessions that were signed with it. Which were logged out, the lead store knows."""

    def __init__(
        self,
        operators: Mapping[str, SecretStr],
        secret: str,
        lasting: timedelta,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._passwords = {name: password.get_secret_value() for name, password in operators.items()}
        self._secret, self._lasting, self._clock = secret.encode(), int(lasting.total_seconds()), clock
        self._hashes = {
            name: given if given.startswith("$argon2") else PASSWORDS.hash(given)
            for name, given in self._passwords.items()
        }
        # Whom an unknown name is compared with, so that it takes as long as a known one.
        self._nobody = PASSWORDS.hash(secrets.token_hex(16))

    def known(self, name: str) -> bool:
        return name in self._passwords

    def right(self, name: str, password: str) -> bool:
        """Whether name and password belong together; the time it takes, for hashes of ours, tells not which was wrong. It is
        long: call it in a thread."""
        return PASSWORDS.verify(password, self._hashes.get(name, self._nobody)) and name in self._hashes

    def begin(self, name: str) -> str:
        """The cookie's value for a new session: name and a random token, signed with the time."""
        value = f"{urlsafe_b64encode(name.encode()).decode().rstrip('=')}.{secrets.token_urlsafe(18)}"
        return self._signer(name).sign(value).decode()

    def read(self, cookie: str | None) -> Session | None:
        """The session of a cookie; None when it was not signed here or is too old. It may have been logged out."""
        if not cookie or not cookie.isascii():
            return None
        name = _name(cookie.partition(".")[0])
        if name is None or name not in self._passwords:
            return None
        try:
            value = self._signer(name).unsign(cookie, max_age=self._lasting).decode()
        except BadSignature:  # SignatureExpired is one
            return None
        token = value.partition(".")[2]
        return Session(name, token, self.bound(token))

    def bound(self, token: str) -> str:
        """What a form has to carry besides the cookie with this token; a foreign page can read neither."""
        return hmac.new(self._secret, b"ops-form\0" + token.encode(), hashlib.sha256).hexdigest()

    def _signer(self, name: str) -> _Signer:
        about = "\0".join(("ops-session", name, self._passwords[name])).encode()
        return _Signer(hmac.digest(self._secret, about, "sha256"), self._clock)


def same(given: str, expected: str) -> bool:
    """Constant-time comparison of texts that may hold anything."""
    return hmac.compare_digest(given.encode(), expected.encode())


def way(wanted: str | None) -> str:
    """Where to go after the login: the page that was wanted, if it is one of ours, else the inbox."""
    if wanted is None or len(wanted) > _LONGEST_WAY or not _LOCAL.fullmatch(wanted) or wanted.startswith("/ops/log"):
        return "/ops"
    return wanted


def _name(encoded: str) -> str | None:
    try:
        return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
