"""Whoever asked to be told of plans is told once: over crashes, doubled runs, lost answers, merges, and whatever the rule says."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from flows import settings
from flows.adapters.files import DirectoryFiles
from flows.adapters.serena.plans import PlansApi
from flows.adapters.store.wishes import Wish
from flows.adapters.whatsapp import CloudApi
from flows.assistant.assistant import Assistant
from flows.conversing.runtime import Runtime
from flows.conversing.senses import Senses
from flows.conversing.starting import rules, templates
from flows.domain import Consent, Outcome, Stage
from flows.errors import Fix, TryAgain
from flows.notices import Kept, keep, main
from tests.flows.adapters.conftest import ROOMY, Desk, store_of_its_own
from tests.flows.adapters.deliveries import Person, bsuid, phone, says, someone, status
from tests.graph_double import TOKEN, GraphDouble, refusal
from tests.http_double import DROPS, Answer
from tests.serena_double import AREAS, SerenaDouble, plan

RECIFE, OLINDA, RIO = 2611606, 2609600, 3304557
ACCOUNT = {
    "whatsapp_api_token": TOKEN,
    "whatsapp_phone_number_id": "480000000000001",
    "whatsapp_notice_template_name": "aviso_de_planos",
}
RULES = ROOMY | {"templates": templates(settings.read(settings.WhatsApp, **ACCOUNT))}
PLANS = [plan(1, "0.14")]


class House:
    """A store of its own, WhatsApp and the plans API as doubles, and people who wait to be told."""

    def __init__(self, desk: Desk, graph: GraphDouble, serena: SerenaDouble, directory: Path) -> None:
        self.desk, self.graph, self.serena, self.directory = desk, graph, serena, directory

    @contextlib.asynccontextmanager
    async def runtime(self) -> AsyncIterator[Runtime]:
        account = settings.read(settings.WhatsApp, **ACCOUNT)
        api = PlansApi(base_url=self.serena.url, token="serena-token", per_second=None, retry_delays=())
        messenger = CloudApi(token=TOKEN, phone_number_id="480000000000001", base_url=self.graph.url)
        async with api as plans, messenger:
            yield Runtime(
                conversation=settings.read(settings.Conversation),
                account=account,
                bill_retention_days=30,
                store=self.desk.store,
                messenger=messenger,
                plans=plans,
                partner=None,
                files=DirectoryFiles(self.directory),
                senses=Senses(Assistant()),
            )

    def waits(self, *places: int, who: Person | None = None, utility: str | None = None) -> UUID:
        """Somebody whose conversation ended without plans, and who said yes to being told."""
        who = who or someone()
        for place in places:
            claim = self.desk.conversation(says(who, "me avisa"))
            consent = Consent(ibge_code=place, given=True, utility=utility)
            self.desk.sent(self.desk.answer(claim, consent=consent, stage=Stage.NOT_SERVED))
            self.desk.run(self.desk.store.finish(claim, Outcome.NOT_SERVED))
        self.desk.change("update leads set name = 'Marina Alves' where id = $1", claim.lead_id)
        return claim.lead_id

    def run(self, place: int | None = None) -> list[Kept]:
        """What one run of the flow does."""

        async def go() -> list[Kept]:
            async with self.runtime() as runtime:
                wished = await runtime.store.company.wished_places(place)
                return [await keep(runtime, each) for each in wished]

        found: list[Kept] = self.desk.run(go())
        return found

    def outcomes(self, place: int | None = None) -> dict[str, int]:
        """How many had which outcome in one run."""
        return dict(sum((each.outcomes for each in self.run(place)), Counter()))

    def ends(self, lead: UUID) -> list[str | None]:
        """How this lead's wishes ended, None for those that stand, in the order in which they were said."""
        rows = self.desk.rows(
            "select ended_by from lead_consents where lead_id = $1 and kind = 'coverage_notice' and granted order by created_at",
            lead,
        )
        return [row["ended_by"] for row in rows]

    def wish(self, lead: UUID) -> Wish:
        row = self.desk.rows(
            "select id, lead_id from lead_consents where lead_id = $1 and granted and ended_at is null", lead
        )[0]
        return Wish(id=row["id"], lead_id=row["lead_id"])


@pytest.fixture(scope="module")
def desk(url: str, runner: asyncio.Runner) -> Iterator[Desk]:
    with store_of_its_own(url, runner) as found:
        yield found


@pytest.fixture(scope="module")
def graph() -> Iterator[GraphDouble]:
    with GraphDouble() as graph:
        yield graph


@pytest.fixture
def house(desk: Desk, graph: GraphDouble, tmp_path: Path) -> Iterator[House]:
    for table in ("leads", "webhook_events", "account_states", "spend_days"):
        desk.change(f"delete from {table}")
    desk.run(desk.store.set_starting_rules(RULES))
    with SerenaDouble() as serena:
        yield House(desk, graph.begin_anew(), serena, tmp_path)


def test_nothing_changed_and_nobody_is_written_to(house: House) -> None:
    lead = house.waits(RECIFE)
    assert (house.outcomes(), house.graph.messages, house.ends(lead)) == ({}, [], [None])
    assert house.serena.asked(AREAS) == 1


def test_where_there_are_plans_everybody_who_asked_is_told_once(house: House) -> None:
    leads = [house.waits(RECIFE) for _ in range(3)]
    other = house.waits(OLINDA)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    assert house.outcomes() == {"sent": 3}
    assert house.serena.asked(AREAS) == 2, "once a place, not once a person"
    body = house.graph.messages[0]["template"]
    assert body["name"] == "aviso_de_planos"
    assert [one["text"] for one in body["components"][0]["parameters"]] == ["Marina", "Recife"]
    assert [house.ends(lead) for lead in leads] == [["told"]] * 3 and house.ends(other) == [None]
    assert house.outcomes() == {} and len(house.graph.messages) == 3


def test_each_place_that_somebody_asked_for_is_a_wish_of_its_own(house: House) -> None:
    lead = house.waits(RECIFE, OLINDA)
    house.serena.serve("OLINDA", "PE", "CELPE", PLANS, ibge_code=OLINDA)
    assert (house.outcomes(), house.ends(lead)) == ({"sent": 1}, [None, "told"])
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    assert (house.outcomes(OLINDA), house.outcomes(RECIFE), house.ends(lead)) == ({}, {"sent": 1}, ["told", "told"])


def test_two_runs_at_once_tell_nobody_twice(house: House) -> None:
    for _ in range(4):
        house.waits(RECIFE)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)

    async def twice() -> None:
        async with house.runtime() as one, house.runtime() as two:
            (wished,) = await one.store.company.wished_places()
            await asyncio.gather(keep(one, wished), keep(two, wished))

    house.desk.run(twice())
    assert len(house.graph.messages) == 4
    assert len({str(message.get("recipient") or message.get("to")) for message in house.graph.messages}) == 4


def test_a_crash_before_the_call_is_made_good_by_the_next_run(house: House) -> None:
    lead = house.waits(RECIFE)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    template = {"name": "aviso_de_planos", "language": "pt_BR", "body": ["Marina", "Recife"], "buttons": []}
    queued = house.desk.run(house.desk.store.company.queue_notice(house.wish(lead), template))
    assert (queued.outcome, house.ends(lead)) == ("queued", [None])
    assert (house.outcomes(), house.ends(lead), len(house.graph.messages)) == ({"sent": 1}, ["told"], 1)


@pytest.mark.parametrize("dies", ["in the call", "its answer is lost"])
def test_what_may_have_gone_is_not_repeated_and_its_status_ends_the_wish(house: House, dies: str) -> None:
    lead = house.waits(RECIFE)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    if dies == "in the call":
        template = {"name": "aviso_de_planos", "language": "pt_BR", "body": ["Marina", "Recife"], "buttons": []}
        queued = house.desk.run(house.desk.store.company.queue_notice(house.wish(lead), template))
        house.desk.run(house.desk.store.begin_send(queued.message_id))
    else:
        house.graph.then(DROPS)
        assert house.outcomes() == {"unknown": 1}
    asked = len(house.graph.requests)
    assert (house.outcomes(), len(house.graph.requests), house.ends(lead)) == ({}, asked, [None])
    message = house.desk.cell("select id from lead_messages where dedupe_key like 'notice:%' and lead_id = $1", lead)
    assert house.desk.run(house.desk.store.begin_send(message, again=1)).outcome == "unknown"
    house.desk.receive(status(f"wamid.{uuid4().hex}", "delivered", tracker=str(message)))
    assert house.ends(lead) == ["told"]


def test_what_waits_for_a_status_holds_up_no_conversation(house: House) -> None:
    ana = someone()
    lead = house.waits(RECIFE, who=ana)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    house.graph.then(DROPS)
    house.run()
    claim = house.desk.conversation(says(ana, "oi"))
    assert claim.unsent == ()
    house.desk.sent(house.desk.answer(claim))
    assert house.desk.run(house.desk.store.park(claim, datetime.now(UTC) + timedelta(hours=2))) is not None
    assert lead == claim.lead_id


STOPS: dict[str, tuple[str, str, list[str | None]]] = {
    "stopped": ("opted_out_at = now()", "", ["stopped"]),
    "taken over": ("taken_over_at = now()", "taken_over", [None]),
    "handed over": ("conversation_state = 'INTERESTED'", "closed", [None]),
    "over": ("conversation_state = 'COMPLETED'", "closed", [None]),
}


@pytest.mark.parametrize(("change", "reason", "ends"), STOPS.values(), ids=STOPS.keys())
@pytest.mark.parametrize("queued", [False, True], ids=["before", "in the last moment"])
def test_who_may_not_be_written_to_is_not(
    house: House, change: str, reason: str, ends: list[str | None], queued: bool
) -> None:
    lead = house.waits(RECIFE)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    if queued:
        template = {"name": "aviso_de_planos", "language": "pt_BR", "body": ["Marina", "Recife"], "buttons": []}
        house.desk.run(house.desk.store.company.queue_notice(house.wish(lead), template))
    house.desk.change(f"update leads set {change} where id = $1", lead)
    assert house.outcomes() == ({reason: 1} if reason else {})
    assert (house.graph.messages, house.ends(lead)) == ([], ends)
    message = house.desk.cell("select id from lead_messages where dedupe_key like 'notice:%' and lead_id = $1", lead)
    if message is not None:
        assert house.desk.run(house.desk.store.begin_send(message)).outcome == "failed"
        assert house.ends(lead) == ends


def test_who_was_handed_back_is_told_by_a_later_run(house: House) -> None:
    lead = house.waits(RECIFE)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    house.desk.change("update leads set taken_over_at = now() where id = $1", lead)
    assert house.outcomes() == {"taken_over": 1}
    house.desk.change("update leads set taken_over_at = null where id = $1", lead)
    assert (house.outcomes(), house.ends(lead)) == ({"sent": 1}, ["told"])


def quiet(house: House) -> None:
    always = rules(settings.read(settings.Conversation, quiet_hours="0-23"), 2026)["quiet"] | {
        "sundays": True,
        "until": "23:59",
    }
    house.desk.run(house.desk.store.set_starting_rules(RULES | {"quiet": always}))


def spent(house: House) -> None:
    house.desk.change(
        "insert into spend_days (day, figures, reais, hard_at, measured_at) values (day_of(now()), '{}', 9, now(), now())"
    )


def paused(house: House) -> None:
    house.desk.change(
        "insert into account_states (kind, subject, fact, value, at) values ('template', 'aviso_de_planos:pt_BR', 'status', 'PAUSED', now())"
    )


@pytest.mark.parametrize(("what", "reason"), [(quiet, "quiet"), (spent, "spend_limit"), (paused, "template_stopped")])
def test_what_holds_for_everybody_makes_all_wait_for_the_next_run(
    house: House, what: Callable[[House], None], reason: str
) -> None:
    leads = [house.waits(RECIFE) for _ in range(3)]
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    what(house)
    assert house.outcomes() == {reason: 3} and house.graph.messages == []
    for table in ("account_states", "spend_days"):
        house.desk.change(f"delete from {table}")
    house.desk.run(house.desk.store.set_starting_rules(RULES))
    assert house.outcomes() == {"sent": 3} and {*map(tuple, map(house.ends, leads))} == {("told",)}


def test_who_writes_at_this_moment_is_answered_first(house: House) -> None:
    ana = someone()
    house.waits(RECIFE, who=ana)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    claim = house.desk.conversation(says(ana, "e aí?"))
    assert house.outcomes() == {"answer_first": 1}
    house.desk.sent(house.desk.answer(claim))
    assert house.outcomes() == {"talking": 1}
    house.desk.run(house.desk.store.finish(claim, Outcome.NOT_SERVED))
    assert house.outcomes() == {"sent": 1}


def test_who_was_erased_leaves_no_wish(house: House) -> None:
    lead = house.waits(RECIFE)
    house.desk.run(house.desk.operations.erase(lead, "ana"))
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    assert (house.run(), house.graph.messages) == ([], [])


def test_a_wish_taken_back_in_the_chat_is_over_and_kept_as_proof(house: House) -> None:
    ana = someone()
    lead = house.waits(RECIFE, OLINDA, who=ana)
    claim = house.desk.conversation(says(ana, "não precisa mais"))
    house.desk.sent(house.desk.answer(claim, consent=Consent(ibge_code=RECIFE, given=False)))
    assert house.ends(lead) == ["withdrawn", None]
    house.desk.receive(says(ana, "nenhum"))
    house.desk.sent(house.desk.answer(claim, consent=Consent(ibge_code=None, given=False)))
    assert house.ends(lead) == ["withdrawn", "withdrawn"]
    refusals = house.desk.rows("select ibge_code from lead_consents where lead_id = $1 and not granted", lead)
    assert sorted(row["ibge_code"] or 0 for row in refusals) == [0, RECIFE]


def test_who_saw_the_plans_in_the_conversation_is_not_told_again(house: House) -> None:
    ana = someone()
    lead = house.waits(RECIFE, OLINDA, who=ana)
    claim = house.desk.conversation(says(ana, "e agora?"))
    house.desk.sent(house.desk.answer(claim, served=RECIFE))
    assert house.ends(lead) == ["shown", None]


def test_a_promise_that_was_not_delivered_is_made_again_and_stands_once(house: House) -> None:
    ana = someone()
    claim = house.desk.conversation(says(ana, "me avisa"))
    why = {"by": "rules", "seconds": 1, "before": {"greeted": True}}
    message = house.desk.answer(claim, consent=Consent(ibge_code=RECIFE, given=True), why=why)
    house.desk.run(house.desk.store.begin_send(message))
    house.desk.run(house.desk.store.record_send(message, "failed", attempt=1, code=131049))
    house.desk.receive(says(ana, "oi?"))
    assert house.ends(claim.lead_id) == [], "what nobody heard was not promised"
    house.desk.sent(house.desk.answer(claim, consent=Consent(ibge_code=RECIFE, given=True), why=why))
    assert house.ends(claim.lead_id) == [None]


@pytest.mark.parametrize("told", [False, True], ids=["both wait", "one was told"])
def test_two_leads_that_become_one_are_told_once(house: House, told: bool) -> None:
    by_phone, hidden = Person(phone=phone()), Person(bsuid=bsuid())
    one, two = house.waits(RECIFE, who=by_phone), house.waits(RECIFE, OLINDA, who=hidden)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    if told:
        house.desk.change("update leads set taken_over_at = now() where id = $1", one)
        assert house.outcomes() == {"sent": 1, "taken_over": 1}
        house.desk.change("update leads set taken_over_at = null where id = $1", one)
    house.desk.change("select merge_leads($1, $2)", two, one)
    assert house.outcomes() == ({} if told else {"sent": 1})
    assert len(house.graph.messages) == 1
    assert sorted(str(end) for end in house.ends(two)) == ["None", "merged", "told"]


def test_a_stop_under_either_identity_ends_the_wishes_of_both(house: House) -> None:
    one, two = house.waits(RECIFE), house.waits(OLINDA)
    house.desk.change("update leads set opted_out_at = now() where id = $1", one)
    house.desk.change("select merge_leads($1, $2)", one, two)
    assert house.ends(one) == ["stopped", "stopped"]
    house.desk.change("select lift_opt_out($1)", one)
    assert house.run() == []


@pytest.mark.parametrize(("code", "ends"), [(131049, "undelivered"), (131026, "undelivered"), (131050, "stopped")])
def test_what_whatsapp_gives_up_is_not_insisted_on(house: House, code: int, ends: str) -> None:
    lead = house.waits(RECIFE)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    house.graph.then(refusal(code))
    assert house.outcomes() == {"undelivered": 1}
    assert house.ends(lead) in ([ends], ["undelivered"])
    assert house.run() == []


def test_a_refusal_by_status_counts_as_one_by_answer(house: House) -> None:
    lead = house.waits(RECIFE)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    house.run()
    house.desk.receive(status(house.graph.wamids[0], "failed", code=131049))
    assert house.ends(lead) == ["undelivered"]


def test_a_fault_that_a_person_has_to_mend_stops_the_run_and_nobody_is_lost(house: House) -> None:
    leads = [house.waits(RECIFE) for _ in range(3)]
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    house.graph.then(refusal(190, 401))
    with pytest.raises(Fix):
        house.run()
    assert house.outcomes() == {"sent": 3} and {*map(tuple, map(house.ends, leads))} == {("told",)}


def test_refusals_for_now_end_the_try_and_are_made_good(house: House) -> None:
    for _ in range(4):
        house.waits(RECIFE)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    house.graph.then(*[refusal(130429)] * 3)
    with pytest.raises(TryAgain):
        house.run()
    assert (
        house.outcomes() == {"sent": 4} and len({m["biz_opaque_callback_data"] for m in house.graph.messages[3:]}) == 4
    )


def test_a_plans_api_that_is_away_is_no_news_either_way(house: House) -> None:
    lead = house.waits(RECIFE)
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    house.serena.then(Answer(500))
    (kept,) = house.run()
    assert (kept.plans, kept.trouble, house.ends(lead)) == (None, True, [None])


def test_the_distribuidora_that_somebody_named_is_the_one_that_counts(house: House) -> None:
    light, any_of_them = house.waits(RIO, utility="LIGHT"), house.waits(RIO)
    served = {"ibge_code": RIO}
    house.serena.serve("RIO DE JANEIRO", "RJ", "ENEL RJ", PLANS, **served)
    house.serena.serve("RIO DE JANEIRO", "RJ", "LIGHT", [], qualified=False, **served)
    house.serena.serve("RIO DE JANEIRO", "RJ", "OUTRA", [], **served)
    assert house.outcomes() == {"sent": 1}
    assert (house.ends(light), house.ends(any_of_them)) == ([None], ["told"])


def test_the_words_of_the_figures_are_counted(house: House) -> None:
    house.waits(RECIFE)
    lead = house.waits(RECIFE, OLINDA)
    house.serena.serve("OLINDA", "PE", "CELPE", PLANS, ibge_code=OLINDA)
    house.run()
    now = datetime.now(UTC)
    report = house.desk.run(house.desk.operations.report(now - timedelta(hours=1), now + timedelta(hours=1)))
    assert (report.wishes, report.wishes_told, report.wishes_shown, report.wishes_open) == (3, 1, 0, 2)
    gauges = house.desk.run(house.desk.operations.gauges())
    assert (gauges.wishes, gauges.notices) == (2, True)
    sheet = house.desk.run(house.desk.operations.sheet(lead))
    assert sheet is not None
    assert [(wish.place, wish.ended_by, wish.status) for wish in sheet.wishes] == [
        (RECIFE, None, None),
        (OLINDA, "told", "accepted"),
    ]


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def shows(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    environment = {
        "DATABASE_URL": house.desk.url,
        "SERENA_API_BASE_URL": house.serena.url,
        "SERENA_API_TOKEN": "serena-token",
        "WHATSAPP_NOTICE_TEMPLATE_NAME": "aviso_de_planos",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["--dry-run", *arguments])
        said = capsys.readouterr()
        assert house.graph.messages == [] and "Marina" not in said.out + said.err
        return code, said.out, said.err

    return run


def test_a_dry_run_says_who_would_be_told_and_tells_nobody(
    house: House, shows: Callable[..., tuple[int, str, str]]
) -> None:
    lead = house.waits(RECIFE)
    assert shows() == (0, "Recife/PE · 1 · ainda não · –\n", "")
    house.serena.serve("RECIFE", "PE", "CELPE", PLANS)
    assert shows("--place", "Recife, PE") == (0, "Recife/PE · 1 · há · seriam avisadas agora: 1\n", "")
    assert shows("--place", str(OLINDA))[0] == 5
    house.desk.change("update leads set taken_over_at = now() where id = $1", lead)
    assert shows()[0] == 3
    house.serena.then(*[Answer(401)] * 2)
    assert shows()[0] == 4


@pytest.mark.parametrize("place", ["9999999", "Lugar Nenhum", "Bom Jesus"])
def test_a_place_that_is_none_or_several_is_a_wrong_argument(place: str) -> None:
    assert main(["--dry-run", "--place", place]) == 2


def test_without_a_template_the_wishes_cannot_be_kept_and_it_says_so(
    house: House, shows: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.waits(RECIFE)
    monkeypatch.setenv("WHATSAPP_NOTICE_TEMPLATE_NAME", "")
    code, out, err = shows()
    assert (code, out) == (1, "") and "WHATSAPP_NOTICE_TEMPLATE_NAME" in err
