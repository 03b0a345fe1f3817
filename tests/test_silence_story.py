"""Silence on the real stack: one reminder, in the conversation's own run, whatever became of that, and none too early."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from flows.domain import Outcome
from tests.world import World


def test_silence_brings_exactly_one_reminder_in_the_same_flow_run(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    marina.hears(within=world.silence + 20)
    (run,) = world.runs_of(marina)
    world.until("the task is known", lambda: "send_reminder_message" in world.task_names(run["id"]))
    world.until(
        "the run ended as silent", lambda: world.outcome_of(marina) is Outcome.SILENT, within=world.silence + 20
    )
    marina.hears_nothing(1)
    assert world.task_names(run["id"]).count("send_reminder_message") == 1


def test_a_burst_of_forty_is_answered_and_each_of_them_reminded_once(world: World) -> None:
    """The dispatcher once took runs that were just starting for those of a dead worker. What it sees of them by chance where
    starts take seconds, it sees here each time that it looks: every run is due until it has claimed its work."""
    people = [world.person() for _ in range(40)]
    ids = [person.bsuid for person in people]
    due = (
        "update runs set next_dispatch_at = now(), attempts = 0 where status = 'requested' and flow_run_id is not null"
        " and lead_id in (select lead_id from lead_user_ids where wa_user_id = any($1)) returning 1"
    )
    with ThreadPoolExecutor(20) as pool:
        writing = [pool.submit(person.write, "oi") for person in people]
        answered = (
            "select count(distinct lead_id) from lead_messages join lead_user_ids i using (lead_id)"
            " where dedupe_key like 'reply:%' and i.wa_user_id = any($1)"
        )
        while world.sql(answered, ids)[0]["count"] < 40:
            world.sql(due, ids)
            time.sleep(0.05)
            assert not any(one.done() and one.exception() for one in writing)
    sent = (
        "select i.wa_user_id as who, count(*) filter (where m.dedupe_key like 'reply:%') as replies,"
        " count(*) filter (where m.dedupe_key like 'reminder:%') as reminders"
        " from lead_user_ids i join lead_messages m using (lead_id) where i.wa_user_id = any($1)"
        " and m.delivery_status in ('accepted', 'sent', 'delivered', 'read') group by 1"
    )

    def counted() -> dict[tuple[int, int], int]:
        """How many people got how many replies and reminders."""
        return Counter((row["replies"], row["reminders"]) for row in world.sql(sent, ids))

    try:
        world.until("everybody is reminded", lambda: counted() == {(1, 1): 40}, within=world.silence + 60)
    except AssertionError as missing:
        missing.add_note(f"people by (replies, reminders): {counted()}")
        raise
    time.sleep(3)
    assert counted() == {(1, 1): 40}
    for person in people:
        assert len(person.look()) == 2


def test_who_waits_for_silence_is_reminded_whatever_became_of_the_run(world: World) -> None:
    """Of three people the run failed, was cancelled, or is gone; all three are silent at once."""
    people = [world.person() for _ in range(3)]
    for person, became in zip(people, ("FAILED", "CANCELLED", None), strict=True):
        person.write("oi")
        person.hears()
        world.suspended(person)
        (run,) = world.runs_of(person)
        if became is None:
            world.prefect.delete(f"/flow_runs/{run['id']}").raise_for_status()
        else:
            state = {"state": {"type": became, "name": became.title()}, "force": True}
            world.prefect.post(f"/flow_runs/{run['id']}/set_state", json=state).raise_for_status()
    for person in people:
        person.hears(within=world.silence + 30)
    people[-1].hears_nothing(world.silence + 3)
    for person in people:
        assert person.look() == []
        assert [bubble["type"] for bubble in person.replies] == ["text", "text"]


def test_a_run_cancelled_while_it_waits_in_memory_reminds_all_the_same(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    (run,) = world.runs_of(marina)
    assert run["state"]["name"] == "Running", "it lingers"
    cancel = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    world.prefect.post(f"/flow_runs/{run['id']}/set_state", json=cancel).raise_for_status()
    marina.hears(within=world.silence + 40)
    marina.hears_nothing(3)


def test_a_reply_in_time_brings_no_reminder_and_the_next_silence_is_timed_anew(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    marina.hears_nothing(world.silence * 0.5)
    marina.write("moro em Recife, PE")
    marina.hears()
    answered = time.monotonic()
    marina.hears(within=world.silence + 20)
    assert time.monotonic() - answered >= world.silence, "the first wait's timer must not count"
    (run,) = world.runs_of(marina)
    world.until("the task is known", lambda: "send_reminder_message" in world.task_names(run["id"]))
    assert world.task_names(run["id"]).count("send_reminder_message") == 1


def test_a_reply_that_comes_with_the_last_second_is_answered_and_not_reminded(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    world.sql("update runs set wake_due_at = now() - interval '1 second' where lead_id = $1", world.lead_of(marina))
    marina.write("moro em Recife, PE")
    assert "CELPE" in marina.hears()
    marina.hears_nothing(world.silence / 2)


def test_a_timer_that_strikes_late_reminds_nobody(world: World) -> None:
    """Prefect's timer of the first wait runs out while the lead is being answered; its resume comes in the second wait.
    Nor does whoever presses Resume with an empty form: by the store's clock this silence has only begun."""
    marina = world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    marina.write("moro em Recife, PE")
    marina.hears()
    world.suspended(marina)
    (run,) = world.runs_of(marina)
    due = "select wake_due_at from runs where lead_id = $1"
    before = world.sql(due, world.lead_of(marina))
    struck = time.monotonic()
    # As Prefect's automation does it, without a body.
    answer = world.prefect.post(f"/flow_runs/{run['id']}/resume").json()
    assert answer["status"] == "ACCEPT", answer
    world.until("it waits again", lambda: world.waits_of(marina) == 3)
    assert world.sql(due, world.lead_of(marina)) == before, "and the reminder comes no later for it"
    marina.hears(within=world.silence + 90)
    assert time.monotonic() - struck >= world.silence / 2, "a wait that has only begun is no silence"
    world.until(
        "the run ended as silent", lambda: world.outcome_of(marina) is Outcome.SILENT, within=world.silence + 20
    )
    assert world.task_names(run["id"]).count("send_reminder_message") == 1


def test_resume_pressed_with_remind_now_ticked_sends_the_reminder_now(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    (run,) = world.runs_of(marina)
    began = time.monotonic()
    world.prefect.post(f"/flow_runs/{run['id']}/resume", json={"run_input": {"remind_now": True}}).raise_for_status()
    marina.hears()
    assert time.monotonic() - began < world.silence / 2
