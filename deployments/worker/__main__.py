"""`python -m deployments.worker`: serves the work pool until SIGTERM, then lets waiting conversations park."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import signal
import socket
import sys
import threading

import httpx
import uvloop
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectException

from deployments.worker import InProcessWorker
from flows import settings
from flows.errors import Fix
from flows.shown import logs


async def _serve(stop: asyncio.Event) -> None:
    logs.set_up(settings.read(settings.Watching))
    options = settings.read(settings.Worker)
    worker = InProcessWorker(
        work_pool_name=options.prefect_work_pool,
        name=options.worker_name or f"{socket.gethostname()}-{os.getpid()}",
        limit=options.worker_limit,
        create_pool_if_not_found=False,
    )
    serving = asyncio.create_task(worker.start(with_healthcheck=False), name="worker")
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        stopping.cancel()
        serving.result()
        return
    print("stopping: waiting conversations park", flush=True)
    await worker.drain()
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    await _say_goodbye(options.prefect_work_pool, worker.name)


async def _say_goodbye(pool: str, name: str) -> None:
    """Prefect forgets this worker at once: whom it calls offline later has died, and people are told of it."""
    try:
        async with asyncio.timeout(3), get_client() as client:
            path = {"work_pool_name": pool, "name": name}
            await client.request("DELETE", "/work_pools/{work_pool_name}/workers/{name}", path_params=path)
    except (httpx.HTTPError, PrefectException, OSError, TimeoutError) as exc:
        print(f"Prefect was not told that this worker stops: {type(exc).__name__}", file=sys.stderr)


def main() -> int:
    # Prefect's engine takes SIGTERM for itself when it runs in the main thread, one run at a time. Here many runs share
    # one loop, so the loop has a thread of its own, and the main thread only waits for the signal.
    failures: list[BaseException] = []
    loop = uvloop.new_event_loop()
    stop = asyncio.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(_serve(stop))
        except BaseException as exc:
            failures.append(exc)

    with settings.local_prefect():
        context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(serve,), name="worker", daemon=True)

    def ask_to_stop(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    thread.start()
    while thread.is_alive():
        thread.join(0.2)
    for failure in failures:
        if isinstance(failure, Fix):
            print(f"the worker cannot start: {failure}", file=sys.stderr)
            return 1
        raise failure
    return 0


if __name__ == "__main__":
    sys.exit(main())
