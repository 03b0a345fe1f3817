"""Run the simulator: python -m deployments.simulator --port 8090 --webhook-url http://127.0.0.1:8000/webhook."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence

import uvicorn

from deployments.simulator.app import create_app
from deployments.simulator.behind import Behind
from deployments.simulator.settings import SimulatorSettings


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line (it wins over SIMULATOR_* variables) and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m deployments.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--webhook-url", default=None, help="where our webhook listens")
    options = parser.parse_args(arguments)
    logging.basicConfig()
    settings = SimulatorSettings()
    if options.webhook_url:
        settings = settings.model_copy(update={"webhook_url": options.webhook_url})
    # Long polls of open phone pages must not keep a stopped simulator alive.
    uvicorn.run(
        create_app(settings, behind=Behind.from_environment()),
        host=options.host,
        port=options.port,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
