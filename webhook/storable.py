"""What the store can keep: JSON that Postgres takes as `jsonb`, keys for it, and events that are only kept."""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any

LONGEST_TEXT = 10_000
"""Characters. WhatsApp's own limit is 4,096; what is longer is not a message that somebody typed."""

# Bytes. A key of ours joins at most two ids, and Postgres refuses a btree entry above 2,704 bytes with its whole batch.
_LONGEST_ID = 1_000

# Deeper than anything Meta documents, and far from Python's recursion limit, which json.loads alone does not guard.
_DEEPEST = 64

# orjson and bigint columns end here; no WhatsApp number does.
_LARGEST_INTEGER = 2**63

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def cleaned_text(text: str) -> str:
    """Return the text without NUL (Postgres has none), with lone surrogates replaced, at most `LONGEST_TEXT` long."""
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        text = _LONE_SURROGATE.sub("\ufffd", text)
    return text[:LONGEST_TEXT]


def cleaned(value: Any, depth: int = 0) -> Any:
    """Return a copy of a JSON value that Postgres accepts.

    One refused value would fail the transaction of its whole delivery, which Meta then repeats for days. So NaN and
    infinity become null, huge integers text, and what is nested deeper than 64 levels null.
    """
    match value:
        case str():
            return cleaned_text(value)
        case bool() | None:
            return value
        case int():
            return value if abs(value) < _LARGEST_INTEGER else cleaned_text(str(value))
        case float():
            return value if math.isfinite(value) else None
        case dict() if depth < _DEEPEST:
            return {cleaned_text(str(key)): cleaned(inner, depth + 1) for key, inner in value.items()}
        case list() if depth < _DEEPEST:
            return [cleaned(inner, depth + 1) for inner in value]
        case _:
            return None


_ENVELOPE = ("id", "from", "from_user_id", "group_id", "timestamp", "type")


def fits_key(text: str) -> bool:
    """True when the cleaned text can be an id of ours: not empty, and short enough for a unique index."""
    return 0 < len(text.encode()) <= _LONGEST_ID


def fingerprint(value: Any) -> str:
    """Return the SHA-256, in hex, of the value's canonical JSON: equal content, equal fingerprint."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def kept(raw: Any, *, field: str | None, reason: str, key: str | None = None) -> dict[str, Any]:
    """Return the event for something that is stored and never acted on; `reason` says why, in one word or two."""
    return {"kind": "other", "key": key or f"h:{fingerprint(raw)}", "field": field, "reason": reason, "raw": raw}


def aside(message: dict[str, Any], *, reason: str, key: str | None) -> dict[str, Any]:
    """Return the event for a message that is nobody's to act on: who and when, not what. Its content would outlive an
    erasure, since nothing may say whose it is."""
    system = message.get("system")
    about = {"system": {k: system[k] for k in ("type", "wa_id") if k in system}} if isinstance(system, dict) else {}
    return kept({k: message[k] for k in _ENVELOPE if k in message} | about, field="messages", reason=reason, key=key)
