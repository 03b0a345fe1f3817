"""Prefect: the API, and whether it holds what `python -m deployments.apply` puts there and runs what it should."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import prefect
from packaging.version import Version
from prefect.client.orchestration import PrefectClient, ServerType, get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from deployments.doctor import asking, automation, registered, running
from deployments.doctor.report import Look, Notes, Trouble, Unasked
from flows import settings


async def look(notes: Notes) -> None:
    """The API first; everything else is skipped when it does not answer."""
    options, conversation = notes.read(settings.Worker), notes.read(settings.Conversation)
    # An empty address would make the client start a server of its own, and everything would look new and empty.
    if not (address := PREFECT_API_URL.value()):
        raise Trouble(
            "PREFECT_API_URL is not set", "set PREFECT_API_URL=http://HOST:4200/api, or Prefect Cloud's address"
        )
    pool = options.prefect_work_pool
    with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
        async with get_client(httpx_settings={"timeout": asking.TIMEOUT}) as client:
            await notes.together(("API", lambda mine: _api(mine, client, address)))
            down = any(line.status == "FAIL" for line in notes.lines)

            def asked(check: Callable[[Notes], Awaitable[None]]) -> Look:
                async def look(mine: Notes) -> None:
                    if down:
                        raise Unasked("Prefect's API has to be mended first")
                    try:
                        await check(mine)
                    except PrefectHTTPStatusError as exc:
                        raise _refused(exc.response.status_code) from None
                    except httpx.TransportError as exc:
                        raise Trouble(
                            f"the API stopped answering ({type(exc).__name__})", "look at the server's log"
                        ) from None

                return look

            await notes.together(
                ("deployments", asked(lambda mine: registered.deployments(mine, client, pool))),
                ("work pool", asked(lambda mine: registered.work_pool(mine, client, pool))),
                ("automation", asked(lambda mine: automation.look(mine, client, options, conversation))),
                ("workers", asked(lambda mine: running.workers(mine, client, pool))),
                ("runs", asked(lambda mine: running.runs(mine, client, pool))),
                ("proxies", running.proxies),
            )


async def _api(notes: Notes, client: PrefectClient, address: str) -> None:
    shown = str(httpx.URL(address).copy_with(userinfo=b""))
    try:
        if client.server_type is ServerType.CLOUD:
            await client.hello()
            notes.ok("API", "Prefect Cloud answers and takes the key")
            return
        version = Version(str(await client.api_version()))
    except PrefectHTTPStatusError as exc:
        if exc.response.status_code == 404:
            raise Trouble(f"{shown} is no Prefect API (HTTP 404)", "PREFECT_API_URL ends in /api") from None
        raise _refused(exc.response.status_code) from None
    except httpx.TransportError as exc:
        raise Trouble(
            f"{shown} does not answer ({type(exc).__name__})",
            "start it (prefect server start), or correct PREFECT_API_URL",
        ) from None
    except ValueError:
        raise Trouble(f"{shown} answers, but not as Prefect does", "PREFECT_API_URL ends in /api") from None
    ours = Version(prefect.__version__)
    if version.major != ours.major:
        notes.fail(
            "API",
            f"the server is {version}, the client {ours}: they do not fit",
            "the same major version on both sides",
        )
    elif version < ours:
        notes.warn("API", f"the server is {version}, older than the client {ours}", f"upgrade the server to {ours}")
    else:
        notes.ok("API", f"{shown} answers, version {version}")


def _refused(status: int) -> Trouble:
    if status in (401, 403):
        return Trouble(
            f"the API refuses us (HTTP {status})",
            "PREFECT_API_AUTH_STRING has to be the server's PREFECT_SERVER_API_AUTH_STRING (Cloud: PREFECT_API_KEY)",
        )
    return Trouble(f"the API answers with HTTP {status}", "look at the server's log")
