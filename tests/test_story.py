"""The promises of the whole, each on the real stack: embedded Postgres, Prefect server, webhook, worker, simulator."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from flows.domain import Outcome
from tests.prefect_double import resumed
from tests.world import World, filled

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_the_form_brings_the_template_once_and_its_button_opens_the_conversation(world: World) -> None:
    marina = world.person()
    form = filled("Marina Alves", marina)
    first, second = (world.webhook.post("/leads", json=form) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json() == {"message": "Lead capture accepted"}
    marina.hears()
    assert marina.replies[0]["type"] == "template"
    marina.hears_nothing(2)
    marina.does(tap="Ativar Perfil")
    assert "Recife" in marina.hears(), "the form's city is confirmed, not asked"
    assert world.lead_of(marina) == world.lead_by(marina.phone)


def test_the_button_of_the_template_joins_a_hidden_number_to_its_form_once(world: World) -> None:
    caio, eve = (world.person(show_phone=False) for _ in range(2))
    form = filled("Caio Prado", caio)
    world.webhook.post("/leads", json=form).raise_for_status()
    caio.hears()
    (button,) = caio.replies[0]["buttons"]
    form_lead = world.lead_by(caio.phone)
    assert form_lead not in button["id"]
    # what a stranger can know or have: the lead's id, a message of ours on another phone, and at worst the secret
    eve.write("oi")
    eve.hears()
    for payload in (f"ATIVAR_PERFIL:{form_lead}", button["id"]):
        eve.does(type="button", text="Ativar Perfil", payload=payload, message_id=eve.replies[0]["wamid"])
        assert "Recife" not in eve.hears()
    caio.does(tap="Ativar Perfil")
    assert "Recife" in caio.hears(), "the form's city is confirmed, not asked"
    assert (world.lead_of(caio), world.lead_by(caio.phone)) == (form_lead, form_lead)
    assert world.lead_of(eve) != form_lead


def test_a_first_message_starts_a_conversation(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    assert "assistente virtual" in marina.hears()
    assert len(world.runs_of(marina)) == 1


def test_a_first_contact_asks_no_more_of_prefect_than_this(world: World) -> None:
    """Each of these costs Prefect's server some milliseconds of processor, and a burst of first contacts waits for them all."""
    log = world.stack.data / "logs" / "prefect.log"
    before, began = log.stat().st_size, time.monotonic()
    marina = world.person()
    marina.write("oi")
    marina.hears()
    # of a run that is slow to start the dispatcher asks what became of it
    promptly = time.monotonic() - began < 8
    world.suspended(marina)
    (run,) = world.runs_of(marina)
    time.sleep(1)
    asked = log.read_bytes()[before:].decode(errors="replace")
    lines = re.findall(r'"(POST|PATCH|PUT) /api/(\S+) HTTP', asked)
    changes = Counter(path.replace(run["id"], "ID") for _, path in lines if run["id"] in path)
    assert changes == {"flow_runs/ID/set_state": 3, "flow_runs/ID": 2, "flow_runs/ID/input": 1}
    # by the worker that takes it, and by Prefect's engine
    assert asked.count(f'"GET /api/flow_runs/{run["id"]} HTTP') == 2 or not promptly
    # its result is kept nowhere, so nobody need be asked where to
    assert "/admin/storage" not in asked


def test_a_reply_resumes_the_suspended_run(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    (before,) = world.runs_of(marina)
    marina.write("moro em Recife, PE")
    assert "CELPE" in marina.hears()
    (after,) = world.runs_of(marina)
    assert after["id"] == before["id"]


def test_the_same_delivery_twice_is_answered_once(world: World) -> None:
    marina = world.person()
    marina.write("oi", copies=3)
    marina.hears()
    marina.hears_nothing(3)
    assert len(world.runs_of(marina)) == 1


def test_an_unsigned_delivery_is_refused_unread(world: World) -> None:
    message = {
        "from_user_id": "BR.1",
        "id": "wamid.FORGED",
        "timestamp": "1795300001",
        "type": "text",
        "text": {"body": "oi"},
    }
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": {
        "metadata": {"phone_number_id": world.stack.env["WHATSAPP_PHONE_NUMBER_ID"]}, "messages": [message]}}]}]}  # fmt: skip
    assert world.webhook.post("/webhook", json=body).status_code == 401
    assert world.deliver(body, **{"x-hub-signature-256": "sha256=" + "0" * 64}) == 403
    assert (
        world.webhook.post("/webhook", content=b"{", headers={"x-hub-signature-256": "sha256=" + "0" * 64}).status_code
        == 403
    )
    assert world.sql("select 1 from webhook_events where event_key like '%FORGED'") == []


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


def test_a_burst_is_one_reply(world: World) -> None:
    marina, caio = world.person(), world.person(show_phone=False)
    marina.burst("oi", "tudo bem?", "moro em Recife, Pernambuco")
    caio.burst("boa tarde", "sou de Olinda PE", batched=True)
    assert "CELPE" in marina.hears()
    assert "CELPE" in caio.hears()
    marina.hears_nothing(2)
    caio.hears_nothing(0.5)


def test_a_second_message_during_an_answer_is_not_lost(world: World) -> None:
    marina = world.person()
    world.fault(plans={"kind": "timeout", "seconds": 3, "times": 1})
    marina.write("moro em Caruaru, Pernambuco")
    world.until("the turn is under way", lambda: world.state_of(marina) == "Running")
    time.sleep(1.5)
    marina.write("vocês precisam instalar placas?")
    marina.hears(within=30)
    assert "obra" in marina.hears(within=30) or "placa" in marina.replies[-1]["text"]
    marina.hears_nothing(1)


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
    world.fault(drop={"answer": "close", "times": 1})
    marina.write("oi")
    marina.hears()
    marina.hears_nothing(6)


def test_a_send_that_works_is_no_task_of_its_own_and_one_that_does_not_is_seen_in_prefect(world: World) -> None:
    marina, caio = world.person(), world.person()
    marina.write("oi")
    marina.hears()
    world.suspended(marina)
    (run,) = world.runs_of(marina)
    world.until("the turn is known", lambda: "answer_messages" in world.task_names(run["id"]))
    assert world.task_names(run["id"]) == ["answer_messages"]
    world.fault(sends={"code": 130429, "times": 2})
    caio.write("oi")
    caio.hears()
    (run,) = world.runs_of(caio)
    world.until("the send is known", lambda: "send_message" in world.task_names(run["id"]))
    assert len(caio.replies) == 1


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
    world.until("the message is stored", lambda: bool(world.sql(
        "select 1 from lead_messages m join lead_user_ids i using (lead_id) where i.wa_user_id = $1", marina.bsuid)))  # fmt: skip
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


def test_opting_out_ends_everything_at_once(world: World) -> None:
    marina = world.person()
    marina.write("oi")
    marina.hears()
    marina.write("Parar")
    marina.hears()
    marina.hears_nothing(world.silence + 8)
    assert world.outcome_of(marina) is Outcome.OPTED_OUT


def test_prefect_and_the_logs_hold_no_personal_data(world: World) -> None:
    zuleica = world.person(name="Zuleica Quaresma", username="@zuleica.quaresma")
    form = filled("Zuleica Quaresma", zuleica, email="zuleica@exemplo.com.br")
    world.webhook.post("/leads", json=form).raise_for_status()
    zuleica.hears()
    zuleica.write("oi, meu xilofone-7731 desafinou")
    zuleica.hears()
    zuleica.does(type="document", bill="celpe", filename="conta da Zuleica.pdf")
    zuleica.hears()
    world.suspended(zuleica)
    time.sleep(2)  # logs and task runs reach Prefect in batches
    secrets = ["Zuleica", "zuleica", zuleica.phone[1:], zuleica.phone[-8:], "xilofone", "529.982.247", zuleica.bsuid]

    async def dump() -> str:
        url = world.stack.env["PREFECT_API_DATABASE_CONNECTION_URL"].replace("+asyncpg", "")
        connection = await asyncpg.connect(url)
        try:
            tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
            rows = [await connection.fetch(f'select t::text from "{name}" t') for (name,) in tables]
        finally:
            await connection.close()
        return "\n".join(row[0] for table in rows for row in table)

    everything = world.run(dump())
    lead = world.lead_of(zuleica)
    assert zuleica.id and lead[:8] in everything, "the dump must hold the runs at all"
    for shown in (f"conversation-{lead}", "stage:AWAITING", "outcome:sent", "mensagem da pessoa"):
        assert shown in everything, f"the dump must hold tags and timelines too: {shown}"
    logs = "\n".join(file.read_text(errors="replace") for file in (world.stack.data / "logs").glob("*.log"))
    for secret in secrets:
        assert secret not in everything, secret
        assert secret not in logs, secret
