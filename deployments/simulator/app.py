"""The simulator as one web application: Graph API, plans API, and the control API of the simulated phones."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from deployments.simulator import control, graph, plans
from deployments.simulator.graph_errors import GraphError
from deployments.simulator.settings import SimulatorSettings
from deployments.simulator.world import World


def create_app(settings: SimulatorSettings, clock: Callable[[], float] = time.time) -> FastAPI:
    """Build the application with a world of its own. `clock` (Unix seconds) decides windows, typing and expiry.

    It needs its lifespan, so run it with uvicorn; the world is `app.state.world`.
    """
    world = World(settings, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with world.deliveries:
            yield
            await world.stop()

    app = FastAPI(title="WhatsApp and Serena, simulated", lifespan=lifespan)
    app.state.world = world
    app.add_exception_handler(GraphError, _graph_error)
    # The Graph routes come last: their first segment, the version, would match anything.
    for router in (control.router, plans.router, graph.files, graph.router):
        app.include_router(router)
    return app


async def _graph_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, GraphError):
        raise error
    headers = {}
    if error.code == 190:
        headers["WWW-Authenticate"] = 'OAuth "Facebook Platform" "invalid_token" "Invalid OAuth access token"'
    return JSONResponse(error.body(), error.http_status, headers)
