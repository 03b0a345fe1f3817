"""What operators do besides talking: who has the case, notes, results, calls to come, facts, bills read by hand, replies."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from flows.brazil.calendar import SAO_PAULO
from flows.shown import words
from tests.webhook.operators import Browser, Office, seen
from tests.webhook.service import said, text


def queue(browser: Browser, whose: str = "") -> str:
    return seen(browser.get(f"/ops?whose={whose}"))


def holder(desk: Office, lead: str) -> tuple[bool, str | None]:
    (row,) = desk.sql("select taken_over_at, taken_over_by from leads where id = $1::text::uuid", lead)
    return row["taken_over_at"] is not None, row["taken_over_by"]


def tomorrow() -> str:
    return f"{datetime.now(SAO_PAULO) + timedelta(days=1):%Y-%m-%dT%H:%M}"


# who has the case


def test_a_case_goes_to_a_colleague_and_back_to_the_queue(desk: Office, ana: Browser, rui: Browser) -> None:
    lead = desk.lead(name="Pedro Passado")
    desk.handoff(lead)
    assert "Pedro Passado" in queue(ana, "nobody")
    assert "está com quem você escolheu" in ana.after(ana.does(lead, "assign", to="rui"))
    assert holder(desk, lead) == (True, "rui")
    assert "Pedro Passado" in queue(rui, "mine") and "Pedro Passado" in queue(ana, "others")
    assert "Pedro Passado" not in queue(ana, "mine") + queue(ana, "nobody")

    # an old page takes it from nobody else than the one it showed
    assert "já está com outra pessoa" in ana.after(ana.does(lead, "assign", to="ana"))
    assert "ninguém da equipe com este nome" in ana.after(ana.does(lead, "assign", to="estranho", **{"from": "rui"}))
    assert holder(desk, lead) == (True, "rui")
    assert "voltou para a fila, sem ninguém" in rui.after(rui.does(lead, "assign", to="", **{"from": "rui"}))
    assert holder(desk, lead) == (True, None), "the assistant stays silent"
    assert "De ninguém" in seen(ana.get(f"/ops/leads/{lead}"))
    assert "Conversa assumida." in ana.after(ana.does(lead, "take-over"))
    assert desk.actions(lead) == [("ana", "assign"), ("rui", "assign"), ("ana", "take_over")]


def test_who_waits_for_somebody_that_does_nothing_goes_back_to_the_queue(desk: Office, ana: Browser) -> None:
    silent, busy, done = (desk.lead(name=name) for name in ("Sem Ninguém", "Com Alguém", "Sem Espera"))
    for lead in (silent, busy, done):
        ana.does(lead, "take-over")
    ana.does(done, "write", text="Bom dia!")
    for lead in (silent, busy, done):
        desk.sql(
            "update lead_messages set created_at = now() - interval '5 hours' where lead_id = $1::text::uuid", lead
        )
    desk.sql("alter table operator_actions disable trigger operator_actions_stay")
    desk.sql("update operator_actions set at = now() - interval '5 hours'")
    desk.sql("alter table operator_actions enable trigger operator_actions_stay")
    ana.does(busy, "note", note="liguei, cai na caixa postal")
    (row,) = desk.sql("select ops_lapse(4 * 3600) as found")
    assert json.loads(row["found"]) == {"lapsed": 1}
    assert [holder(desk, lead) for lead in (silent, busy, done)] == [(True, None), (True, "ana"), (True, "ana")]
    assert desk.actions(silent)[-1] == ("ana", "lapse")
    assert "Sem Ninguém" in queue(ana, "nobody")


# what came of it


@pytest.mark.parametrize(
    ("fields", "result", "reason"),
    [
        ({"result": "sold"}, "vendido", None),
        ({"result": "lost", "reason": "fidelity"}, "perdido", "não quer fidelidade"),
        ({"result": "unreachable"}, "não consegui falar", None),
    ],
)
def test_a_result_ends_the_hand_over_and_stays(
    desk: Office, ana: Browser, fields: dict[str, str], result: str, reason: str | None
) -> None:
    lead = desk.lead(name="Rita Resultado")
    desk.handoff(lead)
    page = ana.after(ana.does(lead, "contacted", **fields))
    assert "Resultado registrado." in page and result + (f" : {reason}" if reason else "") in page
    assert "Rita Resultado" not in queue(ana)
    (row,) = desk.sql("select acknowledged_by from handoffs where lead_id = $1::text::uuid", lead)
    assert row["acknowledged_by"] == "ana"
    ana.does(lead, "contacted", **fields)  # the second of two clicks
    assert len(desk.sql("select 1 from lead_contacts where lead_id = $1::text::uuid", lead)) == 1


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "Escolha o que resultou"),
        ({"result": "bought"}, "Escolha o que resultou"),
        ({"result": "lost"}, "escolha o motivo"),
        ({"result": "lost", "reason": "weather"}, "escolha o motivo"),
        ({"result": "sold", "reason": "price"}, "não há motivo"),
        ({"result": "call_back"}, "Escolha um dia e uma hora"),
        ({"result": "call_back", "at": "2020-01-01T10:00"}, "Escolha um dia e uma hora"),
        ({"result": "call_back", "at": "amanhã"}, "Escolha um dia e uma hora"),
        ({"result": "call_back", "at": "9999-12-31T23:59"}, "Escolha um dia e uma hora"),
    ],
)
def test_a_result_that_says_nothing_is_none(desk: Office, ana: Browser, fields: dict[str, str], why: str) -> None:
    lead = desk.lead()
    desk.handoff(lead)
    assert why in ana.after(ana.does(lead, "contacted", **fields))
    assert desk.actions(lead) == [] and desk.sql(
        "select 1 from handoffs where acknowledged_at is null and lead_id = $1::text::uuid", lead
    )


def test_who_is_to_be_called_again_is_gone_until_then(desk: Office, ana: Browser) -> None:
    lead = desk.lead(name="Lia Ligue")
    desk.handoff(lead)
    page = ana.after(ana.does(lead, "contacted", result="call_back", at=tomorrow()))
    assert "Ligar de novo" in page and "(em 2" in page
    assert "Lia Ligue" not in queue(ana)
    desk.sql("update leads set call_back_at = now() - interval '1 minute' where id = $1::text::uuid", lead)
    assert "Lia Ligue há 1 min ligar de novo" in queue(ana)
    assert "Não há mais ligação marcada." in ana.after(ana.does(lead, "call-back", at=""))
    assert "Lia Ligue" not in queue(ana)
    # put aside without a result, and an answer is not put aside
    ana.does(lead, "take-over")
    desk.handoff(lead)
    ana.does(lead, "call-back", at=tomorrow())
    desk.sql("update lead_messages set answered_at = null where lead_id = $1::text::uuid", lead)
    assert "Lia Ligue há instantes" in queue(ana, "mine")


# what is learned


def test_a_note_is_for_the_team_and_kept_once(desk: Office, ana: Browser, rui: Browser) -> None:
    lead = desk.lead()
    page = ana.get(f"/ops/leads/{lead}")
    for _ in range(2):
        ana.does(lead, "note", note="só <b>depois</b> das 18h", key="the-same-key")
    assert page.status_code == 200
    shown = seen(rui.get(f"/ops/leads/{lead}"))
    assert shown.count("só <b>depois</b> das 18h ana,") == 1
    assert "Escreva a anotação" in ana.after(ana.does(lead, "note", note=" "))
    exported = ana.does(lead, "export").json()
    assert [note["text"] for note in exported["lead_notes"]] == ["só <b>depois</b> das 18h"]


def test_name_and_place_are_corrected_and_nothing_of_them_is_in_the_log(desk: Office, ana: Browser) -> None:
    lead = desk.lead(name="Mariana", city="Recife", state="PE")
    desk.sql("update leads set memory = '{\"place\": 2611606}' where id = $1::text::uuid", lead)
    page = ana.after(ana.does(lead, "edit", name="Marina  Alves", city="sao paulo", state="sp"))
    assert "Marina Alves" in page and "São Paulo/SP" in page
    (row,) = desk.sql("select ibge_code, memory->>'place' as place from leads where id = $1::text::uuid", lead)
    assert (row["ibge_code"], row["place"]) == (3550308, "3550308")
    (action,) = desk.sql("select details from operator_actions where lead_id = $1::text::uuid", lead)
    assert json.loads(action["details"]) == {"fields": ["city", "name", "state"]}
    assert "Não há município" in ana.after(ana.does(lead, "edit", city="Recife", state="SP"))
    ana.does(lead, "edit", name="Marina Alves")
    assert len(desk.actions(lead)) == 1, "what changes nothing is no action"
    page = ana.after(ana.does(lead, "edit", holder=" José  Alves "))
    assert "Titular da conta de luz José Alves" in page
    ana.does(lead, "edit", name="Marina Alves")
    assert desk.sql("select holder_name from leads where id = $1::text::uuid", lead)[0]["holder_name"] == "José Alves"
    ana.does(lead, "edit", holder="")
    assert "Titular da conta de luz José" not in seen(ana.get(f"/ops/leads/{lead}"))
    assert len(desk.actions(lead)) == 3


BILL = {
    "utility": "CELPE",
    "amount": "R$ 1.412,37",
    "kwh": "402",
    "month": "2026-10",
    "due": "2026-12-10",
    "holder": "M Alves",
    "client": "7.073.737-111",
}


def photo(desk: Office, lead: str) -> tuple[str, str]:
    """A bill that came with the lead's message and was answered; its id, and the message's."""
    (row,) = desk.sql("update lead_messages set answered_at = now() where lead_id = $1::text::uuid returning id", lead)
    return desk.bill(lead, b"\x89PNG", message_id=row["id"]), str(row["id"])


def test_a_bill_is_read_by_a_person_and_its_message_is_answered_once_more(desk: Office, ana: Browser) -> None:
    lead = desk.lead()
    bill, message = photo(desk, lead)
    ana.does(lead, "take-over")
    page = ana.get(f"/ops/leads/{lead}/bills/{bill}/read")
    assert f'src="/ops/leads/{lead}/bills/{bill}"' in page.text and 'name="amount"' in page.text
    assert "A assistente continua" in ana.after(ana.does(lead, f"bills/{bill}/read", **BILL))
    (row,) = desk.sql("select typed, typed_by from energy_bills where id = $1::text::uuid", bill)
    assert (json.loads(row["typed"]), row["typed_by"]) == (
        {
            "utility": "CELPE",
            "total_amount": "1412.37",
            "consumption_kwh": 402,
            "reference_month": "2026-10-01",
            "due_date": "2026-12-10",
            "holder_name": "M Alves",
            "client_number": "7073737111",
        },
        "ana",
    )
    assert holder(desk, lead) == (False, None), "the journey goes on, so the assistant has it"
    (row,) = desk.sql("select answered_at from lead_messages where id = $1::text::uuid", message)
    assert row["answered_at"] is None
    assert desk.actions(lead)[-1] == ("ana", "read_bill")


@pytest.mark.parametrize(
    "wrong", [{"amount": ""}, {"amount": "uns"}, {"utility": " "}, {"kwh": "²"}, {"month": "13/2026"}, {"due": "x"}]
)
def test_a_reading_that_is_none_stays_in_its_fields(desk: Office, ana: Browser, wrong: dict[str, str]) -> None:
    lead = desk.lead()
    bill, _ = photo(desk, lead)
    answer = ana.does(lead, f"bills/{bill}/read", **BILL | wrong)
    assert answer.status_code == 422 and 'value="M Alves"' in answer.text
    assert desk.actions(lead) == []


def test_a_bill_is_not_read_into_anothers_conversation_nor_past_the_window(
    desk: Office, ana: Browser, rui: Browser
) -> None:
    lead = desk.lead()
    bill, _ = photo(desk, lead)
    rui.does(lead, "take-over")
    assert "A conversa está com outra pessoa" in ana.after(ana.does(lead, f"bills/{bill}/read", **BILL))
    desk.sql("update leads set last_inbound_at = now() - interval '25 hours' where id = $1::text::uuid", lead)
    assert "há mais de 24 horas" in rui.after(rui.does(lead, f"bills/{bill}/read", **BILL))
    assert holder(desk, lead) == (True, "rui")
    other = desk.lead()
    assert ana.does(other, f"bills/{bill}/read", **BILL).status_code == 404


def test_a_number_is_asked_for_by_whatsapps_own_button_where_none_is_known(desk: Office, ana: Browser) -> None:
    lead = desk.lead()
    assert "Assuma a conversa antes de pedir" in ana.after(ana.does(lead, "ask-phone"))
    ana.does(lead, "take-over")
    assert "Pedir o telefone" in seen(ana.get(f"/ops/leads/{lead}"))
    assert "na fila de envio" in ana.after(ana.does(lead, "ask-phone"))
    (row,) = desk.sql(
        "select content, author from lead_messages where lead_id = $1::text::uuid and author is not null", lead
    )
    assert json.loads(row["content"]) == {"text": words.MESSAGES["ask_phone"], "request": "contact"}
    desk.sql("update leads set phone_number = '+5581999990000' where id = $1::text::uuid", lead)
    assert "Pedir o telefone" not in seen(ana.get(f"/ops/leads/{lead}"))


# replies


def test_a_reply_that_is_sent_often_is_filled_in_for_each_lead(desk: Office, ana: Browser) -> None:
    hello = {"title": "Saudação", "body": "Oi, {nome}! Aqui é {operador}. Você é de {cidade}?"}
    token = {"csrf": ana.get("/ops/replies").text.partition('name="csrf" value="')[2].partition('"')[0]}
    assert "guardada" in ana.after(ana.post("/ops/replies", token | hello))
    assert "Já há uma resposta" in seen(ana.post("/ops/replies", token | hello))
    assert "use {nome}" in seen(ana.post("/ops/replies", token | {"title": "Outra", "body": "Oi, {apelido}"}))
    for strange in ("/ops/replies", "/ops/company/crm-again"):
        given = {"id": "seven", "event": "seven", "title": "Outra", "body": "Oi"}
        assert ana.post(strange, token | given).status_code == 404, (
            "an id that is none is no new one, and not all of them"
        )
    lead = desk.lead(name="Marina Alves")
    ana.does(lead, "take-over")
    page = ana.get(f"/ops/leads/{lead}")
    assert "Oi, Marina! Aqui é ana. Você é de {cidade}?" in page.text and "falta cidade" in seen(page)
    (row,) = desk.sql("select id from canned_replies")
    # without a script the link brings it into the field
    assert (
        "Oi, Marina! Aqui é ana."
        in ana.get(f"/ops/leads/{lead}?reply={row['id']}").text.partition("<textarea")[2].partition("</textarea>")[0]
    )
    assert "apagada" in ana.after(ana.post(f"/ops/replies/{row['id']}/drop", token))
    assert desk.sql("select 1 from canned_replies") == []


def test_notes_and_results_go_with_the_person_when_two_leads_are_one(desk: Office, ana: Browser) -> None:
    keep, drop = desk.lead(), desk.lead()
    ana.does(drop, "note", note="fica")
    ana.does(drop, "contacted", result="call_back", at=tomorrow())
    desk.sql("select merge_leads($1::text::uuid, $2::text::uuid)", keep, drop)
    page = seen(ana.get(f"/ops/leads/{keep}"))
    assert "fica ana," in page and "ligar de novo , para" in page and "Desmarcar" in page
    assert desk.service.delivers(said(text("wamid.after-the-merge"))).status_code == 200
