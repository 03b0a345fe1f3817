"""Real HTTP on a free port: a server that records every request and answers what the test says, a webhook, and any app."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import uvicorn
from starlette.types import ASGIApp


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
    """The server, as a context manager. Subclasses say what is `usual`; `then` what comes before it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._queued: list[Answer] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def usual(self, request: Request) -> Answer:
        """The answer when the test has not queued another; of this class itself, none."""
        raise AssertionError(f"nobody said what {request.method} {request.path} is answered")

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


@dataclass(frozen=True)
class Received:
    """One webhook delivery as it came in, and the status it was answered with."""

    raw: bytes
    headers: dict[str, str]
    answered: int

    @property
    def change(self) -> dict[str, Any]:
        """The first change, for the simulator writes one per delivery; empty for a body of another shape."""
        entries = json.loads(self.raw).get("entry", [])
        return entries[0]["changes"][0] if entries else {"field": "", "value": {}}


class WebhookDouble(HttpDouble):
    """A webhook that answers 200, unless told otherwise for bodies that contain a certain text."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[Received] = []
        self._answers: dict[bytes, deque[int]] = {}
        self._news = threading.Condition()

    @property
    def url(self) -> str:
        return f"{super().url}/webhook"

    def answer(self, marker: str, *statuses: int) -> None:
        """The next deliveries with this ASCII text in the body get these statuses, then 200 again."""
        # By content, because late statuses of another test's message may arrive in between.
        self._answers[marker.encode()] = deque(statuses)

    def usual(self, request: Request) -> Answer:
        planned = next((left for marker, left in self._answers.items() if left and marker in request.body), None)
        status = planned.popleft() if planned else 200
        with self._news:
            self.received.append(Received(request.body, request.headers, status))
            self._news.notify_all()
        return Answer(status)

    def wait_for(self, wanted: Callable[[Received], bool], count: int = 1, seconds: float = 10) -> list[Received]:
        """All accepted or refused deliveries that match, once there are `count` of them. Raises AssertionError."""

        def matching() -> list[Received]:
            return [received for received in self.received if wanted(received)]

        with self._news:
            if not self._news.wait_for(lambda: len(matching()) >= count, timeout=seconds):
                raise AssertionError(f"{len(matching())} of {count} webhook deliveries after {seconds} s")
            return matching()


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Run `app` with uvicorn in a thread; gives its base address. Returns after the server has stopped."""
    # Bound and listening before the thread starts: early calls queue in the kernel, nobody needs to poll.
    # IPPROTO_TCP is spelt out because asyncio sets TCP_NODELAY by it, and without that an answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        listening.close()
