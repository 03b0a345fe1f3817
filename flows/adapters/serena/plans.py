"""Asks Serena's partnership API where Serena sells and which plans exist there (docs/domain.md 4)."""

from __future__ import annotations

import asyncio
import logging
import random
import time
import unicodedata
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Self

import httpx

from flows.adapters.serena import answers
from flows.adapters.serena.answers import BadAnswer, ServiceArea
from flows.adapters.serena.cache import Memory, NoAnswer
from flows.adapters.serena.connection import connect, retry_after
from flows.domain import Coverage, NoPlanNow, NotServed, Plan, PlansUnavailable, Served, SeveralUtilities

log = logging.getLogger(__name__)

AREAS = "/distribuited-generation/operation-areas"  # the API's spelling
PLANS = "/distribuited-generation/plans"
TOTAL_SECONDS = 30.0
CLOSED_SECONDS = 60.0
BURST = 5


class PlansApi:
    """The partnership API, open between `async with` and its end; remembers what it answered.

    When the API is away an old answer is served, marked stale: plans up to `stale_for` after they were read, areas
    up to `stale_for` after their time ran out (they change rarely, and no number is quoted from them).
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        timeout: float = 10.0,
        areas_ttl: timedelta = timedelta(hours=24),
        plans_ttl: timedelta = timedelta(hours=1),
        stale_for: timedelta = timedelta(hours=24),
        per_second: float | None = 1.0,
        retry_delays: Sequence[float] = (1.0, 2.0),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` in seconds per request; a question with all its tries has 30 s.

        `retry_delays` are the waits between tries, so two of them make three tries. `per_second` None means no limit
        of ours; else up to five calls may go at once before it binds. `clock` in seconds rules cache and limits.
        """
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._areas = Memory(areas_ttl, areas_ttl + stale_for, clock)
        self._plans = Memory(plans_ttl, stale_for, clock)
        self._gap = 1.0 / per_second if per_second else 0.0
        self._retry_delays = tuple(retry_delays)
        self._clock = clock
        self._next_free = float("-inf")
        self._closed_until = float("-inf")

    async def __aenter__(self) -> Self:
        self._http = connect(self._base_url, self._token, self._timeout)
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._areas.aclose()
        await self._plans.aclose()
        await self._http.aclose()

    async def coverage(
        self, city: str, state: str, *, ibge_code: int | None = None, utility: str | None = None
    ) -> Coverage:
        """What Serena offers in a place; `utility` names the distribuidora where the city has several.

        Never raises for the API's sake: no usable answer is `PlansUnavailable`, which says nothing about coverage.
        Raises ValueError without a city, or without a state when there is no IBGE code: we do not guess one.
        """
        city, state = _upper(city), _upper(state)
        if not city:
            raise ValueError("a city is required")
        if not state and ibge_code is None:
            raise ValueError("a state is required, or an IBGE code")
        place = {"ibge_code": str(ibge_code)} if ibge_code is not None else {"state": state, "city": city}
        deadline = asyncio.get_running_loop().time() + TOTAL_SECONDS
        try:
            # A no is never out of memory: whoever was told this minute that there are plans now must not read it, in another
            # process, from before.
            found, old_areas = await self._areas.get(
                tuple(place.items()),
                lambda: self._read_areas(place, deadline),
                lasts=lambda areas: not isinstance(_pick(areas, utility), NotServed),
            )
            area = _pick(found, utility)
            if isinstance(area, NotServed) and old_areas:
                return PlansUnavailable()  # an old "no" cannot be marked as old, and it would send a lead away
            if not isinstance(area, ServiceArea):
                return area
            plans, old_plans = await self._plans.get(area.id, lambda: self._read_plans(area, deadline), lasts=bool)
        except NoAnswer:
            return PlansUnavailable()
        if plans:
            return Served(utility=area.name, plans=plans, stale=old_areas or old_plans)
        return PlansUnavailable() if old_areas or old_plans else NoPlanNow(utility=area.name)

    async def _read_areas(self, place: dict[str, str], deadline: float) -> tuple[ServiceArea, ...]:
        return await self._read(AREAS, place, deadline, answers.areas)

    async def _read_plans(self, area: ServiceArea, deadline: float) -> tuple[Plan, ...]:
        query = {"energy_utility_public_id": area.id}
        return await self._read(PLANS, query, deadline, lambda answer: answers.plans_of(answer, area))

    async def _read(self, path: str, query: dict[str, str], deadline: float, parse: Callable[[Any], Any]) -> Any:
        """One parsed answer before `deadline` (the loop's clock), or `NoAnswer` with the reason logged."""
        if self._clock() < self._closed_until:
            raise NoAnswer
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._get(path, query, deadline)
            return parse(response.json())
        except TimeoutError:
            log.error("partnership API: %s not answered within %.0f s", path, TOTAL_SECONDS)
        except BadAnswer as error:
            log.error("partnership API: %s answered oddly: %s", path, error)
        except ValueError:
            log.error("partnership API: %s answered something other than JSON", path)
        raise NoAnswer

    async def _get(self, path: str, query: dict[str, str], deadline: float) -> httpx.Response:
        for delay in (*self._retry_delays, None):
            await self._take_turn(deadline)
            asked_to_wait = 0.0
            try:
                response = await self._http.get(path, params=query)
            except httpx.RequestError as error:
                trouble = type(error).__name__
            else:
                if response.is_success:
                    return response
                if response.status_code != 429 and response.status_code < 500:
                    self._refused(response.status_code, path)
                    raise NoAnswer
                trouble = f"HTTP {response.status_code}"
                asked_to_wait = retry_after(response)
            log.warning("partnership API: %s on %s", trouble, path)
            if delay is None:
                break
            wait = max(asked_to_wait, delay * random.uniform(1.0, 1.25))
            if asyncio.get_running_loop().time() + wait >= deadline:
                break  # no time for another try: the lead hears now what they would hear then
            await asyncio.sleep(wait)
        raise NoAnswer

    def _refused(self, status: int, path: str) -> None:
        if status in (401, 403):
            self._closed_until = self._clock() + CLOSED_SECONDS
        log.error("partnership API: HTTP %s on %s; token, address or query need a person", status, path)

    async def _take_turn(self, deadline: float) -> None:
        """Wait until the rate allows a call, in order of asking; TimeoutError if that is past the deadline."""
        now = self._clock()
        turn = max(self._next_free, now - (BURST - 1) * self._gap)
        wait = max(0.0, turn - now)
        if asyncio.get_running_loop().time() + wait >= deadline:
            raise TimeoutError  # and takes no turn, or a rush of questions would block those after it for nothing
        self._next_free = turn + self._gap
        await asyncio.sleep(wait)


def _pick(found: Sequence[ServiceArea], utility: str | None) -> ServiceArea | NotServed | SeveralUtilities:
    qualified = [area for area in found if area.qualified]
    if not qualified:
        return NotServed()
    if utility and utility.strip():
        area = answers.choose(found, utility)
        if area is None:  # name them all: whoever has the one that is not served must be able to say so
            return SeveralUtilities(names=tuple(area.name for area in found))
        return area if area.qualified else NotServed()
    return qualified[0] if len(qualified) == 1 else SeveralUtilities(names=tuple(area.name for area in qualified))


def _upper(text: str) -> str:
    """As the API writes places: upper case, accents kept and composed, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).upper().split())
