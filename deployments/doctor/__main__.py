"""`python -m deployments.doctor`: looks at everything the program needs and says how to mend what is wrong.

Exit status: 0 all right (warnings allowed), 1 something is wrong, 2 wrong arguments. No secret is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module

from deployments.doctor import variables
from deployments.doctor.notes import Look, Notes, ReportLine, as_json, as_text, failed, hiding
from flows import settings

# In the order of the report; each is a module with `look`.
GROUPS = ("variables", "store", "prefect", "graph", "model", "plans")
GROUP_SECONDS = 45.0


async def examine(groups: Sequence[str]) -> list[ReportLine]:
    """Looks at these groups, all at the same time; the lines in the order of GROUPS."""
    # imported before any clock runs, and only for these groups: Prefect alone takes a second
    looks: dict[str, Look] = {
        name: import_module(f"deployments.doctor.{name}").look for name in GROUPS if name in groups
    }
    hide = hiding(variables.secrets(variables.all_set()))
    notes = {name: Notes(name, hide, variables_shown="variables" in groups) for name in looks}
    await asyncio.gather(*(notes[name].together({name: looks[name]}, seconds=GROUP_SECONDS) for name in looks))
    return [line for mine in notes.values() for line in mine.lines]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What clients of vendors log at a failure is said by our own lines, and theirs may quote addresses."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL - 1)
    try:
        yield
    finally:
        logging.disable(before)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; prints the report and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deployments.doctor", description=__doc__.split("\n")[0])
    parser.add_argument("--only", metavar="GROUP[,…]", default=",".join(GROUPS), help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--json", action="store_true", help="for machines")
    given = parser.parse_args(arguments)
    groups = [name.strip() for name in given.only.split(",") if name.strip()]
    if not groups or (unknown := [name for name in groups if name not in GROUPS]):
        parser.error(f"--only takes {', '.join(GROUPS)}" + (f", not {', '.join(unknown)}" if groups else ""))
    began = time.monotonic()
    with settings.local_prefect(), _quiet():
        lines = asyncio.run(examine(groups))
    seconds = time.monotonic() - began
    if given.json:
        print(json.dumps(as_json(lines, seconds), ensure_ascii=False, indent=1))
    else:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        with contextlib.suppress(BrokenPipeError):
            print(as_text(lines, seconds, colour=colour))
    return 1 if failed(lines) else 0


if __name__ == "__main__":
    sys.exit(main())
