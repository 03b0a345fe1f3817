"""The tap on our template's button: the one proof that joins a person without a visible phone to their form (docs/architecture.md)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.flows.adapters.conftest import Desk, known, said
from tests.flows.adapters.deliveries import (
    says,
    someone,
    status,
    taps,
)


def test_the_tap_on_our_template_links_a_user_id_without_phone_to_its_form(desk: Desk) -> None:
    ana = someone()
    form = desk.form(ana)
    payload, wamid = desk.welcomed(form.lead_id)
    (dispatch,) = desk.receive(taps(ana.hidden, payload, on=wamid))
    assert dispatch.lead_id == form.lead_id
    assert known(desk, form.lead_id) == (ana.bsuid, ana.phone)


def test_the_tap_of_somebody_who_wrote_before_brings_form_and_conversation_together(desk: Desk) -> None:
    ana = someone()
    (first,) = desk.receive(says(ana.hidden, "oi"))
    form = desk.form(ana, city="Recife", state="PE", invoice_amount="350.00")
    payload, wamid = desk.welcomed(form.lead_id)
    desk.receive(taps(ana.hidden, payload, on=wamid))
    assert desk.leads_of(ana) == {first.lead_id}
    lead = desk.run(desk.store.lead(first.lead_id))
    assert (lead.phone_number, lead.name, lead.city, str(lead.invoice_amount)) == (
        ana.phone,
        "Marina Alves",
        "Recife",
        "350.0",
    )
    assert said(desk, first.lead_id) == ["oi", "Ativar Perfil"]


def test_a_leads_id_opens_nothing(desk: Desk) -> None:
    """The form's answer once told it to whoever posted somebody's number."""
    ana, eve = someone(), someone()
    form = desk.form(ana, city="Recife", state="PE")
    _, wamid = desk.welcomed(form.lead_id)
    (stranger,) = desk.receive(taps(eve.hidden, f"ATIVAR_PERFIL:{form.lead_id}", on=wamid))
    assert stranger.lead_id != form.lead_id
    assert (known(desk, form.lead_id), known(desk, stranger.lead_id)) == ((None, ana.phone), (eve.bsuid, None))
    assert desk.run(desk.store.lead(stranger.lead_id)).city is None
    (owner,) = desk.receive(says(ana))
    assert owner.lead_id == form.lead_id


def test_the_secret_is_told_to_the_phone_alone(desk: Desk) -> None:
    ana = someone()
    form = desk.form(ana)
    message = desk.template(form.lead_id)
    payload = desk.leaves(message)
    secret = payload.removeprefix("ATIVAR_PERFIL:")
    assert len(bytes.fromhex(secret)) == 32, "244 of its 256 bits are random"
    wamid = desk.arrived(message)
    desk.receive(taps(ana, payload, on=wamid))
    for table in ("leads", "lead_messages", "runs", "template_secrets"):
        assert not desk.rows(f"select 1 from {table} t where t::text like $1", f"%{secret}%"), table
    assert secret not in desk.run(desk.store.drain(form.lead_id)).model_dump_json()
    assert [m.payload for m in desk.unanswered(form.lead_id)] == ["ATIVAR_PERFIL"]


@pytest.mark.parametrize("quoted", ["another template", "a message of ours", "nothing"])
def test_a_secret_counts_only_on_the_message_it_stood_on(desk: Desk, quoted: str) -> None:
    ana, eve = someone(), someone()
    form = desk.form(ana)
    payload, wamid = desk.welcomed(form.lead_id)
    _, other = desk.welcomed(desk.form(eve).lead_id)
    ours = desk.sent(desk.answer(desk.conversation(says(someone()))))
    on = {"another template": other, "a message of ours": ours, "nothing": None}[quoted]
    (stranger,) = desk.receive(taps(eve.hidden, payload, on=on))
    assert stranger.lead_id != form.lead_id and known(desk, form.lead_id) == (None, ana.phone)
    (owner,) = desk.receive(taps(ana.hidden, payload, on=wamid))
    assert owner.lead_id == form.lead_id, "a wrong try does not cost the owner the right one"


def test_whom_whatsapp_knows_by_a_bsuid_is_joined_to_nobody_who_has_their_secret(desk: Desk) -> None:
    """Forwarded, photographed, read from a stolen phone: their BSUID has said who they are."""
    for eve in (stranger := someone(), acquaintance := someone()):
        if eve is acquaintance:
            desk.receive(says(eve))
        payload, wamid = desk.welcomed(desk.form(ana := someone()).lead_id)
        (wrote,) = desk.receive(says(ana))
        desk.receive(taps(eve.hidden, payload, on=wamid))
        assert known(desk, wrote.lead_id) == (ana.bsuid, ana.phone)
        assert desk.leads_of(ana) == {wrote.lead_id} and wrote.lead_id not in desk.leads_of(eve)
    assert desk.leads_of(stranger) and desk.leads_of(acquaintance)


def test_a_secret_is_used_once(desk: Desk) -> None:
    ana, eve = someone(), someone()
    form = desk.form(ana)
    payload, wamid = desk.welcomed(form.lead_id)
    desk.receive(taps(ana.hidden, payload, on=wamid))
    (stranger,) = desk.receive(taps(eve.hidden, payload, on=wamid))
    assert stranger.lead_id != form.lead_id
    assert (known(desk, form.lead_id), known(desk, stranger.lead_id)) == ((ana.bsuid, ana.phone), (eve.bsuid, None))
    # nor does it count once more where the lead has lost its BSUID
    desk.change("update leads set wa_user_id = null where id = $1", form.lead_id)
    (third,) = desk.receive(taps(someone().hidden, payload, on=wamid))
    assert third.lead_id != form.lead_id


def test_two_who_tap_at_once_are_not_one(desk: Desk) -> None:
    for _ in range(8):
        ana, eve = someone(), someone()
        form = desk.form(ana)
        payload, wamid = desk.welcomed(form.lead_id)
        desk.together(*(desk.store.receive(taps(who.hidden, payload, on=wamid)) for who in (ana, eve)))
        assert desk.lead_of(ana.hidden) != desk.lead_of(eve.hidden)
        assert form.lead_id in (desk.lead_of(ana.hidden), desk.lead_of(eve.hidden))


def test_a_tap_that_overtakes_the_answer_to_our_call_is_believed(desk: Desk) -> None:
    ana = someone()
    form = desk.form(ana)
    message, wamid = desk.template(form.lead_id), f"wamid.out.{uuid4().hex}"
    payload = desk.leaves(message)
    (dispatch,) = desk.receive(taps(ana.hidden, payload, on=wamid))
    assert dispatch.lead_id == form.lead_id
    desk.arrived(message, wamid)
    assert known(desk, form.lead_id) == (ana.bsuid, ana.phone)


@pytest.mark.parametrize("known_as", ["another template", "a message of ours", "nothing"])
def test_before_that_answer_a_tap_on_what_is_known_to_be_something_else_is_not(desk: Desk, known_as: str) -> None:
    ana, eve = someone(), someone()
    form = desk.form(ana)
    payload = desk.leaves(desk.template(form.lead_id))
    _, other = desk.welcomed(desk.form(eve).lead_id)
    ours = desk.sent(desk.answer(desk.conversation(says(someone()))))
    on = {"another template": other, "a message of ours": ours, "nothing": None}[known_as]
    (stranger,) = desk.receive(taps(eve.hidden, payload, on=on))
    assert stranger.lead_id != form.lead_id


def test_a_status_tells_the_wamid_before_the_answer_does(desk: Desk) -> None:
    ana, eve = someone(), someone()
    form = desk.form(ana)
    message, wamid = desk.template(form.lead_id), f"wamid.out.{uuid4().hex}"
    payload = desk.leaves(message)
    desk.receive(status(wamid, "delivered", tracker=message))
    (stranger,) = desk.receive(taps(eve.hidden, payload, on=f"wamid.out.{uuid4().hex}"))
    assert stranger.lead_id != form.lead_id
    (owner,) = desk.receive(taps(ana.hidden, payload, on=wamid))
    assert owner.lead_id == form.lead_id


def test_each_send_of_a_template_has_its_own_secret_and_either_message_may_be_tapped(desk: Desk) -> None:
    """The first call's outcome was unknown, so it was repeated: the phone may have both."""
    for tapped_first in (True, False):
        ana, eve = someone(), someone()
        form = desk.form(ana)
        message = desk.template(form.lead_id)
        first = desk.leaves(message)
        desk.run(desk.store.record_send(message, "unknown", attempt=1))
        second = desk.leaves(message, again=1)
        assert first != second
        wamid, lost = desk.arrived(message, attempt=2), f"wamid.out.{uuid4().hex}"
        (stranger,) = desk.receive(taps(eve.hidden, first, on=wamid))
        assert stranger.lead_id != form.lead_id, "each on its own message"
        desk.receive(status(lost, "delivered", tracker=message))
        (stranger,) = desk.receive(taps(someone().hidden, first, on=f"wamid.out.{uuid4().hex}"))
        assert stranger.lead_id != form.lead_id, "its message is known by now"
        tap = taps(ana.hidden, first, on=lost) if tapped_first else taps(ana.hidden, second, on=wamid)
        (owner,) = desk.receive(tap)
        assert owner.lead_id == form.lead_id
        assert desk.cell("select count(*) from template_secrets where message_id = $1", message) == 0


def test_a_send_that_was_refused_leaves_no_secret(desk: Desk) -> None:
    ana, eve = someone(), someone()
    form = desk.form(ana)
    message = desk.template(form.lead_id)
    refused = desk.leaves(message)
    desk.run(desk.store.record_send(message, "refused", attempt=1, code=130429, after_seconds=0))
    sent = desk.leaves(message)
    wamid = desk.arrived(message, attempt=2)
    for on in (wamid, f"wamid.out.{uuid4().hex}"):
        (stranger,) = desk.receive(taps(someone().hidden, refused, on=on))
        assert stranger.lead_id != form.lead_id
    assert desk.leads_of(eve) == set()
    (owner,) = desk.receive(taps(ana.hidden, sent, on=wamid))
    assert owner.lead_id == form.lead_id


def test_a_second_form_sends_a_second_secret_and_the_first_tap_ends_both(desk: Desk) -> None:
    ana, eve = someone(), someone()
    form = desk.form(ana)
    old, old_wamid = desk.welcomed(form.lead_id)
    new, new_wamid = desk.welcomed(form.lead_id)
    assert old != new
    (crossed,) = desk.receive(taps(eve.hidden, old, on=new_wamid))
    assert crossed.lead_id != form.lead_id
    (owner,) = desk.receive(taps(ana.hidden, old, on=old_wamid))
    assert owner.lead_id == form.lead_id
    assert known(desk, form.lead_id) == (ana.bsuid, ana.phone)
    (stranger,) = desk.receive(taps(someone().hidden, new, on=new_wamid))
    assert stranger.lead_id != form.lead_id


def test_a_template_without_our_button_has_no_secret(desk: Desk) -> None:
    ana = someone()
    lead = desk.form(ana).lead_id
    template = {"name": "lembrete", "language": "pt_BR", "body": ["Marina"], "buttons": []}
    message = desk.run(desk.store.queue_for_lead(lead, f"t:{uuid4()}", text="", template=template))
    assert desk.run(desk.store.begin_send(message)).template == template
    assert desk.cell("select count(*) from template_secrets where message_id = $1", message) == 0


@pytest.mark.parametrize(
    "payload",
    [
        "ATIVAR_PERFIL",
        "ATIVAR_PERFIL:",
        "ATIVAR_PERFIL:não-é-um-id",
        "ATIVAR_PERFIL:6c84fb90-12c4-41e1-840d-725aa3c3b3a7",
        f"ATIVAR_PERFIL:{'0' * 64}",
        f"ATIVAR_PERFIL:{'%' * 64}",
    ],
)
def test_a_tap_with_a_payload_of_no_lead_is_a_message_like_any_other(desk: Desk, payload: str) -> None:
    ana = someone()
    (dispatch,) = desk.receive(taps(ana.hidden, payload))
    assert known(desk, dispatch.lead_id) == (ana.bsuid, None)
