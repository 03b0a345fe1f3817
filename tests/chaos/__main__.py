"""`make chaos`: hundreds of faults befall the local stack while leads talk, and afterwards everybody is counted.

The faults are drawn from a seed: processes are killed or stand still, lines are cut, slow, or answer with a page, vendors refuse,
hang and fail, deliveries come twice, the disk is full. Exit status 0 only if every message was answered once and in time, every
silence was reminded of once, and no run is left behind, in the store or in Prefect.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from deployments.local.processes import DidNotStart
from flows.errors import Fix
from tests.chaos.faults import draw
from tests.chaos.local import ground
from tests.chaos.observer import WITHIN, Verdict, table
from tests.chaos.running import suffer_all


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--seed", type=int, default=random.randrange(10_000), help="of the faults; drawn when not given"
    )
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=10.0, help="over which the faults are spread")
    parser.add_argument("--leads", type=int, default=12, help="who talk all the time; others come and fall silent")
    parser.add_argument("--within", type=float, default=WITHIN, help="seconds in which all is answered after a fault")
    parser.add_argument("--only", nargs="+", default=[], metavar="KIND", help="e.g. kill stop")
    parser.add_argument("--data", type=Path, help="where the stack's data and logs lie, to be looked at afterwards")
    given = parser.parse_args()
    print(f"seed {given.seed}: {given.faults} faults in {given.minutes:g} min, {given.leads} leads talking", flush=True)
    try:
        verdict = asyncio.run(_play(given, given.data or Path(tempfile.mkdtemp(prefix="chaos-"))))
    except (Fix, DidNotStart) as exc:
        print(f"stopped: {exc}", file=sys.stderr)
        return 2
    print("\n".join(table(verdict)))
    print(
        f"{verdict.people} people, {verdict.messages} messages, {verdict.replies} replies, {verdict.reminders} reminders, "
        f"{verdict.templates} templates, {verdict.repeats} sent again because nobody told how it went; runs: {', '.join(f'{n} {how}' for how, n in sorted(verdict.ended.items()))}"
    )
    for line in verdict.wrong:
        print(f"  WRONG {line}")
    print(f"seed {given.seed}: {'FAIL, ' + str(len(verdict.wrong)) + ' wrong' if verdict.wrong else 'PASS'}")
    return 1 if verdict.wrong else 0


async def _play(given: argparse.Namespace, data: Path) -> Verdict:
    random.seed(given.seed)
    async with ground(data) as here:
        faults = draw(given.seed, given.faults, given.minutes * 60, without=here.without, only=given.only)
        began = time.monotonic()

        def say(text: str) -> None:
            print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)

        return await suffer_all(here, faults, given.leads, say, within=given.within)


if __name__ == "__main__":
    sys.exit(main())
