"""Prefect: the API, and whether it holds what `python -m deployments.apply` puts there and runs what it should."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import prefect
from packaging.version import Version
from prefect.client.orchestration import PrefectClient, ServerType, get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from deployments.doctor import applied, reaching, running
from deployments.doctor.notes import Look, Notes, Trouble
from flows import settings


async def look(notes: Notes) -> None:
    """The API first; everything else is skipped when it does not answer."""
    options, conversation = notes.read(settings.Worker), notes.read(settings.Conversation)
    # An empty address would make the client start a server of its own, and everything would look new and empty.
    if not (address := PREFECT_API_URL.value()):
        raise Trouble("API.unset")
    pool = options.prefect_work_pool
    with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
        async with get_client(httpx_settings={"timeout": reaching.TIMEOUT}) as client:
            await notes.together({"API": lambda mine: _api(mine, client, address)})
            down = notes.failed

            def asked(check: Callable[[Notes], Awaitable[None]]) -> Look:
                async def look(mine: Notes) -> None:
                    if down:
                        raise Trouble("API.later")
                    try:
                        await check(mine)
                    except PrefectHTTPStatusError as exc:
                        raise _refused(exc.response.status_code) from None
                    except httpx.TransportError as exc:
                        raise Trouble("API.stopped", error=type(exc).__name__) from None

                return look

            await notes.together(
                {
                    "deployments": asked(lambda mine: applied.deployments(mine, client, pool)),
                    "work pool": asked(lambda mine: applied.work_pool(mine, client, pool)),
                    "automation": asked(lambda mine: applied.automations(mine, client, options, conversation)),
                    "workers": asked(lambda mine: running.workers(mine, client, pool)),
                    "runs": asked(lambda mine: running.runs(mine, client, pool)),
                    "proxies": running.proxies,
                }
            )


async def _api(notes: Notes, client: PrefectClient, address: str) -> None:
    where = str(httpx.URL(address).copy_with(userinfo=b""))
    try:
        if client.server_type is ServerType.CLOUD:
            await client.hello()
            return notes.say("API.cloud")
        version = Version(str(await client.api_version()))
    except PrefectHTTPStatusError as exc:
        status = exc.response.status_code
        raise (Trouble("API.other", where=where) if status == 404 else _refused(status)) from None
    except httpx.TransportError as exc:
        raise Trouble("API.away", where=where, error=type(exc).__name__) from None
    except ValueError:
        raise Trouble("API.strange", where=where) from None
    ours = Version(prefect.__version__)
    finding = "unfit" if version.major != ours.major else "older" if version < ours else "right"
    notes.say(f"API.{finding}", where=where, version=version, ours=ours)


def _refused(status: int) -> Trouble:
    return Trouble("API.refused" if status in (401, 403) else "API.status", status=status)
