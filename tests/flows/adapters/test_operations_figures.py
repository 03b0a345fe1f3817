"""Figures: how far the leads of a period got, what the period brought, and what stands where now."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from flows.adapters.store.totals import Funnel, Gauges
from flows.domain import Content, Handoff, Outcome, Qualification, Stage, Why
from tests.flows.adapters.conftest import Desk, in_hours
from tests.flows.adapters.deliveries import says, someone, status, taps

_days = itertools.count()
DAY = timedelta(days=1)


@pytest.fixture
def day() -> Iterator[datetime]:
    """The beginning of a day of the past that no other test uses."""
    yield datetime(2001, 1, 1, tzinfo=UTC) + 3 * DAY * next(_days)


def arrived(desk: Desk, lead_id: UUID, at: datetime) -> None:
    desk.change("update leads set created_at = $2 where id = $1", lead_id, at)


def moved(desk: Desk, lead_id: UUID, to: datetime) -> None:
    """Everything of a lead that a report looks at, as much earlier as its arrival has to be."""
    by = desk.cell("select created_at from leads where id = $1", lead_id) - to
    for table, columns in {
        "lead_messages": ("created_at", "attempted_at", "answered_at"),
        "turns": ("at",),
        "leads": ("created_at",),
    }.items():
        key = "id" if table == "leads" else "lead_id"
        sets = ", ".join(f"{column} = {column} - $2::interval" for column in columns)
        desk.change(f"update {table} set {sets} where {key} = $1", lead_id, by)


def funnel(desk: Desk, day: datetime) -> dict[str, int]:
    found: Funnel = desk.run(desk.operations.funnel(day, day + DAY))
    return {name: count for name, count in found.model_dump().items() if count}


# the funnel


def test_a_lead_counts_in_the_period_in_which_it_arrived(desk: Desk, day: datetime) -> None:
    for at in (day - timedelta(microseconds=1), day, day + DAY - timedelta(microseconds=1), day + DAY):
        arrived(desk, desk.form(someone()).lead_id, at)
    assert funnel(desk, day) == {"arrived": 2, "forms": 2}


def test_a_template_counts_once_it_reached_a_device(desk: Desk, day: datetime) -> None:
    for name in ("sent", "delivered", "read"):
        dispatch = desk.form(someone())
        arrived(desk, dispatch.lead_id, day)
        claim = desk.claim(dispatch.lead_id, "lead-activation")
        template = {"name": "oi", "language": "pt_BR", "body": [], "buttons": []}
        message = desk.run(desk.store.queue(claim, f"template:{claim.run_id}", text="", template=template)).message_id
        desk.receive(status(desk.sent(message), name, tracker=message))
    assert funnel(desk, day) == {"arrived": 3, "forms": 3, "template_delivered": 2}


def test_a_reminder_by_template_is_no_welcome_that_was_delivered(desk: Desk, day: datetime) -> None:
    """It made more welcomes delivered than forms sent."""
    claim = desk.conversation(says(someone()))
    arrived(desk, claim.lead_id, day)
    desk.sent(desk.answer(claim))
    template = {"name": "retomar", "language": "pt_BR", "body": [], "buttons": []}
    message = desk.run(desk.store.queue(claim, f"reminder:{claim.run_id}:1", text="", template=template)).message_id
    desk.receive(status(desk.sent(message), "delivered", tracker=message))
    assert "template_delivered" not in funnel(desk, day)


def test_who_writes_first_came_by_no_form(desk: Desk, day: datetime) -> None:
    claim = desk.conversation(says(someone()))
    arrived(desk, claim.lead_id, day)
    assert funnel(desk, day) == {"arrived": 1, "answered": 1}


def test_a_form_stays_a_form_when_its_lead_is_merged_into_the_one_who_wrote(desk: Desk, day: datetime) -> None:
    ana = someone()
    form = desk.form(ana).lead_id
    desk.receive(says(ana.hidden))
    payload, wamid = desk.welcomed(form)
    desk.receive(taps(ana.hidden, payload, on=wamid))
    (lead_id,) = desk.leads_of(ana)
    arrived(desk, lead_id, day)
    assert funnel(desk, day) == {"arrived": 1, "forms": 1, "answered": 1}


@pytest.mark.parametrize("stage", list(Stage))
def test_a_place_is_known_from_the_bill_on_or_where_nothing_is_sold(desk: Desk, day: datetime, stage: Stage) -> None:
    known = {Stage.AWAITING_BILL, Stage.BILL_PROCESSED, Stage.PLANS_SENT, Stage.NOT_SERVED, Stage.INTERESTED}
    now_there, was_there = desk.form(someone()).lead_id, desk.form(someone()).lead_id
    for lead_id in (now_there, was_there):
        arrived(desk, lead_id, day)
    desk.change("update leads set conversation_state = $2 where id = $1", now_there, stage.value)
    desk.run(desk.store.set_stage(was_there, stage))
    desk.run(desk.store.set_stage(was_there, Stage.COMPLETED))
    assert funnel(desk, day).get("place", 0) == (2 if stage in known else 0)


def test_who_sent_a_bill_is_counted_also_when_the_bill_is_past_its_time_and_deleted(desk: Desk, day: datetime) -> None:
    claim = desk.conversation(says(someone()))
    arrived(desk, claim.lead_id, day)
    inbound = desk.unanswered(claim.lead_id)[0].id
    kept = {"path": f"{claim.lead_id}/b", "sha256": "b", "mime_type": "image/png", "size": 1, "keep_days": -1}
    desk.run(desk.store.keep_bill(claim.lead_id, inbound, **kept))
    assert desk.run(desk.store.company.forget("bills", 8)).gone >= 1
    assert funnel(desk, day)["bill"] == 1


def test_bills_qualification_hand_overs_and_stops_are_counted(desk: Desk, day: datetime) -> None:
    claim = desk.conversation(says(someone()))
    arrived(desk, claim.lead_id, day)
    inbound = desk.unanswered(claim.lead_id)[0].id
    for number in range(2):  # two of one lead count once
        desk.run(
            desk.store.keep_bill(
                claim.lead_id,
                inbound,
                path=f"f{number}",
                sha256=f"{number}",
                mime_type="image/png",
                size=1,
                keep_days=1,
            )
        )
    desk.answer(
        claim,
        qualification=Qualification.QUALIFIED,
        stage=Stage.INTERESTED,
        handoff=Handoff(reason="plan_chosen"),
        opt_out=True,
    )
    assert funnel(desk, day) == {
        "arrived": 1,
        "answered": 1,
        "place": 1,
        "bill": 1,
        "qualified": 1,
        "handed_over": 1,
        "opted_out": 1,
    }


def test_a_wish_to_be_forgotten_is_no_hand_over(desk: Desk, day: datetime) -> None:
    claim = desk.conversation(says(someone()))
    arrived(desk, claim.lead_id, day)
    desk.answer(claim, handoff=Handoff(reason="erase_my_data"))
    assert "handed_over" not in funnel(desk, day)


def test_silent_is_who_said_nothing_after_all(desk: Desk, day: datetime) -> None:
    """Who came back after a silence, and talks or ended otherwise, is not."""
    people = [someone() for _ in range(3)]
    for person in people:
        claim = desk.conversation(says(person))
        arrived(desk, claim.lead_id, day)
        desk.sent(desk.answer(claim))
        assert desk.run(desk.store.finish(claim, Outcome.SILENT))
    desk.receive(says(people[0], "voltei"))
    claim = desk.conversation(says(people[1], "voltei"))
    desk.answer(claim, stage=Stage.COMPLETED)
    assert desk.run(desk.store.finish(claim, Outcome.COMPLETED))
    assert funnel(desk, day)["silent"] == 1


# a period's report


def test_answer_times_go_from_the_last_message_of_a_turn_to_its_reply(desk: Desk, day: datetime) -> None:
    for seconds in (1.0, 2.0, 9.0):
        ana = someone()
        claim = desk.conversation(says(ana), says(ana, "e outra"))
        desk.sent(desk.answer(claim))
        moved(desk, claim.lead_id, day + timedelta(hours=1))
        early = "update lead_messages set created_at = created_at - interval '1 minute' where lead_id = $1 and message_content = 'Oi'"
        desk.change(early, claim.lead_id)
        newest = "select max(created_at) from lead_messages where lead_id = $1 and message_direction = 'user'"
        desk.change(
            f"update lead_messages set attempted_at = ({newest}) + $2::interval where lead_id = $1 and message_direction = 'bot'",
            claim.lead_id,
            timedelta(seconds=seconds),
        )
    report = desk.run(desk.operations.report(day, day + DAY))
    assert (report.answer_p50, report.answer_p95) == (2.0, 8.3)
    empty = desk.run(desk.operations.report(day + DAY, day + 2 * DAY))
    assert (empty.answer_p50, empty.answer_p95, empty.turns) == (None, None, 0)


def test_a_reply_belongs_to_its_own_day_though_the_question_came_before_midnight(desk: Desk, day: datetime) -> None:
    claim = desk.conversation(says(someone()))
    desk.sent(desk.answer(claim))
    moved(desk, claim.lead_id, day + timedelta(minutes=1))
    desk.change(
        "update lead_messages q set created_at = a.attempted_at - interval '90 seconds' from lead_messages a"
        " where q.answered_by = a.id and q.lead_id = $1",
        claim.lead_id,
    )
    assert desk.cell("select min(created_at) from lead_messages where lead_id = $1", claim.lead_id) < day
    assert desk.run(desk.operations.report(day, day + DAY)).answer_p50 == 90.0
    assert desk.run(desk.operations.report(day - DAY, day)).answer_p50 is None


def test_reminders_are_counted_with_the_leads_they_brought_back(desk: Desk, day: datetime) -> None:
    for hours in (1, 23, 25, None):  # until the lead wrote
        ana = someone()
        claim = desk.conversation(says(ana))
        desk.sent(desk.answer(claim))
        key = f"reminder:{claim.run_id}:0"
        reminder = desk.run(desk.store.queue(claim, key, text="Oi?", content=Content(text="Oi?"))).message_id
        desk.sent(reminder)
        if hours:
            desk.receive(says(ana, "voltei"))
        moved(desk, claim.lead_id, day + timedelta(hours=2))
        if hours:
            desk.change(
                "update lead_messages set created_at = created_at + $2::interval where lead_id = $1"
                " and message_content = 'voltei'",
                claim.lead_id,
                timedelta(hours=hours),
            )
    report = desk.run(desk.operations.report(day, day + DAY))
    assert (report.reminders, report.reminders_returned) == (4, 2)


def test_a_reminder_that_did_not_leave_is_none(desk: Desk, day: datetime) -> None:
    claim = desk.parked(says(someone()))
    claim = desk.claim(claim.lead_id, flow_run_id=desk.state_of(claim.run_id)["flow_run_id"])
    desk.run(desk.store.queue(claim, f"reminder:{claim.run_id}:1", text="Oi?", content=Content(text="Oi?")))
    moved(desk, claim.lead_id, day)
    assert desk.run(desk.operations.report(day, day + DAY)).reminders == 0


def test_failures_are_counted_by_code_and_charges_by_category(desk: Desk, day: datetime) -> None:
    told = (
        ("failed", 131026, None),
        ("failed", 131026, None),
        ("failed", 131049, None),
        ("delivered", None, {"type": "regular", "category": "utility", "billable": True}),
        ("delivered", None, {"type": "regular", "category": "marketing"}),
        ("delivered", None, {"category": "utility", "billable": True}),
        ("delivered", None, {"type": "free_customer_service", "category": "service", "billable": True}),
        ("delivered", None, {"category": "service", "billable": False}),
        ("delivered", None, None),
    )
    for name, code, pricing in told:
        claim = desk.conversation(says(someone()))
        message = desk.answer(claim)
        event = status(desk.sent(message), name, tracker=message, code=code)
        if pricing:
            event[0]["raw"]["pricing"] = pricing
        desk.receive(event)
        moved(desk, claim.lead_id, day)
    report = desk.run(desk.operations.report(day, day + DAY))
    assert report.failures == {"131026": 2, "131049": 1}
    assert report.billable == {"utility": 2, "marketing": 1}
    assert report.funnel.arrived == len(told)


def test_turns_tokens_and_fallbacks_of_the_period_are_summed(desk: Desk, day: datetime) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    asked = Why(by="gpt-4.1", seconds=1, tokens_in=100, tokens_out=10)
    saved = asked.model_copy(update={"by": "rules", "fallback": "slow"})
    for why in (asked, asked, saved, Why(by="rules", seconds=0.1), Why(by="taps")):
        desk.turn(claim, ana, why)
    moved(desk, claim.lead_id, day)
    report = desk.run(desk.operations.report(day, day + DAY))
    assert (report.turns, report.model_turns, report.fallbacks) == (5, 2, {"slow": 1})
    assert (report.tokens_in, report.tokens_out) == (300, 30)


# now


def gauges(desk: Desk) -> Gauges:
    return desk.run(desk.operations.gauges(60))


def test_gauges_count_what_waits_and_for_how_long(desk: Desk) -> None:
    before = gauges(desk)
    waiting = desk.conversation(says(someone()))
    queued = desk.conversation(says(someone()))
    desk.answer(queued, handoff=Handoff(reason="asked_for_person"))
    overdue, resting = desk.parked(says(someone())), desk.parked(says(someone()))
    hour = "now() - interval '23 hours'"
    desk.change(
        f"update lead_messages set created_at = {hour} where lead_id = any($1)", [waiting.lead_id, queued.lead_id]
    )
    desk.change("update handoffs set created_at = now() - interval '99 years' where lead_id = $1", queued.lead_id)
    for run, seconds in ((overdue, 90), (resting, 1)):
        due = f"now() - interval '{seconds} seconds'"
        desk.change(f"update runs set wake_due_at = {due}, next_dispatch_at = {due} where id = $1", run.run_id)
    person = desk.form(someone()).lead_id
    desk.run(desk.operations.take_over(person, "ana"))
    after = gauges(desk)
    assert after.unanswered - before.unanswered == 1
    assert after.unsent - before.unsent == 1
    assert after.oldest_unanswered >= 23 * 3600 and 23 * 3600 <= after.oldest_unsent <= 24 * 3600
    assert after.oldest_handoff == pytest.approx(99 * 365.25 * 86400, rel=0.01)
    assert after.open_handoffs - before.open_handoffs == 1
    assert after.overdue_waits - before.overdue_waits == 1
    assert after.taken_over - before.taken_over == 1
    grown = {status: count - before.runs.get(status, 0) for status, count in after.runs.items()}
    assert {status: count for status, count in grown.items() if count} == {"active": 2, "parked": 2, "requested": 1}
    assert "finished" not in after.runs
    desk.run(desk.operations.contacted(queued.lead_id, "ana", "sold"))
    desk.run(desk.operations.give_back(person, "ana", answer=False))
    desk.sent(desk.answer(waiting))
    settled = gauges(desk)
    assert (settled.open_handoffs, settled.taken_over, settled.unanswered) == (
        before.open_handoffs,
        before.taken_over,
        before.unanswered,
    )


def test_a_message_past_its_window_is_no_longer_waited_for(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    desk.answer(claim)
    before = gauges(desk).unsent
    desk.change("update lead_messages set created_at = now() - interval '25 hours' where lead_id = $1", claim.lead_id)
    assert gauges(desk).unsent == before - 1


def test_no_figure_of_an_empty_period_is_missing(desk: Desk) -> None:
    report = desk.run(desk.operations.report(in_hours(-24 * 365 * 60), in_hours(-24 * 365 * 59)))
    assert report.funnel == Funnel()
    assert (report.failures, report.billable, report.fallbacks, report.reminders) == ({}, {}, {}, 0)
