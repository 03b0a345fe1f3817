"""A pooler before a real Postgres, by session or by transaction, as far as a client can tell it from the server itself.

By session a client has a server's connection for as long as it stays, and one too many is refused as Supavisor does it, with
SQLSTATE XX000. By transaction a connection is lent from `begin` to `commit`, so names of prepared statements are shared.
Messages: the manual's chapter "Frontend/Backend Protocol".
"""

from __future__ import annotations

import asyncio
import struct
import threading
from typing import Self
from urllib.parse import parse_qs, urlsplit

_SSL_REQUEST = 80877103
Server = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Pooler:
    """Open with `with`; `url` is what DATABASE_URL would be. `refused` counts the clients that found no room."""

    def __init__(self, url: str, *, by_transaction: bool = False, most: int = 15) -> None:
        parts = urlsplit(url)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._path, self._user = parts.path, parts.username
        self._by_transaction, self._most = by_transaction, most
        self._clients = 0
        self.refused = 0
        self._idle: list[Server] = []
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"postgresql://{self._user}@127.0.0.1:{port}{self._path}"
        return self

    def __exit__(self, *exception: object) -> None:
        async def stop() -> None:
            self._server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for _, writer in self._idle:
                writer.close()

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients += 1
        try:
            start = await _start(reader)
            if struct.unpack("!I", start[4:8])[0] == _SSL_REQUEST:
                writer.write(b"N")
                start = await _start(reader)
            if not self._by_transaction and self._clients > self._most:
                self.refused += 1
                text = b"SFATAL\0VFATAL\0CXX000\0MMaxClientsInSessionMode: max clients reached\0\0"
                writer.write(b"E" + struct.pack("!I", len(text) + 4) + text)
                await writer.drain()
                return
            server = await asyncio.open_unix_connection(self._socket)
            server[1].write(start)
            await _relay(server[0], writer)
            if self._by_transaction:
                self._idle.append(server)
                await self._lend(reader, writer)
            else:
                await self._whole(reader, writer, server)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return  # the client went, or the pooler stops (the stream's own callback cannot take a cancellation)
        finally:
            self._clients -= 1
            writer.close()

    async def _whole(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
                await target.drain()

        copies = [asyncio.ensure_future(copy(reader, server[1])), asyncio.ensure_future(copy(server[0], writer))]
        try:
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in copies:
                task.cancel()
            server[1].close()

    async def _lend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering: asyncio.Task[None] | None = None
        try:
            while True:
                kind, message = await _message(reader)
                if kind == b"X":
                    return
                if answering is None or answering.done():
                    while not self._idle:
                        await asyncio.sleep(0.005)
                    server = self._idle.pop()
                    answering = asyncio.create_task(self._answer(server, writer))
                server[1].write(message)
        finally:
            if answering is not None and not answering.done():
                answering.cancel()  # left in the middle of a transaction
                server[1].close()

    async def _answer(self, server: Server, writer: asyncio.StreamWriter) -> None:
        while await _relay(server[0], writer) != b"I":
            continue
        self._idle.append(server)


async def _start(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(4)
    return length + await reader.readexactly(struct.unpack("!I", length)[0] - 4)


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)


async def _relay(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> bytes:
    """Everything until the server is ready for the next query; gives its transaction status."""
    while True:
        kind, message = await _message(source)
        target.write(message)
        await target.drain()
        if kind == b"Z":
            return message[5:6]
