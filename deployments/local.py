"""The whole stack on one machine with one command: Postgres, Prefect, webhook, worker, and a simulator for the outside.

`python -m deployments.local` starts it and stays up until Ctrl-C; `--demo` plays a scripted lead through it first,
`--exit` stops after that, with status 0 only if every step happened. Nothing of it needs an account or Docker.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from deployments.processes import Child, DidNotStart, answers, free_port, says, start, stop
from flows.adapters.store import database
from flows.errors import Fix
from flows.settings import LOCAL_STACK_ENV, ROOT

# Who may log in at /ops here; the password is made once, like the other secrets.
OPERATOR = "demo"
# What the story needs to happen in seconds instead of hours; everything else runs on the defaults.
DEMO_TIMES = {"BURST_SECONDS": "1.5", "LINGER_SECONDS": "4", "REMINDER_AFTER_SECONDS": "12", "UNCERTAIN_SECONDS": "10"}


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
        child = start(name, command, env=env, log=self.data / "logs" / f"{name}.log", cwd=ROOT)
        self.children[name] = child
        return child

    async def start_prefect(self) -> None:
        port = self.env["PREFECT_API_URL"].split(":")[2].split("/")[0]
        child = self.launch("prefect", "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port)
        await answers(child, f"{self.env['PREFECT_API_URL']}/health", within=120, accept=lambda r: r.is_success)

    async def start_webhook(self) -> None:
        child = self.launch("webhook", "-m", "webhook.app")
        await answers(child, f"{self.webhook}/health", within=60, accept=lambda r: r.is_success)

    async def start_simulator(self) -> None:
        port = self.simulator.rsplit(":", 1)[1]
        command = ("-m", "deployments.simulator", "--port", port, "--webhook-url", f"{self.webhook}/webhook")
        child = self.launch("simulator", *command)
        await answers(child, f"{self.simulator}/simulator/phones", within=60, accept=lambda r: r.is_success)

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
        for _ in range(600):
            await says(child, "started!", within=60)
            if child.log.read_text(errors="replace").count("started!") > seen:
                return child
            await asyncio.sleep(0.1)
        raise DidNotStart(f"{name} did not start:\n{child.last_lines()}")

    async def stop(self) -> None:
        """Workers first, so that waiting conversations park while everything they need is still there."""
        order = sorted(self.children.values(), key=lambda c: (not c.name.startswith("worker"), c.name == "prefect"))
        for child in order:
            await stop(child, within=25 if child.name.startswith("worker") else 10)
        self.children.clear()


def environment(data: Path, url: str, ports: dict[str, int], extra: dict[str, str]) -> dict[str, str]:
    """Everything the processes read. Secrets are made once per data directory and never leave it."""
    secret = _secrets(data / "secrets.json")
    phone_number_id, waba_id = "480000000000001", "390000000000001"
    simulator = f"http://127.0.0.1:{ports['simulator']}"
    return {
        "DATABASE_URL": url,
        "LOCAL_DATA_DIR": str(data),
        "WHATSAPP_APP_SECRET": secret["app_secret"],
        "WHATSAPP_VERIFY_TOKEN": secret["verify_token"],
        "WHATSAPP_API_TOKEN": secret["token"],
        "WHATSAPP_PHONE_NUMBER_ID": phone_number_id,
        "WHATSAPP_BUSINESS_ACCOUNT_ID": waba_id,
        "WHATSAPP_BASE_URL": simulator,
        "WHATSAPP_REMINDER_TEMPLATE_NAME": "retomar_conversa",
        "SERENA_API_BASE_URL": simulator,
        "SERENA_API_TOKEN": secret["serena_token"],
        "SIMULATOR_APP_SECRET": secret["app_secret"],
        "SIMULATOR_TOKEN": secret["token"],
        "SIMULATOR_PLANS_TOKEN": secret["serena_token"],
        "SIMULATOR_PHONE_NUMBER_ID": phone_number_id,
        "SIMULATOR_WABA_ID": waba_id,
        "WEBHOOK_HOST": "127.0.0.1",
        "WEBHOOK_PORT": str(ports["webhook"]),
        # a browser counts 127.0.0.1 and localhost as two sites
        "FORM_ORIGINS": f"{simulator},http://localhost:{ports['simulator']}",
        "OPS_OPERATORS": f"{OPERATOR}:{secret['ops_password']}",
        "OPS_URL": f"http://127.0.0.1:{ports['webhook']}",
        "OPS_PREFECT_URL": f"http://127.0.0.1:{ports['prefect']}",
        "PREFECT_API_URL": f"http://127.0.0.1:{ports['prefect']}/api",
        "PREFECT_HOME": str(data / "prefect"),
        "PREFECT_PROFILES_PATH": str(data / "prefect" / "profiles.toml"),
        "PREFECT_API_DATABASE_CONNECTION_URL": url.replace("postgresql:", "postgresql+asyncpg:").replace(
            "/serena?", "/prefect?"
        ),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
        # an idle server with thousands of suspended runs costs 38 % of a core on the default pace, 3 % on this one
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "300",
        # Task runs are written one by one on the default pace, which costs more than all else that a turn asks of Prefect.
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "50",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        # Kept events fill no page but the event feed, and are most of a day's new rows.
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "INFO",
        **extra,
    }


def _secrets(kept: Path) -> dict[str, str]:
    """Made once; a file from before a secret existed gets what it lacks, and keeps the rest."""
    known: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    names = ("app_secret", "verify_token", "token", "serena_token", "ops_password")
    if missing := [name for name in names if name not in known]:
        # the operator's password is typed by a person, and guards made-up leads only
        known |= {name: secrets.token_hex(6 if name == "ops_password" else 16) for name in missing}
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(known))
    return known


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
        stack = Stack(data, environment(data, url, ports, extra or {}))
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
            _env_file(data).unlink(missing_ok=True)
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


def _env_file(data: Path) -> Path:
    return LOCAL_STACK_ENV if data == LOCAL_STACK_ENV.parent else data / "stack.env"


def _write_env(data: Path, env: dict[str, str]) -> None:
    """For commands in another terminal: `python -m flows.reminder …` finds the running stack by it."""
    file = _env_file(data)
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}='{value}'\n" for name, value in env.items()))


async def _main(given: argparse.Namespace) -> int:
    data = Path(os.environ.get("LOCAL_DATA_DIR") or ROOT / ".local").resolve()
    extra = {name: os.environ.get(name, value) for name, value in DEMO_TIMES.items()} if given.demo else {}
    stop_asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop_asked.set)
    story_ok = True
    work = asyncio.create_task(_up(data, extra, given, stop_asked))
    waiting = asyncio.create_task(stop_asked.wait())
    await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        print("\nstopping …", flush=True)
        work.cancel()
    waiting.cancel()
    try:
        story_ok = await work
    except asyncio.CancelledError:
        story_ok = not given.exit  # Ctrl-C ends a stack that stays up; it interrupts one that should have played
    print("stopped.", flush=True)
    return 0 if story_ok else 1


async def _up(data: Path, extra: dict[str, str], given: argparse.Namespace, stop_asked: asyncio.Event) -> bool:
    from deployments.story import play

    async with running(data, extra=extra) as stack:
        ok = await play(stack) if given.demo else True
        name, password = stack.operator
        print(
            f"\nphone page   {stack.simulator}/  (the form, and a phone beside it)\n"
            f"operators    {stack.webhook}/ops  (name {name}, password {password})\n"
            f"Prefect UI   {stack.prefect_ui}/runs\nwebhook      {stack.webhook}  (POST /leads, POST /webhook)\n"
            f"logs         {_shown(stack.data / 'logs')}\n"
            f"metrics      {', '.join(f'http://127.0.0.1:{p}/metrics ({n})' for n, p in stack.metrics.items())}\n"
            f"environment  {_shown(_env_file(data))}  (secrets to sign deliveries with are in there)",
            flush=True,
        )
        if not given.exit:
            print("\nCtrl-C stops everything.", flush=True)
            await _watch(stack, stop_asked)
        return ok


async def _watch(stack: Stack, stop_asked: asyncio.Event) -> None:
    """Until asked to stop; a process that dies is named at once."""
    gone: set[str] = set()
    while not stop_asked.is_set():
        await asyncio.sleep(0.5)
        for child in stack.children.values():
            if not child.running and child.name not in gone:
                gone.add(child.name)
                print(f"{child.name} ended ({child.process.returncode}):\n{child.last_lines()}", file=sys.stderr)


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deployments.local", description=__doc__.split("\n")[0])
    parser.add_argument("--demo", action="store_true", help="play a scripted lead, with seconds instead of hours")
    parser.add_argument("--exit", action="store_true", help="stop after the story")
    given = parser.parse_args()
    try:
        return asyncio.run(_main(given))
    except (Fix, DidNotStart) as exc:
        print(exc, file=sys.stderr)
        return 1
    except ExceptionGroup as group:
        for each in group.exceptions:
            print(each, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
