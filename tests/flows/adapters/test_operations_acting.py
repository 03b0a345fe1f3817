"""What operators do: write, remind, mark as contacted; each recorded, each safe to repeat."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from flows.adapters.store.leads import Claim
from flows.domain import Content, Handoff, Outcome, Stage
from flows.errors import Fix, Superseded
from tests.flows.adapters.conftest import LEASE, Desk, in_hours
from tests.flows.adapters.deliveries import prefers, says, someone

# writing


def test_a_persons_message_is_sent_by_the_conversations_run(desk: Desk) -> None:
    lead_id = desk.taken_over(says(someone()))
    acted = desk.run(desk.operations.write(lead_id, "ana", "k1", "Olá! Aqui é a Ana."))
    assert (acted.outcome, acted.dispatch.action) == ("done", "start")
    claim = desk.claim(lead_id)
    (unsent,) = claim.unsent
    out = desk.run(desk.store.begin_send(unsent.id))
    assert out.content == Content(text="Olá! Aqui é a Ana.")
    sheet = desk.run(desk.operations.sheet(lead_id))
    assert [(m.who, m.text, m.author) for m in sheet.messages][-1] == ("agent", "Olá! Aqui é a Ana.", "ana")
    assert desk.run(desk.store.transcript(lead_id))[-1].who == "agent"
    assert desk.actions(lead_id)[0] == ("ana", "write")
    assert "Olá" not in str(sheet.actions)


def test_a_form_sent_twice_is_one_message(desk: Desk) -> None:
    lead_id = desk.taken_over(says(someone()))
    write = desk.operations.write
    outcomes = desk.together(*(write(lead_id, "ana", "same", "Olá!") for _ in range(3)))
    assert [acted.outcome for acted in outcomes] == ["done"] * 3
    assert len([acted for acted in outcomes if acted.dispatch]) == 1
    assert desk.cell("select count(*) from lead_messages where lead_id = $1 and author = 'ana'", lead_id) == 1


def test_a_run_that_ends_while_a_person_writes_leaves_the_message_to_the_dispatcher(desk: Desk) -> None:
    ana = someone()
    lead_id = desk.taken_over(says(ana))
    desk.receive(says(ana, "e aí?"))
    claim = desk.claim(lead_id)
    acted = desk.run(desk.operations.write(lead_id, "ana", "k", "Já vejo."))
    assert acted.dispatch is None  # the run at work hears of it
    desk.answer(claim, content=None)
    assert desk.run(desk.store.finish(claim, Outcome.TAKEN_OVER))
    desk.change(
        "update lead_messages set created_at = now() - interval '10 seconds' where author = 'ana' and lead_id = $1",
        lead_id,
    )
    assert [d.action for d in desk.run(desk.store.due(limit=100_000)) if d.lead_id == lead_id] == ["start"]


@pytest.mark.parametrize("text", ["", " \n", "x" * 4097])
def test_a_message_that_whatsapp_would_refuse_is_not_taken(desk: Desk, text: str) -> None:
    lead_id = desk.taken_over(says(someone()))
    with pytest.raises(Fix):
        desk.run(desk.operations.write(lead_id, "ana", "k", text))
    assert desk.cell("select count(*) from lead_messages where lead_id = $1 and author is not null", lead_id) == 0


@pytest.mark.parametrize(
    ("column", "value", "outcome"),
    [
        ("taken_over_at", "null", "not_taken_over"),
        ("opted_out_at", "now()", "opted_out"),
        ("last_inbound_at", "now() - interval '23 hours 51 minutes'", "window_closed"),
        ("last_inbound_at", "null", "window_closed"),
        ("last_inbound_at", "now() - interval '23 hours 49 minutes'", "done"),
    ],
)
def test_a_person_may_write_only_to_a_lead_of_theirs_who_may_be_written_to(
    desk: Desk, column: str, value: str, outcome: str
) -> None:
    lead_id = desk.taken_over(says(someone()))
    desk.change(f"update leads set {column} = {value} where id = $1", lead_id)
    assert desk.run(desk.operations.write(lead_id, "ana", "k", "Olá!")).outcome == outcome
    written = desk.cell("select count(*) from lead_messages where lead_id = $1 and author is not null", lead_id)
    assert written == (1 if outcome == "done" else 0)


def test_what_a_person_wrote_does_not_go_out_after_a_stop(desk: Desk) -> None:
    ana = someone()
    lead_id = desk.taken_over(says(ana))
    desk.run(desk.operations.write(lead_id, "ana", "k", "Olá!"))
    desk.receive(prefers(ana, "stop"))
    message = desk.cell("select id from lead_messages where lead_id = $1 and author is not null", lead_id)
    out = desk.run(desk.store.begin_send(message))
    assert (out.outcome, out.error_code) == ("failed", 131050)


# reminding


def test_a_waiting_run_reminds_now_though_it_has_reminded_before(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    desk.change("update runs set reminders = 1 where id = $1", claim.run_id)
    acted = desk.run(desk.operations.remind_now(claim.lead_id, "ana"))
    assert (acted.outcome, acted.dispatch.action, acted.dispatch.reason) == ("done", "resume", "silence")
    again = desk.claim(claim.lead_id, flow_run_id=desk.state_of(claim.run_id)["flow_run_id"])
    assert_reminds(desk, again, wait=1)


def test_a_lead_whose_conversation_has_ended_is_reminded_by_a_new_run(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    desk.sent(desk.answer(claim))
    assert desk.run(desk.store.finish(claim, Outcome.SILENT))
    acted = desk.run(desk.operations.remind_now(claim.lead_id, "ana"))
    assert (acted.outcome, acted.dispatch.action, acted.dispatch.reason) == ("done", "start", "silence")
    again = desk.claim(claim.lead_id)
    assert again.run_id == acted.dispatch.run_id != claim.run_id
    assert_reminds(desk, again, wait=0)


def assert_reminds(desk: Desk, claim: Claim, *, wait: int) -> None:
    """What `flows.conversing.waiting` and `flows.conversation.remind` look at: woken, due, the allowance, and a key of its own."""
    assert claim.woken and claim.wake_due_at is not None and claim.wake_due_at <= datetime.now(UTC)
    assert (claim.wait, claim.reminders, claim.asked) == (wait, 0, True)
    key = f"reminder:{claim.run_id}:{claim.wait}"
    queued = desk.run(desk.store.queue(claim, key, text="Oi?", content=Content(text="Oi?")))
    assert queued.outcome == "queued" and queued.new
    desk.sent(queued.message_id)
    assert desk.state_of(claim.run_id)["reminders"] == 1
    assert desk.actions(claim.lead_id) == [("ana", "remind_now")]
    kinds = [row.kind for row in desk.run(desk.operations.timeline(claim.lead_id))]
    assert kinds[-1] == "reminder"


def test_a_wish_for_a_reminder_is_for_one_wake_alone(desk: Desk) -> None:
    """Otherwise each silence after it would bring a reminder too, however few there may be."""
    claim = desk.parked(says(someone()))
    flow_run = desk.state_of(claim.run_id)["flow_run_id"]
    desk.run(desk.operations.remind_now(claim.lead_id, "ana"))
    again = desk.claim(claim.lead_id, flow_run_id=flow_run)
    assert again.asked
    assert desk.run(desk.store.park(again, in_hours(2))) == 2
    desk.change("update runs set wake_due_at = now() where id = $1", claim.run_id)
    later = desk.claim(claim.lead_id, flow_run_id=flow_run)
    assert (later.woken, later.asked) == (True, False)


def test_a_run_that_wakes_because_its_time_is_up_learns_that_somebody_asks(desk: Desk) -> None:
    """By itself it would end in silence where reminders are switched off."""
    claim = desk.parked(says(someone()))
    desk.change(
        "update runs set status = 'waking', woken = true, wake_due_at = now() - interval '5 minutes' where id = $1",
        claim.run_id,
    )
    acted = desk.run(desk.operations.remind_now(claim.lead_id, "ana"))
    assert acted.outcome == "done"
    assert desk.claim(claim.lead_id, flow_run_id=desk.state_of(claim.run_id)["flow_run_id"]).asked


def test_a_button_pressed_twice_reminds_once(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    desk.change("update runs set reminders = 2 where id = $1", claim.run_id)
    remind = desk.operations.remind_now
    pressed = desk.together(remind(claim.lead_id, "ana"), remind(claim.lead_id, "ana"))
    assert [acted.outcome for acted in pressed] == ["done", "done"]
    assert len([acted for acted in pressed if acted.dispatch]) == 1
    assert desk.state_of(claim.run_id)["reminders"] == 1
    assert desk.actions(claim.lead_id) == [("ana", "remind_now")]


def test_a_run_whose_worker_is_gone_reminds_when_another_takes_it(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    desk.sent(desk.answer(claim))
    desk.change("update runs set lease_expires_at = now() - interval '1 second' where id = $1", claim.run_id)
    acted = desk.run(desk.operations.remind_now(claim.lead_id, "ana"))
    assert (acted.outcome, acted.dispatch) == ("done", None)
    with pytest.raises(Superseded):
        desk.run(desk.store.park(claim, in_hours(2)))
    again = desk.claim(claim.lead_id, flow_run_id=desk.state_of(claim.run_id)["flow_run_id"])
    assert_reminds(desk, again, wait=0)


def reminded(desk: Desk, claim: Claim) -> UUID:
    """The run reminds, and lays itself to rest again; the reminder."""
    key = f"reminder:{claim.run_id}:{claim.wait}"
    queued = desk.run(desk.store.queue(claim, key, text="Oi?", content=Content(text="Oi?")))
    desk.sent(queued.message_id)
    assert desk.run(desk.store.park(claim, in_hours(2)))
    assert isinstance(queued.message_id, UUID)
    return queued.message_id


def test_a_second_reminder_needs_that_the_first_was_seen(desk: Desk) -> None:
    """Whether the clock or a person sent the first: the same text again is a person's to decide."""
    ana, remind = someone(), desk.operations.remind_now
    claim = desk.parked(says(ana))
    lead_id, flow_run = claim.lead_id, desk.state_of(claim.run_id)["flow_run_id"]
    assert desk.run(desk.operations.sheet(lead_id)).last_reminder is None
    first = reminded(desk, desk.claim(lead_id, flow_run_id=flow_run))
    last = desk.run(desk.operations.sheet(lead_id)).last_reminder
    assert (last.id, last.answered) == (first, False)
    for seen in (None, uuid4()):
        assert desk.run(remind(lead_id, "ana", seen)).outcome == "reminded"
    assert desk.state_of(claim.run_id)["status"] == "parked" and desk.actions(lead_id) == []

    assert desk.run(remind(lead_id, "ana", first)).outcome == "done"
    assert desk.run(remind(lead_id, "ana", first)).outcome == "done"  # a second click, while it is on its way
    second = reminded(desk, desk.claim(lead_id, flow_run_id=flow_run))
    assert desk.run(remind(lead_id, "ana", first)).outcome == "reminded"  # and once it is out
    assert desk.actions(lead_id) == [("ana", "remind_now")]

    desk.receive(says(ana, type="reaction", reaction={"emoji": "👍", "message_id": "wamid.x"}))
    assert desk.run(remind(lead_id, "ana")).outcome == "reminded", "a reaction is no answer"
    desk.receive(says(ana, "oi"))
    again = desk.claim(lead_id, flow_run_id=flow_run)
    desk.sent(desk.answer(again))
    desk.run(desk.store.park(again, in_hours(2)))
    assert desk.run(desk.operations.sheet(lead_id)).last_reminder.model_dump(include={"id", "answered"}) == {
        "id": second,
        "answered": True,
    }
    assert desk.run(remind(lead_id, "ana")).outcome == "done"


def test_a_reminder_that_failed_does_not_count(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    first = reminded(desk, desk.claim(claim.lead_id, flow_run_id=desk.state_of(claim.run_id)["flow_run_id"]))
    desk.change("update lead_messages set delivery_status = 'failed' where id = $1", first)
    assert desk.run(desk.operations.sheet(claim.lead_id)).last_reminder is None
    assert desk.run(desk.operations.remind_now(claim.lead_id, "ana")).outcome == "done"


@pytest.mark.parametrize("stage", list(Stage))
def test_only_a_lead_who_was_asked_something_is_reminded(desk: Desk, stage: Stage) -> None:
    claim = desk.parked(says(someone()))
    desk.run(desk.store.set_stage(claim.lead_id, stage))
    outcome = desk.run(desk.operations.remind_now(claim.lead_id, "ana")).outcome
    assert outcome == ("done" if stage.reminded else "opted_out" if stage is Stage.OPTED_OUT else "closed")
    assert desk.state_of(claim.run_id)["status"] == ("waking" if stage.reminded else "parked")


@pytest.mark.parametrize(("column", "outcome"), [("taken_over_at", "taken_over"), ("opted_out_at", "opted_out")])
def test_nobody_is_reminded_whom_the_assistant_must_not_write_to(desk: Desk, column: str, outcome: str) -> None:
    claim = desk.parked(says(someone()))
    desk.change(f"update leads set {column} = now() where id = $1", claim.lead_id)
    assert desk.run(desk.operations.remind_now(claim.lead_id, "ana")).outcome == outcome


def test_a_lead_who_waits_for_an_answer_is_not_reminded(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    remind = desk.operations.remind_now
    assert desk.run(remind(claim.lead_id, "ana")).outcome == "busy"  # unanswered
    desk.sent(desk.answer(claim))
    assert desk.run(remind(claim.lead_id, "ana")).outcome == "busy"  # at work
    assert desk.actions(claim.lead_id) == []


def test_a_reminder_that_was_put_off_does_not_interrupt_a_person(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    flow_run = desk.state_of(claim.run_id)["flow_run_id"]
    claim = desk.claim(claim.lead_id, flow_run_id=flow_run)
    key = f"reminder:{claim.run_id}:{claim.wait}"
    reminder = desk.run(desk.store.queue(claim, key, text="Oi?", content=Content(text="Oi?"))).message_id
    desk.run(desk.store.begin_send(reminder))
    desk.run(desk.store.record_send(reminder, "refused", attempt=1, code=131056, after_seconds=0))
    desk.run(desk.operations.take_over(claim.lead_id, "ana"))
    assert desk.run(desk.store.begin_send(reminder)).outcome == "failed"


# hand-overs, and what all actions share


def test_a_person_who_has_spoken_with_the_lead_closes_its_hand_overs(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    desk.answer(claim, stage=Stage.HUMAN_REQUESTED, handoff=Handoff(reason="asked_for_person"))
    lead_id = claim.lead_id
    waiting = [row for row in desk.run(desk.operations.queue("ana", limit=5000)).rows if row.since is not None]
    assert [row.reason for row in waiting if row.lead_id == lead_id] == ["asked_for_person"]
    assert [row.since for row in waiting] == sorted(row.since for row in waiting)
    assert desk.run(desk.operations.contacted(lead_id, "ana", "sold")).outcome == "done"
    assert lead_id not in [row.lead_id for row in desk.run(desk.operations.queue("ana", limit=5000)).rows]
    (handoff,) = desk.run(desk.operations.sheet(lead_id)).handoffs
    assert handoff.acknowledged_by == "ana" and handoff.acknowledged_at is not None
    assert desk.actions(lead_id) == [("ana", "contacted")]


def test_a_wish_to_be_erased_is_not_done_with_by_a_talk(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    desk.answer(claim, handoff=Handoff(reason="erase_my_data"))
    lead_id, contacted = claim.lead_id, desk.operations.contacted
    assert desk.run(contacted(lead_id, "ana", "sold")).outcome == "not_erased"
    queue = desk.run(desk.operations.queue("ana", limit=5000))
    assert [row.reason for row in queue.rows if row.lead_id == lead_id] == ["erase_my_data"]
    assert desk.actions(lead_id) == []
    assert desk.run(contacted(lead_id, "ana", "sold", unerased=True)).outcome == "done"
    assert lead_id not in [row.lead_id for row in desk.run(desk.operations.queue("ana", limit=5000)).rows]
    assert desk.actions(lead_id) == [("ana", "dismiss_erasure")]


def test_nothing_can_be_done_with_a_lead_that_does_not_exist(desk: Desk) -> None:
    nobody, ops = uuid4(), desk.operations
    calls = (
        ops.take_over(nobody, "ana"),
        ops.give_back(nobody, "ana", answer=True),
        ops.write(nobody, "ana", "k", "Olá!"),
        ops.remind_now(nobody, "ana"),
        ops.contacted(nobody, "ana", "sold"),
        ops.erase(nobody, "ana"),
    )
    assert [acted.outcome for acted in desk.together(*calls)] == ["no_such_lead"] * 6
    assert desk.run(ops.export(nobody, "ana")) is None
    assert desk.run(ops.sheet(nobody)) is None
    assert desk.cell("select count(*) from operator_actions where lead_id = $1", nobody) == 0


def test_what_operators_did_is_told_newest_first_and_cannot_be_changed(desk: Desk) -> None:
    lead_id = desk.form(someone()).lead_id
    desk.run(desk.operations.record("ana", "login"))
    desk.run(desk.operations.record("ana", "see_bill", lead_id, {"bill_id": "b"}))
    newest = desk.run(desk.operations.actions(2))
    assert [(a.operator, a.action, a.lead_id, a.details) for a in newest] == [
        ("ana", "see_bill", lead_id, {"bill_id": "b"}),
        ("ana", "login", None, {}),
    ]
    for statement in ("update operator_actions set operator = 'bia'", "delete from operator_actions"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            desk.change(f"{statement} where lead_id = $1", lead_id)


def test_operators_deliveries_and_dispatchers_do_not_deadlock(desk: Desk) -> None:
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    before = desk.cell(deadlocks)
    people = [someone() for _ in range(4)]
    leads = [desk.parked(says(person)).lead_id for person in people]
    ops, store = desk.operations, desk.store
    for turn in range(4):
        calls: list[Coroutine[Any, Any, Any]] = [
            store.receive([event for person in people[:: 1 if turn % 2 else -1] for event in says(person)])
        ]
        for lead_id in leads:
            calls += [
                ops.take_over(lead_id, "ana") if turn % 2 == 0 else ops.give_back(lead_id, "ana", answer=True),
                ops.write(lead_id, "ana", f"k{turn}", "Olá!"),
                ops.remind_now(lead_id, "ana"),
                store.claim("conversation", lead_id, uuid4(), LEASE),
                store.due(limit=100_000),
            ]
        desk.together(*calls)
    desk.together(
        *(ops.erase(lead_id, "ana") for lead_id in leads), store.receive(says(people[0])), store.due(limit=100_000)
    )
    assert desk.cell(deadlocks) == before
    assert desk.cell("select count(*) from leads where id = any($1)", leads) == 0
