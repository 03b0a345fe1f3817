"""Proof that a request comes from Meta: the signature of an event, and the handshake of the verification request.

The rules: docs/whatsapp.md 1.1 and 1.2.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from enum import StrEnum

# Lower case and exactly 64 digits, as Meta writes it: anything else was not written by Meta, and is not compared.
_HEADER = re.compile(r"sha256=([0-9a-f]{64})")


class SignatureVerdict(StrEnum):
    """What `X-Hub-Signature-256` says about a body."""

    GENUINE = "genuine"
    MISSING = "missing"
    """No header, or one that is not `sha256=<64 hex digits>`: answered 401."""
    FORGED = "forged"
    """The digest belongs to another body or another secret: answered 403."""


def sign(body: bytes, secret: str) -> str:
    """Return the header value that Meta would send with these bytes; for the simulator and for tests."""
    return "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()


def verify(body: bytes, header: str | None, secrets: Sequence[str]) -> SignatureVerdict:
    """Judge the bytes as they were received, before anybody parses them.

    `secrets` holds the app secret, and while it is being rotated the one before. Raises ValueError when there is no
    secret or an empty one, because everybody can sign with an empty key; TypeError for a bare string, whose single
    characters would be taken for secrets.
    """
    if isinstance(secrets, str):
        raise TypeError("a list of app secrets is needed, not one string")
    if not secrets or not all(secrets):
        raise ValueError("without an app secret no request can be verified")
    match = _HEADER.fullmatch(header or "")
    if match is None:
        return SignatureVerdict.MISSING
    given = bytes.fromhex(match[1])
    genuine = False
    for secret in secrets:
        # No early exit: the time taken must not tell which secret was close.
        genuine |= hmac.compare_digest(hmac.digest(secret.encode(), body, "sha256"), given)
    return SignatureVerdict.GENUINE if genuine else SignatureVerdict.FORGED


def verification(mode: str | None, token: str | None, challenge: str | None, expected: str) -> str | None:
    """Return the challenge to answer Meta's GET with, as plain text; None means 403.

    `mode`, `token` and `challenge` are `hub.mode`, `hub.verify_token` and `hub.challenge`. An empty `expected` refuses
    everything: a missing setting must not open the door.
    """
    same = hmac.compare_digest(_bytes(token or ""), _bytes(expected))
    if mode == "subscribe" and expected and same:
        return challenge or None
    return None


def _bytes(value: str) -> bytes:
    # A query string may decode to lone surrogates, which plain UTF-8 refuses with an exception.
    return value.encode("utf-8", "surrogatepass")
