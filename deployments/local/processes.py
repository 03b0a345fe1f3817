"""Child processes of the local stack: started on free ports, watched, and stopped without leaving anything behind."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

_PR_SET_PDEATHSIG = 1
_GIVEN_OUT = (15_000, 32_000)
_given: set[int] = set()


class DidNotStart(Exception):
    """A process ended or stayed silent; the text holds the end of its log."""


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def last_lines(self, count: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def free_port(wanted: int) -> int:
    """`wanted` when nobody listens there, else any free port. It is bound by somebody else, seconds later: so none that was
    given out before, and none from which the system takes the ports of outgoing connections (32768 and above on Linux, 49152
    on macOS)."""
    chance = random.SystemRandom()
    for port in (wanted, *(chance.randrange(*_GIVEN_OUT) for _ in range(100))):
        if not port or (port != wanted and port in _given):
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                _given.add(port)
                return port
    raise OSError("no free port")


def start(name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path, cwd: Path) -> Child:
    """Starts a Python module (or script) with its output in `log`. The child gets its own session, so that Ctrl-C
    reaches only us and the order of stopping stays ours; if we are killed outright, it gets a SIGTERM."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_end_with_parent(),
        )
    return Child(name, process, log)


def _end_with_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def until_answers(child: Child, url: str, *, within: float) -> None:
    """Waits until the address answers well. Raises DidNotStart with the child's last words."""
    async with httpx.AsyncClient(timeout=2.0) as client:
        for _ in _tries(child, within):
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(url)).is_success:
                    return
            await asyncio.sleep(0.1)


async def says(child: Child, word: str, *, within: float, times: int = 1) -> None:
    """Waits until the child's log holds the word so many times. Raises DidNotStart."""
    for _ in _tries(child, within):
        if child.log.read_text(errors="replace").count(word) >= times:
            return
        await asyncio.sleep(0.1)


def _tries(child: Child, within: float) -> Iterator[None]:
    """As long as the child runs and there is time. Raises DidNotStart."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not child.running:
            raise DidNotStart(f"{child.name} ended at once ({child.process.returncode}):\n{child.last_lines()}")
        yield
    raise DidNotStart(f"{child.name} did not start within {within:.0f} s:\n{child.last_lines()}")


async def stop(child: Child, *, within: float = 10.0) -> None:
    """SIGTERM, and SIGKILL for the whole session when that is not heard."""
    if child.running:
        child.process.terminate()
        deadline = time.monotonic() + within
        while child.running and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, signal.SIGKILL)
    await asyncio.to_thread(child.process.wait)
