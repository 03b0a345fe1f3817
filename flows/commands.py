"""What the commands of the flows share: how one is carried out at a terminal, and what it ends with."""

from __future__ import annotations

import sys
from collections.abc import Callable

from flows import settings
from flows.errors import Fix, SerenaError
from flows.shown import logs


def carried_out(run: Callable[[], int]) -> int:
    """Sets logging up and runs the command on the running local stack's Prefect, if there is one: its exit code, 1 where a person
    has to mend something, or 4 where another side did not do its part; both are said on stderr."""
    try:
        logs.set_up(settings.read(settings.Watching), output=False)
        with settings.local_prefect():
            return run()
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 1
    except SerenaError as exc:
        print(exc, file=sys.stderr)
        return 4
