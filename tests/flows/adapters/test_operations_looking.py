"""What operators look at: the list by pages and filters, one lead in full, what happened and what is waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows.adapters.store.lists import LeadPage
from flows.adapters.store.sheets import OptionRow
from flows.domain import BillReading, Button, Content, Handoff, Offer, Qualification, Row, Stage, Why
from tests.flows.adapters.conftest import Desk
from tests.flows.adapters.deliveries import says, someone, status

# Later than anybody's activity, so that a list begins with the leads of the test that asks for it.
_NEWEST = "(select max(greatest(last_inbound_at, last_outbound_at, created_at)) + interval '1 hour' from leads)"


def newest(desk: Desk, count: int, **columns: str) -> list[UUID]:
    """Leads with the newest activity of all, newest first; the first two at the same instant."""
    sets = "".join(f", {name} = '{value}'" for name, value in columns.items())
    leads = [desk.form(someone()).lead_id for _ in range(count)]
    base: datetime = desk.cell(f"select {_NEWEST}")
    for n, lead in enumerate(leads):
        at = base - timedelta(seconds=max(n - 1, 0))
        desk.change(f"update leads set last_inbound_at = $2{sets} where id = $1", lead, at)
    return sorted(leads[:2], reverse=True) + leads[2:]


def page(desk: Desk, **asked: Any) -> LeadPage:
    return desk.run(desk.operations.leads(**asked))


def test_pages_follow_one_another_without_a_gap_or_a_repeat(desk: Desk) -> None:
    """Also where two leads have the same instant."""
    leads = newest(desk, 6)
    seen: list[UUID] = []
    after = None
    for size in (1, 1, 3):
        found = page(desk, limit=size, after=after)
        seen += [row.id for row in found.rows]
        after = found.next
        assert len(found.rows) == size and after is not None
    assert seen == leads[:5]


def test_the_last_page_says_so(desk: Desk) -> None:
    name = f"Ultima{uuid4().hex[:8]}"
    leads = newest(desk, 3, name=name)
    first = page(desk, search=name, limit=2)
    last = page(desk, search=name, limit=2, after=first.next)
    assert ([row.id for row in first.rows + last.rows], last.next) == (leads, None)
    assert page(desk, search=name, limit=3).next is None


def test_a_lead_that_moves_up_while_one_reads_is_not_read_twice(desk: Desk) -> None:
    leads = newest(desk, 4)
    first = page(desk, limit=2)
    desk.change(f"update leads set last_outbound_at = {_NEWEST} where id = $1", leads[1])
    second = page(desk, limit=2, after=first.next)
    assert [row.id for row in second.rows] == leads[2:]
    assert page(desk, limit=1).rows[0].id == leads[1]


@pytest.mark.parametrize("after", ["", "nonsense", "1.2", "99999999999999999999.x", "' or true"])
def test_a_mark_that_is_none_begins_at_the_first_page(desk: Desk, after: str) -> None:
    leads = newest(desk, 2)
    assert [row.id for row in page(desk, limit=2, after=after).rows] == leads


def test_the_list_is_filtered_by_stages(desk: Desk) -> None:
    name = f"Etapa{uuid4().hex[:8]}"
    leads = newest(desk, 6, name=name)
    stages = [Stage.PLANS_SENT, Stage.INTERESTED, Stage.NOT_SERVED, Stage.PLANS_SENT, Stage.INITIAL, Stage.NOT_SERVED]
    for lead, stage in zip(leads, stages, strict=True):
        desk.change("update leads set conversation_state = $2 where id = $1", lead, stage.value)

    def shown(*wanted: Stage, **more: Any) -> list[UUID]:
        return [row.id for row in page(desk, stages=wanted, **more).rows]

    assert shown(Stage.PLANS_SENT, limit=2) == [leads[0], leads[3]]
    assert shown(Stage.NOT_SERVED, Stage.PLANS_SENT, limit=4) == [leads[0], leads[2], leads[3], leads[5]]
    assert shown(Stage.INTERESTED, search=name) == [leads[1]]
    assert shown(Stage.COMPLETED, search=name) == []
    after = page(desk, stages=[Stage.NOT_SERVED, Stage.PLANS_SENT], limit=2).next
    assert shown(Stage.NOT_SERVED, Stage.PLANS_SENT, limit=2, after=after) == [leads[3], leads[5]]


def test_the_list_of_those_who_wait_for_a_person_names_the_oldest_reason(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.answer(claim, stage=Stage.HUMAN_REQUESTED, handoff=Handoff(reason="asked_for_person"))
    desk.receive(says(ana, "e aí?"))
    desk.answer(claim, handoff=Handoff(reason="needs_review"))
    other = newest(desk, 1)[0]
    desk.change(f"update leads set last_inbound_at = {_NEWEST}, name = 'Espera' where id = $1", claim.lead_id)
    rows = page(desk, waiting=True, limit=5).rows
    assert rows[0].id == claim.lead_id and other not in [row.id for row in rows]
    assert rows[0].handoff_reason == "asked_for_person" and rows[0].handoff_at is not None
    assert page(desk, waiting=True, search="espera", stages=[Stage.HUMAN_REQUESTED]).rows[0].id == claim.lead_id
    desk.run(desk.operations.contacted(claim.lead_id, "ana", "sold"))
    assert claim.lead_id not in [row.id for row in page(desk, waiting=True, limit=1000).rows]


def test_a_line_of_the_list_tells_what_an_operator_needs(desk: Desk) -> None:
    ana = someone()
    lead_id = desk.form(ana, name="Íris", city="Recife", state="PE").lead_id
    desk.run(desk.operations.take_over(lead_id, "bia"))
    desk.change(f"update leads set unreachable_at = now(), last_outbound_at = {_NEWEST} where id = $1", lead_id)
    row = page(desk, limit=1).rows[0]
    assert (row.id, row.name, row.phone_number, row.city, row.state) == (lead_id, "Íris", ana.phone, "Recife", "PE")
    assert (row.stage, row.qualification) == (Stage.FORM_SUBMITTED, Qualification.NEW)
    assert (row.taken_over_by, row.unreachable, row.handoff_reason) == ("bia", True, None)
    assert row.last_activity_at == desk.cell("select last_outbound_at from leads where id = $1", lead_id)


@pytest.mark.parametrize(
    "search",
    [
        pytest.param("{name}", id="whole"),
        pytest.param("  conceição {tag} ", id="part-and-blanks"),
        pytest.param("CONCEICAO {tag}", id="without-accents"),
        pytest.param("{tag}", id="middle"),
        pytest.param("{phone}", id="phone"),
        pytest.param("{formatted}", id="phone-as-written"),
        pytest.param("{tail}", id="end-of-phone"),
        pytest.param("{id}", id="id"),
        pytest.param("{id_start}", id="beginning-of-id"),
    ],
)
def test_a_lead_is_found_by_name_number_or_id(desk: Desk, search: str) -> None:
    ana, tag = someone(), uuid4().hex[:10]
    name = f"José Conceição {tag}"
    lead_id = desk.form(ana, name=name).lead_id
    digits = (ana.phone or "")[3:]
    wanted = search.format(
        name=name,
        tag=tag,
        phone=ana.phone,
        formatted=f"({digits[:2]}) {digits[2:7]}-{digits[7:]}",
        tail=digits[-8:],
        id=lead_id,
        id_start=str(lead_id)[:13],
    )
    assert [row.id for row in page(desk, search=wanted).rows] == [lead_id]


@pytest.mark.parametrize("search", ["100%", "a_b", "a\\b", "'; drop table leads; --", "%", "_"])
def test_signs_of_patterns_are_searched_for_as_they_are(desk: Desk, search: str) -> None:
    tag = uuid4().hex[:8]
    lead_id = desk.form(someone(), name=f"{search} {tag}").lead_id
    desk.form(someone(), name=f"100x a-b {tag}")
    assert [row.id for row in page(desk, search=f"{search} {tag}").rows] == [lead_id]
    assert lead_id in [row.id for row in page(desk, search=search, limit=1000).rows]


def test_one_or_two_letters_are_the_beginning_of_a_name(desk: Desk) -> None:
    one, two = newest(desk, 2, name="Wvaldo Qqueiroz")
    for search in ("wv", "qq"):
        assert [row.id for row in page(desk, search=search, limit=2).rows] == [one, two]


def test_a_blank_search_is_none(desk: Desk) -> None:
    leads = newest(desk, 2)
    assert [row.id for row in page(desk, search="  ", limit=2).rows] == leads


def test_every_stage_is_counted_up_to_what_one_cares_for(desk: Desk) -> None:
    before = desk.run(desk.operations.filters())
    lead_id = desk.form(someone(), source="feira-2026").lead_id
    desk.run(desk.store.set_stage(lead_id, Stage.COMPLETED))
    after = desk.run(desk.operations.filters())
    assert after.stages[Stage.COMPLETED] == before.stages.get(Stage.COMPLETED, 0) + 1
    assert sum(after.stages.values()) == desk.cell("select count(*) from leads")
    assert "feira-2026" in after.sources and list(after.sources) == sorted(after.sources)
    assert set(desk.run(desk.operations.filters(most=1)).stages.values()) == {1}


@pytest.mark.parametrize(
    "search",
    [
        "{tag} olinda",
        "OLINDA zé {tag}",
        "zé pe {tag}",
        "{tag} ({ddd}) {rest}",
        "0{ddd} {rest} {tag}",
        "+55 {ddd} {short}",
        "{ddd}{short}",
        "{short} {tag}",
        "55{ddd}{short}",
        "{tag} linda",
    ],
)
def test_parts_are_found_in_any_order_and_numbers_in_any_spelling(desk: Desk, search: str) -> None:
    ana, tag = someone(), f"q{uuid4().hex[:8]}"
    lead_id = desk.form(ana, name=f"Zé {tag}", city="Olinda", state="PE").lead_id
    desk.form(someone(), name=f"Zé {tag}x", city="Recife", state="SP")
    digits = (ana.phone or "")[3:]
    short = f"{digits[3:7]}-{digits[7:]}"  # without the ninth digit, as old cards have it
    wanted = search.format(tag=tag, ddd=digits[:2], rest=f"{digits[2:7]}-{digits[7:]}", short=short)
    assert [row.id for row in page(desk, search=wanted).rows] == [lead_id]


def test_filters_narrow_the_list_and_it_is_sorted_as_asked(desk: Desk) -> None:
    tag = f"q{uuid4().hex[:8]}"
    mine, theirs, waits, long, lost, shop = (desk.form(someone(), name=f"{n} {tag}").lead_id for n in range(6))
    desk.run(desk.operations.take_over(mine, "ana"))
    desk.run(desk.operations.take_over(theirs, "rui"))
    for lead, hours in ((waits, 2), (long, 30)):
        desk.change(
            "insert into handoffs (lead_id, reason, created_at) values ($1, 'changed', now() - make_interval(hours => $2))",
            lead,
            hours,
        )
    desk.change(
        "insert into lead_messages (lead_id, message_direction, message_type, delivery_status) values ($1, 'bot', 'text', 'failed')",
        lost,
    )
    desk.change("update leads set source = $2, created_at = now() - interval '9 days' where id = $1", shop, tag)

    def shown(**asked: Any) -> list[UUID]:
        return [row.id for row in page(desk, search=tag, **asked).rows]

    assert shown(held_by="ana") == [mine] and set(shown(held=True)) == {mine, theirs}
    assert shown(sort="wait") == [long, waits] and shown(waited_hours=24) == [long]
    assert shown(failed=True) == [lost] and shown(source=tag) == [shop]
    now = datetime.now(UTC)
    assert shown(until=now - timedelta(days=8)) == [shop] and shop not in shown(since=now - timedelta(days=8))
    assert shown(sort="arrival") == [lost, long, waits, theirs, mine, shop]
    first = page(desk, search=tag, sort="wait", limit=1)
    assert [row.id for row in page(desk, search=tag, sort="wait", after=first.next).rows] == [waits]
    assert page(desk, search=tag, failed=True).rows[0].last is not None


def test_a_sheet_holds_everything_about_one_lead(desk: Desk) -> None:
    ana = someone()
    desk.form(ana, name="Íris Ramos", email="iris@example.org", city="Recife", state="PE", invoice_amount="512.30")
    claim = desk.conversation(says(ana, "aqui está"))
    offer = Offer.model_validate(
        {"plan_id": 7, "name": "Plano 14", "utility": "CEMIG", "discount": "0.14", "fidelity_months": 12, "position": 1}
    )
    inbound = desk.unanswered(claim.lead_id)[0].id
    bill = desk.run(
        desk.store.keep_bill(
            claim.lead_id,
            inbound,
            path="x/y.pdf",
            sha256=uuid4().hex,
            mime_type="application/pdf",
            size=99,
            keep_days=30,
        )
    )
    fields = {
        "classification": "energy_bill",
        "holder_name": "ÍRIS RAMOS",
        "total_amount": "498.10",
        "due_date": "2026-11-20",
        "client_number": "7073737111",
        "contract_account": "007012349876",
        "sightings": [
            {"field": "client_number", "by": "label", "sure": "likely", "label": "CÓDIGO DO CLIENTE", "line": 9}
        ],
        "flags": ["recent"],
        "checks": {"sum": True},
        "read_by": "parser",
    }
    desk.run(desk.store.record_reading(bill.bill_id, BillReading(outcome="qualified"), fields))
    desk.sent(
        desk.answer(
            claim,
            stage=Stage.PLANS_SENT,
            offers=(offer,),
            chosen=7,
            qualification=Qualification.QUALIFIED,
            handoff=Handoff(reason="plan_chosen", summary={"plan": 7}),
        )
    )
    desk.receive(says(ana, "obrigada"))
    sheet = desk.run(desk.operations.sheet(claim.lead_id))
    assert (sheet.name, sheet.email, sheet.phone_number, sheet.wa_user_id) == (
        "Íris Ramos",
        "iris@example.org",
        ana.phone,
        ana.bsuid,
    )
    assert (sheet.invoice_amount, sheet.stage) == (Decimal("512.3"), Stage.PLANS_SENT)
    assert sheet.qualification is Qualification.QUALIFIED
    assert [(m.who, m.text, m.answered, m.delivery_status) for m in sheet.messages] == [
        ("user", "aqui está", True, None),
        ("bot", "Qual é a sua cidade?", True, "accepted"),
        ("user", "obrigada", False, None),
    ]
    (kept,) = sheet.bills
    assert (kept.storage_path, kept.size_bytes, kept.holder_name, kept.total_amount) == (
        "x/y.pdf",
        99,
        "ÍRIS RAMOS",
        Decimal("498.1"),
    )
    assert (kept.client_number, kept.contract_account) == ("7073737111", "007012349876")
    assert (kept.sighting("client_number") or {})["line"] == 9 and kept.sighting("contract_account") is None
    assert (kept.flags, kept.checks, kept.reading["outcome"]) == (("recent",), {"sum": True}, "qualified")
    assert [(o.plan_id, o.discount, o.chosen_at is not None) for o in sheet.offers] == [(7, Decimal("0.14"), True)]
    assert [(r.flow, r.status) for r in sheet.runs] == [("conversation", "active"), ("lead-activation", "requested")]
    assert [(s.from_state, s.to_state) for s in sheet.stages] == [
        (None, "FORM_SUBMITTED"),
        ("FORM_SUBMITTED", "PLANS_SENT"),
    ]
    assert [(h.reason, h.summary, h.acknowledged_by) for h in sheet.handoffs] == [("plan_chosen", {"plan": 7}, None)]


def test_a_sheet_shows_the_newest_messages_of_a_long_conversation(desk: Desk) -> None:
    ana = someone()
    (dispatch,) = desk.receive(*(says(ana, str(n)) for n in range(5)))
    sheet = desk.run(desk.operations.sheet(dispatch.lead_id, messages=2))
    assert [m.text for m in sheet.messages] == ["3", "4"]


def test_a_sheet_tells_what_a_message_of_ours_could_be_answered_with_by_a_tap(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    rows = (Row(id="plan:2", title="Plano 2", description="18% de desconto"), Row(id="none", title="Nenhum"))
    desk.sent(desk.answer(claim, content=Content(text="Qual?", rows=rows, list_label="Ver planos")))
    buttons = (Button(id="yes", title="Sim"), Button(id="no", title="Não"))
    key, template = uuid4().hex, {"name": "boas_vindas", "body": ["Ana"], "buttons": ["ATIVAR_PERFIL"]}
    desk.run(desk.store.queue(claim, f"{key}:1", text="Certo?", content=Content(text="Certo?", buttons=buttons)))
    desk.run(desk.store.queue(claim, f"{key}:2", text="Só texto", content=Content(text="Só texto")))
    desk.run(desk.store.queue(claim, f"{key}:3", text="", template=template))
    shown = desk.run(desk.operations.sheet(claim.lead_id)).messages
    assert [(m.list_label, m.options) for m in shown] == [
        (None, ()),
        ("Ver planos", (OptionRow(title="Plano 2", description="18% de desconto"), OptionRow(title="Nenhum"))),
        (None, (OptionRow(title="Sim"), OptionRow(title="Não"))),
        (None, ()),
        (None, (OptionRow(payload="ATIVAR_PERFIL"),)),
    ]


def test_a_person_is_found_by_number_or_user_id(desk: Desk) -> None:
    ana = someone()
    (dispatch,) = desk.receive(says(ana))
    for who in ({"phone": ana.phone}, {"bsuid": ana.bsuid}):
        assert desk.run(desk.operations.find(**who)).id == dispatch.lead_id
    assert desk.run(desk.operations.find(phone=someone().phone)) is None


def test_a_timeline_tells_what_happened_and_nothing_that_was_said(desk: Desk) -> None:
    ana = someone()
    secret = f"segredo{uuid4().hex}"
    desk.form(ana, name=secret)
    claim = desk.conversation(says(ana, secret))
    desk.sent(
        desk.answer(
            claim,
            content=Content(text=secret),
            stage=Stage.AWAITING_BILL,
            handoff=Handoff(reason="needs_review", summary={"nome": secret}),
            why=Why(by="gpt-4.1", seconds=1.25, tokens_in=9, fallback="slow", before={"name": secret}),
        )
    )
    template = {"name": "lembrete", "language": "pt_BR", "body": [secret], "buttons": []}
    desk.arrived(desk.started(claim.lead_id, f"template:{claim.run_id}", "", template))
    reminder = desk.started(claim.lead_id, f"reminder:{claim.run_id}:0", secret)
    wamid = desk.arrived(reminder)
    desk.receive(status(wamid, "failed", tracker=reminder, code=131026))
    desk.run(desk.operations.take_over(claim.lead_id, "ana"))
    rows = desk.run(desk.operations.timeline(claim.lead_id))
    assert [row.kind for row in rows] == [
        "stage",
        "inbound",
        "stage",
        "turn",
        "handoff",
        "sent",
        "template",
        "failed",
        "action",
    ]
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    told = {row.kind: row.detail for row in rows}
    assert told["inbound"]["type"] == "text"
    assert told["stage"] == {"from": "FORM_SUBMITTED", "to": "AWAITING_BILL"}
    assert told["handoff"] == {"reason": "needs_review"}
    assert (told["sent"]["who"], told["sent"]["status"]) == ("bot", "accepted")
    assert (told["turn"]["by"], told["turn"]["seconds"], told["turn"]["fallback"]) == ("gpt-4.1", 1.25, "slow")
    assert told["template"]["template"] == "lembrete"
    assert (told["failed"]["code"], told["failed"]["reminder"]) == (131026, True)
    assert told["action"] == {"action": "take_over"}
    assert secret not in str(rows) and (ana.wa_id or "") not in str(rows)


def test_a_timeline_keeps_the_newest(desk: Desk) -> None:
    claim = desk.conversation(says(someone()))
    desk.sent(desk.answer(claim))
    assert [row.kind for row in desk.run(desk.operations.timeline(claim.lead_id, limit=1))] == ["sent"]


def test_turns_are_told_run_by_run_oldest_first(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana), says(ana))
    first = Why(by="gpt-4.1", seconds=2.5, tokens_in=9, tokens_out=4, cost=Decimal("0.0031"), checks=("percentage",))
    desk.turn(claim, ana, first, stage=Stage.AWAITING_PLACE)
    desk.turn(claim, ana, Why(seconds=0.1, fallback="down"))
    one, two = desk.run(desk.operations.turns(claim.run_id))
    assert (one.by, one.messages, one.stage, one.seconds) == ("gpt-4.1", 3, Stage.AWAITING_PLACE, 2.5)
    assert (one.tokens_in, one.tokens_out, one.cost, one.broken) == (9, 4, Decimal("0.0031"), ("percentage",))
    assert (two.by, two.messages, two.stage, two.fallback) == ("rules", 1, Stage.AWAITING_PLACE, "down")
    assert one.at < two.at
    assert desk.run(desk.operations.turns(uuid4())) == ()


def test_every_page_of_the_list_reads_an_index_in_order(desk: Desk) -> None:
    """With 100,000 leads, sorting or counting them for a page would be felt."""
    activity = "greatest(last_inbound_at, last_outbound_at, created_at)"
    # A rare stage: for one that most leads of the tests are in, either index serves, and the planner's figures decide.
    queries = (
        f"select id from leads order by {activity} desc, id desc limit 51",
        f"select id from leads where ({activity}, id) < (now(), gen_random_uuid()) order by {activity} desc, id desc limit 51",
        f"select id from leads where conversation_state = 'OPTED_OUT' order by {activity} desc, id desc limit 51",
    )

    async def plans() -> list[str]:
        async with desk.connection.transaction():
            await desk.connection.execute("set local enable_seqscan = off; set local enable_sort = off")
            return ["\n".join(r[0] for r in await desk.connection.fetch(f"explain {query}")) for query in queries]

    for plan, index in zip(
        desk.run(plans()), ("leads_by_activity", "leads_by_activity", "leads_by_stage_activity"), strict=True
    ):
        assert f"Backward using {index}" in plan and "Sort" not in plan
