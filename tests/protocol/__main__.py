"""Looks for long: `python -m tests.protocol --examples 5000 --seed 7 --steps 60`. Prints the shortest history that breaks."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from flows.adapters.store import database
from tests.protocol.machine import Protocol
from tests.protocol.store import Leaping, connect, prepare


def look(url: str, loop: asyncio.Runner, *, examples: int, steps: int, seeded: int | None, shrink: bool = True) -> None:
    """Raises what broke, with the steps that led to it printed; `seeded` None: the same examples each time."""
    connection = loop.run(connect(url))
    leaping = loop.get_loop()
    assert isinstance(leaping, Leaping)
    leaping.leaps = True
    machine = type("Protocol", (Protocol,), {"connection": connection, "loop": loop})
    try:
        run_state_machine_as_test(
            machine if seeded is None else seed(seeded)(machine),
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                derandomize=seeded is None,
                suppress_health_check=list(HealthCheck),
                print_blob=False,
                phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
            ),
        )
    finally:
        leaping.leaps = False
        loop.run(connection.close())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.protocol", description=__doc__)
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=50, help="the most things that happen in one example")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--as-found", action="store_true", help="print the history as it was found, and do not shorten it"
    )
    given = parser.parse_args()
    # what fails of the dispatcher's calls is the model's doing
    logging.getLogger("webhook.dispatch").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="serena-protocol-") as name, asyncio.Runner(loop_factory=Leaping) as loop:
        directory = Path(name)
        url = database.url_of(database.start_embedded(directory / "data"), "protocol")
        (directory / "migrations").mkdir()
        loop.run(prepare(url, directory / "migrations"))
        began = time.monotonic()
        look(url, loop, examples=given.examples, steps=given.steps, seeded=given.seed, shrink=not given.as_found)
        print(f"{given.examples} examples of up to {given.steps} steps held in {time.monotonic() - began:.0f} s")
        database.stop_embedded(directory / "data")
    return 0


if __name__ == "__main__":
    sys.exit(main())
