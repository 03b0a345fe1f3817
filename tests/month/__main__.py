"""`python -m tests.month --seed S --leads N --days D`: a month of leads on one virtual clock, judged by the phones' log.

Exit status 0 only if no reminder came at night, twice in a silence, or after a stop, every message was answered, nobody was
written to who had said stop, the funnel and the daily reports equal a recount, and what is past its time is deleted.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

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
    parser.add_argument("--database", help="a Postgres server's URL; default: an embedded one of its own")
    given = parser.parse_args(arguments)
    from tests.month.prefect_model import stand_in

    stand_in()
    from flows import settings
    from flows.adapters.store import database

    settings.Group.model_config["env_file"] = None
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="month-") as directory:
        url = given.database or database.start_embedded(Path(directory) / "postgres")
        try:
            return _run(given, url, Path(directory) / "bills")
        finally:
            if not given.database:
                database.stop_embedded(Path(directory) / "postgres")


def _run(given: argparse.Namespace, url: str, files: Path) -> int:
    import uuid

    from flows.adapters.store import database
    from tests.month.clock import VirtualLoop, make_database
    from tests.month.judging import judged
    from tests.month.phones import Trouble
    from tests.month.playing import opened, play
    from tests.month.prefect_model import Faults

    head, _, query = url.partition("?")
    url = f"{head.rsplit('/', 1)[0]}/month_{uuid.uuid4().hex[:8]}?{query}"
    asyncio.run(make_database(url))
    asyncio.run(database.migrate(url))
    loop = VirtualLoop(START)
    asyncio.set_event_loop(loop)
    faults = Faults(answers_lost=0.01, timers_missed=0.01, workers_killed=0.01)
    trouble = Trouble(refused=0.01, answer_lost=0.005, never_arrived=0.002)

    async def month() -> list[str]:
        began = time.monotonic()
        async with opened(url, files, loop, seed=given.seed, faults=faults, trouble=trouble) as house:
            await play(house, seed=given.seed, leads=given.leads, days=given.days)
            played = time.monotonic() - began
            wrong, told = await judged(house, START, given.days)
            print("\n".join(told))
            print(
                f"seed {given.seed}: {given.leads} leads, {given.days} days in {played:.1f} s; "
                f"{house.transport.calls} calls to the store, Prefect's model: "
                + ", ".join(f"{count} {what}" for what, count in sorted(house.prefect.counts.items()))
            )
            return wrong

    wrong = loop.run_until_complete(month())
    for line in wrong[:40]:
        print(f"  WRONG {line}")
    print(f"seed {given.seed}: {'FAIL, ' + str(len(wrong)) + ' wrong' if wrong else 'PASS'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
