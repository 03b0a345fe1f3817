"""What operators see: nothing that a stranger wrote becomes part of a page, and no code is left without words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_args

import pytest

from flows.adapters.store import totals
from flows.assistant.bill.checks import Criterion
from flows.shown import figures, words
from tests.webhook.operators import HOSTILE, Browser, Office, seen
from tests.webhook.service import name, said
from webhook.ops.pages import chat

PNG = b"\x89PNG\r\n\x1a\n"


# what strangers wrote


def test_forms_that_changed_nothing_and_sent_nothing_are_shown_with_the_reason(desk: Office, ana: Browser) -> None:
    lead = desk.lead(name="Marina Alves", city="Recife", opted_out_at=datetime.now(UTC))
    desk.sql(
        "insert into lead_forms (lead_id, fields, reason) values ($1, $2, 'opted_out')",
        lead,
        json.dumps({"name": "Marina Alves", "city": HOSTILE, "email": "outra@exemplo.com.br"}),
    )
    page = ana.get(f"/ops/leads/{lead}")
    text = seen(page)
    assert "boas-vindas não enviadas: a pessoa não quer mais mensagens" in text
    assert f"Cidade: {HOSTILE} não confirmado" in text and "E-mail: outra@exemplo.com.br não confirmado" in text
    assert "Nome:" not in text and "<script>alert" not in page.text


def test_what_a_lead_wrote_is_text_on_every_page(desk: Office, ana: Browser) -> None:
    lead = desk.lead(HOSTILE, name=HOSTILE, city=HOSTILE, email=HOSTILE, source=HOSTILE)
    desk.handoff(lead, HOSTILE, json.dumps({HOSTILE: HOSTILE, "reasons": [HOSTILE], "stage": HOSTILE}))
    desk.bill(lead, None, holder_name=HOSTILE, utility_name=HOSTILE, flags=[HOSTILE], classification="energy_bill")
    shown = [
        f"/ops/leads/{lead}",
        "/ops/dashboard",
        f"/ops/leads/{lead}/erase",
        "/ops",
        "/ops/leads",
        "/ops/leads?q=%3Cscript%3E%22%27%3E",
    ]
    for path in shown:
        page = ana.get(path)
        assert page.status_code == 200
        assert "<script>" not in page.text and "<img src=x" not in page.text and "11111103" not in seen(page), path
    assert HOSTILE in seen(ana.get(f"/ops/leads/{lead}"))


@pytest.mark.parametrize(
    "query",
    [
        "q=%00%FF",
        "stage=NONE",
        "after=x.y",
        "after=1.%27",
        "after=99999999999999999.x",
        "m=%3Cb%3E",
        "q=" + "%F0%9F%98%80" * 300,
        "waiting=2&stage=INITIAL&q=%25_%5C",
    ],
)
def test_an_odd_address_still_is_a_list(ana: Browser, query: str) -> None:
    assert ana.get(f"/ops/leads?{query}").status_code == 200


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("o *Plano Básico*, _sem_ multa", "o <strong>Plano Básico</strong>, <em>sem</em> multa"),
        ("2*3*4 e * só", "2*3*4 e * só"),
        ("*<b onclick=x>*", "<strong>&lt;b onclick=x&gt;</strong>"),
        ("snake_case_name", "snake_case_name"),
        ("*a\nb*", "*a\nb*"),
    ],
)
def test_bold_is_shown_as_in_the_chat_and_tags_as_text(written: str, shown: str) -> None:
    assert chat(written) == shown


# one lead


def test_a_transcript_says_who_wrote_when_and_how_it_travelled(desk: Office, ana: Browser) -> None:
    lead = desk.lead("moro em Recife")
    for who, words_said, status, code, author in [
        ("bot", "Que ótimo!", "read", None, None),
        ("agent", "Aqui é a Ana", "delivered", None, "ana"),
        ("bot", "Não chegou", "failed", 131026, None),
        ("bot", "Talvez", "uncertain", None, None),
    ]:
        desk.sql(
            "insert into lead_messages (lead_id, message_direction, message_type, message_content, delivery_status,"
            " error_code, author, created_at, dedupe_key)"
            " values ($1::text::uuid, $2, 'text', $3, $4, $5, $6, '2026-11-21 11:03+00', $7)",
            lead,
            who,
            words_said,
            status,
            code,
            author,
            name(),
        )
    page = seen(ana.get(f"/ops/leads/{lead}"))
    for part in (
        "Lead moro em Recife",
        "· aguarda resposta",
        "Assistente Que ótimo! 21/11/2026 08:03 ✓✓ lida",
        "ana Aqui é a Ana 21/11/2026 08:03 ✓✓ entregue",
        "✕ não entregue · 131026: não entregue: número sem WhatsApp",
        "? sem confirmação do WhatsApp",
        "Problemas de entrega",
    ):
        assert part in page, part
    assert page.index("moro em Recife") < page.index("Que ótimo!")


def test_what_went_out_to_be_tapped_is_shown_under_its_message_and_is_in_the_export(desk: Office, ana: Browser) -> None:
    lead = desk.lead()
    rows = [
        {"id": "plan:1", "title": "Plano Básico", "description": "14% de desconto"},
        {"id": "other", "title": HOSTILE},
    ]
    buttons = [{"id": "yes", "title": "É isso mesmo"}, {"id": "no", "title": "Não é"}]
    sent = [
        ("Confere?", {"text": "Confere?", "buttons": buttons, "rows": [], "list_label": "Ver opções"}, None),
        ("Qual plano?", {"text": "Qual plano?", "buttons": [], "rows": rows, "list_label": "Ver planos"}, None),
        ("Só texto", {"text": "Só texto", "buttons": [], "rows": [], "list_label": "Ver opções"}, None),
        ("", None, {"name": "boas_vindas", "body": ["Marina"], "buttons": ["ATIVAR_PERFIL"]}),
        ("", None, {"name": "outro_modelo", "body": [], "buttons": ["SOMETHING_ELSE:1"]}),
    ]
    for words_said, content, template in sent:
        desk.sql(
            "insert into lead_messages (lead_id, message_direction, message_type, message_content, content, template,"
            " delivery_status, dedupe_key)"
            " values ($1::text::uuid, 'bot', $2, $3, $4::text::jsonb, $5::text::jsonb, 'read', $6)",
            lead,
            "template" if template else "interactive",
            words_said,
            content and json.dumps(content),
            template and json.dumps(template),
            name(),
        )
    bubbles = ana.get(f"/ops/leads/{lead}")
    words_seen = seen(bubbles)
    for part in (
        "Confere? Botões: É isso mesmo Não é",
        "Qual plano? Lista “Ver planos”: Plano Básico 14% de desconto",
        "Assistente Mensagem de boas-vindas (modelo boas_vindas) Botões: Ativar Perfil",
        "(modelo outro_modelo) Botões: SOMETHING_ELSE",
    ):
        assert part in words_seen, part
    assert bubbles.text.count('class="options"') == 4, "a message without options has no empty list"
    assert "<script>" not in bubbles.text and HOSTILE in words_seen
    # nobody takes them for something to click
    said = bubbles.text.partition('<ol id="bubbles"')[2].partition("</ol>")[0]
    assert "Não é" in said and "<button" not in said and "<a" not in said
    assert "ATIVAR_PERFIL" not in bubbles.text
    exported = ana.does(lead, "export").json()["lead_messages"]
    assert [row["content"]["buttons"] for row in exported if row["message_content"] == "Confere?"] == [buttons]
    assert [row["content"]["rows"] for row in exported if row["message_content"] == "Qual plano?"] == [rows]
    assert [row["template"]["buttons"] for row in exported if row["template"]][0] == ["ATIVAR_PERFIL"]


def test_a_picture_that_came_without_words_is_named(desk: Office, ana: Browser) -> None:
    picture = {"id": "m1", "mime_type": "image/jpeg", "sha256": "x"}
    wamid = name()
    message = {
        "id": wamid,
        "from_user_id": f"BR.{name()}",
        "timestamp": "1795300000",
        "type": "image",
        "image": picture,
    }
    desk.service.delivers(said(message))
    lead = desk.sql("select lead_id from lead_messages where wamid = $1", wamid)[0]["lead_id"]
    assert "[imagem]" in seen(ana.get(f"/ops/leads/{lead}"))


def test_a_bill_is_shown_with_values_checks_and_what_follows(desk: Office, ana: Browser) -> None:
    lead = desk.lead()
    checks = [{"criterion": each, "outcome": "ok", "note": ""} for each in get_args(Criterion)]
    checks[1] = {
        "criterion": "total",
        "outcome": "warn",
        "note": "differs_from_barcode",
        "sighting": {"field": "total_amount", "by": "label", "sure": "doubtful", "label": "TOTAL A PAGAR", "line": 12},
        "against": {"field": "total_amount", "read": "1245.67", "proved": "900.10", "code": "payment"},
    }
    checks[5]["against"] = {"field": "due_date", "read": "2026-11-15", "proved": "2026-12-15", "code": "pix"}
    reading = {"outcome": "review", "reasons": ["tarifa_social", "consumption_missing"], "holder": "mismatch"}
    desk.bill(
        lead,
        PNG,
        holder_name="JOSE SILVA",
        utility_name="Neoenergia Pernambuco",
        installation_number="0012345",
        total_amount=Decimal("1245.67"),
        consumption_kwh=1380,
        reference_month=date(2026, 10, 1),
        due_date=date(2026, 11, 15),
        flags=["tarifa_social"],
        classification="energy_bill",
        read_by="pdf",
        checks=json.dumps(checks),
        reading=json.dumps(reading),
        size_bytes=312_000,
        client_number="7001122334",
        sightings=json.dumps(
            [
                {"field": "client_number", "by": "vision", "sure": "doubtful"},
                {"field": "contract_account", "by": "label", "sure": "uncertain", "label": "CONTA CONTRATO", "line": 7},
            ]
        ),
    )
    page = seen(ana.get(f"/ops/leads/{lead}"))
    for part in (
        "JOSE SILVA",
        "Titular é o lead? outra pessoa",
        "R$ 1.245,67",
        "1.380 kWh",
        "10/2026",
        "15/11/2026",
        "0012345",
        "Código do cliente 7001122334 duvidoso: confira na conta pelo modelo de visão · duvidoso",
        "Conta contrato incerto, por isso não preenchido pelo rótulo “CONTA CONTRATO”, linha 7 · incerto",
        "tarifa social; consumo: não foi encontrado",
        "precisa de análise",
        "Ver a foto",
        "312 KB",
        "Valor total ! atenção difere do código de barras lido R$ 1.245,67; código de pagamento diz R$ 900,10",
        "pelo rótulo “TOTAL A PAGAR”, linha 12 · duvidoso",
        "lido 15/11/2026; código Pix diz 15/12/2026",
        "Nome do titular ✓ encontrado",
        "CPF ou CNPJ ✓ certo",
    ):
        assert part in page, part


def test_a_hand_over_is_readable_and_its_age_stands_out(desk: Office, ana: Browser) -> None:
    summary = {
        "stage": "PLANS_SENT",
        "plan_id": 7,
        "discount": "0.145",
        "overdue": True,
        "other_holder": False,
        "bill": {"outcome": "qualified", "total": "420.50", "month": "2026-10-01", "doubts": None},
    }
    lead, fresh = desk.lead(name="Marina Alves"), desk.lead(name="Bruno Costa")
    desk.handoff(lead, "plan_chosen", json.dumps(summary), days=5)
    desk.handoff(fresh)
    page = seen(ana.get(f"/ops/leads/{lead}"))
    for part in (
        "Etapa planos enviados",
        "Desconto 14,5%",
        "Voltou a cobrar o contato sim",
        "Conta · Resultado qualificada",
        "Conta · Valor R$ 420,50",
        "Conta · Referência 10/2026",
        "passou do prazo (em até 1 dia útil)",
    ):
        assert part in page, part
    assert "Outro titular" not in page and "Dúvidas" not in page
    overview = seen(ana.get("/ops"))
    assert "Marina Alves há 5 dias escolheu um plano Lead: oi de ninguém passou do prazo" in overview
    assert "Bruno Costa há instantes pediu para falar com uma pessoa Lead: oi de ninguém" in overview


def test_codes_of_a_hand_over_are_said_in_words(desk: Office, ana: Browser) -> None:
    summary = {"plan_id": 531, "ibge_code": 2609600, "bill": {"holder": "mismatch", "disputed": ["total", "place"]}}
    lead = desk.lead(source="form")
    desk.sql(
        "insert into lead_plan_offers (lead_id, position, plan_id, plan_name, utility_name, discount, fidelity_months)"
        " values ($1::text::uuid, 1, 531, 'Plano Flex', 'CELPE', 0.14, 0)",
        lead,
    )
    desk.handoff(lead, "plan_chosen", json.dumps(summary))
    page = seen(ana.get(f"/ops/leads/{lead}"))
    for part in (
        "Plano Plano Flex (nº 531)",
        "Município Olinda/PE",
        "Conta · Titular é o lead? outra pessoa",
        "Conta · Contestado valor total, cidade ou endereço",
        "Origem formulário",
    ):
        assert part in page, part
    assert words.summary_lines({"plan_id": 9, "ibge_code": 1}) == [("Plano nº", "9"), ("Município", "código IBGE 1")]


def test_what_the_lead_told_for_the_consultant_is_in_the_hand_over_and_on_the_page(desk: Office, ana: Browser) -> None:
    notes = [
        {"about": "call_at", "text": "só depois das 18"},
        {"about": "tenant", "text": HOSTILE},
        {"about": "gone", "text": "x"},
    ]
    lead = desk.lead()
    desk.sql("update leads set memory = $2::text::jsonb where id = $1::text::uuid", lead, json.dumps({"notes": notes}))
    desk.handoff(lead, "changed", json.dumps({"notes": notes, "plan_id": 7}))
    answer = ana.get(f"/ops/leads/{lead}")
    page = seen(answer)
    for part in (
        "Mudou algo depois do encaminhamento",
        "Horário ou jeito para ligar só depois das 18",
        "Contou: horário ou jeito para ligar só depois das 18",
        f"Mora de aluguel {HOSTILE}",
        "Gone x",
    ):
        assert part in page, part
    assert "<script>" not in answer.text and "Outra pessoa" not in page


@pytest.mark.parametrize("memory", [{"disowned": True}, {"ended": "wrong_person"}])
def test_who_is_not_the_person_of_the_form_is_marked(desk: Office, ana: Browser, memory: dict[str, Any]) -> None:
    lead, other = desk.lead(name=name()), desk.lead()
    desk.sql("update leads set memory = $2::text::jsonb where id = $1::text::uuid", lead, json.dumps(memory))
    assert "não é a pessoa do formulário" in seen(ana.get(f"/ops/leads/{lead}"))
    assert "não é a pessoa do formulário" not in seen(ana.get(f"/ops/leads/{other}"))
    assert "outra pessoa" in seen(ana.get(f"/ops/leads?q={lead[:13]}"))


def test_what_erasing_would_delete_is_counted_in_words(desk: Office, ana: Browser) -> None:
    lead = desk.lead()
    page = seen(ana.get(f"/ops/leads/{lead}/erase"))
    assert "1 mensagem e as entregas" in page and "nenhuma conta de luz;" in page
    desk.bill(lead, None)
    desk.bill(lead, None)
    assert "2 contas de luz, com os arquivos;" in seen(ana.get(f"/ops/leads/{lead}/erase"))


def test_the_overview_and_the_report_take_their_shares_of_the_same(desk: Office, ana: Browser) -> None:
    desk.lead()
    page = seen(ana.get("/ops/dashboard"))
    report = [row["Indicador"] for row in figures.figure_rows(totals.Report(funnel=totals.Funnel(arrived=1)))]
    for line in report[: len(figures.FUNNEL)]:
        label, _, base = line.partition(" (")
        assert f"{label[0].upper()}{label[1:]} {base.rstrip(')')}".strip() in page, line


def test_runs_lead_to_prefect_by_their_ids(desk: Office, ana: Browser) -> None:
    lead = desk.lead()
    desk.prefect.wait_until(lambda: desk.sql("select flow_run_id from runs where lead_id = $1::text::uuid", lead)[0][0])
    flow_run = desk.sql("select flow_run_id from runs where lead_id = $1::text::uuid", lead)[0][0]
    assert f'href="https://prefect.example/runs/flow-run/{flow_run}"' in ana.get(f"/ops/leads/{lead}").text


@pytest.mark.parametrize("wrong", ["not-an-id", "00000000-0000-4000-8000-000000000000", "%00", "1'%20or%201=1"])
@pytest.mark.parametrize("path", ["/ops/leads/{}", "/ops/leads/{}/erase"])
def test_there_is_no_page_for_a_wrong_id(ana: Browser, path: str, wrong: str) -> None:
    page = ana.get(path.format(wrong))
    assert (page.status_code, "Página não encontrada" in page.text) == (404, True)


# files


@pytest.mark.parametrize(
    ("mime_type", "served", "inline"),
    [
        ("image/png", "image/png", True),
        ("image/jpeg", "image/jpeg", True),
        ("application/pdf", "application/pdf", False),
        ("text/html", "application/octet-stream", False),
        ("image/svg+xml", "application/octet-stream", False),
    ],
)
def test_a_bill_runs_nothing_and_is_kept_by_nobody(
    desk: Office, ana: Browser, mime_type: str, served: str, inline: bool
) -> None:
    lead = desk.lead()
    bill = desk.bill(lead, PNG, mime_type)
    answer = ana.get(f"/ops/leads/{lead}/bills/{bill}")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, PNG, served)
    assert answer.headers["content-disposition"].startswith("inline" if inline else "attachment")
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert desk.actions(lead) == [("ana", "view_bill")]


def test_a_bill_is_found_under_its_own_lead_only_and_a_lost_file_is_no_failure(desk: Office, ana: Browser) -> None:
    lead, other = desk.lead(), desk.lead()
    bill, lost = desk.bill(lead, PNG), desk.bill(lead, None)
    odd = desk.bill(lead, None)
    desk.sql("update energy_bills set storage_path = '../../etc/passwd' where id = $1::text::uuid", odd)
    paths = [f"{other}/bills/{bill}", f"{lead}/bills/{lost}", f"{lead}/bills/{lead}", f"{lead}/bills/x"]
    assert [ana.get(f"/ops/leads/{path}").status_code for path in paths] == [404] * 4
    assert ana.get(f"/ops/leads/{lead}/bills/{odd}").status_code == 503
    assert desk.actions(lead) == desk.actions(other) == [], "only what was shown is recorded"
