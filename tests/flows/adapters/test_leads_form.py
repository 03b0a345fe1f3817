"""The form: saved first, one template per person and day, and nothing that is known is forgotten (docs/domain.md 3.3)."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from flows.adapters.store.leads import Claim, Dispatch
from flows.domain import Stage
from tests.flows.adapters.conftest import Desk
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
    desk.run(desk.store.finish(claim, "sent", unless_unanswered=False))
    return saved, wamid


def test_a_form_is_a_lead_and_starts_its_activation(desk: Desk) -> None:
    ana = Person(phone=phone())
    form = {
        "city": "Recife", "state": "PE", "ibge_code": 2611606, "email": "a@exemplo.com.br", "client_type": "natural",
        "invoice_amount": Decimal("350.90"), "consent_text_version": "2026-11", "evidence": {"origin": "https://exemplo.com.br"},
    }  # fmt: skip
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
    assert (again.action, again.run_id) == ("nothing", first.run_id)
    assert desk.run(desk.store.lead(first.lead_id)).city == "Olinda"


def test_a_repeat_after_a_day_sends_the_template_again(desk: Desk) -> None:
    ana = Person(phone=phone())
    first, _ = activated(desk, ana)
    desk.rows("update runs set created_at = created_at - interval '25 hours' where id = $1", first.run_id)
    again = desk.form(ana)
    assert (again.action, again.lead_id) == ("start", first.lead_id) and again.run_id != first.run_id


def test_a_repeat_after_a_template_that_failed_sends_it_again(desk: Desk) -> None:
    ana = Person(phone=phone())
    first, wamid = activated(desk, ana)
    desk.receive(status(wamid, "failed", code=131026))
    assert desk.form(ana).action == "start"


@pytest.mark.parametrize("outcome", ["failed", "unreachable", "opted out"])
def test_a_repeat_after_an_activation_that_sent_nothing_starts_another(desk: Desk, outcome: str) -> None:
    ana = Person(phone=phone())
    claim = desk.claim(desk.form(ana).lead_id, "lead-activation")
    desk.run(desk.store.finish(claim, outcome, unless_unanswered=False))
    assert desk.form(ana).action == "start"


def test_a_repeat_while_the_template_is_put_off_does_not_send_two(desk: Desk) -> None:
    ana = Person(phone=phone())
    claim, message = activation(desk, desk.form(ana))
    desk.run(desk.store.begin_send(message))
    desk.run(desk.store.record_send(message, "refused", code=130429, after_seconds=600))
    desk.run(desk.store.finish(claim, "put off", unless_unanswered=False))
    again = desk.form(ana)
    assert (again.action, again.run_id) == ("nothing", claim.run_id)


def test_a_new_consent_ends_an_opt_out(desk: Desk) -> None:
    ana = someone()
    desk.receive(says(ana))
    desk.receive(prefers(ana, "stop"))
    saved = desk.form(ana)
    lead = desk.run(desk.store.lead(saved.lead_id))
    assert (saved.action, lead.opted_out_at, lead.stage) == ("start", None, Stage.FORM_SUBMITTED)


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


def test_the_same_city_keeps_its_code_and_another_one_loses_it(desk: Desk) -> None:
    ana = Person(phone=phone())
    desk.form(ana, city="Recife", ibge_code=2611606)
    same = desk.form(ana, city="Recife")
    assert desk.run(desk.store.lead(same.lead_id)).ibge_code == 2611606
    desk.form(ana, city="Olinda")
    assert desk.run(desk.store.lead(same.lead_id)).ibge_code is None


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
    desk.run(desk.store.finish(claim, "failed", unless_unanswered=False))
    again = desk.claim(saved.lead_id, "lead-activation", flow_run)
    assert again.run_id == claim.run_id and again.claim > claim.claim


def test_a_source_is_what_the_form_says_or_the_form(desk: Desk) -> None:
    column = "select source from leads where id = $1"
    assert desk.cell(column, desk.form(Person(phone=phone()), source="landing").lead_id) == "landing"
    assert desk.cell(column, desk.form(Person(phone=phone())).lead_id) == "form"
