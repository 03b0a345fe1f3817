"""What operators see: nothing that a stranger wrote becomes part of a page, and no code is left without words."""

from __future__ import annotations

import csv
import io
import json
import typing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args

import pytest

from flows.adapters.store import acted, totals
from flows.assistant.bill.checks import Criterion, Outcome
from flows.assistant.bill.holders import HolderMatch
from flows.assistant.bill.model import Contradiction, Flag, Sighting
from flows.domain import BillReading, Handoff, Inbound
from flows.shown import figures, words
from flows.shown.formats import share
from tests.webhook.operators import Browser, Office, seen
from tests.webhook.service import name, said
from webhook.ops.finding import PAGE
from webhook.ops.pages import ago, chat, size, written_phone

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{1234567*9}}"
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


@pytest.mark.parametrize("query", ["q=%00%FF", "stage=NONE", "after=x.y", "after=1.%27", "after=99999999999999999.x", "m=%3Cb%3E",
                                   "q=" + "%F0%9F%98%80" * 300, "waiting=2&stage=INITIAL&q=%25_%5C"])  # fmt: skip
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
        lead, PNG, holder_name="JOSE SILVA", utility_name="Neoenergia Pernambuco", installation_number="0012345",
        total_amount=Decimal("1245.67"), consumption_kwh=1380, reference_month=date(2026, 10, 1),
        due_date=date(2026, 11, 15), flags=["tarifa_social"], classification="energy_bill", read_by="pdf",
        checks=json.dumps(checks), reading=json.dumps(reading), size_bytes=312_000, client_number="7001122334",
        sightings=json.dumps([
            {"field": "client_number", "by": "vision", "sure": "doubtful"},
            {"field": "contract_account", "by": "label", "sure": "uncertain", "label": "CONTA CONTRATO", "line": 7},
        ]),
    )  # fmt: skip
    page = seen(ana.get(f"/ops/leads/{lead}"))
    for part in ("JOSE SILVA", "Titular é o lead? outra pessoa", "R$ 1.245,67", "1.380 kWh", "10/2026", "15/11/2026", "0012345",
                 "Código do cliente 7001122334 duvidoso: confira na conta pelo modelo de visão · duvidoso",
                 "Conta contrato incerto, por isso não preenchido pelo rótulo “CONTA CONTRATO”, linha 7 · incerto",
                 "tarifa social; consumo: não foi encontrado", "precisa de análise", "Ver a foto", "312 KB",
                 "Valor total ! atenção difere do código de barras lido R$ 1.245,67; código de pagamento diz R$ 900,10",
                 "pelo rótulo “TOTAL A PAGAR”, linha 12 · duvidoso", "lido 15/11/2026; código Pix diz 15/12/2026", "Nome do titular ✓ encontrado", "CPF ou CNPJ ✓ certo"):  # fmt: skip
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
    for part in ("Etapa planos enviados", "Desconto 14,5%", "Voltou a cobrar o contato sim", "Conta · Resultado qualificada",
                 "Conta · Valor R$ 420,50", "Conta · Referência 10/2026", "passou do prazo (em até 1 dia útil)"):  # fmt: skip
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


# why


def turn(desk: Office, lead: str, why: dict[str, Any], said_words: str | None) -> None:
    """The lead's newest messages were answered in one turn that came about so; None: with nothing."""
    burst = [
        row["id"]
        for row in desk.sql(
            "select id from lead_messages where lead_id = $1::text::uuid and message_direction = 'user'"
            " and answered_at is null order by seq",
            lead,
        )
    ]
    message = None
    if said_words is not None:
        message = desk.sql(
            "insert into lead_messages (lead_id, message_direction, message_type, message_content, delivery_status, dedupe_key)"
            " values ($1::text::uuid, 'bot', 'text', $2, 'read', $3) returning id",
            lead,
            said_words,
            name(),
        )[0]["id"]
    desk.sql("update lead_messages set answered_at = now(), answered_by = $2 where id = any($1)", burst, message)
    desk.sql(
        "insert into turns (run_id, lead_id, message_id, message_ids, answerer, messages, stage, seconds, why, lead)"
        " values (gen_random_uuid(), $1::text::uuid, $2, $3, 'rules', 1, 'INITIAL', 1, $4::text::jsonb, '{}')",
        lead,
        message,
        burst,
        json.dumps(why),
    )


WHY: dict[str, Any] = {
    "reading": [
        {"meaning": "place", "message": 0, "start": 8, "end": 14, "certain": True, "places": [2609600], "owner": "me"},
        {"meaning": "amount", "message": 0, "start": 17, "end": 29, "certain": False, "amount": "450.00"},
        {"meaning": "yes", "message": 0, "start": 0, "end": 0, "certain": True, "about": "confirm_place"},
    ],
    "acts": [{"code": "bill.ask", "facts": {}, "asks": "bill"}, {"code": "new.code"}],
    "asked": "bill", "by": "gpt-4.1", "voice": "opened", "checks": ["saving", "checker:unsupported", "new_check"], "fallback": "checker_slow", "requests": 2,
    "seconds": 1.3, "tokens_in": 1900, "tokens_out": 80, "cost": "0.0031",
}  # fmt: skip


def test_under_our_message_stands_why_it_went_out(desk: Office, ana: Browser) -> None:
    lead = desk.lead("moro em Olinda e vem uns 450")
    turn(desk, lead, WHY, "Me manda uma foto da conta?")
    answer = ana.get(f"/ops/leads/{lead}")
    assert answer.text.count('<details class="why"') == 1 and "<details open" not in answer.text
    page = seen(answer)
    for part in ("por quê Ouvido", "lugar (Olinda/PE, de quem escreve) Olinda certo", "valor da conta (R$ 450,00) vem uns 450 palpite",
                 "sim (sobre se a cidade é esta) certo", "Por modelo gpt-4.1", "conta de luz bill.ask", "new.code new.code",
                 "Esperando a conta de luz", "Voz começo do modelo e textos revisados", "Recusado promete economia; o verificador: diz o que não foi lido; new_check",
                 "o modelo não valeu: verificador: demorou demais",
                 "1,3 s · 2 perguntas ao modelo · 1.900 + 80 tokens · US$ 0,0031"):  # fmt: skip
        assert part in page, part
    assert seen(ana.get(f"/ops/leads/{lead}")).count("por quê") == 1


def test_a_turn_that_said_nothing_is_explained_under_what_it_said_nothing_to(desk: Office, ana: Browser) -> None:
    lead = desk.lead("ok")
    turn(desk, lead, {"by": "rules", "reading": [{"meaning": "thanks", "message": 0, "start": 0, "end": 2}]}, None)
    page = seen(ana.get(f"/ops/leads/{lead}"))
    assert "por quê Ouvido agradecimento ok certo Por regras Dito nada (não havia o que responder) Custou 0,0 s" in page


def test_what_a_quote_rests_on_stays_text_and_may_be_gone(desk: Office, ana: Browser) -> None:
    lead = desk.lead(HOSTILE)
    odd = [
        {"meaning": HOSTILE, "message": 0, "start": 0, "end": 900},
        {"meaning": "yes", "message": 7, "start": 0, "end": 9},
        {"meaning": "no", "message": "x", "start": "y", "end": None, "amount": "viel", "places": [1]},
        {},
    ]
    turn(
        desk,
        lead,
        {"reading": odd, "by": HOSTILE, "voice": HOSTILE, "acts": [{"code": HOSTILE}], "asked": HOSTILE},
        "Oi",
    )
    answer = ana.get(f"/ops/leads/{lead}")
    assert answer.status_code == 200 and "<script>" not in answer.text
    assert "não (código IBGE 1, viel) certo" in seen(answer)


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


# lists


def test_the_list_shows_every_lead_once_page_by_page(desk: Office, ana: Browser) -> None:
    mark = name()[:12]
    desk.sql("insert into leads (name) select $1 || ' ' || n from generate_series(1, $2) n", mark, PAGE + 5)
    found: list[str] = []
    page = ana.get(f"/ops/leads?q={mark}")
    while True:
        found += [part.split("<")[0] for part in page.text.split(f">{mark} ")[1:]]
        following = (
            page.text.split('rel="next"')[0].rpartition('href="')[2].split('"')[0] if 'rel="next"' in page.text else ""
        )
        if not following:
            break
        page = ana.get(following.replace("&amp;", "&"))
    assert len(found) == PAGE + 5
    assert sorted(map(int, found)) == list(range(1, PAGE + 6))


def test_leads_are_found_by_stage_by_waiting_and_by_what_people_type(desk: Office, ana: Browser) -> None:
    mark = name()[:12]
    lead = desk.lead(name=f"Antônia {mark}", phone_number="+5581977776666", conversation_state="PLANS_SENT")

    def finds(query: str) -> bool:
        return f"/ops/leads/{lead}" in ana.get(f"/ops/leads?{query}").text

    assert finds("q=%2881%29%2097777-6666") and finds(f"q=antonia+{mark}") and finds(f"q={lead[:8]}")
    assert finds(f"stage=PLANS_SENT&q={mark}") and not finds(f"stage=INITIAL&q={mark}")
    assert not finds(f"waiting=1&q={mark}")
    desk.handoff(lead)
    assert finds(f"waiting=1&q={mark}")
    assert "+55 81 97777-6666" in seen(ana.get(f"/ops/leads?q={mark}"))


def test_the_list_is_filtered_and_comes_as_a_table(desk: Office, ana: Browser) -> None:
    mark = name()[:12]
    lead = desk.lead(
        "=cmd()", name=f"=HYPERLINK {mark}", city="Recife", state="PE", phone_number="+5581977775555", source="feira"
    )
    other = desk.lead(name=f"Outro {mark}")
    ana.does(other, "take-over")
    ana.does(other, "write", text="Bom dia")

    def rows(query: str) -> list[list[str]]:
        answer = ana.get(f"/ops/leads.csv?q={mark}&{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
        head, *found = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";")
        assert head == list(words.LIST.values())
        return found

    assert sorted(row[0] for row in rows("")) == sorted([lead, other])
    (row,) = rows("source=feira")
    assert row[1:5] == [f"'=HYPERLINK {mark}", "+5581977775555", "Recife", "PE"], (
        "no spreadsheet runs what a lead is called"
    )
    assert [row[0] for row in rows("whose=mine")] == [other] and rows("whose=held")[0][10] == "ana"
    for query in ("failed=1", "waiting=24", "until=2020-01-01", "sort=wait"):
        assert rows(query) == [], query
    assert len(rows("from=2020-01-01&sort=arrival&stage=NONE&from=x")) == 2
    assert len(rows("until=9999-12-31")) == 2, "the last of all days has no day after it"
    assert "Equipe: Bom dia" in seen(ana.get(f"/ops/leads?q={mark}&whose=mine"))
    (taken,) = desk.sql("select details from operator_actions where action = 'export_list' order by id desc limit 1")
    assert mark not in taken["details"] and "source" not in taken["details"]


def test_a_store_that_fails_is_said_on_a_page(desk: Office, ana: Browser) -> None:
    desk.sql("alter function ops_filters(int) rename to ops_filters_away")
    try:
        page = ana.get("/ops/leads")
    finally:
        desk.sql("alter function ops_filters_away(int) rename to ops_filters")
    assert (page.status_code, page.headers["cache-control"]) == (503, "no-store")
    assert "Serviço temporariamente indisponível" in seen(page)
    assert ana.get("/ops/leads").status_code == 200


# words and figures


def test_every_code_that_pages_show_has_words() -> None:
    def codes(record: Any, of: str) -> set[str]:
        return set(get_args(typing.get_type_hints(record)[of]))

    def missing(wanted: set[str] | type[StrEnum], known: Any) -> set[str]:
        return {str(code) for code in wanted} - set(known)

    assert not missing(codes(Handoff, "reason"), words.REASONS)
    assert not missing(codes(BillReading, "outcome"), words.READINGS)
    assert not missing(set(get_args(Criterion)), words.CRITERIA)
    assert not missing(set(get_args(Outcome)), words.VERDICTS)
    assert not missing({each.value.lower() for each in HolderMatch}, words.HOLDERS)
    assert not missing(Flag, words.FLAGS)
    assert not missing(set(get_args(Sighting.model_fields["by"].annotation)), words.FOUND)
    assert not missing(set(get_args(Sighting.model_fields["sure"].annotation)), words.SURE)
    assert not missing(set(get_args(Contradiction.model_fields["code"].annotation)), words.CODES_OF_BILLS)
    assert not missing(set(Inbound) - {Inbound.TEXT}, words.KINDS)
    refusals = codes(acted.Acted, "outcome") - {"no_such_lead"}
    said_of = {outcome for key in words.SAID for outcome in [key.partition(".")[2]]}
    assert not missing(refusals, said_of)


NOON = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday, 12:00 in São Paulo


@pytest.mark.parametrize(
    ("gap", "said"),
    [(timedelta(), "há instantes"), (timedelta(seconds=59), "há instantes"), (timedelta(minutes=5), "há 5 min"),
     (timedelta(minutes=119), "há 1 h"), (timedelta(hours=47), "há 47 h"), (timedelta(days=9), "há 9 dias"),
     (timedelta(minutes=-90), "em 1 h"), (timedelta(seconds=-9), "em instantes")],
)  # fmt: skip
def test_how_long_ago_is_said_in_the_unit_that_matters(gap: timedelta, said: str) -> None:
    assert ago(NOON - gap, NOON) == said


def test_numbers_are_written_as_brazilians_write_them() -> None:
    assert (written_phone("+5581988776655"), written_phone("+551133224455"), written_phone("+351911222333")) == (
        "+55 81 98877-6655",
        "+55 11 3322-4455",
        "+351911222333",
    )
    assert (share(1, 3), share(0, 3), share(5, 0)) == ("33%", "0%", None)
    assert (size(20), size(312_000), size(1_440_000)) == ("1 KB", "312 KB", "1,4 MB")
