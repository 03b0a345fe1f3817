"""The form: saved first, one template per person and day, and nothing that is known is forgotten (docs/domain.md 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from flows.adapters.store.leads import Claim, Dispatch
from flows.domain import Outcome, Stage
from tests.flows.adapters.conftest import ROOMY, Desk
from tests.flows.adapters.deliveries import Person, phone, prefers, says, someone, status

TEMPLATE = {"name": "ativar_perfil", "language": "pt_BR", "body": ["Marina"], "buttons": []}


def activation(desk: Desk, dispatch: Dispatch) -> tuple[Claim, UUID]:
    """The activation flow up to its queued template."""
    claim = desk.claim(dispatch.lead_id, "lead-activation")
    queued = desk.run(desk.store.queue(claim, f"template:{claim.run_id}", text="", template=TEMPLATE))
    assert queued.message_id is not None
    return claim, queued.message_id


def activated(desk: Desk, person: Person) -> tuple[Dispatch, str]:
    """A person whose template WhatsApp accepted; gives its wamid too."""
    saved = desk.form(person)
    claim, message = activation(desk, saved)
    wamid = desk.sent(message)
    desk.run(desk.store.finish(claim, Outcome.SENT, unless_unanswered=False))
    return saved, wamid


def test_a_form_is_a_lead_and_starts_its_activation(desk: Desk) -> None:
    ana = Person(phone=phone())
    form = {
        "city": "Recife",
        "state": "PE",
        "ibge_code": 2611606,
        "email": "a@exemplo.com.br",
        "client_type": "natural",
        "invoice_amount": Decimal("350.90"),
        "consent_text_version": "2026-11",
        "evidence": {"origin": "https://exemplo.com.br"},
    }
    saved = desk.form(ana, **form)
    assert (saved.action, saved.flow, saved.flow_run_id, saved.reason) == ("start", "lead-activation", None, "form")
    lead = desk.run(desk.store.lead(saved.lead_id))
    assert (lead.phone_number, lead.wa_user_id, lead.name) == (ana.phone, None, "Marina Alves")
    assert (lead.city, lead.state, lead.ibge_code, lead.client_type) == ("Recife", "PE", 2611606, "natural")
    assert (lead.invoice_amount, lead.stage) == (Decimal("350.9"), Stage.FORM_SUBMITTED)
    (consent,) = desk.rows("select * from lead_consents where lead_id = $1", saved.lead_id)
    assert (consent["kind"], consent["granted"], consent["text_version"]) == ("whatsapp_contact", True, "2026-11")
    assert "exemplo.com.br" in consent["evidence"]


def test_a_repeat_while_the_first_is_under_way_is_the_same_run(desk: Desk) -> None:
    ana = Person(phone=phone())
    first = desk.form(ana)
    again = desk.form(ana)
    assert (again.action, again.run_id, again.lead_id) == ("nothing", first.run_id, first.lead_id)
    claim, _ = activation(desk, first)
    assert desk.form(ana).action == "nothing"
    assert desk.form(ana).flow_run_id == desk.state_of(claim.run_id)["flow_run_id"]


def test_the_same_form_many_times_at_once_is_one_lead_and_one_run(desk: Desk) -> None:
    for _ in range(4):
        ana = Person(phone=phone())
        saved = desk.together(*(desk.store.save_form({"phone": ana.phone, "name": "Ana"}) for _ in range(8)))
        assert len({(s.lead_id, s.run_id) for s in saved}) == 1
        assert sorted(s.action for s in saved) == ["nothing"] * 7 + ["start"]


def test_the_form_and_the_first_message_at_once_are_one_lead(desk: Desk) -> None:
    for _ in range(6):
        ana = someone()
        desk.together(
            desk.store.save_form({"phone": ana.phone, "name": "Ana"}),
            desk.store.receive(says(ana)),
            desk.store.save_form({"phone": ana.phone, "name": "Ana"}),
            desk.store.receive(says(ana.hidden)),
        )
        assert len(desk.leads_of(ana)) == 1


def test_a_repeat_within_a_day_of_the_template_sends_no_second_one(desk: Desk) -> None:
    ana = Person(phone=phone())
    first, _ = activated(desk, ana)
    again = desk.form(ana, city="Olinda")
    assert (again.action, again.run_id, again.kept) == ("nothing", first.run_id, "welcomed")
    assert desk.run(desk.store.lead(first.lead_id)).city == "Olinda"


def older(desk: Desk, lead_id: UUID, hours: float) -> None:
    """All that was sent and all forms of this lead are older than they are."""
    for table in ("lead_messages", "lead_forms"):
        desk.change(
            f"update {table} set created_at = created_at - make_interval(secs => $2) where lead_id = $1",
            lead_id,
            hours * 3600,
        )


def test_a_number_that_never_confirmed_gets_one_template_in_thirty_days(desk: Desk) -> None:
    ana = Person(phone=phone())
    first, _ = activated(desk, ana)
    older(desk, first.lead_id, 29 * 24)
    again = desk.form(ana)
    assert (again.action, again.kept) == ("nothing", "welcomed")
    assert again.until is not None and timedelta(hours=23) < again.until - datetime.now(UTC) < timedelta(hours=25)
    older(desk, first.lead_id, 25)
    again = desk.form(ana)
    assert (again.action, again.lead_id) == ("start", first.lead_id) and again.run_id != first.run_id


def test_who_has_written_before_gets_the_template_again_after_a_day(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.sent(desk.answer(claim))
    desk.run(desk.store.finish(claim, Outcome.SILENT))
    first, _ = activated(desk, ana)
    older(desk, first.lead_id, 23)
    assert desk.form(ana).kept == "welcomed"
    older(desk, first.lead_id, 2)
    assert desk.form(ana).action == "start"


def test_a_number_that_fails_is_tried_three_times_a_day(desk: Desk) -> None:
    ana = Person(phone=phone())
    for _ in range(3):
        saved, wamid = activated(desk, ana)
        assert saved.action == "start"
        desk.receive(status(wamid, "failed", code=131026))
    assert desk.form(ana).kept == "number_limit"
    older(desk, saved.lead_id, 25)
    assert desk.form(ana).action == "start"


def test_a_network_has_so_many_welcomes_an_hour_and_the_rest_is_kept(desk: Desk) -> None:
    desk.run(desk.store.set_starting_rules(ROOMY | {"welcomes_per_network": 3}))
    network = uuid4().hex
    saved = desk.together(*(desk.store.save_form({"phone": phone(), "network": network}) for _ in range(9)))
    assert sorted(str(s.kept) for s in saved) == ["None"] * 3 + ["network_limit"] * 6
    assert desk.run(desk.store.save_form({"phone": phone(), "network": uuid4().hex})).action == "start"
    kept = next(s for s in saved if s.kept)
    (form,) = desk.run(desk.operations.sheet(kept.lead_id)).forms
    assert (form.started, form.reason) == (False, "network_limit")
    desk.run(desk.store.set_starting_rules(ROOMY))


def test_the_whole_installation_has_its_limit_too(desk: Desk) -> None:
    limit = desk.cell("select count(*) from lead_forms where started and created_at > now() - interval '1 hour'") + 2
    desk.run(desk.store.set_starting_rules({"welcomes_per_hour": limit}))
    kept = [desk.form(Person(phone=phone())).kept for _ in range(4)]
    assert kept == [None, None, "installation_limit", "installation_limit"]
    desk.run(desk.store.set_starting_rules(ROOMY))


def test_a_repeat_after_a_template_that_failed_sends_it_again(desk: Desk) -> None:
    ana = Person(phone=phone())
    first, wamid = activated(desk, ana)
    desk.receive(status(wamid, "failed", code=131026))
    assert desk.form(ana).action == "start"


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNREACHABLE, Outcome.OPTED_OUT])
def test_a_repeat_after_an_activation_that_sent_nothing_starts_another(desk: Desk, outcome: Outcome) -> None:
    ana = Person(phone=phone())
    claim = desk.claim(desk.form(ana).lead_id, "lead-activation")
    desk.run(desk.store.finish(claim, outcome, unless_unanswered=False))
    assert desk.form(ana).action == "start"


def test_a_repeat_while_the_template_is_put_off_does_not_send_two(desk: Desk) -> None:
    ana = Person(phone=phone())
    claim, message = activation(desk, desk.form(ana))
    desk.run(desk.store.begin_send(message))
    desk.run(desk.store.record_send(message, "refused", attempt=1, code=130429, after_seconds=600))
    desk.run(desk.store.finish(claim, Outcome.PUT_OFF, unless_unanswered=False))
    again = desk.form(ana)
    assert (again.action, again.run_id) == ("nothing", claim.run_id)


def test_a_form_ends_no_opt_out_and_is_shown(desk: Desk) -> None:
    """Anybody may post it. (docs/domain.md 8.2)"""
    ana = someone()
    desk.receive(says(ana))
    desk.receive(prefers(ana, "stop"))
    saved = desk.form(ana, city="Olinda", consent=True)
    lead = desk.run(desk.store.lead(saved.lead_id))
    assert (saved.action, saved.kept, lead.stage) == ("nothing", "opted_out", Stage.OPTED_OUT)
    assert lead.opted_out_at is not None
    assert desk.cell("select count(*) from lead_consents where lead_id = $1 and granted", saved.lead_id) == 0
    (form,) = desk.run(desk.operations.sheet(saved.lead_id)).forms
    assert (form.started, form.reason) == (False, "opted_out")


def test_a_consent_that_somebody_vouches_for_ends_it_and_is_kept_as_evidence(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana, "parar"))
    desk.sent(desk.answer(claim, opt_out=True, stage=Stage.OPTED_OUT, memory={"ended": "stopped", "greeted": True}))
    desk.run(desk.store.finish(claim, Outcome.OPTED_OUT))
    evidence = {"origin": "python -m flows.activation", "consent": "feira de Recife, 28/11"}
    saved = desk.form(ana, vouched="feira de Recife, 28/11", evidence=evidence)
    lead = desk.run(desk.store.lead(saved.lead_id))
    assert (saved.action, lead.opted_out_at, lead.stage, lead.memory) == (
        "start",
        None,
        Stage.INITIAL,
        {"greeted": True},
    )
    granted = "select evidence from lead_consents where lead_id = $1 and granted order by created_at desc limit 1"
    assert "feira de Recife" in desk.cell(granted, saved.lead_id)


def test_who_is_vouched_for_is_welcomed_again_after_a_day_though_they_never_wrote(desk: Desk) -> None:
    ana = Person(phone=phone())
    first, _ = activated(desk, ana)
    older(desk, first.lead_id, 25)
    assert desk.form(ana).kept == "welcomed"
    saved = desk.form(ana, vouched="loja, hoje")
    assert saved.action == "start"
    assert activation(desk, saved)


def test_without_a_tick_there_is_no_consent(desk: Desk) -> None:
    saved = desk.form(Person(phone=phone()), consent=False)
    assert desk.cell("select count(*) from lead_consents where lead_id = $1", saved.lead_id) == 0


@pytest.mark.parametrize("wrote", [True, False])
def test_a_strangers_form_changes_nothing_that_is_known_and_stays_beside(desk: Desk, wrote: bool) -> None:
    ana = someone()
    mine = {
        "name": "Marina Alves",
        "email": "marina@exemplo.com.br",
        "city": "Recife",
        "state": "PE",
        "ibge_code": 2611606,
        "invoice_amount": "350.00",
        "client_type": "natural",
    }
    saved = desk.form(ana, **mine)
    if wrote:
        desk.receive(says(ana))
    theirs = {
        "name": "Zé Golpe",
        "email": "golpe@exemplo.com.br",
        "city": "N/A",
        "state": "SP",
        "invoice_amount": "9000.00",
        "client_type": "juridical",
    }
    desk.form(ana, **theirs)
    sheet = desk.run(desk.operations.sheet(saved.lead_id))
    assert (sheet.name, sheet.email, sheet.city, sheet.state) == tuple(
        mine[k] for k in ("name", "email", "city", "state")
    )
    assert (sheet.invoice_amount, sheet.client_type) == (Decimal(350), "natural")
    assert [form.unconfirmed for form in sheet.forms] == [{}, theirs]


def test_what_the_person_says_in_the_chat_is_no_longer_unconfirmed(desk: Desk) -> None:
    ana = someone()
    desk.form(ana, city="Recife", state="PE", invoice_amount="350.00")
    claim = desk.conversation(says(ana))
    saved = desk.form(ana, city="OLINDA", invoice_amount="420.00", name="Marina Alves")
    (_, form) = desk.run(desk.operations.sheet(saved.lead_id)).forms
    assert form.unconfirmed == {"city": "OLINDA", "invoice_amount": "420.00"}
    lead = desk.run(desk.store.lead(saved.lead_id))
    assert (lead.city, lead.form_city, lead.form_state) == ("Recife", "OLINDA", None)
    told = {"city": "Olinda", "state": "PE", "ibge_code": 2609600, "invoice_amount": "420"}
    desk.answer(claim, facts=told, memory={"declared": "420"})
    sheet = desk.run(desk.operations.sheet(saved.lead_id))
    assert sheet.forms[-1].unconfirmed == {}
    # what the form said of the bill stands beside what the chat says, where the place is one and the same
    assert (sheet.city, sheet.invoice_amount) == ("Olinda", Decimal(350))


def test_a_form_fills_what_is_empty_and_makes_no_place_of_two(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.answer(claim, facts={"state": "SP"})
    desk.form(ana, city="Recife", state="PE", email="a@b.co")
    sheet = desk.run(desk.operations.sheet(claim.lead_id))
    assert (sheet.city, sheet.state, sheet.email) == (None, "SP", "a@b.co")
    desk.form(ana, city="Santos", state="SP")
    assert desk.run(desk.operations.sheet(claim.lead_id)).city == "Santos"


def test_forms_go_with_the_lead_that_another_becomes(desk: Desk) -> None:
    ana = someone()
    form = desk.form(ana, name="Ana")
    claim = desk.conversation(says(ana.hidden))
    desk.receive(says(ana))
    assert form.lead_id not in desk.leads_of(ana)
    assert len(desk.run(desk.operations.sheet(claim.lead_id)).forms) == 1


def test_what_the_form_leaves_out_is_not_forgotten(desk: Desk) -> None:
    ana = Person(phone=phone())
    desk.form(
        ana,
        city="Recife",
        state="PE",
        ibge_code=2611606,
        invoice_amount="350.00",
        client_type="natural",
        email="a@b.co",
    )
    saved = desk.form(ana, name=None, city=None, invoice_amount=None)
    lead = desk.run(desk.store.lead(saved.lead_id))
    assert (lead.name, lead.city, lead.state, lead.ibge_code) == ("Marina Alves", "Recife", "PE", 2611606)
    assert (lead.invoice_amount, lead.client_type) == (Decimal("350"), "natural")
    assert desk.cell("select email from leads where id = $1", saved.lead_id) == "a@b.co"


def test_what_forms_add_is_merged(desk: Desk) -> None:
    ana = Person(phone=phone())
    desk.form(ana, additional_data={"foo": "bar", "x": 1})
    saved = desk.form(ana, additional_data={"x": 2, "y": 3})
    kept = desk.cell(
        'select additional_data @> \'{"foo": "bar", "x": 2, "y": 3}\' from leads where id = $1', saved.lead_id
    )
    assert kept is True


def test_a_form_does_not_throw_a_running_conversation_back(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    desk.answer(claim, stage="AWAITING_BILL")
    desk.form(ana)
    assert desk.run(desk.store.lead(claim.lead_id)).stage == Stage.AWAITING_BILL


def test_a_failed_activation_is_taken_up_by_prefects_retry(desk: Desk) -> None:
    ana, flow_run = Person(phone=phone()), uuid4()
    saved = desk.form(ana)
    claim = desk.claim(saved.lead_id, "lead-activation", flow_run)
    desk.run(desk.store.finish(claim, Outcome.FAILED, unless_unanswered=False))
    again = desk.claim(saved.lead_id, "lead-activation", flow_run)
    assert again.run_id == claim.run_id and again.claim > claim.claim


def test_a_source_is_what_the_form_says_or_the_form(desk: Desk) -> None:
    column = "select source from leads where id = $1"
    assert desk.cell(column, desk.form(Person(phone=phone()), source="landing").lead_id) == "landing"
    assert desk.cell(column, desk.form(Person(phone=phone())).lead_id) == "form"
