"""Shows a process's metrics to Prometheus, on a small server of their own: never on the port that the world reaches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import platform
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from prometheus_client import start_http_server

from flows.adapters.store.leads import LeadStore
from flows.errors import Fix, SerenaError
from flows.settings import ROOT, Watching
from flows.shown import metrics

log = logging.getLogger(__name__)


@contextlib.contextmanager
def serving(process: Literal["webhook", "worker"], group: Watching) -> Iterator[int | None]:
    """Within it the process's metrics are served on METRICS_PORT by a thread; yields the port, None without one.

    Raises Fix when nobody can listen there.
    """
    if group.metrics_port is None:
        yield None
        return
    metrics.BUILD.labels(_version(), version("prefect"), platform.python_version()).set(1)
    try:
        server, thread = start_http_server(group.metrics_port, group.metrics_host, metrics.REGISTRIES[process])
    except OSError as exc:
        raise Fix(
            f"METRICS_PORT {group.metrics_port} on METRICS_HOST {group.metrics_host} cannot be used ({exc.strerror}): "
            "every process on a machine needs a port of its own, or none"
        ) from None
    log.info("metrics are served on port %d", server.server_port)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def keep_asking(store: LeadStore, every: float = 15.0) -> None:
    """Every few seconds: whether the lead store answers this process."""
    while True:
        try:
            await store.ping()
            metrics.store_answers(True)
        except SerenaError as exc:
            metrics.store_answers(False)
            log.warning("the lead store does not answer: %s", exc)
        await asyncio.sleep(every)


def _version() -> str:
    try:
        return version("serena-qualifier")
    except PackageNotFoundError:
        # the image runs from the source tree
        return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
