"""Registers a qualified lead with Serena's partnership API, once, and updates the one it has (docs/domain.md 4.4).

Behind a setting, off by default. The API's endpoint for the password of a distribuidora's portal is not here, and must
not be: we never ask a lead for it (docs/domain.md 8.1). Contracts are a person's job.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx

from flows.adapters.serena import forms
from flows.adapters.serena.connection import connect, retry_after
from flows.adapters.serena.forms import Applicant, Refusal
from flows.errors import Fix, GiveUp, OutcomeUnknown, TryAgain

__all__ = ["AlreadyKnown", "Applicant", "Incomplete", "NotEligible", "Outcome", "PartnerApi", "Registered"]

log = logging.getLogger(__name__)

LEADS = "/sales-conversion/leads"
TOTAL_SECONDS = 30.0
CLOSED_SECONDS = 60.0
# The names of the list's filters are not documented; these are the fields' own. Should the API ignore them, what comes
# back is still compared field by field before anything is written.
LOOK_UP_BY = ("emailAddress", "mobilePhone")
MOST_READ = 3


@dataclass(frozen=True)
class Registered:
    """The partner has a new lead; None when its answer held no id that can be read."""

    partner_lead_id: str | None


@dataclass(frozen=True)
class AlreadyKnown:
    """The partner had the lead; it is up to date. None: its file could not be told for certain, and was left alone."""

    partner_lead_id: str | None


@dataclass(frozen=True)
class NotEligible:
    """The partner does not take this lead ("Lead não está apto a seguir no cadastro")."""


@dataclass(frozen=True)
class Incomplete:
    """Fields, under the API's names, that are missing or cannot be used; nothing was registered."""

    missing: tuple[str, ...]


Outcome = Registered | AlreadyKnown | NotEligible | Incomplete


class PartnerApi:
    """The leads of the partnership API, open between `async with` and its end."""

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        timeout: float = 10.0,
        retry_delays: Sequence[float] = (1.0, 2.0),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` in seconds per request; no retry begins after 30 s. `retry_delays` are the waits between tries."""
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._retry_delays = tuple(retry_delays)
        self._clock = clock
        self._closed_until = float("-inf")

    async def __aenter__(self) -> Self:
        self._http = connect(self._base_url, self._token, self._timeout)
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._http.aclose()

    async def register(self, applicant: Applicant, *, partner_lead_id: str | None = None) -> Outcome:
        """Create the lead, or update it when the partner has it; `partner_lead_id` is its id, if an earlier call told.

        May be called again after any error: e-mail and phone are unique there, so a second call finds the first's lead.
        Raises Fix (token, permission, address), TryAgain (refused or away), OutcomeUnknown (the request left and no
        answer came), GiveUp (refused for a reason we do not know; an operator reads the log).
        """
        body = forms.lead_body(applicant)
        if lacking := forms.missing_fields(body):
            return Incomplete(lacking)
        deadline = self._clock() + TOTAL_SECONDS
        response = await self._call("POST", LEADS, deadline, json=body)
        if response.is_success:
            return Registered(forms.lead_id(_json(response)))
        kind, fields = _refusal(response)
        match kind:
            case Refusal.NOT_ELIGIBLE:
                return NotEligible()
            case Refusal.FIELDS:
                return Incomplete(fields)
            case Refusal.DUPLICATE:
                return await self._update(body, partner_lead_id or forms.id_in_refusal(_json(response), body), deadline)
        raise GiveUp(f"partnership API: HTTP {response.status_code} on POST {LEADS}", code=response.status_code)

    async def _update(self, body: Mapping[str, Any], hint: str | None, deadline: float) -> AlreadyKnown | NotEligible:
        found = await self._find(body, hint, deadline)
        if found is None:
            log.warning("partnership API: a lead is known there, and its file could not be told for certain")
            return AlreadyKnown(None)
        lead_id, known = found
        changed = forms.changes(body, known)
        if not changed:
            return AlreadyKnown(lead_id)
        response = await self._call("PUT", f"{LEADS}/{lead_id}", deadline, json=changed)
        if not response.is_success:
            if _refusal(response)[0] is Refusal.NOT_ELIGIBLE:
                return NotEligible()
            # The partner keeps its older data: the consultant asks the lead again, nothing else is lost.
            log.error("partnership API: HTTP %s on PUT of lead %s", response.status_code, lead_id)
        return AlreadyKnown(lead_id)

    async def _find(
        self, body: Mapping[str, Any], hint: str | None, deadline: float
    ) -> tuple[str, dict[str, Any]] | None:
        """The applicant's own file at the partner, read in full and compared; None when none is certain."""
        if hint and (known := await self._read(hint, body, deadline)):
            return hint, known
        seen = {hint}
        for name in LOOK_UP_BY:
            response = await self._call("GET", LEADS, deadline, params={name: body[name]})
            if not response.is_success:
                log.error("partnership API: HTTP %s on GET %s", response.status_code, LEADS)
                continue
            ids = [
                found
                for item in forms.records(_json(response))
                if _may_be(item, body) and (found := forms.lead_id(item))
            ]
            for lead_id in [one for one in dict.fromkeys(ids) if one not in seen][:MOST_READ]:
                seen.add(lead_id)
                if known := await self._read(lead_id, body, deadline):
                    return lead_id, known
        return None

    async def _read(self, lead_id: str, body: Mapping[str, Any], deadline: float) -> dict[str, Any] | None:
        if not forms.is_id(lead_id):
            return None
        response = await self._call("GET", f"{LEADS}/{lead_id}", deadline)
        known = forms.record(_json(response)) if response.is_success else {}
        return known if forms.same_person(body, known) else None

    async def _call(self, method: str, path: str, deadline: float, **content: Any) -> httpx.Response:
        """One answer of 2xx or of 400, 404, 409, 422, repeated where that does no harm; all others raise."""
        if self._clock() < self._closed_until:
            raise Fix("partnership API: the token was refused a moment ago")
        for delay in (*self._retry_delays, None):
            asked_to_wait = 0.0
            try:
                response = await self._http.request(method, path, **content)
            except httpx.RequestError as error:
                trouble = f"{type(error).__name__} on {method}"
                if method == "POST" and not isinstance(error, _NEVER_WRITTEN):
                    raise OutcomeUnknown(f"partnership API: {trouble}") from None
                status = None
            else:
                status = response.status_code
                if response.is_success or status in (400, 404, 409, 422) and (method, status) != ("POST", 404):
                    return response
                trouble = f"HTTP {status} on {method}"
                asked_to_wait = retry_after(response)
                self._raise_final(method, status, trouble)
            log.warning("partnership API: %s", trouble)
            if method == "POST" and status not in (None, 429, 503):
                break  # something broke over there while it worked: the next call will tell what became of it
            wait = max(asked_to_wait, (delay or 0.0) * random.uniform(1.0, 1.25))
            if delay is None or self._clock() + wait >= deadline:
                break
            await asyncio.sleep(wait)
        raise TryAgain(f"partnership API: {trouble}", after_seconds=max(asked_to_wait, 5.0), code=status)

    def _raise_final(self, method: str, status: int, trouble: str) -> None:
        if status in (401, 403):
            self._closed_until = self._clock() + CLOSED_SECONDS
        if status == 504 and method == "POST":
            raise OutcomeUnknown(f"partnership API: {trouble}")  # a gateway's time-out: the request had left
        if status != 429 and status < 500:
            raise Fix(f"partnership API: {trouble}")


_NEVER_WRITTEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def _may_be(item: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """True for a list's item that is worth reading in full; the list may show no more than a name."""
    shown = [name for name in ("identificationNumber", *LOOK_UP_BY, "fullName") if item.get(name)]
    return not shown or any(forms.same_value(body, item, name) for name in shown)


def _refusal(response: httpx.Response) -> tuple[Refusal, tuple[str, ...]]:
    return forms.refusal(response.status_code, _json(response))


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text[:1000]  # a refusal may be plain text; an id is in none
