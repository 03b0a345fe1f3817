"""Speaks to WhatsApp's Cloud API: sends messages and templates, shows that we are typing, downloads media."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Collection, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

import httpx
from pywa_async import WhatsApp as PywaClient

from flows.adapters.trust import trusted
from flows.adapters.whatsapp.codes import NeedsFix, Uncertain, classify, repeatable
from flows.adapters.whatsapp.media import Corrupt, File, Hosts, MediaGone, TooLarge, checked_file, fetch
from flows.adapters.whatsapp.wire import Recipient, Sent, Template, message, read_sent
from flows.domain import Content, Media, SentFile
from flows.errors import SerenaError, TryAgain

META = "https://graph.facebook.com"
CONNECT_SECONDS = 5.0
DOWNLOAD_SECONDS = 60.0
# Shorter than the 5 s after which common servers drop an idle connection: one that dies under a message leaves
# an unknown outcome, and the lead waits minutes for it to be settled.
KEEPALIVE_SECONDS = 4.0

# Nothing of the request can have arrived: it is safe to send it again.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_OUR_FAULT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)


class CloudApi:
    """One business number on the Cloud API, open between `async with` and its end.

    Every failure is one of `flows.errors`, by `codes.CODES`. Messages go out through pywa's `api`, one
    layer below `pywa.send_message`: that method knows BSUIDs of digits only and would send one with letters as a
    group's id, and it takes an answer without `contacts` for a crash of its own.
    """

    def __init__(
        self,
        *,
        token: str,
        phone_number_id: str,
        api_version: str = "v25.0",
        base_url: str = META,
        media_hosts: Sequence[str] = (),
        timeout: float = 10.0,
    ) -> None:
        """`timeout` in seconds is for writing and for each read; connecting has at most 5 s of it."""
        if not re.fullmatch(r"v\d+\.\d+", api_version, re.ASCII):
            raise ValueError(f"api_version must look like v25.0, not {api_version!r}")
        self._token = token
        self._phone_number_id = phone_number_id
        self._api_version = api_version.removeprefix("v")
        self._base_url = httpx.URL(base_url)
        self._hosts = Hosts(base_url, media_hosts)
        self._timeout = httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        _keep_personal_data_out_of_logs()
        tls = trusted()
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=KEEPALIVE_SECONDS)
        # A transport of ours switches off the proxies of the environment, so Meta itself is reached without one.
        elsewhere = None if self._base_url == httpx.URL(META) else _Elsewhere(self._base_url, tls, limits)
        graph = httpx.AsyncClient(
            transport=elsewhere,
            verify=tls,
            limits=limits,
            timeout=self._timeout,
            event_hooks={"response": [_raise_refusals]},
        )
        self._api = PywaClient(self._phone_number_id, self._token, session=graph, api_version=self._api_version).api
        # A second client, because pywa gives the first one the token for whatever host it is pointed at.
        self._files = await self._open.enter_async_context(httpx.AsyncClient(verify=tls, timeout=self._timeout))
        await self._open.enter_async_context(graph)
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._open.aclose()

    async def send(self, to: Recipient, content: Content, *, tracker: str, file: bytes = b"") -> Sent:
        """Send one free-form message; `tracker` (our row's id, at most 512 characters) returns in its statuses. `file` is
        what `content.file` names; it is given to Meta before, and may be given again.

        Only HTTP 2xx with a message id is success. `OutcomeUnknown` means: do not repeat until a status tells.
        """
        media_id = await self._uploaded(content.file, file) if content.file else None
        kind, body = message(content, media_id)
        return await self._post(to, kind, body, tracker)

    async def _uploaded(self, about: SentFile, file: bytes) -> str:
        """Meta's id of a file, which it keeps for 30 days (docs/whatsapp.md 6)."""
        call = self._api.upload_media(self._phone_number_id, file, about.mime_type, about.name)
        answer = await self._ask(call, again=True)
        if not isinstance(answer, dict) or not isinstance(answer.get("id"), str):
            raise TryAgain("WhatsApp: an upload's answer holds no id", after_seconds=2.0)
        return str(answer["id"])

    async def send_template(self, to: Recipient, template: Template, *, tracker: str) -> Sent:
        """Send an approved template, the only thing that may go out past the 24-hour window. Else as `send`."""
        return await self._post(to, "template", template.wire(), tracker)

    async def show_typing(self, wamid: str) -> None:
        """Mark an inbound message as read and show that we are typing, until our answer or for 25 s."""
        await self._ask(self._api.set_indicator(self._phone_number_id, wamid, "text"), again=True)

    async def download(self, media: Media, *, max_bytes: int, accept: Collection[str]) -> File:
        """The file behind a media id, checked; `accept` holds MIME types. Raises the errors of `media` and ours.

        An address lives five minutes and a transfer can break, so a lost or damaged file is asked for once more.
        """
        try:
            async with asyncio.timeout(DOWNLOAD_SECONDS):
                about = await self._media_url(media.id)
                try:
                    return await self._file(media, about, max_bytes, accept)
                except (MediaGone, Corrupt):
                    return await self._file(media, await self._media_url(media.id), max_bytes, accept)
        except TimeoutError:
            raise TryAgain(
                f"media {media.id}: not complete after {DOWNLOAD_SECONDS:.0f} s", after_seconds=5.0
            ) from None

    async def _file(self, media: Media, about: dict[str, Any], max_bytes: int, accept: Collection[str]) -> File:
        size = str(about.get("file_size") or "")  # a string in some of Meta's examples, a number in others
        if size.isdecimal() and int(size) > max_bytes:
            raise TooLarge(f"media {media.id}: {size} bytes, {max_bytes} allowed")
        content = await fetch(self._files, about["url"], token=self._token, hosts=self._hosts, max_bytes=max_bytes)
        declared, sha256 = about.get("mime_type"), about.get("sha256") or media.sha256
        return checked_file(
            content,
            declared=declared if isinstance(declared, str) else media.mime_type,
            accept=accept,
            sha256=sha256 if isinstance(sha256, str) else None,
            media_id=media.id,
        )

    async def _media_url(self, media_id: str) -> dict[str, Any]:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", media_id):  # it becomes part of a path
            raise MediaGone("media: the id is not one of Meta's")
        try:
            about = await self._ask(self._api.get_media_url(media_id), again=True)
        except NeedsFix as error:
            if error.code in (33, 100):  # "object with this ID does not exist": elsewhere a bug, here an old file
                raise MediaGone(f"media {media_id}: {error}", code=error.code) from None
            raise
        if not isinstance(about, dict) or not isinstance(about.get("url"), str):
            raise TryAgain(f"media {media_id}: Meta's answer holds no address", after_seconds=2.0)
        return about

    async def _post(self, to: Recipient, kind: str, body: dict[str, Any], tracker: str) -> Sent:
        if not 0 < len(tracker) <= 512:
            raise ValueError("a tracker has 1 to 512 characters")
        call = self._api.send_message(
            sender=self._phone_number_id,
            **to.wire(),
            recipient_type="individual",
            typ=kind,
            msg=body,
            biz_opaque_callback_data=tracker,
        )
        return read_sent(await self._ask(call, again=False))

    async def _ask(self, call: Awaitable[Any], *, again: bool) -> Any:
        """Await one call of pywa and translate how it fails; `again` says that a second call does no harm."""
        # Raised after the except clauses on purpose: a chained httpx error holds the request, and that the person.
        failure: SerenaError
        try:
            return await call
        except SerenaError as error:  # from _raise_refusals
            failure = error
        except _NOT_SENT as error:
            failure = TryAgain(f"WhatsApp: {type(error).__name__}", after_seconds=2.0)
        except _OUR_FAULT as error:
            failure = NeedsFix(f"WhatsApp: {type(error).__name__}, check the base URL and the token")
        except UnicodeEncodeError:  # half an emoji, say; json.loads lets one in
            failure = NeedsFix("WhatsApp: the message is not valid Unicode")
        except httpx.HTTPError as error:
            failure = Uncertain(f"WhatsApp: {type(error).__name__} after the request was written")
        except ValueError:
            failure = Uncertain("WhatsApp: an accepted call, but the answer is not JSON")
        raise repeatable(failure) if again else failure


class _Elsewhere(httpx.AsyncBaseTransport):
    """Carries requests for graph.facebook.com to another address, because pywa sets its base URL itself."""

    def __init__(self, base_url: httpx.URL, tls: Any, limits: httpx.Limits) -> None:
        self._base = base_url
        self._prefix = base_url.raw_path.rstrip(b"/")
        self._inner = httpx.AsyncHTTPTransport(verify=tls, limits=limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        base = self._base
        path = self._prefix + request.url.raw_path
        request.url = request.url.copy_with(scheme=base.scheme, host=base.host, port=base.port, raw_path=path)
        request.headers["Host"] = base.netloc.decode("ascii")
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _raise_refusals(response: httpx.Response) -> None:
    """Turn everything but a 2xx into our error before pywa sees it.

    pywa takes a redirect for success, makes up a code where Meta sent none, and its exceptions carry the whole
    request, text and recipient included.
    """
    if response.is_success:
        return
    await response.aread()
    try:
        error = response.json()["error"]
        code, trace = int(error["code"]), error.get("fbtrace_id")
    except (ValueError, LookupError, TypeError, AttributeError):  # a gateway's page instead of Meta's error object
        code, trace = None, None
    raise classify(code, response.status_code, fbtrace_id=trace)


def _keep_personal_data_out_of_logs() -> None:
    """pywa logs recipients and texts at DEBUG; httpx logs the signed addresses of media at INFO."""
    for name in ("pywa", "httpx"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))


__all__ = ["File", "Recipient", "Sent", "Template", "CloudApi"]
