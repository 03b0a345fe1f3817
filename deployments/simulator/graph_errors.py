"""Meta's error answers: which code has which HTTP status and title (docs/whatsapp.md 5.8)."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_name("graph_errors.tsv").read_text("utf-8").splitlines()[1:]
# HTTP status, title, and what a failed status says in detail, by code.
_KNOWN = {
    int(code): (int(status), title, (*details, title)[0])
    for code, status, title, *details in (line.split("\t") for line in _TABLE)
}
_GENERIC = (400, "Generic user error", "Generic user error")
_HREF = "/docs/whatsapp/cloud-api/support/error-codes/"


class GraphError(Exception):
    """A refusal in Meta's shape. `details` names parameters and limits, never values of a person."""

    def __init__(
        self, code: int, details: str | None = None, *, http_status: int | None = None, subcode: int | None = None
    ) -> None:
        status, self.title, _ = _KNOWN.get(code, _GENERIC)
        self.code, self.subcode = code, subcode
        self.details, self.http_status = details or self.title, http_status or status
        super().__init__(f"{code}: {self.details}")

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
    _, title, details = _KNOWN.get(code, _GENERIC)
    return {"code": code, "title": title, "message": title, "error_data": {"details": details}, "href": _HREF}
