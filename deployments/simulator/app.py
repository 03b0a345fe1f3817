"""The simulator as one web application: Graph API, plans API, the phone page, and the control API behind it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from deployments.simulator import behind as behind_phones
from deployments.simulator import control, events, graph, hosting, plans, tour
from deployments.simulator.behind import Behind
from deployments.simulator.graph_errors import GraphError
from deployments.simulator.origins import own_pages_only
from deployments.simulator.settings import SimulatorSettings
from deployments.simulator.world import World


def create_app(
    settings: SimulatorSettings, clock: Callable[[], float] = time.time, behind: Behind | None = None
) -> FastAPI:
    """Build the application with a world of its own. `clock` (Unix seconds) decides windows, typing and expiry;
    `behind` knows the leads' runs, without it the page says that it does not.

    It needs its lifespan, so run it with uvicorn; the world is `app.state.world`.
    """
    world = World(settings, clock)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for client in world.deliveries.clients:
                await stack.enter_async_context(client)
            app.state.behind = await stack.enter_async_context(behind or Behind())
            app.state.operator = None
            if settings.operator:
                app.state.operator = tour.Operator(settings.webhook_url, settings.operator)
                await stack.enter_async_context(app.state.operator.client)
            yield
            await world.stop()

    app = FastAPI(title="WhatsApp and Serena, simulated", lifespan=lifespan)
    app.state.world = world
    app.add_exception_handler(GraphError, _graph_error)
    for room in (hosting, control, events, behind_phones, tour):
        app.include_router(room.router, dependencies=[Depends(own_pages_only)])
    # These have their tokens, and are open to whoever may call them. The Graph routes come last: their first segment, the
    # version, would match anything.
    for router in (hosting.files, plans.router, graph.router):
        app.include_router(router)
    return app


async def _graph_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, GraphError):
        raise error
    headers = {}
    if error.code == 190:
        headers["WWW-Authenticate"] = 'OAuth "Facebook Platform" "invalid_token" "Invalid OAuth access token"'
    return JSONResponse(error.body(), error.http_status, headers)
