"""`python -m deployments.local` starts the stack and stays up until Ctrl-C; `--demo` plays a scripted lead through it first,
`--exit` stops after that, with status 0 only if every step happened. Nothing of it needs an account or Docker.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from deployments.local.processes import DidNotStart
from deployments.local.stack import Stack, env_file, running
from deployments.local.story import play
from flows.errors import Fix
from flows.settings import ROOT

# What a visitor has no hours for; everything else runs on the defaults. Two hours are a minute, for whoever looks on has to
# read meanwhile, and twelve seconds for the story alone, which nobody looks at.
DEMO_TIMES = {"BURST_SECONDS": "1.5", "LINGER_SECONDS": "4", "REMINDER_AFTER_SECONDS": "60", "UNCERTAIN_SECONDS": "10"}
STORY_TIMES = DEMO_TIMES | {"REMINDER_AFTER_SECONDS": "12"}


async def _main(given: argparse.Namespace) -> int:
    data = Path(os.environ.get("LOCAL_DATA_DIR") or ROOT / ".local").resolve()
    times = (STORY_TIMES if given.exit else DEMO_TIMES) if given.demo else {}
    extra = {name: os.environ.get(name, value) for name, value in times.items()}
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
    async with running(data, extra=extra) as stack:
        if given.demo and not given.exit:
            print(
                f"\nOpen {stack.simulator}/ : five steps, two minutes. The story below goes on by itself.", flush=True
            )
        ok = await play(stack) if given.demo else True
        name, password = stack.operator
        print(
            f"\nthe tour     {stack.simulator}/  (the form and a phone, its run, the operator's page)\n"
            f"operators    {stack.webhook}/ops  (name {name}, password {password})\n"
            f"Prefect UI   {stack.prefect_ui}/runs\nwebhook      {stack.webhook}  (POST /leads, POST /webhook)\n"
            f"logs         {_shown(stack.data / 'logs')}\n"
            f"metrics      {', '.join(f'http://127.0.0.1:{p}/metrics ({n})' for n, p in stack.metrics.items())}\n"
            f"environment  {_shown(env_file(data))}  (secrets to sign deliveries with are in there)",
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
    parser = argparse.ArgumentParser(prog="python -m deployments.local", description=__doc__)
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
