"""Why a message went out: what was heard, decided and said stands under it in the transcript."""

from __future__ import annotations

import json
from typing import Any

from tests.webhook.operators import HOSTILE, Browser, Office, seen
from tests.webhook.service import name


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
    "asked": "bill",
    "by": "gpt-4.1",
    "voice": "opened",
    "checks": ["saving", "checker:unsupported", "new_check"],
    "fallback": "checker_slow",
    "requests": 2,
    "seconds": 1.3,
    "tokens_in": 1900,
    "tokens_out": 80,
    "cost": "0.0031",
}


def test_under_our_message_stands_why_it_went_out(desk: Office, ana: Browser) -> None:
    lead = desk.lead("moro em Olinda e vem uns 450")
    turn(desk, lead, WHY, "Me manda uma foto da conta?")
    answer = ana.get(f"/ops/leads/{lead}")
    assert answer.text.count('<details class="why"') == 1 and "<details open" not in answer.text
    page = seen(answer)
    for part in (
        "por quê Ouvido",
        "lugar (Olinda/PE, de quem escreve) Olinda certo",
        "valor da conta (R$ 450,00) vem uns 450 palpite",
        "sim (sobre se a cidade é esta) certo",
        "Por modelo gpt-4.1",
        "conta de luz bill.ask",
        "new.code new.code",
        "Esperando a conta de luz",
        "Voz começo do modelo e textos revisados",
        "Recusado promete economia; o verificador: diz o que não foi lido; new_check",
        "o modelo não valeu: verificador: demorou demais",
        "1,3 s · 2 perguntas ao modelo · 1.900 + 80 tokens · US$ 0,0031",
    ):
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
