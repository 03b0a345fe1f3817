"""The net under everything: what was promised and is not moving is handed out, once, and ever less often."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows.adapters.store.leads import Dispatch
from flows.domain import Outcome
from tests.flows.adapters.conftest import LEASE, Desk, in_hours
from tests.flows.adapters.deliveries import Person, phone, says, someone, status
from tests.flows.adapters.test_leads_form import activated, activation

ALL = 1_000_000  # tests share a database: each asks for everything and looks at its own


def due(desk: Desk, *leads: UUID, overdue: float = 60) -> list[Dispatch]:
    found = desk.run(desk.store.due(limit=ALL, overdue=timedelta(seconds=overdue)))
    return [dispatch for dispatch in found if dispatch.lead_id in leads]


def later(desk: Desk, run_id: Any, seconds: float = 3600) -> None:
    """Time passes for this run: as if everything had been noted so much earlier."""
    desk.rows(
        "update runs set next_dispatch_at = next_dispatch_at - make_interval(secs => $2),"
        " lease_expires_at = lease_expires_at - make_interval(secs => $2),"
        " wake_due_at = wake_due_at - make_interval(secs => $2) where id = $1",
        run_id,
        float(seconds),
    )


def dispatched(desk: Desk, run_id: Any) -> Dispatch:
    """The run as the dispatcher was handed it."""
    row = desk.state_of(run_id)
    return Dispatch(
        action="revive",
        reason="lease",
        **{key: row[key] for key in ("lead_id", "flow", "flow_run_id", "generation")},
        run_id=row["id"],
    )


def test_a_fresh_decision_is_left_to_whoever_took_it(desk: Desk) -> None:
    (dispatch,) = desk.receive(says(someone()))
    assert due(desk, dispatch.lead_id) == []


def test_a_start_nobody_carried_out_is_handed_out_again(desk: Desk) -> None:
    (dispatch,) = desk.receive(says(someone()))
    later(desk, dispatch.run_id)
    (again,) = due(desk, dispatch.lead_id)
    assert (again.action, again.run_id, again.generation) == ("start", dispatch.run_id, 0)
    assert due(desk, dispatch.lead_id) == []


def test_a_form_nobody_activated_is_handed_out_again(desk: Desk) -> None:
    saved = desk.form(Person(phone=phone()))
    later(desk, saved.run_id)
    (again,) = due(desk, saved.lead_id)
    assert (again.action, again.flow, again.run_id) == ("start", "lead-activation", saved.run_id)


def test_a_wake_nobody_carried_out_is_handed_out_again(desk: Desk) -> None:
    ana = someone()
    claim = desk.parked(says(ana))
    desk.receive(says(ana))
    later(desk, claim.run_id)
    (again,) = due(desk, claim.lead_id)
    assert (again.action, again.reason) == ("revive", "message")
    assert again.flow_run_id == desk.state_of(claim.run_id)["flow_run_id"]


def test_a_run_whose_lease_ran_out_is_handed_out(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    assert due(desk, claim.lead_id) == []
    later(desk, claim.run_id)
    (found,) = due(desk, claim.lead_id)
    assert (found.action, found.reason) == ("revive", "lease")


def test_a_renewed_lease_is_left_alone(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    later(desk, claim.run_id)
    desk.run(desk.store.renew([claim], LEASE))
    assert due(desk, claim.lead_id) == []


def test_an_overdue_silence_is_handed_out_after_prefect_had_its_time(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    assert due(desk, claim.lead_id) == []
    later(desk, claim.run_id, 2 * 3600 + 30)
    assert due(desk, claim.lead_id) == []
    later(desk, claim.run_id, 60)
    (found,) = due(desk, claim.lead_id)
    assert (found.action, found.reason) == ("revive", "silence")


def test_a_parked_run_with_something_unanswered_is_woken(desk: Desk) -> None:
    """It cannot happen by our own functions; an operator's repair of the data must not strand a lead."""
    claim = desk.parked(says(someone()))
    desk.rows(
        "update lead_messages set answered_at = null where lead_id = $1 and message_direction = 'user'", claim.lead_id
    )
    (found,) = due(desk, claim.lead_id)
    assert (found.action, found.reason) == ("revive", "message")


def test_unanswered_messages_without_a_run_get_one(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    desk.run(desk.store.finish(claim, Outcome.CANCELLED, unless_unanswered=False))
    assert due(desk, claim.lead_id) == []  # whoever receives it may be about to decide
    desk.rows(
        "update lead_messages set created_at = created_at - interval '10 seconds' where lead_id = $1", claim.lead_id
    )
    (found,) = due(desk, claim.lead_id)
    assert (found.action, found.flow) == ("start", "conversation") and found.run_id != claim.run_id


@pytest.mark.parametrize("parked", [True, False], ids=["parked", "finished"])
def test_a_reply_refused_by_its_status_is_sent_by_somebody(desk: Desk, parked: bool) -> None:
    """The run had believed it sent; whether it sleeps or is over, the lead still waits for the answer."""
    claim = desk.conversation(says(someone()))
    message = desk.answer(claim)
    wamid = desk.sent(message)
    if parked:
        desk.run(desk.store.park(claim, in_hours(2)))
    else:
        desk.run(desk.store.finish(claim, Outcome.INTERESTED))
    desk.receive(status(wamid, "failed", code=131056))
    assert due(desk, claim.lead_id) == []  # not before its time
    desk.rows("update lead_messages set not_before = now() where id = $1", message)
    (found,) = due(desk, claim.lead_id)
    assert found.flow == "conversation" and (found.run_id == claim.run_id) == parked
    again = desk.claim(claim.lead_id, flow_run_id=found.flow_run_id)
    assert [unsent.id for unsent in again.unsent] == [message]


def test_a_template_that_was_put_off_opens_its_activation_again(desk: Desk) -> None:
    ana = Person(phone=phone())
    claim, message = activation(desk, desk.form(ana))
    desk.run(desk.store.begin_send(message))
    desk.run(desk.store.record_send(message, "refused", attempt=1, code=130429, after_seconds=600))
    desk.run(desk.store.finish(claim, Outcome.PUT_OFF, unless_unanswered=False))
    assert due(desk, claim.lead_id) == []
    desk.rows("update lead_messages set not_before = now() where id = $1", message)
    (found,) = due(desk, claim.lead_id)
    # a new flow run, under the next generation's key
    assert (found.action, found.run_id, found.generation, found.flow_run_id) == ("start", claim.run_id, 1, None)
    again = desk.claim(claim.lead_id, "lead-activation")
    assert [unsent.id for unsent in again.unsent] == [message]


def test_a_template_refused_by_its_status_opens_its_activation_again(desk: Desk) -> None:
    saved, wamid = activated(desk, Person(phone=phone()))
    desk.receive(status(wamid, "failed", code=130429))
    desk.rows("update lead_messages set not_before = now() where lead_id = $1", saved.lead_id)
    (found,) = due(desk, saved.lead_id)
    assert (found.action, found.run_id) == ("start", saved.run_id)


def test_a_template_is_given_up_after_a_day(desk: Desk) -> None:
    saved, wamid = activated(desk, Person(phone=phone()))
    desk.receive(status(wamid, "failed", code=130429))
    desk.rows(
        "update lead_messages set not_before = now(), created_at = now() - interval '25 hours' where lead_id = $1",
        saved.lead_id,
    )
    assert due(desk, saved.lead_id) == []


def test_two_activations_of_one_lead_that_were_put_off_do_not_stop_the_dispatcher(desk: Desk) -> None:
    """One open activation per lead at a time, so they take turns."""
    ana = Person(phone=phone())
    for _ in range(2):
        claim, message = activation(desk, desk.form(ana))
        desk.run(desk.store.begin_send(message))
        desk.run(desk.store.record_send(message, "failed", attempt=1, code=131000))
        desk.run(desk.store.finish(claim, Outcome.FAILED, unless_unanswered=False))
    desk.rows("update runs set outcome = 'put_off' where lead_id = $1", claim.lead_id)
    desk.rows("update lead_messages set delivery_status = 'queued' where lead_id = $1", claim.lead_id)
    assert len(due(desk, claim.lead_id)) == 1


def test_two_dispatchers_never_hand_out_the_same_run(desk: Desk) -> None:
    leads = []
    for _ in range(10):
        (dispatch,) = desk.receive(says(someone()))
        leads.append(dispatch.lead_id)
    for _ in range(3):
        for lead in leads:
            desk.rows("update runs set next_dispatch_at = now() - interval '1 minute' where lead_id = $1", lead)
        handed = desk.together(*(desk.store.due(limit=ALL) for _ in range(6)))
        found = [d.lead_id for batch in handed for d in batch if d.lead_id in leads]
        assert sorted(found) == sorted(leads)


def test_a_dispatcher_steps_over_what_another_one_holds(desk: Desk) -> None:
    (held,), (free,) = desk.receive(says(someone())), desk.receive(says(someone()))
    for dispatch in (held, free):
        later(desk, dispatch.run_id)

    async def beside_another() -> list[Dispatch]:
        async with desk.connection.transaction():
            await desk.connection.execute("select 1 from runs where id = $1 for update", held.run_id)
            async with asyncio.timeout(10):
                return list(await desk.store.due(limit=ALL))

    found = {dispatch.run_id for dispatch in desk.run(beside_another())}
    assert free.run_id in found and held.run_id not in found
    assert [dispatch.run_id for dispatch in due(desk, held.lead_id)] == [held.run_id]


def test_dispatchers_and_deliveries_do_not_deadlock(desk: Desk) -> None:
    before = desk.cell("select deadlocks from pg_stat_database where datname = current_database()")
    people = [someone() for _ in range(6)]
    claims = [desk.conversation(says(person)) for person in people]
    for turn in range(8):
        for claim in claims:
            desk.sent(desk.answer(claim))
        ordered = people if turn % 2 else people[::-1]
        desk.together(
            desk.store.receive([event for person in ordered for event in says(person)]),
            desk.store.renew(claims if turn % 2 else claims[::-1], LEASE),
            *(desk.store.due(limit=ALL) for _ in range(3)),
            desk.store.receive([event for person in reversed(ordered) for event in says(person)]),
        )
    assert desk.cell("select deadlocks from pg_stat_database where datname = current_database()") == before


def test_what_does_not_move_is_handed_out_ever_less_often(desk: Desk) -> None:
    (dispatch,) = desk.receive(says(someone()))
    pauses = []
    for _ in range(8):
        desk.rows("update runs set next_dispatch_at = now() where id = $1", dispatch.run_id)
        assert len(due(desk, dispatch.lead_id)) == 1
        pause = desk.state_of(dispatch.run_id)["next_dispatch_at"] - datetime.now(UTC)
        pauses.append(round(pause.total_seconds()))
    assert pauses == sorted(pauses) and (pauses[0], pauses[-1]) == (3, 30)
    # a claim is movement: the next hand-out is quick again
    claim = desk.claim(dispatch.lead_id)
    assert desk.state_of(claim.run_id)["attempts"] == 0


def test_a_limit_is_kept_and_the_longest_waiting_come_first(desk: Desk) -> None:
    runs = [desk.receive(says(someone()))[0] for _ in range(3)]
    for age, dispatch in zip((10, 30, 20), runs, strict=True):
        desk.rows(
            "update runs set next_dispatch_at = now() - make_interval(days => $2) where id = $1",
            dispatch.run_id,
            1000 + age,
        )
    found = desk.run(desk.store.due(limit=2))
    assert {d.run_id for d in found} == {runs[1].run_id, runs[2].run_id}


def test_the_first_flow_run_that_is_noted_stays(desk: Desk) -> None:
    (dispatch,) = desk.receive(says(someone()))
    one, two = uuid4(), uuid4()
    assert desk.run(desk.store.note_flow_run(dispatch, one)) == one
    assert desk.run(desk.store.note_flow_run(dispatch, two)) == one


def test_a_replaced_run_begins_anew_under_the_next_generation(desk: Desk) -> None:
    ana = someone()
    claim = desk.parked(says(ana))
    (dispatch,) = desk.receive(says(ana))
    again = desk.run(desk.store.replace_run(dispatch))
    assert (again.action, again.run_id, again.generation, again.flow_run_id) == ("start", claim.run_id, 1, None)
    row = desk.state_of(claim.run_id)
    # waits are counted on, for the key of each one's reminder; and a message is no silence
    assert (row["status"], row["wait"], row["woken"]) == ("requested", 1, False)
    with pytest.raises(Exception, match="another worker"):
        desk.run(desk.store.finish(claim, Outcome.SILENT, unless_unanswered=False))


def test_a_stale_generation_changes_nothing(desk: Desk) -> None:
    (stale,) = desk.receive(says(someone()))
    current = desk.run(desk.store.replace_run(stale))
    before = desk.state_of(stale.run_id)
    assert desk.run(desk.store.replace_run(stale)) is None
    assert desk.run(desk.store.note_flow_run(stale, uuid4())) is None
    assert desk.state_of(stale.run_id) == before
    assert desk.run(desk.store.note_flow_run(current, flow_run := uuid4())) == flow_run


def test_a_finished_run_is_not_replaced(desk: Desk) -> None:
    (dispatch,) = desk.receive(says(someone()))
    claim = desk.claim(dispatch.lead_id)
    desk.answer(claim)
    desk.run(desk.store.finish(claim, Outcome.SILENT))
    assert desk.run(desk.store.replace_run(dispatch)) is None


def test_a_silence_whose_prefect_run_is_gone_is_the_next_runs_to_deal_with(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    later(desk, claim.run_id, 3 * 3600)
    (silence,) = due(desk, claim.lead_id)
    assert desk.run(desk.store.replace_run(silence)) is not None
    again = desk.claim(claim.lead_id)
    assert (again.run_id, again.woken, again.wait) == (claim.run_id, True, 1)
    assert again.wake_due_at is not None and again.wake_due_at <= datetime.now(UTC)
    key = f"reminder:{again.run_id}:{again.wait}"
    assert desk.run(desk.store.queue(again, key, text="Ainda está aí?")).new


def test_a_silence_that_was_woken_and_not_dealt_with_goes_to_the_next_run_too(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    later(desk, claim.run_id, 3 * 3600)
    woken = desk.claim(claim.lead_id, flow_run_id=desk.state_of(claim.run_id)["flow_run_id"])
    assert woken.woken
    assert desk.run(desk.store.replace_run(dispatched(desk, claim.run_id))) is not None
    assert desk.claim(claim.lead_id).woken


def test_a_reminder_that_an_operator_asked_for_survives_its_prefect_run(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    assert desk.run(desk.operations.remind_now(claim.lead_id, "ana")).outcome == "done"
    assert desk.run(desk.store.replace_run(dispatched(desk, claim.run_id))) is not None
    again = desk.claim(claim.lead_id)
    assert (again.woken, again.asked) == (True, True)


def test_a_wait_under_way_is_no_silence_for_the_run_that_replaces_its_own(desk: Desk) -> None:
    claim = desk.parked(says(someone()))
    assert desk.run(desk.store.replace_run(dispatched(desk, claim.run_id))) is not None
    again = desk.claim(claim.lead_id)
    assert not again.woken
    assert desk.run(desk.store.park(again, in_hours(2))) == 2


def test_the_dispatcher_learns_when_a_run_was_claimed(desk: Desk) -> None:
    (dispatch,) = desk.receive(says(someone()))
    desk.run(desk.store.note_flow_run(dispatch, uuid4()))
    later(desk, dispatch.run_id, 60)
    (starting,) = due(desk, dispatch.lead_id)
    assert (starting.action, starting.claimed_at) == ("revive", None)
    desk.claim(dispatch.lead_id, flow_run_id=starting.flow_run_id)
    later(desk, dispatch.run_id, 120)
    (lost,) = due(desk, dispatch.lead_id)
    assert lost.claimed_at is not None and abs(lost.claimed_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert desk.run(desk.store.replace_run(lost)) is not None
    later(desk, dispatch.run_id, 60)
    (fresh,) = due(desk, dispatch.lead_id)
    assert fresh.claimed_at is None


def test_what_is_past_its_time_is_deleted_and_the_rest_stays(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(old := says(ana))
    desk.receive(new := says(ana))
    desk.rows("update webhook_events set received_at = now() - interval '31 days' where event_key = $1", old[0]["key"])
    (message, _) = desk.unanswered(claim.lead_id)
    paths = [f"{claim.lead_id}/{n}.pdf" for n in range(2)]
    for path, days in zip(paths, (-1, 90), strict=True):
        desk.run(
            desk.store.keep_bill(
                claim.lead_id, message.id, path=path, sha256=path, mime_type="application/pdf", size=1, keep_days=days
            )
        )
    desk.run(desk.store.company.forget("events", 30))
    files = desk.forgets_bills()
    assert paths[0] in files and paths[1] not in files
    keys = "select event_key from webhook_events where event_key = any($1)"
    assert [row["event_key"] for row in desk.rows(keys, [old[0]["key"], new[0]["key"]])] == [new[0]["key"]]
    assert len(desk.unanswered(claim.lead_id)) == 2
    assert desk.run(desk.store.lead(claim.lead_id)).bills == 1
