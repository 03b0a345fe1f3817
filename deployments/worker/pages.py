"""What comes from Prefect's address and is not Prefect's: the page of a proxy, with 200."""

from __future__ import annotations

import httpx
from prefect.client.orchestration import PrefectClient


def refuse_pages(client: PrefectClient) -> None:
    """From now on such a page is a connection that failed, which Prefect's client tries again. Otherwise reading it as JSON
    fails wherever it happens to arrive: in the loop that the whole worker stands on, or in a run between two steps."""
    client._client.event_hooks["response"].append(_refuse_a_page)


async def _refuse_a_page(response: httpx.Response) -> None:
    if response.is_success and response.headers.get("content-type", "").lower().startswith("text/html"):
        raise httpx.RemoteProtocolError("a page instead of Prefect's answer", request=response.request)
