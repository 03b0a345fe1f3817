"""Prefect's double as a process, until it is told to stop. Prints its address."""

from __future__ import annotations

import signal

from tests.prefect_double import PrefectDouble

if __name__ == "__main__":
    with PrefectDouble() as prefect:
        print(prefect.api, flush=True)
        signal.pause()
