"""What fails again and again is tried ever later and given to a person in the end; and a clock that is set loses nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from flows.adapters.store.leads import Claim, Dispatch
from flows.domain import Content, Outcome, Reply
from tests.flows.adapters.conftest import LEASE, Desk, in_hours
from tests.flows.adapters.deliveries import says, someone, status

ALL = 1_000_000  # tests share a database: each asks for everything and looks at its own


def due(desk: Desk, lead: UUID) -> list[Dispatch]:
    return [one for one in desk.run(desk.store.due(limit=ALL)) if one.lead_id == lead]


def lease_runs_out(desk: Desk, run: UUID, ago: float = 0.0) -> None:
    """The worker is gone and its lease has run out, some seconds ago."""
    desk.change(
        "update runs set lease_expires_at = now() - make_interval(secs => $2), updated_at = now(),"
        " next_dispatch_at = now() - make_interval(secs => $2) where id = $1",
        run,
        ago,
    )


def pause(desk: Desk, run: UUID) -> float:
    return (desk.state_of(run)["next_dispatch_at"] - datetime.now(UTC)).total_seconds()


# back-off


def test_a_prefect_run_that_fails_again_and_again_is_replaced_ever_later(desk: Desk) -> None:
    claim, lead = (claim := desk.conversation(says(someone()))), claim.lead_id
    actions, pauses = [], []
    for _ in range(9):
        lease_runs_out(desk, claim.run_id, ago=1000)
        (dispatch,) = due(desk, lead)
        again = desk.run(desk.store.replace_run(dispatch))
        actions.append(again.action)
        pauses.append(round(pause(desk, claim.run_id)))
        claim = desk.claim(lead)
    assert actions[0] == "start" and set(actions[1:]) == {"nothing"}
    assert pauses == sorted(pauses) and (pauses[0], pauses[-1]) == (3, 300)


def test_a_turn_that_kills_its_worker_is_given_to_the_next_ever_later(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    flow_run = desk.cell("select flow_run_id from runs where id = $1", claim.run_id)
    waits = []
    for _ in range(10):
        after = next(seconds for seconds in (0, 3, 5, 9, 17, 33, 65, 129, 257, 301) if handed(desk, claim, seconds))
        waits.append(after)
        claim = desk.claim(claim.lead_id, flow_run_id=flow_run)
    assert waits == sorted(waits) and (waits[0], waits[-1]) == (0, 301)


def handed(desk: Desk, claim: Claim, seconds: float) -> bool:
    lease_runs_out(desk, claim.run_id, ago=seconds)
    return bool(due(desk, claim.lead_id))


@pytest.mark.parametrize("progress", ["answered", "parked", "wrote"])
def test_whoever_gets_anywhere_or_writes_is_tried_at_once(desk: Desk, progress: str) -> None:
    claim = desk.conversation(says(ana := someone()))
    if progress == "parked":
        desk.sent(desk.answer(claim))
    desk.change("update runs set losses = 7 where id = $1", claim.run_id)
    match progress:
        case "answered":
            desk.answer(claim)
        case "parked":
            assert desk.run(desk.store.park(claim, in_hours(2)))
        case _:
            desk.receive(says(ana, "alô?"))
    assert desk.state_of(claim.run_id)["losses"] == 0


def test_who_writes_while_their_run_is_put_off_gets_one_now(desk: Desk) -> None:
    claim = desk.conversation(says(ana := someone()))
    for _ in range(3):
        lease_runs_out(desk, claim.run_id, ago=1000)
        desk.run(desk.store.replace_run(due(desk, claim.lead_id)[0]))
        claim = desk.claim(claim.lead_id)
    lease_runs_out(desk, claim.run_id, ago=1000)
    put_off = desk.run(desk.store.replace_run(due(desk, claim.lead_id)[0]))
    assert put_off.action == "nothing" and pause(desk, claim.run_id) > 20
    (dispatch,) = desk.receive(says(ana, "alô?"))
    assert (dispatch.action, dispatch.generation) == ("start", put_off.generation)
    assert pause(desk, claim.run_id) < 4


# a turn that is refused


def test_the_third_refusal_of_a_turn_gives_it_to_a_person(desk: Desk) -> None:
    claim = desk.conversation(says(ana := someone(), "veneno"), says(ana, "mais"))
    messages = desk.unanswered(claim.lead_id)
    assert [desk.run(desk.store.refuse_turn(claim, messages, 3)) for _ in range(3)] == [False, False, True]
    assert desk.unanswered(claim.lead_id) == ()
    rows = desk.rows("select reason, summary from handoffs where lead_id = $1", claim.lead_id)
    assert [(row["reason"], row["summary"]) for row in rows] == [("not_answered", '{"messages": 2}')]
    sheet = desk.run(desk.operations.sheet(claim.lead_id))
    assert [message.unheard for message in sheet.messages] == [True, True]
    # the lead writes on, and is answered
    desk.receive(says(ana, "oi"))
    assert [message.text for message in desk.unanswered(claim.lead_id)] == ["oi"]
    assert desk.answer(claim) is not None


def test_refusals_of_another_turn_and_before_an_answer_do_not_count(desk: Desk) -> None:
    claim = desk.conversation(says(ana := someone(), "um"))
    for _ in range(2):
        assert not desk.run(desk.store.refuse_turn(claim, desk.unanswered(claim.lead_id), 3))
    desk.receive(says(ana, "dois"))
    assert not desk.run(desk.store.refuse_turn(claim, desk.unanswered(claim.lead_id), 3))
    assert desk.answer(claim) is not None
    desk.receive(says(ana, "três"))
    assert not desk.run(desk.store.refuse_turn(claim, desk.unanswered(claim.lead_id), 3))


def test_a_turn_that_ends_three_workers_is_given_to_a_person(desk: Desk) -> None:
    """Killed in it, each says nothing; the next knows by its claim, and counts the turn before it tries."""
    claim = desk.conversation(says(ana := someone(), "veneno"))
    assert (claim.orphaned, claim.refusals) == (False, 0)
    for deaths in (1, 2, 3):
        lease_runs_out(desk, claim.run_id)
        claim = desk.claim(claim.lead_id, flow_run_id=uuid4())
        assert (claim.orphaned, claim.refusals) == (True, deaths - 1)
        put_aside = desk.run(desk.store.refuse_turn(claim, desk.unanswered(claim.lead_id), 3))
        assert put_aside is (deaths == 3)
    assert desk.unanswered(claim.lead_id) == ()
    # and who died with nothing to answer, or parked in order, is not one of them
    lease_runs_out(desk, claim.run_id)
    claim = desk.claim(claim.lead_id)
    assert not claim.orphaned
    assert desk.run(desk.store.park(claim, in_hours(2)))
    desk.receive(says(ana, "oi"))
    claim = desk.claim(claim.lead_id)
    assert (claim.orphaned, claim.refusals) == (False, 0)


def test_who_lost_the_lead_refuses_nothing(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    messages = desk.unanswered(claim.lead_id)
    desk.claim(claim.lead_id, flow_run_id=desk.cell("select flow_run_id from runs where id = $1", claim.run_id))
    with pytest.raises(Exception, match="another worker"):
        desk.run(desk.store.refuse_turn(claim, messages, 1))
    assert desk.unanswered(claim.lead_id)


def test_each_reply_to_one_message_has_a_key_of_its_own(desk: Desk) -> None:
    """Whatever reopened the message: its earlier reply stays, under another key."""
    claim = desk.conversation(says(someone()))
    messages = desk.unanswered(claim.lead_id)
    replies = set()
    for n in range(3):
        desk.change("update lead_messages set answered_at = null, answered_by = null where id = $1", messages[0].id)
        reply = desk.run(desk.store.commit_turn(claim, messages, Reply(content=Content(text=str(n)))))
        again = desk.run(desk.store.commit_turn(claim, messages, Reply(content=Content(text=str(n)))))
        assert reply == again, "the same call once more"
        replies.add(reply)
    assert len(replies) == 3


# the clock. That it was set back by a day is the same as everything having been written a day ahead of it.

_BACK = (
    "update runs set "
    + ", ".join(
        f"{column} = {column} + $2"
        for column in (
            "next_dispatch_at",
            "lease_expires_at",
            "claimed_at",
            "wake_due_at",
            "asked_due_at",
            "created_at",
            "updated_at",
        )
    )
    + " where lead_id = $1"
)


def set_back(desk: Desk, lead: UUID, by: timedelta) -> None:
    desk.change(_BACK, lead, by)
    desk.change(
        "update lead_messages set created_at = created_at + $2, not_before = not_before + $2,"
        " put_off_at = put_off_at + $2, attempted_at = attempted_at + $2 where lead_id = $1",
        lead,
        by,
    )


JUMPS = [timedelta(hours=1), timedelta(days=1)]


@pytest.mark.parametrize("by", JUMPS, ids=str)
def test_a_clock_set_back_makes_nobody_wait_for_a_dead_worker(desk: Desk, by: timedelta) -> None:
    claim = desk.conversation(says(someone()))
    lease_runs_out(desk, claim.run_id)
    set_back(desk, claim.lead_id, by)
    assert [one.run_id for one in due(desk, claim.lead_id)] == [claim.run_id]


@pytest.mark.parametrize("by", JUMPS, ids=str)
def test_who_writes_to_a_run_after_the_clock_was_set_back_leaves_none_of_its_times_in_the_future(
    desk: Desk, by: timedelta
) -> None:
    """Found by the state machine: Prefect's run is noted, and then lost; its replacement waited for a day."""
    (dispatch,) = desk.receive(says(someone()))
    set_back(desk, dispatch.lead_id, by)
    desk.run(desk.store.note_flow_run(dispatch, uuid4()))
    assert pause(desk, dispatch.run_id) < 4
    # and a silence that began before it keeps its length, whoever wakes the run meanwhile
    claim = desk.parked(says(ana := someone()))
    set_back(desk, claim.lead_id, by)
    desk.receive(says(ana, "voltei"))
    left = desk.state_of(claim.run_id)["wake_due_at"] - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < left <= timedelta(hours=2)


def test_a_clock_that_leaps_and_is_set_back_makes_nobody_wait(desk: Desk) -> None:
    """Found by the state machine: the moment that living workers got after the leap was a day ahead, and not known as such."""
    claim = desk.conversation(says(someone()))
    desk.change(
        "update runs set next_dispatch_at = now(), updated_at = now() - interval '1 hour' where id = $1", claim.run_id
    )
    desk.change("update dispatching set looked_at = now() - interval '1 day'")
    assert due(desk, claim.lead_id) == [] and 15 < pause(desk, claim.run_id) < 21
    set_back(desk, claim.lead_id, timedelta(days=1))
    lease = desk.state_of(claim.run_id)["updated_at"] - datetime.now(UTC)
    assert lease > timedelta(hours=23), "its times are known to be ahead"
    due(desk, claim.lead_id)
    assert pause(desk, claim.run_id) < 21


@pytest.mark.parametrize("by", JUMPS, ids=str)
def test_another_worker_may_claim_at_once_what_a_lease_of_the_old_clock_holds(desk: Desk, by: timedelta) -> None:
    claim = desk.conversation(says(someone()))
    set_back(desk, claim.lead_id, by)
    other = desk.run(desk.store.claim("conversation", claim.lead_id, uuid4(), LEASE))
    assert isinstance(other, Claim) and other.claim == claim.claim + 1


@pytest.mark.parametrize("by", JUMPS, ids=str)
def test_a_wait_keeps_its_length_when_the_clock_is_set_back(desk: Desk, by: timedelta) -> None:
    claim = desk.parked(says(someone()))
    set_back(desk, claim.lead_id, by)
    assert due(desk, claim.lead_id) == []
    left = desk.state_of(claim.run_id)["wake_due_at"] - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < left <= timedelta(hours=2)


@pytest.mark.parametrize("by", JUMPS, ids=str)
def test_what_waits_to_be_answered_or_sent_goes_on_after_the_clock_was_set_back(desk: Desk, by: timedelta) -> None:
    claim = desk.parked(says(ana := someone()))
    assert desk.run(desk.store.finish(desk.claim(claim.lead_id), Outcome.SILENT, unless_unanswered=False))
    desk.receive(says(ana, "voltei"))
    # its run is lost with the webhook that would have started it
    desk.change("delete from runs where lead_id = $1 and status <> 'finished'", claim.lead_id)
    set_back(desk, claim.lead_id, by)
    assert len(due(desk, claim.lead_id)) == 1
    claim = desk.claim(claim.lead_id)
    message = desk.answer(claim)
    desk.run(desk.store.begin_send(message))
    desk.run(desk.store.record_send(message, "refused", attempt=1, code=131056, after_seconds=40))
    assert desk.run(desk.store.park(claim, in_hours(2))) is not None
    set_back(desk, claim.lead_id, by)
    assert len(due(desk, claim.lead_id)) == 1
    (waiting,) = desk.run(desk.store.drain(claim.lead_id)).unsent
    assert waiting.not_before <= datetime.now(UTC)


@pytest.mark.parametrize("by", JUMPS, ids=str)
def test_a_clock_that_leaps_forward_takes_no_run_from_a_worker_that_lives(desk: Desk, by: timedelta) -> None:
    claim = desk.conversation(says(someone()))
    due(desk, claim.lead_id)
    # the leap: everything was written, and looked at, that much earlier
    desk.change("update dispatching set looked_at = looked_at - $1::interval", by)
    set_back(desk, claim.lead_id, -by)
    assert due(desk, claim.lead_id) == []
    assert desk.run(desk.store.renew([claim], LEASE)) == {claim.run_id}
    # and from one that does not, after a moment
    desk.change(
        "update runs set next_dispatch_at = now() - interval '1 second', lease_expires_at = now() where id = $1",
        claim.run_id,
    )
    assert len(due(desk, claim.lead_id)) == 1


@pytest.mark.parametrize("code", [131056, 131042])
def test_what_was_refused_while_the_clock_was_ahead_goes_on_when_it_is_set_back(desk: Desk, code: int) -> None:
    """Found by the state machine: it was written and tried before the clock leapt, and put off after that."""
    claim = desk.conversation(says(someone()))
    wamid = desk.sent(message := desk.answer(claim))
    assert desk.run(desk.store.park(claim, in_hours(2))) is not None
    desk.receive(status(wamid, "failed", code=code))
    assert due(desk, claim.lead_id) == []
    desk.change(
        "update lead_messages set not_before = not_before + interval '1 day', put_off_at = put_off_at + interval '1 day'"
        " where id = $1",
        message,
    )
    assert len(due(desk, claim.lead_id)) == 1


def test_what_waits_for_the_morning_is_not_taken_for_a_clock_set_back(desk: Desk) -> None:
    message = desk.answer(claim := desk.conversation(says(someone())))
    desk.change("update lead_messages set not_before = now() + interval '9 hours' where id = $1", message)
    assert desk.run(desk.store.park(claim, in_hours(10))) is not None
    assert due(desk, claim.lead_id) == []
    (waiting,) = desk.run(desk.store.drain(claim.lead_id)).unsent
    assert waiting.not_before > datetime.now(UTC) + timedelta(hours=8)
