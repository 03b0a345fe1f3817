"""The dashboard: what is counted, and that each picture says in words and numbers what it draws."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest

from flows.brazil.calendar import SAO_PAULO
from flows.shown.pictures import Limit, Picture, Series, bars, columns, lines
from tests.webhook.operators import Browser, Office, seen


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return {"WHATSAPP_PRICES": "utility=0.04,marketing=0.35"}


@pytest.fixture(scope="module", autouse=True)
def filled(desk: Office) -> None:
    fill(desk)


def noon(days: int) -> datetime:
    """Noon in São Paulo so many days ago."""
    return datetime.combine(
        (datetime.now(SAO_PAULO) - timedelta(days=days)).date(), datetime.min.time(), SAO_PAULO
    ) + timedelta(hours=12)


def fill(desk: Office) -> None:
    """Six leads of three days ago (three of them qualified, two by a fair, one of these chose and bought), one of 40 days ago."""
    when = noon(3)
    for n in range(6):
        (row,) = desk.sql(
            "insert into leads (name, source, created_at, last_inbound_at, qualification_status) values ($1, $2, $3, $3, $4) returning id",
            f"Lead {n}",
            "feira" if n < 2 else "form",
            when,
            "QUALIFIED" if n < 3 else "NEW",
        )
        if n == 0:
            desk.sql(
                "insert into handoffs (lead_id, reason, created_at, acknowledged_at) values ($1, 'plan_chosen', $2, $3)",
                row["id"],
                when,
                when + timedelta(hours=2),
            )
            desk.sql(
                "insert into lead_contacts (lead_id, operator, result, created_at) values ($1, 'ana', 'sold', $2)",
                row["id"],
                when,
            )
        (ours,) = desk.sql(
            "insert into lead_messages (lead_id, message_direction, message_type, created_at, attempted_at, delivery_status, pricing)"
            " values ($1, 'bot', 'text', $2::timestamptz, $2::timestamptz + interval '4 seconds', 'read', $3::text::jsonb) returning id",
            row["id"],
            when,
            json.dumps({"type": "regular", "category": "utility"}),
        )
        desk.sql(
            "insert into lead_messages (lead_id, message_direction, message_type, created_at, answered_by) values ($1, 'user', 'text', $2, $3)",
            row["id"],
            when,
            ours["id"],
        )
    desk.sql("insert into leads (name, source, created_at) values ('Antigo', 'form', $1)", noon(40))


def card(page: str, title: str) -> str:
    """The words of one picture's card."""
    return re.sub(r"<[^>]+>", " ", page.partition(f'aria-label="{title}"')[2].partition("</section>")[0])


def test_a_period_is_counted_by_days_sources_and_steps(desk: Office, ana: Browser) -> None:
    page = ana.get("/ops/dashboard?days=7").text
    day = f"{noon(3):%d/%m}"
    assert f"{day} 6 3 1" in " ".join(card(page, "Leads e conversões por dia de chegada").split())
    assert f"{day} 4,0 s 4,0 s" in " ".join(card(page, "Tempo de resposta da assistente").split())
    assert f"{day} 2,0 h 2,0 h" in " ".join(card(page, "Tempo até o primeiro contato de uma pessoa").split())
    sources = " ".join(card(page, "Por origem").split())
    assert "feira 2 2 (100%) 2 (100%) 1 (50%) 1 (50%)" in sources and "formulário 4 4 (100%) 1 (25%)" in sources
    cost = " ".join(card(page, "Custo por categoria").split())
    assert "utilidade 6 R$ 0,24" in cost and "R$ 0,24 no período, R$ 0,08 por lead qualificado" in cost
    assert "Chegaram 7" in " ".join(card(ana.get("/ops/dashboard?days=90").text, "Funil").split())
    assert "Chegaram 2" in " ".join(card(ana.get("/ops/dashboard?days=7&source=feira").text, "Funil").split())
    for odd in ("days=8", "days=x", "source=%00%FF", "source=nada"):
        assert ana.get(f"/ops/dashboard?{odd}").status_code == 200


def test_a_day_that_is_over_is_added_up_once(desk: Office, ana: Browser) -> None:
    ana.get("/ops/dashboard?days=30")
    kept = {row["day"]: json.loads(row["figures"]) for row in desk.sql("select day, figures from day_figures")}
    assert kept[noon(3).date()]["answer_p50"] == 4.0
    assert noon(0).date() not in kept and noon(1).date() not in kept, (
        "of yesterday somebody may still come back after a reminder"
    )
    desk.sql("update day_figures set figures = figures || '{\"answer_p50\": 9.0}' where day = $1", noon(3).date())
    assert "9,0 s" in card(ana.get("/ops/dashboard?days=7").text, "Tempo de resposta da assistente")
    desk.sql("delete from day_figures")


def test_what_has_waited_for_longer_than_the_alert_is_red(desk: Office, ana: Browser) -> None:
    assert "urgent" not in ana.get("/ops/dashboard").text
    lead = desk.lead()
    desk.handoff(lead, days=2)
    page = ana.get("/ops/dashboard").text
    assert "1 há mais de 1 dia, que é o limite do alerta." in seen(ana.get("/ops/dashboard"))
    assert '<rect class="limit"' in page and 'class="card urgent"' in page
    desk.sql("delete from leads where id = $1::text::uuid", lead)


@pytest.mark.parametrize("draw", [columns, lines, bars])
def test_a_picture_is_said_and_escaped_and_never_breaks(draw: object) -> None:
    hostile = Picture(
        '"><script>', ["<b>", "b"], (Series("<i>", (None, 3)), Series("x", (40, None))), limit=Limit(30, "<u>")
    )
    drawn = str(draw(hostile))  # type: ignore[operator]
    assert "<script>" not in drawn and "<b>" not in drawn and "<i>" not in drawn and "<u>" not in drawn
    assert 'role="img"' in drawn and "style=" not in drawn
    for values in ((), (None,), (0,), (0.001,), (10**9,), tuple(range(90))):
        picture = Picture("p", [str(n) for n in range(len(values))], (Series("s", values),))
        assert str(draw(picture)).startswith("<svg")  # type: ignore[operator]
        assert len(picture.table()[1]) == len(values)


def test_who_waits_to_be_told_of_plans_is_counted_and_without_a_template_it_is_said(desk: Office, ana: Browser) -> None:
    (row,) = desk.sql("insert into leads (name, conversation_state) values ('Marina', 'NOT_SERVED') returning id")
    wish = "insert into lead_consents (lead_id, kind, granted, ibge_code, ended_at, ended_by) values ($1, 'coverage_notice', true, $2, $3, $4)"
    desk.sql(wish, row["id"], 2611606, None, None)
    desk.sql(wish, row["id"], 2609600, noon(0), "told")
    page = seen(ana.get("/ops/dashboard"))
    assert "À espera de plano na cidade 1 pediram um aviso, e nenhum modelo está configurado" in page
    lead = seen(ana.get(f"/ops/leads/{row['id']}"))
    assert "Recife/PE: à espera nenhum modelo de aviso está configurado" in lead and "Olinda/PE: avisada, " in lead
    rules = json.dumps({"templates": {"notice": {"name": "aviso_de_planos", "language": "pt_BR"}}})
    before = desk.sql("select rules::text as rules from starting_rules")
    desk.sql("select set_starting_rules($1::text::jsonb)", rules)
    try:
        assert "nenhum modelo" not in seen(ana.get("/ops/dashboard")) + seen(ana.get(f"/ops/leads/{row['id']}"))
    finally:
        desk.sql("delete from starting_rules")
        if before:
            desk.sql("select set_starting_rules($1::text::jsonb)", before[0]["rules"])
        desk.sql("delete from leads where id = $1", row["id"])
