"""The promises of the whole, each on the real stack: embedded Postgres, Prefect server, webhook, worker, simulator."""

from __future__ import annotations

import re
import time
from collections import Counter

import asyncpg

from flows.domain import Outcome
from tests.world import World, filled


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
    body = {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "1",
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "metadata": {"phone_number_id": world.stack.env["WHATSAPP_PHONE_NUMBER_ID"]},
                            "messages": [message],
                        },
                    }
                ],
            }
        ],
    }
    assert world.webhook.post("/webhook", json=body).status_code == 401
    assert world.deliver(body, **{"x-hub-signature-256": "sha256=" + "0" * 64}) == 403
    assert (
        world.webhook.post("/webhook", content=b"{", headers={"x-hub-signature-256": "sha256=" + "0" * 64}).status_code
        == 403
    )
    assert world.sql("select 1 from webhook_events where event_key like '%FORGED'") == []


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
