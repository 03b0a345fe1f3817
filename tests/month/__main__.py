"""`python -m tests.month --seed S --leads N --days D`: a month of leads on one virtual clock, judged by the phones' log.

Exit status 0 only if no reminder came at night, twice in a silence, or after a stop, every message was answered, nobody was
written to who had said stop, the funnel and the daily reports equal a recount, and what is past its time is deleted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.month.clock import VirtualLoop

# Of the month nothing is configured elsewhere, and nothing is told to a Prefect.
for _name in [n for n in os.environ if n.startswith(("PREFECT_", "WHATSAPP_", "SUPABASE_", "SERENA_", "OPENAI_"))]:
    del os.environ[_name]
os.environ |= {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_LOGGING_TO_API_ENABLED": "false"}

# Midnight in São Paulo of a Monday; the month has Christmas in it.
START = datetime(2026, 12, 7, 3, tzinfo=UTC)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.month", description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leads", type=int, default=1000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument(
        "--houses",
        type=int,
        default=os.cpu_count() or 1,
        help="among which the leads are divided: each has "
        "a store, a clock and a process of its own; default: one for each core",
    )
    parser.add_argument("--house", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--script", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.house is None and given.houses > 1:
        return _divided(given)
    from tests.month.prefect_model import stand_in

    stand_in()
    from flows import settings
    from flows.adapters.store import database

    settings.Group.model_config["env_file"] = None
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="month-") as directory:
        url = database.start_embedded(Path(directory) / "postgres")
        try:
            return _run(given, url, Path(directory) / "bills")
        finally:
            database.stop_embedded(Path(directory) / "postgres")


def _divided(given: argparse.Namespace) -> int:
    """One process for each house; the exit status is that of the worst."""
    began = time.monotonic()
    same = (
        "--seed",
        str(given.seed),
        "--leads",
        str(given.leads),
        "--days",
        str(given.days),
        "--houses",
        str(given.houses),
    )
    command = (sys.executable, "-m", "tests.month", *same, "--house")
    houses = [subprocess.Popen((*command, str(number))) for number in range(given.houses)]
    worst = max(house.wait() for house in houses)
    print(
        f"seed {given.seed}: {given.leads} leads, {given.days} days, {'FAIL' if worst else 'PASS'}, {time.monotonic() - began:.1f} s"
    )
    return worst


def _run(given: argparse.Namespace, url: str, files: Path) -> int:
    from flows.adapters.store import database
    from tests.month.clock import VirtualLoop, make_database
    from tests.month.judging import judged
    from tests.month.phones import Trouble
    from tests.month.playing import opened, play
    from tests.month.prefect_model import Faults

    head, _, query = url.partition("?")
    url = f"{head.rsplit('/', 1)[0]}/month?{query}"
    people = range(given.house or 0, given.leads, given.houses if given.house is not None else 1)
    asyncio.run(make_database(url))
    asyncio.run(database.migrate(url))
    loop = VirtualLoop(START)
    asyncio.set_event_loop(loop)
    if given.script:
        print(json.dumps(loop.run_until_complete(_script(url, files, loop))))
        return 0
    faults = Faults(answers_lost=0.01, timers_missed=0.01, workers_killed=0.01)
    trouble = Trouble(refused=0.01, answer_lost=0.005, never_arrived=0.002)

    async def month() -> list[str]:
        began = time.monotonic()
        async with opened(url, files, loop, seed=given.seed, faults=faults, trouble=trouble) as house:
            await play(house, seed=given.seed, people=people, days=given.days)
            played = time.monotonic() - began
            wrong, told = await judged(house, START, given.days)
            print("\n".join(told))
            print(
                f"house {given.house or 0}: {len(people)} leads, {given.days} days in {played:.1f} s "
                f"({time.process_time():.1f} s of this processor); "
                f"{house.transport.calls} calls to the store, Prefect's model: "
                + ", ".join(f"{count} {what}" for what, count in sorted(house.prefect.counts.items()))
            )
            return wrong

    wrong = loop.run_until_complete(month())
    for line in wrong[:40]:
        print(f"  WRONG {line}")
    print(f"house {given.house or 0}: {'FAIL, ' + str(len(wrong)) + ' wrong' if wrong else 'PASS'}")
    return 1 if wrong else 0


async def _script(url: str, files: Path, loop: VirtualLoop) -> list[Any]:
    """What the store goes through when the script is played on Prefect's model."""
    from prefect.states import Failed

    from tests.month.phones import Phone, Trouble
    from tests.month.playing import opened
    from tests.month.prefect_model import Faults
    from tests.month.script import SCRIPT, see, seen

    with loop.real():
        await see(url)
    phone = Phone(0, "+5581980000000", "BR.1", "Marina Alves")
    async with opened(url, files, loop, seed=0, faults=Faults(), trouble=Trouble()) as house:
        house.phones.add(phone)
        for step in SCRIPT:
            house.phones.refuses = step.get("refused", 0)
            runs = list(house.prefect.runs.values())
            if step.get("fails"):
                house.prefect.set(runs[-1], Failed())
            if "resumed" in step:
                house.prefect.resume(runs[-1], step["resumed"])
            if "writes" in step:
                await house.phones.write(phone, step["writes"])
            # everything rests long before the silence is one
            await asyncio.sleep(60.0)
    with loop.real():
        return await seen(url, phone.bsuid)


if __name__ == "__main__":
    sys.exit(main())
