"""`python -m tests.chaos.docker --compose docker-compose --directory DIR`: every container is killed once while leads talk.

Needs the stack of docker-compose.yml with the profile `simulator` (docs/docker.md), short times in its `.env`
(LINGER_SECONDS=4, REMINDER_AFTER_SECONDS=30), and the right to send a signal to a container's process (root). Exit
status 0 only if every message was answered exactly once in time and every reminder came exactly once.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.chaos.containers import Containers, Wrong
from tests.chaos.strokes import Field, Result

KILLED = ("worker", "webhook", "redis", "postgres", "prefect", "prefect-services")
REPLACED = ("worker", "webhook")
_LONGEST_REMINDER = 120.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.docker", description=__doc__.split("\n")[0])
    parser.add_argument("--compose", default="docker compose", help="docker compose, or docker-compose for v1")
    parser.add_argument("--directory", type=Path, default=Path.cwd(), help="where docker-compose.yml and .env lie")
    parser.add_argument("--simulator", default="http://127.0.0.1:8090", help="address of the simulator")
    parser.add_argument("--leads", type=int, default=10, help="leads who talk during each stroke")
    parser.add_argument("--only", nargs="+", metavar="STROKE", help="e.g. kill-redis replace-worker")
    parser.add_argument("--seed", type=int, default=1, help="of the leads' pauses")
    given = parser.parse_args()
    random.seed(given.seed)
    containers = Containers(given.compose, given.directory.resolve())
    strokes: dict[str, tuple[str, Callable[[str], object]]] = {
        f"kill-{name}": (name, containers.kill) for name in KILLED
    }
    strokes |= {f"replace-{name}": (name, containers.replace) for name in REPLACED}
    unknown = set(given.only or ()) - set(strokes)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(strokes)}")
    results: list[Result] = []
    try:
        reminder_after = float(containers.variable("worker", "REMINDER_AFTER_SECONDS"))
        if reminder_after > _LONGEST_REMINDER:
            raise Wrong("set REMINDER_AFTER_SECONDS=30 in .env, apply it (`up -d`), and try again")
        with httpx.Client(base_url=given.simulator, timeout=30.0) as simulator:
            field = Field(containers, simulator, given.leads, reminder_after)
            for name in given.only or strokes:
                results.append(field.strike(name, *strokes[name]))
                _show(results[-1])
    except (Wrong, AssertionError, httpx.HTTPError) as exc:
        print(f"stopped: {exc or type(exc).__name__}", file=sys.stderr)
        return 2
    wrong = sum(len(each.wrong) for each in results)
    print(f"{len(results)} strokes, {sum(each.messages for each in results)} messages, {wrong} wrong")
    return 1 if wrong else 0


def _show(result: Result) -> None:
    print(
        f"{result.name:18} back after {result.back:5.1f} s · slowest answer {result.slowest:5.1f} s · "
        f"{result.messages} messages, {result.caught} caught in it · {result.reminders} reminders · "
        f"{'all once' if not result.wrong else f'{len(result.wrong)} WRONG'}",
        flush=True,
    )
    for line in result.wrong:
        print(f"    {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
