"""What each error code of the Cloud API asks of the caller (docs/whatsapp.md 5.8)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flows.errors import Fix, GiveUp, OptedOut, OutcomeUnknown, SerenaError, TryAgain, Unreachable, WindowClosed

UNKNOWN_ERROR = 131000


class NeedsFix(Fix):
    """A `Fix` that remembers Meta's code (None when the answer carried none)."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class Uncertain(OutcomeUnknown):
    """An `OutcomeUnknown` that remembers Meta's code (None when the answer carried none)."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class CodeMeaning:
    """What a code means: the error to raise; for `TryAgain` the seconds to wait; and whether HTTP 5xx leaves doubt.

    `proves_refusal` is False for the two codes that Meta also uses for "something broke on our side": with them a
    server error does not say whether the message went out (docs/whatsapp.md 5.4).
    """

    kind: type[NeedsFix | TryAgain | GiveUp]
    after_seconds: float = 0.0
    proves_refusal: bool = True


_FIX, _GIVE_UP, _GONE = CodeMeaning(NeedsFix), CodeMeaning(GiveUp), CodeMeaning(Unreachable)

CODES: dict[int, CodeMeaning] = {
    # Credentials and permissions; 200-299 are in `verdict`.
    0: _FIX,
    3: _FIX,
    10: _FIX,
    33: _FIX,
    190: _FIX,
    131005: _FIX,
    # Come back later.
    1: CodeMeaning(TryAgain, 30, proves_refusal=False),
    2: CodeMeaning(TryAgain, 30),
    4: CodeMeaning(TryAgain, 60),
    80007: CodeMeaning(TryAgain, 60),
    130429: CodeMeaning(TryAgain, 5),
    UNKNOWN_ERROR: CodeMeaning(TryAgain, 30, proves_refusal=False),
    131016: CodeMeaning(TryAgain, 30),
    131056: CodeMeaning(TryAgain, 4),
    131057: CodeMeaning(TryAgain, 60),
    132069: CodeMeaning(TryAgain, 600),
    133004: CodeMeaning(TryAgain, 30),
    133016: CodeMeaning(TryAgain, 600),
    # This person, this address.
    130403: _GONE,
    131021: _GONE,
    131026: _GONE,
    131030: _GONE,
    131047: CodeMeaning(WindowClosed),
    131050: CodeMeaning(OptedOut),
    # This message will not go; nobody needs to be woken for it.
    130472: _GIVE_UP,
    131049: _GIVE_UP,
    131051: _GIVE_UP,
    131052: _GIVE_UP,
    131060: _GIVE_UP,
    131062: _GIVE_UP,
    137000: _GIVE_UP,
    147001: _GIVE_UP,
    147002: _GIVE_UP,
    147003: _GIVE_UP,
    147004: _GIVE_UP,
    147005: _GIVE_UP,
    # The account or the number: a person at Serena has to act.
    368: _FIX,
    130497: _FIX,
    131031: _FIX,
    131037: _FIX,
    131042: _FIX,
    131045: _FIX,
    131048: _FIX,
    131063: _FIX,
    131064: _FIX,
    133010: _FIX,
    # Our request or our template; the rest of 132xxx is in `verdict`.
    100: _FIX,
    131008: _FIX,
    131009: _FIX,
    131053: _FIX,
    132000: _FIX,
    132001: _FIX,
    132005: _FIX,
    132007: _FIX,
    132012: _FIX,
    132015: _FIX,
    132016: _FIX,
    132068: _FIX,
    135000: _FIX,
}


def meaning_of(code: int) -> CodeMeaning | None:
    """The meaning of one code, None when Meta's table does not have it."""
    if code in CODES:
        return CODES[code]
    # Whole families: permissions, and templates, to which Meta keeps adding codes.
    return _FIX if 200 <= code < 300 or 132000 <= code < 133000 else None


def classify(code: int | None, http_status: int | None, *, fbtrace_id: object = None) -> SerenaError:
    """The error for a refused call (`http_status` 300 to 599) or, without `http_status`, for a failed status.

    Never raises; the text holds the code, the HTTP status and Meta's trace id, and nothing about the person.
    """
    text = _text(code, http_status, fbtrace_id)
    known = meaning_of(code) if code is not None else None
    if known is None:
        return _unlisted(code, http_status, text)
    if http_status is not None and not known.proves_refusal and (code == UNKNOWN_ERROR or http_status >= 500):
        return Uncertain(text, code=code)
    if known.kind is TryAgain:
        return TryAgain(text, after_seconds=known.after_seconds, code=code)
    return known.kind(text, code=code)


def repeatable(error: SerenaError) -> SerenaError:
    """For calls that do no harm twice (reading, marking as read): an unknown outcome is simply another try."""
    if isinstance(error, OutcomeUnknown):
        return TryAgain(str(error), after_seconds=2.0, code=getattr(error, "code", None))
    return error


def _unlisted(code: int | None, http_status: int | None, text: str) -> SerenaError:
    if http_status is None:
        return GiveUp(text, code=code)
    if http_status >= 500:
        return Uncertain(text, code=code)
    if code is not None:
        return GiveUp(text, code=code)
    if http_status == 429:
        return TryAgain(text, after_seconds=30)
    # No error object at all: a gateway, a wrong address or a redirect answered, not the messages endpoint.
    return NeedsFix(text)


def _text(code: int | None, http_status: int | None, fbtrace_id: object) -> str:
    parts = [f"code {code}" if code is not None else "no code"]
    if http_status is not None:
        parts.append(f"HTTP {http_status}")
    # The trace id comes from outside: only what looks like one may enter a log line.
    if isinstance(fbtrace_id, str) and re.fullmatch(r"[\w.-]{1,64}", fbtrace_id, re.ASCII):
        parts.append(f"fbtrace_id {fbtrace_id}")
    return f"WhatsApp: {', '.join(parts)}"
