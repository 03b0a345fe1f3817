"""A network that fails on demand: small TCP proxies between the processes, each cut, slowed, or answering in another's place."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

_PAGE = b"<html><body><h1>Please wait</h1></body></html>"
# What the page of a proxy or a login portal looks like to a program: success, and nothing that it can use.
PAGE = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(_PAGE)
) + _PAGE


@dataclass
class Wire:
    """Everything that goes to `there` (host and port, or the path of a Unix socket) by way of a port of our own.

    `cut`: connections break and new ones are refused. `delay`: seconds, at most, that each piece takes longer; pieces of
    different connections overtake each other. `page`: whoever asks gets an HTML page with 200 instead of an answer.
    """

    there: tuple[str, int] | str
    cut: bool = False
    delay: float = 0.0
    page: bool = False
    port: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def laid(self) -> AsyncIterator[Wire]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.break_off()

    def break_off(self) -> None:
        """Whatever is open breaks; the other side gets a reset, as from a router that forgot it."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.transport.abort()
            return
        try:
            if isinstance(self.there, str):
                far_reader, far_writer = await asyncio.open_unix_connection(self.there)
            else:
                far_reader, far_writer = await asyncio.open_connection(*self.there)
        except OSError:
            writer.transport.abort()  # nobody listens there: its process is dead
            return
        both = {writer, far_writer}
        self._open |= both
        try:
            await asyncio.gather(self._pump(reader, far_writer, back=writer), self._pump(far_reader, writer))
        finally:
            self._open -= both
            for each in both:
                each.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: asyncio.StreamWriter | None = None
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self.page and back is not None:
                    back.write(PAGE)
                    await back.drain()
                    break
                if self.delay:
                    await asyncio.sleep(random.uniform(0.0, self.delay))
                writer.write(data)
                await writer.drain()
        # one side has ended, and with it the conversation: what is on its way may still arrive
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()
        if back is not None:
            back.close()
