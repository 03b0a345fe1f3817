"""The one rule for what we start ourselves, over every state that a lead can be in; and the quiet hours, over a year of them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows import settings
from flows.adapters.store.leads import StartVerdict
from flows.brazil.calendar import SAO_PAULO
from flows.conversing.starting import rules
from flows.domain import Consent, Outcome, Stage
from flows.shown import words
from tests.flows.adapters.conftest import ROOMY, Desk, in_hours
from tests.flows.adapters.deliveries import Person, phone, says, someone, status

# The rule is one SQL function, and how it is called over either transport the other tests show: asked thousands of times, once.
OVER_POSTGRES = pytest.mark.parametrize("desk", ["postgres"], indirect=True, scope="session")
KINDS = ("welcome", "reminder", "notice", "template", "message")
QUIET: dict[str, Any] = rules(settings.read(settings.Conversation, quiet_hours="20-8"), 2026)["quiet"]


@pytest.fixture
def quiet(desk: Desk) -> Iterator[None]:
    """The quiet hours as they are by default."""
    desk.run(desk.store.set_starting_rules(ROOMY | {"quiet": QUIET}))
    yield
    desk.run(desk.store.set_starting_rules(ROOMY))


def here(text: str) -> datetime:
    """An instant by the clocks of São Paulo."""
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO)


def asked(desk: Desk, lead: UUID, kind: Any, **more: Any) -> tuple[str, str]:
    said = desk.run(desk.store.may_start(lead, kind, **more))
    return said.verdict, said.reason


def expected(kind: str, state: dict[str, Any]) -> tuple[str, str]:
    """The promise in words, written a second time: who, then where on the journey, then what stands between, then how often."""
    stage, wrote = state["stage"], state["wrote"]
    if state["opted_out"] or stage is Stage.OPTED_OUT:
        return "no", "opted_out"
    if kind == "message":
        return ("go", "free") if wrote == "lately" else ("no", "window_closed")
    if state["taken_over"]:
        return "no", "taken_over"
    if kind == "template":
        return "go", "free"
    if stage in (Stage.INTERESTED, Stage.HUMAN_REQUESTED) or (kind == "reminder" and not stage.reminded):
        return "no", "closed"
    if kind == "reminder" and wrote == "never":
        return "no", "never_wrote"
    if kind == "notice":
        return "no", "closed" if stage is Stage.COMPLETED else "no_consent"
    if state["unanswered"]:
        return "wait", "answer_first"
    if state["unsent"]:
        return "wait", "unsent_first"
    if kind == "reminder" and state["reminded"]:
        return "no", "reminded"
    return "go", "free" if kind == "reminder" and wrote == "lately" else "template"


@OVER_POSTGRES
def test_the_rule_over_every_state(desk: Desk) -> None:
    ana = someone()
    lead = desk.receive(says(ana))[0].lead_id
    desk.change("update runs set status = 'finished', outcome = 'silent' where lead_id = $1", lead)
    reminder = desk.started(lead, f"reminder:{uuid4()}", "Oi?")
    reply = desk.started(lead, f"reply:{uuid4()}", "Oi")
    seen: set[tuple[str, str]] = set()
    choices = {
        "stage": list(Stage),
        "opted_out": [False, True],
        "taken_over": [False, True],
        "unanswered": [False, True],
        "unsent": [False, True],
        "reminded": [False, True],
        "wrote": ["lately", "long ago", "never"],
    }
    now = datetime.now(UTC)
    for picked in itertools.product(*choices.values()):
        state: dict[str, Any] = dict(zip(choices, picked, strict=True))
        if state["wrote"] == "never" and state["unanswered"]:
            continue
        desk.change(
            "update leads set conversation_state = $2, opted_out_at = $3, taken_over_at = $4, last_inbound_at = $5 where id = $1",
            lead,
            state["stage"].value,
            now if state["opted_out"] else None,
            now if state["taken_over"] else None,
            {"lately": now, "long ago": now - timedelta(days=3), "never": None}[state["wrote"]],
        )
        desk.change(
            "update lead_messages set answered_at = $2 where lead_id = $1 and message_direction = 'user'",
            lead,
            None if state["unanswered"] else now,
        )
        for message, on in ((reply, state["unsent"]), (reminder, False)):
            desk.change(
                "update lead_messages set delivery_status = $2 where id = $1", message, "queued" if on else "sent"
            )
        if not state["reminded"]:
            desk.change("update lead_messages set delivery_status = 'failed' where id = $1", reminder)
        for kind in KINDS:
            found = asked(desk, lead, kind)
            assert found == expected(kind, state), (kind, state)
            seen.add(found)
    assert {reason for _, reason in seen} == {
        "opted_out",
        "free",
        "window_closed",
        "taken_over",
        "closed",
        "never_wrote",
        "no_consent",
        "answer_first",
        "unsent_first",
        "reminded",
        "template",
    }


def test_every_reason_has_words_and_no_words_are_left_over() -> None:
    migrations = settings.ROOT / "deployments/database/migrations"
    text = "".join(
        path.read_text("utf-8") for name in ("starting", "account") for path in migrations.glob(f"*_{name}.sql")
    )
    reasons = set(re.findall(r"verdict\('\w+', '(\w+)'", text)) | set(re.findall(r"'(\w+_limit)'", text)) | {"template"}
    assert set(words.STARTING) == reasons


def test_nobody_is_written_to_who_was_erased(desk: Desk) -> None:
    assert {asked(desk, uuid4(), kind) for kind in KINDS} == {("no", "erased")}


def test_a_notice_needs_the_persons_yes(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.sent(desk.answer(claim, consent=Consent(ibge_code=2611606, given=True)))
    assert desk.run(desk.store.park(claim, in_hours(2))) == 1
    lead = claim.lead_id
    assert asked(desk, lead, "notice") == ("wait", "no_template")
    desk.run(desk.store.set_starting_rules(ROOMY | {"templates": {"notice": {"name": "a", "language": "pt_BR"}}}))
    assert asked(desk, lead, "notice") == ("go", "template")
    again = desk.conversation(says(ana))
    assert asked(desk, lead, "notice") == ("wait", "answer_first")
    desk.sent(desk.answer(again, consent=Consent(ibge_code=2611606, given=False)))
    assert asked(desk, lead, "notice") == ("no", "no_consent")
    desk.run(desk.store.set_starting_rules(ROOMY))


def test_who_said_that_the_form_is_not_theirs_gets_no_other_welcome(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.sent(desk.answer(claim, memory={"disowned": True}))
    desk.run(desk.store.finish(claim, Outcome.SILENT))
    assert (asked(desk, claim.lead_id, "welcome"), desk.form(ana).kept) == (("no", "wrong_person"), "wrong_person")
    assert asked(desk, claim.lead_id, "reminder")[0] == "go"


def test_reminders_count_across_runs_until_the_lead_writes(desk: Desk) -> None:
    ana = someone()
    claim = desk.parked(says(ana))
    lead = claim.lead_id
    desk.arrived(desk.started(lead, f"reminder:{uuid4()}", "Oi?"))
    assert asked(desk, lead, "reminder") == ("no", "reminded")
    desk.change("update runs set status = 'finished', outcome = 'silent' where lead_id = $1", lead)
    assert asked(desk, lead, "reminder") == ("no", "reminded")
    assert asked(desk, lead, "reminder", asked="once") == ("no", "reminded")
    assert asked(desk, lead, "reminder", asked="again")[0] == "go"
    again = desk.conversation(says(ana))
    desk.sent(desk.answer(again))
    assert asked(desk, lead, "reminder")[0] == asked(desk, lead, "reminder", asked="once")[0] == "go"


def test_a_reminder_that_waited_is_withdrawn_once_the_lead_has_answered(desk: Desk) -> None:
    ana = someone()
    claim = desk.parked(says(ana))
    reminder = desk.started(claim.lead_id, f"reminder:{uuid4()}", "Oi?")
    desk.receive(says(ana, "estou aqui"))
    assert desk.run(desk.store.begin_send(reminder)).outcome == "later"
    desk.answer(desk.claim(claim.lead_id, flow_run_id=desk.state_of(claim.run_id)["flow_run_id"]))
    out = desk.run(desk.store.begin_send(reminder))
    assert (out.outcome, out.error_code) == ("failed", None)


def test_a_reminder_does_not_overtake_an_answer_that_waits(desk: Desk) -> None:
    """It waits for a new token, say; the reminder would come before what it reminds of."""
    claim = desk.conversation(says(someone()))
    answer = desk.answer(claim)
    desk.run(desk.store.begin_send(answer))
    desk.run(desk.store.record_send(answer, "refused", attempt=1, code=190, after_seconds=600))
    assert desk.run(desk.store.park(claim, in_hours(2))) == 1
    again = desk.claim(claim.lead_id, flow_run_id=desk.state_of(claim.run_id)["flow_run_id"])
    queued = desk.run(desk.store.queue(again, f"reminder:{claim.run_id}:1", text="Oi?"))
    assert (queued.outcome, queued.message_id) == ("unsent_first", None)
    assert desk.run(desk.operations.remind_now(claim.lead_id, "ana")).outcome == "unsent"


def test_a_reminder_of_unknown_outcome_is_not_repeated_to_who_wrote_since(desk: Desk) -> None:
    ana = someone()
    claim = desk.parked(says(ana))
    reminder = desk.started(claim.lead_id, f"reminder:{uuid4()}", "Oi?")
    assert desk.run(desk.store.begin_send(reminder)).outcome == "send"
    desk.run(desk.store.record_send(reminder, "unknown", attempt=1))
    desk.receive(says(ana, "uns 379 reais"))
    assert desk.run(desk.store.begin_send(reminder, again=1)).outcome == "failed"
    assert desk.run(desk.store.message_state(reminder)).withdrawn
    desk.receive(status(f"wamid.{uuid4()}", "delivered", tracker=reminder))
    assert desk.run(desk.store.message_state(reminder)).status == "delivered", "it had gone after all"


@pytest.mark.parametrize(
    "change", ["opted_out_at = now()", "taken_over_at = now()", "conversation_state = 'INTERESTED'"]
)
@pytest.mark.parametrize("status", ["queued", "uncertain"])
def test_what_may_no_longer_go_is_withdrawn_in_the_last_moment(desk: Desk, change: str, status: str) -> None:
    lead = desk.parked(says(someone())).lead_id
    reminder = desk.started(lead, f"reminder:{uuid4()}", "Oi?")
    desk.change("update lead_messages set delivery_status = $2 where id = $1", reminder, status)
    desk.change(f"update leads set {change} where id = $1", lead)
    assert desk.run(desk.store.begin_send(reminder, again=0)).outcome == "failed"


# quiet hours


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2026-11-30T19:59", None),
        ("2026-11-30T20:00", "2026-12-01T08:00"),
        ("2026-12-01T01:30", "2026-12-01T08:00"),
        ("2026-12-01T07:59", "2026-12-01T08:00"),
        ("2026-12-01T08:00", None),
        ("2026-12-05T20:00", "2026-12-07T08:00"),  # Saturday evening, over Sunday
        ("2026-12-06T12:00", "2026-12-07T08:00"),
        ("2026-12-24T21:00", "2026-12-26T08:00"),  # over Christmas
        ("2026-11-20T12:00", "2026-11-21T08:00"),  # Consciência Negra
        ("2026-10-10T20:00", "2026-10-13T08:00"),  # Saturday, Sunday, Nossa Senhora Aparecida
        ("2027-03-26T12:00", "2027-03-27T08:00"),  # Good Friday
    ],
)
def test_the_quiet_ends_in_the_morning_of_a_day_that_is_not_quiet(desk: Desk, at: str, ends: str | None) -> None:
    found = desk.cell("select quiet_until($1, $2::text::jsonb)", here(at), json.dumps(QUIET))
    assert (found and found.astimezone(SAO_PAULO)) == (here(ends) if ends else None)


@OVER_POSTGRES
def test_no_hour_of_a_year_brings_a_reminder_into_the_quiet(desk: Desk, quiet: None) -> None:
    lead = desk.parked(says(someone())).lead_id
    holidays = {date.fromisoformat(day) for day in QUIET["days"]}
    for hour in range(0, 24 * 366, 3):
        at = here("2026-12-01T00:30") + timedelta(hours=hour)
        local = at.astimezone(SAO_PAULO)
        calm = local.hour >= 20 or local.hour < 8 or local.weekday() == 6 or local.date() in holidays
        desk.change("update leads set last_inbound_at = $2 where id = $1", lead, at)
        said = desk.run(desk.store.may_start(lead, "reminder", at=at))
        assert (said.verdict == "wait") == calm, local
        if calm:
            assert said.reason == "quiet" and said.until is not None and said.until.astimezone(SAO_PAULO).hour == 8
    assert asked(desk, lead, "reminder", at=here("2026-12-02T01:30"), asked="once")[0] == "go", "a person decided it"


def test_a_welcome_keeps_the_quiet_only_where_that_is_set(desk: Desk, quiet: None) -> None:
    lead = desk.form(Person(phone=phone())).lead_id
    night = here("2026-12-02T01:30")
    assert asked(desk, lead, "welcome", at=night) == ("go", "template")
    desk.run(desk.store.set_starting_rules(ROOMY | {"quiet": QUIET | {"kinds": ["welcome"]}}))
    assert asked(desk, lead, "welcome", at=night) == ("wait", "quiet")


@pytest.mark.parametrize(
    ("now", "wrote", "due"),
    [
        ("2026-12-01T10:00", "2026-12-01T10:00", "2026-12-01T12:00"),  # by day: two hours, as ever
        ("2026-12-01T17:59", "2026-12-01T17:59", "2026-12-01T19:59"),
        ("2026-12-01T18:30", "2026-12-01T18:30", "2026-12-02T08:00"),  # in the night: the morning
        ("2026-12-01T23:30", "2026-12-01T23:30", "2026-12-02T08:00"),
        ("2026-12-05T18:30", "2026-12-05T18:30", "2026-12-05T19:43"),  # Saturday: the window would be closed on Monday
        ("2026-12-05T19:30", "2026-12-05T19:30", "2026-12-07T08:00"),  # too soon for that: by a template
        ("2026-12-06T12:00", "2026-12-06T12:00", "2026-12-07T08:00"),  # on Sunday itself
        ("2026-12-24T17:00", "2026-12-24T17:00", "2026-12-24T19:00"),
    ],
)
def test_a_reminder_due_in_the_quiet_waits_for_the_morning_or_goes_before(
    desk: Desk, quiet: None, now: str, wrote: str, due: str
) -> None:
    lead = desk.parked(says(someone())).lead_id
    desk.change("update leads set last_inbound_at = $2 where id = $1", lead, here(wrote))
    found = desk.cell("select reminder_due($1, $2, $3)", lead, here(now) + timedelta(hours=2), here(now))
    assert found.astimezone(SAO_PAULO) == here(due)


def test_the_settings_make_the_rules() -> None:
    made = rules(
        settings.read(settings.Conversation, quiet_hours="22-7", quiet_days=("none",), quiet_kinds=("notice",)), 2026
    )
    assert made["quiet"] == {"from": "22:00", "until": "07:00", "kinds": ["notice"], "sundays": False, "days": []}
    assert rules(settings.read(settings.Conversation, quiet_hours="off"), 2026)["quiet"] is None
    assert "2026-12-25" in QUIET["days"] and "2030-01-01" in QUIET["days"]


def test_a_verdict_reads_as_the_store_says_it(desk: Desk, quiet: None) -> None:
    lead = desk.parked(says(someone())).lead_id
    assert desk.run(desk.store.may_start(lead, "message")) == StartVerdict(verdict="go", reason="free")
