"""Identity: a lead is a person with a BSUID, a phone, or both, and never two people (docs/whatsapp.md 4.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import randrange
from uuid import uuid4

import pytest

from tests.flows.adapters.conftest import LEASE, Desk, known, said
from tests.flows.adapters.deliveries import (
    Person,
    bsuid,
    new_number,
    new_user_id,
    phone,
    says,
    shares_number,
    someone,
)


@pytest.mark.parametrize("how", ["both", "hidden", "old_style"])
def test_a_person_is_the_same_lead_each_time_they_write(desk: Desk, how: str) -> None:
    person = someone() if how == "both" else getattr(someone(), how)
    first = desk.receive(says(person, "um"))
    assert desk.receive(says(person, "dois")) == []
    (lead,) = desk.leads_of(person)
    assert first[0].lead_id == lead and said(desk, lead) == ["um", "dois"]
    assert known(desk, lead) == (person.bsuid, person.phone)


def test_a_phone_that_disappears_is_not_a_new_person(desk: Desk) -> None:
    ana = someone()
    desk.receive(says(ana, "um"))
    desk.receive(says(ana.hidden, "dois"))
    (lead,) = desk.leads_of(ana)
    assert known(desk, lead) == (ana.bsuid, ana.phone) and said(desk, lead) == ["um", "dois"]


def test_the_phone_of_a_known_user_id_is_learned_when_it_comes(desk: Desk) -> None:
    ana = someone()
    desk.receive(says(ana.hidden))
    assert desk.receive(says(ana)) == []
    (lead,) = desk.leads_of(ana)
    assert known(desk, lead) == (ana.bsuid, ana.phone)


def test_the_user_id_of_a_known_phone_is_learned_when_it_comes(desk: Desk) -> None:
    ana = someone()
    (first,) = desk.receive(says(ana.old_style))
    assert desk.receive(says(ana)) == []
    assert desk.leads_of(ana) == {first.lead_id}
    assert desk.receive(says(ana.hidden)) == [] and len(said(desk, first.lead_id)) == 3


def test_a_form_lead_who_writes_with_phone_and_user_id_is_linked(desk: Desk) -> None:
    ana = someone()
    form = desk.form(ana, city="Recife", state="PE")
    (dispatch,) = desk.receive(says(ana))
    assert dispatch.lead_id == form.lead_id and desk.leads_of(ana) == {form.lead_id}
    assert known(desk, form.lead_id) == (ana.bsuid, ana.phone)
    assert desk.run(desk.store.lead(form.lead_id)).city == "Recife"


# one phone after another


def test_the_same_phone_under_another_user_id_is_somebody_new(desk: Desk) -> None:
    """Numbers are recycled in Brazil: the new owner must not see the old one's conversation."""
    before = someone()
    (old,) = desk.receive(says(before, "meu segredo"))
    after = Person(bsuid(), before.phone)
    (new,) = desk.receive(says(after, "oi"))
    assert new.lead_id != old.lead_id and new.action == "start"
    assert (known(desk, old.lead_id), known(desk, new.lead_id)) == ((before.bsuid, None), (after.bsuid, before.phone))
    assert (said(desk, old.lead_id), said(desk, new.lead_id)) == (["meu segredo"], ["oi"])
    flags = "select additional_data from leads where id = $1"
    assert "phone_reassigned" in desk.cell(flags, old.lead_id)
    assert "phone_taken_over" in desk.cell(flags, new.lead_id)
    # the former owner still writes under the old user id
    desk.receive(says(before.hidden, "ainda eu"))
    assert said(desk, old.lead_id) == ["meu segredo", "ainda eu"]


def test_a_user_id_we_learned_from_a_send_guards_the_phone_too(desk: Desk) -> None:
    ana = someone()
    desk.form(ana)
    lead = desk.lead_of(ana)
    message = desk.run(desk.store.queue_for_lead(lead, f"k:{uuid4()}", text="Oi"))
    desk.run(desk.store.begin_send(message))
    desk.run(desk.store.record_send(message, "accepted", attempt=1, wamid=f"wamid.{uuid4()}", bsuid=ana.bsuid))
    assert known(desk, lead) == (ana.bsuid, ana.phone)
    (stranger,) = desk.receive(says(Person(bsuid(), ana.phone)))
    assert stranger.lead_id != lead


def test_a_known_user_who_takes_over_a_number_leaves_its_former_owner_a_lead(desk: Desk) -> None:
    ana, bia = someone(), someone()
    desk.receive(says(ana))
    desk.receive(says(bia))
    ids = desk.lead_of(ana.hidden), desk.lead_of(bia.hidden)
    desk.receive(says(Person(bia.bsuid, ana.phone)))
    assert [known(desk, lead) for lead in ids] == [(ana.bsuid, None), (bia.bsuid, ana.phone)]


def test_a_changed_user_id_leads_to_the_same_lead(desk: Desk) -> None:
    ana, later = someone(), bsuid()
    (first,) = desk.receive(says(ana, "um"))
    assert desk.receive(new_user_id(ana.bsuid, later)) == []
    assert desk.receive(says(Person(later), "dois")) == []
    desk.receive(says(ana.hidden, "três, ainda com o id antigo"))
    assert desk.leads_of(ana, Person(later)) == {first.lead_id}
    assert known(desk, first.lead_id)[0] == later
    assert len(said(desk, first.lead_id)) == 3


def test_a_changed_user_id_brings_the_new_phone_along(desk: Desk) -> None:
    ana, later, number = someone(), bsuid(), phone()
    (first,) = desk.receive(says(ana))
    desk.receive(new_user_id(ana.bsuid, later, number))
    assert known(desk, first.lead_id) == (later, number)
    wa_id = desk.cell("select wa_id from leads where id = $1", first.lead_id)
    assert wa_id == number.removeprefix("+")


def test_a_changed_user_id_that_comes_after_its_first_message_joins_both(desk: Desk) -> None:
    ana, later = someone(), Person(bsuid(), phone())
    old = desk.parked(says(ana, "um"))
    (new,) = desk.receive(says(later, "dois"))
    (woken,) = desk.receive(new_user_id(ana.bsuid, later.bsuid, later.phone))
    assert desk.leads_of(ana, later) == {old.lead_id} and known(desk, old.lead_id) == (later.bsuid, later.phone)
    assert said(desk, old.lead_id) == ["um", "dois"]
    # the old conversation goes on and sees the message; the run of the short-lived lead is over
    assert (woken.action, woken.run_id, woken.lead_id) == ("resume", old.run_id, old.lead_id)
    assert desk.state_of(new.run_id)["status"] == "finished"
    assert desk.run(desk.store.lead(new.lead_id)) is None


def test_a_changed_user_id_in_any_order_of_parallel_deliveries_is_one_lead(desk: Desk) -> None:
    for _ in range(8):
        ana, later = someone(), Person(bsuid(), phone())
        desk.receive(says(ana, "um"))
        desk.together(
            desk.store.receive(says(later, "dois")),
            desk.store.receive(new_user_id(ana.bsuid, later.bsuid, later.phone)),
            desk.store.receive(says(ana.hidden, "três")),
            desk.store.receive(says(later.hidden, "quatro")),
        )
        (lead,) = desk.leads_of(ana, later)
        assert sorted(said(desk, lead)) == ["dois", "quatro", "três", "um"]
        assert known(desk, lead) == (later.bsuid, later.phone)
        open_runs = "select count(*) from runs where lead_id = $1 and status <> 'finished'"
        assert desk.cell(open_runs, lead) == 1


def test_a_repeated_or_late_change_does_not_bring_an_old_user_id_back(desk: Desk) -> None:
    ana, second, third = someone(), bsuid(), bsuid()
    (first,) = desk.receive(says(ana))
    change = new_user_id(ana.bsuid, second)
    desk.receive(change)
    desk.receive(new_user_id(second, third))
    desk.receive(change)
    # the same change once more, as another event
    desk.receive([change[0] | {"key": f"u:{uuid4()}"}])
    assert known(desk, first.lead_id)[0] == third


def test_changes_that_come_in_the_wrong_order_end_at_the_newest_user_id(desk: Desk) -> None:
    ana, second, third = someone(), bsuid(), Person(bsuid())
    (first,) = desk.receive(says(ana, "um"))
    desk.receive(says(third, "dois"))
    desk.receive(new_user_id(second, third.bsuid))
    desk.receive(new_user_id(ana.bsuid, second))
    assert desk.leads_of(ana, third) == {first.lead_id} and known(desk, first.lead_id)[0] == third.bsuid


def test_a_change_of_strangers_makes_no_lead(desk: Desk) -> None:
    one, two = Person(bsuid()), Person(bsuid())
    assert desk.receive(new_user_id(one.bsuid, two.bsuid, phone())) == []
    assert not desk.leads_of(one, two)


# a changed number


def test_a_changed_number_is_a_note_until_its_owner_writes(desk: Desk) -> None:
    """docs/domain.md 7.3: a system message alone changes no number."""
    ana, number = someone(), phone()
    (first,) = desk.receive(says(ana))
    assert desk.receive(new_number(ana, number)) == []
    assert known(desk, first.lead_id) == (ana.bsuid, ana.phone)
    assert desk.cell("select next_phone_number from leads where id = $1", first.lead_id) == number
    desk.receive(says(Person(ana.bsuid, number)))
    assert known(desk, first.lead_id) == (ana.bsuid, number)
    assert desk.cell("select next_phone_number from leads where id = $1", first.lead_id) is None


@pytest.mark.parametrize("told_of", ["both", "old_style"])
def test_who_writes_from_the_changed_number_is_the_same_lead(desk: Desk, told_of: str) -> None:
    """WhatsApp makes a new BSUID for a new number, so the note is all that joins them."""
    ana = someone()
    before = ana if told_of == "both" else ana.old_style
    later = Person(bsuid(), phone())
    old = desk.parked(says(before, "um"))
    desk.receive(new_number(ana.old_style, later.phone))
    (woken,) = desk.receive(says(later, "dois"))
    assert (woken.lead_id, woken.run_id) == (old.lead_id, old.run_id)
    assert desk.leads_of(before, later) == {old.lead_id}
    assert known(desk, old.lead_id) == (later.bsuid, later.phone)
    assert said(desk, old.lead_id) == ["um", "dois"]
    assert desk.run(desk.store.begin_send(desk.answer(desk.claim(old.lead_id)))).phone == later.phone
    desk.receive(says(later.hidden, "três"))
    assert said(desk, old.lead_id) == ["um", "dois", "três"]


def test_the_news_of_a_changed_number_may_come_after_the_first_message_from_it(desk: Desk) -> None:
    ana, later = someone(), Person(bsuid(), phone())
    moved = datetime.now(UTC) - timedelta(minutes=5)
    old = desk.parked(says(ana, "um", at=moved - timedelta(hours=1)))
    (new,) = desk.receive(says(later, "dois"))
    (woken,) = desk.receive(new_number(ana, later.phone, at=moved))
    assert (woken.action, woken.lead_id, woken.run_id) == ("resume", old.lead_id, old.run_id)
    assert desk.leads_of(ana, later) == {old.lead_id} and known(desk, old.lead_id) == (later.bsuid, later.phone)
    assert said(desk, old.lead_id) == ["um", "dois"]
    assert desk.run(desk.store.lead(new.lead_id)) is None


def test_a_changed_number_in_any_order_of_parallel_deliveries_is_one_lead(desk: Desk) -> None:
    for _ in range(8):
        ana, later = someone(), Person(bsuid(), phone())
        moved = datetime.now(UTC) - timedelta(minutes=5)
        desk.receive(says(ana, "um", at=moved - timedelta(hours=1)))
        desk.together(
            desk.store.receive(says(later, "dois")),
            desk.store.receive(new_number(ana, later.phone, at=moved)),
            desk.store.receive(new_user_id(ana.bsuid, later.bsuid, later.phone)),
            desk.store.receive(says(later.hidden, "três")),
        )
        (lead,) = desk.leads_of(ana, later)
        assert sorted(said(desk, lead)) == ["dois", "três", "um"]
        assert known(desk, lead) == (later.bsuid, later.phone)


def test_somebody_who_wrote_from_the_number_before_the_change_is_somebody_else(desk: Desk) -> None:
    former, ana, later = someone(), someone(), bsuid()
    moved = datetime.now(UTC) - timedelta(minutes=5)
    (other,) = desk.receive(says(former, "meu segredo", at=moved - timedelta(days=1)))
    (first,) = desk.receive(says(ana, "um", at=moved - timedelta(days=1)))
    assert desk.receive(new_number(ana, former.phone, at=moved)) == []
    assert known(desk, other.lead_id) == (former.bsuid, former.phone)
    desk.receive(says(Person(later, former.phone), "dois"))
    assert known(desk, first.lead_id) == (later, former.phone)
    assert known(desk, other.lead_id) == (former.bsuid, None)
    assert (said(desk, other.lead_id), said(desk, first.lead_id)) == (["meu segredo"], ["um", "dois"])


def test_a_form_filled_under_the_new_number_is_the_same_lead(desk: Desk) -> None:
    ana, later = someone(), Person(bsuid(), phone())
    (first,) = desk.receive(says(ana, "um"))
    desk.receive(new_number(ana, later.phone))
    form = desk.form(later, city="Recife", state="PE")
    assert form.lead_id != first.lead_id, "a form proves nothing"
    desk.receive(says(later, "dois"))
    assert desk.leads_of(ana, later) == {first.lead_id}
    assert desk.run(desk.store.lead(first.lead_id)).city == "Recife"


def test_the_number_of_a_change_long_ago_belongs_to_whoever_writes_from_it(desk: Desk) -> None:
    ana, somebody = someone(), someone()
    (first,) = desk.receive(says(ana))
    desk.receive(new_number(ana, somebody.phone, at=datetime.now(UTC) - timedelta(days=40)))
    (new,) = desk.receive(says(somebody))
    assert new.lead_id != first.lead_id and known(desk, first.lead_id) == (ana.bsuid, ana.phone)


def test_a_number_that_changes_twice_leads_to_the_same_lead(desk: Desk) -> None:
    ana, second, third = someone(), phone(), Person(bsuid(), phone())
    (first,) = desk.receive(says(ana, "um"))
    desk.receive(new_number(ana.old_style, second))
    desk.receive(new_number(Person(phone=second), third.phone))
    desk.receive(says(third, "dois"))
    assert desk.leads_of(ana, third) == {first.lead_id}


def test_a_change_told_of_an_unknown_user_id_moves_no_lead_of_another(desk: Desk) -> None:
    """The number was recycled before; its new owner moves on and must not take the former owner's lead along."""
    ana = someone()
    (first,) = desk.receive(says(ana, "meu segredo"))
    recycled, later = Person(bsuid(), ana.phone), Person(bsuid(), phone())
    desk.receive(new_number(recycled, later.phone))
    (new,) = desk.receive(says(later))
    assert new.lead_id != first.lead_id and known(desk, first.lead_id) == (ana.bsuid, ana.phone)


# a shared number


def test_a_shared_number_takes_none_from_somebody_whom_whatsapp_knows_under_it(desk: Desk) -> None:
    ana, eve = someone(), someone()
    (owner,) = desk.receive(says(ana))
    desk.receive(shares_number(eve.hidden, ana.phone))
    assert known(desk, owner.lead_id) == (ana.bsuid, ana.phone)
    assert known(desk, desk.lead_of(eve.hidden)) == (eve.bsuid, None)


def test_a_shared_number_is_nobodys_to_whom_whatsapp_says_another_has_moved(desk: Desk) -> None:
    ana, eve, later = someone(), someone(), Person(bsuid(), phone())
    (first,) = desk.receive(says(ana, "meu segredo"))
    desk.receive(new_number(ana, later.phone))
    desk.receive(shares_number(eve.hidden, later.phone))
    assert said(desk, desk.lead_of(eve.hidden)) == [""] and desk.lead_of(eve.hidden) != first.lead_id
    desk.receive(says(later))
    assert desk.lead_of(later) == first.lead_id


@pytest.mark.parametrize("first", ["8", "3"])
def test_a_number_with_and_without_the_ninth_digit_is_one_person_and_a_landline_another(desk: Desk, first: str) -> None:
    """WhatsApp's digits of older mobiles lack the 9; a landline of the same eight digits is somebody else's."""
    local = f"{first}{randrange(10**7):07d}"
    short, whole = f"5581{local}", f"+55819{local}"
    form = desk.form(Person(phone=whole))
    (dispatch,) = desk.receive(says(Person(bsuid(), whole), wa_id=short))
    assert (dispatch.lead_id == form.lead_id) is (first == "8")


def test_a_shared_number_is_learned_and_finds_its_form(desk: Desk) -> None:
    ana = someone()
    (first,) = desk.receive(says(ana.hidden))
    form = desk.form(ana, city="Recife", state="PE")
    assert form.lead_id != first.lead_id
    desk.receive(shares_number(ana.hidden, ana.phone))
    assert desk.leads_of(ana) == {first.lead_id}
    assert known(desk, first.lead_id) == (ana.bsuid, ana.phone)
    assert desk.run(desk.store.lead(first.lead_id)).city == "Recife"


def test_a_new_number_is_where_messages_go_even_without_whatsapps_digits(desk: Desk) -> None:
    ana, number = someone(), phone()
    claim = desk.conversation(says(ana))
    desk.receive(shares_number(ana.hidden, number))
    message = desk.answer(claim)
    assert desk.run(desk.store.begin_send(message)).phone == number


def test_whatsapps_own_digits_are_where_messages_go(desk: Desk) -> None:
    ana = Person(phone=phone())
    short = f"55{ana.phone[3:5]}{ana.phone[6:]}"
    claim = desk.conversation(says(ana, wa_id=short))
    out = desk.run(desk.store.begin_send(desk.answer(claim)))
    assert (out.phone, out.bsuid) == (f"+{short}", None)


def test_a_stop_said_under_either_identity_survives_a_merge(desk: Desk) -> None:
    ana, later = someone(), Person(bsuid())
    desk.receive(says(ana))
    desk.receive(says(later, "parar"))
    claim = desk.claim(desk.lead_of(later))
    desk.answer(claim, opt_out=True, stage="OPTED_OUT")
    desk.receive(new_user_id(ana.bsuid, later.bsuid))
    assert desk.run(desk.store.lead(desk.lead_of(ana))).opted_out_at is not None


def test_a_worker_whose_lead_was_merged_away_loses_its_claim_and_another_takes_over(desk: Desk) -> None:
    """It knows the lead by an id that is gone; left alone it would wait for messages that it cannot see."""
    ana = someone()
    flow_run = uuid4()
    form = desk.form(ana)
    desk.receive(says(ana.old_style, "oi"))
    worker = desk.claim(form.lead_id, flow_run_id=flow_run)
    assert desk.receive(says(ana.hidden, "sou eu")) != []
    desk.rows("update runs set status = 'finished' where lead_id = $1", desk.lead_of(ana.hidden))
    desk.receive(shares_number(ana.hidden, ana.phone))
    (lead,) = desk.leads_of(ana)
    assert lead != form.lead_id
    assert desk.run(desk.store.renew([worker], LEASE)) == set()
    (found,) = [d for d in desk.run(desk.store.due(limit=100_000)) if d.run_id == worker.run_id]
    assert (found.action, found.lead_id, found.flow_run_id) == ("revive", lead, flow_run)
    again = desk.claim(form.lead_id, flow_run_id=flow_run)
    assert (again.run_id, again.lead_id) == (worker.run_id, lead)
    assert {message.text for message in desk.unanswered(again.lead_id)} == {"oi", "sou eu", ""}


def test_bills_of_merged_leads_stay_known_to_the_retention(desk: Desk) -> None:
    ana, later = someone(), Person(bsuid())
    leads = []
    for person in (ana, later):
        desk.receive(says(person))
        lead = desk.lead_of(person)
        leads.append(lead)
        message = desk.unanswered(lead)[0].id
        desk.run(
            desk.store.keep_bill(
                lead,
                message,
                path=f"{lead}/conta.pdf",
                sha256="ab" * 32,
                mime_type="application/pdf",
                size=9,
                keep_days=1,
            )
        )
    desk.receive(new_user_id(ana.bsuid, later.bsuid))
    desk.rows("update energy_bills set delete_after = now() - interval '1 day' where lead_id = $1", leads[0])
    assert {f"{lead}/conta.pdf" for lead in leads} <= desk.forgets_bills()
