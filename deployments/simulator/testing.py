"""For tests: run an application on a free port, and a webhook that remembers what it was sent."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import uvicorn
from fastapi import FastAPI


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """Run `app` with uvicorn in a thread; gives its base address. Returns after the server has stopped."""
    # Bound and listening before the thread starts: early calls queue in the kernel, nobody needs to poll.
    # IPPROTO_TCP is spelt out because asyncio sets TCP_NODELAY by it, and without that an answer takes 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="simulator", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        listening.close()


@dataclass(frozen=True)
class Received:
    """One webhook delivery as it came in, and the status it was answered with."""

    raw: bytes
    headers: dict[str, str]
    answered: int

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)

    @property
    def change(self) -> dict[str, Any]:
        """The first change, for the simulator writes one per delivery; empty for a body of another shape."""
        entries = self.body.get("entry", [])
        return entries[0]["changes"][0] if entries else {"field": "", "value": {}}


class WebhookDouble:
    """A webhook that answers 200, unless told otherwise for bodies that contain certain bytes."""

    def __init__(self) -> None:
        self._answers: dict[bytes, deque[int]] = {}
        self.received: list[Received] = []
        self._news = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(timeout=15)
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/webhook"

    def answer(self, marker: str, *statuses: int) -> None:
        """The next deliveries with this ASCII text in the body get these statuses, then 200 again."""
        # By content, because late statuses of another test's message may arrive in between.
        self._answers[marker.encode()] = deque(statuses)

    def wait_for(self, wanted: Callable[[Received], bool], count: int = 1, seconds: float = 10) -> list[Received]:
        """All accepted or refused deliveries that match, once there are `count` of them. Raises AssertionError."""

        def matching() -> list[Received]:
            return [received for received in self.received if wanted(received)]

        with self._news:
            if not self._news.wait_for(lambda: len(matching()) >= count, timeout=seconds):
                raise AssertionError(f"{len(matching())} of {count} webhook deliveries after {seconds} s")
            return matching()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", 0)))
                with double._news:
                    planned = next((left for marker, left in double._answers.items() if left and marker in raw), None)
                    status = planned.popleft() if planned else 200
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    double.received.append(Received(raw, headers, status))
                    double._news.notify_all()
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Silent: the test reads `received`."""

        return Handler
