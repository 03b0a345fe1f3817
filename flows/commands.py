"""What the commands of the flows share: how one is carried out at a terminal, and what it ends with."""

from __future__ import annotations

import sys
from collections.abc import Callable

from flows import settings
from flows.brazil.phones import InvalidPhone
from flows.errors import Fix, SerenaError
from flows.shown import logs


def carried_out(run: Callable[[], int]) -> int:
    """Sets logging up and runs the command on the running local stack's Prefect, if there is one: its exit code, 1 where a person
    has to mend something, 2 where `--phone` is none, or 4 where another side did not do its part; all are said on stderr."""
    try:
        logs.set_up(settings.read(settings.Watching), output=False)
        with settings.local_prefect():
            return run()
    except InvalidPhone as exc:
        print(f"--phone: {exc}", file=sys.stderr)
        return 2
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 1
    except SerenaError as exc:
        print(exc, file=sys.stderr)
        return 4


def no_such_lead() -> int:
    """Said, and the exit code for it."""
    print("no such lead in the store", file=sys.stderr)
    return 5
