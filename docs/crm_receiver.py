"""A small receiver of Serena's events (docs/crm.md), to begin a CRM's own with: `python docs/crm_receiver.py PORT SECRET`.

It verifies before it reads, acts once for each id, and answers only when what it has to keep is kept: here, one line a new event
on standard output. Needs `standardwebhooks`.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

SEEN: set[str] = set()  # a real one has a table with the id as its key


def serve(port: int, secret: str) -> HTTPServer:
    """The server, not yet running; port 0 takes a free one."""
    verifier = Webhook(secret)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            try:
                event = verifier.verify(body, dict(self.headers.items()))
            except WebhookVerificationError:
                self.answer(401)  # not Serena's, or older than five minutes
                return
            if self.headers["webhook-id"] not in SEEN:
                print(json.dumps({"id": self.headers["webhook-id"], **event}), flush=True)
                SEEN.add(self.headers["webhook-id"])
            self.answer(204)  # also for what came before: it is done with

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet: the lines on standard output are the events."""

    return HTTPServer(("127.0.0.1", port), Receiver)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2]).serve_forever()
