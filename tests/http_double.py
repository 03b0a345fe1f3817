"""A small real HTTP server on a free port that records every request and answers what the test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """One request as it arrived; header names are lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to answer. `hangs`: say nothing until the double closes. `drops`: close the connection instead."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    drops: bool = False
    announces_length: bool = True


def answer(payload: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer; `retry_after="2"` becomes the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, json.dumps(payload).encode(), {"content-type": "application/json"} | named)


HANGS = Answer(hangs=True)
DROPS = Answer(drops=True)


class HttpDouble:
    """The server, as a context manager. Subclasses implement `usual`; `then` says what comes before it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._queued: list[Answer] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def usual(self, request: Request) -> Answer:
        """The answer when the test has not queued another."""
        raise NotImplementedError

    def then(self, *answers: Answer) -> None:
        """Answer the next requests with these, one each."""
        self._queued.extend(answers)

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._take))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            chosen = self._queued.pop(0) if self._queued else self.usual(request)
        if chosen.hangs:
            self._closing.wait()
        return chosen


def _handler(take: Callable[[Request], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave as two packets; with Nagle's algorithm the second would wait 40 ms for the first.
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            chosen = take(Request(self.command, parts.path, query, headers, self.rfile.read(length)))
            if chosen.hangs or chosen.drops:
                self.close_connection = True
                return
            self.send_response(chosen.status)
            for name, value in chosen.headers.items():
                self.send_header(name, value)
            if chosen.announces_length:
                self.send_header("Content-Length", str(len(chosen.body)))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(chosen.body)

        do_GET = do_POST = do_PUT = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: pytest's output belongs to the tests."""

    return Handler
