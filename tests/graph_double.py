"""A double of Meta's Graph API: accepts messages, serves media, and refuses when the test says so."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Any

from tests.http_double import Answer, HttpDouble, Request, answer


@dataclass(frozen=True)
class Stored:
    """A file the double serves: what Meta says about it, and what it really is."""

    content: bytes
    mime_type: str
    sha256: str | None
    url: str | None
    file_size: object


class GraphDouble(HttpDouble):
    """Answers as docs/whatsapp.md 5.3 and 6.1 show; `then(refusal(131047))` goes first."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, Stored] = {}
        self._sent = 0

    def keep(
        self,
        media_id: str,
        content: bytes,
        mime_type: str,
        *,
        sha256: str | None = "right",
        url: str | None = None,
        file_size: object = None,
    ) -> None:
        """Serve `content` as `media_id`. `sha256` and `url` replace what Meta would truthfully say; None omits the hash."""
        if sha256 == "right":
            sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
        self.files[media_id] = Stored(
            content, mime_type, sha256, url, str(len(content)) if file_size is None else file_size
        )

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The bodies of the messages sent, in order, without read receipts."""
        bodies = [request.json for request in self.requests if request.path.endswith("/messages")]
        return [body for body in bodies if "type" in body]

    @property
    def receipts(self) -> list[dict[str, Any]]:
        """The bodies of the read receipts and typing indicators, in order."""
        bodies = [request.json for request in self.requests if request.path.endswith("/messages")]
        return [body for body in bodies if body.get("status") == "read"]

    def usual(self, request: Request) -> Answer:
        """Accept a message, acknowledge a receipt, describe or serve a file; anything else does not exist."""
        if request.method == "POST" and request.path.endswith("/messages"):
            return self._message(request.json)
        if served := re.fullmatch(r"/attachments/(\w+)", request.path):
            stored = self.files.get(served[1])
            return Answer(200, stored.content, {"content-type": stored.mime_type}) if stored else Answer(404)
        if described := re.fullmatch(r"(?:/\w+)?/v\d+\.\d+/(\w+)", request.path):
            return self._about(described[1])
        return refusal(100, 400)

    def _message(self, body: dict[str, Any]) -> Answer:
        if body.get("status") == "read":
            return answer({"success": True})
        self._sent += 1
        message = {"id": f"wamid.DOUBLE{self._sent:04}"}
        if body["type"] == "template":
            message["message_status"] = "accepted"
        if "to" in body:  # `to` wins when both are given
            contact = {"input": body["to"], "wa_id": body["to"].removeprefix("+")}
        else:
            contact = {"input": body["recipient"], "user_id": body["recipient"]}
        return answer({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]})

    def _about(self, media_id: str) -> Answer:
        stored = self.files.get(media_id)
        if stored is None:
            return refusal(100, 400)
        about = {
            "messaging_product": "whatsapp",
            "id": media_id,
            "url": stored.url or f"{self.url}/attachments/{media_id}",
            "mime_type": stored.mime_type,
            "file_size": stored.file_size,
        }
        return answer(about | ({"sha256": stored.sha256} if stored.sha256 else {}))


def refusal(code: int, status: int = 400, *, message: str = "refused", details: str = "refused") -> Answer:
    """Meta's error object with this code."""
    data = {"messaging_product": "whatsapp", "details": details}
    error = {"message": message, "type": "OAuthException", "code": code, "error_data": data, "fbtrace_id": "AbCdEf123"}
    return answer({"error": error}, status)
