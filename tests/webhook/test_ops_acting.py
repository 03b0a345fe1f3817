"""What operators do: each form does it once, says what came of it, and leaves who did it behind."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID, uuid4

import pytest

from tests.webhook.operators import HASH_KEY, Browser, Office, field, seen
from tests.webhook.service import listened_to


def one(desk: Office, question: str, lead: str) -> object:
    return desk.sql(question, lead)[0][0]


def flow_run(desk: Office, lead: str) -> UUID:
    """The Prefect run of this lead's conversation, as soon as the dispatcher has created it."""
    question = "select flow_run_id from runs where lead_id = $1::text::uuid"
    desk.prefect.wait_until(lambda: one(desk, question, lead))
    found = one(desk, question, lead)
    assert isinstance(found, UUID)
    return found


def parked(desk: Office) -> tuple[str, UUID]:
    """A lead whose conversation waits, answered and suspended; the lead and the Prefect run."""
    lead = desk.lead()
    run = flow_run(desk, lead)
    desk.sql("update lead_messages set answered_at = now() where lead_id = $1::text::uuid", lead)
    desk.sql(
        "update runs set status = 'parked', wake_due_at = now() + interval '1 hour' where lead_id = $1::text::uuid",
        lead,
    )
    desk.prefect.set(run, "PAUSED", "Suspended")
    return lead, run


def resumed(desk: Office, run: UUID) -> bool:
    return run in [each for each, _ in desk.prefect.resumed]


# take over, write, give back


def test_whoever_takes_over_has_the_lead_and_the_waiting_run_wakes(desk: Office, ana: Browser, rui: Browser) -> None:
    lead, run = parked(desk)
    page = ana.after(ana.does(lead, "take-over"))
    assert "Conversa assumida. Você assumiu há instantes. A assistente está em silêncio." in page
    assert "Devolver à assistente" in page and "Escrever ao lead" in page
    desk.prefect.wait_until(lambda: resumed(desk, run))
    assert "Outra pessoa já assumiu esta conversa." in rui.after(rui.does(lead, "take-over"))
    assert "Com ana" in seen(rui.get(f"/ops/leads/{lead}"))
    assert desk.actions(lead) == [("ana", "take_over")]


@pytest.mark.parametrize(("fields", "answers"), [({"answer": "1"}, True), ({}, False)], ids=["answering", "silent"])
def test_giving_back_says_whether_the_assistant_answers_what_came(
    desk: Office, ana: Browser, fields: dict[str, str], answers: bool
) -> None:
    lead, _ = parked(desk)
    ana.does(lead, "take-over")
    assert "A conversa voltou para a assistente." in ana.after(ana.does(lead, "give-back", **fields))
    given = "select (details->>'answer')::boolean from operator_actions where action = 'give_back' and lead_id = $1::text::uuid"
    assert one(desk, given, lead) is answers
    assert "A conversa já estava com a assistente." in ana.after(ana.does(lead, "give-back"))


def test_a_message_of_a_persons_own_goes_out_once_however_often_it_is_sent(desk: Office, ana: Browser) -> None:
    lead, _ = parked(desk)
    ana.does(lead, "take-over")
    page = ana.get(f"/ops/leads/{lead}")
    form = {"csrf": field(page, "csrf"), "key": field(page, "key"), "text": "  Bom dia,\r\naqui é a Ana 😀 \r\n"}
    answers = [ana.post(f"/ops/leads/{lead}/write", form) for _ in range(2)]
    assert "Mensagem na fila de envio." in ana.after(answers[1])
    rows = desk.sql(
        "select message_content, author from lead_messages where message_direction = 'agent' and lead_id = $1::text::uuid",
        lead,
    )
    assert [tuple(row) for row in rows] == [("Bom dia,\naqui é a Ana 😀", "ana")]
    assert desk.actions(lead) == [("ana", "take_over"), ("ana", "write")]


@pytest.mark.parametrize(
    ("text", "change", "status", "why"),
    [
        (" \r\n ", None, 422, "Escreva a mensagem antes de enviar."),
        ("a" * 4097, None, 422, "passa de 4.096 caracteres"),
        ("olá", "last_inbound_at = now() - interval '25 hours'", 409, "há mais de 24 horas"),
        ("olá", "opted_out_at = now()", 409, "não quer mais mensagens"),
        ("olá", "taken_over_at = null, taken_over_by = null", 409, "Assuma a conversa antes de escrever."),
    ],
    ids=["empty", "too long", "window closed", "opted out", "not taken over"],
)
def test_a_text_that_cannot_go_out_stays_with_its_author(
    desk: Office, ana: Browser, text: str, change: str | None, status: int, why: str
) -> None:
    lead, _ = parked(desk)
    ana.does(lead, "take-over")
    page = ana.get(f"/ops/leads/{lead}")
    if change:
        desk.sql(f"update leads set {change} where id = $1::text::uuid", lead)
    form = {"csrf": field(page, "csrf"), "key": field(page, "key"), "text": text}
    answer = ana.post(f"/ops/leads/{lead}/write", form)
    assert answer.status_code == status
    assert why in seen(answer)
    assert f">{text.strip()}</textarea>" in answer.text
    assert ("ana", "write") not in desk.actions(lead)


def test_a_message_of_4096_emojis_passes_through_the_form(desk: Office, ana: Browser) -> None:
    lead, _ = parked(desk)
    ana.does(lead, "take-over")
    assert "Mensagem na fila" in ana.after(ana.does(lead, "write", text="😀" * 4096))


def test_two_operators_do_not_both_write_into_one_conversation(desk: Office, ana: Browser, rui: Browser) -> None:
    lead, _ = parked(desk)
    ana.does(lead, "take-over")
    page = rui.get(f"/ops/leads/{lead}")
    assert "Com ana há instantes" in seen(page) and "Assumir de ana" in seen(page)
    assert "Escrever ao lead" not in seen(page) and "Devolver à assistente" not in seen(page)
    # a page of before, or two at once: refused, with the text kept and who has the conversation named
    refused = rui.does(lead, "write", text="Olá, sou o Rui", key="k" * 12)
    assert refused.status_code == 409
    for part in ("A conversa está com outra pessoa: para escrever, assuma antes.", "Com ana há instantes"):
        assert part in seen(refused)
    assert ">Olá, sou o Rui</textarea>" in refused.text
    assert "para devolver, assuma antes. Com ana há instantes" in rui.after(rui.does(lead, "give-back"))

    taken = rui.after(rui.does(lead, "take-over", **{"from": "ana"}))
    assert (
        "Conversa assumida. Você assumiu há instantes." in taken
        and "rui assumiu a conversa que estava com ana" in taken
    )
    assert "Mensagem na fila" in rui.after(rui.does(lead, "write", text="Olá, sou o Rui"))
    hers = ana.get(f"/ops/leads/{lead}")
    assert "Com rui há instantes" in seen(hers) and "Assumir de rui" in seen(hers)
    assert ana.does(lead, "write", text="Olá, sou a Ana", key="a" * 12).status_code == 409
    assert desk.actions(lead) == [("ana", "take_over"), ("rui", "take_over"), ("rui", "write")]


def test_a_conversation_that_went_back_meanwhile_is_not_taken_by_an_old_page(
    desk: Office, ana: Browser, rui: Browser
) -> None:
    lead, _ = parked(desk)
    ana.does(lead, "take-over")
    ana.does(lead, "give-back")
    assert "A conversa já tinha voltado para a assistente." in rui.after(rui.does(lead, "take-over", **{"from": "ana"}))
    assert one(desk, "select taken_over_at from leads where id = $1::text::uuid", lead) is None


def answered_by_nobody(desk: Office, lead: str) -> None:
    """What the conversation's run does with a message while a person has the lead."""
    desk.sql(
        "update lead_messages set answered_at = now() where lead_id = $1::text::uuid and answered_at is null"
        " and message_direction = 'user'",
        lead,
    )


def writes_again(desk: Office, lead: str, words: str) -> None:
    desk.sql(
        "insert into lead_messages (lead_id, message_direction, message_type, message_content)"
        " values ($1::text::uuid, 'user', 'text', $2)",
        lead,
        words,
    )
    answered_by_nobody(desk, lead)


def test_a_message_that_waits_for_a_person_is_seen_on_every_page(desk: Office, ana: Browser) -> None:
    lead, _ = parked(desk)
    desk.sql("update leads set name = 'Zilda Espera' where id = $1::text::uuid", lead)
    ana.does(lead, "take-over")
    assert "sem resposta" not in seen(ana.get(f"/ops/leads/{lead}")).replace("ficou sem resposta", "")
    writes_again(desk, lead, "alguém?")
    page = seen(ana.get(f"/ops/leads/{lead}"))
    assert "A assistente está em silêncio. 1 mensagem sem resposta , há instantes." in page
    assert seen(ana.get(f"/ops/leads/{lead}")).count("· aguarda resposta de uma pessoa") == 1
    assert "com ana escreveu há instantes, sem resposta" in seen(ana.get("/ops/leads?q=Zilda+Espera"))
    overview = seen(ana.get("/ops"))
    assert "Zilda Espera há instantes escreveu Lead: alguém? com você 1 mensagem sem resposta" in overview
    figures = seen(ana.get("/ops/dashboard"))
    assert "com mensagem nova" in figures.split("Conversas assumidas")[-1][:40]

    writes_again(desk, lead, "oi?")
    page = ana.after(ana.does(lead, "give-back"))
    assert (
        "A conversa voltou para a assistente. 2 mensagens sem resposta; ela só responde à próxima. "
        "2 mensagens sem resposta , a primeira há instantes. A assistente só responde à próxima." in page
    )
    bubbles = seen(ana.get(f"/ops/leads/{lead}"))
    assert bubbles.count("· sem resposta") == 2 and "· aguarda resposta" not in bubbles
    assert "escreveu há instantes, sem resposta" in seen(ana.get("/ops/leads?q=Zilda+Espera"))
    assert "Zilda Espera" not in seen(ana.get("/ops"))
    # an address that was kept says nothing that is not so
    desk.sql("update lead_messages set left_at = null where lead_id = $1::text::uuid", lead)
    assert "sem resposta" not in seen(ana.get(f"/ops/leads/{lead}?m=give_back.left"))


def test_nobody_who_stopped_our_messages_is_offered_first_to_be_written_to(desk: Office, ana: Browser) -> None:
    lead = desk.lead()
    desk.sql("update leads set opted_out_at = now() where id = $1::text::uuid", lead)
    page = ana.get(f"/ops/leads/{lead}").text
    assert '<button id="take" class="quiet">Assumir a conversa (não será possível escrever)</button>' in page
    assert 'class="main">' not in page


# remind


def test_the_reminder_is_asked_for_and_the_waiting_run_told_of_the_silence(desk: Office, ana: Browser) -> None:
    lead, run = parked(desk)
    assert "Lembrete pedido. Confira abaixo se foi entregue." in ana.after(ana.does(lead, "remind"))
    desk.prefect.wait_until(lambda: (run, {}) in desk.prefect.resumed)
    assert desk.actions(lead) == [("ana", "remind_now")]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("conversation_state = 'INTERESTED'", "Nesta etapa não há o que lembrar."),
        ("opted_out_at = now()", "nenhum lembrete sai"),
        ("taken_over_at = now(), taken_over_by = 'rui'", "Devolva a conversa antes de pedir o lembrete."),
    ],
    ids=["closed", "opted out", "taken over"],
)
def test_a_reminder_that_may_not_go_out_is_explained(desk: Office, ana: Browser, change: str, why: str) -> None:
    lead, _ = parked(desk)
    desk.sql(f"update leads set {change} where id = $1::text::uuid", lead)
    assert "Enviar lembrete agora" not in seen(ana.get(f"/ops/leads/{lead}"))
    assert why in ana.after(ana.does(lead, "remind"))
    assert desk.actions(lead) == []


def test_a_reminder_is_not_repeated_by_mistake(desk: Office, ana: Browser) -> None:
    lead, _ = parked(desk)
    first = uuid4()
    desk.sql(
        "insert into lead_messages (id, lead_id, message_direction, message_type, message_content, delivery_status,"
        " dedupe_key, attempted_at) values ($2, $1::text::uuid, 'bot', 'text', 'Oi?', 'read', $3,"
        " now() - interval '3 minutes')",
        lead,
        first,
        f"reminder:{first}",
    )
    page = ana.get(f"/ops/leads/{lead}")
    assert "Já saiu um lembrete há 3 min e a pessoa ainda não respondeu. Enviar outro igual" in seen(page)
    assert f'name="again" value="{first}" required' in page.text
    assert "Assistente lembrete Oi?" in seen(page)
    for given in ({}, {"again": str(uuid4())}, {"again": "x"}):
        assert "Nada foi enviado." in ana.after(ana.does(lead, "remind", **given))
    assert desk.actions(lead) == []
    assert "Lembrete pedido." in ana.after(ana.does(lead, "remind", again=str(first)))
    assert desk.actions(lead) == [("ana", "remind_now")]


def test_a_wish_to_be_erased_leads_to_erasing(desk: Office, ana: Browser) -> None:
    lead = desk.lead()
    desk.handoff(lead, "erase_my_data")
    page = ana.get(f"/ops/leads/{lead}")
    assert f'<a class="button main" href="/ops/leads/{lead}/erase">Apagar os dados…</a>' in page.text
    assert "Registrar resultado" not in seen(page) and '<button class="main">' not in page.text
    assert "Os dados ainda não foram apagados." in ana.after(ana.does(lead, "contacted", result="sold"))
    assert desk.actions(lead) == []
    said = ana.after(ana.does(lead, "contacted", unerased="1"))
    assert "Pedido encerrado. Os dados da pessoa não foram apagados." in said
    assert "Encerrado por ana" in said and "Apagar os dados…" not in said
    assert desk.actions(lead) == [("ana", "dismiss_erasure")]


def test_every_action_says_what_it_does(desk: Office, ana: Browser) -> None:
    lead, _ = parked(desk)
    desk.handoff(lead)
    page = seen(ana.get(f"/ops/leads/{lead}"))
    for part in (
        "O que ela ainda não enviou é cancelado.",
        "Encerra o encaminhamento.",
        "Manda já o texto de lembrete",
        "Baixa um arquivo com tudo o que está guardado",
    ):
        assert part in page, part
    desk.sql("update leads set last_inbound_at = now() - interval '25 hours' where id = $1::text::uuid", lead)
    assert "sai o modelo de lembrete, se houver um configurado" in seen(ana.get(f"/ops/leads/{lead}"))
    ana.does(lead, "take-over")
    assert "Desmarcado: ela só responde à próxima mensagem." in seen(ana.get(f"/ops/leads/{lead}"))


# export, erase


def test_an_export_is_one_file_with_everything_and_is_recorded(desk: Office, ana: Browser) -> None:
    lead = desk.lead("meu CPF é segredo", name="Çélia")
    answer = ana.does(lead, "export")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.headers["content-disposition"] == f'attachment; filename="lead-{lead[:8]}.json"'
    data = answer.json()
    assert (data["leads"][0]["name"], data["lead_messages"][0]["message_content"]) == ("Çélia", "meu CPF é segredo")
    assert desk.actions(lead) == [("ana", "export")]


def test_erasing_takes_a_typed_word(desk: Office, ana: Browser) -> None:
    lead = desk.lead(name="Dona Flor")
    page = seen(ana.get(f"/ops/leads/{lead}/erase"))
    assert "Apagar Dona Flor" in page and "não pode ser desfeito" in page
    for word in ("", "apague", "APAGAR TUDO"):
        answer = ana.does(lead, "erase", confirmation=word)
        assert (answer.status_code, "Nada foi apagado." in seen(answer)) == (422, True)
    assert desk.actions(lead) == []


def test_erasing_leaves_nothing_but_the_action_and_a_keyed_hash(desk: Office, ana: Browser) -> None:
    lead, run = parked(desk)
    desk.sql("update leads set name = 'Some Daqui', phone_number = '+5581955554444' where id = $1::text::uuid", lead)
    bill = desk.bill(lead, b"picture")
    desk.handoff(lead)
    page = ana.get(f"/ops/leads/{lead}/erase")
    form = {"csrf": field(page, "csrf"), "confirmation": " apagar "}
    answers = [ana.post(f"/ops/leads/{lead}/erase", form) for _ in range(2)]
    for answer in answers:
        assert "Os dados da pessoa foram apagados." in ana.after(answer)
    assert not [file for file in (desk.bills / lead).rglob("*") if file.is_file()]
    desk.prefect.wait_until(lambda: resumed(desk, run))
    expected = hmac.new(HASH_KEY.encode(), b"+5581955554444", hashlib.sha256).hexdigest()
    kept = "select details->>'person_hash' from operator_actions where action = 'erase' and lead_id = $1::text::uuid"
    assert one(desk, kept, lead) == expected
    for path in (f"/ops/leads/{lead}", f"/ops/leads/{lead}/erase", f"/ops/leads/{lead}/bills/{bill}"):
        assert ana.get(path).status_code == 404
    for path in ("/ops", "/ops/leads", "/ops/leads?q=Some+Daqui"):
        assert "Some Daqui</a>" not in ana.get(path).text
    assert ana.post(f"/ops/leads/{lead}/take-over", {"csrf": form["csrf"]}).status_code == 404


def test_a_run_that_cannot_be_woken_keeps_nobody_from_being_erased(
    desk: Office, ana: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    lead, run = parked(desk)
    del desk.prefect.runs[run]
    with listened_to(caplog) as lines:
        assert "foram apagados" in ana.after(ana.does(lead, "erase", confirmation="APAGAR"))
        desk.prefect.wait_until(lambda: any(f"flow run {run} could not be woken" in line for line in lines))


def test_a_file_that_cannot_be_deleted_now_is_said(desk: Office, ana: Browser) -> None:
    lead = desk.lead()
    desk.bill(lead, None)
    path = desk.sql("select storage_path from energy_bills where lead_id = $1::text::uuid", lead)[0][0]
    (desk.bills / path).mkdir(parents=True)
    page = ana.get(f"/ops/leads/{lead}/erase")
    answer = ana.post(f"/ops/leads/{lead}/erase", {"csrf": field(page, "csrf"), "confirmation": "APAGAR"})
    assert "Os arquivos não puderam ser apagados agora" in ana.after(answer)
