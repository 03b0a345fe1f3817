"""The HTTP protocol of the service: uvicorn's own, which also hangs up on whoever connects and does not ask anything."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 10.0
HEADER_BYTES = 64 * 1024


class Impatient(HttpToolsProtocol):
    """Waits for the headers of a request no longer than HEADER_SECONDS, from the connection or from their first byte on, however
    slowly they drip, and takes no more than HEADER_BYTES of them; uvicorn itself waits for ever and takes all. (A body has its
    own limit, and a connection between two requests uvicorn's `timeout_keep_alive`.)"""

    _patience: asyncio.TimerHandle | None = None
    _unasked = 0  # bytes since the last request

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()
        self._unasked = 0 if self._patience is None else self._unasked + len(data)
        if self._unasked > HEADER_BYTES:
            self._hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """A stream of events has no end of its own that a shutdown could wait for (webhook/ops/live.py); browsers come again."""
        super().shutdown()
        if self.cycle is not None and self.cycle.scope.get("state", {}).get("endless"):
            self.transport.close()

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._calm()
        elif self._patience is None:
            self._patience = self.loop.call_later(HEADER_SECONDS, self._hang_up)

    def _calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _hang_up(self) -> None:
        self._patience = None
        if (self.cycle is None or self.cycle.response_complete) and not self.transport.is_closing():
            self.transport.close()
