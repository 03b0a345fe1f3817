"""The plans adapter over HTTP, against a double of Serena's partnership API."""

from __future__ import annotations

import asyncio
import logging
import socket
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest

from flows.adapters.serena.plans import PlansApi
from flows.domain import NoPlanNow, NotServed, PlansUnavailable, Served, SeveralUtilities
from tests.http_double import DROPS, HANGS, Answer, answer
from tests.serena_double import AREAS, PLANS, SerenaDouble, plan

pytestmark = pytest.mark.anyio

TWO_PLANS = [plan(489, "0.14", benefits=()), plan(556, "0.18", months=60, benefits=("Primeira fatura paga",))]


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, **duration: float) -> None:
        self.now += timedelta(**duration).total_seconds()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serena():
    with SerenaDouble() as double:
        yield double


@pytest.fixture
async def api(serena, clock):
    async with opened(serena.url, clock) as adapter:
        yield adapter


def opened(base_url: str, clock: Clock, *, token: str = "serena-token", timeout: float = 5.0, **more) -> PlansApi:
    more = {"retry_delays": (0.0, 0.0), "per_second": None} | more
    return PlansApi(base_url=base_url, token=token, timeout=timeout, clock=clock, **more)


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_served_city_gets_its_plans_best_discount_first(clock, wrapped):
    with SerenaDouble(wrapped=wrapped) as serena:
        public_id = serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
        async with opened(f"{serena.url}/", clock) as api:
            coverage = await api.coverage(" recife ", "pe")

    assert isinstance(coverage, Served)
    assert (coverage.utility, coverage.stale) == ("CELPE", False)
    assert [(p.plan_id, p.discount, p.fidelity_months, p.benefits) for p in coverage.plans] == [
        (556, Decimal("0.18"), 60, ("Primeira fatura paga",)),
        (489, Decimal("0.14"), 0, ()),
    ]
    assert [p.percent for p in coverage.plans] == ["18", "14"]
    areas, plans = serena.requests
    assert (areas.path, areas.query) == (AREAS, {"state": "PE", "city": "RECIFE"})
    assert (plans.path, plans.query) == (PLANS, {"energy_utility_public_id": public_id})
    assert areas.headers["authorization"] == "Bearer serena-token"
    assert areas.headers["accept"] == "application/json"


async def test_a_city_is_asked_for_in_capitals_with_its_accents(api, serena):
    decomposed = "São  Paulo".replace("ã", "a\u0303")
    await api.coverage(decomposed, "sp")
    assert serena.requests[0].query == {"state": "SP", "city": "SÃO PAULO"}


async def test_an_ibge_code_replaces_city_and_state(api, serena):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS, ibge_code=2611606)
    assert isinstance(await api.coverage("Recife", "PE", ibge_code=2611606), Served)
    assert serena.requests[0].query == {"ibge_code": "2611606"}


@pytest.mark.parametrize(("city", "state"), [("", "PE"), ("  ", "PE"), ("Recife", ""), ("Recife", " ")])
async def test_a_place_is_never_guessed(api, serena, city, state):
    with pytest.raises(ValueError):
        await api.coverage(city, state)
    assert serena.requests == []


async def test_all_plans_are_returned(api, serena):
    serena.serve("RECIFE", "PE", "CELPE", [plan(n, f"0.{n}") for n in range(10, 20)])
    assert [p.plan_id for p in (await api.coverage("Recife", "PE")).plans] == list(range(19, 9, -1))


async def test_an_unknown_place_is_not_served(api):
    assert await api.coverage("Lugar Nenhum", "XX") == NotServed()


async def test_an_area_that_is_not_qualified_is_not_served_even_with_plans(api, serena):
    serena.serve("SÃO PAULO", "SP", "ENEL SP", TWO_PLANS, qualified=False)
    assert await api.coverage("São Paulo", "SP") == NotServed()
    assert serena.asked(PLANS) == 0


async def test_a_qualified_area_without_plans_has_none_now(api, serena):
    serena.serve("RECIFE", "PE", "CELPE", [])
    assert await api.coverage("Recife", "PE") == NoPlanNow(utility="CELPE")


async def test_an_unknown_distribuidora_has_no_plan_now(api, serena):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    serena.then(
        answer([{"energyUtilityPublicId": "gone", "energyUtilityName": "CELPE", "energyUtilityQualified": True}])
    )
    assert await api.coverage("Recife", "PE") == NoPlanNow(utility="CELPE")


# Several distribuidoras


async def test_several_qualified_distribuidoras_must_be_told_apart(api, serena):
    serena.serve("MOCOCA", "SP", "CPFL SANTA CRUZ", TWO_PLANS)
    serena.serve("MOCOCA", "SP", "ELEKTRO", TWO_PLANS)
    serena.serve("MOCOCA", "SP", "ENEL SP", TWO_PLANS, qualified=False)
    assert await api.coverage("Mococa", "SP") == SeveralUtilities(names=("CPFL SANTA CRUZ", "ELEKTRO"))


async def test_one_qualified_distribuidora_beside_others_needs_no_question(api, serena):
    serena.serve("MOCOCA", "SP", "ELEKTRO", TWO_PLANS)
    serena.serve("MOCOCA", "SP", "ENEL SP", TWO_PLANS, qualified=False)
    coverage = await api.coverage("Mococa", "SP")
    assert isinstance(coverage, Served) and coverage.utility == "ELEKTRO"


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ("CPFL SANTA CRUZ", "CPFL SANTA CRUZ"),
        ("cpfl santa cruz", "CPFL SANTA CRUZ"),
        ("Energisa Sul-Sudeste", "ENERGISA SUL SUDESTE"),
        ("energísa", "ENERGISA SUL SUDESTE"),
        ("Santa Cruz", "CPFL SANTA CRUZ"),
        ("EDP São Paulo S.A.", "EDP SÃO PAULO"),
        ("edp sao paulo", "EDP SÃO PAULO"),
    ],
)
async def test_the_name_on_the_bill_picks_the_distribuidora(api, serena, said, chosen):
    for name in ("CPFL SANTA CRUZ", "ENERGISA SUL SUDESTE", "EDP SÃO PAULO", "CPFL PAULISTA"):
        serena.serve("MOCOCA", "SP", name, TWO_PLANS)
    coverage = await api.coverage("Mococa", "SP", utility=said)
    assert isinstance(coverage, Served) and coverage.utility == chosen


@pytest.mark.parametrize("said", ["CPFL", "Light", "cruz credo"])
async def test_an_ambiguous_or_unknown_name_is_asked_about_again(api, serena, said):
    serena.serve("MOCOCA", "SP", "CPFL SANTA CRUZ", TWO_PLANS)
    serena.serve("MOCOCA", "SP", "CPFL PAULISTA", TWO_PLANS)
    assert await api.coverage("Mococa", "SP", utility=said) == SeveralUtilities(
        names=("CPFL SANTA CRUZ", "CPFL PAULISTA")
    )


async def test_naming_a_distribuidora_that_is_not_qualified_is_not_served(api, serena):
    serena.serve("MOCOCA", "SP", "ELEKTRO", TWO_PLANS)
    serena.serve("MOCOCA", "SP", "ENEL SP", TWO_PLANS, qualified=False)
    assert await api.coverage("Mococa", "SP", utility="Enel SP") == NotServed()


async def test_a_citys_only_distribuidora_is_meant_by_whatever_name(api, serena):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    assert isinstance(await api.coverage("Recife", "PE", utility="Neoenergia Pernambuco"), Served)


# Odd plans


@pytest.mark.parametrize(
    "discount",
    [None, "", "0", "0.0", "0.000", "1", "1.0", "14", "0,14", "-0.14", "+0.14", " 0.14", "0.14 ", "1e-1", "NaN", "0_1"]
    + ["abc", 0.14, 14, True, [], "0.١٤", "0.14\n"],
)
async def test_a_plan_with_an_odd_discount_is_left_out_and_logged_by_id(api, serena, caplog, discount):
    serena.serve("RECIFE", "PE", "CELPE", [plan(777, discount), plan(489, "0.14")])
    coverage = await api.coverage("Recife", "PE")
    assert [p.plan_id for p in coverage.plans] == [489]
    assert "777" in caplog.text and "RECIFE" not in caplog.text


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "x",
        {},
        {"id": "777", "name": "P", "discount": "0.1", "fidelityMonths": 0},
        {"id": 777, "name": "P", "discountPercentage": "14", "fidelityMonths": 0},
        {"id": 777, "name": "P", "discount": "0.1"},
        {"id": 777, "name": "P", "discount": "0.1", "fidelityMonths": -1},
        {"id": 777, "name": "", "discount": "0.1", "fidelityMonths": 0},
        {"id": 777, "name": "P", "discount": "0.1", "fidelityMonths": 0, "offeredBenefits": "x"},
    ],
)
async def test_a_plan_that_cannot_be_read_is_left_out(api, serena, odd):
    serena.serve("RECIFE", "PE", "CELPE", [odd, plan(489, "0.14")])
    assert [p.plan_id for p in (await api.coverage("Recife", "PE")).plans] == [489]


async def test_benefits_may_be_absent(api, serena):
    bare = {"id": 1, "name": "P", "discount": ".14", "fidelityMonths": 0}
    serena.serve("RECIFE", "PE", "CELPE", [bare, bare | {"id": 2, "offeredBenefits": None}])
    assert [(p.plan_id, p.benefits) for p in (await api.coverage("Recife", "PE")).plans] == [(1, ()), (2, ())]


async def test_only_unreadable_plans_are_not_no_plan(api, serena):
    serena.serve("RECIFE", "PE", "CELPE", [plan(777, 0.14)])
    assert await api.coverage("Recife", "PE") == PlansUnavailable()


@pytest.mark.parametrize(
    ("name", "warned"),
    [("Plano Básico-14%", False), ("Plano Básico-20%", True), ("Plano 14,0 %", False), ("Plano", False)],
)
async def test_the_discount_counts_when_the_name_disagrees(api, serena, caplog, name, warned):
    serena.serve("RECIFE", "PE", "CELPE", [plan(489, "0.14", name=name)])
    coverage = await api.coverage("Recife", "PE")
    assert coverage.plans[0].discount == Decimal("0.14")
    assert ("plan 489" in caplog.text) is warned


# Trouble


@pytest.mark.parametrize(
    "trouble", [Answer(500), Answer(502), Answer(503), Answer(429), DROPS, answer({}, 429, retry_after="0")]
)
@pytest.mark.parametrize("step", ["areas", "plans"])
async def test_two_troubles_are_survived(api, serena, trouble, step):
    public_id = serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    if step == "plans":
        area = {"energyUtilityPublicId": public_id, "energyUtilityName": "CELPE", "energyUtilityQualified": True}
        serena.then(answer([area]))
    serena.then(trouble, trouble)
    assert isinstance(await api.coverage("Recife", "PE"), Served)
    assert len(serena.requests) == 4


async def test_the_third_trouble_is_the_last(api, serena):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    serena.then(*[Answer(500)] * 3)
    assert await api.coverage("Recife", "PE") == PlansUnavailable()
    assert len(serena.requests) == 3


async def test_a_silent_api_is_tried_three_times(serena, clock):
    serena.then(*[HANGS] * 3)
    async with opened(serena.url, clock, timeout=0.05) as api:
        assert await api.coverage("Recife", "PE") == PlansUnavailable()
    assert len(serena.requests) == 3


async def test_an_api_that_is_down_says_nothing_about_coverage(clock):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with opened(f"http://127.0.0.1:{taken.getsockname()[1]}", clock) as api:
            assert await api.coverage("Recife", "PE") == PlansUnavailable()


async def test_retry_after_is_honoured(api, serena):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    serena.then(answer({}, 429, retry_after="1"))
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert isinstance(await api.coverage("Recife", "PE"), Served)
    assert loop.time() - began >= 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_retry_after_beyond_the_total_is_not_waited_for(api, serena, status):
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)
    for asked in ("60", in_a_minute):
        serena.then(answer({}, status, retry_after=asked))
        assert await api.coverage("Recife", "PE") == PlansUnavailable()
    assert len(serena.requests) == 2


@pytest.mark.parametrize("asked", ["soon", "-5", "", "1.5x"])
async def test_an_unreadable_retry_after_is_ignored(api, serena, asked):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    serena.then(answer({}, 429, retry_after=asked))
    assert isinstance(await api.coverage("Recife", "PE"), Served)


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 422])
async def test_a_refusal_is_logged_not_repeated_and_not_no_coverage(api, serena, caplog, status):
    serena.then(Answer(status, b"{}"))
    assert await api.coverage("Recife", "PE") == PlansUnavailable()
    assert len(serena.requests) == 1
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert str(status) in caplog.text and "serena-token" not in caplog.text and "RECIFE" not in caplog.text


@pytest.mark.parametrize("status", [401, 403])
async def test_after_a_rejected_token_the_api_is_left_alone_for_a_minute(serena, clock, status):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    serena.then(Answer(status))
    async with opened(serena.url, clock) as api:
        assert await api.coverage("Recife", "PE") == PlansUnavailable()
        clock.pass_by(seconds=59)
        assert await api.coverage("Olinda", "PE") == PlansUnavailable()
        assert len(serena.requests) == 1
        clock.pass_by(seconds=1)
        assert isinstance(await api.coverage("Recife", "PE"), Served)


async def test_a_wrong_token_is_never_logged(serena, clock, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    async with opened(serena.url, clock, token="wrong-secret") as api:
        assert await api.coverage("Recife", "PE") == PlansUnavailable()
    assert "wrong-secret" not in caplog.text and "RECIFE" not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe",
        b"null",
        b"5",
        b"{}",
        b'{"data": []}',
        b'{"result": null}',
        b'{"result": {}}',
        b"[null]",
    ]
    + [b'[{"energyUtilityName": "CELPE"}]', b'{"error": "x"}'],
)
async def test_an_odd_answer_is_an_error_not_an_empty_one(api, serena, body):
    serena.then(Answer(200, body))
    assert await api.coverage("Recife", "PE") == PlansUnavailable()


@pytest.mark.parametrize("body", [{}, None, {"result": 1}, [None], [{"energyUtilityName": "CELPE"}], [{"plans": None}]])
async def test_an_odd_answer_about_plans_is_an_error_too(api, serena, body):
    public_id = serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    area = {"energyUtilityPublicId": public_id, "energyUtilityName": "CELPE", "energyUtilityQualified": True}
    serena.then(answer([area]), answer(body))
    assert await api.coverage("Recife", "PE") == PlansUnavailable()


# Memory


async def test_answers_are_remembered_areas_for_a_day_and_plans_for_an_hour(api, serena, clock):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    counts = []
    for minutes in (0, 59, 1, 22 * 60, 60):
        clock.pass_by(minutes=minutes)
        assert isinstance(await api.coverage("Recife", "PE"), Served)
        counts.append((serena.asked(AREAS), serena.asked(PLANS)))
    assert counts == [(1, 1), (1, 1), (1, 2), (1, 3), (2, 4)]


async def test_two_cities_of_one_distribuidora_share_its_plans(api, serena):
    public_id = serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    area = {"energyUtilityPublicId": public_id, "energyUtilityName": "CELPE", "energyUtilityQualified": True}
    await api.coverage("Recife", "PE")
    serena.then(answer([area]))
    assert isinstance(await api.coverage("Olinda", "PE"), Served)
    assert serena.asked(PLANS) == 1


async def test_thirty_leads_of_one_city_are_one_question(api, serena):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    answers = await asyncio.gather(*(api.coverage("Recife", "PE") for _ in range(30)))
    assert all(isinstance(one, Served) for one in answers)
    assert len(serena.requests) == 2


async def test_a_lead_who_leaves_does_not_take_the_answer_from_another(api, serena):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    first = asyncio.create_task(api.coverage("Recife", "PE"))
    second = asyncio.create_task(api.coverage("Recife", "PE"))
    await asyncio.sleep(0)
    first.cancel()
    assert isinstance(await second, Served)
    assert serena.asked(AREAS) == 1


@pytest.mark.parametrize(
    ("hours", "expected"), [(0.5, "fresh"), (2, "stale"), (23.9, "stale"), (24, "stale"), (24.1, "none"), (72, "none")]
)
async def test_old_plans_are_served_as_stale_for_a_day_when_the_api_is_down(api, serena, clock, hours, expected):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    fresh = await api.coverage("Recife", "PE")
    clock.pass_by(hours=hours)
    serena.then(*[Answer(500)] * 6)
    coverage = await api.coverage("Recife", "PE")
    if expected == "none":
        assert coverage == PlansUnavailable()
    else:
        assert coverage == fresh.model_copy(update={"stale": expected == "stale"})


async def test_an_old_answer_serves_while_the_token_is_rejected(api, serena, clock):
    serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    await api.coverage("Recife", "PE")
    clock.pass_by(hours=2)
    serena.then(Answer(401))
    for _ in range(2):
        coverage = await api.coverage("Recife", "PE")
        assert isinstance(coverage, Served) and coverage.stale


async def test_an_old_no_is_not_repeated(api, serena, clock):
    serena.serve("SÃO PAULO", "SP", "ENEL SP", [], qualified=False)
    serena.serve("RECIFE", "PE", "CELPE", [])
    assert await api.coverage("São Paulo", "SP") == NotServed()
    assert await api.coverage("Recife", "PE") == NoPlanNow(utility="CELPE")
    clock.pass_by(hours=25)
    serena.then(*[Answer(500)] * 9)
    assert await api.coverage("São Paulo", "SP") == PlansUnavailable()
    assert await api.coverage("Recife", "PE") == PlansUnavailable()


async def test_a_return_of_the_api_ends_staleness(api, serena, clock):
    public_id = serena.serve("RECIFE", "PE", "CELPE", TWO_PLANS)
    await api.coverage("Recife", "PE")
    clock.pass_by(hours=2)
    serena.then(*[Answer(500)] * 3)
    assert (await api.coverage("Recife", "PE")).stale
    serena.offer(public_id, [plan(1, "0.2")])
    coverage = await api.coverage("Recife", "PE")
    assert not coverage.stale and coverage.plans[0].plan_id == 1


# Pace


async def test_five_calls_may_go_at_once_and_the_next_ones_are_spaced(serena):
    async with PlansApi(base_url=serena.url, token="serena-token", per_second=20) as api:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(api.coverage(f"Cidade {n}", "PE") for n in range(9)))
        assert loop.time() - began >= 4 / 20
    assert len(serena.requests) == 9


async def test_a_turn_past_the_deadline_is_not_waited_for_and_not_taken(serena, clock):
    """A rush must not block those after it with turns that nobody uses."""
    async with opened(serena.url, clock, per_second=0.01) as api:
        for n in range(5):
            assert await api.coverage(f"Cidade {n}", "PE") == NotServed()
        for n in range(5, 50):
            assert await api.coverage(f"Cidade {n}", "PE") == PlansUnavailable()
        clock.pass_by(seconds=100)
        assert await api.coverage("Recife", "PE") == NotServed()
    assert len(serena.requests) == 6
