"""What breaks on the real stack: WhatsApp, the store, the worker, Prefect; nothing is lost and nothing said twice."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.prefect_double import resumed
from tests.world import World


def test_a_lead_without_whatsapp_is_recorded_as_unreachable(world: World) -> None:
    world.fault(sends={"code": 131026})
    nobody = world.person(whatsapp=False)
    form = {"name": "Marina Alves", "phone": nobody.phone, "consent": True}
    world.webhook.post("/leads", json=form).raise_for_status()
    runs = "select flow_run_id from runs where lead_id = $1 and flow_run_id is not null"
    lead = world.lead_by(nobody.phone)
    world.until("the run is known", lambda: bool(world.sql(runs, lead)))
    run = world.sql(runs, lead)[0]["flow_run_id"]
    world.until(
        "the run has ended", lambda: world.prefect.get(f"/flow_runs/{run}").json()["state"]["type"] == "COMPLETED"
    )
    ended = world.prefect.get(f"/flow_runs/{run}").json()
    assert ended["state"]["name"] == "Completed" and "131026" in ended["state"]["message"]
    assert {"outcome:unreachable", "send-failed"} <= set(ended["tags"])
    (row,) = world.sql("select unreachable_code from leads where phone_number = $1", nobody.phone)
    assert row["unreachable_code"] == 131026


def test_a_reply_past_the_window_becomes_the_template_and_is_said_when_the_lead_writes(world: World) -> None:
    """WhatsApp took it and failed it later (131047), as for a message that came a day late."""
    marina = world.person()
    world.fault(statuses={"code": 131047, "times": 1})
    marina.write("oi, moro em Recife, Pernambuco")

    def asked() -> bool:
        marina.look()
        return any(reply["type"] == "template" for reply in marina.replies)

    world.until("the template came", asked)
    marina.write("voltei")
    again = marina.hears()
    assert "CELPE" in again and "assistente" in again, "the greeting, and what was answered in vain"


def test_a_fault_of_the_account_told_by_status_puts_the_reply_off_until_it_is_mended(world: World) -> None:
    marina = world.person()
    world.fault(statuses={"code": 131042, "times": 1})
    marina.write("oi")
    mine = "lead_id = (select lead_id from lead_user_ids where wa_user_id = $1) and error_code = 131042"
    world.until("it is put off", lambda: bool(world.sql(f"select 1 from lead_messages where {mine}", marina.bsuid)))
    assert marina.look() == []
    world.suspended(marina)
    # a minute later
    world.sql(f"update lead_messages set not_before = now() where {mine}", marina.bsuid)
    marina.hears()
    marina.hears_nothing(2)


def test_a_welcome_held_up_until_nobody_needs_it_any_more_is_withdrawn_and_no_failure(world: World) -> None:
    """Not by a word of theirs: their conversation may then take the message up before the welcome's own run does."""
    marina = world.person()
    world.fault(statuses={"code": 131042, "times": 1})
    world.webhook.post(
        "/leads", json={"name": "Marina Alves", "phone": marina.phone, "consent": True}
    ).raise_for_status()
    lead = world.lead_by(marina.phone)
    welcome = "lead_id = $1 and template is not null"
    held = f"select 1 from lead_messages where {welcome} and error_code = 131042"
    world.until("it is put off", lambda: bool(world.sql(held, lead)))
    world.sql("update leads set taken_over_at = now(), taken_over_by = 'ana' where id = $1", lead)
    world.sql(f"update lead_messages set not_before = now() where {welcome}", lead)
    ended = (
        "select flow_run_id, outcome from runs where lead_id = $1 and flow = 'lead-activation' and status = 'finished'"
    )
    world.until("it is given up", lambda: [row["outcome"] for row in world.sql(ended, lead)] == ["not_sent"])
    (run,) = world.sql(ended, lead)
    state = world.prefect.get(f"/flow_runs/{run['flow_run_id']}").json()["state"]
    assert state["type"] != "FAILED" and "pessoa da equipe" in state["message"]
    assert all(reply["status"] == "failed" for reply in marina.look())


def test_a_turn_that_the_store_refuses_is_given_to_a_person_and_the_lead_is_told(world: World) -> None:
    """Whatever makes it refuse: here a rule of the database, later ever longer pauses, and after three times no more."""
    marina = world.person()
    for statement in (
        "create function refuse_poison() returns trigger language plpgsql as $$ begin"
        " if exists (select 1 from lead_messages where lead_id = new.lead_id and message_content = 'veneno') then"
        " raise exception 'refused' using errcode = 'check_violation'; end if; return new; end $$",
        "create trigger refuse_poison before insert on lead_messages for each row"
        " when (new.dedupe_key like 'reply:%') execute function refuse_poison()",
    ):
        world.sql(statement)
    try:
        marina.write("veneno")
        apology = marina.hears(within=180)
        lead = world.lead_of(marina)
        (row,) = world.sql("select reason from handoffs where lead_id = $1", lead)
        assert row["reason"] == "not_answered"
        marina.hears_nothing(3)
    finally:
        world.sql("drop trigger refuse_poison on lead_messages")
    marina.write("oi")
    assert marina.hears() != apology


def test_a_worker_killed_in_the_middle_of_a_turn_loses_nothing_and_answers_once(world: World) -> None:
    """But the turn with which the third of its workers dies is a person's."""
    marina, bruno = world.person(), world.person()
    world.fault(plans={"kind": "timeout", "seconds": 4, "times": 2})
    for person in (marina, bruno):
        person.write("moro em Fortaleza, CE")
        world.until(
            "the turn is under way",
            lambda person=person: bool(
                world.sql(
                    "select 1 from runs where lead_id = (select lead_id from lead_user_ids where wa_user_id = $1)"
                    " and status = 'active'",
                    person.bsuid,
                )
            ),
        )
    time.sleep(1.0)
    worker = world.stack.children["worker"].process
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert marina.look() == bruno.look() == []
    lead = world.lead_of(bruno)
    # as two before it did
    world.sql(
        "update runs set refusals = 2, refused_message = (select id from lead_messages where lead_id = $1) where lead_id = $1",
        lead,
    )
    world.run(world.stack.start_worker())
    marina.hears(within=60)
    marina.hears_nothing(3)
    assert len(world.runs_of(marina)) == 1, "another worker took over the same flow run"
    bruno.hears(within=60)
    bruno.hears_nothing(1)
    assert [row["reason"] for row in world.sql("select reason from handoffs where lead_id = $1", lead)] == [
        "not_answered"
    ]
    assert world.sql("select 1 from handoffs where lead_id = $1", world.lead_of(marina)) == []


def test_a_send_of_unknown_outcome_is_not_repeated_when_its_status_says_that_it_arrived(world: World) -> None:
    marina = world.person()
    world.fault(drop={"answer": "close", "times": 1}, hold_statuses=True)
    marina.write("oi")
    marina.hears()
    marina.hears_nothing(1.5)
    world.fault(hold_statuses=False)
    marina.hears_nothing(6)


def test_a_running_conversation_that_an_operator_suspends_goes_on_with_the_next_message(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    (run,) = world.runs_of(marina)
    assert run["state"]["name"] == "Running", "it lingers"
    suspended = {"state": {"type": "PAUSED", "name": "Suspended"}, "force": True}
    world.prefect.post(f"/flow_runs/{run['id']}/set_state", json=suspended).raise_for_status()
    marina.write("moro em Recife, PE")
    assert "CELPE" in marina.hears(within=60)
    marina.hears_nothing(2)
    world.suspended(marina)


def test_prefect_answers_whoever_resumes_as_its_doubles_do(world: World) -> None:
    flow = world.prefect.post("/flows/", json={"name": "resumed"}).json()["id"]
    deployment = world.prefect.post("/deployments/", json={"name": "nobody-works", "flow_id": flow}).json()["id"]

    def answered(was: str, **details: Any) -> tuple[str, str | None]:
        state = {"type": was, "name": was.title(), "state_details": {"pause_reschedule": True, **details}}
        run = world.prefect.post(
            "/flow_runs/", json={"flow_id": flow, "deployment_id": deployment, "state": state}
        ).json()
        answer = world.prefect.post(f"/flow_runs/{run['id']}/resume", json={"run_input": {}}).json()
        became = world.prefect.get(f"/flow_runs/{run['id']}").json()["state"]["type"]
        assert became == (answer["state"]["type"] if answer["state"] else was)
        return answer["status"], answer["state"] and became

    try:
        for was in ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "CANCELLED", "COMPLETED", "FAILED", "CRASHED"):
            assert answered(was) == resumed(was), was
        soon, long_ago = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(hours=1)
        form = {name: f"suspended-{name}" for name in ("schema", "response", "description")}
        assert answered("PAUSED", pause_timeout=soon.isoformat()) == resumed("PAUSED")
        assert answered("PAUSED", pause_timeout=long_ago.isoformat()) == resumed("PAUSED", overdue=True)
        assert answered("PAUSED", pause_timeout=soon.isoformat(), run_input_keyset=form) == resumed(
            "PAUSED", formless=True
        )
    finally:
        world.prefect.delete(f"/flows/{flow}").raise_for_status()


def test_a_run_that_prefect_suspended_without_its_form_goes_on_with_the_next_message(world: World) -> None:
    """What is left when Prefect's database dies between the suspended state and the form for its input."""
    marina = world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    (run,) = world.runs_of(marina)
    form = run["state"]["state_details"]["run_input_keyset"]["schema"]
    world.prefect.delete(f"/flow_runs/{run['id']}/input/{form}").raise_for_status()
    refused = world.prefect.post(f"/flow_runs/{run['id']}/resume", json={"run_input": {}}).json()
    # or Prefect helps itself now, and the dispatcher need not
    assert (refused["status"], refused["state"]["type"]) == resumed("PAUSED", formless=True)
    marina.write("moro em Recife, PE")
    assert "CELPE" in marina.hears(within=30)
    assert len(world.runs_of(marina)) == 1


def test_prefect_down_while_a_message_arrives_loses_nothing(world: World) -> None:
    from deployments.local.processes import stop

    marina = world.person()
    world.run(stop(world.stack.children["prefect"]))
    marina.write("oi")
    world.until(
        "the message is stored",
        lambda: bool(
            world.sql(
                "select 1 from lead_messages m join lead_user_ids i using (lead_id) where i.wa_user_id = $1",
                marina.bsuid,
            )
        ),
    )
    marina.hears_nothing(2)
    world.run(world.stack.start_prefect())
    marina.hears(within=60)
    marina.hears_nothing(2)


def test_an_orderly_shutdown_parks_waiting_conversations_at_once(world: World) -> None:
    from deployments.local.processes import stop

    marina = world.person()
    marina.write("oi")
    marina.hears()

    def workers() -> set[str]:
        return {row["name"] for row in world.prefect.post("/work_pools/serena/workers/filter", json={}).json()}

    before, began = workers(), time.monotonic()
    world.run(stop(world.stack.children["worker"], within=10))
    assert time.monotonic() - began < 8
    assert len(before - workers()) == 1, "it said goodbye, so nobody is told that it died"
    assert world.state_of(marina) == "Suspended"
    marina.write("moro em Recife, PE")
    world.run(world.stack.start_worker())
    assert "CELPE" in marina.hears(within=30)
    assert len(world.runs_of(marina)) == 1


def test_a_run_cancelled_by_an_operator_does_not_swallow_the_next_message(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    (run,) = world.runs_of(marina)
    cancel = {"state": {"type": "CANCELLED", "name": "Cancelled"}, "force": True}
    world.prefect.post(f"/flow_runs/{run['id']}/set_state", json=cancel).raise_for_status()
    marina.write("moro em Recife, PE")
    assert "CELPE" in marina.hears(within=30)
