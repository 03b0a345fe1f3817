"""Prefect: the API, and whether it holds what `python -m deployments.apply` puts there and runs what it should."""

from __future__ import annotations

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
            checks: dict[str, Look] = {
                "deployments": lambda mine: applied.deployments(mine, client, pool),
                "work pool": lambda mine: applied.work_pool(mine, client, pool),
                "automation": lambda mine: applied.look_at_automations(mine, client, options, conversation),
                "workers": lambda mine: running.workers(mine, client, pool),
                "runs": lambda mine: running.look_at_runs(mine, client, pool),
            }
            if notes.failed:
                for subject in checks:
                    notes.say("API.later", about=subject)
                checks = {}
            await notes.together(checks | {"proxies": running.proxies})


async def _api(notes: Notes, client: PrefectClient, address: str) -> None:
    where = str(httpx.URL(address).copy_with(userinfo=b""))
    try:
        if client.server_type is ServerType.CLOUD:
            await client.hello()
            return notes.say("API.cloud")
        version = Version(str(await client.api_version()))
    except PrefectHTTPStatusError as exc:
        status = exc.response.status_code
        finding = {401: "refused", 403: "refused", 404: "other"}.get(status, "status")
        raise Trouble(f"API.{finding}", where=where, status=status) from None
    except httpx.TransportError as exc:
        raise Trouble("API.away", where=where, error=type(exc).__name__) from None
    except ValueError:
        raise Trouble("API.strange", where=where) from None
    ours = Version(prefect.__version__)
    finding = "unfit" if version.major != ours.major else "older" if version < ours else "right"
    notes.say(f"API.{finding}", where=where, version=version, ours=ours)
