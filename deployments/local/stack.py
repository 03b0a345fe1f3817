"""The processes of the stack: Postgres, Prefect, webhook, worker, and a simulator for the outside; started and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from deployments.local.environment import stack_environment
from deployments.local.processes import Child, DidNotStart, free_port, says, start, stop, until_answers
from flows.adapters.store import database
from flows.errors import Fix
from flows.settings import LOCAL_STACK_ENV, ROOT


@dataclass
class Stack:
    """The running stack: its addresses, its environment, its processes by name."""

    data: Path
    env: dict[str, str]
    children: dict[str, Child] = field(default_factory=dict)
    # Where webhook and workers show their metrics: each process needs a port of its own.
    metrics: dict[str, int] = field(default_factory=dict)

    @property
    def webhook(self) -> str:
        return f"http://127.0.0.1:{self.env['WEBHOOK_PORT']}"

    @property
    def simulator(self) -> str:
        return self.env["WHATSAPP_BASE_URL"]

    @property
    def operator(self) -> tuple[str, str]:
        """Name and password of the first operator."""
        name, _, password = self.env["OPS_OPERATORS"].split(",")[0].partition(":")
        return name, password

    @property
    def prefect_ui(self) -> str:
        return self.env["PREFECT_API_URL"].removesuffix("/api")

    def launch(self, name: str, *command: str) -> Child:
        env = self.env
        if name == "webhook" or name.startswith("worker"):
            self.metrics[name] = free_port(self.metrics.get(name, 0))
            env = {**env, "METRICS_PORT": str(self.metrics[name])}
        if name == "simulator":
            env = {**env, "SIMULATOR_OPERATOR": ":".join(self.operator)}
        child = start(name, command, env=env, log=self.data / "logs" / f"{name}.log", cwd=ROOT)
        self.children[name] = child
        return child

    async def start_prefect(self) -> None:
        port = self.env["PREFECT_API_URL"].split(":")[2].split("/")[0]
        child = self.launch("prefect", "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port)
        await until_answers(child, f"{self.env['PREFECT_API_URL']}/health", within=120)

    async def start_webhook(self) -> None:
        child = self.launch("webhook", "-m", "webhook.app")
        await until_answers(child, f"{self.webhook}/health", within=60)

    async def start_simulator(self) -> None:
        port = self.simulator.rsplit(":", 1)[1]
        command = ("-m", "deployments.simulator", "--port", port, "--webhook-url", f"{self.webhook}/webhook")
        child = self.launch("simulator", *command)
        await until_answers(child, f"{self.simulator}/simulator/phones", within=60)

    async def apply(self) -> None:
        child = self.launch("apply", "-m", "deployments.apply")
        while child.running:
            await asyncio.sleep(0.05)
        if child.process.returncode:
            raise DidNotStart(f"deployments.apply failed:\n{child.last_lines()}")
        del self.children["apply"]

    async def start_worker(self, name: str = "worker") -> Child:
        log = self.data / "logs" / f"{name}.log"
        seen = log.read_text(errors="replace").count("started!") if log.exists() else 0
        child = self.launch(name, "-m", "deployments.worker")
        await says(child, "started!", within=60, times=seen + 1)
        return child

    async def stop(self) -> None:
        """Workers first, so that waiting conversations park while everything they need is still there."""
        order = sorted(self.children.values(), key=lambda c: (not c.name.startswith("worker"), c.name == "prefect"))
        for child in order:
            await stop(child, within=25 if child.name.startswith("worker") else 10)
        self.children.clear()


@contextlib.asynccontextmanager
async def running(
    data: Path, *, extra: dict[str, str] | None = None, ports: dict[str, int] | None = None, quiet: bool = False
) -> AsyncIterator[Stack]:
    """Starts everything in the order of its needs, shows progress, and stops everything at the end, come what may."""
    say = (lambda _: None) if quiet else (lambda text: print(text, flush=True))
    began = time.monotonic()
    data.mkdir(parents=True, exist_ok=True)
    with _only_one(data):
        say("starting: Postgres …")
        url = await asyncio.to_thread(database.start_embedded, data / "postgres")
        await database.ensure_database(url)
        await database.ensure_database(url.replace("/serena?", "/prefect?"))
        new = await database.migrate(url)
        say(f"  Postgres is up, {len(new)} migration(s) applied ({time.monotonic() - began:.1f} s)")
        ports = ports or {"webhook": free_port(8000), "prefect": free_port(4200), "simulator": free_port(8090)}
        stack = Stack(data, stack_environment(data, url, ports, extra or {}))
        for old in (data / "logs").glob("*.log"):
            old.unlink()
        try:
            _write_env(data, stack.env)
            say("starting: Prefect server, webhook, simulator … (the first start takes longest)")
            async with asyncio.TaskGroup() as group:
                prefect = group.create_task(stack.start_prefect())
                group.create_task(stack.start_webhook())
                group.create_task(stack.start_simulator())
                while not prefect.done():
                    await asyncio.wait({prefect}, timeout=5)
                    if not prefect.done():
                        say(f"  … Prefect is still starting ({time.monotonic() - began:.0f} s)")
            say(f"  Prefect, webhook and simulator are up ({time.monotonic() - began:.1f} s)")
            await stack.apply()
            await stack.start_worker()
            say(f"  deployments applied, worker is up ({time.monotonic() - began:.1f} s)")
            yield stack
        finally:
            await asyncio.shield(asyncio.ensure_future(stack.stop()))
            env_file(data).unlink(missing_ok=True)
            await asyncio.shield(asyncio.to_thread(database.stop_embedded, data / "postgres"))


@contextlib.contextmanager
def _only_one(data: Path):  # noqa: ANN202
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Fix(
                f"a stack runs on {data.name}/ already; stop it, or set LOCAL_DATA_DIR to another place"
            ) from None
        yield


def env_file(data: Path) -> Path:
    """Where other terminals find the running stack's environment."""
    return LOCAL_STACK_ENV if data == LOCAL_STACK_ENV.parent else data / "stack.env"


def _write_env(data: Path, env: dict[str, str]) -> None:
    """For commands in another terminal: `python -m flows.reminder …` finds the running stack by it."""
    file = env_file(data)
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}='{value}'\n" for name, value in env.items()))
