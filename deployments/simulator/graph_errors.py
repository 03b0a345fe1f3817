"""Meta's error answers: which code has which HTTP status and title (docs/whatsapp.md 5.8)."""

from __future__ import annotations

import secrets
from typing import Any

_KNOWN: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "Capability or permissions issue"),
    4: (400, "API Too Many Calls"),
    10: (403, "Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Invalid OAuth access token - Cannot parse access token"),
    368: (403, "Temporarily blocked for policies violations"),
    2500: (400, "Unknown path components"),
    80007: (400, "Rate limit issues"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country."),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Business Account locked"),
    131037: (400, "Display name not approved"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam Rate limit hit"),
    131049: (400, "Message not delivered to maintain healthy ecosystem engagement"),
    131050: (400, "User has stopped marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Translated text too long"),
    132007: (400, "Character policy violated"),
    132012: (400, "Parameter format does not match format in the created template"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    133004: (503, "Server temporarily unavailable"),
    133010: (400, "Phone number not registered"),
    135000: (400, "Generic user error"),
}
_HREF = "/docs/whatsapp/cloud-api/support/error-codes/"


class GraphError(Exception):
    """A refusal in Meta's shape. `details` names parameters and limits, never values of a person."""

    def __init__(
        self, code: int, details: str | None = None, *, http_status: int | None = None, subcode: int | None = None
    ) -> None:
        status, title = _KNOWN.get(code, (400, "Generic user error"))
        super().__init__(f"{code}: {details or title}")
        self.code = code
        self.title = title
        self.details = details or title
        self.http_status = http_status or status
        self.subcode = subcode

    def body(self) -> dict[str, Any]:
        """The JSON of the answer (docs/whatsapp.md 5.3)."""
        error: dict[str, Any] = {"message": f"(#{self.code}) {self.title}", "type": "OAuthException", "code": self.code}
        if self.code in (0, 190):
            error["message"] = self.title
        else:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode:
            error["error_subcode"] = self.subcode
        error["fbtrace_id"] = "A" + secrets.token_urlsafe(16)
        return {"error": error}


def unknown_object(node: str) -> GraphError:
    """An id that is not ours. Live, Meta answers 100 with subcode 33; its table lists 33 alone (docs/whatsapp.md 5.8)."""
    return GraphError(100, f"Object with ID '{node}' does not exist or does not support this operation.", subcode=33)


def status_error(code: int) -> dict[str, Any]:
    """One element of `errors[]` in a failed status (docs/whatsapp.md 3.3)."""
    details = {
        131026: "Message undeliverable.",
        131047: "More than 24 hours have passed since the recipient last replied.",
    }
    title = _KNOWN.get(code, (400, "Generic user error"))[1]
    data = {"details": details.get(code, title)}
    return {"code": code, "title": title, "message": title, "error_data": data, "href": _HREF}
