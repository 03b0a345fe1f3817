"""What a CRM is told: everything that happens to a lead, signed, once by its id, also when it was away for a day; ids only."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import HTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from flows import settings
from flows.adapters.crm import CrmHook
from flows.domain import Handoff, Outcome, Qualification
from tests.flows.adapters.conftest import ROOMY, Desk, store_of_its_own
from tests.flows.adapters.deliveries import new_user_id, says, someone
from tests.http_double import Answer, HttpDouble, Request, answer
from tests.webhook.operators import Browser, field, office, seen
from webhook.telling import tell_crm

SECRET = "whsec_" + "c2VyZW5hLXRlc3Qtc2VjcmV0LW9mLTMyLWJ5dGVzISE="


class Crm(HttpDouble):
    """A CRM that verifies what it gets; `down` is what it answers instead of taking it."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.down: Answer | None = None

    def usual(self, request: Request) -> Answer:
        event = Webhook(SECRET).verify(request.body, request.headers)
        if self.down is not None:
            return self.down
        self.taken.append((request.headers["webhook-id"], event))
        return Answer(204)

    def of(self, lead: Any) -> list[str]:
        return [event["type"] for _, event in self.taken if event["data"]["lead_id"] == str(lead)]


@pytest.fixture(scope="module")
def desk(url: str, runner: asyncio.Runner) -> Iterator[Desk]:
    with store_of_its_own(url, runner) as found:
        runner.run(found.store.set_starting_rules(ROOMY | {"crm": True}))
        yield found


@pytest.fixture(autouse=True)
def empty(desk: Desk) -> None:
    desk.change("delete from leads")
    desk.change("delete from crm_events")


@pytest.fixture
def crm() -> Iterator[Crm]:
    with Crm() as double:
        yield double


def tells(desk: Desk, url: str, *, fields: str = "") -> None:
    """The webhook's loop runs until everything that is due now was tried once."""

    async def scenario() -> None:
        due = await desk.connection.fetch(
            "select id, attempts from crm_events where delivered_at is null and due_at <= now()"
        )
        options = settings.read(settings.Crm, crm_webhook_url=url, crm_webhook_secret=SECRET, crm_fields=fields)
        loop = asyncio.create_task(tell_crm(desk.store, options))
        untried = (
            "select count(*) from crm_events e join unnest($1::uuid[], $2::int[]) d(id, attempts) using (id)"
            " where e.attempts = d.attempts"
        )
        async with asyncio.timeout(30):
            while await desk.connection.fetchval(untried, [r["id"] for r in due], [r["attempts"] for r in due]):
                await asyncio.sleep(0.02)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    desk.run(scenario())


def test_a_leads_whole_story_is_told_in_order_and_each_once(desk: Desk, crm: Crm) -> None:
    ana = someone()
    claim = desk.conversation(says(ana, "sou a Zuleica"))
    desk.answer(claim, qualification=Qualification.QUALIFIED, handoff=Handoff(reason="plan_chosen"))
    desk.receive(says(ana, "pare"))
    desk.answer(claim, opt_out=True)
    desk.run(desk.store.finish(claim, Outcome.OPTED_OUT))
    desk.change("insert into lead_contacts (lead_id, operator, result) values ($1, 'ana', 'sold')", claim.lead_id)
    tells(desk, crm.url)
    assert crm.of(claim.lead_id) == [
        "lead.created",
        "lead.qualified",
        "lead.handed_over",
        "lead.opted_out",
        "lead.conversation_ended",
        "lead.result",
    ]
    details = {event["type"]: event["data"] for _, event in crm.taken}
    assert details["lead.created"] == {"lead_id": str(claim.lead_id), "source": "whatsapp"}
    assert details["lead.handed_over"]["reason"] == "plan_chosen"
    assert details["lead.conversation_ended"]["outcome"] == "opted_out"
    assert details["lead.result"]["result"] == "sold"
    assert len({event_id for event_id, _ in crm.taken}) == len(crm.taken) == 6
    said = json.dumps([event for _, event in crm.taken])
    assert ana.bsuid not in said and ana.wa_id not in said and "Zuleica" not in said


def test_an_erasure_is_told_and_nothing_of_the_person_before_it(desk: Desk, crm: Crm) -> None:
    lead = desk.receive(says(someone()))[0].lead_id
    desk.run(desk.operations.erase(lead, "ana"))
    tells(desk, crm.url, fields="name,phone_number")
    assert crm.of(lead) == ["lead.erased"]
    assert crm.taken[0][1]["data"] == {"lead_id": str(lead)}


def test_a_merge_is_told_and_what_waited_bears_the_id_that_stays(desk: Desk, crm: Crm) -> None:
    ana, later = someone(), someone()
    first, second = (desk.receive(says(who))[0].lead_id for who in (ana, later))
    desk.receive(new_user_id(ana.bsuid, later.bsuid))
    tells(desk, crm.url)
    (merged,) = [event["data"] for _, event in crm.taken if event["type"] == "lead.merged"]
    assert merged == {"lead_id": str(second), "into": str(first)}
    assert crm.of(first) == ["lead.created", "lead.created"]


def test_personal_fields_go_only_where_they_were_chosen(desk: Desk, crm: Crm) -> None:
    ana = someone()
    desk.form(ana, name="Marina Alves", city="Recife", state="PE")
    tells(desk, crm.url, fields="name,city")
    assert crm.taken[0][1]["data"]["lead"] == {"name": "Marina Alves", "city": "Recife"}
    with pytest.raises(Exception, match="CRM_FIELDS"):
        settings.read(settings.Crm, crm_fields="name,memory")


def test_nothing_happens_without_its_event_nor_an_event_without_its_thing(desk: Desk) -> None:
    """One transaction: what is taken back was never told."""

    async def scenario() -> None:
        async with desk.connection.transaction() as _:
            await desk.connection.execute("insert into leads (phone_number) values ('+5511900000001')")
            assert await desk.connection.fetchval("select count(*) from crm_events") == 1
            raise LookupError

    with pytest.raises(LookupError):
        desk.run(scenario())
    assert desk.cell("select count(*) from crm_events") == 0


def test_without_a_crm_nothing_is_kept(desk: Desk) -> None:
    desk.run(desk.store.set_starting_rules(ROOMY | {"crm": False}))
    desk.receive(says(someone()))
    desk.run(desk.store.set_starting_rules(ROOMY | {"crm": True}))
    assert desk.cell("select count(*) from crm_events") == 0


DOWN = [
    answer({}, 500),
    answer({}, 401),
    answer({}, 404),
    Answer(302, headers={"location": "https://elsewhere.example"}),
    answer({}, 410),
]


def test_a_crm_that_fails_for_a_day_loses_nothing(desk: Desk, crm: Crm) -> None:
    """A day in hours: each hour it refuses in another way, leads go on coming, and due times move an hour nearer."""
    leads = []
    for hour in range(24):
        crm.down = DOWN[hour % len(DOWN)]
        leads.append(desk.receive(says(someone()))[0].lead_id)
        tells(desk, crm.url)
        desk.change(
            "update crm_events set due_at = due_at - interval '1 hour', happened_at = happened_at - interval '1 hour'"
        )
    assert crm.taken == []
    standing = desk.run(desk.store.company.crm(limit=100))
    assert (standing.waiting, standing.given_up) == (24, 0)
    assert max(row.attempts for row in standing.rows) >= 7
    crm.down = None
    desk.change("update crm_events set due_at = now()")
    tells(desk, crm.url)
    assert sorted(event["data"]["lead_id"] for _, event in crm.taken) == sorted(str(lead) for lead in leads)
    assert len({event_id for event_id, _ in crm.taken}) == 24


def test_after_five_days_it_is_given_up_and_a_person_sends_it_again(desk: Desk, crm: Crm) -> None:
    crm.down = answer({}, 500)
    lead = desk.receive(says(someone()))[0].lead_id
    (event,) = desk.run(desk.store.company.due_crm_events([]))
    pauses = []
    for _ in range(13):
        began = desk.cell("select now()")
        desk.run(desk.store.company.crm_tried(event, delivered=False, status=500, problem="refused"))
        # in tens of seconds: a busy machine takes some itself
        pauses.append(round((desk.cell("select due_at from crm_events") - began).total_seconds(), -1))
    assert pauses == sorted(pauses[:-1]) + [0] and 4 * 86400 < sum(pauses) < 7 * 86400
    standing = desk.run(desk.store.company.crm())
    assert (standing.waiting, standing.given_up, standing.rows[0].http_status) == (0, 1, 500)
    assert desk.run(desk.store.company.due_crm_events([])) == ()
    crm.down = None
    assert desk.run(desk.store.company.crm_again("ana")).outcome == "done"
    assert desk.run(desk.store.company.crm_again("ana")).outcome == "nothing"
    tells(desk, crm.url)
    assert crm.of(lead) == ["lead.created"] and crm.taken[0][0] == str(event.id)


def test_two_replicas_share_the_work_and_one_that_dies_leaves_its_events_for_later(desk: Desk) -> None:
    for _ in range(4):
        desk.receive(says(someone()))
    first, second = desk.together(*(desk.store.company.due_crm_events([], limit=2) for _ in range(2)))
    assert len(first) == len(second) == 2 and not {e.id for e in first} & {e.id for e in second}
    assert desk.run(desk.store.company.due_crm_events([])) == ()
    desk.change("update crm_events set due_at = due_at - interval '3 minutes'")
    assert len(desk.run(desk.store.company.due_crm_events([]))) == 4


def test_a_crm_where_nobody_answers_is_tried_again(desk: Desk) -> None:
    desk.receive(says(someone()))
    tells(desk, "http://127.0.0.1:9/nobody")
    (row,) = desk.run(desk.store.company.crm()).rows
    assert (row.http_status, row.problem, row.attempts) == (None, "ConnectError", 1)


@pytest.mark.parametrize(
    ("head", "came"), [(b"HTTP/1.1 204 ", (None, "TimeoutError")), (b"HTTP/1.1 200 OK\r\n\r\n", (200, None))]
)
def test_a_crm_that_never_ends_what_it_says_has_the_time_of_one_try(desk: Desk, head: bytes, came: object) -> None:
    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        with contextlib.suppress(ConnectionError):
            while True:  # each byte comes long before a limit on one read is over
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)

    async def scenario() -> object:
        async with await asyncio.start_server(drips, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            async with CrmHook(f"http://{host}:{port}/", SECRET, time_limit=0.5) as hook, asyncio.timeout(20):
                found = await hook.send(str(uuid4()), "lead.created", datetime.now(UTC), {})
        return found.status, found.problem

    assert desk.run(scenario()) == came


def test_what_was_delivered_goes_after_its_time_and_what_waits_stays(desk: Desk, crm: Crm) -> None:
    desk.receive(says(someone()))
    tells(desk, crm.url)
    desk.receive(says(someone()))
    desk.change("update crm_events set happened_at = now() - interval '40 days'")
    assert desk.run(desk.store.company.forget("crm", 30)).gone == 1
    assert desk.run(desk.store.company.crm()).waiting == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"crm_webhook_url": "https://crm.example/in"}, "go together"),
        ({"crm_webhook_url": "http://crm.example/in", "crm_webhook_secret": SECRET}, "https"),
        ({"crm_webhook_url": "https://crm.example/in", "crm_webhook_secret": "whsec_c2hvcnQ="}, "24 to 64"),
        ({"crm_webhook_url": "https://crm.example/in", "crm_webhook_secret": "not base64!"}, "24 to 64"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong(given: dict[str, str], said: str) -> None:
    with pytest.raises(Exception, match=said):
        settings.read(settings.Crm, **given)


# the example


@contextmanager
def example(capsys: pytest.CaptureFixture[str]) -> Iterator[HTTPServer]:
    """The receiver that docs/crm.md shows."""
    spec = importlib.util.spec_from_file_location("crm_receiver", Path("docs/crm_receiver.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server: HTTPServer = module.serve(0, SECRET)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_example_takes_each_event_once_and_nothing_that_is_not_ours(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    with example(capsys) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        lead = desk.receive(says(someone()))[0].lead_id
        tells(desk, url)
        event = desk.cell("select id from crm_events")
        desk.run(desk.store.company.crm_again("ana", event))
        tells(desk, url)

        async def forge() -> int | None:
            async with CrmHook(url, "whsec_" + "QUJD" * 8) as hook:
                return (await hook.send(str(uuid4()), "lead.created", datetime.now(UTC), {})).status

        assert desk.run(forge()) == 401
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["data"]["lead_id"] == str(lead)


def test_people_see_what_waits_and_send_it_again(
    fresh: str, runner: asyncio.Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crm: Crm
) -> None:
    crm.down = answer({}, 500)
    monkeypatch.setenv("CRM_WEBHOOK_URL", crm.url)
    monkeypatch.setenv("CRM_WEBHOOK_SECRET", SECRET)
    with office(fresh, runner, tmp_path) as desk:
        ana = Browser(desk)
        ana.logs_in("ana")
        lead = desk.lead()

        def tried() -> bool:
            return bool(desk.sql("select 1 from crm_events where attempts > 0"))

        desk.prefect.wait_until(tried)
        page = ana.get("/ops/company")
        assert "lead novo" in seen(page) and "espera" in seen(page) and "500" in seen(page)
        assert crm.url.rpartition("/")[2] not in ana.get("/ops/company/register").text
        assert "CRM (127.0.0.1)" in seen(ana.get("/ops/company/register"))
        crm.down = None
        again = {"csrf": field(page, "csrf"), "event": str(desk.sql("select id from crm_events")[0]["id"])}
        assert "na fila de novo" in ana.after(ana.post("/ops/company/crm-again", again))
        desk.prefect.wait_until(lambda: crm.of(lead) == ["lead.created"])
        assert ana.post("/ops/company/crm-again", again | {"event": "x"}).status_code == 404
        ana.http.close()
